//! Reading inputs within the limits: regular files, which stay what they are while they are read, and what is in memory.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result, reason};
use crate::limits::Limits;

/// Where inputs are read from.
pub(super) trait Source: fmt::Debug + Send + Sync {
    /// Reads an input whose size is within the limits, into memory that is used again.
    fn read_into(&self, input: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<()>;
}

/// The files of this machine.
#[derive(Debug)]
pub(super) struct Files;

impl Source for Files {
    fn read_into(&self, input: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<()> {
        read_with(input, limits, bytes, || {})
    }
}

/// An input that was read already.
#[derive(Debug)]
pub(super) struct Member(pub(super) Vec<u8>);

impl Source for Member {
    fn read_into(&self, _: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<()> {
        limits.check_file(self.0.len() as u64)?;
        bytes.clear();
        bytes.extend_from_slice(&self.0);
        Ok(())
    }
}

/// Reads a file whose size is within the limits.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, is no regular file, or changes meanwhile; [`Error::Limit`] where it
/// is too large.
pub fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Files.read_into(path, limits, &mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for someone to write into it.
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

/// Reads a file; `meanwhile` comes between opening it and looking whether it is still the same.
fn read_with(
    path: &Path,
    limits: &Limits,
    bytes: &mut Vec<u8>,
    meanwhile: impl FnOnce(),
) -> Result<()> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let told = |text: String| failed(io::Error::other(text));
    let mut file = open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    let size = before.len();
    limits.check_file(size)?;
    let room = usize::try_from(size).map_err(|_| told("it is too large".to_owned()))?;
    bytes.clear();
    bytes.try_reserve_exact(room).map_err(|_| told(format!("no memory for {size} bytes")))?;
    meanwhile();
    (&mut file).take(size).read_to_end(bytes).map_err(failed)?;
    let after = file.metadata().map_err(failed)?;
    if bytes.len() != room || !is_same(&before, &after) {
        return Err(told(CHANGED.to_owned()));
    }
    Ok(())
}

/// What is said of an input that is another one before it is read to its end.
pub(super) const CHANGED: &str = "it was changed while it was read; do it again";

/// Whether a file was not written to between two looks.
pub(super) fn is_same(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

/// What failed, for a line that begins with the path of the input.
pub fn cause(error: &Error) -> String {
    match error {
        Error::Io { action: "read", source, .. } => format!("cannot read: {}", reason(source)),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{cause, read, read_with};
    use crate::limits::Limits;

    /// What happens to a file while it is read.
    type Meanwhile = fn(&Path);

    #[test]
    fn a_file_that_changes_while_it_is_read_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a");
        let rows: [(&str, Meanwhile, bool); 5] = [
            ("nothing", |_| {}, true),
            ("it grows", |path| fs::write(path, b"longer than before").expect("written"), false),
            ("it shrinks", |path| fs::write(path, b"bef").expect("written"), false),
            (
                "other bytes of its length",
                |path| fs::write(path, b"beFore").expect("written"),
                false,
            ),
            ("another takes its name", |path| fs::remove_file(path).expect("removed"), true),
        ];
        for (what, meanwhile, is_read) in rows {
            fs::write(&path, b"before").expect("written");
            // Some disks tell times in steps.
            let past = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
            let file = fs::File::options().write(true).open(&path).expect("opened");
            file.set_modified(past).expect("set");
            let mut bytes = Vec::new();
            let done = read_with(&path, &Limits::default(), &mut bytes, || meanwhile(&path));
            match done {
                Ok(()) => assert!(is_read && bytes == b"before", "{what}"),
                Err(error) => {
                    let text = cause(&error);
                    assert!(!is_read && text.contains("was changed while"), "{what}: {text}");
                }
            }
        }
        assert!(read(folder.path(), &Limits::default()).is_err(), "a folder");
    }
}
