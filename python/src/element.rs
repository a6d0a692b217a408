//! Elements of native formats as Python values, and back: the rules and errors of `memoryview`.
//!
//! Call-backs of users run in here (`__index__`, `__float__`, `__bool__`); no memory is touched.

use half::f16;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::format::{Format, Native};

/// Makes the value of an element; its bytes are the first ones.
#[inline]
pub(crate) fn unpack<'py>(
    py: Python<'py>,
    native: Native,
    raw: [u8; 8],
) -> PyResult<Bound<'py, PyAny>> {
    let [a, b, c, d, ..] = raw;
    Ok(match native {
        Native::U8 => a.into_pyobject(py)?.into_any(),
        Native::I8 => i8::from_ne_bytes([a]).into_pyobject(py)?.into_any(),
        Native::Bool => (a != 0).into_pyobject(py)?.to_owned().into_any(),
        Native::Char => PyBytes::new(py, &[a]).into_any(),
        Native::I16 => i16::from_ne_bytes([a, b]).into_pyobject(py)?.into_any(),
        Native::U16 => u16::from_ne_bytes([a, b]).into_pyobject(py)?.into_any(),
        Native::I32 => i32::from_ne_bytes([a, b, c, d]).into_pyobject(py)?.into_any(),
        Native::U32 => u32::from_ne_bytes([a, b, c, d]).into_pyobject(py)?.into_any(),
        Native::I64 => i64::from_ne_bytes(raw).into_pyobject(py)?.into_any(),
        Native::U64 => u64::from_ne_bytes(raw).into_pyobject(py)?.into_any(),
        Native::F16 => f16::from_ne_bytes([a, b]).to_f64().into_pyobject(py)?.into_any(),
        Native::F32 => f64::from(f32::from_ne_bytes([a, b, c, d])).into_pyobject(py)?.into_any(),
        Native::F64 => f64::from_ne_bytes(raw).into_pyobject(py)?.into_any(),
    })
}

/// Makes the bytes of an element; the first ones are its own.
///
/// # Errors
///
/// A value of another type (`TypeError`) or out of range (`ValueError`), and what call-backs raise.
pub(crate) fn pack(native: Native, format: &Format, value: &Bound<'_, PyAny>) -> PyResult<[u8; 8]> {
    let mut raw = [0; 8];
    let explained = |error: PyErr| explained(error, format, value);
    match native {
        Native::Char => {
            let Ok(bytes) = value.cast::<PyBytes>() else {
                return Err(invalid_type(format, value));
            };
            let [byte] = bytes.as_bytes() else { return Err(invalid_value(format, value)) };
            raw[0] = *byte;
        }
        Native::Bool => raw[0] = u8::from(value.is_truthy()?),
        Native::I8 | Native::I16 | Native::I32 | Native::I64 => {
            let number: i64 = value.extract().map_err(explained)?;
            let unused = 64 - 8 * native.size();
            if (number << unused) >> unused != number {
                return Err(invalid_value(format, value));
            }
            write(native, &mut raw, number.cast_unsigned());
        }
        Native::U8 | Native::U16 | Native::U32 | Native::U64 => {
            let number: u64 = value.extract().map_err(explained)?;
            let unused = 64 - 8 * native.size();
            if (number << unused) >> unused != number {
                return Err(invalid_value(format, value));
            }
            write(native, &mut raw, number);
        }
        Native::F16 => {
            let wide: f64 = value.extract().map_err(explained)?;
            let half = f16::from_f64(wide);
            if half.is_infinite() && wide.is_finite() {
                return Err(invalid_value(format, value));
            }
            raw[..2].copy_from_slice(&half.to_ne_bytes());
        }
        Native::F32 => {
            let wide: f64 = value.extract().map_err(explained)?;
            #[allow(clippy::cast_possible_truncation, reason = "rounds; beyond is infinite")]
            raw[..4].copy_from_slice(&(wide as f32).to_ne_bytes());
        }
        Native::F64 => raw = value.extract::<f64>().map_err(explained)?.to_ne_bytes(),
    }
    Ok(raw)
}

/// Writes the low bytes of a number, in the machine's order.
#[allow(clippy::cast_possible_truncation, reason = "as many bytes as the number was checked for")]
fn write(native: Native, raw: &mut [u8; 8], number: u64) {
    match native.size() {
        1 => raw[0] = number as u8,
        2 => raw[..2].copy_from_slice(&(number as u16).to_ne_bytes()),
        4 => raw[..4].copy_from_slice(&(number as u32).to_ne_bytes()),
        _ => *raw = number.to_ne_bytes(),
    }
}

/// Says what was wrong with a number as `memoryview` does; exceptions of call-backs are left alone.
fn explained(error: PyErr, format: &Format, value: &Bound<'_, PyAny>) -> PyErr {
    let py = value.py();
    if error.is_instance_of::<PyTypeError>(py) {
        return invalid_type(format, value);
    }
    let is_range = error.is_instance_of::<PyOverflowError>(py);
    if is_range || error.is_instance_of::<PyValueError>(py) {
        return invalid_value(format, value);
    }
    error
}

#[cold]
pub(crate) fn invalid_type(format: &Format, value: &Bound<'_, PyAny>) -> PyErr {
    let got = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("View: invalid type for format '{format}': {got}"))
}

#[cold]
pub(crate) fn invalid_value(format: &Format, value: &Bound<'_, PyAny>) -> PyErr {
    let got = value.repr().map_or_else(|_| "?".to_owned(), |repr| repr.to_string());
    let got: String = got.chars().take(60).collect();
    PyValueError::new_err(format!("View: invalid value for format '{format}': {got}"))
}
