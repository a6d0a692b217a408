//! An owner that hands out one view, refuses to grow while it is held, and grows after its release.
//!
//! Python's buffer protocol does this with a lock count inside the owner; here a hold is a value, and
//! letting go of it is the release.
//!
//! ```text
//! $ cargo run --example exporter
//! the exporter has 3 bytes
//! a view of them: u8[3] [97, 98, 99]
//! a second view: hold alone refused: held by 1 view
//! extending: grow refused: held by 1 view
//! a part of the view keeps them too: u8[2] [98, 99]
//! extending: grow refused: held by 1 view
//! after the release: u8[6] [97, 98, 99, 100, 101, 102]
//! ```

use bytelens::{Buffer, DType, Growable, Hold, Layout, Result};

/// Bytes that grow, of which one view at a time is handed out.
struct Exporter {
    bytes: Growable,
}

impl Exporter {
    /// Hands out the one view; a second is refused until the first and all made of it are gone.
    fn view(&self) -> Result<Hold> {
        self.bytes.hold_alone()
    }

    /// Adds bytes; refused while a view is held, as the bytes may move.
    fn extend(&mut self, more: &[u8]) -> Result<()> {
        self.bytes.extend(more)
    }
}

fn shown(result: Result<()>) -> String {
    result.err().map_or_else(|| "done".to_owned(), |error| error.to_string())
}

/// Plays the whole story and returns what happened, a line each.
fn story() -> Result<Vec<String>> {
    let mut exporter = Exporter { bytes: Growable::from(b"abc".to_vec()) };
    let mut lines = vec![format!("the exporter has {} bytes", exporter.bytes.bytes().len())];

    let held = exporter.view()?;
    let all = Layout::contiguous(DType::U8, &[3])?;
    lines.push(format!("a view of them: {}", held.view(all.clone())?));
    lines.push(format!("a second view: {}", shown(exporter.view().map(drop))));
    lines.push(format!("extending: {}", shown(exporter.extend(b"def"))));

    // A buffer made of the hold goes on holding, through every other view of the same bytes.
    let buffer = held.into_buffer(all.clone())?;
    let part: Buffer = buffer.with_layout(all.slice(0, 1..)?)?;
    drop(buffer);
    lines.push(format!("a part of the view keeps them too: {}", part.view()));
    lines.push(format!("extending: {}", shown(exporter.extend(b"def"))));

    drop(part);
    exporter.extend(b"def")?;
    let held = exporter.view()?;
    let all = Layout::contiguous(DType::U8, &[6])?;
    lines.push(format!("after the release: {}", held.view(all)?));
    held.release();
    Ok(lines)
}

#[allow(clippy::print_stdout, reason = "an example shows what it does")]
fn main() -> Result<()> {
    for line in story()? {
        println!("{line}");
    }
    Ok(())
}

#[test]
fn the_output_is_what_the_comment_shows() {
    let text = include_str!("exporter.rs");
    let shown = text.lines().skip_while(|line| !line.contains("$ cargo run")).skip(1);
    let shown: Vec<&str> =
        shown.take_while(|line| !line.contains("```")).map(|line| &line[4..]).collect();
    assert_eq!(story().expect("the example runs"), shown);
}
