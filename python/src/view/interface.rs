//! `__array_interface__`, NumPy's older protocol: given by views, and taken from objects that have no other.

use bytelens::{DType, Layout};
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::View;
use crate::error::raised;
use crate::format::Format;
use crate::memory::opaque;

#[pymethods]
impl View {
    /// Shape, strides, type and address of the elements, as NumPy reads them.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.window.check()?;
        let layout = self.typed_layout()?;
        let addresses = self.window.addresses().unwrap_or_default();
        let first = addresses.start + (layout.offset() - layout.span().start);
        let interface = PyDict::new(py);
        let text = layout.dtype().numpy().map_err(raised)?;
        if layout.dtype().fields().is_empty() {
            interface.set_item("typestr", text)?;
        } else {
            let fields = py.import("ast")?.call_method1("literal_eval", (text,))?;
            interface.set_item("typestr", format!("|V{}", layout.dtype().size()))?;
            interface.set_item("descr", fields)?;
        }
        interface.set_item("shape", PyTuple::new(py, layout.shape())?)?;
        interface.set_item("strides", PyTuple::new(py, layout.strides())?)?;
        interface.set_item("data", (first, self.is_readonly))?;
        interface.set_item("version", 3)?;
        Ok(interface)
    }
}

impl View {
    /// Sees what an object's `__array_interface__` describes, if its data is an exporter of buffers: addresses
    /// alone are not trusted.
    pub(super) fn of_interface(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = object.py();
        let Ok(interface) = object.getattr("__array_interface__") else { return Ok(None) };
        let data = interface.get_item("data").ok().filter(|data| !data.is_instance_of::<PyTuple>());
        let Some(data) = data.filter(|data| !data.is_none()) else { return Ok(None) };
        let bytes = Self::of(&data)?;
        let dtype = DType::from_numpy(&interface.get_item("typestr")?.extract::<String>()?);
        let dtype = dtype.map_err(raised)?;
        let shape: Vec<usize> = interface.get_item("shape")?.extract()?;
        let strides = interface.get_item("strides").ok().filter(|strides| !strides.is_none());
        let size = opaque(dtype.size())?;
        let layout = match strides {
            None => Layout::contiguous(size, &shape),
            Some(strides) => Layout::new(size, &shape, &strides.extract::<Vec<isize>>()?, 0),
        };
        let layout = layout.map_err(raised)?;
        if !bytes.is_c_contiguous() {
            let message = "__array_interface__: the data is not contiguous";
            return Err(PyBufferError::new_err(message));
        }
        let layout = layout.shifted(bytes.layout().offset()).map_err(raised)?;
        bytes.recast(py, layout, Format::from_dtype(&dtype)).map(Some)
    }
}

/// Says that an object exports no buffer.
pub(super) fn no_exporter(object: &Bound<'_, PyAny>) -> PyErr {
    let got = object.get_type().name().map_or_else(|_| "object".into(), |name| name.to_string());
    PyTypeError::new_err(format!("View: a bytes-like object is required, not '{got}'"))
}
