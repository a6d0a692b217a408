//! What went wrong, as the exception that a Python user expects.
//!
//! No message is written here: errors of the library say what was expected, what came and what to do.

use bytelens::Error;
use pyo3::PyErr;
use pyo3::exceptions::{
    PyBufferError, PyMemoryError, PyOSError, PyRuntimeError, PyTypeError, PyValueError,
};

/// Turns an error of the library into an exception.
pub(crate) fn raised(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::DType { .. } => PyTypeError::new_err(message),
        Error::Held { .. } => PyBufferError::new_err(message),
        Error::Limit { limit, .. } if limit == "the free memory" => PyMemoryError::new_err(message),
        Error::Device { .. } => PyRuntimeError::new_err(message),
        Error::Io { source, path, .. } => match source.raw_os_error() {
            // With its number, so that Python chooses FileNotFoundError and the like.
            Some(number) => PyOSError::new_err((number, source.to_string(), path)),
            None => PyOSError::new_err(message),
        },
        _ => PyValueError::new_err(message),
    }
}
