//! `bytelens view`: any file as elements.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytelens::codec::{self, Format};
use bytelens::{Buffer, DType, Error, Index, Limits, View, npy};

mod picture;

use picture::{Palette, picture};

use crate::stop::{SOME_FAILED, Stop, print, reason, say, shown};

/// Shows files as views: type, shape, strides, values, and a small picture
///
/// `.npy` and `.npz` files and pictures know what they hold; every other file is bytes, unless
/// --dtype and --shape say more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens view array.npy
  bytelens view frame.raw --dtype '<f4' --shape 480,640,3 --index '[10:20, ..., 0]'
  bytelens view dump.bin --offset 16 --dtype u16be --hex
  bytelens view photo.jpg --picture always | less -R")]
pub(crate) struct Args {
    /// Files to show
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Element type, as NumPy ('<f4'), PEP 3118 ('T{<i:id:d:x:}') or bytelens (u16be) writes it
    #[arg(long, value_name = "TYPE")]
    dtype: Option<String>,
    /// Lengths of the axes, of which one may be -1; without it one axis of all elements
    #[arg(long, value_name = "N,...", value_delimiter = ',', allow_hyphen_values = true)]
    shape: Vec<isize>,
    /// Byte at which the elements start
    #[arg(long, value_name = "BYTES")]
    offset: Option<usize>,
    /// Part to show, as Python writes it: '[10:20, ..., 0]'
    #[arg(long, value_name = "INDEX", allow_hyphen_values = true)]
    index: Option<String>,
    /// Show bytes instead of values
    #[arg(long)]
    hex: bool,
    /// Draw what has two axes, or colours on a third: where a terminal shows it, or as said
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    picture: When,
}

/// When a picture is drawn.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Wherever the output goes
    Always,
    /// Not at all
    Never,
}

impl When {
    fn draws(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                std::io::stdout().is_terminal() && !no_colour
            }
        }
    }
}

impl Args {
    /// Whether the arguments say what the bytes are, so that the file is not asked.
    fn say_what(&self) -> bool {
        self.dtype.is_some() || self.offset.is_some() || !self.shape.is_empty()
    }
}

/// Runs `bytelens view`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let dtype = args.dtype.as_deref().map_or(Ok(DType::U8), read_dtype).map_err(Stop::usage)?;
    let index = args.index.as_deref().map_or(Ok(Vec::new()), Index::parse);
    let index = index.map_err(Stop::usage)?;
    let mut code = ExitCode::SUCCESS;
    for path in &args.files {
        match show(args, path, &dtype, &index) {
            Ok(text) => print(&text)?,
            Err(why) => {
                say(&format!("{}: {why}", shown(path)));
                code = ExitCode::from(SOME_FAILED);
            }
        }
    }
    Ok(code)
}

/// Reads a type in any of the three ways to write one.
fn read_dtype(text: &str) -> Result<DType, Error> {
    let known = text.parse().or_else(|_| DType::from_numpy(text));
    known.or_else(|_| DType::from_format(text))
}

fn show(args: &Args, path: &Path, dtype: &DType, index: &[Index]) -> Result<String, String> {
    let told = |error: Error| error.to_string();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read: {}", reason(&error)))?;
    let mut text = String::new();
    for (name, buffer) in contents(args, bytes, dtype).map_err(told)? {
        let view = buffer.view();
        let part = view.select(index).map_err(told)?;
        let name = if name.is_empty() { shown(path) } else { format!("{}: {name}", shown(path)) };
        text += &clean(&describe(&name, &part, args.hex).map_err(told)?);
        if args.picture.draws() {
            text += &picture(&part, Palette::of_terminal()).unwrap_or_default();
        }
    }
    Ok(text)
}

/// The arrays that a file holds, with their names where there are several.
fn contents(args: &Args, bytes: Vec<u8>, dtype: &DType) -> Result<Vec<(String, Buffer)>, Error> {
    let len = bytes.len();
    if !args.say_what() && Format::from_bytes(&bytes).is_some() {
        let image = codec::decode(&bytes, &Limits::default())?;
        return Ok(vec![(String::new(), image.buffer().clone())]);
    }
    let file = Buffer::from_bytes(bytes, DType::U8, &[len])?;
    let view = file.view();
    let bytes = view.as_bytes().unwrap_or_default();
    if !args.say_what() && bytes.starts_with(b"\x93NUMPY") {
        return Ok(vec![(String::new(), file.with_layout(npy::layout(bytes)?)?)]);
    }
    if !args.say_what() && bytes.starts_with(b"PK") {
        let members = npy::members(bytes)?.into_iter();
        let seen = members
            .map(|member| Ok((member.name().to_owned(), file.with_layout(member.layout(bytes)?)?)));
        return seen.collect();
    }
    let start = isize::try_from(args.offset.unwrap_or(0)).unwrap_or(isize::MAX);
    let shape = if args.shape.is_empty() { &[-1][..] } else { &args.shape };
    let mut layout = view.layout().slice(0, start..)?;
    if !shape.contains(&-1) {
        // A shape in full says how many bytes there are: what follows is not looked at.
        let lens: Vec<usize> = shape.iter().map(|len| len.unsigned_abs()).collect();
        let end = bytelens::Layout::contiguous(dtype.clone(), &lens)?.nbytes().cast_signed();
        layout = view.layout().slice(0, start..start.saturating_add(end))?;
    }
    Ok(vec![(String::new(), file.with_layout(layout.cast(dtype.clone())?.reshape(shape)?)?)])
}

/// What there is to say about a view, and its values or bytes.
fn describe(name: &str, view: &View<'_>, hex: bool) -> Result<String, Error> {
    let layout = view.layout();
    let format = view.dtype().format().unwrap_or_else(|_| "none".to_owned());
    let numpy = view.dtype().numpy().unwrap_or_else(|_| "none".to_owned());
    let order = match (layout.is_contiguous(), layout.is_f_contiguous()) {
        (true, _) => "C order, no gaps",
        (_, true) => "Fortran order, no gaps",
        _ if layout.has_packed_rows() => "rows without gaps",
        _ => "with gaps",
    };
    let mut text = format!("{name}: {layout}\n");
    let (strides, offset) = (layout.strides(), layout.offset());
    // Text in memory takes all that is written to it.
    let _ = writeln!(text, "  format   {format} (PEP 3118), {numpy} (NumPy)");
    let _ = writeln!(text, "  strides  {strides:?} from byte {offset}: {order}");
    let _ = writeln!(text, "  size     {} elements, {} bytes", view.len(), view.nbytes());
    if hex {
        text += &dump(view)?;
    } else {
        let values = view.to_string();
        let values = values.strip_prefix(&layout.to_string()).unwrap_or(&values);
        let _ = writeln!(text, "  values  {values}");
    }
    Ok(text)
}

/// Bytes that a dump shows.
const DUMPED: usize = 256;

/// The first bytes of the elements, 16 a line, with what they are as text.
fn dump(view: &View<'_>) -> Result<String, Error> {
    let bytes = view.to_bytes()?;
    let mut text = String::new();
    for (line, bytes) in bytes[..bytes.len().min(DUMPED)].chunks(16).enumerate() {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let letter = |byte: &u8| if matches!(byte, 32..127) { char::from(*byte) } else { '.' };
        let letters: String = bytes.iter().map(letter).collect();
        let _ = writeln!(text, "  {:08x}  {:<47}  {letters}", line * 16, digits.join(" "));
    }
    if bytes.len() > DUMPED {
        let _ = writeln!(text, "  … {} more bytes", bytes.len() - DUMPED);
    }
    Ok(text)
}

/// The text without what a terminal would take for a command: names in files are anybody's.
fn clean(text: &str) -> String {
    let escaped = |one: char| match one.is_control() && one != '\n' {
        true => one.escape_default().collect(),
        false => String::from(one),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::{clean, describe};
    use bytelens::View;

    #[test]
    fn a_view_is_described_by_its_numbers() {
        let view = View::from_slice(&[1_u16, 2, 3, 4], &[2, 2]).expect("4 numbers").transpose();
        let text = describe("x", &view, false).expect("memory");
        for part in [
            "u16[2, 2]",
            "H (PEP 3118), <u2 (NumPy)",
            "[2, 4] from byte 0: Fortran",
            "[[1, 3], [2, 4]]",
        ] {
            assert!(text.contains(part), "{text} has {part}");
        }
        let hex = describe("x", &view, true).expect("memory");
        assert!(hex.contains("00000000  01 00 03 00 02 00 04 00"), "{hex}");
        assert_eq!(clean("a\x1b[2J\n"), "a\\u{1b}[2J\n");
    }
}
