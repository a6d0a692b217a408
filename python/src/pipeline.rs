//! Pipelines: chains of ops as text or by methods.
//!
//! Ops come from the registry: `ops()` describes them, and the package makes a method of each. A call becomes the
//! text form, which the library checks.

use std::str::FromStr;

use bytelens::op::param::ParamValue;
use bytelens::op::picture::Picture;
use bytelens::ops::REGISTRY;
use bytelens::pipeline::quotes::quoted;
use bytelens::{Limits, Pipeline as Chain};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::device::Device;
use crate::error::raised;
use crate::image::Image;
use crate::view::View;

/// A chain of ops: `Pipeline("resize 800x600 fit=cover | blur 2")`, or
/// `Pipeline().resize("800x600", fit="cover").blur(2)`, which is the same.
///
/// Raises `ValueError` for an op, parameter or value that is none.
#[derive(Clone, Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Pipeline {
    chain: Chain,
}

impl From<Chain> for Pipeline {
    fn from(chain: Chain) -> Self {
        Self { chain }
    }
}

impl Pipeline {
    /// One chain behind another.
    ///
    /// # Errors
    ///
    /// More ops than a pipeline may have.
    pub(crate) fn join(first: &Chain, second: &Chain) -> PyResult<Chain> {
        let texts = [first.to_string(), second.to_string()];
        let both: Vec<&str> =
            texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        Chain::from_str(&both.join(" | ")).map_err(raised)
    }

    /// A pipeline, or one of text.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Chain> {
        if let Ok(pipeline) = object.cast::<Self>() {
            return Ok(pipeline.get().chain.clone());
        }
        let text = object.cast::<PyString>().map_err(|_| {
            let got = object.get_type().name().map_or_else(|_| String::new(), |it| it.to_string());
            PyTypeError::new_err(format!("expected a Pipeline or its text, got {got}"))
        })?;
        Chain::from_str(text.to_str()?).map_err(raised)
    }
}

#[pymethods]
impl Pipeline {
    #[new]
    #[pyo3(signature = (text = ""))]
    fn py_new(text: &str) -> PyResult<Self> {
        Ok(Self { chain: Chain::from_str(text).map_err(raised)? })
    }

    /// Adds the op of that name; each op is also a method of its own name.
    #[pyo3(signature = (op, /, *values, **named))]
    fn then(
        &self,
        op: &str,
        values: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self { chain: Self::join(&self.chain, &op_from(op, values, named)?)? })
    }

    /// This pipeline, and then another.
    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { chain: Self::join(&self.chain, &Self::of(other)?)? })
    }

    /// Runs the chain on a picture, or on what exports pixels; on the best device unless one is given.
    ///
    /// Raises `ValueError` where an op does not fit the picture, `RuntimeError` where the device fails.
    #[pyo3(signature = (image, device = None))]
    fn run(&self, image: &Bound<'_, PyAny>, device: Option<&Bound<'_, Device>>) -> PyResult<Image> {
        run(&self.chain, image, device.map(|device| device.get().clone()))
    }

    /// Says in words which passes the chain becomes for such a picture, and what they cost.
    #[pyo3(signature = (image, device = None))]
    fn explain(
        &self,
        image: &Bound<'_, PyAny>,
        device: Option<&Bound<'_, Device>>,
    ) -> PyResult<String> {
        let source = Image::of(image)?;
        let device = device.map(|device| device.get().clone());
        let chain = self.chain.clone();
        let explained = image.py().detach(|| {
            let device = device.unwrap_or_else(Device::default_one);
            let chain = if chain.looks() { chain.settle(&source)? } else { chain };
            Ok(chain.explain(device.get(), source.info())?.to_string())
        });
        explained.map_err(raised)
    }

    /// The names of its ops.
    #[getter]
    fn ops(&self) -> Vec<&'static str> {
        self.chain.ops().iter().map(|op| op.spec().name).collect()
    }

    fn __len__(&self) -> usize {
        self.chain.ops().len()
    }

    fn __str__(&self) -> String {
        self.chain.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Pipeline({:?})", self.chain.to_string())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.chain.to_string() == other.chain.to_string()
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, &self.chain.to_string()).hash()
    }
}

/// Runs a chain on a picture without the interpreter's lock.
pub(crate) fn run(
    chain: &Chain,
    image: &Bound<'_, PyAny>,
    device: Option<Device>,
) -> PyResult<Image> {
    let source = Image::of(image)?;
    let made = image.py().detach(|| {
        let device = device.unwrap_or_else(Device::default_one);
        chain.run(device.get(), &source)
    });
    made.map(Image::new).map_err(raised)
}

/// One op as a chain: its name, values in the order of its parameters, and values by name.
pub(crate) fn op_from(
    name: &str,
    values: &Bound<'_, PyTuple>,
    named: Option<&Bound<'_, PyDict>>,
) -> PyResult<Chain> {
    let mut text = name.to_owned();
    for value in values {
        text.push(' ');
        text.push_str(&quoted(&value_text(&value)?, false));
    }
    for (param, value) in named.into_iter().flatten() {
        let param = param.extract::<String>()?;
        // A parameter that is a word of Python's has an underscore behind it there.
        let param = param.strip_suffix('_').unwrap_or(&param);
        text.push_str(&format!(" {param}={}", quoted(&value_text(&value)?, true)));
    }
    // A name with a bar in it would be two ops.
    if name.contains(|c: char| c == '|' || c.is_whitespace()) {
        return Err(PyValueError::new_err(format!("{name:?} is no name of an op")));
    }
    Chain::from_str(&text).map_err(raised)
}

/// The text form of a value.
fn value_text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(flag.is_true().to_string());
    }
    if value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>()
    {
        return Ok(value.str()?.to_string());
    }
    if value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>() {
        let parts = value.try_iter()?.map(|part| value_text(&part?));
        return Ok(parts.collect::<PyResult<Vec<_>>>()?.join(","));
    }
    if value.is_instance_of::<Image>() || value.is_instance_of::<View>() {
        return Ok(Picture::new(&Image::of(value)?).map_err(raised)?.print());
    }
    let got = value.get_type().name()?;
    let message = format!("expected a str, number, bool, tuple, Image or View, got {got}");
    Err(PyTypeError::new_err(message))
}

/// Describes all operations: a dict for each, with `name`, `kind`, `doc` and `params`, which have `name`, `doc`,
/// `expected` and `default`.
#[pyfunction]
pub(crate) fn ops(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let described = REGISTRY.iter().map(|entry| {
        let spec = entry.spec;
        let params = spec.params.iter().map(|param| {
            let dict = PyDict::new(py);
            dict.set_item("name", param.name)?;
            dict.set_item("doc", param.doc.trim())?;
            dict.set_item("expected", param.expected())?;
            dict.set_item("default", (param.default)())?;
            Ok(dict)
        });
        let dict = PyDict::new(py);
        dict.set_item("name", spec.name)?;
        dict.set_item("kind", spec.kind.to_string())?;
        dict.set_item("doc", spec.doc.trim())?;
        dict.set_item("params", params.collect::<PyResult<Vec<_>>>()?)?;
        Ok(dict)
    });
    described.collect()
}

/// How much of one picture is taken.
pub(crate) fn limits(max_pixels: Option<u64>) -> Limits {
    let mut limits = Limits::default();
    if let Some(max_pixels) = max_pixels {
        limits.max_pixels = max_pixels;
    }
    limits
}
