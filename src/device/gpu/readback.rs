//! Bytes from the device to the host: copied to mapped staging, and from there where they belong.
//!
//! ```text
//!   storage ─ copy ─► mapped staging, a chunk at a time ─ strided copy ─► host view
//!   storage, where memory is unified ─────────────────── strided copy ─► host view
//! ```
//!
//! Mapped bytes are a slice, and one strided copy takes them where they belong, by several threads where
//! they are many. The device copies the next chunks meanwhile. Nothing here knows of shaders.

use std::collections::VecDeque;

use crate::device::gpu::memory::{Memory, Staging};
use crate::device::gpu::transfer::Recorder;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::view::{Buffer, View, ViewMut};

/// Chunks that are on their way back at a time.
const CHUNKS: usize = 3;

impl<'a> Recorder<'a> {
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

    /// Lends host memory for a result in C order; nobody has written it yet.
    pub(super) fn lend(&self, layout: &Layout) -> Result<Buffer> {
        let layout = Layout::contiguous(layout.dtype().clone(), layout.shape())?;
        self.shared.host.lend(1, layout.nbytes())?.with_layout(layout)
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
