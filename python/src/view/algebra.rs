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
    fn rearranged<'py>(
        slf: &Bound<'py, Self>,
        of_grid: impl FnOnce(&Grid) -> Option<Grid>,
        of_layout: impl FnOnce(&Layout) -> bytelens::Result<Layout>,
    ) -> PyResult<Bound<'py, Self>> {
        let (py, view) = (slf.py(), slf.get());
        let kept = view.window.keep(py)?;
        match view.window.grid().and_then(of_grid) {
            Some(grid) => view.object(slf, kept, grid),
            None => Bound::new(py, view.turned(py, of_layout)?),
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
    fn transposed<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        Self::rearranged(slf, |grid| Some(grid.transpose()), |layout| Ok(layout.transpose()))
    }

    /// Puts the axes in another order, the reverse one if none is given: `v.permute(2, 0, 1)`.
    #[pyo3(signature = (*order))]
    fn permute<'py>(
        slf: &Bound<'py, Self>,
        order: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, Self>> {
        let view = slf.get();
        view.window.check()?;
        let few = order.len() == view.window.shape().len() && order.len() > 1;
        if let Some(grid) = view.window.grid().filter(|_| few) {
            let mut axes = [0; Grid::AXES];
            for (at, name) in axes.iter_mut().zip(order.iter_borrowed()) {
                *at = axis(view, number(&name)?)?;
            }
            if let Some(turned) = grid.permute(&axes[..order.len()]) {
                return view.object(slf, view.window.keep(slf.py())?, turned);
            }
        }
        let axes = arguments(order)?;
        if axes.is_empty() {
            return Self::transposed(slf);
        }
        let order = axes.iter().map(|name| axis(view, *name)).collect::<PyResult<Vec<_>>>()?;
        Self::rearranged(slf, |grid| grid.permute(&order), |layout| layout.permute(&order))
    }

    /// Puts the axes in another order; the same as `permute`.
    #[pyo3(signature = (*order))]
    fn transpose<'py>(
        slf: &Bound<'py, Self>,
        order: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::permute(slf, order)
    }

    /// Swaps two axes.
    fn swap_axes(&self, py: Python<'_>, a: isize, b: isize) -> PyResult<Self> {
        self.window.check()?;
        let (a, b) = (axis(self, a)?, axis(self, b)?);
        self.turned(py, |layout| layout.swap_axes(a, b))
    }

    /// Walks one axis backwards.
    #[pyo3(name = "flip", signature = (axis = 0))]
    fn flip<'py>(slf: &Bound<'py, Self>, axis: isize) -> PyResult<Bound<'py, Self>> {
        slf.get().window.check()?;
        let axis = super::axis(slf.get(), axis)?;
        Self::rearranged(slf, |grid| Some(grid.flip(axis)), |layout| layout.flip(axis))
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
    given.iter_borrowed().map(|item| number(&item)).collect()
}

fn number(item: &Bound<'_, PyAny>) -> PyResult<isize> {
    let wrong = |_| PyTypeError::new_err("expected ints, or one tuple or list of ints");
    item.extract().map_err(wrong)
}
