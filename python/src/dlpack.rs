//! DLPack, both ways: tensors of other libraries seen in place, and views handed to them.
//!
//! As `dlpack.h` 1.1 and the Python array standard have it: versioned capsules with the read-only flag, and
//! capsules without a version for who asks for none. Only memory that the CPU reads; strides there count
//! elements, so a view whose strides are no multiple of its item size cannot go.
//!
//! Invariant: a tensor that came is given back to its maker once, when the last view of it goes; one that went
//! keeps a share of its exporter's memory until its consumer calls the deleter.

#![allow(unsafe_code, reason = "the one module, with memory, that speaks C")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

use bytelens::{ByteOrder, DType, Kind, Layout};
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

use crate::error::raised;
use crate::memory::Lent;
use crate::view::View;

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

/// What a tensor that went has with it, behind the struct that the consumer sees.
#[repr(C)]
struct Sent<M> {
    managed: M,
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    _memory: Arc<Lent>,
}

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

fn refused(why: impl std::fmt::Display) -> PyErr {
    PyBufferError::new_err(format!("DLPack: {why}"))
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
