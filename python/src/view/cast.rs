//! `cast`: the same bytes as elements of another format.
//!
//! C-contiguous views are cast as `memoryview` casts them: to one axis, or to the shape that is asked for. Any
//! two formats of fixed size will do. Other views keep their axes and are cast along the last one, as NumPy's
//! `view` does it.

use bytelens::{DType, Layout};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyString, PyTuple};

use super::View;
use crate::format::Format;
use crate::memory::{Grid, object_like, opaque};

/// An argument that may be left out, where `None` is not the same.
pub(super) enum Shape<'py> {
    LeftOut,
    Given(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Shape<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Given(object.to_owned()))
    }
}

#[pymethods]
impl View {
    /// Sees the same bytes as elements of another format, and of another shape if one is given.
    ///
    /// `format` is what `struct` and PEP 3118 write: `"B"`, `"<i"`, `"T{f:x:f:y:}"`.
    /// Raises `TypeError` where bytes do not fit and where elements along the last axis have gaps between
    /// them, and `ValueError` for a format or shape that is none.
    #[pyo3(
        signature = (format, shape = Shape::LeftOut),
        text_signature = "($self, format, shape=<unrepresentable>)"
    )]
    fn cast<'py>(
        slf: &Bound<'py, Self>,
        format: &Bound<'py, PyString>,
        shape: Shape<'py>,
    ) -> PyResult<Bound<'py, Self>> {
        let (py, view) = (slf.py(), slf.get());
        let kept = view.window.keep(py)?;
        let (target, size) = destination(format)?;
        if let Some(flat) = view.window.grid().and_then(|grid| grid.cast(size)) {
            let is_line = view.window.shape().len() == 1;
            let cast = match &shape {
                Shape::LeftOut if is_line || !flat.is_empty() => Some(flat),
                Shape::Given(shape) if !flat.is_empty() => {
                    let (mut few, mut count) = ([0; Grid::AXES], 0);
                    for_each_length(shape, |len| {
                        few.get_mut(count).into_iter().for_each(|at| *at = len);
                        count += 1;
                    })?;
                    few.get(..count).and_then(|shape| flat.reshape(shape))
                }
                // What is empty has no other shape.
                _ => None,
            };
            if let Some(cast) = cast {
                let cast = Self::new(kept.into_grid(cast)?, target, view.is_readonly);
                return object_like(slf, cast);
            }
        }
        Bound::new(py, view.cast_of_any(py, target, size, shape)?)
    }
}

impl View {
    fn cast_of_any(
        &self,
        py: Python<'_>,
        target: Format,
        size: usize,
        shape: Shape<'_>,
    ) -> PyResult<Self> {
        let is_contiguous = self.is_c_contiguous();
        let has_shape = matches!(shape, Shape::Given(_));
        if !is_contiguous && (has_shape || self.window.suboffsets().is_some()) {
            let message = "View: casts to another shape are restricted to C-contiguous views";
            return Err(PyTypeError::new_err(message));
        }
        if self.window.shape().contains(&0) && (has_shape || self.window.shape().len() != 1) {
            let message = "View: cannot cast view with zeros in shape or strides";
            return Err(PyTypeError::new_err(message));
        }
        let shape = match &shape {
            Shape::LeftOut => None,
            Shape::Given(shape) => {
                let mut lengths = Vec::new();
                for_each_length(shape, |len| lengths.push(len))?;
                Some(lengths)
            }
        };
        let layout = match (is_contiguous, shape) {
            (true, None) => self.flat(size)?,
            (true, Some(shape)) => self.shaped(size, &shape)?,
            (false, _) => self.along_last_axis(size)?,
        };
        self.recast(py, layout, target)
    }

    fn flat(&self, size: usize) -> PyResult<Layout> {
        let nbytes = self.window.nbytes();
        if size == 0 || !nbytes.is_multiple_of(size) {
            let message = format!("View: length {nbytes} is not a multiple of itemsize {size}");
            return Err(PyTypeError::new_err(message));
        }
        let lengths = [nbytes / size];
        Layout::new(opaque(size)?, &lengths, &[size.cast_signed()], self.window.offset())
            .map_err(crate::error::raised)
    }

    fn shaped(&self, size: usize, shape: &[usize]) -> PyResult<Layout> {
        let nbytes = self.window.nbytes();
        if size == 0 || !nbytes.is_multiple_of(size) {
            let message = format!("View: length {nbytes} is not a multiple of itemsize {size}");
            return Err(PyTypeError::new_err(message));
        }
        let product = shape.iter().try_fold(1_usize, |all, len| all.checked_mul(*len));
        let Some(product) = product.filter(|all| isize::try_from(*all).is_ok()) else {
            return Err(PyValueError::new_err("View.cast(): product(shape) > SSIZE_MAX"));
        };
        if product.checked_mul(size) != Some(nbytes) {
            let message = format!(
                "View: product(shape) * itemsize != buffer size: {shape:?} of {size}, not {nbytes}"
            );
            return Err(PyTypeError::new_err(message));
        }
        let made = Layout::contiguous(opaque(size)?, shape).map_err(crate::error::raised)?;
        made.shifted(self.window.offset()).map_err(crate::error::raised)
    }

    fn along_last_axis(&self, size: usize) -> PyResult<Layout> {
        let is_packed = size > 0 && self.layout().has_packed_rows();
        let cast = if is_packed { self.layout().cast(opaque(size)?).ok() } else { None };
        cast.ok_or_else(|| {
            PyTypeError::new_err(format!(
                "View: casts are restricted to C-contiguous views, or to a last axis without gaps whose \
                 bytes fit: shape {:?}, strides {:?}, to items of {size}; copy with tobytes()",
                self.layout().shape(),
                self.layout().strides()
            ))
        })
    }
}

/// Reads the format to cast to, and the size of its elements.
fn destination(text: &Bound<'_, PyString>) -> PyResult<(Format, usize)> {
    let format = text.to_str()?;
    if let Some(native) = Format::native(format.as_bytes()) {
        let size = native.as_native().map_or(1, crate::format::Native::size);
        return Ok((native, size));
    }
    // Says which character it is, as memoryview does.
    text.call_method1("encode", ("ascii",))?;
    let read = DType::from_format(format).map_err(|error| {
        PyValueError::new_err(format!("View: destination format cannot be read: {error}"))
    })?;
    let text = std::ffi::CString::new(format)
        .map_err(|_| PyValueError::new_err("View: a format has no zero in it"))?;
    Ok((Format::from_exporter(Some(&text)), read.size()))
}

/// Reads a shape as `memoryview` does: a list or tuple of ints above 0.
fn for_each_length(shape: &Bound<'_, PyAny>, mut each: impl FnMut(usize)) -> PyResult<()> {
    let length = |item: &Bound<'_, PyAny>| {
        if !item.is_instance_of::<PyInt>() {
            let message = "View.cast(): elements of shape must be integers";
            return Err(PyTypeError::new_err(message));
        }
        let len: isize = item.extract().map_err(|error: PyErr| {
            PyOverflowError::new_err(format!("View.cast(): elements of shape: {error}"))
        })?;
        let positive = usize::try_from(len).ok().filter(|len| *len > 0);
        positive.ok_or_else(|| {
            let message = format!("View.cast(): elements of shape must be integers > 0, got {len}");
            PyValueError::new_err(message)
        })
    };
    let check = |count: usize| {
        if count > bytelens::layout::MAX_NDIM {
            let message = "View: number of dimensions must not exceed 64";
            return Err(PyValueError::new_err(message));
        }
        Ok(())
    };
    if let Ok(tuple) = shape.cast::<PyTuple>() {
        check(tuple.len())?;
        return tuple.iter_borrowed().try_for_each(|item| length(&item).map(&mut each));
    }
    let list = shape.cast::<PyList>();
    let list = list.map_err(|_| PyTypeError::new_err("shape must be a list or a tuple"))?;
    check(list.len())?;
    list.iter().try_for_each(|item| length(&item).map(&mut each))
}
