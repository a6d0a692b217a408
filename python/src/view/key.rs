//! What stands in square brackets, as a place in the layout: read before any memory is touched.
//!
//! Call-backs of users run in here (`__index__`), which may release the view: whoever goes on to touch memory
//! finds out then.

use bytelens::{Index, Layout, Slice};
use pyo3::exceptions::{PyIndexError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PyInt, PySlice, PyTuple};

use super::View;
use crate::error::raised;
use crate::memory::{Grid, Single};

/// What a key chooses.
pub(super) enum Chosen {
    /// One element of a grid.
    One(Single),
    /// A part of a grid, which is in `left`.
    Grid,
    /// One element of any view, by its index on every axis.
    Element(Vec<usize>),
    /// A part of any view, by its layout.
    Part(Layout),
    /// A part of an array of pointers.
    Pointers(Vec<Index>),
}

/// One part of a key, before call-backs have been asked.
enum Part<'k, 'py> {
    At(&'k Bound<'py, PyAny>),
    Slice(&'k Bound<'py, PySlice>),
    Ellipsis,
    NewAxis,
}

impl View {
    /// Reads a key. A part of a grid is made in `left`, from where it need not be moved.
    #[inline(always)]
    pub(super) fn chosen(&self, key: &Bound<'_, PyAny>, left: &mut Grid) -> PyResult<Chosen> {
        let Some(grid) = self.window.grid() else { return self.chosen_of_any(key) };
        let ndim = grid.shape().len();
        if is_plain(key.as_borrowed()) && ndim > 0 {
            return picked(grid, std::iter::once(key.as_borrowed()), left);
        }
        match key.cast_exact::<PyTuple>() {
            Ok(tuple) if tuple.len() == ndim && tuple.iter_borrowed().all(is_int) => {
                let mut index = [0; Grid::AXES];
                let axes = grid.shape().iter().enumerate();
                for ((part, at), (axis, len)) in tuple.iter_borrowed().zip(&mut index).zip(axes) {
                    *at = position(&part, *len, axis)?;
                }
                Ok(Chosen::One(grid.single(&index[..ndim])))
            }
            Ok(tuple) if tuple.len() <= ndim && tuple.iter_borrowed().all(is_plain) => {
                picked(grid, tuple.iter_borrowed(), left)
            }
            _ => self.chosen_of_any(key),
        }
    }

    fn chosen_of_any(&self, key: &Bound<'_, PyAny>) -> PyResult<Chosen> {
        let index = index_of(key, self.window.shape())?;
        let is_at = |part: &Index| matches!(part, Index::At(_));
        if index.len() == self.layout().ndim() && index.iter().all(is_at) {
            let position = |part: &Index| match part {
                Index::At(at) => at.unsigned_abs(),
                _ => 0,
            };
            return Ok(Chosen::Element(index.iter().map(position).collect()));
        }
        if self.window.suboffsets().is_some() {
            return Ok(Chosen::Pointers(index));
        }
        self.layout().select(&index).map(Chosen::Part).map_err(raised)
    }
}

/// Takes what most keys have, ints and slices, one after the other; there are no more of them than axes.
#[inline(always)]
fn picked<'k, 'py: 'k>(
    whole: &Grid,
    parts: impl Iterator<Item = Borrowed<'k, 'py, PyAny>>,
    left: &mut Grid,
) -> PyResult<Chosen> {
    *left = *whole;
    // `source` counts axes of the whole, `axis` those of what is left.
    let (mut source, mut axis) = (0, 0);
    for part in parts {
        let len = whole.shape()[source];
        if let Ok(slice) = part.cast_exact::<PySlice>() {
            let found = slice.indices(len.cast_signed())?;
            left.narrow(axis, found.start, found.slicelength, found.step);
            axis += 1;
        } else {
            left.take(axis, position(&part, len, source)?);
        }
        source += 1;
    }
    Ok(match left.shape() {
        // An int for each axis.
        [] => Chosen::One(left.single(&[])),
        _ => Chosen::Grid,
    })
}

fn is_int(part: Borrowed<'_, '_, PyAny>) -> bool {
    part.is_exact_instance_of::<PyInt>()
}

/// Tells whether a part of a key is nothing that has to be asked what it is.
fn is_plain(part: Borrowed<'_, '_, PyAny>) -> bool {
    is_int(part) || part.is_exact_instance_of::<PySlice>()
}

/// Reads a key for a shape: positions counted from the start, slices within their axes.
pub(crate) fn index_of(key: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<Vec<Index>> {
    let Ok(tuple) = key.cast::<PyTuple>() else {
        return index_of_parts(std::slice::from_ref(key), shape);
    };
    index_of_parts(&tuple.iter().collect::<Vec<_>>(), shape)
}

fn index_of_parts(keys: &[Bound<'_, PyAny>], shape: &[usize]) -> PyResult<Vec<Index>> {
    // All are looked at before any of them is asked.
    let mut named = 0;
    for key in keys {
        named += usize::from(matches!(part(key)?, Part::At(_) | Part::Slice(_)));
    }
    if shape.is_empty() && named > 0 {
        return Err(PyTypeError::new_err("invalid indexing of 0-dim memory"));
    }
    let Some(unnamed) = shape.len().checked_sub(named) else {
        let (ndim, len) = (shape.len(), keys.len());
        let message = format!("cannot index {ndim}-dimension view with {len}-element tuple");
        return Err(PyTypeError::new_err(message));
    };
    let mut index = Vec::with_capacity(keys.len());
    let mut axis = 0;
    for key in keys {
        let len = shape.get(axis).copied().unwrap_or(0);
        let (read, named) = match part(key)? {
            Part::At(at) => (Index::At(position(at, len, axis)?.cast_signed()), 1),
            Part::Slice(slice) => (Index::Slice(within(slice, len)?), 1),
            Part::Ellipsis => (Index::Ellipsis, unnamed),
            Part::NewAxis => (Index::NewAxis, 0),
        };
        index.push(read);
        axis += named;
    }
    Ok(index)
}

fn part<'k, 'py>(key: &'k Bound<'py, PyAny>) -> PyResult<Part<'k, 'py>> {
    if let Ok(slice) = key.cast::<PySlice>() {
        return Ok(Part::Slice(slice));
    }
    if key.is_none() {
        return Ok(Part::NewAxis);
    }
    if key.is_instance_of::<PyEllipsis>() {
        return Ok(Part::Ellipsis);
    }
    if is_index(key) {
        return Ok(Part::At(key));
    }
    Err(PyTypeError::new_err("View: invalid slice key; expected int, slice, ... or None"))
}

/// Tells whether an object can stand for an int.
pub(super) fn is_index(key: &Bound<'_, PyAny>) -> bool {
    key.is_instance_of::<PyInt>()
        || key.get_type().hasattr(pyo3::intern!(key.py(), "__index__")).unwrap_or(false)
}

/// Reads a position of an axis; negative ones count from the end.
#[inline]
pub(super) fn position(at: &Bound<'_, PyAny>, len: usize, axis: usize) -> PyResult<usize> {
    let at: isize = at.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(at.py()) {
            return PyIndexError::new_err("cannot fit 'int' into an index-sized integer");
        }
        error
    })?;
    let from_start = if at < 0 { len.checked_add_signed(at) } else { Some(at.unsigned_abs()) };
    from_start.filter(|at| *at < len).ok_or_else(|| out_of_bounds(axis))
}

#[cold]
fn out_of_bounds(axis: usize) -> PyErr {
    PyIndexError::new_err(format!("index out of bounds on dimension {}", axis + 1))
}

/// Reads a slice of an axis of that length.
#[inline]
pub(super) fn within(slice: &Bound<'_, PySlice>, len: usize) -> PyResult<Slice> {
    let found = slice.indices(len.cast_signed())?;
    if found.slicelength == 0 {
        return Ok(Slice::new(Some(0), Some(0), Some(found.step)));
    }
    // A stop before the first element is -1 to Python's indices, which is the last one to a slice.
    let stop = if found.stop < 0 { None } else { Some(found.stop) };
    Ok(Slice::new(Some(found.start), stop, Some(found.step)))
}
