//! Bytes to the device and back: gathered into mapped memory, copied by the device.
//!
//! ```text
//!   host view ─ gather ─► mapped staging, a chunk at a time ─ copy ─► storage
//!             ─ gather ─► storage itself, where memory is unified and the storage is at rest
//!   storage ─ copy ─► mapped staging, a chunk at a time ─ strided copy ─► host view
//! ```
//!
//! wgpu lends mapped memory for writing only, as something that is no slice: it may be memory that
//! must not be read. How it is written: gather.rs. Back, the mapped bytes are a slice, and one
//! strided copy takes them where they belong. Large transfers go in chunks: staging stays small, and
//! the device copies one chunk while the host copies the next. Nothing here knows of shaders.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crate::device::gpu::gather::{chunks, gather_all};
use crate::device::gpu::memory::{Memory, Staging};
use crate::device::gpu::{DeviceView, GpuDevice, fault};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::view::{Buffer, View, ViewMut};

/// Bytes that each thread of the host copies of a chunk, and the least that a chunk has.
const THREAD_BYTES: usize = 4 << 20;
const MIN_CHUNK: usize = 8 << 20;

/// A chunk takes no more than this part of the memory budget, unless it would be smaller than that.
const BUDGET_PARTS: u64 = 16;
const LEAST_CHUNK: usize = 64 << 10;

/// Bytes below which it costs more to start a thread than it saves.
const MIN_THREAD_BYTES: usize = 2 << 20;

/// Chunks that are on their way back at a time.
const CHUNKS: usize = 3;

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
            let staging = Staging::take(&self.device.shared.upload, size)?;
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

    /// Takes memory that nobody else has, to read what a layout with elements sees of it once the
    /// commands are done: where it lies, or through staging.
    pub(super) fn take_back(&mut self, memory: Memory, layout: &Layout) -> Result<ReadBack<'a>> {
        if memory.is_unified() {
            check_reach(&memory, layout)?;
            return Ok(ReadBack {
                device: self.device,
                from: From::Memory(memory),
                layout: layout.clone(),
            });
        }
        let read_back = self.read_back(&memory, layout)?;
        self.done_with(memory);
        Ok(read_back)
    }

    /// Records the copying back of what a layout with elements sees of some memory.
    pub(super) fn read_back(&mut self, memory: &Memory, layout: &Layout) -> Result<ReadBack<'a>> {
        check_reach(memory, layout)?;
        let span = layout.span();
        let start = span.start - span.start % 4;
        let size = (span.end - start).next_multiple_of(4);
        self.device.check_buffer("download", size)?;
        let staging = Staging::take(&self.device.shared.readback, size)?;
        let (src, dst) = (memory.buffer(), staging.buffer());
        self.encoder.copy_buffer_to_buffer(src, start as u64, dst, 0, size as u64);
        let offset = layout.offset() - start;
        let layout = Layout::new(layout.dtype().clone(), layout.shape(), layout.strides(), offset)?;
        Ok(ReadBack { device: self.device, from: From::Staging(staging, size as u64), layout })
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

fn check_reach(memory: &Memory, layout: &Layout) -> Result<()> {
    let end = layout.span().end.next_multiple_of(4);
    if end as u64 <= memory.bytes() {
        return Ok(());
    }
    let expected = format!("a layout within {} bytes", memory.bytes());
    Err(Error::shape("download", expected, format!("{layout:?}")))
}

/// Bytes that will be on the host once their copy was submitted.
pub(super) struct ReadBack<'a> {
    device: &'a GpuDevice,
    from: From,
    layout: Layout,
}

/// Where bytes are read from.
#[derive(Debug)]
pub(super) enum From {
    /// A copy of so many bytes.
    Staging(Staging, u64),
    /// Where they lie.
    Memory(Memory),
}

impl From {
    pub(super) fn buffer(&self) -> (&wgpu::Buffer, u64) {
        match self {
            Self::Staging(staging, size) => (staging.buffer(), *size),
            Self::Memory(memory) => (memory.buffer(), memory.bytes()),
        }
    }

    /// Gives mapped memory back after its bytes were copied out.
    pub(super) fn read(self) {
        match self {
            Self::Staging(staging, _) => staging.read(),
            Self::Memory(memory) => {
                memory.buffer().unmap();
                memory.set_requested(false);
            }
        }
    }
}

impl ReadBack<'_> {
    /// Asks for the bytes to be mapped once all that was submitted is done.
    pub(super) fn request(&self) {
        let (buffer, size) = self.from.buffer();
        if let From::Memory(memory) = &self.from {
            memory.set_requested(true);
        }
        buffer.map_async(wgpu::MapMode::Read, ..size, |_| {});
    }

    /// Waits for a submission and copies the bytes where they belong.
    pub(super) fn copy_to(
        self,
        submission: wgpu::SubmissionIndex,
        target: &mut ViewMut<'_>,
        during: &str,
    ) -> Result<()> {
        self.request();
        self.device.wait(submission, during)?;
        self.copy_mapped(target, during)
    }

    /// Copies bytes that are mapped by now where they belong.
    pub(super) fn copy_mapped(self, target: &mut ViewMut<'_>, during: &str) -> Result<()> {
        let (buffer, size) = self.from.buffer();
        let mapped = buffer.get_mapped_range(..size);
        let mapped = mapped.map_err(|error| self.device.failed(during, error))?;
        View::new(&mapped, self.layout)?.copy_to_with_threads(target, self.device.threads)?;
        drop(mapped);
        self.from.read();
        Ok(())
    }

    /// Gives the parts: where bytes are mapped, and how they lie there.
    pub(super) fn into_parts(self) -> (From, Layout) {
        (self.from, self.layout)
    }
}

impl GpuDevice {
    /// Copies a host view to the device, where it lies in C order. Does not wait.
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
        let memory = Memory::take(&self.shared.storage, size)?;
        let is_mapped = map_at_rest(self, &memory)?;
        if is_mapped {
            self.fill_with(memory.buffer(), size, views)?;
        }
        Ok((memory, is_mapped))
    }

    /// Copies what a view sees to the host, and waits for it.
    pub(super) fn read_back(&self, view: &DeviceView, target: &mut ViewMut<'_>) -> Result<()> {
        if view.shape() != target.shape() {
            let expected = format!("shape {:?}", view.shape());
            return Err(Error::shape("download", expected, format!("{:?}", target.shape())));
        }
        if view.dtype() != target.dtype() {
            return Err(Error::dtype("download", view.dtype().to_string(), target.dtype()));
        }
        if view.nbytes() == 0 || view.free_memory("read")?.is_none() {
            return Ok(());
        }
        self.scoped("download", || {
            let view = self.gathered(view)?;
            let Some(memory) = view.memory() else { return Ok(()) };
            let mut coming = VecDeque::new();
            let finish = |(read_back, submission, rows): Chunk<'_>, target: &mut ViewMut<'_>| {
                self.wait(submission, "download")?;
                match rows {
                    None => read_back.copy_mapped(target, "download"),
                    Some(rows) => {
                        let mut part = target.reborrow().slice(0, rows)?;
                        read_back.copy_mapped(&mut part, "download")
                    }
                }
            };
            for (rows, layout) in row_chunks(view.layout(), self.chunk_bytes())? {
                let mut recorder = Recorder::new(self);
                let mut read_back = recorder.read_back(memory, &layout);
                // The budget may have room for fewer chunks at a time.
                while read_back.is_err()
                    && let Some(chunk) = coming.pop_front()
                {
                    finish(chunk, target)?;
                    read_back = recorder.read_back(memory, &layout);
                }
                let read_back = read_back?;
                let submission = recorder.submit();
                read_back.request();
                coming.push_back((read_back, submission, rows));
                if coming.len() == CHUNKS {
                    coming.pop_front().map_or(Ok(()), |chunk| finish(chunk, target))?;
                }
            }
            coming.into_iter().try_for_each(|chunk| finish(chunk, target))
        })
    }

    /// Starts the copying of what a view with elements sees to memory that is being mapped.
    pub(super) fn start_read_back(
        &self,
        view: &DeviceView,
    ) -> Result<Option<(ReadBack<'_>, wgpu::SubmissionIndex)>> {
        if view.nbytes() == 0 || view.free_memory("read")?.is_none() {
            return Ok(None);
        }
        self.scoped("download", || {
            let view = self.gathered(view)?;
            let Some(memory) = view.memory() else { return Ok(None) };
            let mut recorder = Recorder::new(self);
            let read_back = recorder.read_back(memory, view.layout())?;
            let submission = recorder.submit();
            read_back.request();
            Ok(Some((read_back, submission)))
        })
    }

    /// Puts elements together that lie so far apart that reading the gaps would cost more.
    pub(super) fn gathered(&self, view: &DeviceView) -> Result<DeviceView> {
        let span = view.layout().span().len();
        if span <= view.nbytes().saturating_mul(2) && self.check_buffer("download", span).is_ok() {
            return Ok(view.clone());
        }
        let mut recorder = Recorder::new(self);
        let gathered = view.record_contiguous(&mut recorder)?;
        recorder.submit();
        Ok(gathered)
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

    /// Lends host memory for a result in C order; nobody has written it yet.
    pub(super) fn lend(&self, layout: &Layout) -> Result<Buffer> {
        let layout = Layout::contiguous(layout.dtype().clone(), layout.shape())?;
        self.shared.host.lend(1, layout.nbytes())?.with_layout(layout)
    }

    /// Returns how many bytes are staged at a time: what the threads have enough of, and the memory
    /// budget has room for beside what is moved.
    fn chunk_bytes(&self) -> usize {
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

/// A part of the first axis on its way back, or all of it.
type Chunk<'a> = (ReadBack<'a>, wgpu::SubmissionIndex, Option<std::ops::Range<usize>>);

/// Cuts a layout along its first axis into chunks of so many bytes to be staged: the part, and its layout.
fn row_chunks(
    layout: &Layout,
    chunk: usize,
) -> Result<Vec<(Option<std::ops::Range<usize>>, Layout)>> {
    let span = layout.span().len();
    let count = layout.shape().first().copied().unwrap_or(1);
    // The first axis may be the fastest: then its parts interleave.
    let is_slowest = layout
        .strides()
        .first()
        .is_some_and(|stride| stride.unsigned_abs().saturating_mul(count) >= span);
    let step = (chunk / (span / count).max(1)).max(1);
    if span <= chunk || !is_slowest || step >= count {
        return Ok(vec![(None, layout.clone())]);
    }
    let starts = (0..count).step_by(step);
    let part = |start: usize| start..count.min(start + step);
    starts.map(|start| Ok((Some(part(start)), layout.slice(0, part(start))?))).collect()
}
