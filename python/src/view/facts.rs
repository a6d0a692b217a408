//! What a view says of itself: whose memory it is, and where in it the elements lie.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PyString, PyTuple};

use super::View;
use crate::memory::Pointed;

#[pymethods]
impl View {
    /// The object whose memory it is; of a `memoryview`, the object that it is a view of.
    #[getter]
    fn obj<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _kept = self.window.keep(py)?;
        let exporter = self.window.hold().get().exporter(py);
        if let Some(Ok(pointed)) = exporter.as_ref().map(|exporter| exporter.cast::<Pointed>()) {
            return pointed.get().whole().obj(py);
        }
        match exporter.as_ref().map(|exporter| exporter.cast::<PyMemoryView>()) {
            Some(Ok(view)) => view.getattr(intern!(py, "obj")).map(Some),
            _ => Ok(exporter),
        }
    }

    /// Size in bytes of a contiguous copy; gaps do not count.
    #[getter]
    fn nbytes(&self) -> PyResult<usize> {
        self.window.check()?;
        Ok(self.window.nbytes())
    }

    /// Whether the memory cannot be written.
    #[getter]
    fn readonly(&self) -> PyResult<bool> {
        self.window.check()?;
        Ok(self.is_readonly)
    }

    /// What an element is, as the module `struct` and PEP 3118 write it; the exporter's own text.
    #[getter]
    fn format(&self) -> PyResult<String> {
        self.window.check()?;
        Ok(self.format.to_string())
    }

    /// Size of an element in bytes.
    #[getter(itemsize)]
    fn py_itemsize(&self) -> PyResult<usize> {
        self.window.check()?;
        Ok(self.itemsize())
    }

    /// The number of axes, 0 to 64.
    #[getter]
    fn ndim(&self) -> PyResult<usize> {
        self.window.check()?;
        Ok(self.window.shape().len())
    }

    /// The number of elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.window.check()?;
        PyTuple::new(py, self.window.shape())
    }

    /// Bytes from one element to the next along each axis; they may be 0 or negative.
    #[getter]
    fn strides<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.window.check()?;
        PyTuple::new(py, self.window.strides())
    }

    /// What is added to the pointers of each axis, for arrays of pointers; else empty.
    #[getter]
    fn suboffsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.window.check()?;
        PyTuple::new(py, self.window.suboffsets().unwrap_or_default())
    }

    /// Whether elements lie in C order without gaps.
    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        self.window.check()?;
        Ok(self.is_c_contiguous())
    }

    /// Whether elements lie in Fortran order (the first axis the fastest) without gaps.
    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        self.window.check()?;
        Ok(self.is_f_contiguous())
    }

    /// Whether elements lie without gaps in one of the two orders.
    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        self.window.check()?;
        Ok(self.is_c_contiguous() || self.is_f_contiguous())
    }

    /// The element type as the library writes it (`u8`, `f32be`, `{x: f32, y: f32}`).
    #[getter(dtype)]
    fn py_dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.window.check()?;
        let dtype = self.dtype().ok_or_else(|| self.unreadable())?;
        Ok(PyString::new(py, &dtype.to_string()))
    }
}
