//! What owns the bytes of a [`Buffer`](super::Buffer).

use crate::dtype::Element;
use crate::simd::Line;
use bytemuck::Zeroable;

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

/// Bytes from which on memory asks for huge pages, as NumPy's does: so much spans one or more of them
/// wherever it starts.
#[cfg(all(target_os = "linux", not(miri)))]
const HUGE_FROM: usize = 4 << 20;

/// Makes lines of zeros, or nothing if there is no memory for them.
///
/// Where there is much of it, it asks Linux for huge pages: the first touch of each page, and the search
/// for it when memory is walked with large steps, would else cost more than what is done there.
pub(crate) fn zeroed_lines(count: usize) -> Option<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    lines.try_reserve_exact(count).ok()?;
    ask_for_huge_pages(&mut lines);
    lines.resize(count, Line::zeroed());
    Some(lines)
}

#[cfg(all(target_os = "linux", not(miri)))]
fn ask_for_huge_pages(lines: &mut Vec<Line>) {
    const PAGE: usize = 4096;
    let bytes = lines.capacity() * size_of::<Line>();
    if bytes < HUGE_FROM {
        return;
    }
    let start = lines.as_mut_ptr().cast::<u8>();
    // Below a page, of many.
    let skipped = start.addr().next_multiple_of(PAGE) - start.addr();
    let len = (bytes - skipped) / PAGE * PAGE;
    // SAFETY: the bytes from `start + skipped` on, `len` of them, are within what the vector has
    // allocated. The advice changes no byte; where pages are of another size or none are huge, it is
    // refused, which changes nothing.
    let _ = unsafe { libc::madvise(start.add(skipped).cast(), len, libc::MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn ask_for_huge_pages(_lines: &mut Vec<Line>) {}

/// Zeroed bytes that start at a multiple of 64.
pub(super) struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

impl Aligned {
    /// Makes `len` bytes of zeros, or nothing if there is no memory for them.
    pub(super) fn zeroed(len: usize) -> Option<Self> {
        Some(Self { lines: zeroed_lines(len.div_ceil(64))?, len })
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
