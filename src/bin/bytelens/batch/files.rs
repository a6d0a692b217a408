//! Reading inputs and writing outputs: whole, or not at all.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use bytelens::Limits;

use super::interrupt::Interrupt;
use crate::stop::{Stop, reason, shown};

/// Reads a file whose size is within the limits.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("cannot read: {}", reason(&error));
    // Opening a pipe would wait for someone to write into it.
    let kind = path.metadata().map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err("cannot read: it is a folder".to_owned());
    }
    if !kind.is_file() {
        return Err("cannot read: it is not a regular file".to_owned());
    }
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    limits.check_file(size).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let room = usize::try_from(size).map_err(|_| "cannot read: too large for this machine")?;
    bytes
        .try_reserve_exact(room)
        .map_err(|_| format!("cannot read: no memory for {size} bytes"))?;
    // A file that grows while it is read is cut off, and then refused as what it is: damaged.
    file.take(size).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The folder for the outputs.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    root: PathBuf,
    interrupt: &'a Interrupt,
}

impl<'a> Folder<'a> {
    /// Makes the folder where it is missing, and sees whether it can be written in.
    pub(super) fn open(root: &Path, interrupt: &'a Interrupt) -> Result<Self, Stop> {
        let failed = |action: &str, error: io::Error| {
            Stop::start(format!("{}: cannot {action}: {}", shown(root), reason(&error)))
        };
        if root.metadata().is_ok_and(|known| !known.is_dir()) {
            return Err(Stop::start(format!("{}: not a folder", shown(root))));
        }
        std::fs::create_dir_all(root).map_err(|error| failed("make this folder", error))?;
        let trial = interrupt.temporaries().make_in(root);
        trial.map_err(|error| failed("write into this folder", error))?;
        Ok(Self { root: root.to_owned(), interrupt })
    }

    /// Writes a file inside the folder, in one step as others see it.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), String> {
        let failed = |error: io::Error| match error.kind() {
            // Its parts are checked below, so that a folder that has gone is not made again.
            ErrorKind::NotFound if !self.root.is_dir() => {
                format!("cannot write: the folder {} has gone", shown(&self.root))
            }
            _ => format!("cannot write {}: {}", shown(path), reason(&error)),
        };
        let folder = path.parent().unwrap_or(&self.root);
        if folder != self.root {
            self.root.metadata().and_then(|_| std::fs::create_dir_all(folder)).map_err(failed)?;
        }
        let temporary = self.interrupt.temporaries().make_in(folder).map_err(failed)?;
        // Outputs are named after files.
        let name = path.file_name().map_or(path, Path::new);
        temporary.write_as(bytes, name).map_err(failed)
    }
}
