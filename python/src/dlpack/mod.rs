//! DLPack, both ways: tensors of other libraries seen in place, and views handed to them.
//!
//! As `dlpack.h` 1.1 and the Python array standard have it: versioned capsules with the read-only flag, and
//! capsules without a version for who asks for none. Only memory that the CPU reads; strides there count
//! elements, so a view whose strides are no multiple of its item size cannot go.
//!
//! Invariant: a tensor that came is given back to its maker once, when the last view of it goes; one that went
//! keeps a share of its exporter's memory until its consumer calls the deleter.

#![allow(unsafe_code, reason = "the one module, with memory, that speaks C")]

mod received;
mod sent;

pub(crate) use received::from_dlpack;

use std::ffi::{CStr, c_void};

use pyo3::PyErr;
use pyo3::exceptions::PyBufferError;

const UNVERSIONED: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const CPU: i32 = 1;
/// Kinds of memory that the CPU reads: its own, and what CUDA and ROCm have pinned in it.
const READABLE: [i32; 3] = [CPU, 3, 11];
const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
struct Device {
    kind: i32,
    id: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Managed {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
}

#[repr(C)]
struct ManagedVersioned {
    version: [u32; 2],
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut ManagedVersioned)>,
    flags: u64,
    tensor: Tensor,
}

fn refused(why: impl std::fmt::Display) -> PyErr {
    PyBufferError::new_err(format!("DLPack: {why}"))
}
