//! Writing by index: an element, or a part from another exporter.
//!
//! Everything that may call back (the key, the value, the exporter of the value) is asked first; then the view
//! is looked at once more and written, with no Python code in between.

use bytelens::{Layout, View as Elements};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt};

use super::View;
use super::key::Chosen;
use crate::element;
use crate::error::raised;
use crate::memory::{Grid, part_of_pointers};
use crate::value;

#[pymethods]
impl View {
    /// Writes one element, or a part from what exports a buffer of its format and shape.
    ///
    /// Axes of length 1 of a value of two axes or more are repeated; a number fills the part. Overlap of both
    /// sides is right. Raises `TypeError` for read-only memory, and `ValueError` for another structure.
    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check_writable()?;
        let mut left = Grid::default();
        match self.chosen(key, &mut left)? {
            Chosen::One(one) => match self.format.as_native() {
                Some(native) => {
                    let raw = element::pack(native, &self.format, value)?;
                    self.window.store_at(key.py(), one, &raw[..native.size()])
                }
                None => self.window.store_at(key.py(), one, &self.packed(value)?),
            },
            Chosen::Grid => self.write_part(value, left.layout()?),
            Chosen::Element(index) => {
                let bytes = self.packed(value)?;
                self.window.store(key.py(), &index, &bytes)
            }
            // `v[()] = x` and `v[...] = x` of a single element.
            Chosen::Part(layout) if layout.ndim() == 0 && self.layout().ndim() == 0 => {
                let bytes = self.packed(value)?;
                self.window.store(key.py(), &[], &bytes)
            }
            Chosen::Part(layout) => self.write_part(value, layout),
            Chosen::Pointers(index) => {
                let part = part_of_pointers(self, key.py(), &index)?;
                part.write_part(value, part.layout().clone())
            }
        }
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check_writable()?;
        Err(PyTypeError::new_err("cannot delete memory"))
    }
}

impl View {
    fn check_writable(&self) -> PyResult<()> {
        self.window.check()?;
        if self.format.as_native().is_none() && self.dtype().is_none() {
            return Err(self.unreadable());
        }
        if self.is_readonly {
            return Err(PyTypeError::new_err("cannot modify read-only memory"));
        }
        Ok(())
    }

    fn write_part(&self, value: &Bound<'_, PyAny>, part: Layout) -> PyResult<()> {
        if is_number(value) { self.fill(value, part) } else { self.assign(value, part) }
    }

    /// The bytes of an element with that value.
    fn packed(&self, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        if let Some(native) = self.format.as_native() {
            let raw = element::pack(native, &self.format, value)?;
            return Ok(raw[..native.size()].to_vec());
        }
        let dtype = self.dtype().ok_or_else(|| self.unreadable())?;
        let mut bytes = vec![0; dtype.size()];
        value::pack(&dtype, value, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes the same element everywhere in a part.
    fn fill(&self, value: &Bound<'_, PyAny>, part: Layout) -> PyResult<()> {
        let bytes = self.packed(value)?;
        let one = Layout::contiguous(part.dtype().clone(), &[]).map_err(raised)?;
        let all = one.broadcast_to(part.shape()).map_err(raised)?;
        let source = Elements::new(&bytes, all).map_err(raised)?;
        self.part(value.py(), part)?.window.write(value.py(), &source)
    }

    /// Writes a part from another exporter.
    fn assign(&self, value: &Bound<'_, PyAny>, part: Layout) -> PyResult<()> {
        let source = Self::of(value)?;
        let (from, to) = (source.layout(), &part);
        let is_same_shape = from.shape() == to.shape()
            // As memoryview: lengths behind the first 0 are never looked at.
            || same_until_empty(from.shape(), to.shape());
        let repeats = from.ndim() != 1 || to.ndim() != 1;
        let fits = is_same_shape || repeats && from.broadcast_to(to.shape()).is_ok();
        if !source.format.is_same(&self.format) || source.itemsize() != self.itemsize() || !fits {
            let (ours, theirs) = (&self.format, &source.format);
            return Err(PyValueError::new_err(format!(
                "View assignment: lvalue and rvalue have different structures: \
                 '{ours}' {:?} and '{theirs}' {:?}",
                to.shape(),
                from.shape()
            )));
        }
        let py = value.py();
        let target = self.part(py, part)?;
        if target.layout().is_empty() {
            return Ok(());
        }
        let shape = target.layout().shape();
        let is_apart = match (target.window.addresses(), source.window.addresses()) {
            (Some(a), Some(b)) => a.end <= b.start || b.end <= a.start,
            _ => false,
        };
        if is_apart {
            let written = source.window.read(py, |from| {
                let from = from.broadcast_to(shape).map_err(raised)?;
                target.window.write(py, &from)
            });
            return written?;
        }
        // Both may be the same memory: all is read before anything is written.
        let bytes = source.window.read(py, |from| from.to_bytes())?.map_err(raised)?;
        let from = Layout::contiguous(source.layout().dtype().clone(), source.layout().shape());
        let from = Elements::new(&bytes, from.map_err(raised)?).map_err(raised)?;
        target.window.write(py, &from.broadcast_to(shape).map_err(raised)?)
    }
}

/// Tells whether two shapes are equal up to a first 0 in both.
pub(super) fn same_until_empty(a: &[usize], b: &[usize]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    for (a, b) in a.iter().zip(b) {
        if a != b {
            return false;
        }
        if *a == 0 {
            return true;
        }
    }
    true
}

/// Tells whether a value is a number that can fill a part: what exports no buffer and is no sequence.
fn is_number(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyComplex>()
}
