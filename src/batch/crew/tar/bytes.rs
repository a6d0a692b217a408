//! The bytes of a tar on their way: counted, hashed, and seen to be whole.

use std::io::{self, Read, Write};
use std::path::{Component, Path};

use crate::batch::hash::{ContentHash, Hashing};

/// What a tar ends with: two blocks of zeros.
const END_BYTES: u64 = 1024;

/// Lets bytes through, and knows afterwards what they were.
pub(super) struct Tap<T> {
    inner: T,
    hashing: Hashing,
    /// How many of the last bytes are zeros.
    zeros: u64,
}

impl<T> Tap<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, hashing: Hashing::default(), zeros: 0 }
    }

    /// Returns whether the last bytes are the end of a tar.
    pub(super) fn has_end(&self) -> bool {
        self.zeros >= END_BYTES
    }

    /// Returns what the bytes were, how many, and what they went through.
    pub(super) fn finish(self) -> (ContentHash, u64, T) {
        let (content, bytes) = self.hashing.finish();
        (content, bytes, self.inner)
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hashing.add(bytes);
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = zeros as u64 + if zeros == bytes.len() { self.zeros } else { 0 };
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Tap<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads so many bytes and no fewer: an early end is an error.
pub(super) struct Whole<R> {
    pub(super) inner: R,
    pub(super) left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends inside a member"));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Whether a name stays below the folder where somebody unpacks the tar.
pub(super) fn is_safe(name: &Path) -> bool {
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    name.components().all(is_below)
}
