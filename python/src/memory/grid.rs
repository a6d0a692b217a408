//! Elements on up to four axes, in so many numbers: what most views are.
//!
//! Views of more axes have a [`Layout`] of the library, which knows more and is larger. The invariant is the
//! same: nothing here wraps, as each grid is part of one whose elements were checked to lie in memory.

use bytelens::Layout;
use pyo3::PyResult;

use super::opaque;
use crate::error::raised;

const AXES: usize = 4;

/// Elements on few axes, each evenly spaced.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grid {
    shape: [usize; AXES],
    strides: [isize; AXES],
    ndim: usize,
    /// Byte at which the element with index 0 on every axis starts, from the start of the hold.
    pub(super) offset: usize,
    /// Bytes of an element.
    pub(super) size: usize,
}

/// One element: a grid without axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Single {
    pub(super) offset: usize,
    pub(super) size: usize,
}

impl From<Single> for Grid {
    fn from(one: Single) -> Self {
        Self::new(0, one.offset, one.size, |_| (0, 0))
    }
}

impl Grid {
    /// The most axes that there are.
    pub(crate) const AXES: usize = AXES;

    /// Axes made one by one, from the first on. Written out, so that their numbers stay in registers until all
    /// are there; an array that is written number by number and copied then would be waited for.
    #[inline(always)]
    fn new(
        ndim: usize,
        offset: usize,
        size: usize,
        axis: impl Fn(usize) -> (usize, isize),
    ) -> Self {
        let at = |own| if own < ndim { axis(own) } else { (0, 0) };
        let [a, b, c, d] = [at(0), at(1), at(2), at(3)];
        let (shape, strides) = ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1]);
        Self { shape, strides, ndim: ndim.min(AXES), offset, size }
    }

    /// The same axes in other places: each is the old one that `axis` names.
    #[inline(always)]
    fn rearranged(&self, ndim: usize, axis: impl Fn(usize) -> usize) -> Self {
        Self::new(ndim, self.offset, self.size, |own| {
            let old = axis(own) % AXES;
            (self.shape[old], self.strides[old])
        })
    }

    /// The grid of a layout, if that has few axes.
    #[inline(always)]
    pub(super) fn of(layout: &Layout) -> Option<Self> {
        let (shape, strides) = (layout.shape(), layout.strides());
        let (offset, size) = (layout.offset(), layout.dtype().size());
        let is_small = shape.len() <= AXES;
        is_small.then(|| Self::new(shape.len(), offset, size, |own| (shape[own], strides[own])))
    }

    /// The same as a layout.
    ///
    /// # Errors
    ///
    /// None for a grid that is part of a layout.
    pub(crate) fn layout(&self) -> PyResult<Layout> {
        let dtype = opaque(self.size)?;
        Layout::new(dtype, self.shape(), self.strides(), self.offset).map_err(raised)
    }

    #[inline(always)]
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape[..self.ndim.min(AXES)]
    }

    #[inline(always)]
    pub(crate) fn strides(&self) -> &[isize] {
        &self.strides[..self.ndim.min(AXES)]
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.shape().contains(&0)
    }

    /// The number of elements.
    #[inline(always)]
    fn len(&self) -> usize {
        // Lengths beside a 0 may be anything.
        if self.is_empty() { 0 } else { self.shape().iter().product() }
    }

    /// Bytes of a contiguous copy.
    #[inline(always)]
    pub(crate) fn nbytes(&self) -> usize {
        self.len() * self.size
    }

    /// Where a position of an axis starts; nowhere else where there is no element.
    #[inline(always)]
    fn offset_at(&self, axis: usize, position: usize) -> usize {
        let position = if self.is_empty() { 0 } else { position.cast_signed() };
        self.offset.wrapping_add_signed(position.wrapping_mul(self.strides[axis % AXES]))
    }

    /// The elements that a slice of an axis chooses, as Python's `slice.indices` says it: `count` of them from
    /// `start` on.
    #[inline(always)]
    pub(crate) fn slice(&self, axis: usize, start: isize, count: usize, step: isize) -> Self {
        let start = if count == 0 { 0 } else { start.unsigned_abs() };
        let offset = self.offset_at(axis, start);
        Self::new(self.ndim, offset, self.size, |own| {
            let (len, stride) = (self.shape[own], self.strides[own]);
            if own == axis { (count, stride.saturating_mul(step)) } else { (len, stride) }
        })
    }

    /// The same in place: several axes one after the other.
    #[inline(always)]
    pub(crate) fn narrow(&mut self, axis: usize, start: isize, count: usize, step: isize) {
        let (start, axis) = (if count == 0 { 0 } else { start.unsigned_abs() }, axis % AXES);
        self.offset = self.offset_at(axis, start);
        (self.shape[axis], self.strides[axis]) = (count, self.strides[axis].saturating_mul(step));
    }

    /// Takes a position of an axis, which goes.
    #[inline(always)]
    pub(crate) fn take(&mut self, axis: usize, position: usize) {
        self.offset = self.offset_at(axis, position);
        for own in axis + 1..AXES {
            (self.shape[own - 1], self.strides[own - 1]) = (self.shape[own], self.strides[own]);
        }
        self.ndim = self.ndim.saturating_sub(1);
    }

    /// The axes in reverse order.
    #[inline(always)]
    pub(crate) fn transpose(&self) -> Self {
        self.rearranged(self.ndim, |own| self.ndim - 1 - own)
    }

    /// The axes in another order; nothing if that does not name each of them once.
    #[inline(always)]
    pub(crate) fn permute(&self, order: &[usize]) -> Option<Self> {
        let named = order.iter().fold(0_usize, |named, axis| named | 1 << (axis % AXES));
        let is_order = order.len() == self.ndim && named + 1 == 1 << self.ndim;
        is_order.then(|| self.rearranged(self.ndim, |own| order[own]))
    }

    /// One axis backwards.
    #[inline(always)]
    pub(crate) fn flip(&self, axis: usize) -> Self {
        let len = self.shape[axis % AXES];
        self.slice(axis, len.saturating_sub(1).cast_signed(), len, -1)
    }

    /// The same bytes as elements of another size, on one axis; nothing where they have gaps between them, or do
    /// not fit.
    #[inline(always)]
    pub(crate) fn cast(&self, size: usize) -> Option<Self> {
        let nbytes = self.nbytes();
        let len = nbytes.checked_div(size)?;
        let fits = self.is_contiguous() && len * size == nbytes;
        fits.then(|| Self::new(1, self.offset, size, |_| (len, size.cast_signed())))
    }

    /// The same elements in another shape, in C order; nothing where they have gaps between them, there are too
    /// many axes, or the shape has not as many elements.
    #[inline(always)]
    pub(crate) fn reshape(&self, shape: &[usize]) -> Option<Self> {
        let product = shape.iter().try_fold(1_usize, |all, len| all.checked_mul(*len));
        let fits = shape.len() <= AXES && product == Some(self.len()) && product > Some(0);
        if !fits || !self.is_contiguous() {
            return None;
        }
        let (mut strides, mut stride) = ([0; AXES], self.size);
        for (own, len) in strides.iter_mut().zip(shape).rev() {
            *own = stride.cast_signed();
            stride *= len;
        }
        Some(Self::new(shape.len(), self.offset, self.size, |own| (shape[own], strides[own])))
    }

    /// Whether elements lie in C order without gaps.
    #[inline(always)]
    pub(crate) fn is_contiguous(&self) -> bool {
        self.nests(self.shape().iter().zip(self.strides()).rev())
    }

    /// Whether elements lie in Fortran order without gaps.
    #[inline(always)]
    pub(crate) fn is_f_contiguous(&self) -> bool {
        self.nests(self.shape().iter().zip(self.strides()))
    }

    /// Whether each axis steps over all that is inside it, the innermost one first. As `memoryview` has it: no
    /// element at all on one axis counts by its stride, on several not at all.
    #[inline(always)]
    fn nests<'g>(&self, axes: impl Iterator<Item = (&'g usize, &'g isize)>) -> bool {
        let mut extent = self.size;
        for (len, stride) in axes {
            if *len != 1 && *stride != extent.cast_signed() && (self.ndim == 1 || !self.is_empty())
            {
                return false;
            }
            extent = extent.wrapping_mul(*len);
        }
        true
    }

    /// The lowest byte of an element, and the one behind the highest; the offset where there is no element.
    #[inline(always)]
    pub(super) fn span(&self) -> std::ops::Range<usize> {
        if self.is_empty() {
            return self.offset..self.offset;
        }
        let (mut start, mut end) = (self.offset, self.offset.wrapping_add(self.size));
        for (len, stride) in self.shape().iter().zip(self.strides()) {
            let reach = len.wrapping_sub(1).wrapping_mul(stride.unsigned_abs());
            if *stride < 0 {
                start = start.wrapping_sub(reach);
            } else {
                end = end.wrapping_add(reach);
            }
        }
        start..end
    }

    /// The element of an index that is within the shape.
    #[inline(always)]
    pub(crate) fn single(&self, index: &[usize]) -> Single {
        let moved = index
            .iter()
            .zip(self.strides())
            .map(|(at, stride)| stride.wrapping_mul(at.cast_signed()));
        let offset = moved.fold(self.offset, usize::wrapping_add_signed);
        Single { offset, size: self.size }
    }

    /// The same of any index; nothing where there is no such element.
    #[inline(always)]
    pub(super) fn get(&self, index: &[usize]) -> Option<Single> {
        let is_within =
            index.len() == self.ndim && index.iter().zip(self.shape()).all(|(at, len)| at < len);
        is_within.then(|| self.single(index))
    }
}
