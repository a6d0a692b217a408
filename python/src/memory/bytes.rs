//! New `bytes` objects, written once.

use std::ptr::NonNull;

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Makes a `bytes` of `len` bytes, all of which `fill` writes.
///
/// # Errors
///
/// No memory, or what `fill` returns.
pub(crate) fn bytes_from(
    py: Python<'_>,
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> PyResult<()>,
) -> PyResult<Bound<'_, PyBytes>> {
    let size = isize::try_from(len).map_err(|_| PyMemoryError::new_err("bytes too large"))?;
    // SAFETY: a new `bytes`, or an error. Its memory came from C, with some bytes in it, which `fill`
    // overwrites before anybody sees them; there is one reference to it until it is returned.
    unsafe {
        let made = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let made = Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked::<PyBytes>();
        let start =
            NonNull::new(ffi::PyBytes_AsString(made.as_ptr())).unwrap_or(NonNull::dangling());
        ask_for_huge_pages(start.as_ptr().cast(), len);
        fill(std::slice::from_raw_parts_mut(start.as_ptr().cast(), len))?;
        Ok(made)
    }
}

/// Bytes from which on memory asks for huge pages, as arrays of the library and of NumPy do: the first touch of
/// each small one would take longer than the copy.
#[cfg(target_os = "linux")]
const HUGE_FROM: usize = 4 << 20;

/// # Safety
///
/// From `start` on there are `len` bytes.
#[cfg(target_os = "linux")]
unsafe fn ask_for_huge_pages(start: *mut u8, len: usize) {
    const PAGE: usize = 4096;
    if len < HUGE_FROM {
        return;
    }
    // Below a page, of many.
    let skipped = start.addr().next_multiple_of(PAGE) - start.addr();
    // SAFETY: whole pages of what is there. The advice changes no byte; where pages are of another size or none are
    // huge it is refused, which changes nothing.
    let _ = unsafe {
        let pages = (len - skipped) / PAGE * PAGE;
        libc::madvise(start.add(skipped).cast(), pages, libc::MADV_HUGEPAGE)
    };
}

/// # Safety
///
/// None is needed where there is no such advice.
#[cfg(not(target_os = "linux"))]
unsafe fn ask_for_huge_pages(_start: *mut u8, _len: usize) {}
