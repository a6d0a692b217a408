//! A layout over held memory, and a share of the hold.

use std::ptr::NonNull;
use std::sync::OnceLock;

use bytelens::{Layout, ViewMut};
use pyo3::exceptions::{PyBufferError, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyResult, ffi};

use super::count::Count;
use super::hold::Hold;
use super::line::Line;
use crate::error::raised;

/// The bit of a window's state that says it has been released; the others count its consumers.
const RELEASED: usize = 1 << (usize::BITS - 1);

/// Part of the memory of a hold, seen through a layout of opaque elements.
///
/// It has a share of the hold until it is released or dropped.
#[derive(Debug)]
pub(crate) struct Window {
    hold: Py<Hold>,
    place: Place,
    /// As the buffer protocol has them; strides then lead to pointers, which are followed.
    suboffsets: Option<Box<[isize]>>,
    state: Count,
}

/// Where the elements lie.
#[derive(Debug)]
enum Place {
    /// On one axis, with the same as a layout once somebody has asked for it.
    Line(Line, OnceLock<Box<Layout>>),
    /// On any other number of axes, or where pointers lead.
    Axes(Box<Layout>),
}

impl Place {
    fn new(layout: Layout, has_suboffsets: bool) -> Self {
        match Line::of(&layout).filter(|_| !has_suboffsets) {
            Some(line) => Self::Line(line, OnceLock::new()),
            None => Self::Axes(Box::new(layout)),
        }
    }
}

/// A share of a window's hold for the time of an operation, in which the interpreter is attached.
pub(crate) struct Kept<'w, 'py> {
    window: &'w Window,
    py: Python<'py>,
}

impl Kept<'_, '_> {
    /// Makes a window of the same memory, which takes over the share.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory.
    pub(crate) fn into_window(
        self,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Window> {
        self.window.check_within(&layout)?;
        Ok(self.seen(Place::new(layout, suboffsets.is_some()), suboffsets))
    }

    /// Makes a window of elements that are on one of this window's axis, which takes over the share.
    ///
    /// # Errors
    ///
    /// A line that reaches beyond the memory, which none does that was made of the window's.
    #[inline(always)]
    pub(crate) fn into_line(self, line: Line) -> PyResult<Window> {
        if line.span().end > self.window.hold.get().len() && line.len > 0 {
            return Err(PyValueError::new_err(format!("View: {line:?} reaches beyond the memory")));
        }
        Ok(self.seen(Place::Line(line, OnceLock::new()), None))
    }

    #[inline(always)]
    fn seen(self, place: Place, suboffsets: Option<Box<[isize]>>) -> Window {
        let hold = self.window.hold.clone_ref(self.py);
        std::mem::forget(self);
        Window { hold, place, suboffsets, state: Count::new(0) }
    }
}

impl Drop for Kept<'_, '_> {
    fn drop(&mut self) {
        self.window.hold.get().leave(self.py);
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
        let place = Place::new(layout, suboffsets.is_some());
        let window = Self { hold, place, suboffsets, state: Count::new(0) };
        // Within the hold, as all that follows relies on; else it is dropped, with the share.
        window.check_within(window.layout())?;
        Ok(window)
    }

    /// Sees the same memory through another layout, with a share of its own.
    ///
    /// # Errors
    ///
    /// A window that has been released, or a layout that reaches beyond the memory.
    pub(crate) fn through(
        &self,
        py: Python<'_>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Self> {
        self.keep(py)?.into_window(layout, suboffsets)
    }

    /// Keeps the memory, even if the window is released meanwhile.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn keep<'py>(&self, py: Python<'py>) -> PyResult<Kept<'_, 'py>> {
        if self.is_released() || !self.hold.get().enter(py) {
            return Err(released());
        }
        Ok(Kept { window: self, py })
    }

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

    pub(crate) fn layout(&self) -> &Layout {
        match &self.place {
            Place::Axes(layout) => layout,
            Place::Line(line, made) => made.get_or_init(|| {
                Box::new(line.layout().expect("a line is part of a layout that was checked"))
            }),
        }
    }

    /// The one axis, where there is one and nothing has to be followed.
    #[inline(always)]
    pub(crate) fn line(&self) -> Option<Line> {
        match &self.place {
            Place::Line(line, _) => Some(*line),
            Place::Axes(_) => None,
        }
    }

    #[inline(always)]
    pub(crate) fn shape(&self) -> &[usize] {
        match &self.place {
            Place::Line(line, _) => std::slice::from_ref(&line.len),
            Place::Axes(layout) => layout.shape(),
        }
    }

    #[inline(always)]
    pub(crate) fn strides(&self) -> &[isize] {
        match &self.place {
            Place::Line(line, _) => std::slice::from_ref(&line.stride),
            Place::Axes(layout) => layout.strides(),
        }
    }

    /// Bytes of an element.
    #[inline(always)]
    pub(crate) fn itemsize(&self) -> usize {
        match &self.place {
            Place::Line(line, _) => line.size,
            Place::Axes(layout) => layout.dtype().size(),
        }
    }

    /// Bytes of a contiguous copy.
    pub(crate) fn nbytes(&self) -> usize {
        match &self.place {
            Place::Line(line, _) => line.len * line.size,
            Place::Axes(layout) => layout.nbytes(),
        }
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
        self.state.get() >= RELEASED
    }

    /// Gives the share back; once is enough.
    ///
    /// # Errors
    ///
    /// A window that consumers still use.
    pub(crate) fn release(&self, py: Python<'_>) -> PyResult<()> {
        let end = |state: usize| if state == 0 { Some(RELEASED) } else { None };
        match self.state.change(py, end) {
            Ok(_) => self.hold.get().leave(py),
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
    pub(super) fn add_consumer(&self, py: Python<'_>) -> PyResult<()> {
        let more = |state: usize| if state >= RELEASED { None } else { Some(state + 1) };
        self.state.change(py, more).map(|_| ()).map_err(|_| released())
    }

    pub(super) fn remove_consumer(&self, py: Python<'_>) {
        let _ = self.state.change(py, |state| state.checked_sub(1));
    }

    /// The element with index 0 on every axis, where nothing has to be followed.
    pub(super) fn first(&self) -> *mut u8 {
        let offset = match &self.place {
            Place::Line(line, _) => line.offset,
            Place::Axes(layout) => layout.offset(),
        };
        self.hold.get().start().as_ptr().wrapping_add(offset)
    }

    /// Copies one element of 8 bytes or fewer; what is behind it is 0.
    ///
    /// # Errors
    ///
    /// A window that has been released. An index outside the layout reads nothing but zeros.
    #[inline(always)]
    pub(crate) fn load(&self, py: Python<'_>, index: &[usize]) -> PyResult<[u8; 8]> {
        let _kept = self.keep(py)?;
        let mut element = [0; 8];
        let size = self.itemsize().min(8);
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
    pub(crate) fn store(&self, py: Python<'_>, index: &[usize], bytes: &[u8]) -> PyResult<()> {
        let _kept = self.keep(py)?;
        if let Some(place) = self.place(index).filter(|_| bytes.len() == self.itemsize()) {
            // SAFETY: an element of the layout lies there (`place`), of that size; exporters that let
            // their memory be written say so, which views ask before they come here.
            unsafe { place.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        Ok(())
    }

    /// Where the element of an index starts; only for who has a share.
    #[inline(always)]
    fn place(&self, index: &[usize]) -> Option<*mut u8> {
        let layout = match &self.place {
            Place::Line(line, _) => {
                let at = index.first().filter(|at| **at < line.len && index.len() == 1)?;
                let moved = line.stride.wrapping_mul(at.cast_signed());
                return Some(self.first().wrapping_offset(moved));
            }
            Place::Axes(layout) => layout,
        };
        let offset = layout.offset_of(index)?;
        let start = self.hold.get().start().as_ptr();
        let Some(suboffsets) = &self.suboffsets else { return Some(start.wrapping_add(offset)) };
        let mut place = start.wrapping_add(layout.offset());
        let axes = index.iter().zip(layout.strides()).zip(suboffsets);
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
    pub(crate) fn read<R>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(bytelens::View<'_>) -> R,
    ) -> PyResult<R> {
        let _kept = self.keep(py)?;
        self.with_elements(work)
    }

    /// The same while other threads may run Python.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn read_detached<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(bytelens::View<'_>) -> R + Send,
    ) -> PyResult<R> {
        let _kept = self.keep(py)?;
        self.with_elements(|view| py.detach(|| work(view)))
    }

    /// Only for who has a share.
    fn with_elements<R>(&self, work: impl FnOnce(bytelens::View<'_>) -> R) -> PyResult<R> {
        if self.suboffsets.is_some() {
            let bytes = self.gather()?;
            let dtype = self.layout().dtype().clone();
            let layout = Layout::contiguous(dtype, self.shape()).map_err(raised)?;
            return Ok(work(bytelens::View::new(&bytes, layout).map_err(raised)?));
        }
        let hold = self.hold.get();
        // SAFETY: the hold's bytes are there while the share is. What others write meanwhile is bytes again;
        // see the module's last sentence.
        let bytes = unsafe { std::slice::from_raw_parts(hold.start().as_ptr(), hold.len()) };
        Ok(work(bytelens::View::new(bytes, self.layout().clone()).map_err(raised)?))
    }

    /// Overwrites the elements with those of a view of the same shape and element size, whose memory is
    /// somewhere else.
    ///
    /// # Errors
    ///
    /// A window that has been released, or no memory for a copy on the way.
    pub(crate) fn write(&self, py: Python<'_>, source: &bytelens::View<'_>) -> PyResult<()> {
        let _kept = self.keep(py)?;
        if self.layout().is_empty() {
            return Ok(());
        }
        if self.suboffsets.is_some() || !self.layout().is_injective() {
            return self.scatter(&source.to_bytes().map_err(raised)?);
        }
        let span = self.layout().span();
        let Some(layout) = self.layout_within_span(span.start) else { return Ok(()) };
        let start = self.hold.get().start().as_ptr();
        // SAFETY: the span lies within the hold's bytes, which are there while `_kept` is, and for the time
        // of the copy nobody else refers to them: the source lies elsewhere, and no Python code runs.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start.add(span.start), span.len()) };
        let mut target = ViewMut::new(bytes, layout).map_err(raised)?;
        source.copy_to(&mut target).map_err(raised)
    }

    fn layout_within_span(&self, start: usize) -> Option<Layout> {
        let (shape, strides) = (self.layout().shape(), self.layout().strides());
        let offset = self.layout().offset() - start;
        Layout::new(self.layout().dtype().clone(), shape, strides, offset).ok()
    }

    /// The addresses of the first and behind the last byte of an element, where nothing has to be followed.
    pub(crate) fn addresses(&self) -> Option<std::ops::Range<usize>> {
        let start = self.hold.get().start().as_ptr().addr();
        let span = self.layout().span();
        self.suboffsets.is_none().then(|| start + span.start..start + span.end)
    }

    /// Copies the elements together in C order, one after the other.
    fn gather(&self) -> PyResult<Vec<u8>> {
        let size = self.layout().dtype().size();
        let mut bytes = Vec::new();
        let room = bytes.try_reserve_exact(self.layout().nbytes());
        room.map_err(|_| PyMemoryError::new_err("View: no memory for a copy"))?;
        for_each_index(self.layout().shape(), |index| {
            if let Some(place) = self.place(index) {
                // SAFETY: an element of the layout, of `size` bytes; only called with a share.
                bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(place, size) });
            }
        });
        Ok(bytes)
    }

    /// Writes elements that lie together in C order, one after the other.
    fn scatter(&self, bytes: &[u8]) -> PyResult<()> {
        let size = self.layout().dtype().size();
        let mut elements = bytes.chunks_exact(size.max(1));
        for_each_index(self.layout().shape(), |index| {
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
        // An interpreter that is ending takes its memory with it.
        let _ = Python::try_attach(|py| {
            if !self.is_released() {
                self.hold.get().leave(py);
            }
        });
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
