//! Elements of any type as Python values, and back: byte orders, complex numbers, text, structs, sub-arrays.
//!
//! A struct is a tuple, a sub-array a list of lists. Native numbers, which are most, do not come here but go
//! through [`element`](crate::element), whose errors are those of `memoryview`.

use bytelens::{ByteOrder, DType, Kind, Value};
use half::bf16;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyList, PySequence, PyString, PyTuple};

use crate::element;
use crate::format::{Format, Native};

/// Makes the Python value of an element.
pub(crate) fn from_value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
            (Ok(value), _) => value.into_pyobject(py)?.into_any(),
            (_, Ok(value)) => value.into_pyobject(py)?.into_any(),
            _ => return Err(PyValueError::new_err(format!("{value} is no element's value"))),
        },
        Value::Float(value) => value.into_pyobject(py)?.into_any(),
        Value::Complex([re, im]) => PyComplex::from_doubles(py, *re, *im).into_any(),
        Value::Bytes(value) => PyBytes::new(py, value).into_any(),
        Value::Text(value) => PyString::new(py, value).into_any(),
        Value::Struct(fields) => {
            let values = fields.iter().map(|(_, value)| from_value(py, value));
            PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        Value::List(items) => {
            let values = items.iter().map(|value| from_value(py, value));
            PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
    })
}

/// Writes the bytes of an element to `to`, which is of the type's size.
///
/// # Errors
///
/// A value of another type (`TypeError`), out of range or of another length (`ValueError`), and what
/// call-backs raise.
pub(crate) fn pack(dtype: &DType, value: &Bound<'_, PyAny>, to: &mut [u8]) -> PyResult<()> {
    if let Some((item, shape)) = dtype.sub_array() {
        return pack_items(item, shape, value, to);
    }
    if let Some(native) = native(dtype) {
        let raw = element::pack(native, &Format::from_dtype(dtype), value)?;
        to.copy_from_slice(&raw[..native.size()]);
        put_in_order(dtype, to);
        return Ok(());
    }
    match dtype.kind() {
        Kind::BFloat => {
            let wide: f64 = value.extract()?;
            to.copy_from_slice(&bf16::from_f64(wide).to_ne_bytes());
            put_in_order(dtype, to);
        }
        Kind::Complex => pack_complex(dtype, value, to)?,
        Kind::Bytes => {
            let bytes = value.cast::<PyBytes>().map_err(|_| wrong_type(dtype, "bytes", value))?;
            fill(dtype, bytes.as_bytes(), to)?;
        }
        Kind::Text => {
            let text = value.cast::<PyString>().map_err(|_| wrong_type(dtype, "a str", value))?;
            let codes = text.to_str()?.chars().map(|c| match dtype.order() {
                ByteOrder::Little => u32::from(c).to_le_bytes(),
                ByteOrder::Big => u32::from(c).to_be_bytes(),
            });
            fill(dtype, &codes.flatten().collect::<Vec<u8>>(), to)?;
        }
        _ => {
            let values = value
                .cast::<PyTuple>()
                .map_err(|_| wrong_type(dtype, "a tuple, one value for each field", value))?;
            let fields = dtype.fields();
            if values.len() != fields.len() {
                let (expected, got) = (fields.len(), values.len());
                let message =
                    format!("View: {dtype} takes a tuple of {expected} values, got {got}");
                return Err(PyValueError::new_err(message));
            }
            for (field, value) in fields.iter().zip(values.iter()) {
                let part = field.offset()..field.offset() + field.dtype().size();
                pack(field.dtype(), &value, &mut to[part])?;
            }
        }
    }
    Ok(())
}

/// The native format of numbers that differ from it in byte order at most.
fn native(dtype: &DType) -> Option<Native> {
    Some(match (dtype.kind(), dtype.size()) {
        (Kind::Bool, _) => Native::Bool,
        (Kind::Int, 1) => Native::I8,
        (Kind::Int, 2) => Native::I16,
        (Kind::Int, 4) => Native::I32,
        (Kind::Int, _) => Native::I64,
        (Kind::Uint, 1) => Native::U8,
        (Kind::Uint, 2) => Native::U16,
        (Kind::Uint, 4) => Native::U32,
        (Kind::Uint, _) => Native::U64,
        (Kind::Float, 2) => Native::F16,
        (Kind::Float, 4) => Native::F32,
        (Kind::Float, _) => Native::F64,
        _ => return None,
    })
}

/// Turns native bytes of one number into the type's order.
fn put_in_order(dtype: &DType, bytes: &mut [u8]) {
    if !dtype.is_native() {
        bytes.reverse();
    }
}

fn pack_items(
    item: &DType,
    shape: &[usize],
    value: &Bound<'_, PyAny>,
    to: &mut [u8],
) -> PyResult<()> {
    let Some((len, inner)) = shape.split_first() else { return pack(item, value, to) };
    let values = value
        .cast::<PySequence>()
        .map_err(|_| wrong_type(item, &format!("a sequence of {len}"), value))?;
    if values.len()? != *len {
        let got = values.len()?;
        let message = format!("View: a sub-array of {shape:?} takes {len} values, got {got}");
        return Err(PyValueError::new_err(message));
    }
    let size = to.len().checked_div(*len).unwrap_or(0);
    for (at, part) in to.chunks_exact_mut(size.max(1)).enumerate() {
        pack_items(item, inner, &values.get_item(at)?, part)?;
    }
    Ok(())
}

fn pack_complex(dtype: &DType, value: &Bound<'_, PyAny>, to: &mut [u8]) -> PyResult<()> {
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type(dtype, "a number", value));
    }
    let number = value.py().get_type::<PyComplex>().call1((value,))?;
    let part = if dtype.size() == 8 { DType::F32 } else { DType::F64 };
    let part = part.with_order(dtype.order());
    let (re, im) = to.split_at_mut(part.size());
    pack(&part, &number.getattr("real")?, re)?;
    pack(&part, &number.getattr("imag")?, im)
}

/// Copies what may be shorter than there is room for; zeros fill up.
fn fill(dtype: &DType, bytes: &[u8], to: &mut [u8]) -> PyResult<()> {
    let Some(behind) = to.len().checked_sub(bytes.len()) else {
        let message = format!("View: {dtype} has room for {} bytes, got {}", to.len(), bytes.len());
        return Err(PyValueError::new_err(message));
    };
    let (own, rest) = to.split_at_mut(to.len() - behind);
    own.copy_from_slice(bytes);
    rest.fill(0);
    Ok(())
}

fn wrong_type(dtype: &DType, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let got = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("View: {dtype} takes {expected}, got {got}"))
}
