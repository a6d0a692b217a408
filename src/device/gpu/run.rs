//! Plans to dispatches: what is checked, bound and recorded for the passes of a plan.
//!
//! All passes go into one command encoder and one submission. What can be refused is refused before
//! anything is uploaded. Intermediate memory is used again by the pass after next. Nothing here
//! writes shader text or knows what a twin does.

use std::num::NonZeroU64;
use std::sync::Arc;

use crate::device::bands::BandPass;
use crate::device::gpu::assemble::{
    ENTRY, ImageLayout, PIXELS_EACH, TILE, assemble, binding, dst_bytes, label, params_bytes,
};
use crate::device::gpu::memory::Memory;
use crate::device::gpu::transfer::Recorder;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::op::pass::{Plan, PlannedPass};
use crate::view::{Buffer, View};

/// A pass that may run: all that its dispatch needs but memory.
pub(super) struct Ready {
    pipeline: wgpu::ComputePipeline,
    groups: [u32; 2],
    /// Bytes of the source and the destination that the shader sees.
    pub(super) src: u64,
    pub(super) dst: u64,
    /// Where in the constants its uniforms and tables lie: start and length.
    constants: [(u64, u64); 4],
}

impl Ready {
    /// Records the dispatch.
    pub(super) fn dispatch(&self, encoder: &mut wgpu::CommandEncoder, group: &wgpu::BindGroup) {
        dispatch(encoder, &self.pipeline, group, self.groups);
    }
}

/// The uniforms and tables of all passes, one after the other.
struct Constants {
    bytes: Vec<u8>,
    alignment: usize,
}

impl Constants {
    /// Adds bytes and returns where they lie. A binding is never empty.
    fn push(&mut self, bytes: &[u8]) -> (u64, u64) {
        let start = self.bytes.len().next_multiple_of(self.alignment);
        self.bytes.resize(start, 0);
        self.bytes.extend_from_slice(bytes);
        let len = bytes.len().next_multiple_of(16).max(16);
        self.bytes.resize(start + len, 0);
        (start as u64, len as u64)
    }
}

impl GpuDevice {
    /// Runs a plan on a host view of its source and waits for the result, in C order.
    ///
    /// The view is the plan's source: what view ops before the first pass have made of the picture.
    /// Where the plan has no pass, the result is a copy of it.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::DType`] where the view is not the plan's source;
    /// [`Error::Limit`] where the device is too small for the plan; [`Error::Device`] where it
    /// fails, with the names of the twins.
    pub fn run(&self, plan: &Plan, source: &View<'_>) -> Result<Buffer> {
        check_source(plan, source.layout())?;
        let output = &plan.output.layout;
        if output.is_empty() {
            return Buffer::zeroed(output.dtype().clone(), output.shape());
        }
        if plan.passes.is_empty() {
            check_unchanged(plan)?;
            return source.to_contiguous();
        }
        let layout = Layout::contiguous(source.dtype().clone(), source.shape())?;
        if !self.has_room(plan, &layout) {
            return self.run_in_bands(plan, source);
        }
        let name = names(plan);
        self.scoped(&name, || {
            let (ready, constants) = self.ready(plan, &layout)?;
            let mut recorder = Recorder::new(self);
            let source = recorder.upload(std::slice::from_ref(source))?;
            let last = self.record(&mut recorder, &ready, &constants, &source)?;
            recorder.done_with(source);
            let read_back = recorder.take_back(last, output)?;
            let submission = recorder.submit();
            let mut buffer = self.lend(output)?;
            read_back.copy_to(submission, &mut buffer.view_mut()?, &name)?;
            Ok(buffer)
        })
    }

    /// Runs a plan on a view of device memory, through the view's strides. Does not wait.
    ///
    /// # Errors
    /// As [`run`](Self::run), but for what the device reports only when it is waited for.
    pub fn run_on(&self, plan: &Plan, source: &DeviceView) -> Result<DeviceView> {
        check_source(plan, source.layout())?;
        let output = &plan.output.layout;
        if output.is_empty() {
            return Ok(DeviceView::new(self, None, output.clone()));
        }
        if plan.passes.is_empty() {
            check_unchanged(plan)?;
            return Ok(source.clone());
        }
        if !self.is_same(source.device()) {
            let problem = format!("the source is in the memory of {}", source.device().name());
            return Err(self.failed(&names(plan), problem));
        }
        let Some(memory) = source.free_memory("read")? else {
            return Err(no_pixels(&names(plan)));
        };
        if !self.has_room(plan, source.layout()) {
            return self.run_on_in_bands(plan, source);
        }
        self.scoped(&names(plan), || {
            let (ready, constants) = self.ready(plan, source.layout())?;
            let mut recorder = Recorder::new(self);
            let last = self.record(&mut recorder, &ready, &constants, memory)?;
            recorder.submit();
            self.poll(&names(plan))?;
            Ok(DeviceView::new(self, Some(Arc::new(last)), output.clone()))
        })
    }

    /// Checks every pass against the device's limits, and makes its pipeline and constants.
    pub(super) fn ready(&self, plan: &Plan, source: &Layout) -> Result<(Vec<Ready>, Vec<u8>)> {
        let mut passes: Vec<_> = plan.passes.iter().cloned().map(BandPass::whole).collect();
        if let Some(first) = passes.first_mut() {
            first.planned.src.layout = source.clone();
        }
        let (ready, constants) = self.ready_passes(&passes)?;
        let memory = ready.last().map_or(0, |one| usize::try_from(one.dst).unwrap_or(usize::MAX));
        if plan.output.layout.span().end > memory {
            let expected = "a view of the last pass's destination";
            return Err(Error::shape("plan output", expected, format!("{:?}", plan.output.layout)));
        }
        Ok((ready, constants))
    }

    /// Checks passes that follow each other, and makes their pipelines and constants.
    pub(super) fn ready_passes(&self, passes: &[BandPass]) -> Result<(Vec<Ready>, Vec<u8>)> {
        let limits = &self.shared.limits;
        let alignment = limits.min_uniform_buffer_offset_alignment;
        let alignment = alignment.max(limits.min_storage_buffer_offset_alignment).max(16);
        let mut constants = Constants { bytes: Vec::new(), alignment: alignment as usize };
        let mut ready = Vec::with_capacity(passes.len());
        let source = passes.first().map_or(0, |first| first.planned.src.layout.span().end);
        let mut memory = source.next_multiple_of(16);
        for pass in passes {
            let one = self.ready_pass(pass, memory, &mut constants)?;
            memory = usize::try_from(one.dst).unwrap_or(usize::MAX);
            ready.push(one);
        }
        Ok((ready, constants.bytes))
    }

    fn ready_pass(
        &self,
        pass: &BandPass,
        memory: usize,
        constants: &mut Constants,
    ) -> Result<Ready> {
        let planned = &pass.planned;
        let name = label(planned);
        let limits = &self.shared.limits;
        if planned.src.layout.is_empty() || planned.dst.layout.is_empty() {
            return Err(no_pixels(&name));
        }
        if planned.src.layout.span().end > memory {
            let got = format!("{:?}", planned.src.layout);
            return Err(Error::shape(name, format!("a source within {memory} bytes"), got));
        }
        self.check_loops(planned, &name)?;
        let src = planned.src.layout.span().end.next_multiple_of(16);
        let dst = dst_bytes(planned)?;
        let binding = limits.max_storage_buffer_binding_size;
        self.check_limit(&format!("{name}: the source"), src, binding)?;
        self.check_limit(&format!("{name}: the result"), dst, binding)?;
        self.check_buffer(&name, dst)?;

        let params = params_bytes(planned);
        let uniform = limits.max_uniform_buffer_binding_size;
        self.check_limit(&format!("{name}: the parameters"), params.len(), uniform)?;
        let tables: &[u32] = planned.pass.as_ref().map_or(&[], |pass| &pass.tables);
        let tables: &[u8] = bytemuck::cast_slice(tables);
        self.check_limit(&format!("{name}: the tables"), tables.len(), binding)?;
        let src_layout = ImageLayout::new(&name, &planned.src, pass.src)?;
        let dst_layout = ImageLayout::new(&name, &planned.dst, pass.dst)?;
        Ok(Ready {
            groups: self.groups(planned.dst.width(), planned.dst.height(), &name)?,
            src: src as u64,
            dst: dst as u64,
            constants: [
                constants.push(bytemuck::bytes_of(&src_layout)),
                constants.push(bytemuck::bytes_of(&dst_layout)),
                constants.push(&params),
                constants.push(tables),
            ],
            pipeline: self.pipeline(assemble(planned, pass.src)?, &name)?,
        })
    }

    /// Refuses a pass that loops more than the driver can be trusted with.
    fn check_loops(&self, planned: &PlannedPass, name: &str) -> Result<()> {
        let Some(limit) = self.shared.report.loop_limit else { return Ok(()) };
        let loops = planned.pass.as_ref().map_or(0, |pass| pass.loops as usize);
        let loops = loops.saturating_mul(PIXELS_EACH);
        if loops <= limit as usize {
            return Ok(());
        }
        Err(Error::Limit {
            what: format!("{name}: a shader's loop"),
            got: format!("{loops} iterations"),
            limit: format!("{limit} iterations, for {} ends longer loops silently", self.name()),
            hint: "use the cpu device".to_owned(),
        })
    }

    /// Folds the tiles of an image over two dimensions of a dispatch.
    fn groups(&self, width: usize, height: usize, name: &str) -> Result<[u32; 2]> {
        let most = self.shared.limits.max_compute_workgroups_per_dimension;
        let tiles = width.div_ceil(TILE[0]).saturating_mul(height.div_ceil(TILE[1]));
        fold(tiles, most).ok_or_else(|| Error::Limit {
            what: format!("{name}: the image"),
            got: format!("{width}x{height}"),
            limit: format!("{most} x {most} workgroups of {} x {} pixels", TILE[0], TILE[1]),
            hint: "use the cpu device".to_owned(),
        })
    }

    /// Folds workgroups that are no tiles over two dimensions of a dispatch.
    pub(super) fn groups_of(&self, groups: usize, name: &str) -> Result<[u32; 2]> {
        let most = self.shared.limits.max_compute_workgroups_per_dimension;
        fold(groups, most).ok_or_else(|| Error::Limit {
            what: format!("{name}: a dispatch"),
            got: format!("{groups} workgroups"),
            limit: format!("{most} x {most} workgroups"),
            hint: "use the cpu device".to_owned(),
        })
    }

    /// Records passes from `source` on. Returns the memory of the last one's destination.
    pub(super) fn record(
        &self,
        recorder: &mut Recorder<'_>,
        ready: &[Ready],
        constants: &[u8],
        source: &Memory,
    ) -> Result<Memory> {
        let uniforms = recorder.stage(constants.len(), |mapped| {
            mapped.copy_from_slice(constants);
            Ok(())
        })?;
        let mut last: Option<Memory> = None;
        for one in ready {
            let bytes = usize::try_from(one.dst).unwrap_or(usize::MAX);
            let dst = recorder.memory(bytes)?;
            let src = last.as_ref().unwrap_or(source);
            let group = self.bind_group(one, src.buffer(), dst.buffer(), uniforms.buffer());
            one.dispatch(&mut recorder.encoder, &group);
            if let Some(done) = last.replace(dst) {
                recorder.done_with(done);
            }
        }
        recorder.keep(uniforms);
        last.ok_or_else(|| self.failed("a plan", "it has no pass"))
    }

    pub(super) fn bind_group(
        &self,
        one: &Ready,
        src: &wgpu::Buffer,
        dst: &wgpu::Buffer,
        uniforms: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let [src_layout, dst_layout, params, tables] = one.constants;
        self.bind([
            (binding::SRC, src, (0, one.src)),
            (binding::DST, dst, (0, one.dst)),
            (binding::SRC_LAYOUT, uniforms, src_layout),
            (binding::DST_LAYOUT, uniforms, dst_layout),
            (binding::PARAMS, uniforms, params),
            (binding::TABLES, uniforms, tables),
        ])
    }

    /// Binds parts of buffers, each a start and a length.
    pub(super) fn bind(&self, parts: [(u32, &wgpu::Buffer, (u64, u64)); 6]) -> wgpu::BindGroup {
        let entries = parts.map(|(binding, buffer, (offset, size))| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset,
                size: NonZeroU64::new(size),
            }),
        });
        self.shared.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("bytelens op"),
            layout: &self.shared.bindings,
            entries: &entries,
        })
    }
}

/// Records one dispatch.
pub(super) fn dispatch(
    encoder: &mut wgpu::CommandEncoder,
    pipeline: &wgpu::ComputePipeline,
    group: &wgpu::BindGroup,
    groups: [u32; 2],
) {
    let descriptor = wgpu::ComputePassDescriptor { label: Some(ENTRY), ..Default::default() };
    let mut pass = encoder.begin_compute_pass(&descriptor);
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    pass.dispatch_workgroups(groups[0], groups[1], 1);
}

/// Spreads a number of workgroups over two dimensions of at most `most`.
fn fold(groups: usize, most: u32) -> Option<[u32; 2]> {
    let across = groups.min(most as usize);
    let down = groups.div_ceil(across.max(1));
    let [across, down] = [across, down].map(|n| u32::try_from(n).ok());
    Some([across?, down.filter(|down| *down <= most)?])
}

/// The names of all that runs, for messages.
pub(super) fn names(plan: &Plan) -> String {
    let names: Vec<_> = plan.passes.iter().map(label).collect();
    names.join(" | ")
}

pub(super) fn no_pixels(name: &str) -> Error {
    Error::shape(name, "an image with pixels", "one without")
}

fn check_source(plan: &Plan, source: &Layout) -> Result<()> {
    let planned = &plan.source.layout;
    if source.shape() != planned.shape() {
        let expected = format!("shape {:?}", planned.shape());
        return Err(Error::shape("plan source", expected, format!("{:?}", source.shape())));
    }
    if source.dtype() != planned.dtype() {
        return Err(Error::dtype("plan source", planned.dtype().to_string(), source.dtype()));
    }
    Ok(())
}

/// Refuses a plan without passes that makes something else of its source.
fn check_unchanged(plan: &Plan) -> Result<()> {
    let (source, output) = (&plan.source.layout, &plan.output.layout);
    if output.shape() == source.shape() {
        return Ok(());
    }
    let expected = format!("the source's shape {:?}", source.shape());
    Err(Error::shape("a plan without passes", expected, format!("{:?}", output.shape())))
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn workgroups_fold_without_losing_one() {
        for (groups, most) in [(1, 65_535), (65_535, 65_535), (65_536, 65_535), (1 << 31, 65_535)] {
            let [across, down] = fold(groups, most).expect("these fit");
            assert!(across <= most && down <= most);
            let all = across as usize * down as usize;
            assert!(all >= groups && all - groups < across as usize, "{groups}: {across}x{down}");
        }
        assert_eq!(fold(usize::MAX, 65_535), None);
    }
}
