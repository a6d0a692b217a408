//! Reading inputs: regular files within the limits, which stay what they are while they are read.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result, reason};
use crate::limits::Limits;

/// Reads a file whose size is within the limits.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, is no regular file, or changes meanwhile; [`Error::Limit`] where it
/// is too large.
pub fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(path, limits, &mut bytes)?;
    Ok(bytes)
}

/// Reads a file into memory that is used again.
pub(super) fn read_into(path: &Path, limits: &Limits, bytes: &mut Vec<u8>) -> Result<()> {
    read_with(path, limits, bytes, || {})
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
    // Opening a pipe would wait for someone to write into it.
    let kind = path.metadata().map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err(told("it is a folder".to_owned()));
    }
    if !kind.is_file() {
        return Err(told("it is not a regular file".to_owned()));
    }
    let mut file = File::open(path).map_err(failed)?;
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
        return Err(told("it was changed while it was read; do it again".to_owned()));
    }
    Ok(())
}

/// Whether a file was not written to between two looks.
fn is_same(before: &Metadata, after: &Metadata) -> bool {
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
