//! A layout over held memory, and a share of the hold.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytelens::{Layout, ViewMut};
use pyo3::exceptions::{PyBufferError, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyResult, ffi};

use super::hold::Hold;
use crate::error::raised;

/// The bit of a window's state that says it has been released; the others count its consumers.
const RELEASED: usize = 1 << (usize::BITS - 1);

/// Part of the memory of a hold, seen through a layout of opaque elements.
///
/// It has a share of the hold until it is released or dropped.
#[derive(Debug)]
pub(crate) struct Window {
    hold: Py<Hold>,
    layout: Layout,
    /// As the buffer protocol has them; strides then lead to pointers, which are followed.
    suboffsets: Option<Box<[isize]>>,
    state: AtomicUsize,
}

/// A share of a window's hold for the time of an operation.
#[derive(Debug)]
pub(crate) struct Kept<'w>(&'w Window);

impl Kept<'_> {
    /// Makes a window of the same memory, which takes over the share.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory.
    #[inline(always)]
    pub(crate) fn into_window(
        self,
        py: Python<'_>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Window> {
        self.0.check_within(&layout)?;
        let hold = self.0.hold.clone_ref(py);
        std::mem::forget(self);
        Ok(Window { hold, layout, suboffsets, state: AtomicUsize::new(0) })
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.0.hold.get().leave();
    }
}

impl Window {
    /// Takes over the one share that came with a hold.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory.
    pub(crate) fn new(
        hold: Py<Hold>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Self> {
        let window = Self { hold, layout, suboffsets, state: AtomicUsize::new(0) };
        // Within the hold, as all that follows relies on; else it is dropped, with the share.
        window.check_within(&window.layout)?;
        Ok(window)
    }

    /// Sees the same memory through another layout, with a share of its own.
    ///
    /// # Errors
    ///
    /// A window that has been released, or a layout that reaches beyond the memory.
    #[inline(always)]
    pub(crate) fn through(
        &self,
        py: Python<'_>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Self> {
        self.keep()?.into_window(py, layout, suboffsets)
    }

    /// Keeps the memory, even if the window is released meanwhile.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn keep(&self) -> PyResult<Kept<'_>> {
        if self.is_released() || !self.hold.get().enter() {
            return Err(released());
        }
        Ok(Kept(self))
    }

    #[inline(always)]
    fn check_within(&self, layout: &Layout) -> PyResult<()> {
        let end = layout.span().end;
        if end <= self.hold.get().len() || layout.is_empty() {
            return Ok(());
        }
        let message = format!("View: {layout:?} reaches beyond {} bytes", self.hold.get().len());
        Err(PyValueError::new_err(message))
    }

    pub(crate) fn hold(&self) -> &Py<Hold> {
        &self.hold
    }

    #[inline(always)]
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn suboffsets(&self) -> Option<&[isize]> {
        self.suboffsets.as_deref()
    }

    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn check(&self) -> PyResult<()> {
        if self.is_released() { Err(released()) } else { Ok(()) }
    }

    #[inline(always)]
    pub(crate) fn is_released(&self) -> bool {
        self.state.load(Ordering::Relaxed) >= RELEASED
    }

    /// Gives the share back; once is enough.
    ///
    /// # Errors
    ///
    /// A window that consumers still use.
    pub(crate) fn release(&self) -> PyResult<()> {
        let exchanged =
            self.state.compare_exchange(0, RELEASED, Ordering::AcqRel, Ordering::Relaxed);
        match exchanged {
            Ok(_) => self.hold.get().leave(),
            Err(RELEASED..) => {}
            Err(consumers) => {
                let s = if consumers == 1 { "" } else { "s" };
                let message =
                    format!("View has {consumers} exported buffer{s}; release them first");
                return Err(PyBufferError::new_err(message));
            }
        }
        Ok(())
    }

    /// Counts one more consumer, which keeps the window from being released.
    pub(super) fn add_consumer(&self) -> PyResult<()> {
        let more = |state: usize| if state >= RELEASED { None } else { Some(state + 1) };
        let counted = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more);
        counted.map(|_| ()).map_err(|_| released())
    }

    pub(super) fn remove_consumer(&self) {
        self.state.fetch_sub(1, Ordering::AcqRel);
    }

    /// The element with index 0 on every axis, where nothing has to be followed.
    pub(super) fn first(&self) -> *mut u8 {
        self.hold.get().start().as_ptr().wrapping_add(self.layout.offset())
    }

    /// Copies one element of 8 bytes or fewer; what is behind it is 0.
    ///
    /// # Errors
    ///
    /// A window that has been released. An index outside the layout reads nothing but zeros.
    #[inline(always)]
    pub(crate) fn load(&self, index: &[usize]) -> PyResult<[u8; 8]> {
        let _kept = self.keep()?;
        let mut element = [0; 8];
        let size = self.layout.dtype().size().min(8);
        if let Some(place) = self.place(index) {
            // SAFETY: an element of the layout lies there (`place`) and is of `size` bytes or more.
            unsafe {
                match size {
                    // Sizes that are known are one instruction.
                    1 => element[0] = place.read(),
                    4 => element[..4].copy_from_slice(&place.cast::<[u8; 4]>().read()),
                    8 => element = place.cast::<[u8; 8]>().read(),
                    size => place.copy_to_nonoverlapping(element.as_mut_ptr(), size),
                }
            }
        }
        Ok(element)
    }

    /// Overwrites one element, whose size `bytes` has. An index outside the layout writes nothing.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    pub(crate) fn store(&self, index: &[usize], bytes: &[u8]) -> PyResult<()> {
        let _kept = self.keep()?;
        if let Some(place) = self.place(index).filter(|_| bytes.len() == self.layout.dtype().size())
        {
            // SAFETY: an element of the layout lies there (`place`), of that size; exporters that let
            // their memory be written say so, which views ask before they come here.
            unsafe { place.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        Ok(())
    }

    /// Where the element of an index starts; only for who has a share.
    #[inline(always)]
    fn place(&self, index: &[usize]) -> Option<*mut u8> {
        let offset = self.layout.offset_of(index)?;
        let start = self.hold.get().start().as_ptr();
        let Some(suboffsets) = &self.suboffsets else { return Some(start.wrapping_add(offset)) };
        let mut place = start.wrapping_add(self.layout.offset());
        let axes = index.iter().zip(self.layout.strides()).zip(suboffsets);
        for ((at, stride), suboffset) in axes {
            place = place.wrapping_offset(stride.wrapping_mul(at.cast_signed()));
            if *suboffset >= 0 {
                // SAFETY: the exporter says that a pointer lies there, as the index is within the shape.
                let pointer = unsafe { place.cast::<*mut u8>().read_unaligned() };
                place = pointer.wrapping_offset(*suboffset);
            }
        }
        Some(place)
    }

    /// Works on the elements, as a view of the library; they are copied together first where pointers lead
    /// to them. No Python code may run in `work`.
    ///
    /// # Errors
    ///
    /// A window that has been released, or no memory for the copy.
    pub(crate) fn read<R>(&self, work: impl FnOnce(bytelens::View<'_>) -> R) -> PyResult<R> {
        let _kept = self.keep()?;
        if self.suboffsets.is_some() {
            let bytes = self.gather()?;
            let dtype = self.layout.dtype().clone();
            let layout = Layout::contiguous(dtype, self.layout.shape()).map_err(raised)?;
            return Ok(work(bytelens::View::new(&bytes, layout).map_err(raised)?));
        }
        let hold = self.hold.get();
        // SAFETY: the hold's bytes are there while `_kept` is. What others write meanwhile is bytes again;
        // see the module's last sentence.
        let bytes = unsafe { std::slice::from_raw_parts(hold.start().as_ptr(), hold.len()) };
        Ok(work(bytelens::View::new(bytes, self.layout.clone()).map_err(raised)?))
    }

    /// Overwrites the elements with those of a view of the same shape and element size, whose memory is
    /// somewhere else.
    ///
    /// # Errors
    ///
    /// A window that has been released, or no memory for a copy on the way.
    pub(crate) fn write(&self, source: &bytelens::View<'_>) -> PyResult<()> {
        let _kept = self.keep()?;
        if self.layout.is_empty() {
            return Ok(());
        }
        if self.suboffsets.is_some() || !self.layout.is_injective() {
            return self.scatter(&source.to_bytes().map_err(raised)?);
        }
        let span = self.layout.span();
        let Some(layout) = self.layout_within_span(span.start) else { return Ok(()) };
        let start = self.hold.get().start().as_ptr();
        // SAFETY: the span lies within the hold's bytes, which are there while `_kept` is, and for the time
        // of the copy nobody else refers to them: the source lies elsewhere, and no Python code runs.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start.add(span.start), span.len()) };
        let mut target = ViewMut::new(bytes, layout).map_err(raised)?;
        source.copy_to(&mut target).map_err(raised)
    }

    fn layout_within_span(&self, start: usize) -> Option<Layout> {
        let (shape, strides) = (self.layout.shape(), self.layout.strides());
        let offset = self.layout.offset() - start;
        Layout::new(self.layout.dtype().clone(), shape, strides, offset).ok()
    }

    /// The addresses of the first and behind the last byte of an element, where nothing has to be followed.
    pub(crate) fn addresses(&self) -> Option<std::ops::Range<usize>> {
        let start = self.hold.get().start().as_ptr().addr();
        let span = self.layout.span();
        self.suboffsets.is_none().then(|| start + span.start..start + span.end)
    }

    /// Copies the elements together in C order, one after the other.
    fn gather(&self) -> PyResult<Vec<u8>> {
        let size = self.layout.dtype().size();
        let mut bytes = Vec::new();
        let room = bytes.try_reserve_exact(self.layout.nbytes());
        room.map_err(|_| PyMemoryError::new_err("View: no memory for a copy"))?;
        for_each_index(self.layout.shape(), |index| {
            if let Some(place) = self.place(index) {
                // SAFETY: an element of the layout, of `size` bytes; only called with a share.
                bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(place, size) });
            }
        });
        Ok(bytes)
    }

    /// Writes elements that lie together in C order, one after the other.
    fn scatter(&self, bytes: &[u8]) -> PyResult<()> {
        let size = self.layout.dtype().size();
        let mut elements = bytes.chunks_exact(size.max(1));
        for_each_index(self.layout.shape(), |index| {
            if let (Some(place), Some(element)) = (self.place(index), elements.next()) {
                // SAFETY: as in `store`; only called with a share.
                unsafe { place.copy_from_nonoverlapping(element.as_ptr(), size) };
            }
        });
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.is_released() {
            self.hold.get().leave();
        }
    }
}

#[cold]
pub(crate) fn released() -> PyErr {
    PyValueError::new_err("operation forbidden on released View object")
}

/// Calls `each` with every index of a shape, in C order.
fn for_each_index(shape: &[usize], mut each: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    loop {
        each(&index);
        let mut axes = index.iter_mut().zip(shape).rev();
        let advanced = axes.any(|(at, len)| {
            *at += 1;
            if *at == *len {
                *at = 0;
            }
            *at != 0
        });
        if !advanced {
            return;
        }
    }
}

/// Makes a `bytes` of `len` bytes, all of which `fill` writes.
///
/// # Errors
///
/// No memory, or what `fill` returns.
pub(crate) fn bytes_from(
    py: Python<'_>,
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> PyResult<()>,
) -> PyResult<Bound<'_, PyBytes>> {
    let size = isize::try_from(len).map_err(|_| PyMemoryError::new_err("bytes too large"))?;
    // SAFETY: a new `bytes`, or an error. Its memory came from C, with some bytes in it, which `fill`
    // overwrites before anybody sees them; there is one reference to it until it is returned.
    unsafe {
        let made = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let made = Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked::<PyBytes>();
        let start =
            NonNull::new(ffi::PyBytes_AsString(made.as_ptr())).unwrap_or(NonNull::dangling());
        fill(std::slice::from_raw_parts_mut(start.as_ptr().cast(), len))?;
        Ok(made)
    }
}
