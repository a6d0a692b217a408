//! What became of one picture: a line of the report.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hash::{ContentHash, bytes_from_hex};

/// What became of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its output has its name.
    Done,
    /// There is no output.
    Failed,
    /// It was left as it is: its output was there, or it could not be made and that was to be passed over.
    Skipped,
    /// It could not be made, and a copy of it is where such pictures go.
    Quarantined,
}

impl State {
    /// Returns the word that reports have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Quarantined => "quarantined",
        }
    }
}

/// How long each stage took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Reading the input, and hashing it.
    pub read: f64,
    /// Decoding.
    pub decode: f64,
    /// The ops, on the device.
    pub run: f64,
    /// Encoding.
    pub encode: f64,
    /// Writing the output, down to the disk.
    pub write: f64,
}

impl Times {
    /// Returns the stages with their names, in their order.
    #[must_use]
    pub fn stages(&self) -> [(&'static str, f64); 5] {
        let Self { read, decode, run, encode, write } = *self;
        [("read", read), ("decode", decode), ("run", run), ("encode", encode), ("write", write)]
    }

    /// Adds the times of another picture.
    pub fn add(&mut self, more: &Self) {
        self.read += more.read;
        self.decode += more.decode;
        self.run += more.run;
        self.encode += more.encode;
        self.write += more.write;
    }
}

/// What became of a picture, with all that accounts for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The file that was read, as it was named.
    #[serde(with = "path")]
    pub input: PathBuf,
    /// What became of it.
    pub state: State,
    /// Why there is no output, or what is wrong with one that is there all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the output was made of a damaged input.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded: bool,
    /// Notes of the input that were to be kept and that the output's format does not hold: `EXIF`, `XMP`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<String>,
    /// The tar that it is a member of; its output is then a member of the tar's output.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "some_path")]
    pub tar: Option<PathBuf>,
    /// How many members a tar has that have lines of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// How often it was tried, this time and the times before.
    pub tries: u32,
    /// The content of the input; nothing where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentHash>,
    /// What was to be done ([`Plan::hash`](super::Plan::hash)).
    pub plan: ContentHash,
    /// The file that was written.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "some_path")]
    pub output: Option<PathBuf>,
    /// The content of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_content: Option<ContentHash>,
    /// Width and height of the input as it is stored, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_in: Option<[u64; 2]>,
    /// Width and height of the output, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_out: Option<[u64; 2]>,
    /// The bytes of the input.
    #[serde(default)]
    pub bytes_in: u64,
    /// The bytes of the output.
    #[serde(default)]
    pub bytes_out: u64,
    /// How long each stage took.
    #[serde(default)]
    pub ms: Times,
}

impl Entry {
    /// Makes the entry of a picture of which nothing is known yet.
    #[must_use]
    pub fn new(input: &Path, plan: ContentHash, state: State) -> Self {
        Self {
            input: input.to_owned(),
            state,
            reason: None,
            degraded: false,
            not_kept: Vec::new(),
            tar: None,
            members: None,
            tries: 1,
            content: None,
            plan,
            output: None,
            output_content: None,
            size_in: None,
            size_out: None,
            bytes_in: 0,
            bytes_out: 0,
            ms: Times::default(),
        }
    }

    /// Makes the entry of an input that could not even be tried.
    #[must_use]
    pub fn failed(input: &Path, plan: ContentHash, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::new(input, plan, State::Failed) }
    }
}

/// A path in JSON: text, or, where its name is none, an object with its bytes in hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Name<'a> {
    Text(std::borrow::Cow<'a, str>),
    Bytes { hex: String },
}

impl<'a> From<&'a Path> for Name<'a> {
    fn from(path: &'a Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.into()),
            None => {
                let bytes = path.as_os_str().as_encoded_bytes();
                Self::Bytes { hex: bytes.iter().map(|byte| format!("{byte:02x}")).collect() }
            }
        }
    }
}

impl Name<'_> {
    fn path(self) -> Option<PathBuf> {
        match self {
            Self::Text(text) => Some(text.into_owned().into()),
            Self::Bytes { hex } => path_from_bytes(bytes_from_hex(&hex)?),
        }
    }
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// Here names are text of 16 bits, and such a name is read as near as it can be.
#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// Paths as [`Name`]s.
pub(super) mod path {
    use super::{Deserialize, Deserializer, Name, Path, PathBuf, Serialize, Serializer};

    pub(in crate::batch) fn serialize<S: Serializer>(
        path: &Path,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Name::from(path).serialize(serializer)
    }

    pub(in crate::batch) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        let path = Name::deserialize(deserializer)?.path();
        path.ok_or_else(|| serde::de::Error::custom("a path of bytes must be hexadecimal digits"))
    }
}

/// Paths that may be missing.
pub(super) mod some_path {
    use super::{Deserializer, PathBuf, Serializer, path};

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(in crate::batch) fn serialize<S: Serializer>(
        value: &Option<PathBuf>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => path::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::batch) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        path::deserialize(deserializer).map(Some)
    }
}

/// Lists of paths.
pub(super) mod paths {
    use super::{Deserialize, Deserializer, Name, PathBuf, Serializer};

    pub(in crate::batch) fn serialize<S: Serializer>(
        paths: &[PathBuf],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(|path| Name::from(path.as_path())))
    }

    pub(in crate::batch) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<PathBuf>, D::Error> {
        let names = Vec::<Name<'_>>::deserialize(deserializer)?;
        Ok(names.into_iter().filter_map(Name::path).collect())
    }
}
