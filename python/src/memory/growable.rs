//! `Buffer`: bytes that grow while nobody holds them, as an exporter.

use std::ffi::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytelens::Error;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

use super::bytes_from;
use crate::error::raised;
use crate::view::View;

/// Bytes of its own that grow while nobody holds them, and say how many do.
///
/// `source` is any bytes-like object, which is copied, or a number of zeros. Whoever sees the bytes, a `View`, a
/// `memoryview`, an array of NumPy, holds them: until it lets go, `extend` and `resize` raise `BufferError`.
#[derive(Debug)]
#[pyclass(frozen, weakref, name = "Buffer", module = "bytelens")]
pub(crate) struct Growable {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bytes: Vec<u8>,
    holders: usize,
    exclusive: Exclusive,
}

/// Whether one holder has the bytes alone.
#[derive(Debug, PartialEq)]
enum Exclusive {
    No,
    /// The next one will.
    Next,
    Yes,
}

impl Growable {
    /// No Python code runs while it is locked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self, action: &'static str) -> PyResult<MutexGuard<'_, State>> {
        let state = self.lock();
        match state.holders {
            0 => Ok(state),
            holders => Err(raised(Error::Held { action, holders })),
        }
    }
}

#[pymethods]
impl Growable {
    #[new]
    #[pyo3(signature = (source = None))]
    fn py_new(source: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let bytes = match source {
            None => Vec::new(),
            Some(source) if source.is_instance_of::<PyInt>() => {
                let message = "Buffer: expected a size of 0 or more, or a bytes-like object";
                let len = source.extract().map_err(|_| PyValueError::new_err(message))?;
                zeros(len)?
            }
            Some(source) => copied(source)?,
        };
        Ok(Self { state: Mutex::new(State { bytes, holders: 0, exclusive: Exclusive::No }) })
    }

    fn __len__(&self) -> usize {
        self.lock().bytes.len()
    }

    fn __repr__(&self) -> String {
        let state = self.lock();
        format!("<bytelens.Buffer of {} bytes, held {} times>", state.bytes.len(), state.holders)
    }

    /// How many hold the bytes.
    #[getter]
    fn holders(&self) -> usize {
        self.lock().holders
    }

    /// Sees the bytes, and holds them until the view is released.
    fn view(slf: &Bound<'_, Self>) -> PyResult<View> {
        View::of(slf)
    }

    /// Sees the bytes as their only holder: every other is refused until the view is released.
    ///
    /// Raises `BufferError` if somebody holds them already.
    fn hold_alone(slf: &Bound<'_, Self>) -> PyResult<View> {
        slf.get().free("hold alone")?.exclusive = Exclusive::Next;
        View::of(slf)
    }

    /// Adds bytes at the end.
    ///
    /// Raises `BufferError` while somebody holds the bytes, `MemoryError` if there is no room; nothing changes then.
    fn extend(&self, more: &Bound<'_, PyAny>) -> PyResult<()> {
        let more = copied(more)?;
        let mut state = self.free("grow")?;
        state.bytes.try_reserve(more.len()).map_err(|_| no_memory())?;
        state.bytes.extend_from_slice(&more);
        Ok(())
    }

    /// Cuts, or fills up with zeros, to so many bytes.
    ///
    /// Raises as `extend` does.
    fn resize(&self, len: usize) -> PyResult<()> {
        let mut state = self.free("resize")?;
        let more = len.saturating_sub(state.bytes.len());
        state.bytes.try_reserve(more).map_err(|_| no_memory())?;
        state.bytes.resize(len, 0);
        Ok(())
    }

    /// Copies all bytes.
    fn tobytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let state = self.lock();
        bytes_from(py, state.bytes.len(), |bytes| {
            bytes.copy_from_slice(&state.bytes);
            Ok(())
        })
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("cannot pickle or copy a 'Buffer' object; Buffer(b) copies"))
    }

    /// Hands the bytes to a consumer, which holds them from then on.
    ///
    /// # Safety
    ///
    /// `buffer` is what the interpreter hands to `bf_getbuffer`: valid for writes.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let mut state = slf.get().lock();
        if state.exclusive == Exclusive::Yes {
            let holders = state.holders;
            drop(state);
            // SAFETY: it is valid for writes, and an error leaves no exporter in it.
            unsafe { (*buffer).obj = std::ptr::null_mut() };
            return Err(raised(Error::Held { action: "hold", holders }));
        }
        let len = state.bytes.len().cast_signed();
        let start = state.bytes.as_mut_ptr();
        // SAFETY: while there are holders the vector is neither moved nor freed nor referred to for writing,
        // and the consumer gets a reference to its owner.
        let failed =
            unsafe { ffi::PyBuffer_FillInfo(buffer, slf.as_ptr(), start.cast(), len, 0, flags) };
        if failed != 0 {
            drop(state);
            return Err(PyErr::fetch(slf.py()));
        }
        state.holders += 1;
        if state.exclusive == Exclusive::Next {
            state.exclusive = Exclusive::Yes;
        }
        Ok(())
    }

    /// Counts a holder less.
    ///
    /// # Safety
    ///
    /// Called by the interpreter, once for each buffer that was filled.
    unsafe fn __releasebuffer__(&self, _buffer: *mut ffi::Py_buffer) {
        let mut state = self.lock();
        state.holders -= 1;
        if state.holders == 0 {
            state.exclusive = Exclusive::No;
        }
    }
}

/// The bytes that an exporter has.
fn copied(exporter: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let view = View::of(exporter)?;
    view.window.read(exporter.py(), |view| view.to_bytes())?.map_err(raised)
}

fn zeros(len: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| no_memory())?;
    bytes.resize(len, 0);
    Ok(bytes)
}

fn no_memory() -> PyErr {
    PyMemoryError::new_err("Buffer: not so much memory is free")
}
