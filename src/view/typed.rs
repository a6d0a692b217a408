//! References to elements, where they can be had.
//!
//! Not for unaligned or byte-swapped elements: [`View::get`] reads those by value.

use super::{NonNull, PhantomData, View};
use crate::dtype::Element;
use crate::error::{Error, Result};
use std::ops::Index;

/// A view of `N` axes whose elements are aligned values of type `T` in native byte order.
///
/// ```
/// use bytelens::View;
///
/// let pixels = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let view = View::from_slice(&pixels, &[2, 3])?.transpose();
/// let typed = view.typed::<f32, 2>()?;
/// assert_eq!(typed[[2, 1]], 6.0);
/// assert_eq!(typed.iter().sum::<f32>(), 21.0);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Typed<'a, T, const N: usize> {
    /// The element with index 0 on every axis; dangling where there is no element.
    first: NonNull<T>,
    pub(super) shape: [usize; N],
    /// In bytes, multiples of the alignment of `T` on axes of two elements or more.
    pub(super) strides: [isize; N],
    life: PhantomData<&'a [T]>,
}

// SAFETY: gives what `&'a [T]` gives, shared access to plain numbers, and that is `Send`.
unsafe impl<T: Element, const N: usize> Send for Typed<'_, T, N> {}

// SAFETY: as for `Send`: all access is by reading.
unsafe impl<T: Element, const N: usize> Sync for Typed<'_, T, N> {}

impl<'a> View<'a> {
    /// References to the elements as values of type `T` on `N` axes.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0];
    /// let view = View::from_slice(&numbers, &[2, 2])?;
    /// let columns = view.transpose().typed::<f32, 2>()?;
    /// assert_eq!(columns[[1, 0]], 2.0);
    /// assert!(view.typed::<f64, 2>().is_err() && view.typed::<f32, 1>().is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, byte order or number of axes, or elements that are not aligned for `T`:
    /// each names what there is. [`get`](View::get) reads any of these by value.
    pub fn typed<T: Element, const N: usize>(&self) -> Result<Typed<'a, T, N>> {
        if *self.dtype() != T::DTYPE {
            return Err(Error::dtype("typed", T::DTYPE.to_string(), self.dtype()));
        }
        let (Ok(shape), Ok(strides)) = (self.shape().try_into(), self.strides().try_into()) else {
            return Err(Error::shape("typed", format!("{N} axes"), self.ndim()));
        };
        if self.is_empty() {
            return Ok(Typed { first: NonNull::dangling(), shape, strides, life: PhantomData });
        }
        // SAFETY: the first element lies within the bytes behind `base`.
        let first = unsafe { self.base.add(self.layout.offset()) };
        let is_aligned = |n: usize| n.is_multiple_of(align_of::<T>());
        let mut axes = self.shape().iter().zip(self.strides());
        if !is_aligned(first.addr().get())
            || !axes.all(|(len, stride)| *len == 1 || is_aligned(stride.unsigned_abs()))
        {
            let expected = format!("elements at multiples of {} bytes", align_of::<T>());
            let got = format!("address {first:p}, strides {:?}; use get", self.strides());
            return Err(Error::shape("typed", expected, got));
        }
        Ok(Typed { first: first.cast(), shape, strides, life: PhantomData })
    }
}

impl<'a, T: Element, const N: usize> Typed<'a, T, N> {
    /// The number of elements along each axis.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0];
    /// let view = View::from_slice(&numbers, &[2, 2])?;
    /// assert_eq!(view.typed::<f32, 2>()?.shape(), [2, 2]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn shape(&self) -> [usize; N] {
        self.shape
    }

    /// The element of that index, or nothing where there is none.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0];
    /// let view = View::from_slice(&numbers, &[2, 2])?;
    /// let typed = view.typed::<f32, 2>()?;
    /// assert_eq!((typed.get([1, 1]), typed.get([2, 0])), (Some(&4.0), None));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, index: [usize; N]) -> Option<&'a T> {
        let mut offset = 0;
        for (at, (len, stride)) in index.iter().zip(self.shape.iter().zip(&self.strides)) {
            if at >= len {
                return None;
            }
            offset += at.cast_signed() * stride;
        }
        // SAFETY: the index is within the shape, so the element lies within the view's span, readable
        // for 'a; it is aligned, as the first element and the strides are. It is one element of a
        // shared view, which nobody writes.
        Some(unsafe { self.first.byte_offset(offset).as_ref() })
    }

    /// The elements as a slice, where they lie in C order without gaps.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0];
    /// let view = View::from_slice(&numbers, &[2, 2])?;
    /// assert_eq!(view.typed::<f32, 2>()?.as_slice(), Some(&numbers[..]));
    /// assert_eq!(view.transpose().typed::<f32, 2>()?.as_slice(), None);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn as_slice(&self) -> Option<&'a [T]> {
        if self.shape.contains(&0) {
            return Some(&[]);
        }
        // Cannot wrap: nothing is empty, so the product is at most the bytes of the view.
        let mut stride = size_of::<T>();
        for axis in (0..N).rev() {
            if self.shape[axis] != 1 && self.strides[axis] != stride.cast_signed() {
                return None;
            }
            stride *= self.shape[axis];
        }
        // SAFETY: without gaps the elements are one run of aligned values from the first on, all of
        // them shared for 'a.
        Some(unsafe { std::slice::from_raw_parts(self.first.as_ptr(), stride / size_of::<T>()) })
    }

    /// The elements in C order.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0];
    /// let view = View::from_slice(&numbers, &[2, 2])?;
    /// let columns: Vec<f32> = view.transpose().typed::<f32, 2>()?.iter().copied().collect();
    /// assert_eq!(columns, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &'a T> + use<'a, T, N> {
        let this = *self;
        let mut next = if this.shape.contains(&0) { None } else { Some([0; N]) };
        std::iter::from_fn(move || {
            let index = next?;
            let mut after = index;
            next = None;
            for axis in (0..N).rev() {
                after[axis] += 1;
                if after[axis] < this.shape[axis] {
                    next = Some(after);
                    break;
                }
                after[axis] = 0;
            }
            this.get(index)
        })
    }
}

impl<T: Element, const N: usize> Index<[usize; N]> for Typed<'_, T, N> {
    type Output = T;

    /// # Panics
    ///
    /// If the index is outside the shape, as a slice does; [`get`](Typed::get) does not.
    #[inline]
    fn index(&self, index: [usize; N]) -> &T {
        match self.get(index) {
            Some(element) => element,
            None => panic!("index {index:?} is outside the shape {:?}", self.shape),
        }
    }
}
