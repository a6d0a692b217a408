//! What kernels have of a device: its handles, its limits, memory, and the promise not to lend it twice.

use std::sync::{Arc, Weak};

use crate::device::gpu::memory::Memory;
use crate::device::gpu::{DeviceView, GpuDevice, Shared};
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;

/// The features that a device is opened with where its adapter has them.
pub(super) const FEATURES: wgpu::Features =
    wgpu::Features::SHADER_F16.union(wgpu::Features::SUBGROUP);

/// Which device something was made for, without keeping it alive. wgpu's own handles are equal for the
/// first devices of two instances.
pub(crate) struct Identity(Weak<Shared>);

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl GpuDevice {
    pub(crate) fn identity(&self) -> Identity {
        Identity(Arc::downgrade(&self.shared))
    }

    pub(crate) fn wgpu_device(&self) -> &wgpu::Device {
        &self.shared.device
    }

    pub(crate) fn limits(&self) -> &wgpu::Limits {
        &self.shared.limits
    }

    /// Takes memory for a contiguous array. It holds what its last owner left.
    pub(crate) fn uninitialised(&self, dtype: &DType, shape: &[usize]) -> Result<DeviceView> {
        let layout = Layout::contiguous(dtype.clone(), shape)?;
        if layout.nbytes() == 0 {
            return Ok(DeviceView::new(self, None, layout));
        }
        self.check_buffer("allocating", layout.nbytes())?;
        let memory = Memory::take(&self.shared.storage, layout.nbytes())?;
        Ok(DeviceView::new(self, Some(Arc::new(memory)), layout))
    }
}

impl DeviceView {
    pub(crate) fn wgpu_buffer(&self) -> Option<&wgpu::Buffer> {
        self.memory().map(|memory| memory.buffer())
    }

    /// Tells whether writing through one may change what the other sees.
    pub(crate) fn shares_memory_with(&self, other: &Self) -> bool {
        match (self.memory(), other.memory()) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns how many other views hold the memory.
    pub(crate) fn other_holders(&self) -> usize {
        self.memory().map_or(0, |memory| Arc::strong_count(memory) - 1)
    }

    /// Returns what keeps its memory out of the pool while commands that use it wait to be submitted.
    pub(crate) fn recorded(&self) -> Option<Arc<()>> {
        self.memory().map(|memory| memory.recorded())
    }
}
