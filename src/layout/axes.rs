//! Shape and strides side by side, inline up to 8 axes and on the heap up to 64.
//!
//! Not checked against any memory: that is [`Layout`](super::Layout)'s invariant.

use super::MAX_NDIM;
use crate::error::{Error, Result};
use std::hash::{Hash, Hasher};

const INLINE: usize = 8;

/// Lengths and strides of at most 64 axes.
///
/// A struct and not an enum of the two places: its words are copied as words, and a copy that
/// is read right after one of them was changed does not stall.
pub(super) struct Axes {
    shape: [usize; INLINE],
    strides: [isize; INLINE],
    /// Axes in the arrays above; 0 where they are on the heap.
    inline: usize,
    heap: Heap,
}

impl Clone for Axes {
    #[inline]
    fn clone(&self) -> Self {
        // Without a branch on the heap where there is none: the words are copied as words.
        let heap = if self.heap.is_none() { None } else { clone_heap(&self.heap) };
        Self { shape: self.shape, strides: self.strides, inline: self.inline, heap }
    }
}

type Heap = Option<Box<(Vec<usize>, Vec<isize>)>>;

/// Refuses another axis beside `ndim` where there is no room for it.
#[inline]
pub(super) fn check_room(ndim: usize) -> Result<()> {
    if ndim >= MAX_NDIM {
        return Err(Error::shape("layout", format!("{MAX_NDIM} axes or fewer"), MAX_NDIM + 1));
    }
    Ok(())
}

/// A pointer is all that comes back, so that lengths and strides elsewhere may stay in registers.
#[cold]
#[inline(never)]
fn on_heap(ndim: usize, axis: &impl Fn(usize) -> (usize, isize)) -> Box<(Vec<usize>, Vec<isize>)> {
    Box::new((0..ndim).map(axis).unzip())
}

#[cold]
#[inline(never)]
fn clone_heap(heap: &Heap) -> Heap {
    heap.clone()
}

impl Default for Axes {
    #[inline]
    fn default() -> Self {
        Self { shape: [0; INLINE], strides: [0; INLINE], inline: 0, heap: None }
    }
}

impl Axes {
    /// Axes in C order without gaps. Strides that do not fit (the layout is empty, or refused by its
    /// maker) stay at the largest that does.
    pub(super) fn contiguous<'n>(
        shape: impl Iterator<Item = &'n usize> + Clone,
        size: usize,
    ) -> Result<Self> {
        let mut axes = Self::default();
        for len in shape {
            axes.push(*len, 0)?;
        }
        axes.fill_contiguous(0, size);
        Ok(axes)
    }

    /// Axes made one by one, from the first on.
    ///
    /// Written out for axes that are inline: lengths and strides go from registers to where they are
    /// wanted. Written one by one into an array that is moved then, they would be waited for.
    #[inline(always)]
    pub(super) fn from_fn(ndim: usize, axis: impl Fn(usize) -> (usize, isize)) -> Self {
        let heap = (ndim > INLINE).then(|| on_heap(ndim, &axis));
        let inline = if ndim > INLINE { 0 } else { ndim };
        let at = |index| if index < inline { axis(index) } else { (0, 0) };
        let [a, b, c, d, e, f, g, h] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
        Self {
            shape: [a.0, b.0, c.0, d.0, e.0, f.0, g.0, h.0],
            strides: [a.1, b.1, c.1, d.1, e.1, f.1, g.1, h.1],
            inline,
            heap,
        }
    }

    /// The same axes, word by word.
    #[inline(always)]
    pub(super) fn copied(&self) -> Self {
        let (shape, strides) = (self.shape(), self.strides());
        Self::from_fn(shape.len(), |axis| (shape[axis], strides[axis]))
    }

    /// Adds axes in C order without gaps behind those that are there.
    pub(super) fn push_contiguous(&mut self, shape: &[usize], size: usize) -> Result<()> {
        let from = self.shape().len();
        for len in shape {
            self.push(*len, 0)?;
        }
        self.fill_contiguous(from, size);
        Ok(())
    }

    /// Gives the axes from `from` on the strides of C order without gaps.
    pub(super) fn fill_contiguous(&mut self, from: usize, size: usize) {
        let (shape, strides) = self.parts_mut();
        let mut stride = size.cast_signed();
        for (len, out) in shape[from..].iter().zip(&mut strides[from..]).rev() {
            *out = stride;
            stride =
                isize::try_from(*len).map_or(isize::MAX, |len| stride.saturating_mul(len.max(1)));
        }
    }

    #[inline]
    pub(super) fn shape(&self) -> &[usize] {
        match &self.heap {
            None => &self.shape[..self.inline.min(INLINE)],
            Some(heap) => &heap.0,
        }
    }

    #[inline]
    pub(super) fn strides(&self) -> &[isize] {
        match &self.heap {
            None => &self.strides[..self.inline.min(INLINE)],
            Some(heap) => &heap.1,
        }
    }

    #[inline]
    pub(super) fn parts_mut(&mut self) -> (&mut [usize], &mut [isize]) {
        let inline = self.inline.min(INLINE);
        match &mut self.heap {
            None => (&mut self.shape[..inline], &mut self.strides[..inline]),
            Some(heap) => (&mut heap.0, &mut heap.1),
        }
    }

    #[inline]
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, isize)> + '_ {
        self.shape().iter().copied().zip(self.strides().iter().copied())
    }

    /// Adds an axis behind all others.
    #[inline]
    pub(super) fn push(&mut self, len: usize, stride: isize) -> Result<()> {
        if self.heap.is_some() || self.inline >= INLINE {
            return self.push_on_heap(len, stride);
        }
        self.shape[self.inline] = len;
        self.strides[self.inline] = stride;
        self.inline += 1;
        Ok(())
    }

    #[cold]
    fn push_on_heap(&mut self, len: usize, stride: isize) -> Result<()> {
        check_room(self.shape().len())?;
        let (mut shape, mut strides) = (self.shape().to_vec(), self.strides().to_vec());
        shape.push(len);
        strides.push(stride);
        *self = Self { heap: Some(Box::new((shape, strides))), ..Self::default() };
        Ok(())
    }

    /// Sorts the axes by the distance they step, the shortest first.
    pub(super) fn sort_by_stride(&mut self) {
        let (shape, strides) = self.parts_mut();
        // Insertion sort: few axes, and two arrays move together.
        for end in 1..shape.len() {
            let mut at = end;
            while at > 0 && strides[at - 1].unsigned_abs() > strides[at].unsigned_abs() {
                shape.swap(at - 1, at);
                strides.swap(at - 1, at);
                at -= 1;
            }
        }
    }
}

impl PartialEq for Axes {
    fn eq(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.strides() == other.strides()
    }
}

impl Eq for Axes {}

impl Hash for Axes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.shape().hash(state);
        self.strides().hash(state);
    }
}
