//! Parts of arrays of pointers, which PEP 3118 describes by suboffsets.
//!
//! ```text
//!   first ─ + at · stride ─► pointer ─► + suboffset, + at · stride ─► element
//!           axis 0, suboffset ≥ 0       axis 1, suboffset < 0
//! ```
//!
//! What an index moves is the first element, or behind a pointer the suboffset that is added to it. A position on
//! an axis of pointers follows one of them, which is done here if no axis is left before it: then there is one.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use bytelens::{Index, Layout};
use pyo3::exceptions::{PyBufferError, PyNotImplementedError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::opaque;
use crate::error::raised;
use crate::view::View;

/// Where a part of an array of pointers starts, as an exporter that keeps the array.
///
/// Its bytes are those that the strides span. Where there are pointers still they are not all there, and who sees
/// them follows the pointers.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Pointed {
    start: *mut u8,
    len: usize,
    /// The whole array, in a view that nobody else has.
    whole: Py<View>,
    /// Whether the one view that it is for has it.
    is_taken: AtomicBool,
}

// SAFETY: the address is handed on and not followed here; the view keeps what lies there.
unsafe impl Send for Pointed {}

// SAFETY: as for `Send`; nothing here changes.
unsafe impl Sync for Pointed {}

impl Pointed {
    /// The array that it is a part of.
    pub(crate) fn whole(&self) -> &View {
        self.whole.get()
    }
}

#[pymethods]
impl Pointed {
    /// Hands the bytes to a consumer.
    ///
    /// # Safety
    ///
    /// `buffer` is what the interpreter hands to `bf_getbuffer`: valid for writes.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let pointed = slf.get();
        if pointed.is_taken.swap(true, Ordering::AcqRel) {
            // SAFETY: it is valid for writes, and an error leaves no exporter in it.
            unsafe { (*buffer).obj = std::ptr::null_mut() };
            return Err(PyBufferError::new_err("View: pointers lead here; take its views"));
        }
        let is_readonly = c_int::from(pointed.whole().is_readonly);
        // SAFETY: the one consumer is a view that knows what is there (`seen`); it gets a reference.
        let failed = unsafe {
            let (start, len) = (pointed.start.cast(), pointed.len.cast_signed());
            ffi::PyBuffer_FillInfo(buffer, slf.as_ptr(), start, len, is_readonly, flags)
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.whole)
    }
}

/// The axes that have been chosen so far.
#[derive(Default)]
struct Axes {
    shape: Vec<usize>,
    strides: Vec<isize>,
    suboffsets: Vec<isize>,
}

impl Axes {
    fn push(&mut self, (len, stride, suboffset): (usize, isize, isize)) {
        self.shape.push(len);
        self.strides.push(stride);
        self.suboffsets.push(suboffset);
    }

    /// Moves by so many bytes all that comes after the chosen axes.
    fn shift(&mut self, first: &mut *mut u8, by: isize) -> PyResult<()> {
        let Some(last) = self.suboffsets.iter_mut().rev().find(|suboffset| **suboffset >= 0) else {
            *first = first.wrapping_offset(by);
            return Ok(());
        };
        // A negative one would say that there is no pointer.
        let moved = last.checked_add(by).filter(|moved| *moved >= 0);
        *last = moved.ok_or_else(|| refused("this lies before what a pointer leads to, which"))?;
        Ok(())
    }
}

/// Sees the part of an array of pointers that an index expression chooses; positions and slices are within it.
///
/// # Errors
///
/// A view that has been released; a position that follows pointers where an axis is left before it.
pub(crate) fn part_of_pointers(whole: &View, py: Python<'_>, index: &[Index]) -> PyResult<View> {
    let _kept = whole.window.keep(py)?;
    let (layout, suboffsets) = (whole.layout(), whole.window.suboffsets().unwrap_or_default());
    let is_named = |part: &&Index| matches!(part, Index::At(_) | Index::Slice(_));
    let unnamed = layout.ndim().saturating_sub(index.iter().filter(is_named).count());
    let strides = layout.strides().iter().zip(suboffsets);
    let mut axes =
        layout.shape().iter().zip(strides).map(|(len, (stride, at))| (*len, *stride, *at));
    let (mut chosen, mut first) = (Axes::default(), whole.window.first());
    // Nothing leads anywhere.
    let mut is_empty = layout.is_empty();
    for part in index {
        match part {
            Index::NewAxis => chosen.push((1, 0, -1)),
            Index::Ellipsis => axes.by_ref().take(unnamed).for_each(|axis| chosen.push(axis)),
            Index::Slice(slice) => {
                let Some((len, stride, suboffset)) = axes.next() else { break };
                let (start, count, step) = slice.positions(len).unwrap_or_default();
                is_empty |= count == 0;
                let moved = if is_empty { 0 } else { start.cast_signed() };
                chosen.shift(&mut first, moved.wrapping_mul(stride))?;
                chosen.push((count, stride.saturating_mul(step), suboffset));
            }
            Index::At(at) => {
                let Some((_, stride, suboffset)) = axes.next() else { break };
                chosen.shift(&mut first, if is_empty { 0 } else { at.wrapping_mul(stride) })?;
                if suboffset >= 0 && !chosen.shape.is_empty() {
                    return Err(refused("a position on an axis of pointers behind another axis"));
                }
                if suboffset >= 0 && !is_empty {
                    // SAFETY: the exporter says that a pointer lies there, as there are elements, the positions are
                    // within the axes, and all pointers before have been followed. It is kept.
                    first = unsafe { first.cast::<*mut u8>().read_unaligned() };
                    first = first.wrapping_offset(suboffset);
                }
            }
        }
    }
    axes.for_each(|axis| chosen.push(axis));
    seen(whole, py, chosen, first)
}

/// Sees what the chosen axes have, from the first element on.
fn seen(whole: &View, py: Python<'_>, chosen: Axes, first: *mut u8) -> PyResult<View> {
    let Axes { shape, strides, suboffsets } = chosen;
    let below = shape.iter().zip(&strides).fold(0_usize, |below, (len, stride)| {
        let reach = len.saturating_sub(1).saturating_mul(stride.unsigned_abs());
        below.saturating_add(if *stride < 0 { reach } else { 0 })
    });
    let below = if shape.contains(&0) { 0 } else { below };
    let layout = Layout::new(opaque(whole.itemsize())?, &shape, &strides, below).map_err(raised)?;
    let (start, len) = (first.wrapping_sub(below), layout.span().end);
    let whole_again = Py::new(py, whole.again(py)?)?;
    let pointed = Pointed { start, len, whole: whole_again, is_taken: AtomicBool::new(false) };
    let bytes = View::of(Bound::new(py, pointed)?.as_any())?;
    let has_pointers = suboffsets.iter().any(|suboffset| *suboffset >= 0);
    let suboffsets = has_pointers.then(|| suboffsets.into_boxed_slice());
    let window = bytes.window.through(py, layout, suboffsets)?;
    Ok(View::new(window, whole.format.clone(), whole.is_readonly))
}

fn refused(what: &str) -> PyErr {
    let message = format!("View: {what} is not implemented for suboffsets; copy with tobytes()");
    PyNotImplementedError::new_err(message)
}
