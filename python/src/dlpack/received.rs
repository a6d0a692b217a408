//! Tensors of other libraries as views.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

use bytelens::{ByteOrder, DType, Layout};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use super::{
    DataType, Managed, ManagedVersioned, READ_ONLY, READABLE, Tensor, UNVERSIONED, VERSIONED,
    refused,
};
use crate::error::raised;
use crate::view::View;

/// A tensor that came, as an exporter of the bytes that its elements reach.
#[derive(Debug)]
#[pyclass(frozen, module = "bytelens")]
pub(crate) struct Received {
    managed: NonNull<c_void>,
    is_versioned: bool,
    start: NonNull<u8>,
    len: usize,
    is_readonly: bool,
}

// SAFETY: a tensor may be read, written and deleted from any thread; nothing here changes.
unsafe impl Send for Received {}

// SAFETY: as for `Send`.
unsafe impl Sync for Received {}

#[pymethods]
impl Received {
    /// Hands the bytes to a consumer.
    ///
    /// # Safety
    ///
    /// `buffer` is what the interpreter hands to `bf_getbuffer`: valid for writes.
    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        buffer: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let received = slf.get();
        let is_readonly = c_int::from(received.is_readonly);
        // SAFETY: the tensor's maker keeps the bytes until the deleter is called, which is when this object,
        // to which the consumer gets a reference, goes.
        let failed = unsafe {
            let (start, len) = (received.start.as_ptr().cast(), received.len.cast_signed());
            ffi::PyBuffer_FillInfo(buffer, slf.as_ptr(), start, len, is_readonly, flags)
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        // SAFETY: the tensor was taken out of its capsule, so that nobody else deletes it.
        unsafe {
            if self.is_versioned {
                let managed = self.managed.cast::<ManagedVersioned>().as_ptr();
                if let Some(delete) = (*managed).deleter {
                    delete(managed);
                }
            } else {
                let managed = self.managed.cast::<Managed>().as_ptr();
                if let Some(delete) = (*managed).deleter {
                    delete(managed);
                }
            }
        }
    }
}

/// Sees the tensor of another library in place, as a `View`, through DLPack.
///
/// Raises `TypeError` for an object without `__dlpack__`, `BufferError` for the memory of a device and for
/// elements that a view cannot have.
#[pyfunction]
pub(crate) fn from_dlpack(object: &Bound<'_, PyAny>) -> PyResult<View> {
    let py = object.py();
    if !object.hasattr("__dlpack__")? {
        let got = object.get_type().name()?;
        return Err(PyTypeError::new_err(format!("from_dlpack: '{got}' has no __dlpack__")));
    }
    if object.hasattr("__dlpack_device__")? {
        let (kind, _): (i32, i32) = object.call_method0("__dlpack_device__")?.extract()?;
        if !READABLE.contains(&kind) {
            return Err(refused(format!("device {kind} is not the CPU; move the tensor there")));
        }
    }
    let asked = PyDict::new(py);
    asked.set_item("max_version", (1, 1))?;
    let capsule = match object.call_method("__dlpack__", (), Some(&asked)) {
        // Makers of before version 1 know no such argument.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            object.call_method0("__dlpack__")?
        }
        answer => answer?,
    };
    let capsule = capsule.cast_into::<PyCapsule>().map_err(PyErr::from)?;
    let (received, layout) = received(&capsule)?;
    View::through(Bound::new(py, received)?.as_any(), &layout)
}

/// Takes a tensor out of its capsule.
fn received(capsule: &Bound<'_, PyCapsule>) -> PyResult<(Received, Layout)> {
    // SAFETY: only asks for the name.
    let holds =
        |name: &CStr| unsafe { ffi::PyCapsule_IsValid(capsule.as_ptr(), name.as_ptr()) == 1 };
    let is_versioned = holds(VERSIONED);
    if !is_versioned && !holds(UNVERSIONED) {
        return Err(refused("the capsule has no tensor in it, or it was taken out before"));
    }
    let (name, used) = match is_versioned {
        true => (VERSIONED, c"used_dltensor_versioned"),
        false => (UNVERSIONED, c"used_dltensor"),
    };
    // SAFETY: a capsule of that name holds that struct, and it has not been taken out.
    let managed = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), name.as_ptr()) };
    let managed = NonNull::new(managed).ok_or_else(|| refused("the capsule holds nothing"))?;
    // SAFETY: as above; the struct is read only.
    let (tensor, flags) = unsafe {
        if is_versioned {
            let managed = managed.cast::<ManagedVersioned>().as_ref();
            if managed.version[0] != 1 {
                return Err(refused(format!("version {} is not known here", managed.version[0])));
            }
            (&managed.tensor, managed.flags)
        } else {
            (&managed.cast::<Managed>().as_ref().tensor, 0)
        }
    };
    let (layout, start) = layout_of(tensor)?;
    let received = Received {
        managed,
        is_versioned,
        start,
        len: layout.span().end,
        is_readonly: flags & READ_ONLY != 0,
    };
    // SAFETY: the capsule is alive and the name is static. From here on the tensor is ours to delete.
    unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), used.as_ptr()) };
    Ok((received, layout))
}

/// Where the elements lie from the lowest byte of one, and that byte.
fn layout_of(tensor: &Tensor) -> PyResult<(Layout, NonNull<u8>)> {
    if !READABLE.contains(&tensor.device.kind) {
        return Err(refused(format!("device {} is not the CPU", tensor.device.kind)));
    }
    let dtype = dtype_of(tensor.dtype)?;
    let ndim = usize::try_from(tensor.ndim).map_err(|_| refused("a negative number of axes"))?;
    let numbers = |start: *mut i64| {
        // SAFETY: where a tensor has such an array there is a number in it for each axis.
        NonNull::new(start)
            .filter(|_| ndim > 0)
            .map(|start| unsafe { std::slice::from_raw_parts(start.as_ptr(), ndim) })
    };
    let length = |len: &i64| usize::try_from(*len).map_err(|_| refused("a negative length"));
    let shape = numbers(tensor.shape).unwrap_or_default();
    let shape = shape.iter().map(length).collect::<PyResult<Vec<_>>>()?;
    let size = dtype.size();
    let layout = match numbers(tensor.strides) {
        None => Layout::contiguous(dtype, &shape),
        Some(strides) => {
            let bytes = |stride: &i64| {
                let stride = isize::try_from(*stride).ok();
                let bytes = stride.and_then(|stride| stride.checked_mul(size.cast_signed()));
                bytes.ok_or_else(|| refused("a stride that is too large"))
            };
            let strides = strides.iter().map(bytes).collect::<PyResult<Vec<_>>>()?;
            let is_empty = shape.contains(&0);
            let below = shape.iter().zip(&strides).map(|(len, stride)| match stride {
                ..0 if !is_empty => (len - 1).saturating_mul(stride.unsigned_abs()),
                _ => 0,
            });
            Layout::new(dtype, &shape, &strides, below.fold(0, usize::saturating_add))
        }
    };
    let layout = layout.map_err(raised)?;
    let offset = usize::try_from(tensor.byte_offset).map_err(|_| refused("an offset too large"))?;
    let first = tensor.data.cast::<u8>().wrapping_add(offset);
    let start = NonNull::new(first.wrapping_sub(layout.offset())).unwrap_or(NonNull::dangling());
    Ok((layout, start))
}

fn dtype_of(code: DataType) -> PyResult<DType> {
    let known = [
        (0, [DType::I8, DType::I16, DType::I32, DType::I64].to_vec()),
        (1, [DType::U8, DType::U16, DType::U32, DType::U64].to_vec()),
        (2, [DType::F16, DType::F32, DType::F64].to_vec()),
        (4, [DType::BF16].to_vec()),
        (5, [DType::C64, DType::C128].to_vec()),
        (6, [DType::BOOL].to_vec()),
    ];
    let size = usize::from(code.bits / 8);
    let types = known.into_iter().find(|(known, _)| *known == code.code && code.lanes == 1);
    let is_whole = code.bits.is_multiple_of(8);
    let found = types.and_then(|(_, types)| types.into_iter().find(|it| it.size() == size));
    found.filter(|_| is_whole).map(|dtype| dtype.with_order(ByteOrder::NATIVE)).ok_or_else(|| {
        let DataType { code, bits, lanes } = code;
        refused(format!("elements of code {code}, {bits} bits and {lanes} lanes are not known"))
    })
}
