//! Views of `ndarray` arrays, and `ndarray` views of ours, without copying.
//!
//! ```text
//!   ndarray   first element, strides in elements       ours   lowest byte, strides in bytes, offset
//! ```
//!
//! Not every view can go over: `ndarray` refers to elements, so type, byte order and alignment must
//! fit, as for [`View::typed`].

use super::{View, ViewMut};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::layout::Layout;
use ndarray::{ArrayView, ArrayViewD, ArrayViewMut, Axis, Dimension, IxDyn, ShapeBuilder};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// The layout of an array, and how far before its first element the lowest lies, in bytes.
fn layout_of<T: Element>(shape: &[usize], strides: &[isize]) -> Result<(Layout, usize)> {
    if shape.contains(&0) {
        return Ok((Layout::contiguous(T::DTYPE, shape)?, 0));
    }
    let size = size_of::<T>().cast_signed();
    let too_far = || Error::shape("ndarray", "strides within isize", format!("{strides:?}"));
    let (mut bytes, mut before) = (Vec::with_capacity(strides.len()), 0_usize);
    for (len, stride) in shape.iter().zip(strides) {
        // Strides of axes that are never walked may be anything.
        let stride = if *len == 1 { 0 } else { stride.checked_mul(size).ok_or_else(too_far)? };
        if stride < 0 {
            let reach = stride.unsigned_abs().checked_mul(len - 1);
            before = reach.and_then(|reach| before.checked_add(reach)).ok_or_else(too_far)?;
        }
        bytes.push(stride);
    }
    Ok((Layout::new(T::DTYPE, shape, &bytes, before)?, before))
}

impl<'a, T: Element, D: Dimension> TryFrom<ArrayView<'a, T, D>> for View<'a> {
    type Error = Error;

    /// Sees an array of `ndarray` in place.
    ///
    /// ```
    /// use bytelens::View;
    /// use ndarray::array;
    ///
    /// let numbers = array![[1_i32, 2], [3, 4]];
    /// let view = View::try_from(numbers.t())?;
    /// assert_eq!(view.to_vec::<i32>()?, [1, 3, 2, 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More than 64 axes.
    fn try_from(array: ArrayView<'a, T, D>) -> Result<Self> {
        let (layout, before) = layout_of::<T>(array.shape(), array.strides())?;
        // Where there is no element the pointer is not moved, and never read.
        let base = array.as_ptr().cast::<u8>().wrapping_sub(before).cast_mut();
        let base = NonNull::new(base).unwrap_or(NonNull::dangling());
        // The array's elements may be read for 'a, and the layout has those and no other: between them
        // may be the elements of an array that another thread writes.
        Ok(Self { base, layout, has_quiet_gaps: false, life: PhantomData })
    }
}

impl<'a, T: Element, D: Dimension> TryFrom<ArrayViewMut<'a, T, D>> for ViewMut<'a> {
    type Error = Error;

    /// Sees an array of `ndarray` in place, to write it.
    ///
    /// ```
    /// use bytelens::ViewMut;
    /// use ndarray::array;
    ///
    /// let mut numbers = array![[1_i32, 2], [3, 4]];
    /// ViewMut::try_from(numbers.view_mut())?.flip(0)?.set(&[0, 0], 9_i32)?;
    /// assert_eq!(numbers, array![[1, 2], [9, 4]]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More than 64 axes.
    fn try_from(mut array: ArrayViewMut<'a, T, D>) -> Result<Self> {
        let (layout, before) = layout_of::<T>(array.shape(), array.strides())?;
        let base = array.as_mut_ptr().cast::<u8>().wrapping_sub(before);
        let base = NonNull::new(base).unwrap_or(NonNull::dangling());
        // SAFETY: the array's elements are its own for 'a, and the layout has those and no other.
        unsafe { Self::from_parts(base, layout) }
    }
}

impl<'a> View<'a> {
    /// Sees the elements as an array of `ndarray`, in place.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1_i32, 2, 3, 4, 5, 6], &[2, 3])?.flip(1)?;
    /// let array = view.to_ndarray::<i32>()?;
    /// assert_eq!(array[[1, 0]], 6);
    /// let back = View::try_from(array)?;
    /// assert!(back == view);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type or byte order, or elements or strides that are not aligned for `T`.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayViewD<'a, T>> {
        if *self.dtype() != T::DTYPE {
            return Err(Error::dtype("to_ndarray", T::DTYPE.to_string(), self.dtype()));
        }
        if self.is_empty() {
            let empty = ArrayView::from_shape(IxDyn(self.shape()), &[]);
            return empty.map_err(|error| Error::shape("to_ndarray", "an empty shape", error));
        }
        let (mut start, mut strides) = (self.layout.offset(), Vec::new());
        let size = size_of::<T>();
        for (len, stride) in self.shape().iter().zip(self.strides()) {
            let step = if *len == 1 { 0 } else { stride.unsigned_abs() };
            if *stride < 0 {
                start -= (len - 1) * step;
            }
            strides.push(step / size);
            if step % size != 0 {
                let expected = format!("strides of a multiple of {size} bytes");
                return Err(Error::shape("to_ndarray", expected, stride));
            }
        }
        // SAFETY: the lowest element lies within the bytes behind `base`.
        let lowest = unsafe { self.base.add(start) };
        if !lowest.addr().get().is_multiple_of(align_of::<T>()) {
            let expected = format!("elements at multiples of {} bytes", align_of::<T>());
            return Err(Error::shape("to_ndarray", expected, format!("address {lowest:p}")));
        }
        let shape = IxDyn(self.shape()).strides(IxDyn(&strides));
        // SAFETY: all elements that shape and strides reach from the lowest on are the view's, shared
        // for 'a, aligned and of type `T`; counts and spans fit isize by the layout's invariant.
        let mut array = unsafe { ArrayView::from_shape_ptr(shape, lowest.as_ptr().cast()) };
        for (axis, _) in self.strides().iter().enumerate().filter(|(_, stride)| **stride < 0) {
            array.invert_axis(Axis(axis));
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use crate::view::{View, ViewMut};
    use ndarray::{Array3, s};

    #[test]
    fn arrays_go_over_and_come_back_in_every_layout() {
        let mut array = Array3::from_shape_fn((4, 5, 6), |(z, y, x)| {
            u16::try_from(z * 100 + y * 10 + x).expect("small")
        });
        let views = [
            array.view(),
            array.slice(s![..;-1, 1..;2, ..]),
            array.slice(s![.., ..;-2, 2..5;-1]),
            array.view().reversed_axes(),
            array.slice(s![1..1, .., ..]),
            array.slice(s![1..2, 2..3, ..;-1]),
        ];
        for theirs in views {
            let ours = View::try_from(theirs).expect("3 axes");
            assert_eq!(ours.shape(), theirs.shape());
            let values: Vec<u16> = theirs.iter().copied().collect();
            assert_eq!(ours.to_vec::<u16>().expect("u16"), values, "{theirs:?}");
            assert_eq!(ours.to_ndarray::<u16>().expect("aligned"), theirs.into_dyn());
        }
        let row = View::from_slice(&[1_u16, 2], &[2]).expect("2");
        let rows = row.broadcast_to(&[3, 2]).expect("3 rows");
        assert_eq!(rows.to_ndarray::<u16>().expect("aligned").sum(), 9);
        let mut part = ViewMut::try_from(array.slice_mut(s![..;-1, 0, 0])).expect("an axis");
        part.set(&[0], 7_u16).expect("u16");
        assert_eq!(array[[3, 0, 0]], 7);
        let bytes = row.cast(crate::dtype::DType::U8).expect("bytes");
        let odd = bytes.slice(0, 1..3).and_then(|odd| odd.cast(crate::dtype::DType::U16));
        assert!(odd.expect("2 bytes").to_ndarray::<u16>().is_err(), "not aligned");
        assert!(row.to_ndarray::<i16>().is_err(), "another type");
    }
}
