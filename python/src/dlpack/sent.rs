//! Views as tensors for other libraries.

use std::ffi::CStr;
use std::ffi::c_void;
use std::sync::Arc;

use bytelens::{DType, Kind};
use pyo3::ffi;
use pyo3::prelude::*;

use super::{
    CPU, DataType, Device, IS_COPIED, Managed, ManagedVersioned, READ_ONLY, Tensor, UNVERSIONED,
    VERSIONED, refused,
};
use crate::memory::Lent;
use crate::view::View;

#[pymethods]
impl View {
    /// The kind and number of the device that has the memory: (1, 0), the CPU.
    fn __dlpack_device__(&self) -> PyResult<(i32, i32)> {
        self.window.check()?;
        Ok((CPU, 0))
    }

    /// A capsule with the elements as a DLPack tensor, in place.
    ///
    /// Raises `BufferError` for elements or strides that DLPack cannot have, for another device, and for
    /// read-only memory if the consumer knows no read-only flag (`max_version` below 1).
    #[pyo3(signature = (*, stream = None, max_version = None, dl_device = None, copy = None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<&Bound<'_, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.window.check()?;
        if stream.is_some() {
            return Err(refused("a stream is for devices; the memory is the CPU's"));
        }
        if dl_device.is_some_and(|device| device != (CPU, 0)) {
            return Err(refused("the memory is the CPU's, device (1, 0)"));
        }
        let is_copy = copy == Some(true);
        let copied = if is_copy { Some(self.copied(py)?) } else { None };
        let view = copied.as_ref().unwrap_or(self);
        let parts = Parts::of(view, py)?;
        if max_version.is_some_and(|(major, _)| major >= 1) {
            let flags = if view.is_readonly { READ_ONLY } else { 0 };
            return sent_versioned(py, parts, flags | if is_copy { IS_COPIED } else { 0 });
        }
        if view.is_readonly {
            return Err(refused("read-only memory needs a consumer of version 1; copy it first"));
        }
        sent_unversioned(py, parts)
    }
}

/// What a tensor that went has with it, behind the struct that the consumer sees.
#[repr(C)]
struct Sent<M> {
    managed: M,
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    _memory: Arc<Lent>,
}

/// What a tensor is made of.
struct Parts {
    data: *mut c_void,
    dtype: DataType,
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    memory: Arc<Lent>,
}

impl Parts {
    fn of(view: &View, py: Python<'_>) -> PyResult<Self> {
        let layout = view.typed_layout()?;
        let dtype = code_of(layout.dtype())?;
        let size = layout.dtype().size().cast_signed();
        let elements = |stride: &isize| {
            let whole = stride.checked_rem(size) == Some(0);
            if !whole {
                return Err(refused(format!("stride {stride} is no multiple of {size} bytes")));
            }
            Ok((stride / size) as i64)
        };
        let strides = layout.strides().iter().map(elements).collect::<PyResult<_>>()?;
        let shape = layout.shape().iter().map(|len| *len as i64).collect();
        let memory = view.window.lend(py)?;
        let addresses = view.window.addresses().ok_or_else(|| refused("suboffsets"))?;
        let first = addresses.start + (layout.offset() - layout.span().start);
        // The address is the exporter's; whoever consumes it has a share of its memory.
        let data = std::ptr::with_exposed_provenance_mut(if layout.is_empty() { 0 } else { first });
        Ok(Self { data, dtype, shape, strides, memory })
    }

    fn tensor(&self) -> Tensor {
        Tensor {
            data: self.data,
            device: Device { kind: CPU, id: 0 },
            ndim: i32::try_from(self.shape.len()).unwrap_or(0),
            dtype: self.dtype,
            // Both lie in boxes that move with what is made here, and their contents do not.
            shape: self.shape.as_ptr().cast_mut(),
            strides: self.strides.as_ptr().cast_mut(),
            byte_offset: 0,
        }
    }
}

fn sent_versioned(py: Python<'_>, parts: Parts, flags: u64) -> PyResult<Bound<'_, PyAny>> {
    let managed = ManagedVersioned {
        version: [1, 1],
        context: std::ptr::null_mut(),
        deleter: Some(delete::<ManagedVersioned>),
        flags,
        tensor: parts.tensor(),
    };
    capsule(py, managed, parts, VERSIONED, drop_unused_versioned)
}

fn sent_unversioned(py: Python<'_>, parts: Parts) -> PyResult<Bound<'_, PyAny>> {
    let managed = Managed {
        tensor: parts.tensor(),
        context: std::ptr::null_mut(),
        deleter: Some(delete::<Managed>),
    };
    capsule(py, managed, parts, UNVERSIONED, drop_unused_unversioned)
}

/// Puts a tensor into a capsule, which deletes it if nobody takes it out.
fn capsule<'py, M>(
    py: Python<'py>,
    managed: M,
    parts: Parts,
    name: &'static CStr,
    drop_unused: ffi::PyCapsule_Destructor,
) -> PyResult<Bound<'py, PyAny>> {
    let Parts { shape, strides, memory, .. } = parts;
    let sent = Box::into_raw(Box::new(Sent { managed, shape, strides, _memory: memory }));
    // SAFETY: the pointer and the name outlive the capsule; the destructor is for what is in it.
    let made = unsafe {
        let made = ffi::PyCapsule_New(sent.cast(), name.as_ptr(), Some(drop_unused));
        Bound::from_owned_ptr_or_err(py, made)
    };
    if made.is_err() {
        // SAFETY: it was a box, and no capsule has it.
        drop(unsafe { Box::from_raw(sent) });
    }
    made
}

/// Frees a tensor that went; its consumer calls it once, with or without the interpreter's lock.
unsafe extern "C" fn delete<M>(managed: *mut M) {
    // SAFETY: `capsule` made it as the first field of a boxed `Sent<M>`, and gave it away with this deleter.
    drop(unsafe { Box::from_raw(managed.cast::<Sent<M>>()) });
}

unsafe extern "C" fn drop_unused_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: called with the capsule that `capsule` made; a consumer that took the tensor renamed it.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) == 1 {
            delete::<ManagedVersioned>(
                ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr()).cast(),
            );
        }
    }
}

unsafe extern "C" fn drop_unused_unversioned(capsule: *mut ffi::PyObject) {
    // SAFETY: as for the versioned one.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, UNVERSIONED.as_ptr()) == 1 {
            delete::<Managed>(ffi::PyCapsule_GetPointer(capsule, UNVERSIONED.as_ptr()).cast());
        }
    }
}

fn code_of(dtype: &DType) -> PyResult<DataType> {
    let code = match dtype.kind() {
        Kind::Int => 0,
        Kind::Uint => 1,
        Kind::Float => 2,
        Kind::BFloat => 4,
        Kind::Complex => 5,
        Kind::Bool => 6,
        _ => return Err(refused(format!("{dtype} is no number"))),
    };
    if !dtype.is_native() {
        return Err(refused(format!("{dtype} is not in the byte order of this machine")));
    }
    let bits = u8::try_from(dtype.size() * 8).unwrap_or(0);
    Ok(DataType { code, bits, lanes: 1 })
}
