//! Where the elements of a view lie: element type, shape, strides and offset.
//!
//! ```text
//!   shape [2, 3], strides [4, 1], offset 1, u8
//!
//!   byte     0   1   2   3   4   5   6   7
//!          ┌───┬───┬───┬───┬───┬───┬───┬───┐      axis 1: +1 byte  ─►
//!          │   │0,0│0,1│0,2│   │1,0│1,1│1,2│      axis 0: +4 bytes
//!          └───┴───┴───┴───┴───┴───┴───┴───┘      span: 1..8
//! ```
//!
//! Strides are in bytes and may be negative (a flipped axis) or zero (a broadcast one), so slicing,
//! permuting, flipping and broadcasting are arithmetic on these numbers; see [`algebra`] for the
//! operations and [`select`] for index expressions.
//!
//! A layout is *not* a view: it holds no pointer and sees no byte.
//!
//! Invariants: every element lies within bytes `0..=isize::MAX`, as do the element count and
//! [`nbytes`](Layout::nbytes); there are at most 64 axes; the element type is never a sub-array (its
//! axes are axes of the layout). Nothing here panics or wraps, whatever the input, and nothing
//! allocates up to 8 axes.

pub mod algebra;
mod axes;
mod display;
mod reshape;
pub mod select;
mod slice;

pub use select::Index;
pub use slice::Slice;

use crate::dtype::DType;
use crate::error::{Error, Result};
use axes::Axes;
use std::ops::Range;

/// The largest number of axes.
///
/// ```
/// use bytelens::{DType, Layout, layout::MAX_NDIM};
///
/// assert!(Layout::contiguous(DType::U8, &[1; MAX_NDIM]).is_ok());
/// assert!(Layout::contiguous(DType::U8, &[1; MAX_NDIM + 1]).is_err());
/// ```
pub const MAX_NDIM: usize = 64;

/// Element type, shape, byte strides and byte offset: plain data, checked once when made.
///
/// ```
/// use bytelens::{DType, Layout};
///
/// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
/// assert_eq!(image.strides(), [1920, 3, 1]);
/// let red = image.slice(0, 10..20)?.flip(1)?.index(2, 0)?;
/// assert_eq!((red.shape(), red.strides(), red.offset()), (&[10, 640][..], &[1920, -3][..], 21117));
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(PartialEq, Eq, Hash)]
pub struct Layout {
    dtype: DType,
    axes: Axes,
    offset: usize,
}

impl Clone for Layout {
    // Not inlined: a call writes where the copy is wanted, instead of moving it there.
    #[inline(never)]
    fn clone(&self) -> Self {
        Self { dtype: self.dtype.clone(), axes: self.axes.clone(), offset: self.offset }
    }
}

impl Layout {
    /// Lays out elements in C order, without gaps, from byte 0.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let matrix = Layout::contiguous(DType::F32, &[2, 3])?;
    /// assert_eq!((matrix.strides(), matrix.nbytes()), (&[12, 4][..], 24));
    /// assert!(Layout::contiguous(DType::F32, &[usize::MAX, 2]).is_err()); // more than can be
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More than 64 axes, or more than `isize::MAX` bytes.
    pub fn contiguous(dtype: DType, shape: &[usize]) -> Result<Self> {
        let (dtype, inner) = without_sub_array(dtype);
        let axes = Axes::contiguous(shape.iter().chain(&inner), dtype.size())?;
        checked_nbytes(axes.shape(), dtype.size())?;
        Ok(Self { dtype, axes, offset: 0 })
    }

    /// Lays out elements at `offset` bytes, with a stride in bytes for each axis.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// // Rows padded to 64 bytes, the last one first.
    /// let rows = Layout::new(DType::U8, &[10, 60], &[-64, 1], 9 * 64)?;
    /// assert_eq!(rows.span(), 0..9 * 64 + 60);
    /// assert!(Layout::new(DType::U8, &[10, 60], &[-64, 1], 8 * 64).is_err()); // before byte 0
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A number of strides that is not that of the axes, more than 64 axes, an element before byte 0
    /// or beyond `isize::MAX`, or a count of elements or bytes over `isize::MAX`.
    pub fn new(dtype: DType, shape: &[usize], strides: &[isize], offset: usize) -> Result<Self> {
        if shape.len() != strides.len() {
            let expected = format!("a stride for each of {} axes", shape.len());
            return Err(Error::shape("layout strides", expected, strides.len()));
        }
        let (dtype, inner) = without_sub_array(dtype);
        let mut axes = Axes::default();
        for (len, stride) in shape.iter().zip(strides) {
            axes.push(*len, *stride)?;
        }
        axes.push_contiguous(&inner, dtype.size())?;
        checked_nbytes(axes.shape(), dtype.size())?;
        checked_span(&axes, offset, dtype.size())?;
        Ok(Self { dtype, axes, offset })
    }

    /// The element type; never a sub-array.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(*image.dtype(), DType::U8);
    /// let pairs = Layout::contiguous(DType::array(&DType::F32, &[2])?, &[9])?;
    /// assert_eq!((pairs.dtype(), pairs.shape()), (&DType::F32, &[9, 2][..]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The number of elements along each axis.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.shape(), [480, 640, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.axes.shape()
    }

    /// Bytes from one element to the next along each axis.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.strides(), [1920, 3, 1]);
    /// assert_eq!(image.flip(0)?.strides(), [-1920, 3, 1]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn strides(&self) -> &[isize] {
        self.axes.strides()
    }

    /// Byte at which the element with index 0 on every axis starts.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.index(0, 2)?.offset(), 2 * 1920);
    /// assert_eq!(image.flip(0)?.offset(), 479 * 1920); // where the last row starts
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of axes; 0 for a single element.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!((image.ndim(), image.index(2, 0)?.ndim()), (3, 2));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.len(), 480 * 640 * 3);
    /// assert_eq!(Layout::contiguous(DType::U8, &[])?.len(), 1);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        if self.is_empty() { 0 } else { self.shape().iter().product() }
    }

    /// Tells whether there is no element.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert!(!image.is_empty() && image.slice(0, 5..5)?.is_empty());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape().contains(&0)
    }

    /// Size in bytes of a contiguous copy; not the span.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let halves = Layout::contiguous(DType::F16, &[100])?;
    /// let every_second = halves.slice(0, bytelens::Slice::from(..).by(2))?;
    /// assert_eq!((every_second.nbytes(), every_second.span().len()), (100, 198));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn nbytes(&self) -> usize {
        self.len() * self.dtype.size()
    }

    /// The bytes from the first to the last that belongs to an element, gaps included; empty where
    /// there is no element.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let window = image.slice(0, 10..12)?.slice(1, ..4)?;
    /// assert_eq!(window.span(), 10 * 1920..11 * 1920 + 12);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn span(&self) -> Range<usize> {
        if self.is_empty() {
            return self.offset..self.offset;
        }
        let (mut start, mut end) = (self.offset, self.offset + self.dtype.size());
        for (len, stride) in self.axes.iter() {
            let reach = (len - 1) * stride.unsigned_abs();
            if stride < 0 { start -= reach } else { end += reach }
        }
        start..end
    }

    /// Tells whether the elements lie in C order without gaps.
    ///
    /// Strides of axes of length 1 do not count, and an empty layout is always contiguous.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert!(image.is_contiguous() && image.slice(0, 3..9)?.is_contiguous());
    /// assert!(!image.slice(1, 3..9)?.is_contiguous());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn is_contiguous(&self) -> bool {
        self.is_empty() || nests(self.axes.iter().rev(), self.dtype.size())
    }

    /// Tells whether the elements lie in Fortran order (the first axis the fastest) without gaps.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert!(image.transpose().is_f_contiguous() && !image.is_f_contiguous());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn is_f_contiguous(&self) -> bool {
        self.is_empty() || nests(self.axes.iter(), self.dtype.size())
    }

    /// Tells whether the elements along the last axis lie side by side.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let crop = image.slice(1, 3..9)?;
    /// assert!(crop.has_packed_rows() && !crop.is_contiguous());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn has_packed_rows(&self) -> bool {
        let last = self.axes.iter().next_back();
        self.is_empty() || last.is_none_or(|axis| nests([axis].into_iter(), self.dtype.size()))
    }

    /// Tells whether no two elements share a byte, so that each may be written on its own.
    ///
    /// ```text
    ///   sorted by stride, each axis must step over all that lies inside it:
    ///   stride 12 ≥ 10 = 3 × 3 + 1    [12, 3]  injective
    ///   stride  2 < 10                [ 2, 3]  refused
    /// ```
    ///
    /// Everything that view operations other than broadcast and windows make of a contiguous layout
    /// passes. Layouts whose axes interleave without meeting are refused: deciding those is as hard
    /// as the knapsack problem.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert!(image.flip(1)?.is_injective());
    /// assert!(!image.windows(1, 3, 1)?.is_injective()); // neighbours share pixels
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn is_injective(&self) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut sorted = self.axes.clone();
        sorted.sort_by_stride();
        let mut extent = self.dtype.size();
        for (len, stride) in sorted.iter().filter(|(len, _)| *len > 1) {
            if stride.unsigned_abs() < extent {
                return false;
            }
            // Cannot wrap: it is at most the size of the span.
            extent += (len - 1) * stride.unsigned_abs();
        }
        true
    }

    /// Byte at which the element of that index starts, or nothing where there is no such element.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.offset_of(&[1, 2, 0]), Some(1920 + 6));
    /// assert_eq!(image.offset_of(&[480, 0, 0]), None);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn offset_of(&self, index: &[usize]) -> Option<usize> {
        if index.len() != self.ndim() {
            return None;
        }
        let mut offset = self.offset;
        for (at, (len, stride)) in index.iter().zip(self.axes.iter()) {
            if *at >= len {
                return None;
            }
            // Cannot wrap: each sum on the way is where some element starts.
            offset = offset.wrapping_add_signed(stride.wrapping_mul(at.cast_signed()));
        }
        Some(offset)
    }

    /// The same elements, `by` bytes further on.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let behind_a_header = image.shifted(54)?;
    /// assert_eq!((behind_a_header.offset(), behind_a_header.shape()), (54, image.shape()));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An element beyond `isize::MAX`.
    pub fn shifted(&self, by: usize) -> Result<Self> {
        let offset = self.offset.checked_add(by).ok_or_else(|| beyond(self.offset))?;
        checked_span(&self.axes, offset, self.dtype.size())?;
        Ok(Self { offset, ..self.clone() })
    }
}

/// The element type and the axes that its sub-array adds.
fn without_sub_array(dtype: DType) -> (DType, Vec<usize>) {
    match dtype.sub_array() {
        None => (dtype, Vec::new()),
        Some((element, shape)) => (element.clone(), shape.to_vec()),
    }
}

/// Tells whether axes, from the fastest on, step over exactly what lies inside them.
fn nests(axes: impl Iterator<Item = (usize, isize)>, size: usize) -> bool {
    let mut expected = size;
    for (len, stride) in axes.filter(|(len, _)| *len != 1) {
        if stride != expected.cast_signed() {
            return false;
        }
        expected *= len;
    }
    true
}

fn checked_nbytes(shape: &[usize], size: usize) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let fits = |n: &usize| isize::try_from(*n).is_ok();
    let count = shape.iter().try_fold(1, |count: usize, n| count.checked_mul(*n)).filter(fits);
    let nbytes = count.and_then(|count| count.checked_mul(size)).filter(fits);
    nbytes.ok_or_else(|| {
        let got = format!("{shape:?} of {size} bytes");
        Error::shape("layout shape", format!("{} bytes or fewer", isize::MAX), got)
    })
}

fn checked_span(axes: &Axes, offset: usize, size: usize) -> Result<()> {
    let limit = |n: &usize| isize::try_from(*n).is_ok();
    if axes.shape().contains(&0) {
        return if limit(&offset) { Ok(()) } else { Err(beyond(offset)) };
    }
    let mut start = offset;
    let mut end = offset.checked_add(size).filter(limit).ok_or_else(|| beyond(offset))?;
    for (len, stride) in axes.iter() {
        let reach = (len - 1).checked_mul(stride.unsigned_abs()).ok_or_else(|| beyond(offset))?;
        if stride < 0 {
            start = start.checked_sub(reach).ok_or_else(|| {
                let got = format!("offset {offset} with strides {:?}", axes.strides());
                Error::shape("layout", "every element at byte 0 or after it", got)
            })?;
        } else {
            end = end.checked_add(reach).filter(limit).ok_or_else(|| beyond(offset))?;
        }
    }
    Ok(())
}

fn beyond(offset: usize) -> Error {
    let expected = format!("every element before byte {}", isize::MAX);
    Error::shape("layout", expected, format!("elements beyond it, from offset {offset}"))
}
