//! All elements at once: as `bytes`, as lists, as hexadecimal digits.

use std::num::NonZeroUsize;

use bytelens::{Layout, View as Elements, ViewMut};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::View;
use crate::element;
use crate::error::raised;
use crate::format::Native;
use crate::memory::bytes_from;
use crate::value;

/// Bytes from which on other threads may run Python while they are copied.
const DETACHED_FROM: usize = 1 << 18;

/// Bytes from which on it is worth asking how many cores there are.
const PARALLEL_FROM: usize = 8 << 20;

#[derive(Clone, Copy, PartialEq)]
enum Order {
    C,
    F,
}

#[pymethods]
impl View {
    /// Copies the elements to a `bytes`, in C order, Fortran order, or (`'A'`) the order in memory if it is one
    /// of the two.
    #[pyo3(signature = (order = None), text_signature = "($self, order='C')")]
    fn tobytes<'py>(
        &self,
        py: Python<'py>,
        order: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.window.check()?;
        let order = match order {
            None => Order::C,
            Some(order) => self.order(order)?,
        };
        let is_together = order == Order::C && self.is_c_contiguous();
        let nbytes = self.window.nbytes();
        if is_together
            && nbytes < DETACHED_FROM
            && let Some(copied) = self.window.read_bytes(py, |bytes| PyBytes::new(py, bytes))?
        {
            return Ok(copied);
        }
        bytes_from(py, nbytes, |bytes| {
            let copied = if nbytes < DETACHED_FROM {
                self.window.read(py, |view| copy(&view, bytes, order))
            } else {
                self.window.read_detached(py, |view| copy(&view, bytes, order))
            };
            copied?.map_err(raised)
        })
    }

    /// Copies the elements to nested lists, one level for each axis; a single element is its value.
    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.window.check()?;
        let shape = self.window.shape();
        if let Some(native) = self.format.as_native() {
            let bytes = self.window.read(py, |view| view.to_bytes())?.map_err(raised)?;
            return nested(py, native, shape, &bytes);
        }
        let dtype = self.dtype().ok_or_else(|| self.unreadable())?;
        let list = self.window.read(py, |view| view.cast(dtype)?.to_list())?;
        value::from_value(py, &list.map_err(raised)?)
    }

    /// Copies the bytes of the elements, in C order, to a `str` of hexadecimal digits.
    ///
    /// `sep`, one character, is put between groups of `bytes_per_sep` bytes, counted from the end, or from the
    /// start if it is negative.
    #[pyo3(
        signature = (*arguments, **named),
        text_signature = "($self, sep=<unrepresentable>, bytes_per_sep=1)"
    )]
    fn hex<'py>(
        &self,
        py: Python<'py>,
        arguments: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // The rules are those of bytes.hex, and call-backs find a copy.
        self.tobytes(py, None)?.call_method("hex", arguments, named)
    }
}

impl View {
    fn order(&self, order: &Bound<'_, PyAny>) -> PyResult<Order> {
        let text = order.cast::<PyString>().map_err(|_| {
            PyTypeError::new_err("order must be 'C', 'F' or 'A', or None, which is 'C'")
        })?;
        match text.to_str()? {
            "C" => Ok(Order::C),
            "F" => Ok(Order::F),
            "A" if self.is_f_contiguous() && !self.is_c_contiguous() => Ok(Order::F),
            "A" => Ok(Order::C),
            _ => Err(PyValueError::new_err("order must be 'C', 'F' or 'A'")),
        }
    }
}

/// Copies the elements to `bytes`, which is of the view's size; where it is large, on all cores: new memory costs
/// as much as the copy, and is the system's work on whichever thread touches it first.
fn copy(view: &Elements<'_>, bytes: &mut [u8], order: Order) -> bytelens::Result<()> {
    let view = if order == Order::F { view.transpose() } else { view.clone() };
    let layout = Layout::contiguous(view.dtype().clone(), view.shape())?;
    let threads = match bytes.len() {
        ..PARALLEL_FROM => NonZeroUsize::MIN,
        _ => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    view.copy_to_with_threads(&mut ViewMut::new(bytes, layout)?, threads)
}

/// Makes nested lists of elements that lie together in C order.
fn nested<'py>(
    py: Python<'py>,
    native: Native,
    shape: &[usize],
    bytes: &[u8],
) -> PyResult<Bound<'py, PyAny>> {
    match shape {
        [] => {
            let mut raw = [0; 8];
            raw[..native.size()].copy_from_slice(&bytes[..native.size()]);
            element::unpack(py, native, raw)
        }
        [_] => Ok(flat(py, native, bytes)?.into_any()),
        [len, inner @ ..] => {
            let size = bytes.len().checked_div(*len).unwrap_or(0);
            let part = |at: usize| nested(py, native, inner, &bytes[at * size..(at + 1) * size]);
            let parts = (0..*len).map(part).collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, parts)?.into_any())
        }
    }
}

fn flat<'py>(py: Python<'py>, native: Native, bytes: &[u8]) -> PyResult<Bound<'py, PyList>> {
    macro_rules! numbers {
        ($type:ty, $wide:ty) => {{
            let (parts, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
            PyList::new(py, parts.iter().map(|raw| <$wide>::from(<$type>::from_ne_bytes(*raw))))
        }};
    }
    match native {
        Native::U8 => PyList::new(py, bytes.iter().copied()),
        Native::Bool => PyList::new(py, bytes.iter().map(|byte| *byte != 0)),
        Native::Char => PyList::new(py, bytes.iter().map(|byte| PyBytes::new(py, &[*byte]))),
        Native::I8 => numbers!(i8, i8),
        Native::I16 => numbers!(i16, i16),
        Native::U16 => numbers!(u16, u16),
        Native::I32 => numbers!(i32, i32),
        Native::U32 => numbers!(u32, u32),
        Native::I64 => numbers!(i64, i64),
        Native::U64 => numbers!(u64, u64),
        Native::F16 => numbers!(half::f16, f64),
        Native::F32 => numbers!(f32, f64),
        Native::F64 => numbers!(f64, f64),
    }
}
