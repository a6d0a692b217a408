//! A view as an exporter of its own: the requests of consumers, answered as `memoryview` answers them.

use std::ffi::{CStr, c_int};

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::{PyResult, ffi};

use crate::view::View;

#[pymethods]
impl View {
    /// Fills a consumer's buffer; the view is not released while consumers are there.
    ///
    /// # Safety
    ///
    /// `buffer` is what the interpreter hands to `bf_getbuffer`: valid for writes.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let view = slf.get();
        // SAFETY: it is valid for writes, and an error leaves no exporter in it.
        unsafe { (*buffer).obj = std::ptr::null_mut() };
        view.window.check()?;
        let request = Request::new(view, flags)?;
        view.window.add_consumer(slf.py())?;
        let window = &view.window;
        let (shape, strides) = (window.shape(), window.strides());
        let format = view.format.exported();
        // The consumer has a reference to the view, in which all this lies, and does not move. Consumers do
        // not write to what says how memory is laid out.
        let filled = ffi::Py_buffer {
            buf: window.first().cast(),
            obj: slf.clone().into_ptr(),
            len: window.nbytes().cast_signed(),
            itemsize: view.itemsize().cast_signed(),
            readonly: c_int::from(view.is_readonly),
            ndim: if request.has_shape { c_int::try_from(shape.len()).unwrap_or(0) } else { 1 },
            format: format.filter(|_| request.has_format).map_or(std::ptr::null_mut(), text),
            shape: if request.has_shape { numbers(shape) } else { std::ptr::null_mut() },
            strides: if request.has_strides { numbers(strides) } else { std::ptr::null_mut() },
            suboffsets: window.suboffsets().map_or(std::ptr::null_mut(), numbers),
            internal: std::ptr::null_mut(),
        };
        // SAFETY: it is valid for writes.
        unsafe { buffer.write(filled) };
        Ok(())
    }

    /// Counts a consumer less.
    ///
    /// # Safety
    ///
    /// Called by the interpreter, once for each buffer that was filled.
    #[allow(clippy::needless_pass_by_value, reason = "the slot's signature")]
    unsafe fn __releasebuffer__(&self, py: Python<'_>, _buffer: *mut ffi::Py_buffer) {
        self.window.remove_consumer(py);
    }
}

fn text(format: &CStr) -> *mut std::ffi::c_char {
    format.as_ptr().cast_mut()
}

/// Where one number for each axis lies; nowhere without axes.
fn numbers<T>(numbers: &[T]) -> *mut isize {
    if numbers.is_empty() { std::ptr::null_mut() } else { numbers.as_ptr().cast_mut().cast() }
}

/// What a consumer wants to be told.
struct Request {
    has_shape: bool,
    has_strides: bool,
    has_format: bool,
}

impl Request {
    /// Reads a request, and refuses what the view cannot give, in the order in which `memoryview` does.
    fn new(view: &View, flags: c_int) -> PyResult<Self> {
        let wants = |flag: c_int| flags & flag == flag;
        let refuse =
            |why: &str| Err(PyBufferError::new_err(format!("View: underlying buffer {why}")));
        let request = Self {
            has_shape: wants(ffi::PyBUF_ND),
            has_strides: wants(ffi::PyBUF_STRIDES),
            has_format: wants(ffi::PyBUF_FORMAT),
        };
        if wants(ffi::PyBUF_WRITABLE) && view.is_readonly {
            return refuse("is not writable");
        }
        if wants(ffi::PyBUF_C_CONTIGUOUS) && !view.is_c_contiguous() {
            return refuse("is not C-contiguous");
        }
        if wants(ffi::PyBUF_F_CONTIGUOUS) && !view.is_f_contiguous() {
            return refuse("is not Fortran contiguous");
        }
        if wants(ffi::PyBUF_ANY_CONTIGUOUS) && !view.is_c_contiguous() && !view.is_f_contiguous() {
            return refuse("is not contiguous");
        }
        if !wants(ffi::PyBUF_INDIRECT) && view.window.suboffsets().is_some() {
            return refuse("requires suboffsets");
        }
        if !request.has_strides && !view.is_c_contiguous() {
            return refuse("is not C-contiguous");
        }
        if !request.has_shape && request.has_format {
            let message = "View: cannot cast to unsigned bytes if the format flag is present";
            return Err(PyBufferError::new_err(message));
        }
        if request.has_format && view.format.exported().is_none() {
            let message = format!(
                "View: the buffer protocol has no code for {}; use DLPack, or cast to bytes",
                view.format
            );
            return Err(PyBufferError::new_err(message));
        }
        Ok(request)
    }
}
