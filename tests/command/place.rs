//! Where a test runs the command: a folder of its own, and pictures for it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::{Buffer, Image, Limits, PixelFormat};
use tempfile::TempDir;

/// A folder of its own, and the command run inside it.
pub(crate) struct Place(TempDir);

/// What a run of the command left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the place")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    /// Puts a copy of a file of the repository here.
    pub(crate) fn copy(&self, from: &str, name: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
        self.write(name, &std::fs::read(&source).unwrap_or_else(|e| panic!("{from}: {e}")));
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bytelens"));
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        let run = self.command().args(args).output().expect("the command runs");
        Run::new(run)
    }

    /// Runs a line typed into a shell, in which `$bytelens` is the command.
    #[cfg(unix)]
    pub(crate) fn shell(&self, line: &str) -> Run {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(self.0.path()).stdin(Stdio::null());
        shell.env("bytelens", env!("CARGO_BIN_EXE_bytelens"));
        Run::new(shell.output().expect("a shell"))
    }

    /// Returns all files below a folder, by their names, with their bytes.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.path(folder);
        let entries = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| !entry.file_type().is_dir()).map(|entry| {
            let name = entry.path().strip_prefix(&root).expect("below the root").to_owned();
            // Opening a pipe would wait for ever.
            let is_file = entry.path().is_file();
            let bytes = is_file.then(|| std::fs::read(entry.path()).unwrap_or_default());
            (name, bytes.unwrap_or_default())
        });
        files.collect()
    }

    /// The names of all files below a folder, parted by spaces.
    pub(crate) fn names(&self, folder: &str) -> String {
        let names: Vec<_> =
            self.files(folder).into_keys().map(|name| name.display().to_string()).collect();
        names.join(" ")
    }
}

impl Run {
    pub(crate) fn new(output: std::process::Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let run =
            Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        for word in ["panicked", "RUST_BACKTRACE", "bytelens itself", "overflow"] {
            assert!(!run.err.contains(word), "{run:?}");
        }
        run
    }
}

/// A picture of noise, the same every time, that no compression makes small.
pub(crate) fn picture(width: usize, height: usize, format: PixelFormat, file: Format) -> Vec<u8> {
    let channels = format.channels();
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let samples: Vec<u8> = (0..width * height * channels).map(|_| noise()).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, channels]).expect("a buffer");
    let image = Image::new(buffer, format).expect("an image");
    codec::encode(&image, &EncodeOptions::new(file).compression(1)).expect("encoded")
}

pub(crate) fn jpeg() -> Vec<u8> {
    picture(40, 30, PixelFormat::RGB, Format::Jpeg)
}

pub(crate) fn png() -> Vec<u8> {
    picture(40, 30, PixelFormat::RGB, Format::Png)
}

pub(crate) fn decoded(bytes: &[u8]) -> Image {
    codec::decode(bytes, &Limits::default()).expect("a whole picture")
}
