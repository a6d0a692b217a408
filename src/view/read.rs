//! Reading: single elements by value, and copies out.

use super::{Buffer, View, ViewMut, copy};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::layout::Layout;

impl View<'_> {
    /// Reads one element by value, unaligned and in any byte order.
    ///
    /// ```
    /// use bytelens::{DType, View};
    ///
    /// let bytes = [0_u8, 0, 0, 0x80, 0x3f]; // a float, one byte further on
    /// let float = View::from_slice(&bytes, &[5])?.slice(0, 1..)?.cast(DType::from_format("<f")?)?;
    /// assert_eq!(float.get::<f32>(&[0])?, 1.0);
    /// assert!(float.get::<u32>(&[0]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or an index outside the view.
    #[inline]
    pub fn get<T: Element>(&self, index: &[usize]) -> Result<T> {
        let offset = self.offset_for::<T>("get", index)?;
        // SAFETY: `offset` is where an element of the layout starts and the type has the element's
        // size, so the read stays within the span; every bit pattern is a value of an `Element`.
        let value = unsafe { self.base.as_ptr().add(offset).cast::<T>().read_unaligned() };
        Ok(if self.dtype().is_native() { value } else { value.byte_swapped() })
    }

    /// Copies to a writable view of the same shape and element type, whatever the strides.
    ///
    /// ```
    /// use bytelens::{Buffer, DType, View};
    ///
    /// let planes = View::from_slice(&[1_u8, 2, 3, 4, 5, 6], &[3, 2])?;
    /// let mut pixels = Buffer::zeroed(DType::U8, &[2, 3])?;
    /// planes.transpose().copy_to(&mut pixels.view_mut()?)?;
    /// assert_eq!(pixels.view().to_bytes()?, [1, 3, 5, 2, 4, 6]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another shape or element type.
    pub fn copy_to(&self, target: &mut ViewMut<'_>) -> Result<()> {
        self.copy_as_part_of(self.nbytes(), target)
    }

    /// Copies as [`copy_to`](Self::copy_to) what is a part of a copy of `total` bytes.
    pub(super) fn copy_as_part_of(&self, total: usize, target: &mut ViewMut<'_>) -> Result<()> {
        if self.shape() != target.shape() {
            let expected = format!("shape {:?}", target.shape());
            return Err(Error::shape("copy", expected, format!("{:?}", self.shape())));
        }
        if self.dtype() != target.dtype() {
            return Err(Error::dtype("copy", target.dtype().to_string(), self.dtype()));
        }
        let base = target.base();
        // SAFETY: both sides are valid over their elements (invariants of the types) and do not
        // meet: the target is borrowed exclusively. Shapes and element sizes are equal.
        unsafe {
            let quiet = self.has_quiet_gaps;
            copy::copy_part(self.base, &self.layout, quiet, base, target.layout(), total);
        }
        Ok(())
    }

    /// Copies the elements to a vector, in C order and native byte order.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1.0_f32, 2.0, 3.0], &[3])?;
    /// assert_eq!(view.flip(0)?.to_vec::<f32>()?, [3.0, 2.0, 1.0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or more elements than there is memory for.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_element::<T>("to_vec")?;
        let mut elements = zeroed::<T>(self.len(), self)?;
        self.write_to(bytemuck::cast_slice_mut(&mut elements))?;
        if !self.dtype().is_native() {
            elements.iter_mut().for_each(|element| *element = element.byte_swapped());
        }
        Ok(elements)
    }

    /// Copies the bytes of the elements, in C order.
    ///
    /// ```
    /// use bytelens::{DType, View};
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(view.transpose().to_bytes()?, [1, 3, 2, 4]);
    /// let endless = view.index(0, 0)?.index(0, 0)?.broadcast_to(&[1 << 60])?;
    /// assert!(endless.to_bytes().is_err()); // more than there is memory for
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More bytes than there is memory for, which a broadcast view may have.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = zeroed::<u8>(self.nbytes(), self)?;
        match self.as_bytes() {
            Some(together) => bytes.copy_from_slice(together),
            None => self.write_to(&mut bytes)?,
        }
        Ok(bytes)
    }

    /// Copies the bytes of the elements in Fortran order, the first axis the fastest.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 4, 5, 6], &[2, 3])?;
    /// assert_eq!(view.to_bytes_f()?, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More bytes than there is memory for.
    pub fn to_bytes_f(&self) -> Result<Vec<u8>> {
        self.transpose().to_bytes()
    }

    /// Writes the bytes of the elements, in C order, as hexadecimal digits.
    ///
    /// `group` puts the separator between that many bytes, counted from the end, or from the start
    /// if it is negative, as `memoryview.hex` does; 0 puts none.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[0xb9_u8, 0x01, 0xef], &[3])?;
    /// assert_eq!((view.hex(":", 1)?, view.hex("_", 2)?), ("b9:01:ef".into(), "b9_01ef".into()));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More bytes than there is memory for.
    pub fn hex(&self, separator: &str, group: isize) -> Result<String> {
        let bytes = self.to_bytes()?;
        let mut out = String::new();
        let len = bytes.len().saturating_mul(2);
        out.try_reserve(len).map_err(|_| no_memory(self, len))?;
        for (at, byte) in bytes.iter().enumerate() {
            let before = if group < 0 { at } else { bytes.len() - at };
            if at > 0 && before.checked_rem(group.unsigned_abs()) == Some(0) {
                out.push_str(separator);
            }
            let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16));
            out.extend(digits.into_iter().flatten());
        }
        Ok(out)
    }

    /// Copies the elements to a buffer of their own, in C order.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let turned = View::from_slice(&[1_u8, 2, 3, 4], &[2, 2])?.transpose();
    /// assert!(turned.reshape(&[4]).is_err()); // a copy first
    /// assert_eq!(turned.to_contiguous()?.view().reshape(&[4])?.to_bytes()?, [1, 3, 2, 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More bytes than there is memory for, which a broadcast view may have.
    pub fn to_contiguous(&self) -> Result<Buffer> {
        let mut buffer = Buffer::zeroed(self.dtype().clone(), self.shape())?;
        self.copy_to(&mut buffer.view_mut()?)?;
        Ok(buffer)
    }

    /// Writes the elements to `bytes`, which is of the view's `nbytes`.
    pub(super) fn write_to(&self, bytes: &mut [u8]) -> Result<()> {
        let layout = Layout::contiguous(self.dtype().clone(), self.shape())?;
        self.copy_to(&mut ViewMut::new(bytes, layout)?)
    }

    pub(super) fn offset_for<T: Element>(&self, op: &str, index: &[usize]) -> Result<usize> {
        self.check_element::<T>(op)?;
        self.layout.offset_of(index).ok_or_else(|| {
            let expected = format!("an index within {:?}", self.shape());
            Error::shape(op, expected, format!("{index:?}"))
        })
    }

    /// Checks that elements are of type `T`, in any byte order.
    #[inline]
    pub(super) fn check_element<T: Element>(&self, op: &str) -> Result<()> {
        if T::DTYPE.same_number(self.dtype()) {
            return Ok(());
        }
        Err(Error::dtype(op, self.dtype().to_string(), T::DTYPE))
    }
}

/// Makes `len` zeros to copy the view's elements to.
pub(super) fn zeroed<T: Element>(len: usize, view: &View<'_>) -> Result<Vec<T>> {
    let bytes = len.saturating_mul(size_of::<T>());
    bytemuck::try_zeroed_vec(len).map_err(|()| no_memory(view, bytes))
}

/// There is less memory than `bytes`, which something made of the view needs.
#[cold]
pub(super) fn no_memory(view: &View<'_>, bytes: usize) -> Error {
    no_memory_for(format!("a copy of {}", view.layout()), bytes)
}

/// There is less memory than `bytes`, which `what` needs.
#[cold]
pub(super) fn no_memory_for(what: String, bytes: usize) -> Error {
    Error::Limit {
        what,
        got: format!("{bytes} bytes"),
        limit: "the free memory".to_owned(),
        hint: "make it smaller, or work in parts".to_owned(),
    }
}
