//! Memory of our own as an exporter: results of devices, decoded pictures, copies.

use std::ffi::c_int;
use std::ptr::NonNull;

use bytelens::{Buffer, DType, Layout};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::error::raised;

/// A buffer of the library, whose bytes Python objects see.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Owned {
    start: NonNull<u8>,
    len: usize,
    is_writable: bool,
    /// Keeps the bytes; never read or written through.
    _buffer: Buffer,
}

// SAFETY: the bytes are valid from any thread for as long as the buffer is there, and no reference to them is
// kept here.
unsafe impl Send for Owned {}

// SAFETY: as for `Send`; nothing is written here.
unsafe impl Sync for Owned {}

impl Owned {
    /// Takes the bytes that a buffer's layout reaches; writable if nobody else holds them.
    pub(crate) fn new(buffer: Buffer) -> PyResult<Self> {
        let len = buffer.layout().span().end;
        let bytes = Layout::contiguous(DType::U8, &[len]).map_err(raised)?;
        let mut whole = buffer.with_layout(bytes).map_err(raised)?;
        drop(buffer);
        let written = match whole.view_mut() {
            Ok(mut view) => view.as_bytes_mut().map(|bytes| NonNull::from(bytes).cast::<u8>()),
            Err(_) => None,
        };
        let is_writable = written.is_some();
        let read = || whole.view().as_bytes().map(|bytes| NonNull::from(bytes).cast());
        let start = written.or_else(read).unwrap_or(NonNull::dangling());
        Ok(Self { start, len, is_writable, _buffer: whole })
    }
}

#[pymethods]
impl Owned {
    /// Hands the bytes to a consumer.
    ///
    /// # Safety
    ///
    /// `buffer` is what the interpreter hands to `bf_getbuffer`: valid for writes.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let owned = slf.get();
        let is_readonly = c_int::from(!owned.is_writable);
        // SAFETY: the bytes are there while the object is, to which the consumer gets a reference, and may be
        // written if it says so.
        let failed = unsafe {
            let start = owned.start.as_ptr().cast();
            let len = owned.len.cast_signed();
            ffi::PyBuffer_FillInfo(buffer, slf.as_ptr(), start, len, is_readonly, flags)
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
