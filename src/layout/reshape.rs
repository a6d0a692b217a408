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
    #[inline(always)]
    pub fn reshape(&self, shape: &[isize]) -> Result<Self> {
        let mut axes = Axes::default();
        reshape(self, shape, &mut axes)?;
        Ok(Self { dtype: self.dtype.clone(), axes: axes.copied(), offset: self.offset })
    }
}

/// Finds the axes of the new shape.
#[inline]
fn reshape(old: &Layout, shape: &[isize], axes: &mut Axes) -> Result<()> {
    let (mut product, mut is_empty, mut unknown) = (Some(1_usize), false, None);
    for (axis, len) in shape.iter().enumerate() {
        match (*len, unknown) {
            (0.., _) => {
                product = product.and_then(|all| all.checked_mul(len.unsigned_abs().max(1)))
            }
            (-1, None) => unknown = Some(axis),
            (-1, Some(_)) => return refuse("one -1 at most".to_owned(), shape),
            _ => return refuse("lengths of 0 or more, or one -1".to_owned(), shape),
        }
        is_empty |= *len == 0;
        axes.push(len.unsigned_abs(), 0)?;
    }
    // A product that overflows on its way to 0 is 0.
    let (count, product) = (old.len(), if is_empty { Some(0) } else { product });
    match (unknown, product) {
        (None, Some(product)) if product == count => {}
        (None, _) => return refuse(format!("{count} elements"), shape),
        (Some(axis), Some(product)) if count.checked_rem(product) == Some(0) => {
            axes.parts_mut().0[axis] = count / product;
        }
        (Some(_), _) => return refuse(format!("lengths that divide {count} elements"), shape),
    }
    if old.is_contiguous() {
        axes.fill_contiguous(0, old.dtype.size());
    } else if !fit_strides(old, axes) {
        let expected = format!("axes of {:?} that nest; copy first", old.shape());
        let got = format!("strides {:?}", old.strides());
        return Err(Error::shape(format!("reshape to {shape:?}"), expected, got));
    }
    Ok(())
}

#[cold]
fn refuse(expected: String, shape: &[isize]) -> Result<()> {
    Err(Error::shape("reshape", expected, format!("{shape:?}")))
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
