//! bytelens for Python: what the package's `__init__.py` takes its names from.
//!
//! The library has the rules, this crate their Python. It knows no op and computes no pixel. `unsafe` is in
//! `memory` and `dlpack` alone, which speak C.
#![deny(unsafe_code)]

mod element;
mod error;
mod format;
mod memory;
mod value;
mod view;

/// The compiled half of the package `bytelens`; import that.
#[pyo3::pymodule(gil_used = false)]
mod _bytelens {
    #[pymodule_export]
    use crate::view::View;
}
