//! Memory for what is bound: where the device can bind it, with the zeros and constants it starts from.
//!
//! Only commands of copying and clearing are recorded here.

use super::prepare::Bound;
use super::reflect::wrong;
use super::{Binding, Kernel};
use crate::device::gpu::{DeviceView, GpuDevice, Recorder};
use crate::error::{Error, Result};
use crate::layout::Layout;

/// A piece of a buffer that a binding sees.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) buffer: wgpu::Buffer,
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// Puts what is bound where the device can bind it.
pub(super) struct Placer<'a, 'b> {
    pub(super) kernel: &'a Kernel,
    pub(super) device: &'a GpuDevice,
    pub(super) recorder: &'a mut Recorder<'b>,
}

impl Placer<'_, '_> {
    /// Returns the memory that a binding sees; none for constants.
    pub(super) fn view(
        &mut self,
        binding: &Binding,
        bound: &Bound,
        times: u32,
    ) -> Result<Option<DeviceView>> {
        match bound {
            Bound::Constant(_) => Ok(None),
            Bound::Output(layout) => self.zeros(layout).map(Some),
            Bound::Update(view) => {
                if self.is_bindable(view) {
                    return Ok(Some(view.clone()));
                }
                let problem = format!(
                    "binding {:?} writes the view in place, but it is {:?}: not contiguous, or not at a \
                     multiple of {} bytes; give the whole memory, or take .output({:?}, …)",
                    binding.name,
                    view.layout(),
                    self.alignment(),
                    binding.name
                );
                Err(wrong(self.kernel.name(), problem))
            }
            Bound::Read(view) if times == 0 || self.is_bindable(view) => Ok(Some(view.clone())),
            Bound::Read(view) => view.record_contiguous(self.recorder).map(Some),
        }
    }

    /// Takes memory for an array and clears it.
    pub(super) fn zeros(&mut self, layout: &Layout) -> Result<DeviceView> {
        let view = self.device.uninitialised(layout.dtype(), layout.shape())?;
        if let Some(buffer) = view.wgpu_buffer() {
            let bytes = (view.nbytes() as u64).next_multiple_of(4);
            self.recorder.encoder.clear_buffer(buffer, 0, Some(bytes));
        }
        Ok(view)
    }

    /// Puts all constants in one buffer. Returns where each binding's lie.
    pub(super) fn constants(&mut self, bound: &[Bound]) -> Result<Vec<Option<Piece>>> {
        let alignment = self.alignment();
        let mut bytes = Vec::new();
        let places: Vec<_> = bound
            .iter()
            .map(|bound| {
                let Bound::Constant(constant) = bound else { return None };
                let offset = bytes.len().next_multiple_of(alignment);
                bytes.resize(offset, 0);
                bytes.extend_from_slice(constant);
                bytes.resize(bytes.len().next_multiple_of(16), 0);
                Some((offset as u64, (bytes.len() - offset) as u64))
            })
            .collect();
        if bytes.is_empty() {
            return Ok(bound.iter().map(|_| None).collect());
        }
        let buffer = self.device.wgpu_device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("bytelens constants"),
            size: bytes.len() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::STORAGE,
            mapped_at_creation: true,
        });
        let failed = |problem| self.device.failed("writing constants", problem);
        buffer.get_mapped_range_mut(..).map_err(failed)?.copy_from_slice(&bytes);
        buffer.unmap();
        let piece = |(offset, size)| Piece { buffer: buffer.clone(), offset, size };
        Ok(places.into_iter().map(|place| place.map(piece)).collect())
    }

    fn alignment(&self) -> usize {
        let limits = self.device.limits();
        let storage = limits.min_storage_buffer_offset_alignment;
        storage.max(limits.min_uniform_buffer_offset_alignment).max(16) as usize
    }

    /// Tells whether a view can be bound as it lies: contiguous, from an aligned byte on.
    fn is_bindable(&self, view: &DeviceView) -> bool {
        view.layout().is_contiguous() && view.layout().offset() % self.alignment() == 0
    }
}

/// Returns the piece of memory that a placed view is.
pub(super) fn piece(view: &DeviceView) -> Result<Piece> {
    let Some(buffer) = view.wgpu_buffer() else {
        return Err(Error::shape("kernel", "a view with elements", view.layout()));
    };
    let (offset, size) = (view.layout().offset() as u64, view.nbytes() as u64);
    Ok(Piece { buffer: buffer.clone(), offset, size })
}
