//! Plans that do not fit the device as a whole: run in bands of rows.
//!
//! While the device computes a band, the host copies out the one before. The result is the same to
//! the bit: each pixel is computed from the same numbers.

use std::sync::Arc;

use crate::device::bands::{Band, Room, Rows, cut, seen, stages};
use crate::device::gpu::memory::Memory;
use crate::device::gpu::readback::ReadBack;
use crate::device::gpu::run::names;
use crate::device::gpu::transfer::Recorder;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::op::pass::{Plan, PlannedPass};
use crate::view::{Buffer, View, ViewMut};

impl GpuDevice {
    /// Tells whether a plan may run on its whole source at once.
    pub(super) fn has_room(&self, plan: &Plan, source: &Layout) -> bool {
        let room = self.room();
        let source = source.span().end as u64;
        let mut together = source;
        let mut largest = source;
        for planned in &plan.passes {
            let layout = &planned.dst.layout;
            // Rows may be padded by three pixels of four f32.
            let bytes = layout.span().end as u64 + 64;
            together = together.saturating_add(bytes);
            largest = largest.max(bytes);
        }
        largest <= room.binding && together <= room.together
    }

    fn room(&self) -> Room {
        let limits = &self.shared.limits;
        let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        // Two bands are under way at a time, each with its staging; pools round up by a quarter.
        let together = self.shared.budget.limit() / 4;
        Room { binding: binding.min(i32::MAX as u64) - 64, together }
    }

    /// Runs a plan on a host view that is larger than the device takes at once.
    pub(super) fn run_in_bands(&self, plan: &Plan, source: &View<'_>) -> Result<Buffer> {
        let output = &plan.output.layout;
        let name = names(plan);
        let stages = stages(plan);
        let mut made: Option<Buffer> = None;
        for (index, stage) in stages.iter().enumerate() {
            let is_last = index + 1 == stages.len();
            let memory = last_layout(stage)?;
            let (mut next, view) = if is_last {
                (self.lend(output)?, output)
            } else {
                let bytes = Layout::contiguous(DType::U8, &[memory.span().end])?;
                (self.lend(&bytes)?.with_layout(memory.clone())?, memory)
            };
            let held;
            let held_view;
            let source = match made.take() {
                None => source,
                Some(before) => {
                    held = before.with_layout(stage[0].src.layout.clone())?;
                    held_view = held.view();
                    &held_view
                }
            };
            self.run_stage(stage, source, (memory, view), &mut next.view_mut()?, &name)?;
            made = Some(next);
        }
        made.ok_or_else(|| self.failed("a plan", "it has no pass"))
    }

    /// Runs a stage band by band. `view` is how the target sees the memory of the stage's result.
    fn run_stage(
        &self,
        stage: &[PlannedPass],
        source: &View<'_>,
        (memory, view): (&Layout, &Layout),
        target: &mut ViewMut<'_>,
        name: &str,
    ) -> Result<()> {
        let mut pending: Option<Pending<'_>> = None;
        for band in cut(stage, self.room())? {
            let Some((axis, part, layout)) = seen(memory, view, &band.rows)? else { continue };
            let next = self.scoped(name, || {
                let mut recorder = Recorder::new(self);
                let source = recorder.upload(&rows_of(source, first_rows(&band)?)?)?;
                let last = self.record_band(&mut recorder, &band, source)?;
                let read_back = recorder.take_back(last, &layout)?;
                Ok(Pending { read_back, submission: recorder.submit(), axis, part })
            })?;
            if let Some(before) = pending.replace(next) {
                self.scoped(name, || before.finish(target, name))?;
            }
        }
        match pending {
            Some(last) => self.scoped(name, || last.finish(target, name)),
            None => Ok(()),
        }
    }

    /// Runs a plan on a view of device memory of which no shader sees all at once.
    pub(super) fn run_on_in_bands(&self, plan: &Plan, source: &DeviceView) -> Result<DeviceView> {
        let name = names(plan);
        let mut made: Option<DeviceView> = None;
        for stage in stages(plan) {
            let source = match made.take() {
                None => source.clone(),
                Some(before) => before.with_layout(stage[0].src.layout.clone())?,
            };
            let memory = last_layout(stage)?;
            let bands = cut(stage, self.room())?;
            let target = self.scoped(&name, || {
                let bytes = memory.strides()[0].unsigned_abs() * memory.shape()[0];
                self.check_buffer(&name, bytes)?;
                Memory::take(&self.shared.storage, bytes.max(memory.span().end))
            })?;
            for band in bands {
                self.scoped(&name, || {
                    let mut recorder = Recorder::new(self);
                    let rows = self.record_rows(&mut recorder, &source, first_rows(&band)?)?;
                    let last = self.record_band(&mut recorder, &band, rows)?;
                    let row = memory.strides()[0].unsigned_abs();
                    let (at, bytes) = ((band.rows.start * row) as u64, band.rows.len() * row);
                    let bytes = (bytes as u64).min(last.bytes()).min(target.bytes() - at);
                    let (src, dst) = (last.buffer(), target.buffer());
                    recorder.encoder.copy_buffer_to_buffer(src, 0, dst, at, bytes / 4 * 4);
                    recorder.done_with(last);
                    recorder.submit();
                    self.poll(&name)
                })?;
            }
            made = Some(DeviceView::new(self, Some(Arc::new(target)), memory.clone()));
        }
        let made = made.ok_or_else(|| self.failed("a plan", "it has no pass"))?;
        made.with_layout(plan.output.layout.clone())
    }

    /// Records the passes of a band, from its source on.
    fn record_band(
        &self,
        recorder: &mut Recorder<'_>,
        band: &Band,
        source: Memory,
    ) -> Result<Memory> {
        let (ready, constants) = self.ready_passes(&band.passes)?;
        let last = self.record(recorder, &ready, &constants, &source)?;
        recorder.done_with(source);
        Ok(last)
    }

    /// Records the copying of some rows of a view to memory of their own.
    fn record_rows(
        &self,
        recorder: &mut Recorder<'_>,
        view: &DeviceView,
        rows: Rows,
    ) -> Result<Memory> {
        let shape = [rows.count, view.shape()[1], view.shape()[2]];
        let target = Layout::contiguous(view.dtype().clone(), &shape)?;
        let memory = recorder.memory(target.nbytes())?;
        let mut at = 0;
        for (first, count) in runs(rows) {
            let part = view.slice(0, first..first + count)?;
            part.record_copy_to(recorder, &memory, &target.slice(0, at..at + count)?)?;
            at += count;
        }
        Ok(memory)
    }
}

/// A band on its way back, and the part of an axis of the target that it is.
struct Pending<'a> {
    read_back: ReadBack<'a>,
    submission: wgpu::SubmissionIndex,
    axis: usize,
    part: std::ops::Range<usize>,
}

impl Pending<'_> {
    fn finish(self, target: &mut ViewMut<'_>, name: &str) -> Result<()> {
        let mut part = target.reborrow().slice(self.axis, self.part)?;
        self.read_back.copy_to(self.submission, &mut part, name)
    }
}

fn last_layout(stage: &[PlannedPass]) -> Result<&Layout> {
    let last = stage.last().map(|last| &last.dst.layout);
    last.ok_or_else(|| Error::shape("a stage", "passes", "none"))
}

/// The rows of its source that a band reads.
fn first_rows(band: &Band) -> Result<Rows> {
    let first = band.passes.first().map(|first| first.src);
    first.ok_or_else(|| Error::shape("a band", "passes", "none"))
}

/// Rows as one run, or as two where they go around the edge.
fn runs(rows: Rows) -> impl Iterator<Item = (usize, usize)> {
    let low = rows.count.min(rows.height - rows.first);
    [(rows.first, low), (0, rows.count - low)].into_iter().filter(|(_, count)| *count > 0)
}

fn rows_of<'a>(view: &View<'a>, rows: Rows) -> Result<Vec<View<'a>>> {
    runs(rows).map(|(first, count)| view.slice(0, first..first + count)).collect()
}
