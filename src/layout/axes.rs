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

    /// Adds axes in C order without gaps behind those that are there.
    pub(super) fn push_contiguous(&mut self, shape: &[usize], size: usize) -> Result<()> {
        let from = self.shape().len();
        for len in shape {
            self.push(*len, 0)?;
        }
        self.fill_contiguous(from, size);
        Ok(())
    }

    fn fill_contiguous(&mut self, from: usize, size: usize) {
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
        if self.shape().len() == MAX_NDIM {
            return Err(Error::shape("layout", format!("{MAX_NDIM} axes or fewer"), MAX_NDIM + 1));
        }
        let (mut shape, mut strides) = (self.shape().to_vec(), self.strides().to_vec());
        shape.push(len);
        strides.push(stride);
        *self = Self { heap: Some(Box::new((shape, strides))), ..Self::default() };
        Ok(())
    }

    /// Puts an axis before axis `at`, which may be one past the last.
    #[inline]
    pub(super) fn insert(&mut self, at: usize, len: usize, stride: isize) -> Result<()> {
        self.push(len, stride)?;
        let (shape, strides) = self.parts_mut();
        shape[at..].rotate_right(1);
        strides[at..].rotate_right(1);
        Ok(())
    }

    /// Takes axis `at` away. Axes that fit inline again move there, so that equal axes are equal.
    #[inline]
    pub(super) fn remove(&mut self, at: usize) {
        let Some(heap) = &mut self.heap else {
            self.shape[at..self.inline].rotate_left(1);
            self.strides[at..self.inline].rotate_left(1);
            self.inline -= 1;
            return;
        };
        heap.0.remove(at);
        heap.1.remove(at);
        if heap.0.len() <= INLINE {
            let mut axes = Self::default();
            for (len, stride) in heap.0.iter().zip(&heap.1) {
                axes.push(*len, *stride).expect("8 axes are below the limit of 64");
            }
            *self = axes;
        }
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
