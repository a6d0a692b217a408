//! How the command ends, and how it speaks on its way.
//!
//! Writing to a terminal, a file or a pipe may fail; nothing here panics because of it.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

pub(crate) use bytelens::error::{reason, shown};

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

    /// The work ended, for it could no longer be accounted for.
    pub(crate) fn unaccounted(message: impl Display) -> Self {
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
    put(text.as_bytes())
}

/// Writes bytes to standard output, as [`print`] does text.
pub(crate) fn put(bytes: &[u8]) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::failed(format!("cannot write to standard output: {}", reason(&error))))
        }
        _ => Ok(()),
    }
}
