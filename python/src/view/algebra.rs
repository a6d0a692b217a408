//! Other shapes and orders of axes for the same elements: views, never copies unless one is asked for.
//!
//! The arithmetic is the library's, whose names these are.

use bytelens::Layout;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{View, axis, lengths};
use crate::error::raised;
use crate::memory::{Grid, Owned};

impl View {
    /// The same elements along other axes, as a grid where there are few and as a layout where there are more.
    #[inline(always)]
    fn rearranged(
        &self,
        py: Python<'_>,
        of_grid: impl FnOnce(&Grid) -> Option<Grid>,
        of_layout: impl FnOnce(&Layout) -> bytelens::Result<Layout>,
    ) -> PyResult<Self> {
        let kept = self.window.keep(py)?;
        match self.window.grid().and_then(of_grid) {
            Some(grid) => self.seen(kept, grid),
            None => self.turned(py, of_layout),
        }
    }

    fn turned(
        &self,
        py: Python<'_>,
        turn: impl FnOnce(&Layout) -> bytelens::Result<Layout>,
    ) -> PyResult<Self> {
        self.window.check()?;
        self.refuse_suboffsets("this")?;
        self.part(py, turn(self.layout()).map_err(raised)?)
    }

    /// The same for layouts in which elements are seen more than once.
    fn repeated(
        &self,
        py: Python<'_>,
        repeat: impl FnOnce(&Layout) -> bytelens::Result<Layout>,
    ) -> PyResult<Self> {
        let mut view = self.turned(py, repeat)?;
        view.is_readonly = true;
        Ok(view)
    }
}

#[pymethods]
impl View {
    /// The axes in reverse order.
    #[getter(T)]
    fn transposed(&self, py: Python<'_>) -> PyResult<Self> {
        self.rearranged(py, |grid| Some(grid.transpose()), |layout| Ok(layout.transpose()))
    }

    /// Puts the axes in another order, the reverse one if none is given: `v.permute(2, 0, 1)`.
    #[pyo3(signature = (*order))]
    fn permute(&self, py: Python<'_>, order: &Bound<'_, PyTuple>) -> PyResult<Self> {
        self.window.check()?;
        let axes = arguments(order)?;
        if axes.is_empty() {
            return self.transposed(py);
        }
        let order = axes.iter().map(|name| axis(self, *name)).collect::<PyResult<Vec<_>>>()?;
        self.rearranged(py, |grid| grid.permute(&order), |layout| layout.permute(&order))
    }

    /// Puts the axes in another order; the same as `permute`.
    #[pyo3(signature = (*order))]
    fn transpose(&self, py: Python<'_>, order: &Bound<'_, PyTuple>) -> PyResult<Self> {
        self.permute(py, order)
    }

    /// Swaps two axes.
    fn swap_axes(&self, py: Python<'_>, a: isize, b: isize) -> PyResult<Self> {
        self.window.check()?;
        let (a, b) = (axis(self, a)?, axis(self, b)?);
        self.turned(py, |layout| layout.swap_axes(a, b))
    }

    /// Walks one axis backwards.
    #[pyo3(name = "flip", signature = (axis = 0))]
    fn flip(&self, py: Python<'_>, axis: isize) -> PyResult<Self> {
        self.window.check()?;
        let axis = super::axis(self, axis)?;
        self.rearranged(py, |grid| Some(grid.flip(axis)), |layout| layout.flip(axis))
    }

    /// Gives the elements another shape, in C order; one length may be -1 and is worked out.
    ///
    /// A view where strides allow it. Where they do not it raises `ValueError`, unless `copy=True` asks for a
    /// copy, which is a view of memory of its own.
    #[pyo3(signature = (*shape, copy = false))]
    fn reshape(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>, copy: bool) -> PyResult<Self> {
        self.window.check()?;
        let shape = arguments(shape)?;
        let turned = self.turned(py, |layout| layout.reshape(&shape));
        if turned.is_ok() || !copy {
            return turned;
        }
        self.copied(py)?.turned(py, |layout| layout.reshape(&shape))
    }

    /// Takes away an axis of length 1.
    fn squeeze(&self, py: Python<'_>, axis: isize) -> PyResult<Self> {
        self.window.check()?;
        let axis = super::axis(self, axis)?;
        self.turned(py, |layout| layout.squeeze(axis))
    }

    /// Repeats axes of length 1 and leading axes up to a shape; read-only.
    #[pyo3(signature = (*shape))]
    fn broadcast_to(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>) -> PyResult<Self> {
        self.window.check()?;
        let length = |len: &isize| {
            usize::try_from(*len).map_err(|_| {
                let message = format!("broadcast_to: expected lengths of 0 or more, got {len}");
                pyo3::exceptions::PyValueError::new_err(message)
            })
        };
        let shape = arguments(shape)?.iter().map(length).collect::<PyResult<Vec<_>>>()?;
        self.repeated(py, |layout| layout.broadcast_to(&shape))
    }

    /// Slides a window along one axis, which becomes the number of windows; a last axis is in the window.
    #[pyo3(signature = (axis, size, step = 1))]
    fn windows(&self, py: Python<'_>, axis: isize, size: usize, step: usize) -> PyResult<Self> {
        self.window.check()?;
        let axis = super::axis(self, axis)?;
        self.repeated(py, |layout| layout.windows(axis, size, step))
    }

    /// The same elements as a new view that cannot write.
    fn toreadonly(&self, py: Python<'_>) -> PyResult<Self> {
        let mut view = self.again(py)?;
        view.is_readonly = true;
        Ok(view)
    }

    /// Copies the elements to memory of their own, in C order, and sees them there; it can be written.
    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        self.copied(py)
    }
}

impl View {
    pub(crate) fn copied(&self, py: Python<'_>) -> PyResult<Self> {
        let buffer = self.window.read(py, |view| view.to_contiguous())?.map_err(raised)?;
        let layout = buffer.layout().clone();
        let owner = Bound::new(py, Owned::new(buffer)?)?;
        let view = Self::of(owner.as_any())?;
        let window = view.window.through(py, layout, None)?;
        Ok(Self::new(window, self.format.clone(), false))
    }
}

/// Numbers as arguments of their own, or as one tuple or list.
fn arguments(given: &Bound<'_, PyTuple>) -> PyResult<Vec<isize>> {
    if given.len() == 1 {
        return lengths(&given.get_item(0)?);
    }
    given
        .iter_borrowed()
        .map(|item| item.extract())
        .collect::<PyResult<_>>()
        .map_err(|_| PyTypeError::new_err("expected ints, or one tuple or list of ints"))
}
