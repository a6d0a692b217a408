//! What a file is by its content, whatever it is called and whenever it was written: BLAKE3, 256 bits.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// The BLAKE3 hash of bytes.
///
/// ```
/// use bytelens::batch::ContentHash;
/// let hash = ContentHash::of(b"abc");
/// assert_eq!(hash.to_string(), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
/// assert_eq!(hash.to_string().parse::<ContentHash>()?, hash);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Hashes bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).into())
    }

    /// Hashes a file, and tells how many bytes it has.
    ///
    /// # Errors
    /// What the system says.
    pub fn of_file(path: &Path) -> io::Result<(Self, u64)> {
        let mut hasher = blake3::Hasher::new();
        let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
        Ok((Self(hasher.finalize().into()), bytes))
    }

    /// Returns whether a file has this content.
    pub(super) fn is_of_file(self, path: &Path) -> bool {
        Self::of_file(path).is_ok_and(|(content, _)| content == self)
    }

    /// Returns the first 16 digits, enough to tell a million files apart in names.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..16].to_owned()
    }
}

/// Bytes that are hashed as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashing {
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Hashing {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Returns the hash of all of them, and how many there were.
    pub(super) fn finish(&self) -> (ContentHash, u64) {
        (ContentHash(self.hasher.finalize().into()), self.bytes)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = bytes_from_hex(text).and_then(|bytes| bytes.try_into().ok());
        let wrong = || Error::param("report", "a content hash", "64 hexadecimal digits", text);
        bytes.map(Self).ok_or_else(wrong)
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads pairs of hexadecimal digits.
pub(super) fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().ok()
}
