//! Commands on their way to the queue, and bytes on theirs to the device: gathered into mapped memory,
//! copied by the device. The way back: readback.rs.
//!
//! ```text
//!   host view ─ gather ─► mapped staging, a chunk at a time ─ copy ─► storage
//!             ─ gather ─► storage itself, where memory is unified and the storage is at rest
//! ```
//!
//! wgpu lends mapped memory for writing only, as something that is no slice: it may be memory that
//! must not be read. How it is written: gather.rs. Large transfers go in chunks: staging stays small,
//! and the device copies one chunk while the host, with several threads, copies the next. Nothing here
//! knows of shaders.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crate::device::gpu::gather::{chunks, gather_all};
use crate::device::gpu::memory::{Memory, Staging};
use crate::device::gpu::{DeviceView, GpuDevice, fault};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::view::View;

/// Bytes that each thread of the host copies of a chunk, and the least that a chunk has.
const THREAD_BYTES: usize = 4 << 20;
const MIN_CHUNK: usize = 8 << 20;

/// A chunk takes no more than this part of the memory budget, unless it would be smaller than that.
const BUDGET_PARTS: u64 = 16;
const LEAST_CHUNK: usize = 64 << 10;

/// Bytes below which it costs more to start a thread than it saves.
const MIN_THREAD_BYTES: usize = 2 << 20;

/// Commands on their way to the queue, with the memory that must outlive their submitting.
pub(crate) struct Recorder<'a> {
    pub(super) device: &'a GpuDevice,
    pub(crate) encoder: wgpu::CommandEncoder,
    staged: Vec<Staging>,
    used: Vec<Memory>,
    kept: Vec<Memory>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(device: &'a GpuDevice) -> Self {
        let encoder = new_encoder(device);
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
        let memory = Memory::take(&self.device.shared.storage, size)?;
        if map_at_rest(self.device, &memory)? {
            self.device.fill(memory.buffer(), size, fill)?;
        } else {
            let staging = Staging::take(&self.device.shared.upload, size)?;
            self.device.fill(staging.buffer(), size, fill)?;
            self.copy_staged(&memory, 0, staging, size);
        }
        Ok(memory)
    }

    /// Records the copying of all that was staged to some place in memory.
    fn copy_staged(&mut self, memory: &Memory, at: usize, staging: Staging, size: usize) {
        let (src, dst) = (staging.buffer(), memory.buffer());
        self.encoder.copy_buffer_to_buffer(src, 0, dst, at as u64, size as u64);
        self.staged.push(staging);
    }

    /// Records the upload of views, at least one element in all, one after the other in C order.
    pub(super) fn upload(&mut self, views: &[View<'_>]) -> Result<Memory> {
        let (memory, is_filled) = self.device.upload_in_place(views)?;
        if !is_filled {
            self.stage_views(&memory, views)?;
        }
        Ok(memory)
    }

    /// Records the upload of views to memory that is large enough, through staging.
    fn stage_views(&mut self, memory: &Memory, views: &[View<'_>]) -> Result<()> {
        let most = self.device.chunk_bytes();
        let mut at = 0;
        for chunk in chunks(views, most)? {
            let bytes: usize = chunk.iter().map(View::nbytes).sum();
            let size = bytes.next_multiple_of(4);
            let pool = &self.device.shared.upload;
            let staging = self.device.with_room(|| Staging::take(pool, size))?;
            self.device.fill_with(staging.buffer(), size, &chunk)?;
            self.copy_staged(memory, at, staging, size);
            at += bytes;
            if bytes >= most / 2 {
                // The device copies this chunk while the next is gathered.
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Submits what was recorded so far, and lends staging again that the device is done with.
    fn flush(&mut self) -> Result<()> {
        let encoder = std::mem::replace(&mut self.encoder, new_encoder(self.device));
        self.device.shared.queue.submit([encoder.finish()]);
        self.staged.drain(..).for_each(Staging::submitted);
        self.device.poll("upload")
    }

    /// Submits what was recorded.
    pub(crate) fn submit(self) -> wgpu::SubmissionIndex {
        let submission = self.device.shared.queue.submit([self.encoder.finish()]);
        self.staged.into_iter().for_each(Staging::submitted);
        submission
    }
}

fn new_encoder(device: &GpuDevice) -> wgpu::CommandEncoder {
    let descriptor = wgpu::CommandEncoderDescriptor { label: Some("bytelens") };
    device.shared.device.create_command_encoder(&descriptor)
}

/// Maps memory that was just taken for writing, where the host sees it and the device is done with it;
/// does not wait for work.
fn map_at_rest(device: &GpuDevice, memory: &Memory) -> Result<bool> {
    if !memory.is_unified() {
        return Ok(false);
    }
    if !memory.is_at_rest() {
        device.poll("mapping")?;
        if !memory.is_at_rest() {
            return Ok(false);
        }
    }
    let (sender, answer) = mpsc::channel();
    memory.set_requested(true);
    memory.buffer().map_async(wgpu::MapMode::Write, .., move |outcome| {
        // Nobody may listen any more.
        let _ = sender.send(outcome);
    });
    let started = Instant::now();
    loop {
        device.poll("mapping")?;
        // Another thread's poll may have taken the answer, and be about to give it.
        match answer.recv_timeout(Duration::from_millis(1)) {
            Ok(outcome) => {
                outcome.map_err(|error| device.failed("mapping", error))?;
                memory.set_requested(false);
                return Ok(true);
            }
            Err(mpsc::RecvTimeoutError::Timeout) if started.elapsed() < device.timeout => {}
            Err(problem) => return Err(device.failed("mapping", problem)),
        }
    }
}

impl GpuDevice {
    /// Copies a host view to the device, where it lies in C order. Does not wait, unless the memory budget is
    /// taken up by earlier uploads that the device has yet to read.
    ///
    /// # Errors
    /// [`Error::Limit`] where it is larger than the device's buffers, or than what the memory budget
    /// has left; [`Error::Device`] where the device fails.
    pub fn upload(&self, view: &View<'_>) -> Result<DeviceView> {
        let layout = Layout::contiguous(view.dtype().clone(), view.shape())?;
        if layout.nbytes() == 0 {
            return Ok(DeviceView::new(self, None, layout));
        }
        self.scoped("upload", || {
            let views = std::slice::from_ref(view);
            let (memory, is_filled) = self.upload_in_place(views)?;
            if !is_filled {
                let mut recorder = Recorder::new(self);
                recorder.stage_views(&memory, views)?;
                recorder.submit();
                // Lends the staging memory of uploads that are done already to those that follow.
                self.poll("upload")?;
            }
            Ok(DeviceView::new(self, Some(Arc::new(memory)), layout))
        })
    }

    /// Takes memory for views, at least one element in all, and tells whether they are there already:
    /// they are where the host could write the memory where it lies.
    fn upload_in_place(&self, views: &[View<'_>]) -> Result<(Memory, bool)> {
        let bytes: usize = views.iter().map(View::nbytes).sum();
        self.check_buffer("upload", bytes)?;
        let size = bytes.next_multiple_of(4);
        let memory = self.with_room(|| Memory::take(&self.shared.storage, size))?;
        let is_mapped = map_at_rest(self, &memory)?;
        if is_mapped {
            self.fill_with(memory.buffer(), size, views)?;
        }
        Ok((memory, is_mapped))
    }

    /// Takes memory, or waits, where there is no room for it, for what the device has yet to read, and takes
    /// it then.
    fn with_room<T>(&self, take: impl Fn() -> Result<T>) -> Result<T> {
        match take() {
            Err(Error::Limit { .. }) if self.shared.budget.is_coming() => {
                fault::wait_quietly(&self.shared.device);
                take()
            }
            outcome => outcome,
        }
    }

    /// Writes a buffer that is mapped, and unmaps it.
    fn fill(
        &self,
        buffer: &wgpu::Buffer,
        size: usize,
        fill: impl FnOnce(&mut wgpu::BufferViewMut) -> Result<()>,
    ) -> Result<()> {
        let mapped = buffer.get_mapped_range_mut(..size as u64);
        let filled = mapped
            .map_err(|error| self.failed("mapping", error))
            .and_then(|mut mapped| fill(&mut mapped));
        buffer.unmap();
        filled
    }

    /// Writes views to a buffer that is mapped, one after the other, and unmaps it.
    fn fill_with(&self, buffer: &wgpu::Buffer, size: usize, views: &[View<'_>]) -> Result<()> {
        let filled = self.write_views(buffer, size, views);
        buffer.unmap();
        filled
    }

    /// Writes views to a mapped buffer, large ones by several threads.
    fn write_views(&self, buffer: &wgpu::Buffer, size: usize, views: &[View<'_>]) -> Result<()> {
        let part = size.div_ceil(self.threads.get()).max(MIN_THREAD_BYTES);
        let parts = chunks(views, part)?;
        let mut mapped = Vec::with_capacity(parts.len());
        let mut start = 0;
        for (index, part) in parts.iter().enumerate() {
            let bytes: usize = part.iter().map(View::nbytes).sum();
            let end = if index + 1 == parts.len() { size } else { start + bytes };
            let range = buffer.get_mapped_range_mut(start as u64..end as u64);
            mapped.push(range.map_err(|error| self.failed("mapping", error))?);
            start = end;
        }
        let mut works = parts.iter().zip(&mut mapped);
        let Some((own, own_mapped)) = works.next() else { return Ok(()) };
        std::thread::scope(|scope| {
            let others: Vec<_> = works
                .map(|(views, mapped)| scope.spawn(move || gather_all(views, mapped)))
                .collect();
            let outcome = gather_all(own, own_mapped);
            others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .fold(outcome, Result::and)
        })
    }

    /// Returns how many bytes are staged at a time: what the threads have enough of, and the memory
    /// budget has room for beside what is moved.
    pub(super) fn chunk_bytes(&self) -> usize {
        let wanted = THREAD_BYTES.saturating_mul(self.threads.get()).max(MIN_CHUNK);
        let part = self.memory_budget() / BUDGET_PARTS;
        wanted.min(usize::try_from(part).unwrap_or(usize::MAX)).max(LEAST_CHUNK)
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
