//! Objects of views, written where they are.
//!
//! PyO3 makes an object by way of `object.__new__`, and moves the value through several places into it. That takes
//! longer than all else that a slice is; here the interpreter's allocator is called, and the value is written once.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::view::View;

/// Makes a view an object of its own, as `like` is one.
///
/// # Errors
///
/// No memory.
#[inline(always)]
pub(crate) fn object_like<'py>(like: &Bound<'py, View>, view: View) -> PyResult<Bound<'py, View>> {
    let py = like.py();
    // SAFETY: the allocator makes an object of the class that `like` has, in which all is 0, and no Python code runs
    // before the view is written where `like` has its own. What else there is in an object, `check_objects` found:
    // the list of weak references, which is empty when it is 0.
    unsafe {
        let made = ffi::PyType_GenericAlloc(ffi::Py_TYPE(like.as_ptr()), 0);
        let made = Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked::<View>();
        made.as_ptr().byte_add(value_offset(like)).cast::<View>().write(view);
        Ok(made)
    }
}

/// Bytes from the start of an object to the view in it, which are as many in all objects of a class.
#[inline(always)]
fn value_offset(object: &Bound<'_, View>) -> usize {
    std::ptr::from_ref(object.get()).addr() - object.as_ptr().addr()
}

/// Makes sure that PyO3 still lays objects out as `object_like` takes it: a head, the view, a list of weak references.
///
/// # Errors
///
/// `ImportError`, where there is anything more.
pub(crate) fn check_objects(py: Python<'_>) -> PyResult<()> {
    let object = Bound::new(py, View::of(pyo3::types::PyBytes::new(py, b"").as_any())?)?;
    let size: usize = object.get_type().getattr("__basicsize__")?.extract()?;
    let (head, offset) = (size_of::<ffi::PyObject>(), value_offset(&object));
    if offset != head || size != head + size_of::<View>() + size_of::<*mut ffi::PyObject>() {
        let message = format!("bytelens: objects of {size} bytes have a view at {offset}");
        return Err(PyImportError::new_err(message));
    }
    Ok(())
}
