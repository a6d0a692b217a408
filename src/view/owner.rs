//! What owns the bytes of a [`Buffer`](super::Buffer).

use crate::dtype::Element;
use bytemuck::{Pod, Zeroable};

/// Bytes that somebody keeps alive: a vector, a mapped file, memory of another library.
///
/// A buffer keeps its owner in an `Arc`; every clone of the buffer is a hold on the owner, which is
/// dropped when the last hold goes. Each view asks for the bytes anew and is checked against them.
pub trait Owner: Send + Sync + 'static {
    /// All the bytes.
    fn bytes(&self) -> &[u8];

    /// All the bytes for writing, or nothing if they are read-only.
    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        None
    }
}

impl<T: Element> Owner for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }

    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        Some(bytemuck::cast_slice_mut(self))
    }
}

/// 64 bytes that start at a multiple of 64: a cache line, and the widest vector register.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Zeroed bytes that start at a multiple of 64.
pub(super) struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

impl Aligned {
    /// Makes `len` bytes of zeros, or nothing if there is no memory for them.
    pub(super) fn zeroed(len: usize) -> Option<Self> {
        let lines = bytemuck::try_zeroed_vec(len.div_ceil(64)).ok()?;
        Some(Self { lines, len })
    }
}

impl Owner for Aligned {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        Some(&mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len])
    }
}
