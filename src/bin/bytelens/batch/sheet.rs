//! `bytelens batch --html FILE`: a contact sheet, one page without anything from elsewhere.
//!
//! The first pictures before and after, all that failed with the reason, and where the time went. It is made when
//! the work is over, of the files that there are then.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bytelens::batch::{self, Encoding, Entry, Plan, State, Tally};
use bytelens::codec::Format;
use bytelens::{Device, Limits};

use crate::stop::shown;

/// How many pictures are shown before and after.
const SHOWN: usize = 100;
/// How many lines there are about pictures that are not done.
const LINES: usize = 1000;

/// What is told of a run.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// Inputs and outputs.
    pairs: Vec<(PathBuf, PathBuf)>,
    /// What is not done, or not as it should be: the input, what became of it, and why.
    lines: Vec<(PathBuf, &'static str, String)>,
}

impl Sheet {
    /// Notes what became of a picture.
    pub(super) fn note(&mut self, entry: &Entry) {
        if let (State::Done, Some(output)) = (entry.state, &entry.output)
            && self.pairs.len() < SHOWN
        {
            self.pairs.push((entry.input.clone(), output.clone()));
        }
        if let Some(reason) = entry.reason.as_ref().filter(|_| self.lines.len() < LINES) {
            let word = if entry.degraded { "degraded" } else { entry.state.name() };
            self.lines.push((entry.input.clone(), word, reason.clone()));
        }
    }

    /// Makes the page.
    pub(super) fn page(&self, title: &str, tally: &Tally, seconds: f64) -> String {
        let mut page = format!(
            "<!doctype html><meta charset=utf-8><title>{0}</title><style>{STYLE}</style><h1>{0}</h1>\n",
            escaped(title)
        );
        let _ = writeln!(
            page,
            "<p>{} done, {} failed, {} skipped, {} quarantined, {} done before, {} left, in {seconds:.1} s",
            tally.done, tally.failed, tally.skipped, tally.quarantined, tally.known, tally.left
        );
        page += &timeline(tally);
        if !self.lines.is_empty() {
            page += "<table>\n";
            for (input, word, reason) in &self.lines {
                let (input, reason) = (escaped(&shown(input)), escaped(reason));
                let _ = writeln!(page, "<tr><td>{word}<td>{input}<td>{reason}");
            }
            page += "</table>\n";
        }
        page += "<div>\n";
        for (input, output) in &self.pairs {
            let name = escaped(&shown(output));
            let pictures = [input, output].map(|path| thumbnail(path));
            let _ =
                writeln!(page, "<figure>{}{}<figcaption>{name}</figure>", pictures[0], pictures[1]);
        }
        page + "</div>\n"
    }
}

const STYLE: &str = "body{font:14px sans-serif;margin:2em}div{display:flex;flex-wrap:wrap;gap:1em}\
figure{margin:0;background:#eee;padding:.5em}figcaption{max-width:330px;overflow-wrap:anywhere}\
img{max-width:160px;max-height:160px;margin-right:4px}td{padding:0 1em 0 0;vertical-align:top}\
.t{display:flex;gap:1px;height:2em}.t span{background:#59c;color:#fff;overflow:hidden;white-space:nowrap;\
padding:.4em .2em;box-sizing:border-box}";

/// The share of each stage in the time of all threads.
fn timeline(tally: &Tally) -> String {
    let stages = tally.ms.stages();
    let sum: f64 = stages.iter().map(|(_, ms)| ms).sum();
    if sum <= 0.0 {
        return String::new();
    }
    let mut bar = "<p class=t>".to_owned();
    for (name, ms) in stages {
        let share = 100.0 * ms / sum;
        let _ =
            write!(bar, "<span style=\"width:{share:.1}%\" title=\"{share:.1} %\">{name}</span>");
    }
    bar + "\n"
}

/// A small picture of a file, inside the page; a dash where there is none to be had.
fn thumbnail(path: &Path) -> String {
    let limits = Limits::default();
    let made = "resize 160x160".parse().and_then(|pipeline| {
        let mut plan = Plan::new(pipeline);
        plan.encoding = Some(Encoding::Picture(Format::Jpeg));
        plan.encode.background = Some([255; 3]);
        plan.is_reduced = true;
        plan.is_lenient = true;
        batch::convert(&batch::read(path, &limits)?, &plan, &Device::cpu())
    });
    match made {
        Ok(bytes) => format!("<img src=\"data:image/jpeg;base64,{}\">", base64(&bytes)),
        // An array, or a file that went away.
        Err(_) => "–".to_owned(),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let is_there = at <= three.len();
            let digit = DIGITS[bits >> (18 - 6 * at) & 63];
            text.push(if is_there { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Text as HTML has it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytelens::batch::{ContentHash, Entry, Tally};

    use super::{Sheet, base64, escaped};

    #[test]
    fn bytes_are_written_as_rfc_4648_has_them() {
        for (bytes, want) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"foobar", "Zm9vYmFy"),
            (b"\xff\xfe\xfd", "//79"),
        ] {
            assert_eq!(base64(bytes), want);
        }
    }

    #[test]
    fn names_and_reasons_cannot_break_the_page() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        let mut sheet = Sheet::default();
        let plan = ContentHash::of(b"");
        sheet.note(&Entry::failed(Path::new("<script>.jpg"), plan, "it says <b>\"no\"</b>"));
        let page = sheet.page("a < b", &Tally::default(), 1.0);
        assert!(!page.contains("<script>") && !page.contains("<b>") && page.contains("a &lt; b"));
    }
}
