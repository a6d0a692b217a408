//! What is wrong with a file: an error at once, or a list.

use super::damaged;
use crate::error::Result;

/// The most problems that are told one by one.
const MAX_TOLD: usize = 100;

/// Something wrong with a file that was decoded nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// About where in the file it is, in bytes from its start.
    pub at: usize,
    /// What is wrong, and what was done about it.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}: {}", self.at, self.what)
    }
}

/// Takes what is found wrong: strictly, or leniently.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) is_lenient: bool,
    pub(super) problems: Vec<Problem>,
}

impl Report {
    /// Takes a problem: an error, or a line of the list where decoding is lenient.
    ///
    /// `way_on` says what is done about it.
    pub(super) fn tell(&mut self, at: usize, what: impl Into<String>, way_on: &str) -> Result<()> {
        let what = what.into();
        if !self.is_lenient {
            return Err(damaged(what));
        }
        if self.problems.len() < MAX_TOLD {
            self.problems.push(Problem { at, what: format!("{what}; {way_on}") });
        }
        Ok(())
    }
}
