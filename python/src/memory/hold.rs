//! What a consumer has of an exporter: a `Py_buffer`, asked for once and given back once.

use std::ffi::{CStr, c_int};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

use bytelens::layout::MAX_NDIM;
use bytelens::{Layout, Owner};
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use pyo3::{PyResult, ffi};

use super::count::Count;
use super::opaque;
use crate::error::raised;
use crate::format::Format;

/// The memory of an exporter, held until the last share of it goes.
///
/// A Python object of its own, so that the garbage collector sees one reference to the exporter however many
/// views share it.
#[derive(Debug)]
#[pyclass(frozen, name = "Hold", module = "bytelens")]
pub(crate) struct Hold {
    /// Filled by the exporter, which may have pointed into it: it does not move. Empty once `shares` is 0.
    buffer: NonNull<ffi::Py_buffer>,
    /// How many windows and operations rely on the memory.
    shares: Count,
    /// The lowest byte that an element has.
    start: NonNull<u8>,
    /// Bytes from there to the end of the highest.
    len: usize,
    /// Whether the collector may know of the exporter.
    is_visible: bool,
}

// SAFETY: the buffer is written by `acquire`, before there is a second reference, and by the one thread
// that takes the last share; all else reads it while it has a share. Its memory is valid from any thread.
unsafe impl Send for Hold {}

// SAFETY: as for `Send`.
unsafe impl Sync for Hold {}

/// What an exporter said of its memory, with one share of it.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) hold: Py<Hold>,
    /// Where the elements lie, from the hold's start on; elements are opaque.
    pub(crate) layout: Layout,
    pub(crate) suboffsets: Option<Box<[isize]>>,
    pub(crate) format: Format,
    pub(crate) is_readonly: bool,
}

impl Hold {
    /// Tells whether an object exports a buffer.
    pub(crate) fn can_acquire(object: &Bound<'_, PyAny>) -> bool {
        // SAFETY: only looks at the object's type.
        unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) == 1 }
    }

    /// Asks an exporter for its memory, with all that it can say of it.
    pub(crate) fn acquire(exporter: &Bound<'_, PyAny>) -> PyResult<Exported> {
        let py = exporter.py();
        let buffer = Held::new(exporter, ffi::PyBUF_FULL_RO)?;
        let described = described(buffer.get())?;
        let Described { layout, suboffsets, first } = described;
        let start = first.wrapping_sub(layout.offset());
        let len = layout.span().end;
        let format = NonNull::new(buffer.get().format);
        // SAFETY: the exporter's format is a C string for as long as the buffer is held.
        let format = format.map(|text| unsafe { CStr::from_ptr(text.as_ptr()) });
        let format = Format::from_exporter(format);
        let is_readonly = buffer.get().readonly != 0;
        let hold = Self {
            buffer: buffer.keep(),
            shares: Count::new(1),
            start: NonNull::new(start).unwrap_or(NonNull::dangling()),
            len,
            is_visible: is_cleared_safely(exporter),
        };
        Ok(Exported { hold: Py::new(py, hold)?, layout, suboffsets, format, is_readonly })
    }

    /// The object that exports, if it is known; only for who has a share.
    pub(crate) fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: the buffer is filled while there is a share, and what it refers to is an object.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, self.buffer.as_ref().obj) }
    }

    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes a share, if the memory is still held.
    #[inline(always)]
    pub(super) fn enter(&self, py: Python<'_>) -> bool {
        let more = |shares: usize| if shares == 0 { None } else { Some(shares + 1) };
        self.shares.change(py, more).is_ok()
    }

    /// Gives a share back; the last one gives the memory back to the exporter.
    #[inline(always)]
    pub(super) fn leave(&self, py: Python<'_>) {
        if self.shares.change(py, |shares| shares.checked_sub(1)) == Ok(1) {
            // SAFETY: filled by `PyObject_GetBuffer`, and nobody else has a share or can get one.
            unsafe { ffi::PyBuffer_Release(self.buffer.as_ptr()) };
        }
    }

    /// Makes an owner of the bytes for work that the interpreter's lock is released for.
    pub(super) fn lend(hold: &Bound<'_, Self>) -> Option<Arc<Lent>> {
        hold.get().enter(hold.py()).then(|| Arc::new(Lent { hold: hold.clone().unbind() }))
    }
}

#[pymethods]
impl Hold {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if !self.is_visible {
            return Ok(());
        }
        // SAFETY: while the collector runs nobody else does, so that the buffer is either filled, and refers to
        // an object, or has been released, and refers to none. The reference is not counted and not dropped.
        let exporter = unsafe {
            let py = Python::assume_attached();
            Bound::from_owned_ptr_or_opt(py, self.buffer.as_ref().obj)
        };
        let exporter = ManuallyDrop::new(exporter.map(Bound::unbind));
        visit.call(exporter.as_ref())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // SAFETY: it was a box, and it is freed once. Whoever has a share keeps the hold, so that there is
        // none now, and the buffer has been released.
        drop(unsafe { Box::from_raw(self.buffer.as_ptr()) });
    }
}

/// Tells whether the collector may clear an exporter of which a buffer is still held.
///
/// Before Python 3.13 it crashes on a `memoryview` (cpython#77894), so that it must not see that this one's last
/// references are in garbage. A cycle through the exporter of that `memoryview` then stays.
fn is_cleared_safely(exporter: &Bound<'_, PyAny>) -> bool {
    !exporter.is_instance_of::<PyMemoryView>() || exporter.py().version_info() >= (3, 13)
}

/// A share of a hold that goes with it from thread to thread, without the interpreter's lock.
#[derive(Debug)]
pub(crate) struct Lent {
    hold: Py<Hold>,
}

impl Owner for Lent {
    fn bytes(&self) -> &[u8] {
        let hold = self.hold.get();
        // SAFETY: `start` and `len` cover the exporter's elements, which are there while the share is.
        unsafe { std::slice::from_raw_parts(hold.start.as_ptr(), hold.len) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // An interpreter that is ending takes its memory with it.
        let _ = Python::try_attach(|py| self.hold.get().leave(py));
    }
}

/// A `Py_buffer` in a box, released when dropped unless it is kept.
struct Held(NonNull<ffi::Py_buffer>);

impl Held {
    fn new(exporter: &Bound<'_, PyAny>, flags: c_int) -> PyResult<Self> {
        let buffer = NonNull::from(Box::leak(Box::new(ffi::Py_buffer::new())));
        // SAFETY: both are valid, and the interpreter is attached.
        let failed = unsafe { ffi::PyObject_GetBuffer(exporter.as_ptr(), buffer.as_ptr(), flags) };
        if failed != 0 {
            // SAFETY: it was a box, and the exporter did not fill it.
            drop(unsafe { Box::from_raw(buffer.as_ptr()) });
            return Err(PyErr::fetch(exporter.py()));
        }
        Ok(Self(buffer))
    }

    fn get(&self) -> &ffi::Py_buffer {
        // SAFETY: a box that nobody writes to while it is held here.
        unsafe { self.0.as_ref() }
    }

    fn keep(self) -> NonNull<ffi::Py_buffer> {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: filled by the exporter, released once; it was a box, and is freed once.
        unsafe {
            ffi::PyBuffer_Release(self.0.as_ptr());
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }
}

struct Described {
    layout: Layout,
    suboffsets: Option<Box<[isize]>>,
    /// The element with index 0 on every axis.
    first: *mut u8,
}

/// Reads what an exporter said; what it left out is as `memoryview` takes it to be.
fn described(buffer: &ffi::Py_buffer) -> PyResult<Described> {
    let ndim = usize::try_from(buffer.ndim).unwrap_or(usize::MAX);
    if ndim > MAX_NDIM {
        let message = format!("View: number of dimensions must not exceed {MAX_NDIM}, got {ndim}");
        return Err(PyValueError::new_err(message));
    }
    let itemsize = length(buffer.itemsize, "itemsize")?;
    let shape = match numbers(buffer.shape, ndim) {
        Some(shape) => {
            shape.iter().map(|len| length(*len, "shape")).collect::<PyResult<Vec<_>>>()?
        }
        None if ndim == 0 => Vec::new(),
        // Then there is one axis.
        None => vec![length(buffer.len, "length")? / itemsize.max(1)],
    };
    let dtype = opaque(itemsize)?;
    let layout = match numbers(buffer.strides, shape.len()) {
        None => Layout::contiguous(dtype, &shape),
        Some(strides) => {
            let is_empty = shape.contains(&0);
            let reach = shape.iter().zip(strides).map(|(len, stride)| match stride {
                ..0 if !is_empty => (len - 1).saturating_mul(stride.unsigned_abs()),
                _ => 0,
            });
            Layout::new(dtype, &shape, strides, reach.fold(0, usize::saturating_add))
        }
    };
    let suboffsets = numbers(buffer.suboffsets, shape.len()).map(Box::from);
    Ok(Described { layout: layout.map_err(raised)?, suboffsets, first: buffer.buf.cast() })
}

fn length(number: isize, what: &str) -> PyResult<usize> {
    usize::try_from(number)
        .map_err(|_| PyValueError::new_err(format!("View: the exporter says {what} {number}")))
}

/// One number for each axis, if the exporter gave any.
fn numbers<'b>(start: *const isize, ndim: usize) -> Option<&'b [isize]> {
    // SAFETY: where an exporter gives an array there is a number in it for each axis, for as long as the
    // buffer is held; callers copy it at once.
    NonNull::new(start.cast_mut())
        .filter(|_| ndim > 0)
        .map(|start| unsafe { std::slice::from_raw_parts(start.as_ptr(), ndim) })
}
