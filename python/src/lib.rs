//! bytelens for Python: what the package's `__init__.py` takes its names from.
//!
//! The library has the rules, this crate their Python. It knows no op and computes no pixel. `unsafe` is in
//! `memory` and `dlpack` alone, which speak C.
#![deny(unsafe_code)]

mod codec;
mod device;
mod dlpack;
mod element;
mod error;
mod format;
mod image;
mod kernel;
mod memory;
mod pipeline;
mod value;
mod view;

/// The compiled half of the package `bytelens`; import that.
#[pyo3::pymodule(gil_used = false)]
mod _bytelens {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::codec::{decode, encode};
    #[pymodule_export]
    use crate::device::{Device, DeviceView, devices};
    #[pymodule_export]
    use crate::dlpack::from_dlpack;
    #[pymodule_export]
    use crate::image::Image;
    #[pymodule_export]
    use crate::kernel::Kernel;
    #[pymodule_export]
    use crate::memory::Growable;
    #[pymodule_export]
    use crate::pipeline::{Pipeline, ops};
    #[pymodule_export]
    use crate::view::View;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::memory::check_objects(module.py())
    }
}
