//! Whether what a report says still holds: every input and every output is read again and accounted for.
//!
//! It changes nothing. Which files there are is the caller's to say; here they are read and compared.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::entry::{Entry, State};
use super::hash::ContentHash;
use super::report::Account;
use super::temporary;
use crate::error::reason;

/// What is not as it should be with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Finding {
    /// An input of which the report says nothing.
    InputUnaccounted,
    /// An input that the report tells of and that cannot be read, with what the system says.
    InputMissing(String),
    /// An input with another content than the one that was done.
    InputChanged,
    /// An input that failed, for this reason.
    InputFailed(String),
    /// An output that should be there and cannot be read, with what the system says.
    OutputMissing(String),
    /// An output with another content than the one that was written.
    OutputChanged,
    /// A file among the outputs of which the report says nothing.
    OutputUnaccounted,
    /// What a run that was killed left.
    HalfWritten,
}

impl Finding {
    /// Returns the word for its kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::InputUnaccounted | Self::OutputUnaccounted => "unaccounted",
            Self::InputMissing(_) | Self::OutputMissing(_) => "missing",
            Self::InputChanged | Self::OutputChanged => "changed",
            Self::InputFailed(_) => "failed",
            Self::HalfWritten => "half-written",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Self::InputUnaccounted => write!(f, "{word}: no line of the report is about it"),
            Self::InputMissing(why) => write!(f, "{word}: the input cannot be read: {why}"),
            Self::InputChanged => write!(f, "{word}: it is not the input that was done"),
            Self::InputFailed(why) => write!(f, "{word}: {why}"),
            Self::OutputMissing(why) => write!(f, "{word}: the output cannot be read: {why}"),
            Self::OutputChanged => write!(f, "{word}: it is not the output that was written"),
            Self::OutputUnaccounted => {
                write!(f, "{word}: no line of the report is about this output")
            }
            Self::HalfWritten => {
                write!(f, "{word}: a run that was killed left it; --resume removes it")
            }
        }
    }
}

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Inputs that are done, and whose outputs are there.
    pub done: usize,
    /// Inputs that were passed over, as was asked for.
    pub skipped: usize,
    /// Inputs of which a copy was set aside.
    pub quarantined: usize,
    /// Outputs, among those done, of damaged inputs.
    pub degraded: usize,
    /// All that is not as it should be, in the order of the names.
    pub findings: Vec<(PathBuf, Finding)>,
}

impl Verified {
    /// Returns whether every input is accounted for, and all is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Compares a report with the inputs that there are and the files that lie where outputs go.
///
/// Files are read on as many threads as there are cores. Inputs among the outputs count as inputs.
#[must_use]
pub fn verify(account: &Account, inputs: &[PathBuf], outputs: &[PathBuf]) -> Verified {
    let mut verified = Verified::default();
    let listed: HashSet<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let written = account.entries.values().filter_map(|entry| entry.output.as_deref());
    let written: HashSet<&Path> = written.collect();
    for input in &listed {
        if !account.entries.contains_key(*input) {
            verified.findings.push((input.to_path_buf(), Finding::InputUnaccounted));
        }
    }
    for output in outputs.iter().filter(|output| !written.contains(output.as_path())) {
        let name = output.file_name().and_then(std::ffi::OsStr::to_str);
        if name.is_some_and(temporary::is_temporary) {
            verified.findings.push((output.clone(), Finding::HalfWritten));
        } else if !listed.contains(output.as_path()) && !account.entries.contains_key(output) {
            verified.findings.push((output.clone(), Finding::OutputUnaccounted));
        }
    }
    let entries: Vec<&Entry> = account.entries.values().collect();
    for (entry, found) in entries.iter().zip(check_all(&entries)) {
        if found.is_empty() {
            match entry.state {
                // Its members are counted, each of them.
                State::Done if entry.members.is_some() => {}
                State::Done => verified.done += 1,
                State::Skipped => verified.skipped += 1,
                State::Quarantined => verified.quarantined += 1,
                State::Failed => {}
            }
            verified.degraded += usize::from(entry.degraded);
        }
        verified.findings.extend(found);
    }
    verified.findings.sort();
    verified
}

/// Checks entries on as many threads as there are cores.
fn check_all(entries: &[&Entry]) -> Vec<Vec<(PathBuf, Finding)>> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(vec![Vec::new(); entries.len()]);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(at) else { break };
            let one = check(entry);
            if !one.is_empty() {
                found.lock().unwrap_or_else(PoisonError::into_inner)[at] = one;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 1..threads.min(entries.len()) {
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is not as a line tells.
fn check(entry: &Entry) -> Vec<(PathBuf, Finding)> {
    let mut found = Vec::new();
    if entry.state == State::Failed {
        let why = entry.reason.clone().unwrap_or_default();
        return vec![(entry.input.clone(), Finding::InputFailed(why))];
    }
    if entry.tar.is_some() {
        // What the tar's own line says holds for it, too.
        return found;
    }
    match ContentHash::of_file(&entry.input) {
        Err(error) => found.push((entry.input.clone(), Finding::InputMissing(reason(&error)))),
        Ok((content, _)) if entry.content.is_some_and(|before| before != content) => {
            found.push((entry.input.clone(), Finding::InputChanged));
        }
        Ok(_) => {}
    }
    let Some(output) = &entry.output else { return found };
    // A copy that was set aside is the input's.
    let is_copy = entry.state == State::Quarantined;
    let want = if is_copy { entry.content } else { entry.output_content };
    match ContentHash::of_file(output) {
        Err(error) => found.push((output.clone(), Finding::OutputMissing(reason(&error)))),
        Ok((content, _)) if want.is_some_and(|before| before != content) => {
            found.push((output.clone(), Finding::OutputChanged));
        }
        Ok(_) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Finding, verify};
    use crate::batch::{Account, ContentHash, Entry, State};

    #[test]
    fn everything_is_accounted_for_or_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let plan = ContentHash::of(b"plan");
        let done = |input: &str, output: &str| {
            let mut entry = Entry::new(&path(input), plan, State::Done);
            entry.content = Some(ContentHash::of(input.as_bytes()));
            entry.output = Some(path(output));
            entry.output_content = Some(ContentHash::of(output.as_bytes()));
            entry
        };
        let mut account = Account::default();
        for entry in [
            done("a", "A"),
            done("b", "B"),
            done("c", "C"),
            Entry::failed(&path("d"), plan, "damaged"),
            Entry { output: None, state: State::Skipped, ..done("e", "-") },
        ] {
            account.entries.insert(entry.input.clone(), entry);
        }
        // Each file holds its name.
        let write = |name: &str| std::fs::write(path(name), name).expect("written");
        ["a", "b", "c", "d", "e", "A", "B", "C"].into_iter().for_each(write);
        let inputs: Vec<PathBuf> = ["a", "b", "c", "d", "e"].map(path).into();
        let outputs: Vec<PathBuf> = ["A", "B", "C", "a"].map(path).into();
        let failed = (path("d"), Finding::InputFailed("damaged".to_owned()));
        let clean = verify(&account, &inputs, &outputs);
        assert_eq!(clean.findings, std::slice::from_ref(&failed));
        assert_eq!((clean.done, clean.skipped), (3, 1));

        std::fs::write(path("a"), "another").expect("written");
        std::fs::remove_file(path("b")).expect("removed");
        std::fs::remove_file(path("B")).expect("removed");
        std::fs::write(path("C"), "c").expect("written");
        let inputs = [inputs, vec![path("f")]].concat();
        let left = path(".bytelens-1-0.tmp");
        let outputs = [outputs, vec![path("X"), left.clone()]].concat();
        let found = verify(&account, &inputs, &outputs);
        let none = || "No such file or directory".to_owned();
        let mut want = vec![
            (path("a"), Finding::InputChanged),
            (path("b"), Finding::InputMissing(none())),
            (path("B"), Finding::OutputMissing(none())),
            (path("C"), Finding::OutputChanged),
            failed,
            (path("f"), Finding::InputUnaccounted),
            (path("X"), Finding::OutputUnaccounted),
            (left, Finding::HalfWritten),
        ];
        want.sort();
        #[cfg(unix)]
        assert_eq!(found.findings, want);
        assert_eq!((found.done, found.skipped, found.is_clean()), (0, 1, false));
        assert!(verify(&Account::default(), &[], &[Path::new("x").into()]).findings.len() == 1);
    }
}
