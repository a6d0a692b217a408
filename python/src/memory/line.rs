//! One axis of elements, in four numbers: what most views are.
//!
//! Views of several axes have a [`Layout`] of the library, which knows more and is larger. The invariant is the
//! same: nothing here wraps, as each line is part of one whose elements were checked to lie in memory.

use bytelens::Layout;

use super::opaque;

/// Elements one after the other, evenly spaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) len: usize,
    /// Bytes from one element to the next.
    pub(crate) stride: isize,
    /// Byte at which the first element starts, from the start of the hold.
    pub(super) offset: usize,
    /// Bytes of an element.
    pub(crate) size: usize,
}

impl Line {
    /// The one axis of a layout that has no other.
    pub(super) fn of(layout: &Layout) -> Option<Self> {
        match (layout.shape(), layout.strides()) {
            ([len], [stride]) => {
                let (offset, size) = (layout.offset(), layout.dtype().size());
                Some(Self { len: *len, stride: *stride, offset, size })
            }
            _ => None,
        }
    }

    /// The same as a layout.
    pub(super) fn layout(&self) -> Option<Layout> {
        let dtype = opaque(self.size).ok()?;
        Layout::new(dtype, &[self.len], &[self.stride], self.offset).ok()
    }

    /// The elements that a slice chooses, as Python's `slice.indices` says it: `count` of them from `start` on.
    #[inline(always)]
    pub(crate) fn slice(self, start: isize, count: usize, step: isize) -> Self {
        let stride = self.stride.saturating_mul(step);
        let moved = if count == 0 { 0 } else { start.wrapping_mul(self.stride) };
        Self { len: count, stride, offset: self.offset.wrapping_add_signed(moved), ..self }
    }

    /// The same bytes as elements of another size; nothing where they have gaps between them, or do not fit.
    #[inline(always)]
    pub(crate) fn cast(self, size: usize) -> Option<Self> {
        let nbytes = self.len.checked_mul(self.size)?;
        let fits = self.is_contiguous() && size > 0 && nbytes.is_multiple_of(size);
        fits.then(|| Self { len: nbytes / size, stride: size.cast_signed(), size, ..self })
    }

    /// As `memoryview` has it: no element at all counts by its stride.
    #[inline(always)]
    pub(crate) fn is_contiguous(&self) -> bool {
        self.len == 1 || self.stride == self.size.cast_signed()
    }

    /// The lowest byte of an element, and the one behind the highest; the offset where there is no element.
    #[inline(always)]
    pub(super) fn span(&self) -> std::ops::Range<usize> {
        let Some(last) = self.len.checked_sub(1) else { return self.offset..self.offset };
        let reach = last.wrapping_mul(self.stride.unsigned_abs());
        if self.stride < 0 {
            self.offset.wrapping_sub(reach)..self.offset.wrapping_add(self.size)
        } else {
            self.offset..self.offset.wrapping_add(reach).wrapping_add(self.size)
        }
    }
}
