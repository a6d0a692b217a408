//! The report: a file of JSON lines that accounts for every picture, and what can be told from it.
//!
//! A run begins with a line that says what was asked for; each picture's line is written once its output has
//! its name, in one write. A line that was cut in the middle, as by a machine that went down, counts as not
//! written. Of several lines for one input the last one counts.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::entry::{Entry, State, path, paths, some_path};
use super::hash::ContentHash;
use crate::error::{Error, Result};

/// What a run was asked for: enough to list its inputs again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Asked {
    /// Files, folders and patterns, as they were named.
    #[serde(with = "paths")]
    pub inputs: Vec<PathBuf>,
    /// Files that came from a list.
    #[serde(default, with = "paths", skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<PathBuf>,
    /// Whether folders were gone down into.
    pub recursive: bool,
    /// The folder of the outputs.
    #[serde(with = "path")]
    pub out: PathBuf,
    /// The folder for copies of what could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "some_path")]
    pub quarantine: Option<PathBuf>,
    /// The folder that all paths of the report start from, where they are not absolute.
    #[serde(with = "path")]
    pub from: PathBuf,
    /// What was to be done.
    pub plan: ContentHash,
    /// The pipeline, for people.
    pub pipeline: String,
}

impl Asked {
    /// Says what a run is asked for.
    #[must_use]
    pub fn new(inputs: Vec<PathBuf>, recursive: bool, out: PathBuf, from: PathBuf) -> Self {
        let plan = ContentHash::of(b"");
        let (listed, quarantine, pipeline) = (Vec::new(), None, String::new());
        Self { inputs, listed, recursive, out, quarantine, from, plan, pipeline }
    }

    /// Returns the folders that are no inputs, though they may lie below one.
    #[must_use]
    pub fn passed_over(&self) -> Vec<PathBuf> {
        [Some(&self.out), self.quarantine.as_ref()].into_iter().flatten().cloned().collect()
    }
}

/// A line of the report.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Run { run: Asked },
    Picture(Box<Entry>),
}

/// A report that lines are added to.
#[derive(Debug)]
pub struct Report {
    path: PathBuf,
    file: Mutex<File>,
}

impl Report {
    /// Makes a report; where it is to be gone on with, lines go behind those that are there.
    ///
    /// # Errors
    /// [`Error::Io`] where there is one already that is not to be gone on with, where another run writes it,
    /// or where it cannot be written.
    pub fn open(path: &Path, goes_on: bool) -> Result<Self> {
        let failed = |source| Error::Io { action: "write", path: path.to_owned(), source };
        let told = |text: &str| failed(io::Error::other(text.to_owned()));
        let options = File::options().read(true).write(true).create(true).clone();
        let file = if goes_on { options.clone() } else { options.clone().create_new(true).clone() };
        let mut file = file.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                told("it is there already; --resume goes on with it, or name another")
            }
            _ => failed(error),
        })?;
        if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            return Err(told("another run is writing it; wait for that, or name another"));
        }
        let end = whole_lines(&mut file).map_err(failed)?;
        file.set_len(end).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Says what the run is asked for.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn begin(&self, asked: &Asked) -> Result<()> {
        self.write(&Line::Run { run: asked.clone() })
    }

    /// Adds the line of a picture.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written: then nothing more should be done, for nobody would know.
    pub fn add(&self, entry: &Entry) -> Result<()> {
        self.write(&Line::Picture(Box::new(entry.clone())))
    }

    /// Sees all lines onto the disk.
    ///
    /// # Errors
    /// [`Error::Io`] where that fails.
    pub fn finish(&self) -> Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.sync_all().map_err(|source| self.failed(source))
    }

    fn write(&self, line: &Line) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(|error| self.failed(error.into()))?;
        text.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&text).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io { action: "write", path: self.path.clone(), source }
    }
}

/// Returns where the last whole line ends.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut end, mut at, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        at += read as u64;
        if line.last() != Some(&b'\n') {
            return Ok(end);
        }
        end = at;
    }
}

/// What a report says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Account {
    /// What its runs were asked for, in their order.
    pub runs: Vec<Asked>,
    /// The last line of each input.
    pub entries: HashMap<PathBuf, Entry>,
}

impl Account {
    /// Reads a report; one that is not there says nothing.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read, [`Error::Decode`] for a whole line that is none of a report's.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened.map_err(failed)?,
        };
        let mut account = Self::default();
        let mut reader = BufReader::new(file);
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            reader.read_until(b'\n', &mut text).map_err(failed)?;
            if text.last() != Some(&b'\n') {
                break;
            }
            account.add(&text).map_err(|error| Error::Decode {
                format: "report",
                problem: format!("line {number} is none of a report: {error}"),
            })?;
        }
        Ok(account)
    }

    fn add(&mut self, text: &[u8]) -> serde_json::Result<()> {
        match serde_json::from_slice(text)? {
            Line::Run { run } => self.runs.push(run),
            Line::Picture(entry) => {
                // A skip for the sake of an output that is there takes nothing from how it came there.
                let before = self.entries.get(&entry.input);
                let is_said = entry.state == State::Skipped
                    && entry.content.is_none()
                    && before.is_some_and(|before| before.state == State::Done);
                if !is_said {
                    self.entries.insert(entry.input.clone(), *entry);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Account, Asked, Report};
    use crate::batch::{ContentHash, Entry, State};

    fn entry(input: &str, state: State) -> Entry {
        let plan = ContentHash::of(b"plan");
        Entry { output: Some("out/ä".into()), ..Entry::new(Path::new(input), plan, state) }
    }

    #[test]
    fn lines_are_read_as_they_were_written_and_the_last_of_an_input_counts() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.jsonl");
        let report = Report::open(&path, false).expect("made");
        let asked = Asked::new(vec!["a\nb".into()], true, "out".into(), "/x".into());
        report.begin(&asked).expect("written");
        report.add(&entry("a", State::Failed)).expect("written");
        report.add(&entry("b", State::Done)).expect("written");
        report.add(&entry("a", State::Done)).expect("written");
        let account = Account::read(&path).expect("read");
        assert_eq!(account.runs, [asked]);
        assert_eq!(account.entries.len(), 2);
        assert_eq!(account.entries[Path::new("a")], entry("a", State::Done));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_text_survives() {
        use std::os::unix::ffi::OsStrExt;
        let name = Path::new(std::ffi::OsStr::from_bytes(b"\xff\n.jpg"));
        let before = Entry::new(name, ContentHash::of(b""), State::Done);
        let text = serde_json::to_string(&before).expect("written");
        assert_eq!(serde_json::from_str::<Entry>(&text).expect("read").input, name);
    }

    #[test]
    fn a_torn_line_counts_as_not_written_and_the_next_run_goes_on_in_front_of_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.jsonl");
        let report = Report::open(&path, false).expect("made");
        report.add(&entry("a", State::Done)).expect("written");
        let whole = std::fs::read(&path).expect("read").len();
        report.add(&entry("b", State::Done)).expect("written");
        drop(report);
        let bytes = std::fs::read(&path).expect("read");
        for cut in whole..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).expect("written");
            assert_eq!(Account::read(&path).expect("read").entries.len(), 1, "{cut}");
            Report::open(&path, true)
                .expect("opened")
                .add(&entry("c", State::Done))
                .expect("added");
            let account = Account::read(&path).expect("read");
            assert!(account.entries.contains_key(Path::new("c")) && account.entries.len() == 2);
        }
        let mut torn = bytes[..whole + 9].to_vec();
        torn.push(b'\n');
        std::fs::write(&path, torn).expect("written");
        let error = Account::read(&path).expect_err("a line in the middle").to_string();
        assert!(error.contains("line 2 is none of a report"), "{error}");
    }

    #[test]
    fn a_report_that_is_there_or_in_use_is_not_written_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.jsonl");
        let held = Report::open(&path, true).expect("made, though there was none");
        let error = Report::open(&path, true).expect_err("in use").to_string();
        assert!(error.contains("another run is writing it"), "{error}");
        drop(held);
        let error = Report::open(&path, false).expect_err("there").to_string();
        assert!(error.contains("--resume goes on with it"), "{error}");
        Report::open(&path, true).expect("gone on with");
    }
}
