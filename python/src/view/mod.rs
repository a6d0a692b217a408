//! `View`: `memoryview`, with more dimensions, and a way to the device and back.
//!
//! This file has the class and what it is made from. What it says of itself, how it is indexed, written, cast,
//! compared and turned stands in the files beside it. A view knows no device, and computes nothing.
//!
//! Every method may be called on a view that has been released, or is being released by a call-back or
//! another thread: it raises `ValueError` and touches nothing.

mod algebra;
mod assign;
mod cast;
mod compare;
mod content;
mod facts;
mod index;
mod interface;
mod iter;
mod key;

pub(crate) use key::index_of;

use std::sync::OnceLock;

use bytelens::{Buffer, DType, Layout};
use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::raised;
use crate::format::Format;
use crate::memory::{Exported, Hold, Kept, Window};

/// Sees the memory of an object that exports the buffer protocol, without copying it.
///
/// A `View` keeps the rules and exceptions of `memoryview`, and goes on where that gives up: sub-views in any
/// number of dimensions, other orders of axes, other shapes, every byte order, structs. Strides are in bytes.
/// While a view is there its exporter keeps the memory where it is; `release()` or a `with` block ends that.
///
/// Raises `TypeError` for an object that exports no buffer, and what the exporter raises.
#[derive(Debug)]
#[pyclass(frozen, weakref, generic, sequence, name = "View", module = "bytelens")]
pub(crate) struct View {
    pub(crate) window: Window,
    pub(crate) format: Format,
    pub(crate) is_readonly: bool,
    hash: OnceLock<isize>,
}

impl View {
    #[inline(always)]
    pub(crate) fn new(window: Window, format: Format, is_readonly: bool) -> Self {
        Self { window, format, is_readonly, hash: OnceLock::new() }
    }

    /// Sees the memory of any exporter; a view of a view shares its hold.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(view) = object.cast::<Self>() {
            return view.get().again(object.py());
        }
        if !Hold::can_acquire(object) {
            let found = Self::of_interface(object)?;
            return found.ok_or_else(|| interface::no_exporter(object));
        }
        let Exported { hold, layout, suboffsets, format, is_readonly } = Hold::acquire(object)?;
        let window = Window::new(hold, layout, suboffsets)?;
        Ok(Self::new(window, format, is_readonly))
    }

    /// Sees the memory of an exporter of our own as elements of a type, through a layout.
    pub(crate) fn through(object: &Bound<'_, PyAny>, layout: &Layout) -> PyResult<Self> {
        let bytes = Self::of(object)?;
        let format = Format::from_dtype(layout.dtype());
        let (shape, strides) = (layout.shape(), layout.strides());
        let dtype = crate::memory::opaque(layout.dtype().size())?;
        let layout = Layout::new(dtype, shape, strides, layout.offset()).map_err(raised)?;
        let window = bytes.window.through(object.py(), layout, None)?;
        Ok(Self::new(window, format, bytes.is_readonly))
    }

    /// The same elements once more, with a share of their own.
    pub(crate) fn again(&self, py: Python<'_>) -> PyResult<Self> {
        match self.window.grid() {
            Some(grid) => self.seen(self.window.keep(py)?, *grid),
            None => self.part(py, self.layout().clone()),
        }
    }

    /// The same elements through another layout, with the suboffsets that there are.
    fn part(&self, py: Python<'_>, layout: Layout) -> PyResult<Self> {
        self.part_of(self.window.keep(py)?, layout)
    }

    /// The same, of memory that has been kept since before call-backs ran.
    fn part_of(&self, kept: Kept<'_, '_>, layout: Layout) -> PyResult<Self> {
        let suboffsets = self.window.suboffsets().map(Box::from);
        let window = kept.into_window(layout, suboffsets)?;
        Ok(Self::new(window, self.format.clone(), self.is_readonly))
    }

    /// The same memory through a layout of elements of another format.
    pub(crate) fn recast(&self, py: Python<'_>, layout: Layout, format: Format) -> PyResult<Self> {
        Ok(Self::new(self.window.through(py, layout, None)?, format, self.is_readonly))
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.window.layout()
    }

    /// The layout with the elements' type instead of so many bytes.
    ///
    /// # Errors
    ///
    /// A format whose elements cannot be read, or suboffsets.
    pub(crate) fn typed_layout(&self) -> PyResult<Layout> {
        self.refuse_suboffsets("this")?;
        let dtype = self.format.dtype().ok_or_else(|| self.unreadable())?;
        let (layout, size) = (self.layout(), self.itemsize());
        let same_size = if dtype.size() == size { dtype } else { return Err(self.unreadable()) };
        let (shape, strides) = (layout.shape(), layout.strides());
        Layout::new(same_size, shape, strides, layout.offset()).map_err(raised)
    }

    /// The memory as a buffer of the library, held for as long as that is there, for work without the
    /// interpreter's lock. Nothing is copied but what pointers lead to.
    ///
    /// # Errors
    ///
    /// A view that has been released, or a format that cannot be read.
    pub(crate) fn lent(&self, py: Python<'_>) -> PyResult<Buffer> {
        self.window.check()?;
        if self.window.suboffsets().is_some() {
            return self.copied(py)?.lent(py);
        }
        let layout = self.typed_layout()?;
        Buffer::from_owner(self.window.lend(py)?, layout).map_err(raised)
    }

    /// The element type, where elements can be read: what the format says is as large as an item.
    fn dtype(&self) -> Option<DType> {
        self.format.dtype().filter(|dtype| dtype.size() == self.itemsize())
    }

    pub(crate) fn itemsize(&self) -> usize {
        self.window.itemsize()
    }

    fn unreadable(&self) -> PyErr {
        let message = format!("View: format {} not supported; cast to bytes first", self.format);
        PyNotImplementedError::new_err(message)
    }

    fn refuse_suboffsets(&self, what: &str) -> PyResult<()> {
        if self.window.suboffsets().is_none() {
            return Ok(());
        }
        let message =
            format!("View: {what} is not implemented for suboffsets; copy with tobytes()");
        Err(PyNotImplementedError::new_err(message))
    }

    #[inline(always)]
    pub(crate) fn is_c_contiguous(&self) -> bool {
        match self.window.grid() {
            Some(grid) => grid.is_contiguous(),
            None => self.window.suboffsets().is_none() && self.layout().is_contiguous(),
        }
    }

    pub(crate) fn is_f_contiguous(&self) -> bool {
        match self.window.grid() {
            Some(grid) => grid.is_f_contiguous(),
            None => self.window.suboffsets().is_none() && self.layout().is_f_contiguous(),
        }
    }
}

#[pymethods]
impl View {
    #[new]
    #[pyo3(signature = (object))]
    fn py_new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::of(object)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.window.check()?;
        match self.window.shape().first() {
            Some(len) => Ok(*len),
            // As the interpreter's own memoryview.
            None if py.version_info() < (3, 12) => Ok(1),
            None => Err(PyTypeError::new_err("0-dim memory has no length")),
        }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let state = if slf.get().window.is_released() { "released memory" } else { "memory" };
        format!("<{state} at {:p}>", slf.as_ptr())
    }

    /// Gives the memory back to its exporter, as far as this view holds it; once is enough.
    ///
    /// Raises `BufferError` while consumers of this view hold it.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.window.release(py)
    }

    fn __enter__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        slf.get().window.check()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.window.release(py)
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("cannot pickle or copy a 'View' object; tobytes() copies"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.window.hold())
    }

    /// Lets the exporter go: what is left of a cycle cannot use the view any more.
    fn __clear__(&self, py: Python<'_>) {
        // A consumer that still uses it will be cleared in its turn.
        let _ = self.window.release(py);
    }
}

/// Reads a shape from Python: a tuple or list of ints, or one int.
fn lengths(shape: &Bound<'_, PyAny>) -> PyResult<Vec<isize>> {
    shape
        .extract::<Vec<isize>>()
        .or_else(|_| shape.extract::<isize>().map(|len| vec![len]))
        .map_err(|_| PyTypeError::new_err("shape must be an int, or a tuple or list of ints"))
}

/// Reads the name of an axis from Python: negative numbers count from the end.
fn axis(view: &View, axis: isize) -> PyResult<usize> {
    let ndim = view.window.shape().len();
    let from_start =
        if axis < 0 { ndim.checked_add_signed(axis) } else { Some(axis.unsigned_abs()) };
    from_start.filter(|axis| *axis < ndim).ok_or_else(|| {
        PyValueError::new_err(format!("axis {axis} is not one of the view's {ndim} axes"))
    })
}
