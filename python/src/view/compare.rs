//! Equality, hash, `index` and `count`: by value, as `memoryview` does it.

use bytelens::{DType, Kind, Value, View as Elements};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyBytes, PyList};

use super::View;
use super::assign::same_until_empty;
use crate::format::Native;

#[pymethods]
impl View {
    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        op: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let is_wanted = match op {
            CompareOp::Eq => true,
            CompareOp::Ne => false,
            _ => return Ok(py.NotImplemented().into_bound(py)),
        };
        let answer = |is_equal: bool| {
            let answer = (is_equal == is_wanted).into_pyobject(py)?;
            Ok(answer.to_owned().into_any())
        };
        let view = slf.get();
        let is_itself = slf.is(other);
        if view.window.is_released() {
            return answer(is_itself);
        }
        if let Ok(other) = other.cast::<Self>() {
            let other = other.get();
            return answer(!other.window.is_released() && view.equals(py, other)?);
        }
        // What exports no buffer is for the other side to compare.
        let Ok(other) = Self::of(other) else { return Ok(py.NotImplemented().into_bound(py)) };
        answer(view.equals(py, &other)?)
    }

    /// The hash of the `bytes` of a read-only view of bytes whose exporter has one.
    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        let view = slf.get();
        if let Some(hash) = view.hash.get() {
            return Ok(*hash);
        }
        view.window.check()?;
        if !view.is_readonly {
            return Err(PyValueError::new_err("cannot hash writable View object"));
        }
        let native = view.format.as_native();
        if !matches!(native, Some(Native::U8 | Native::I8 | Native::Char)) {
            let message = "View: hashing is restricted to formats 'B', 'b' or 'c'";
            return Err(PyValueError::new_err(message));
        }
        let kept = view.window.keep(slf.py())?;
        if let Some(exporter) = view.window.hold().get().exporter(slf.py()) {
            // Raises for what has none; it may release the view.
            exporter.hash()?;
        }
        drop(kept);
        let bytes =
            view.window.read(slf.py(), |view| view.to_bytes())?.map_err(crate::error::raised)?;
        let hash = PyBytes::new(slf.py(), &bytes).hash()?;
        Ok(*view.hash.get_or_init(|| hash))
    }

    /// The first position along the first axis, from `start` and before `stop`, at which `value` is.
    ///
    /// Raises `ValueError` where there is none.
    #[pyo3(signature = (value, start = 0, stop = isize::MAX, /), text_signature = "($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(&self, value: &Bound<'_, PyAny>, start: isize, stop: isize) -> PyResult<usize> {
        self.window.check()?;
        if self.window.shape().is_empty() {
            return Err(PyTypeError::new_err("invalid lookup on 0-dim memory"));
        }
        let len = self.first_len();
        let from_start = |at: isize| {
            let at = if at < 0 { at.saturating_add_unsigned(len).max(0) } else { at };
            at.unsigned_abs().min(len)
        };
        for at in from_start(start)..from_start(stop) {
            if self.is_at(value, at)? {
                return Ok(at);
            }
        }
        Err(PyValueError::new_err("View.index(x): x not found"))
    }

    /// How often `value` is along the first axis.
    #[pyo3(signature = (value, /))]
    fn count(&self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        self.window.check()?;
        if self.window.shape().is_empty() {
            return Err(PyTypeError::new_err("invalid indexing of 0-dim memory"));
        }
        let mut count = 0;
        for at in 0..self.first_len() {
            count += usize::from(self.is_at(value, at)?);
        }
        Ok(count)
    }
}

impl View {
    fn is_at(&self, value: &Bound<'_, PyAny>, at: usize) -> PyResult<bool> {
        // Comparing may release the view: the next element is then refused.
        let item = self.along_first_axis(value.py(), at)?;
        Ok(item.is(value) || item.eq(value)?)
    }

    /// Tells whether shapes and values are equal.
    fn equals(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        let (a, b) = (self.window.shape(), other.window.shape());
        if !same_until_empty(a, b) {
            return Ok(false);
        }
        let is_char = |view: &Self| view.format.as_native() == Some(Native::Char);
        if a.contains(&0) {
            return Ok(self.is_known(py)? && other.is_known(py)?);
        }
        if is_char(self) != is_char(other) {
            // Bytes of length 1 are no numbers.
            return Ok(false);
        }
        let is_int = |native: Native| {
            !matches!(native, Native::F16 | Native::F32 | Native::F64 | Native::Bool)
        };
        if let (Some(left), Some(right)) = (self.format.as_native(), other.format.as_native())
            && left == right
            && is_int(left)
            && let Some(Some(is_equal)) = self
                .window
                .read_bytes(py, |a| other.window.read_bytes(py, |b| a == b))?
                .transpose()?
        {
            return Ok(is_equal);
        }
        let is_plain = |dtype: &DType| dtype.is_number() || dtype.kind() == Kind::Bytes;
        let types = (self.dtype(), other.dtype());
        if let (Some(left), Some(right)) = &types
            && is_plain(left)
            && is_plain(right)
        {
            return self.compared(py, other, |a, b| a.equals(&b), left, right);
        }
        if let (Some(a), Some(b)) = (self.unpacked(py)?, other.unpacked(py)?) {
            return a.eq(b);
        }
        match &types {
            (Some(left), Some(right)) => self.compared(py, other, lists_equal, left, right),
            _ => Ok(false),
        }
    }

    /// Compares the elements of both, of these types.
    fn compared(
        &self,
        py: Python<'_>,
        other: &Self,
        compare: impl FnOnce(Elements<'_>, Elements<'_>) -> bool,
        left: &DType,
        right: &DType,
    ) -> PyResult<bool> {
        self.window.read(py, |a| {
            other.window.read(py, |b| match (a.cast(left.clone()), b.cast(right.clone())) {
                (Ok(a), Ok(b)) => compare(a, b),
                _ => false,
            })
        })?
    }

    fn is_known(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.dtype().is_some() || self.unpacked(py)?.is_some())
    }

    /// A list of all elements as the module `struct` reads them; nothing where it does not know the format.
    fn unpacked<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let module = py.import("struct")?;
        let made = module.getattr("Struct")?.call1((self.format.to_string(),));
        let Ok(made) = made else { return Ok(None) };
        if made.getattr("size")?.extract::<usize>()? != self.itemsize() {
            return Ok(None);
        }
        let bytes = self.window.read(py, |view| view.to_bytes())?.map_err(crate::error::raised)?;
        if bytes.is_empty() {
            return Ok(Some(PyList::empty(py).into_any()));
        }
        let unpacked = made.call_method1("iter_unpack", (PyBytes::new(py, &bytes),))?;
        Ok(Some(PyList::new(py, unpacked.try_iter()?.collect::<PyResult<Vec<_>>>()?)?.into_any()))
    }
}

fn lists_equal(a: Elements<'_>, b: Elements<'_>) -> bool {
    match (a.to_list(), b.to_list()) {
        (Ok(a), Ok(b)) => same(&a, &b),
        _ => false,
    }
}

/// Tells whether values are equal where fields are compared by their order and not by their names: what
/// `struct` makes of `ii` and of `2i` is the same.
fn same(a: &Value, b: &Value) -> bool {
    fn parts(value: &Value) -> Option<Vec<&Value>> {
        match value {
            Value::List(items) => Some(items.iter().collect()),
            Value::Struct(fields) => Some(fields.iter().map(|(_, value)| value).collect()),
            _ => None,
        }
    }
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (None, None) => a == b,
        _ => false,
    }
}
