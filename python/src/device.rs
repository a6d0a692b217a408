//! Devices, and views of their memory.
//!
//! All work is done without the interpreter's lock. Nothing here is of CUDA or of any other way to a device than
//! the library's.

use std::sync::OnceLock;

use bytelens::device::gpu::adapters;
use bytelens::{Buffer, DType, PixelFormat};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::raised;
use crate::image::Image;
use crate::memory::Owned;
use crate::pipeline::{Pipeline, run};
use crate::view::View;

/// What runs pipelines and kernels: the CPU, or a GPU through Vulkan, Metal or DirectX 12.
///
/// Made by `Device.best()`, `Device.named(name)` or `Device.cpu()`.
#[derive(Clone, Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Device {
    device: bytelens::Device,
}

impl Device {
    pub(crate) fn get(&self) -> &bytelens::Device {
        &self.device
    }

    /// The device for work that names none: the best, looked for once.
    pub(crate) fn default_one() -> Self {
        static BEST: OnceLock<Device> = OnceLock::new();
        BEST.get_or_init(|| Self { device: bytelens::Device::best() }).clone()
    }

    pub(crate) fn gpu(&self) -> PyResult<&bytelens::device::gpu::GpuDevice> {
        self.device.as_gpu().ok_or_else(|| {
            let reason = self.device.reason();
            PyRuntimeError::new_err(format!(
                "{} ({reason}) has no memory of its own and runs no kernel; use a GPU, or \
                 Device.named('software'), which needs Mesa's lavapipe",
                self.device
            ))
        })
    }
}

#[pymethods]
impl Device {
    /// The best GPU that is no software, or else the CPU; `reason` says why.
    #[staticmethod]
    fn best(py: Python<'_>) -> Self {
        py.detach(Self::default_one)
    }

    /// The device of that name: "cpu", "gpu", "software", or an adapter's number or a part of its name.
    ///
    /// Raises `ValueError` if there is none of that name, `RuntimeError` if it cannot be opened.
    #[staticmethod]
    fn named(py: Python<'_>, name: &str) -> PyResult<Self> {
        let device = py.detach(|| bytelens::Device::named(name)).map_err(raised)?;
        Ok(Self { device })
    }

    /// The CPU, with so many threads, or one for each core.
    #[staticmethod]
    #[pyo3(signature = (threads = None))]
    fn cpu(threads: Option<usize>) -> Self {
        let device = match threads {
            None => bytelens::Device::cpu(),
            Some(threads) => bytelens::Device::cpu_with_threads(threads),
        };
        Self { device }
    }

    /// Its name, as its driver gives it.
    #[getter]
    fn name(&self) -> String {
        self.device.to_string()
    }

    /// Why it was chosen.
    #[getter]
    fn reason(&self) -> &str {
        self.device.reason()
    }

    /// Whether it is the CPU itself.
    #[getter]
    fn is_cpu(&self) -> bool {
        self.device.is_cpu()
    }

    /// Copies a view, or what can be seen as one, to the memory of the device, where it lies in C order.
    ///
    /// Raises `RuntimeError` on the CPU, `ValueError` for more than the device has room for.
    fn upload(&self, py: Python<'_>, view: &Bound<'_, PyAny>) -> PyResult<DeviceView> {
        let gpu = self.gpu()?;
        let host = View::of(view)?.lent(py)?;
        let view = py.detach(|| gpu.upload(&host.view())).map_err(raised)?;
        Ok(DeviceView { view })
    }

    /// Runs a pipeline, or its text, on a picture or on what exports pixels.
    fn run(&self, pipeline: &Bound<'_, PyAny>, image: &Bound<'_, PyAny>) -> PyResult<Image> {
        run(&Pipeline::of(pipeline)?, image, Some(self.clone()))
    }

    fn __repr__(&self) -> String {
        format!("<bytelens.Device {} ({})>", self.device, self.device.reason())
    }
}

/// Names the adapters of this machine, in the order of their numbers; empty where no driver is installed.
#[pyfunction]
pub(crate) fn devices(py: Python<'_>) -> Vec<String> {
    py.detach(|| adapters().iter().map(ToString::to_string).collect())
}

/// A view of a device's memory: sliced and turned like a `View`, and brought back by `download`.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct DeviceView {
    view: bytelens::DeviceView,
}

impl DeviceView {
    pub(crate) fn get(&self) -> &bytelens::DeviceView {
        &self.view
    }
}

impl From<bytelens::DeviceView> for DeviceView {
    fn from(view: bytelens::DeviceView) -> Self {
        Self { view }
    }
}

/// A buffer of the library as a view of Python.
pub(crate) fn view_from(py: Python<'_>, buffer: Buffer) -> PyResult<View> {
    let layout = buffer.layout().clone();
    let owner = Bound::new(py, Owned::new(buffer)?)?;
    View::through(owner.as_any(), &layout)
}

#[pymethods]
impl DeviceView {
    /// The number of elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.view.shape())
    }

    /// Bytes from one element to the next along each axis.
    #[getter]
    fn strides<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.view.strides())
    }

    /// The element type as the library writes it.
    #[getter]
    fn dtype(&self) -> String {
        self.view.dtype().to_string()
    }

    /// The number of axes.
    #[getter]
    fn ndim(&self) -> usize {
        self.view.ndim()
    }

    /// Size in bytes of a contiguous copy.
    #[getter]
    fn nbytes(&self) -> usize {
        self.view.nbytes()
    }

    /// A view of a part, as `View` takes it; every axis that an int names goes. No byte moves.
    fn __getitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<Self> {
        let parts = crate::view::index_of(key, self.view.shape())?;
        self.seen(|view| view.select(&parts))
    }

    /// The axes in reverse order.
    #[getter(T)]
    fn transposed(&self) -> Self {
        Self { view: self.view.transpose() }
    }

    /// Puts the axes in another order.
    #[pyo3(signature = (*order))]
    fn permute(&self, order: Vec<usize>) -> PyResult<Self> {
        self.seen(|view| view.permute(&order))
    }

    /// Walks one axis backwards.
    #[pyo3(signature = (axis = 0))]
    fn flip(&self, axis: usize) -> PyResult<Self> {
        self.seen(|view| view.flip(axis))
    }

    /// Gives the elements another shape; one length may be -1.
    #[pyo3(signature = (*shape))]
    fn reshape(&self, shape: Vec<isize>) -> PyResult<Self> {
        self.seen(|view| view.reshape(&shape))
    }

    /// Reads the bytes along the last axis as elements of another format.
    fn cast(&self, format: &str) -> PyResult<Self> {
        let dtype = DType::from_format(format).map_err(raised)?;
        self.seen(|view| view.cast(dtype))
    }

    /// Runs a pipeline, or its text, on pixels of shape (height, width, channels); the result stays on the device.
    ///
    /// They are grey, grey and alpha, RGB or RGBA by the number of channels, in sRGB. Raises `ValueError` for ops
    /// that look at the pixels first: those are on the device.
    fn run(&self, py: Python<'_>, pipeline: &Bound<'_, PyAny>) -> PyResult<Self> {
        let chain = Pipeline::of(pipeline)?;
        let channels = self.view.shape().last().copied().unwrap_or(0);
        let format = PixelFormat::from_channels(channels).map_err(raised)?;
        let made = py.detach(|| chain.run_on_device(&self.view, format));
        made.map(Self::from).map_err(raised)
    }

    /// Copies the elements to memory of the host, in C order; the result can be written.
    fn download(&self, py: Python<'_>) -> PyResult<View> {
        view_from(py, py.detach(|| self.view.download()).map_err(raised)?)
    }

    /// Sees the elements without copying them, where the host shares the device's memory; read-only.
    ///
    /// Until the result is gone the device may not use the memory, and says so with `BufferError`.
    fn map(&self, py: Python<'_>) -> PyResult<View> {
        let mapped = py.detach(|| self.view.map().and_then(|mapped| mapped.into_buffer()));
        view_from(py, mapped.map_err(raised)?)
    }

    fn __len__(&self) -> PyResult<usize> {
        let len = self.view.shape().first().copied();
        len.ok_or_else(|| pyo3::exceptions::PyTypeError::new_err("0-dim memory has no length"))
    }

    fn __repr__(&self) -> String {
        format!("<bytelens.DeviceView {} on {}>", self.view.layout(), self.view.device().name())
    }
}

impl DeviceView {
    fn seen(
        &self,
        turn: impl FnOnce(&bytelens::DeviceView) -> bytelens::Result<bytelens::DeviceView>,
    ) -> PyResult<Self> {
        turn(&self.view).map(Self::from).map_err(raised)
    }
}
