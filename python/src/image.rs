//! Pictures: a view, what its numbers mean, and ops that are to be done to it.
//!
//! An op that is asked for is added to a chain; the chain runs when pixels are asked for, so that what can be one
//! pass is one. Nothing here knows an op by name: they are the registry's.

use std::sync::OnceLock;

use bytelens::image::{Alpha, Transfer};
use bytelens::{DType, Pipeline as Chain, PixelFormat};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::device::{Device, view_from};
use crate::error::raised;
use crate::pipeline::{Pipeline, op_from};
use crate::view::View;

/// A picture: pixels of shape (height, width, channels) or (height, width), and what they mean.
///
/// `pixels` is any exporter of `uint8`, `uint16`, `float16` or `float32` with 1 to 4 channels (grey, grey and
/// alpha, RGB, RGBA) in any strides; it is seen in place. `alpha` is "straight" or "premultiplied", `transfer`
/// "srgb" or "linear". Every operation is a method that returns another `Image`; the chain of them runs when the
/// pixels are asked for (`view`, `run`, `encode`, `save`), on `device` if `on` chose one, else on the best one.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Image {
    source: bytelens::Image,
    chain: Chain,
    device: Option<Device>,
    done: OnceLock<bytelens::Image>,
}

impl Image {
    pub(crate) fn new(source: bytelens::Image) -> Self {
        Self { source, chain: Chain::new(), device: None, done: OnceLock::new() }
    }

    /// An image, or one of the pixels of an exporter.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<bytelens::Image> {
        match object.cast::<Self>() {
            Ok(image) => image.get().pixels(object.py()),
            Err(_) => from_pixels(object, "straight", "srgb"),
        }
    }

    fn with(&self, chain: Chain) -> Self {
        let (source, device) = (self.source.clone(), self.device.clone());
        Self { source, chain, device, done: OnceLock::new() }
    }

    /// The pixels, once the chain has run.
    pub(crate) fn pixels(&self, py: Python<'_>) -> PyResult<bytelens::Image> {
        if self.chain.ops().is_empty() {
            return Ok(self.source.clone());
        }
        if let Some(done) = self.done.get() {
            return Ok(done.clone());
        }
        let device = self.device.clone();
        let made = py.detach(|| {
            let device = device.unwrap_or_else(Device::default_one);
            self.chain.run(device.get(), &self.source)
        });
        let made = made.map_err(raised)?;
        // Of two threads that ran it at once the first one's result is kept.
        Ok(self.done.get_or_init(|| made).clone())
    }
}

#[pymethods]
impl Image {
    #[new]
    #[pyo3(signature = (pixels, *, alpha = "straight", transfer = "srgb"))]
    fn py_new(pixels: &Bound<'_, PyAny>, alpha: &str, transfer: &str) -> PyResult<Self> {
        from_pixels(pixels, alpha, transfer).map(Self::new)
    }

    /// The pixels, of shape (height, width, channels), read-only.
    #[getter]
    fn view(&self, py: Python<'_>) -> PyResult<View> {
        view_from(py, self.pixels(py)?.buffer().clone())
    }

    /// Height, width and channels, in pixels and numbers.
    #[getter]
    fn shape(&self, py: Python<'_>) -> PyResult<(usize, usize, usize)> {
        let image = self.pixels(py)?;
        Ok((image.height(), image.width(), image.format().channels()))
    }

    /// Width in pixels.
    #[getter]
    fn width(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.pixels(py)?.width())
    }

    /// Height in pixels.
    #[getter]
    fn height(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.pixels(py)?.height())
    }

    /// What is yet to be done to the source, as a pipeline.
    #[getter]
    fn pipeline(&self) -> Pipeline {
        Pipeline::from(self.chain.clone())
    }

    /// Adds the op of that name; each op is also a method of its own name.
    #[pyo3(signature = (op, /, *values, **named))]
    fn then(
        &self,
        op: &str,
        values: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(self.with(Pipeline::join(&self.chain, &op_from(op, values, named)?)?))
    }

    /// Chooses the device on which the chain is to run.
    fn on(&self, device: &Bound<'_, Device>) -> Self {
        let mut image = self.with(self.chain.clone());
        image.device = Some(device.get().clone());
        image
    }

    /// Runs the chain now; of an image without a chain it is the image.
    fn run<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        slf.get().pixels(slf.py())?;
        Ok(slf)
    }

    fn __repr__(&self) -> String {
        let source = &self.source.info().layout;
        let chain = self.chain.to_string();
        if chain.is_empty() {
            return format!("<bytelens.Image {source}>");
        }
        format!("<bytelens.Image {source} | {chain}>")
    }
}

/// Reads what the numbers of an exporter mean from their shape and from words.
fn from_pixels(
    object: &Bound<'_, PyAny>,
    alpha: &str,
    transfer: &str,
) -> PyResult<bytelens::Image> {
    let buffer = View::of(object)?.lent(object.py())?;
    let layout = match buffer.shape().len() {
        2 => buffer.layout().newaxis(2).map_err(raised)?,
        _ => buffer.layout().clone(),
    };
    let &[_, _, channels] = layout.shape() else {
        return Err(PyValueError::new_err(format!(
            "Image: expected the shape (height, width, channels) or (height, width), got {:?}",
            layout.shape()
        )));
    };
    let mut format = PixelFormat::from_channels(channels).map_err(raised)?;
    format.alpha = match (format.has_alpha(), alpha) {
        (has_alpha, "straight") => {
            if has_alpha {
                Alpha::Straight
            } else {
                Alpha::None
            }
        }
        (has_alpha, "premultiplied") => {
            if has_alpha {
                Alpha::Premultiplied
            } else {
                Alpha::None
            }
        }
        (_, other) => return Err(word("alpha", "'straight' or 'premultiplied'", other)),
    };
    format.transfer = match transfer {
        "srgb" => Transfer::Srgb,
        "linear" => Transfer::Linear,
        other => return Err(word("transfer", "'srgb' or 'linear'", other)),
    };
    if ![DType::U8, DType::U16, DType::F16, DType::F32].contains(layout.dtype()) {
        let got = layout.dtype();
        let message =
            format!("Image: expected u8, u16, f16 or f32 in native byte order, got {got}");
        return Err(pyo3::exceptions::PyTypeError::new_err(message));
    }
    let buffer = buffer.with_layout(layout).map_err(raised)?;
    bytelens::Image::new(buffer, format).map_err(raised)
}

fn word(param: &str, expected: &str, got: &str) -> PyErr {
    PyValueError::new_err(format!("Image: {param} must be {expected}, got {got:?}"))
}
