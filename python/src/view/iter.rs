//! Iterating over a view: its elements, or its parts along the first axis.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytelens::Index;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::View;
use crate::error::raised;
use crate::memory::part_of_pointers;

/// Gives what a view has along its first axis, one after the other.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct ViewIterator {
    view: Py<View>,
    at: AtomicUsize,
}

#[pymethods]
impl View {
    fn __iter__(slf: &Bound<'_, Self>) -> PyResult<ViewIterator> {
        let view = slf.get();
        view.window.check()?;
        if view.window.shape().is_empty() {
            return Err(PyTypeError::new_err("invalid indexing of 0-dim memory"));
        }
        Ok(ViewIterator { view: slf.clone().unbind(), at: AtomicUsize::new(0) })
    }
}

impl View {
    /// The element or part at a position of the first axis, which has it.
    pub(super) fn along_first_axis<'py>(
        &self,
        py: Python<'py>,
        at: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.window.shape().len() == 1 {
            return self.item(py, &[at]);
        }
        if let Some(grid) = self.window.grid() {
            let mut part = *grid;
            part.take(0, at);
            return self.seen(self.window.keep(py)?, part)?.into_bound_py_any(py);
        }
        if self.window.suboffsets().is_some() {
            let index = [Index::At(at.cast_signed())];
            return part_of_pointers(self, py, &index)?.into_bound_py_any(py);
        }
        let layout = self.layout().index(0, at.cast_signed()).map_err(raised)?;
        self.part(py, layout)?.into_bound_py_any(py)
    }

    /// The length of the first axis.
    pub(super) fn first_len(&self) -> usize {
        self.window.shape().first().copied().unwrap_or(0)
    }
}

#[pymethods]
impl ViewIterator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let view = self.view.get();
        let len = view.first_len();
        // Stops at the end, however often it is asked there.
        let next = |at: usize| if at < len { Some(at + 1) } else { None };
        match self.at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Err(_) => Ok(None),
            Ok(at) => {
                view.window.check()?;
                view.along_first_axis(py, at).map(Some)
            }
        }
    }

    fn __length_hint__(&self) -> usize {
        self.view.get().first_len() - self.at.load(Ordering::Relaxed)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.view)
    }
}
