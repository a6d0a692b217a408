//! Where outputs go: a place that takes a file whole or not at all.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::hash::ContentHash;
use super::temporary::{self, Temporaries, Temporary};
use crate::error::{Error, Result, shown};

/// A place for outputs.
///
/// What is put there has its name once it is whole, and not before: a reader never sees half of it, whatever
/// happens in the middle.
pub trait Output: fmt::Debug + Send + Sync {
    /// Returns the path of an output, as it stands in reports.
    fn path(&self, name: &Path) -> PathBuf;

    /// Returns whether there is something of this name.
    fn exists(&self, name: &Path) -> bool;

    /// Returns what is there of this name; nothing where it cannot be read.
    fn stored(&self, name: &Path) -> Option<Stored>;

    /// Begins a file, which is not there before it is kept.
    ///
    /// # Errors
    /// [`Error::Io`] with what the system says.
    fn create(&self, name: &Path) -> Result<Box<dyn Draft + '_>>;

    /// Puts a file there, in one step as others see it; one of the same name is replaced.
    ///
    /// # Errors
    /// [`Error::Io`] with what the system says; then what was there before is there still.
    fn put(&self, name: &Path, bytes: &[u8]) -> Result<()> {
        let mut draft = self.create(name)?;
        let written = draft.write_all(bytes);
        written.map_err(|source| Error::Io { action: "write", path: self.path(name), source })?;
        draft.keep()
    }

    /// Removes what runs that were killed left in a folder of this name.
    fn tidy(&self, _folder: &Path) {}
}

/// A file that is being made. Dropped, it is gone.
pub trait Draft: Write {
    /// Gives it its name, in one step as others see it; one of the same name is replaced.
    ///
    /// # Errors
    /// [`Error::Io`] with what the system says; then what was there before is there still.
    fn keep(self: Box<Self>) -> Result<()>;
}

/// A file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its content.
    pub content: ContentHash,
    /// How many bytes it has.
    pub bytes: u64,
}

/// A place where nothing is kept, for trying what a plan takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Output for Nowhere {
    fn path(&self, name: &Path) -> PathBuf {
        name.to_owned()
    }

    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn stored(&self, _: &Path) -> Option<Stored> {
        None
    }

    fn create(&self, _: &Path) -> Result<Box<dyn Draft>> {
        Ok(Box::new(io::sink()))
    }
}

impl Draft for io::Sink {
    fn keep(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// A folder on a disk.
///
/// Several runs may write into one folder at once; each of their outputs is whole, and of two of one name the
/// later one stays.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    temporaries: Temporaries,
    /// The folder, held so that other runs know of this one.
    _held: Option<File>,
    /// Whether no other run held it when this one came.
    is_alone: bool,
}

impl Folder {
    /// Makes the folder where it is missing, and sees whether it can be written in.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot.
    pub fn open(root: &Path, temporaries: &Temporaries) -> Result<Self> {
        let failed = |action, source| Error::Io { action, path: root.to_owned(), source };
        if root.metadata().is_ok_and(|known| !known.is_dir()) {
            return Err(failed("make", io::Error::other("it is not a folder")));
        }
        std::fs::create_dir_all(root).map_err(|error| failed("make the folder", error))?;
        let (held, is_alone) = hold(root);
        let folder =
            Self { root: root.to_owned(), temporaries: temporaries.clone(), _held: held, is_alone };
        folder.tidy(Path::new(""));
        let trial = temporaries.make_in(root);
        trial.map_err(|error| failed("write into the folder", error))?;
        Ok(folder)
    }
}

/// Tells other runs that this one is here, and returns whether it is the only one.
///
/// Where a system or a disk has no such locks, nobody counts as alone.
fn hold(root: &Path) -> (Option<File>, bool) {
    let Ok(file) = File::open(root) else { return (None, false) };
    let is_alone = file.try_lock().is_ok();
    let is_held = file.try_lock_shared().is_ok();
    (is_held.then_some(file), is_alone)
}

impl Folder {
    fn failed(&self, path: &Path, error: io::Error) -> Error {
        let has_gone = error.kind() == ErrorKind::NotFound && !self.root.is_dir();
        let gone = || io::Error::other(format!("the folder {} has gone", shown(&self.root)));
        let source = if has_gone { gone() } else { error };
        Error::Io { action: "write", path: path.to_owned(), source }
    }
}

/// A file of a folder that is being made.
struct Drafted<'a> {
    temporary: Temporary,
    path: PathBuf,
    folder: &'a Folder,
}

impl Write for Drafted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Draft for Drafted<'_> {
    fn keep(self: Box<Self>) -> Result<()> {
        let Self { temporary, path, folder } = *self;
        // Outputs are named after files.
        let name = path.file_name().map_or(&*path, Path::new);
        temporary.rename(name).map_err(|error| folder.failed(&path, error))
    }
}

impl Output for Folder {
    fn path(&self, name: &Path) -> PathBuf {
        self.root.join(name)
    }

    fn exists(&self, name: &Path) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    fn stored(&self, name: &Path) -> Option<Stored> {
        let path = self.path(name);
        // Opening a pipe would wait for someone to write into it.
        if !path.metadata().ok()?.is_file() {
            return None;
        }
        ContentHash::of_file(&path).ok().map(|(content, bytes)| Stored { content, bytes })
    }

    fn create(&self, name: &Path) -> Result<Box<dyn Draft + '_>> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        let made = if folder == self.root {
            Ok(())
        } else {
            // In two steps, so that a folder that has gone is not made again.
            self.root.metadata().and_then(|_| std::fs::create_dir_all(folder))
        };
        let temporary = made.and_then(|()| self.temporaries.make_in(folder));
        let temporary = temporary.map_err(|error| self.failed(&path, error))?;
        Ok(Box::new(Drafted { temporary, path, folder: self }))
    }

    fn tidy(&self, folder: &Path) {
        if self.is_alone {
            temporary::remove_all_left(&self.path(folder));
        }
    }
}
