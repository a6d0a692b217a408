//! Memory that others may change at any time: copied in and out, never referred to.
//!
//! A file mapped by several processes, memory shared with another language, a device's registers: no
//! `&[u8]` may be formed over such bytes, as they are not still while it lives. [`Foreign`] gives
//! none. What is copied out is a [`Buffer`] of one's own, which may hold a mixture of before and after
//! a change, but never changes again.
//!
//! *Not* a lock and not a fence: whether a copy is whole is between the caller and the others.

use super::{Buffer, ViewMut, check_within};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use std::any::Any;
use std::fmt::{Debug, Formatter};
use std::ptr::NonNull;

/// Memory that others may change while it is here.
///
/// ```
/// use bytelens::{DType, Foreign, Layout};
///
/// let shared = Foreign::from_bytes(vec![1, 2, 3, 4]);
/// let layout = Layout::contiguous(DType::U8, &[2, 2])?.flip(0)?;
/// assert_eq!(shared.copy_out(&layout)?.view().to_bytes()?, [3, 4, 1, 2]);
/// # Ok::<(), bytelens::Error>(())
/// ```
pub struct Foreign {
    start: NonNull<u8>,
    len: usize,
    is_writable: bool,
    /// What keeps the memory where it is.
    _owner: Box<dyn Any + Send + Sync>,
}

// SAFETY: the memory is valid for as long as the value lives, from whatever thread (promise of `new`),
// and is accessed by volatile reads and writes of bytes alone.
unsafe impl Send for Foreign {}

// SAFETY: as for `Send`: writes need `&mut`, and what others do meanwhile is expected.
unsafe impl Sync for Foreign {}

impl Foreign {
    /// Takes memory that others may change; `owner` keeps it alive.
    ///
    /// ```
    /// use bytelens::{DType, Foreign, Layout};
    /// use std::ptr::NonNull;
    ///
    /// let memory = Box::leak(Box::new([7_u8; 4]));
    /// // SAFETY: the bytes live as long as the program, and nobody refers to them any more.
    /// let shared = unsafe { Foreign::new(NonNull::from(memory).cast(), 4, true, ()) };
    /// let copied = shared.copy_out(&Layout::contiguous(DType::U8, &[2, 2])?)?;
    /// assert_eq!(copied.view().to_bytes()?, [7; 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Safety
    ///
    /// From `start` on, `len` bytes must be readable from any thread, and writable if `is_writable`
    /// says so, until `owner` is dropped. Nobody in this process may hold a reference to them.
    pub unsafe fn new(
        start: NonNull<u8>,
        len: usize,
        is_writable: bool,
        owner: impl Any + Send + Sync,
    ) -> Self {
        Self { start, len, is_writable, _owner: Box::new(owner) }
    }

    /// Takes bytes as if they were others'.
    ///
    /// ```
    /// use bytelens::Foreign;
    ///
    /// assert_eq!(Foreign::from_bytes(vec![1, 2, 3]).len(), 3);
    /// ```
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        let owner = Leaked(NonNull::from(Box::leak(bytes.into_boxed_slice())));
        // SAFETY: the bytes live until `Leaked` is dropped, and nobody else knows them.
        unsafe { Self::new(owner.0.cast(), len, true, owner) }
    }

    /// Maps a file for reading, whatever other processes do to it meanwhile.
    ///
    /// ```
    /// use bytelens::{DType, Foreign, Layout};
    ///
    /// let path = std::env::temp_dir().join("bytelens-foreign-map");
    /// std::fs::write(&path, b"abc")?;
    /// let copied = Foreign::map(&path)?.copy_out(&Layout::contiguous(DType::U8, &[3])?)?;
    /// assert_eq!(copied.view().to_bytes()?, b"abc");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A file that cannot be opened or mapped.
    #[cfg(feature = "mmap")]
    pub fn map(path: &std::path::Path) -> Result<Self> {
        let mapped = super::mmap::map(path)?;
        let start = NonNull::new(mapped.as_mut_ptr()).unwrap_or(NonNull::dangling());
        // SAFETY: the mapping is readable until it is dropped, and no reference to it is kept.
        Ok(unsafe { Self::new(start, mapped.len(), false, mapped) })
    }

    /// The number of bytes.
    ///
    /// ```
    /// use bytelens::Foreign;
    ///
    /// assert_eq!(Foreign::from_bytes(vec![0; 5]).len(), 5);
    /// ```
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there is no byte.
    ///
    /// ```
    /// use bytelens::Foreign;
    ///
    /// assert!(Foreign::from_bytes(Vec::new()).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies the bytes that a layout spans, seen through it.
    ///
    /// ```
    /// use bytelens::{DType, Foreign, Layout};
    ///
    /// let shared = Foreign::from_bytes(vec![1, 2, 3, 4]);
    /// let columns = Layout::contiguous(DType::U8, &[2, 2])?.transpose();
    /// assert_eq!(shared.copy_out(&columns)?.view().to_bytes()?, [1, 3, 2, 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory, or more than there is memory for.
    pub fn copy_out(&self, layout: &Layout) -> Result<Buffer> {
        check_within(layout, self.len)?;
        let span = layout.span();
        let mut copied = Buffer::zeroed(DType::U8, &[span.len()])?;
        let mut view = copied.view_mut()?;
        for (at, byte) in (span.start..).zip(view.as_bytes_mut().unwrap_or_default()) {
            // SAFETY: the span is within the memory; volatile, as others may write it meanwhile.
            *byte = unsafe { self.start.as_ptr().add(at).read_volatile() };
        }
        let strides = layout.strides();
        let moved = layout.offset() - span.start;
        copied.with_layout(Layout::new(layout.dtype().clone(), layout.shape(), strides, moved)?)
    }

    /// Copies bytes into the memory, from byte `at` on.
    ///
    /// ```
    /// use bytelens::{DType, Foreign, Layout};
    ///
    /// let mut shared = Foreign::from_bytes(vec![0; 4]);
    /// shared.copy_in(1, &[8, 9])?;
    /// let all = shared.copy_out(&Layout::contiguous(DType::U8, &[4])?)?;
    /// assert_eq!(all.view().to_bytes()?, [0, 8, 9, 0]);
    /// assert!(shared.copy_in(3, &[8, 9]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that reach beyond the memory, or memory that is read-only.
    pub fn copy_in(&mut self, at: usize, bytes: &[u8]) -> Result<()> {
        let end = at.checked_add(bytes.len()).filter(|end| *end <= self.len);
        if end.is_none() {
            let expected = format!("an end within {} bytes", self.len);
            return Err(Error::shape("copy in", expected, format!("{} at {at}", bytes.len())));
        }
        if !self.is_writable {
            return Err(Error::Unsupported {
                what: "writing to foreign memory that is read-only".to_owned(),
                instead: "copy it out and write the copy".to_owned(),
            });
        }
        for (at, byte) in (at..).zip(bytes) {
            // SAFETY: up to `end` the bytes are within the memory, which is writable.
            unsafe { self.start.as_ptr().add(at).write_volatile(*byte) };
        }
        Ok(())
    }
}

impl Debug for Foreign {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Foreign").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Bytes that are freed when this is dropped, and are no `Box` meanwhile: that would claim them alone.
struct Leaked(NonNull<[u8]>);

// SAFETY: owns its bytes as a `Box<[u8]>` does.
unsafe impl Send for Leaked {}

// SAFETY: gives no access.
unsafe impl Sync for Leaked {}

impl Drop for Leaked {
    fn drop(&mut self) {
        // SAFETY: it came from `Box::leak` and is freed once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Elements that may overlap and be written all the same: one thread's alone, value by value.
///
/// A [`ViewMut`] refuses layouts whose elements share bytes, since what a write to one does to another
/// cannot be told from types. Here it is the point: a running sum over windows, a ring that is seen
/// twice. Clones see the same elements.
///
/// ```
/// use bytelens::{Overlapping, ViewMut};
///
/// let mut bytes = [1_u8, 2, 3, 4];
/// let pairs = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?).windows(0, 2, 1)?;
/// pairs.set(&[0, 1], 9_u8)?;
/// assert_eq!(pairs.get::<u8>(&[1, 0])?, 9); // the same byte
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone)]
pub struct Overlapping<'a> {
    /// As a `ViewMut`'s, but shared by clones on one thread (neither `Send` nor `Sync`).
    base: NonNull<u8>,
    layout: Layout,
    life: std::marker::PhantomData<&'a std::cell::Cell<u8>>,
}

impl<'a> From<ViewMut<'a>> for Overlapping<'a> {
    fn from(mut view: ViewMut<'a>) -> Self {
        let (base, layout) = (view.base(), view.layout().clone());
        Self { base, layout, life: std::marker::PhantomData }
    }
}

impl Overlapping<'_> {
    /// Where the elements lie.
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// assert_eq!(all.windows(0, 3, 1)?.layout().strides(), [1, 1]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Slides a window along one axis; see [`Layout::windows`].
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// let pairs = all.windows(0, 2, 1)?;
    /// pairs.set(&[2, 0], 7_u8)?;
    /// assert_eq!(pairs.get::<u8>(&[1, 1])?, 7); // both are byte 2
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the layout's method.
    pub fn windows(&self, axis: usize, size: usize, step: usize) -> Result<Self> {
        Ok(Self { layout: self.layout.windows(axis, size, step)?, ..self.clone() })
    }

    /// Repeats axes of length 1; see [`Layout::broadcast_to`].
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// let rows = all.broadcast_to(&[3, 4])?;
    /// rows.set(&[2, 0], 7_u8)?;
    /// assert_eq!(rows.get::<u8>(&[0, 0])?, 7);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the layout's method.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Self> {
        Ok(Self { layout: self.layout.broadcast_to(shape)?, ..self.clone() })
    }

    /// Applies an index expression; see [`Layout::select`].
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut, index};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// let (low, high) = (all.select(&index![..3])?, all.select(&index![1..])?);
    /// high.set(&[0], 7_u8)?;
    /// assert_eq!(low.get::<u8>(&[1])?, 7);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the layout's method.
    pub fn select(&self, index: &[crate::layout::Index]) -> Result<Self> {
        Ok(Self { layout: self.layout.select(index)?, ..self.clone() })
    }

    /// Reads one element by value.
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// assert_eq!(all.get::<u8>(&[3])?, 4);
    /// assert!(all.get::<u16>(&[3]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or an index outside the view.
    pub fn get<T: crate::dtype::Element>(&self, index: &[usize]) -> Result<T> {
        let place = self.place::<T>("get", index)?;
        // SAFETY: an element of the layout starts there and has the size of `T`; no reference to the
        // bytes exists, and no other thread reaches them.
        let value = unsafe { place.read_unaligned() };
        Ok(if self.layout.dtype().is_native() { value } else { value.byte_swapped() })
    }

    /// Writes one element; every other that shares its bytes changes with it.
    ///
    /// ```
    /// use bytelens::{Overlapping, ViewMut};
    ///
    /// let mut bytes = [1_u8, 2, 3, 4];
    /// let all = Overlapping::from(ViewMut::from_slice(&mut bytes, &[4])?);
    /// all.set(&[0], 9_u8)?;
    /// assert_eq!(bytes, [9, 2, 3, 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or an index outside the view.
    pub fn set<T: crate::dtype::Element>(&self, index: &[usize], value: T) -> Result<()> {
        let place = self.place::<T>("set", index)?;
        let value = if self.layout.dtype().is_native() { value } else { value.byte_swapped() };
        // SAFETY: as for `get`.
        unsafe { place.write_unaligned(value) };
        Ok(())
    }

    fn place<T: crate::dtype::Element>(&self, op: &str, index: &[usize]) -> Result<*mut T> {
        if !T::DTYPE.same_number(self.layout.dtype()) {
            return Err(Error::dtype(op, self.layout.dtype().to_string(), T::DTYPE));
        }
        let offset = self.layout.offset_of(index).ok_or_else(|| {
            let expected = format!("an index within {:?}", self.layout.shape());
            Error::shape(op, expected, format!("{index:?}"))
        })?;
        // SAFETY: elements lie within the bytes behind `base`, as view algebra only ever takes of them.
        Ok(unsafe { self.base.as_ptr().add(offset).cast() })
    }
}

impl Debug for Overlapping<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overlapping({:?})", self.layout)
    }
}
