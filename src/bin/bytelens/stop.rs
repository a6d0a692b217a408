//! How the command ends, and how it speaks on its way.
//!
//! Writing to a terminal, a file or a pipe may fail; nothing here panics because of it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

/// Some inputs failed, the others are done.
pub(crate) const SOME_FAILED: u8 = 1;
/// Ended by a signal.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why the command ends before its work is done.
#[derive(Debug)]
pub(crate) struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    /// What failed is the work itself.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { code: SOME_FAILED, message: message.to_string() }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }

    /// What the work needs is not there.
    pub(crate) fn start(message: impl Display) -> Self {
        Self { code: 3, message: message.to_string() }
    }

    /// The work took longer than it may.
    #[cfg(feature = "gpu")]
    pub(crate) fn timeout(message: impl Display) -> Self {
        Self { code: 4, message: message.to_string() }
    }

    /// Says why on standard error and returns the exit code.
    pub(crate) fn tell(self) -> ExitCode {
        say(&format!("error: {}", self.message));
        ExitCode::from(self.code)
    }
}

impl Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Writes a line to standard error, where there is one.
pub(crate) fn say(line: &str) {
    // Whoever does not listen misses the line and nothing else.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes text to standard output. A reader that has had enough, like `head`, ends it quietly.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::failed(format!("cannot write to standard output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}

/// Returns a path in one line of text, whatever bytes its name is made of.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if !text.contains(char::is_control) {
        return text.into_owned();
    }
    let escaped = |one: char| match one.is_control() {
        true => one.escape_default().collect(),
        false => String::from(one),
    };
    text.chars().map(escaped).collect()
}

/// Returns what the system said, in its words alone: no number, no name of a temporary file.
pub(crate) fn reason(error: &io::Error) -> String {
    let Some(code) = error.raw_os_error() else { return error.kind().to_string() };
    let text = io::Error::from_raw_os_error(code).to_string();
    text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_path_is_shown_in_one_line() {
        for (path, want) in [
            ("a b/ü.jpg", "a b/ü.jpg"),
            ("two\nlines.jpg", "two\\nlines.jpg"),
            ("\u{1b}[31m.jpg", "\\u{1b}[31m.jpg"),
        ] {
            assert_eq!(shown(path.as_ref()), want);
        }
    }
}
