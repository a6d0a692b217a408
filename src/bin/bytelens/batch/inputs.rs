//! Which files are meant: names, folders and patterns to a list of pictures.
//!
//! Nothing is opened here. Order is that of the arguments, and inside a folder or pattern that of the
//! names, so that the same arguments over the same files give the same list.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use bytelens::batch::{Input, is_input};
use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::Failure;
use crate::stop::{Stop, reason, shown};

/// What the arguments stand for.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) pictures: Vec<Input>,
    /// What is not there or cannot be looked into.
    pub(crate) failures: Vec<Failure>,
    /// Folders without a picture, each with a word to the user.
    pub(crate) empty: Vec<(PathBuf, &'static str)>,
}

/// Reads a list of files: a name on each line or, where there is a NUL byte, before each of those.
pub(super) fn list(path: &Path) -> Result<Vec<PathBuf>, Stop> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes),
        _ => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    read.map_err(|error| {
        Stop::usage(format!("--files-from {}: cannot read: {}", shown(path), reason(&error)))
    })?;
    let end = if bytes.contains(&0) { 0 } else { b'\n' };
    let lines = bytes.split(|byte| *byte == end);
    // Lists that were written on Windows.
    let lines = lines.map(|line| line.strip_suffix(b"\r").filter(|_| end != 0).unwrap_or(line));
    Ok(lines.filter(|line| !line.is_empty()).map(path_from_bytes).collect())
}

#[cfg(unix)]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Finds the files that the arguments stand for, and those of a list; the folders `passed_over` are, where they lie
/// below one.
pub(crate) fn find(
    inputs: &[PathBuf],
    listed: &[PathBuf],
    recursive: bool,
    passed_over: &[PathBuf],
) -> Inputs {
    let mut found = Inputs::default();
    for path in listed {
        let mut input = Input::new(path);
        if recursive {
            input.below.clone_from(path);
        }
        found.pictures.push(input);
    }
    // A folder that is yet to be made holds nothing to be passed over.
    let passed_over: Vec<_> =
        passed_over.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    for input in inputs {
        if input.is_dir() {
            let depth = if recursive { usize::MAX } else { 1 };
            let walk = Walk { root: input, depth, hidden: false, passed_over: &passed_over };
            let before = (found.pictures.len(), found.failures.len());
            walk.run(&mut found, recursive, is_input);
            if before == (found.pictures.len(), found.failures.len()) {
                found.empty.push((input.clone(), empty_hint(recursive)));
            }
            continue;
        }
        match (input.symlink_metadata(), Pattern::read(input)) {
            (Ok(_), _) => {
                found.pictures.push(Input::new(input.clone()));
            }
            (Err(_), Some(pattern)) => pattern.find(&mut found, recursive, &passed_over),
            (Err(error), None) => {
                let cause = format!("cannot read: {}", reason(&error));
                found.failures.push(Failure::new(input, cause));
            }
        }
    }
    found
}

fn empty_hint(recursive: bool) -> &'static str {
    if recursive {
        "no picture in this folder or below"
    } else {
        "no picture in this folder; --recursive looks below it"
    }
}

/// A way through a folder.
struct Walk<'a> {
    root: &'a Path,
    depth: usize,
    /// Whether names that start with a dot are seen.
    hidden: bool,
    passed_over: &'a [PathBuf],
}

impl Walk<'_> {
    /// Adds the files that `is_wanted` says yes to, in the order of their names.
    fn run(&self, found: &mut Inputs, keep_tree: bool, is_wanted: impl Fn(&Path) -> bool) {
        let walk = WalkDir::new(self.root).min_depth(1).max_depth(self.depth).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| self.is_seen(entry)) {
            match entry {
                Ok(entry) if is_wanted(entry.path()) && !is_dir(&entry) => {
                    let path = entry.into_path();
                    let below = path.strip_prefix(self.root).unwrap_or(&path);
                    let name = below.file_name().map(Path::new).filter(|_| !keep_tree);
                    let below = name.unwrap_or(below).to_owned();
                    // What the current folder holds goes by its name, not as `./name`.
                    let is_here = self.root.as_os_str().is_empty() || self.root == Path::new(HERE);
                    let path = match path.strip_prefix(HERE) {
                        Ok(bare) if is_here => bare.to_owned(),
                        _ => path,
                    };
                    found.pictures.push(Input { path, below });
                }
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(self.root).to_owned();
                    let cause = match error.io_error() {
                        Some(cause) => format!("cannot list this folder: {}", reason(cause)),
                        None => format!("cannot list this folder: {error}"),
                    };
                    found.failures.push(Failure::new(path, cause));
                }
            }
        }
    }

    fn is_seen(&self, entry: &DirEntry) -> bool {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let is_out =
            || entry.path().canonicalize().is_ok_and(|path| self.passed_over.contains(&path));
        (self.hidden || !is_hidden) && !(entry.file_type().is_dir() && is_out())
    }
}

/// Whether an entry is a folder, or a link to one.
fn is_dir(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() || (entry.path_is_symlink() && entry.path().is_dir())
}

/// The current folder.
const HERE: &str = ".";

/// A pattern, in two parts: the folder that is sure, and what must hold below it.
struct Pattern<'a> {
    text: &'a Path,
    root: PathBuf,
    rest: String,
    matcher: Result<GlobMatcher, globset::Error>,
}

impl<'a> Pattern<'a> {
    /// Reads a pattern; `None` where nothing in the text makes it one.
    fn read(text: &'a Path) -> Option<Self> {
        let is_plain = |part: &Component| {
            !part.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[{".contains(byte))
        };
        let parts: Vec<_> = text.components().collect();
        let sure = parts.iter().take_while(|part| is_plain(part)).count();
        let rest: Vec<_> =
            parts[sure..].iter().map(|part| part.as_os_str().to_str()).collect::<Option<_>>()?;
        if rest.is_empty() {
            return None;
        }
        let rest = rest.join("/");
        let matcher = GlobBuilder::new(&rest).literal_separator(true).build();
        let matcher = matcher.map(|glob| glob.compile_matcher());
        Some(Self { text, root: parts[..sure].iter().collect(), rest, matcher })
    }

    fn find(&self, found: &mut Inputs, recursive: bool, passed_over: &[PathBuf]) {
        let fail = |found: &mut Inputs, cause| found.failures.push(Failure::new(self.text, cause));
        let matcher = match &self.matcher {
            Ok(matcher) => matcher,
            Err(error) => {
                let cause = format!("no such file, and not a pattern: {}", error.kind());
                return fail(found, cause);
            }
        };
        let is_here = self.root.as_os_str().is_empty();
        let root = if is_here { Path::new(HERE) } else { &self.root };
        if !root.is_dir() {
            return fail(found, format!("there is no folder {}", shown(root)));
        }
        // Braces may hide a separator, two stars stand for any number of them.
        let is_deep = self.rest.contains("**") || self.rest.contains('{');
        let depth = if is_deep { usize::MAX } else { self.rest.split('/').count() };
        let hidden = self.rest.starts_with('.') || self.rest.contains("/.");
        let before = (found.pictures.len(), found.failures.len());
        let walk = Walk { root, depth, hidden, passed_over };
        walk.run(found, recursive, |path| {
            let below = path.strip_prefix(root).unwrap_or(path);
            is_input(path) && matcher.is_match(below)
        });
        if before == (found.pictures.len(), found.failures.len()) {
            fail(found, "no picture has a name of this pattern".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bytelens::batch::Input;

    use super::find;

    #[test]
    fn files_folders_and_patterns_stand_for_pictures_in_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        let files = "b.JPG a.png .hidden.png notes.txt x/c.jpeg x/y/d.jpe x/.z/e.png out/f.png \
                     [s].png x.png/g.png";
        for file in files.split_whitespace() {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("below the root")).expect("made");
            std::fs::write(path, b"").expect("written");
        }
        for (input, recursive, expected) in [
            ("", false, "[s].png a.png b.JPG"),
            ("", true, "[s].png a.png b.JPG x/c.jpeg x/y/d.jpe x.png/g.png"),
            ("x", false, "c.jpeg"),
            ("x/.z", false, "e.png"),
            ("out", false, "f.png"),
            ("notes.txt", false, "notes.txt"),
            ("*.png", false, "[s].png a.png"),
            ("[s].png", false, "[s].png"),
            ("[ab].*", false, "a.png b.JPG"),
            ("?.{png,JPG}", false, "a.png b.JPG"),
            ("*/*.jpeg", false, "c.jpeg"),
            ("*/*.jpeg", true, "x/c.jpeg"),
            ("**/*.jp*", false, "c.jpeg d.jpe"),
            ("**", true, "[s].png a.png b.JPG x/c.jpeg x/y/d.jpe x.png/g.png"),
            ("**/.z/*", true, "x/.z/e.png"),
        ] {
            let inputs = find(&[root.join(input)], &[], recursive, &[root.join("out")]);
            let below: Vec<_> = inputs.pictures.iter().map(|one| one.below.clone()).collect();
            let expected: Vec<_> = expected.split_whitespace().map(PathBuf::from).collect();
            assert_eq!(below, expected, "{input:?} recursive {recursive}");
            assert!(inputs.failures.is_empty(), "{input:?}: {:?}", inputs.failures);
        }
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (input, cause) in [
            ("gone.jpg", "cannot read: No such file or directory"),
            ("*.jpg", "no picture has a name of this pattern"),
            ("gone/*.jpg", "there is no folder"),
            ("[a", "no such file, and not a pattern"),
        ] {
            let inputs = find(&[folder.path().join(input)], &[], false, &[]);
            assert_eq!(inputs.pictures, [] as [Input; 0]);
            assert!(inputs.failures[0].cause.starts_with(cause), "{:?}", inputs.failures);
        }
        let inputs = find(&[folder.path().to_owned()], &[], false, &[]);
        assert_eq!(inputs.empty.len(), 1, "an empty folder is no failure and yet is named");
    }
}
