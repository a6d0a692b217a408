//! Bytes to the device and back: gathered into mapped memory, copied by the device.
//!
//! wgpu lends mapped memory for writing only, as something that is no slice. A contiguous view is
//! copied into it directly; any other goes through a block of scratch memory small enough to stay in
//! the cache. Back, the mapped bytes are a slice, and one strided copy takes them where they belong.
//! Nothing here knows of shaders.

use std::sync::Arc;

use crate::device::gpu::memory::{Memory, Staging};
use crate::device::gpu::{DeviceView, GpuDevice, fault};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::view::{View, ViewMut};

/// Bytes that are gathered at a time.
const BLOCK: usize = 128 << 10;

/// Commands on their way to the queue, with the memory that must outlive their submitting.
pub(crate) struct Recorder<'a> {
    device: &'a GpuDevice,
    pub(crate) encoder: wgpu::CommandEncoder,
    staged: Vec<Staging>,
    used: Vec<Memory>,
    kept: Vec<Memory>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(device: &'a GpuDevice) -> Self {
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("bytelens") };
        let encoder = device.shared.device.create_command_encoder(&descriptor);
        Self { device, encoder, staged: Vec::new(), used: Vec::new(), kept: Vec::new() }
    }

    /// Runs `work` with a recorder for a caller's encoder. Submits nothing: what the commands need is
    /// let go of when the caller's submission is done.
    pub(crate) fn within<T>(
        device: &'a GpuDevice,
        encoder: &mut wgpu::CommandEncoder,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mut recorder = Self::new(device);
        std::mem::swap(&mut recorder.encoder, encoder);
        let outcome = work(&mut recorder);
        std::mem::swap(&mut recorder.encoder, encoder);
        let Self { staged, used, kept, .. } = recorder;
        encoder.on_submitted_work_done(move || drop((staged, used, kept)));
        outcome
    }

    /// Returns memory of at least `bytes`: what an earlier pass is done with, or from the pool.
    pub(super) fn memory(&mut self, bytes: usize) -> Result<Memory> {
        let wanted = bytes as u64;
        let fits = |memory: &Memory| (wanted..=wanted.saturating_mul(4)).contains(&memory.bytes());
        match self.used.iter().position(fits) {
            Some(index) => Ok(self.used.swap_remove(index)),
            None => Memory::take(&self.device.shared.storage, bytes),
        }
    }

    /// Keeps memory until the commands are submitted. A later pass may write it.
    pub(super) fn done_with(&mut self, memory: Memory) {
        self.used.push(memory);
    }

    /// Keeps memory until the commands are submitted. No later pass may write it.
    pub(super) fn keep(&mut self, memory: Memory) {
        self.kept.push(memory);
    }

    /// Records the copying of bytes that `fill` writes into mapped memory.
    pub(super) fn stage(
        &mut self,
        bytes: usize,
        fill: impl FnOnce(&mut wgpu::BufferViewMut) -> Result<()>,
    ) -> Result<Memory> {
        // Copies are of whole words.
        let size = bytes.next_multiple_of(4);
        let staging = Staging::take(&self.device.shared.upload, size)?;
        let memory = Memory::take(&self.device.shared.storage, size)?;
        let mapped = staging.buffer().get_mapped_range_mut(..size as u64);
        let mut mapped = mapped.map_err(|error| self.device.failed("mapping", error))?;
        fill(&mut mapped)?;
        drop(mapped);
        staging.buffer().unmap();
        let (src, dst) = (staging.buffer(), memory.buffer());
        self.encoder.copy_buffer_to_buffer(src, 0, dst, 0, size as u64);
        self.staged.push(staging);
        Ok(memory)
    }

    /// Records the upload of a view that has elements.
    pub(super) fn upload(&mut self, view: &View<'_>) -> Result<Memory> {
        let needed = view.nbytes();
        self.device.check_buffer("upload", needed)?;
        self.stage(needed, |mapped| {
            let mut scratch = Vec::new();
            let end = gather(view, mapped, 0, &mut scratch)?;
            let rest = mapped.len() - end;
            mapped.slice(end..).copy_from_slice(&[0; 4][..rest]);
            Ok(())
        })
    }

    /// Records the copying back of what a layout with elements sees of some memory.
    pub(super) fn read_back(&mut self, memory: &Memory, layout: &Layout) -> Result<ReadBack<'a>> {
        let span = layout.span();
        let start = span.start - span.start % 4;
        let size = (span.end - start).next_multiple_of(4);
        if (start + size) as u64 > memory.bytes() {
            let expected = format!("a layout within {} bytes", memory.bytes());
            return Err(Error::shape("download", expected, format!("{layout:?}")));
        }
        self.device.check_buffer("download", size)?;
        let staging = Staging::take(&self.device.shared.readback, size)?;
        let (src, dst) = (memory.buffer(), staging.buffer());
        self.encoder.copy_buffer_to_buffer(src, start as u64, dst, 0, size as u64);
        let offset = layout.offset() - start;
        let layout = Layout::new(layout.dtype().clone(), layout.shape(), layout.strides(), offset)?;
        Ok(ReadBack { device: self.device, staging, size: size as u64, layout })
    }

    /// Submits what was recorded.
    pub(crate) fn submit(self) -> wgpu::SubmissionIndex {
        let submission = self.device.shared.queue.submit([self.encoder.finish()]);
        self.staged.into_iter().for_each(Staging::submitted);
        submission
    }
}

/// Bytes that will be on the host once their copy was submitted.
pub(super) struct ReadBack<'a> {
    device: &'a GpuDevice,
    staging: Staging,
    size: u64,
    layout: Layout,
}

impl ReadBack<'_> {
    /// Waits for a submission and copies the bytes where they belong.
    pub(super) fn copy_to(
        self,
        submission: wgpu::SubmissionIndex,
        target: &mut ViewMut<'_>,
        during: &str,
    ) -> Result<()> {
        self.staging.buffer().map_async(wgpu::MapMode::Read, ..self.size, |_| {});
        self.device.wait(submission, during)?;
        let mapped = self.staging.buffer().get_mapped_range(..self.size);
        let mapped = mapped.map_err(|error| self.device.failed(during, error))?;
        View::new(&mapped, self.layout)?.copy_to(target)?;
        drop(mapped);
        self.staging.read();
        Ok(())
    }
}

/// Writes the elements of a view to mapped memory in C order, from byte `at` on. Returns the byte
/// after the last.
fn gather(
    view: &View<'_>,
    mapped: &mut wgpu::BufferViewMut,
    at: usize,
    scratch: &mut Vec<u8>,
) -> Result<usize> {
    let end = at + view.nbytes();
    if let Some(bytes) = view.as_bytes() {
        mapped.slice(at..end).copy_from_slice(bytes);
        return Ok(end);
    }
    if view.nbytes() <= BLOCK || view.ndim() == 0 {
        scratch.resize(view.nbytes().max(scratch.len()), 0);
        let block = &mut scratch[..view.nbytes()];
        let layout = Layout::contiguous(view.dtype().clone(), view.shape())?;
        view.copy_to(&mut ViewMut::new(block, layout)?)?;
        mapped.slice(at..end).copy_from_slice(block);
        return Ok(end);
    }
    // Too large for a block: as many indices of the first axis as make one, or one and its axes.
    let count = view.shape()[0];
    let step = (BLOCK / (view.nbytes() / count)).max(1);
    let mut at = at;
    for start in (0..count).step_by(step) {
        let part = match step {
            1 => view.index(0, start.cast_signed())?,
            _ => view.slice(0, start..count.min(start + step))?,
        };
        at = gather(&part, mapped, at, scratch)?;
    }
    Ok(at)
}

impl GpuDevice {
    /// Copies a host view to the device, where it lies in C order. Does not wait.
    ///
    /// # Errors
    /// [`Error::Limit`] where it is larger than the device's buffers; [`Error::Device`] where the
    /// device fails.
    pub fn upload(&self, view: &View<'_>) -> Result<DeviceView> {
        let layout = Layout::contiguous(view.dtype().clone(), view.shape())?;
        if layout.nbytes() == 0 {
            return Ok(DeviceView::new(self, None, layout));
        }
        self.scoped("upload", || {
            let mut recorder = Recorder::new(self);
            let memory = recorder.upload(view)?;
            recorder.submit();
            // Lends the staging memory of uploads that are done already to those that follow.
            self.poll("upload")?;
            Ok(DeviceView::new(self, Some(Arc::new(memory)), layout))
        })
    }

    pub(super) fn read_back(&self, view: &DeviceView, target: &mut ViewMut<'_>) -> Result<()> {
        if view.shape() != target.shape() {
            let expected = format!("shape {:?}", view.shape());
            return Err(Error::shape("download", expected, format!("{:?}", target.shape())));
        }
        if view.dtype() != target.dtype() {
            return Err(Error::dtype("download", view.dtype().to_string(), target.dtype()));
        }
        let Some(memory) = view.memory().filter(|_| view.nbytes() > 0) else {
            return Ok(());
        };
        self.scoped("download", || {
            let mut recorder = Recorder::new(self);
            let read_back = recorder.read_back(memory, view.layout())?;
            let submission = recorder.submit();
            read_back.copy_to(submission, target, "download")
        })
    }

    /// Refuses what no buffer of the device can hold.
    pub(super) fn check_buffer(&self, what: &str, bytes: usize) -> Result<()> {
        self.check_limit(&format!("{what}: a buffer"), bytes, self.shared.limits.max_buffer_size)
    }

    /// Refuses more bytes than a limit of the device allows.
    pub(super) fn check_limit(&self, what: &str, bytes: usize, limit: u64) -> Result<()> {
        if bytes as u64 <= limit {
            return Ok(());
        }
        Err(Error::Limit {
            what: format!("{what} on {}", self.name()),
            got: format!("{bytes} bytes"),
            limit: format!("{limit} bytes"),
            hint: "use the cpu device".to_owned(),
        })
    }

    pub(crate) fn failed(&self, during: &str, problem: impl std::fmt::Display) -> Error {
        fault::failed(self.name(), during, problem)
    }
}
