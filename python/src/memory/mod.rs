//! The C buffer protocol: memory of other objects, held, read, written and handed on.
//!
//! ```text
//!   exporter ◄── Hold ◄── Window ─ export ─► consumer
//!                one      many: a layout each, released one by one
//! ```
//!
//! A [`Hold`] is what a consumer has of an exporter, asked for once. A [`Window`] is a layout over it and a
//! share of the hold; the exporter gets its memory back when the last share goes. What is *not* here: formats,
//! indices and any other rule of `memoryview`.
//!
//! Invariants: the span of a window's layout lies within the bytes of its hold; memory is touched only by
//! who has a share of the hold, so releasing a view in the middle of something, from a call-back or
//! another thread, takes nothing away from under it. While bytes are referred to, no Python code runs.
//!
//! That other threads do not write what is being read is the users' business, as it is for `memoryview`.

#![allow(unsafe_code, reason = "the one module, with dlpack, that speaks C")]

mod access;
mod bytes;
mod count;
mod export;
mod grid;
mod growable;
mod hold;
mod object;
mod owned;
mod pointers;
mod window;

pub(crate) use bytes::bytes_from;
pub(crate) use grid::{Grid, Single};
pub(crate) use growable::Growable;
pub(crate) use hold::{Exported, Hold, Lent};
pub(crate) use object::{check_objects, object_like};
pub(crate) use owned::Owned;
pub(crate) use pointers::{Pointed, part_of_pointers};
pub(crate) use window::{Kept, Window};

use bytelens::DType;
use pyo3::PyResult;
use pyo3::exceptions::PyValueError;

/// The element type of a layout whose elements are so many bytes, whatever they mean.
pub(crate) fn opaque(itemsize: usize) -> PyResult<DType> {
    Ok(match itemsize {
        1 => DType::U8,
        2 => DType::U16,
        4 => DType::U32,
        8 => DType::U64,
        _ => match u32::try_from(itemsize) {
            Ok(size) => DType::bytes(size),
            Err(_) => {
                let message = format!("View: items of {itemsize} bytes; expected less than 4 GiB");
                return Err(PyValueError::new_err(message));
            }
        },
    })
}
