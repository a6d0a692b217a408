//! The view that writes.

use super::{
    View, algebra, base_of, check_count, check_within, common_algebra, copy, example, facts,
};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::layout::{Index, Layout, Slice};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Exclusively borrowed elements seen through an injective [`Layout`].
///
/// View algebra takes the view; [`reborrow`](Self::reborrow) first to keep it. There is no broadcast
/// and no windows: their elements share bytes.
///
/// ```
/// use bytelens::{View, ViewMut, index};
///
/// let mut bytes = [0_u8; 6];
/// let mut view = ViewMut::from_slice(&mut bytes, &[2, 3])?;
/// view.reborrow().index(1, 0)?.fill(7_u8)?;
/// view.set(&[1, 2], 9_u8)?;
/// assert_eq!(bytes, [7, 0, 0, 7, 0, 9]);
/// # Ok::<(), bytelens::Error>(())
/// ```
pub struct ViewMut<'a> {
    /// Byte 0 of the owner, valid for reads and writes of every element of the layout, for `'a`; no
    /// one else reads or writes those elements during `'a`. What lies between them is others'.
    base: NonNull<u8>,
    layout: Layout,
    /// Whether nobody else reads or writes what lies between the elements either.
    has_quiet_gaps: bool,
    life: PhantomData<&'a mut [u8]>,
}

// SAFETY: a `ViewMut<'a>` is the only way to its elements during `'a`, as `&'a mut [u8]` is, and
// `&mut [u8]` is `Send`.
unsafe impl Send for ViewMut<'_> {}

// SAFETY: a shared `ViewMut` only reads (every writing method takes `&mut self` or `self`).
unsafe impl Sync for ViewMut<'_> {}

impl<'a> ViewMut<'a> {
    /// Sees `bytes` through a layout.
    ///
    /// ```
    /// use bytelens::{DType, Layout, ViewMut};
    ///
    /// let mut bytes = [0_u8; 6];
    /// let columns = Layout::contiguous(DType::U8, &[2, 3])?.transpose();
    /// ViewMut::new(&mut bytes, columns)?.set(&[2, 0], 5_u8)?;
    /// assert_eq!(bytes, [0, 0, 5, 0, 0, 0]);
    /// let repeated = Layout::new(DType::U8, &[4], &[0], 0)?;
    /// assert!(ViewMut::new(&mut bytes, repeated).is_err()); // four elements in one byte
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes, or in which elements share bytes.
    pub fn new(bytes: &'a mut [u8], layout: Layout) -> Result<Self> {
        check_within(&layout, bytes.len())?;
        // SAFETY: the layout is within the bytes, which are borrowed exclusively for 'a.
        let view = unsafe { Self::from_parts(NonNull::from(bytes).cast(), layout)? };
        Ok(Self { has_quiet_gaps: true, ..view })
    }

    /// A view of elements behind a pointer to byte 0.
    ///
    /// # Safety
    ///
    /// The elements of the layout may be read and written behind `base` for `'a`, and by no one else.
    pub(super) unsafe fn from_parts(base: NonNull<u8>, layout: Layout) -> Result<Self> {
        if !layout.is_injective() {
            let expected = "elements that share no byte, to write them";
            return Err(Error::shape("writable view", expected, format!("{layout:?}")));
        }
        Ok(Self { base, layout, has_quiet_gaps: false, life: PhantomData })
    }

    /// Sees a slice of elements as an array of that shape, in C order.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut numbers = [1.0_f32, 2.0];
    /// ViewMut::from_slice(&mut numbers, &[2])?.set(&[1], 7.0_f32)?;
    /// assert_eq!(numbers, [1.0, 7.0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A shape of another number of elements.
    pub fn from_slice<T: Element>(elements: &'a mut [T], shape: &[usize]) -> Result<Self> {
        let layout = Layout::contiguous(T::DTYPE, shape)?;
        check_count(&layout, elements.len())?;
        Self::new(bytemuck::cast_slice_mut(elements), layout)
    }

    /// Where the elements lie, in bytes from the start of what the view was made of.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// assert_eq!(ViewMut::from_slice(&mut bytes, &[2, 3])?.layout().to_string(), "u8[2, 3]");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    facts!(ViewMut);
    common_algebra!(ViewMut, self: Self);

    /// A view of the same elements for a shorter time.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// let mut view = ViewMut::from_slice(&mut bytes, &[2, 3])?;
    /// view.reborrow().index(0, 0)?.fill(1_u8)?; // takes the reborrowed one
    /// view.index(0, 1)?.fill(2_u8)?; // and this the view itself
    /// assert_eq!(bytes, [1, 1, 1, 2, 2, 2]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        ViewMut { layout: self.layout.clone(), ..*self }
    }

    /// Reads one element by value, as [`View::get`] does.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [7_u8, 8];
    /// assert_eq!(ViewMut::from_slice(&mut bytes, &[2])?.get::<u8>(&[1])?, 8);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or an index outside the view.
    pub fn get<T: crate::dtype::Element>(&self, index: &[usize]) -> Result<T> {
        self.as_view().get(index)
    }

    /// A view that only reads.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// let mut view = ViewMut::from_slice(&mut bytes, &[6])?;
    /// view.set(&[0], 3_u8)?;
    /// assert_eq!(view.as_view().to_bytes()?, [3, 0, 0, 0, 0, 0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn as_view(&self) -> View<'_> {
        let Self { base, has_quiet_gaps, .. } = *self;
        View { base, layout: self.layout.clone(), has_quiet_gaps, life: PhantomData }
    }

    /// A view that only reads, for all the time that this one had.
    ///
    /// ```
    /// use bytelens::{View, ViewMut};
    ///
    /// fn ones(bytes: &mut [u8]) -> Result<View<'_>, bytelens::Error> {
    ///     let mut view = ViewMut::from_slice(bytes, &[bytes.len()])?;
    ///     view.fill(1_u8)?;
    ///     Ok(view.into_view())
    /// }
    /// assert_eq!(ones(&mut [0; 3])?.to_bytes()?, [1; 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn into_view(self) -> View<'a> {
        let Self { base, layout, has_quiet_gaps, .. } = self;
        View { base, layout, has_quiet_gaps, life: PhantomData }
    }

    /// Cuts an axis in two before position `at`, into two views that can be written at once.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// let (mut left, mut right) = ViewMut::from_slice(&mut bytes, &[2, 3])?.split_at(1, 1)?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| left.fill(1_u8)); // both at once
    ///     scope.spawn(|| right.fill(2_u8));
    /// });
    /// assert_eq!(bytes, [1, 2, 2, 1, 2, 2]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, or a position beyond its end.
    pub fn split_at(self, axis: usize, at: usize) -> Result<(Self, Self)> {
        let (low, high) = self.layout.split(axis, at)?;
        // The halves share no element, and elements share no byte, so both may exist together. One half
        // lies in the gaps of the other, but where it begins behind it.
        let (first, last) = (low.span(), high.span());
        let are_apart = first.end <= last.start || last.end <= first.start;
        let has_quiet_gaps = self.has_quiet_gaps && are_apart;
        let half = |layout| Self { layout, has_quiet_gaps, ..self };
        Ok((half(low), half(high)))
    }

    /// The bytes of the elements, where they lie in C order without gaps.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// let mut view = ViewMut::from_slice(&mut bytes, &[2, 3])?;
    /// view.as_bytes_mut().expect("no gaps")[4] = 9;
    /// assert!(view.index(1, 0)?.as_bytes_mut().is_none()); // a column has gaps
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn as_bytes_mut(&mut self) -> Option<&mut [u8]> {
        if !self.layout.is_contiguous() {
            return None;
        }
        // SAFETY: the span is within what `base` may reach (invariant of the type), a contiguous
        // layout covers each byte of its span with an element, and those are this view's alone
        // while it is borrowed. An empty span is within or one past the bytes.
        Some(unsafe {
            let start = self.base.as_ptr().add(self.layout.offset());
            std::slice::from_raw_parts_mut(start, self.layout.nbytes())
        })
    }

    /// Writes one element, unaligned and in any byte order.
    ///
    /// ```
    /// use bytelens::ViewMut;
    ///
    /// let mut bytes = [0_u8; 6];
    /// let mut view = ViewMut::from_slice(&mut bytes, &[2, 3])?;
    /// view.set(&[1, 2], 9_u8)?;
    /// assert!(view.set(&[2, 0], 9_u8).is_err() && view.set(&[0, 0], 9_i8).is_err());
    /// assert_eq!(bytes, [0, 0, 0, 0, 0, 9]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or an index outside the view.
    pub fn set<T: Element>(&mut self, index: &[usize], value: T) -> Result<()> {
        let offset = self.as_view().offset_for::<T>("set", index)?;
        let value = if self.dtype().is_native() { value } else { value.byte_swapped() };
        // SAFETY: `offset` is where an element of the layout starts and the type has the element's
        // size, so the write stays within one element, which is this view's alone.
        unsafe { self.base.as_ptr().add(offset).cast::<T>().write_unaligned(value) };
        Ok(())
    }

    /// Writes one value to every element.
    ///
    /// ```
    /// use bytelens::{ViewMut, index};
    ///
    /// let mut bytes = [0_u8; 6];
    /// ViewMut::from_slice(&mut bytes, &[2, 3])?.select(&index![.., ..; 2])?.fill(7_u8)?;
    /// assert_eq!(bytes, [7, 0, 7, 7, 0, 7]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type.
    pub fn fill<T: Element>(&mut self, value: T) -> Result<()> {
        self.as_view().check_element::<T>("fill")?;
        let value = [if self.dtype().is_native() { value } else { value.byte_swapped() }];
        let bytes: &[u8] = bytemuck::cast_slice(&value);
        let one = Layout::contiguous(self.dtype().clone(), &[])?;
        let all = one.broadcast_to(self.shape())?;
        // SAFETY: the layout `all` reads within `bytes`, `self` may write its elements, and the value
        // on the stack is not part of them.
        unsafe { copy::copy(base_of(bytes), &all, true, self.base, &self.layout) };
        Ok(())
    }

    /// Copies `source` to these elements, repeating its axes of length 1 and along leading axes.
    ///
    /// ```
    /// use bytelens::{View, ViewMut};
    ///
    /// let mut bytes = [0_u8; 6];
    /// let row = View::from_slice(&[1_u8, 2, 3], &[3])?;
    /// ViewMut::from_slice(&mut bytes, &[2, 3])?.assign(&row)?;
    /// assert_eq!(bytes, [1, 2, 3, 1, 2, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type, or a shape that does not broadcast to this one.
    pub fn assign(&mut self, source: &View<'_>) -> Result<()> {
        source.broadcast_to(self.shape())?.copy_to(self)
    }

    /// Copies one part of this view to another; they may overlap.
    ///
    /// ```
    /// use bytelens::{ViewMut, index};
    ///
    /// let mut bytes = [0_u8, 1, 2, 3, 4];
    /// let mut view = ViewMut::from_slice(&mut bytes, &[5])?;
    /// view.copy_within(&index![..; -1], &index![..])?;
    /// assert_eq!(bytes, [4, 3, 2, 1, 0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An index expression that does not fit, or a source that does not broadcast to the target.
    pub fn copy_within(&mut self, source: &[Index], target: &[Index]) -> Result<()> {
        let source = self.layout.select(source)?;
        let target = self.layout.select(target)?;
        let (from, to) = (source.span(), target.span());
        if from.start < to.end && to.start < from.end {
            let copied = self.as_view().through(source).to_contiguous()?;
            return self.reborrow().through(target).assign(&copied.view());
        }
        let source = source.broadcast_to(target.shape())?;
        // SAFETY: both layouts are made of this view's by view algebra, so their elements are its
        // own; the spans do not meet.
        unsafe { copy::copy(self.base, &source, false, self.base, &target) };
        Ok(())
    }

    /// The same bytes through a layout that view algebra made of this one: other or fewer elements,
    /// each of bytes that were this view's, no two of which meet.
    fn through(self, layout: Layout) -> Self {
        debug_assert!(layout.is_injective(), "{layout:?} of {:?}", self.layout);
        Self { layout, ..self }
    }

    pub(super) fn base(&mut self) -> NonNull<u8> {
        self.base
    }
}
