//! Reading by index: an element, or a part as another view.

use bytelens::Layout;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PyInt, PySlice};
use pyo3::{IntoPyObjectExt, PyResult};

use super::View;
use super::key::{Chosen, position};
use crate::element;
use crate::error::raised;
use crate::format::Format;
use crate::memory::{Grid, Kept, object_like, opaque, part_of_pointers};
use crate::value;

#[pymethods]
impl View {
    /// One element, by an int for each axis; or a view of a part.
    ///
    /// An int takes one position of an axis, which goes; a slice keeps the axis; `...` keeps all that nothing
    /// else names; `None` adds an axis of length 1. Raises `IndexError` for a position outside its axis.
    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, view) = (slf.py(), slf.get());
        // With a share of its own first: call-backs may release this view.
        let kept = view.window.keep(py)?;
        // What most keys are, of most views; `chosen` would find the same.
        if let (Some(grid), Some(native)) = (view.window.grid(), view.format.as_native())
            && let [len] = *grid.shape()
        {
            if let Ok(slice) = key.cast_exact::<PySlice>() {
                let found = slice.indices(len.cast_signed())?;
                let part = grid.slice(0, found.start, found.slicelength, found.step);
                return Ok(view.object(slf, kept, part)?.into_any());
            }
            if key.is_exact_instance_of::<PyInt>() {
                let one = grid.single(&[position(key, len, 0)?]);
                return element::unpack(py, native, kept.load(one));
            }
        }
        let mut left = Grid::default();
        match view.chosen(key, &mut left)? {
            Chosen::Grid => Ok(view.object(slf, kept, left)?.into_any()),
            Chosen::One(one) => match view.format.as_native() {
                Some(native) => element::unpack(py, native, kept.load(one)),
                None => view.seen(kept, one.into())?.compound_item(py, &[]),
            },
            // Of a single element that is the view itself.
            Chosen::Part(_)
                if view.window.shape().is_empty() && key.is_instance_of::<PyEllipsis>() =>
            {
                Ok(slf.clone().into_any())
            }
            Chosen::Element(index) => view.item(py, &index),
            Chosen::Part(layout) => view.part_of(kept, layout)?.into_bound_py_any(py),
            Chosen::Pointers(index) => part_of_pointers(view, py, &index)?.into_bound_py_any(py),
        }
    }

    /// A view of one field of every struct.
    ///
    /// Raises `TypeError` if elements are no structs, `ValueError` if there is no field of that name.
    fn field(&self, py: Python<'_>, name: &str) -> PyResult<Self> {
        self.window.check()?;
        let layout = self.typed_layout()?.field(name).map_err(raised)?;
        let format = Format::from_dtype(layout.dtype());
        let (shape, strides) = (layout.shape(), layout.strides());
        let dtype = opaque(layout.dtype().size())?;
        let layout = Layout::new(dtype, shape, strides, layout.offset()).map_err(raised)?;
        self.recast(py, layout, format)
    }
}

impl View {
    /// Other elements of the same memory.
    #[inline(always)]
    pub(super) fn seen(&self, kept: Kept<'_, '_>, grid: Grid) -> PyResult<Self> {
        Ok(Self::new(kept.into_grid(grid)?, self.format.clone(), self.is_readonly))
    }

    /// The same as an object; the view is that of `like`.
    #[inline(always)]
    pub(super) fn object<'py>(
        &self,
        like: &Bound<'py, Self>,
        kept: Kept<'_, 'py>,
        grid: Grid,
    ) -> PyResult<Bound<'py, Self>> {
        object_like(like, self.seen(kept, grid)?)
    }

    /// The value of one element.
    ///
    /// # Errors
    ///
    /// A view that has been released; a format that cannot be read.
    #[inline]
    pub(crate) fn item<'py>(
        &self,
        py: Python<'py>,
        index: &[usize],
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.format.as_native() {
            Some(native) => element::unpack(py, native, self.window.load(py, index)?),
            None => self.compound_item(py, index),
        }
    }

    fn compound_item<'py>(&self, py: Python<'py>, index: &[usize]) -> PyResult<Bound<'py, PyAny>> {
        let dtype = self.dtype().ok_or_else(|| self.unreadable())?;
        let found = self.window.read(py, |view| {
            let one = index.iter().try_fold(view, |view, at| view.index(0, at.cast_signed()))?;
            one.cast(dtype)?.to_list()
        })?;
        value::from_value(py, &found.map_err(raised)?)
    }
}
