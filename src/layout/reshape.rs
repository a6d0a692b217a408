//! Another shape for the same elements in the same order, where strides allow it.
//!
//! ```text
//!   [4, 6] strides [6, 1]   ─ [2, 2, 6] ─►  strides [12, 6, 1]    axis 0 splits
//!   [4, 6] strides [6, 1]   ─ [24] ──────►  strides [1]           6 × 1 = 6: the axes nest
//!   [4, 6] strides [8, 1]   ─ [24] ──────►  a copy is needed      6 × 1 ≠ 8: a gap after each row
//! ```

use super::{Axes, Layout};
use crate::error::{Error, Result};

impl Layout {
    /// Gives the same elements, in C order, another shape; one length may be -1 and is worked out.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.reshape(&[-1, 3])?.shape(), [307_200, 3]);
    /// let crop = image.slice(1, ..100)?;
    /// assert_eq!(crop.reshape(&[480, 10, 10, 3])?.strides(), [1920, 30, 3, 1]);
    /// assert!(crop.reshape(&[-1]).is_err()); // the rows have gaps between them
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A shape with another number of elements, a negative length other than one -1, or strides that
    /// no single stride per new axis can follow: then a copy is needed.
    pub fn reshape(&self, shape: &[isize]) -> Result<Self> {
        let missing = missing_len(self.len(), shape)?;
        let mut axes = Axes::default();
        for len in shape {
            axes.push(if *len == -1 { missing } else { len.unsigned_abs() }, 0)?;
        }
        if self.is_empty() {
            axes = Axes::contiguous(axes.shape().iter(), self.dtype.size())?;
        } else if !fit_strides(self, &mut axes) {
            let expected = format!("axes of {:?} that nest; copy first", self.shape());
            let got = format!("strides {:?}", self.strides());
            return Err(Error::shape(format!("reshape to {shape:?}"), expected, got));
        }
        Ok(Self { dtype: self.dtype.clone(), axes, offset: self.offset })
    }
}

/// The length that -1 stands for, where `shape` has one and is a shape for `count` elements.
fn missing_len(count: usize, shape: &[isize]) -> Result<usize> {
    let refuse = |expected| Err(Error::shape("reshape", expected, format!("{shape:?}")));
    if shape.iter().any(|len| *len < -1) {
        return refuse("lengths of 0 or more, or one -1".to_owned());
    }
    let missing = shape.iter().filter(|len| **len == -1).count();
    let known = || shape.iter().filter(|len| **len != -1).map(|len| len.unsigned_abs());
    // A product that overflows on its way to 0 is 0.
    let product =
        if shape.contains(&0) { Some(0) } else { known().try_fold(1, usize::checked_mul) };
    match (missing, product) {
        (0, Some(product)) if product == count => Ok(count),
        (0, _) => refuse(format!("{count} elements")),
        (1, Some(product)) if count.checked_rem(product) == Some(0) => Ok(count / product),
        (1, _) => refuse(format!("lengths that divide {count} elements")),
        _ => refuse("one -1 at most".to_owned()),
    }
}

/// Finds strides for the new `axes` by cutting up the old ones, once those that nest are one.
///
/// False where a new axis would have to step unevenly.
fn fit_strides(old: &Layout, axes: &mut Axes) -> bool {
    let mut from = old.axes.iter().rev().filter(|(len, _)| *len != 1).peekable();
    let (shape, strides) = axes.parts_mut();
    // What is left of the run of evenly spaced elements that is being cut up, and its spacing.
    let (mut left, mut stride) = (1, old.dtype.size().cast_signed());
    for (len, out) in shape.iter().zip(strides).rev() {
        if left == 1 && *len > 1 {
            let Some(axis) = from.next() else {
                return false;
            };
            (left, stride) = axis;
            // The elements of a layout are counted in isize, and so are those of one run.
            let nests = |(_, step): &(usize, isize), left: usize| {
                stride.checked_mul(left.cast_signed()) == Some(*step)
            };
            while let Some((len, _)) = from.next_if(|axis| nests(axis, left)) {
                left *= len;
            }
        }
        if left % len != 0 {
            return false;
        }
        *out = stride;
        left /= len;
        // Saturates only beyond the last element.
        stride = stride.saturating_mul(len.cast_signed());
    }
    true
}
