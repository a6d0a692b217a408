//! What owns the bytes of a [`Buffer`](super::Buffer).

use crate::dtype::Element;
use bytemuck::{Pod, Zeroable};

/// Bytes that somebody keeps alive: a vector, a mapped file, memory of another library.
///
/// A buffer keeps its owner in an `Arc`; every clone of the buffer is a hold on the owner, which is
/// dropped when the last hold goes. Each view asks for the bytes anew and is checked against them.
///
/// ```
/// use bytelens::{Buffer, DType, Layout, Owner};
/// use std::sync::Arc;
///
/// /// A frame of a camera's library, given back when the last view of it goes.
/// struct Frame(Box<[u8; 6]>);
///
/// impl Owner for Frame {
///     fn bytes(&self) -> &[u8] {
///         &*self.0
///     }
///
///     fn bytes_mut(&mut self) -> Option<&mut [u8]> {
///         Some(&mut *self.0)
///     }
/// }
///
/// let layout = Layout::contiguous(DType::U8, &[2, 3])?;
/// let mut frame = Buffer::from_owner(Arc::new(Frame(Box::new([7; 6]))), layout)?;
/// frame.view_mut()?.set(&[1, 2], 8_u8)?;
/// assert_eq!(frame.view().to_bytes()?, [7, 7, 7, 7, 7, 8]);
/// # Ok::<(), bytelens::Error>(())
/// ```
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
