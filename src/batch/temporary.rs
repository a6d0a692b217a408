//! Files that have no name yet: they get it when they are whole, or are removed.
//!
//! A temporary file is reached through the folder it was made in, opened once, and not through that
//! folder's path: a folder that is moved while a file is written takes the file with it, and the file
//! is renamed, or removed, where it then is.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The temporary files that there are.
#[derive(Clone, Debug, Default)]
pub struct Temporaries(Arc<Mutex<Made>>);

#[derive(Debug, Default)]
struct Made {
    /// How many were made so far: no two of one process have one name.
    count: u64,
    files: HashMap<String, Arc<place::Folder>>,
}

impl Temporaries {
    /// Makes a temporary file, of a short name whatever the output is called.
    ///
    /// # Errors
    /// What the system says: no such folder, no permission, no room.
    pub fn make_in(&self, folder: &Path) -> io::Result<Temporary> {
        let folder = Arc::new(place::Folder::open(folder)?);
        let mut made = self.made();
        loop {
            let name = format!("{PREFIX}{}-{}{SUFFIX}", std::process::id(), made.count);
            made.count += 1;
            match folder.create(&name) {
                // Left by another process of this number, or of another machine on this disk.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    made.files.insert(name.clone(), Arc::clone(&folder));
                    drop(made);
                    return Ok(Temporary { file, name, folder, all: self.clone() });
                }
            }
        }
    }

    /// Removes every one, and keeps new ones from being made while what it returns is held.
    pub fn remove_all(&self) -> impl Sized + '_ {
        let made = self.made();
        for (name, folder) in &made.files {
            // A file that has got its name meanwhile is no longer here.
            let _ = folder.remove(name);
        }
        made
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PREFIX: &str = ".bytelens-";
const SUFFIX: &str = ".tmp";

/// Returns whether a name is that of a temporary file, whoever made it.
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    maker(name).is_some()
}

/// Removes from a folder what a process that has ended left there.
pub fn remove_left(folder: &Path, process: u32) {
    remove(folder, |maker| maker == process);
}

/// Removes from a folder what processes left there that are no longer: killed, or on a machine that went down.
///
/// On a disk that several machines share, a process of another machine counts as one that is no longer; see
/// first that nobody else is at work there.
pub fn remove_all_left(folder: &Path) {
    remove(folder, |maker| maker != std::process::id() && !is_alive(maker));
}

fn remove(folder: &Path, is_left: impl Fn(u32) -> bool) {
    // A folder that cannot be listed has gone, or is none of ours.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().and_then(maker).is_some_and(&is_left) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The process that made a temporary file of this name.
fn maker(name: &str) -> Option<u32> {
    let (process, count) = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split_once('-')?;
    count.parse::<u64>().ok()?;
    process.parse().ok()
}

/// Returns whether there is a process of this number.
#[cfg(unix)]
fn is_alive(process: u32) -> bool {
    let number = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    // One of somebody else's is alive, too.
    number.is_some_and(|number| {
        rustix::process::test_kill_process(number) != Err(rustix::io::Errno::SRCH)
    })
}

/// Here nobody is asked: a file in use cannot be removed.
#[cfg(not(unix))]
fn is_alive(_: u32) -> bool {
    false
}

/// A file that is removed unless it gets its name.
#[derive(Debug)]
pub struct Temporary {
    file: File,
    name: String,
    folder: Arc<place::Folder>,
    all: Temporaries,
}

impl Temporary {
    /// Writes all bytes, sees them onto the disk, and then gives the file its name in its folder.
    ///
    /// # Errors
    /// What the system says; the file is then removed.
    pub fn write_as(mut self, bytes: &[u8], name: &Path) -> io::Result<()> {
        self.write_all(bytes)?;
        self.rename(name)
    }

    /// Sees what was written onto the disk, and gives the file its name in its folder.
    ///
    /// # Errors
    /// What the system says; the file is then removed.
    pub fn rename(self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        self.folder.rename(&self.name, name)
    }
}

/// Adds bytes, and no name yet.
impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Before it is forgotten. One that has got its name is no longer here.
        let _ = self.folder.remove(&self.name);
        self.all.made().files.remove(&self.name);
    }
}

/// A folder that stays the same one when it is moved.
#[cfg(unix)]
mod place {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, Mode, OFlags, open, openat, renameat, unlinkat};

    #[derive(Debug)]
    pub(super) struct Folder(OwnedFd);

    impl Folder {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            Ok(Self(open(path, flags, Mode::empty())?))
        }

        pub(super) fn create(&self, name: &str) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            // As any new file: all that the user's mask leaves.
            Ok(openat(&self.0, name, flags, Mode::from_raw_mode(0o666))?.into())
        }

        pub(super) fn rename(&self, from: &str, to: &Path) -> io::Result<()> {
            Ok(renameat(&self.0, from, &self.0, to)?)
        }

        pub(super) fn remove(&self, name: &str) -> io::Result<()> {
            Ok(unlinkat(&self.0, name, AtFlags::empty())?)
        }
    }
}

/// A folder by its path: here one with an open file in it is not moved.
#[cfg(not(unix))]
mod place {
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    #[derive(Debug)]
    pub(super) struct Folder(PathBuf);

    impl Folder {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            path.metadata()?;
            Ok(Self(path.to_owned()))
        }

        pub(super) fn create(&self, name: &str) -> io::Result<File> {
            File::create_new(self.0.join(name))
        }

        pub(super) fn rename(&self, from: &str, to: &Path) -> io::Result<()> {
            fs::rename(self.0.join(from), self.0.join(to))
        }

        pub(super) fn remove(&self, name: &str) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Temporaries, maker, remove_all_left};

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_moved_takes_its_files_with_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (before, after) = (root.path().join("before"), root.path().join("after"));
        for is_named in [true, false] {
            std::fs::create_dir(&before).expect("made");
            let all = Temporaries::default();
            let temporary = all.make_in(&before).expect("made");
            std::fs::rename(&before, &after).expect("moved");
            if is_named {
                temporary.write_as(b"whole", "name".as_ref()).expect("written");
                assert_eq!(std::fs::read(after.join("name")).expect("read"), b"whole");
            } else {
                drop(temporary);
            }
            let left = std::fs::read_dir(&after).expect("listed").count();
            assert_eq!(left, usize::from(is_named));
            assert!(all.made().files.is_empty());
            std::fs::remove_dir_all(&after).expect("removed");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_left_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let taken = root.path().join(format!(".bytelens-{}-0.tmp", std::process::id()));
        std::fs::write(&taken, b"another's").expect("written");
        let all = Temporaries::default();
        let temporary = all.make_in(root.path()).expect("made");
        drop(all.remove_all());
        drop(temporary);
        assert_eq!(std::fs::read(&taken).expect("read"), b"another's");
        assert_eq!(std::fs::read_dir(root.path()).expect("listed").count(), 1);
    }

    #[test]
    fn what_processes_that_are_no_longer_left_is_removed_and_nothing_else() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let own = format!(".bytelens-{}-7.tmp", std::process::id());
        // The first process is always there; no number is as large as the other.
        for name in
            [&own, ".bytelens-1-0.tmp", ".bytelens-4294967295-0.tmp", ".bytelens-x-0.tmp", "a.tmp"]
        {
            std::fs::write(root.path().join(name), b"").expect("written");
        }
        remove_all_left(root.path());
        let left = std::fs::read_dir(root.path()).expect("listed").flatten();
        let mut left: Vec<_> = left.map(|one| one.file_name().into_string()).collect();
        left.sort();
        let mut want =
            [own, ".bytelens-1-0.tmp".into(), ".bytelens-x-0.tmp".into(), "a.tmp".into()];
        want.sort();
        assert_eq!(left, want.map(Ok));
        assert_eq!(maker(".bytelens-12-3.tmp"), Some(12));
    }
}
