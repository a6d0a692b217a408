//! Strided copies from device memory to device memory, by a shader made for each rank.
//!
//! ```text
//!   layouts ─► joint axes ─► windows ─► one dispatch each          axes.rs
//!                │
//!                └─ one run of whole words: the device's own copy, no shader, unless a shader is faster
//! ```
//!
//! Elements of any size are copied as units of 4, 2 or 1 bytes, byte order and all; the target's words
//! are each one invocation's alone, so that nothing is written twice at once. It is *not* tiled:
//! a transposed copy reads as far apart as its source lies.

mod axes;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::device::gpu::assemble::{ENTRY, Shader, binding};
use crate::device::gpu::memory::Memory;
use crate::device::gpu::transfer::Recorder;
use crate::device::gpu::{AdapterKind, DeviceView, GpuDevice, run};
use crate::error::{Error, Result};
use crate::layout::Layout;
use axes::Joint;

/// Invocations of a workgroup, as in `shaders/lib/copy.wgsl`.
const GROUP: usize = 256;

/// Bytes from which on a GPU with memory of its own copies faster by a shader. Its own copies go through an
/// engine that is made for the bus: on an H100 it moves an eighth of what a shader does.
const SHADER_BYTES: u64 = 1 << 20;

/// What `struct Copy` holds before its axes.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct CopyHead {
    /// Where the first unit starts in what is bound of the source.
    src: i32,
    /// Bytes of the source from a unit to the next on the fastest axis.
    step: i32,
    /// The first word that is written, counted from the first unit of the target, in bytes.
    first: i32,
    /// The number of that word in what is bound of the target.
    word: u32,
    /// How many invocations write.
    items: u32,
    padding: [u32; 3],
}

/// What becomes of the target's bytes that the copy does not write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    /// Nobody reads them: the target is memory of the copy's own, in C order from byte 0.
    Fresh,
    /// They stay as they were.
    Kept,
}

impl DeviceView {
    /// Copies the elements to memory of their own, in C order, on the device. Does not wait.
    ///
    /// What lies in C order from the start of its memory already is shared, not copied.
    ///
    /// # Errors
    /// [`Error::Limit`] where no buffer of the device holds so much; [`Error::Device`] where the
    /// device fails.
    pub fn to_contiguous(&self) -> Result<Self> {
        self.device().scoped("copy", || {
            let mut recorder = Recorder::new(self.device());
            let copied = self.record_contiguous(&mut recorder)?;
            recorder.submit();
            self.device().poll("copy")?;
            Ok(copied)
        })
    }

    /// Records what [`to_contiguous`](Self::to_contiguous) does.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn record_contiguous(&self, recorder: &mut Recorder<'_>) -> Result<Self> {
        let device = self.device();
        let layout = Layout::contiguous(self.dtype().clone(), self.shape())?;
        let Some(memory) = self.free_memory("read")?.filter(|_| layout.nbytes() > 0) else {
            return Ok(Self::new(device, None, layout));
        };
        if self.layout().offset() == 0 && self.layout().is_contiguous() {
            return Ok(Self::new(device, Some(Arc::clone(memory)), layout));
        }
        device.check_buffer("copy", layout.nbytes())?;
        let target = recorder.memory(layout.nbytes())?;
        let joint = Joint::new(self.layout(), &layout);
        device.record_copy(recorder, memory, &target, joint, Between::Fresh)?;
        Ok(Self::new(device, Some(Arc::new(target)), layout))
    }

    /// Records the copying of the elements to those of a layout over other memory, whose bytes between
    /// them stay as they were. Shapes and element types are the same, and there are elements.
    pub(super) fn record_copy_to(
        &self,
        recorder: &mut Recorder<'_>,
        memory: &Memory,
        layout: &Layout,
    ) -> Result<()> {
        let Some(src) = self.memory() else { return Ok(()) };
        let joint = Joint::new(self.layout(), layout);
        self.device().record_copy(recorder, src, memory, joint, Between::Kept)
    }

    /// Copies the elements to those of another view of the same device, shape and element type,
    /// whatever the strides of either. What lies between the target's elements stays as it was. Does
    /// not wait.
    ///
    /// All that share the target's memory see what was written.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::DType`] where the target does not fit, or where its elements share
    /// bytes; [`Error::Held`] where the host holds the memory of either; [`Error::Device`] where the device
    /// fails, or where the target is another device's.
    pub fn copy_to(&self, target: &Self) -> Result<()> {
        if self.shape() != target.shape() {
            let expected = format!("shape {:?}", self.shape());
            return Err(Error::shape("copy", expected, format!("{:?}", target.shape())));
        }
        if self.dtype() != target.dtype() {
            return Err(Error::dtype("copy", self.dtype().to_string(), target.dtype()));
        }
        if !target.layout().is_injective() {
            let expected = "a target whose elements share no byte";
            return Err(Error::shape("copy", expected, format!("{:?}", target.layout())));
        }
        let device = self.device();
        if !device.is_same(target.device()) {
            let problem = format!("the target is in the memory of {}", target.device().name());
            return Err(device.failed("copy", problem));
        }
        let (Some(src), Some(dst)) = (self.free_memory("read")?, target.free_memory("write")?)
        else {
            return Ok(());
        };
        if self.nbytes() == 0 {
            return Ok(());
        }
        device.scoped("copy", || {
            let mut recorder = Recorder::new(device);
            if Arc::ptr_eq(src, dst) {
                // No buffer is bound to be read and to be written at once.
                let layout = Layout::contiguous(self.dtype().clone(), self.shape())?;
                let between = recorder.memory(layout.nbytes())?;
                let there = Joint::new(self.layout(), &layout);
                device.record_copy(&mut recorder, src, &between, there, Between::Fresh)?;
                let back = Joint::new(&layout, target.layout());
                device.record_copy(&mut recorder, &between, dst, back, Between::Kept)?;
                recorder.keep(between);
            } else {
                let joint = Joint::new(self.layout(), target.layout());
                device.record_copy(&mut recorder, src, dst, joint, Between::Kept)?;
            }
            recorder.submit();
            device.poll("copy")
        })
    }
}

impl GpuDevice {
    /// Records a copy between two buffers.
    fn record_copy(
        &self,
        recorder: &mut Recorder<'_>,
        src: &Memory,
        dst: &Memory,
        joint: Joint,
        between: Between,
    ) -> Result<()> {
        let is_fast = |size| size < SHADER_BYTES || self.report().kind != AdapterKind::Discrete;
        if let Some((from, to, size)) = plain(&joint, between).filter(|(.., size)| is_fast(*size)) {
            recorder.encoder.copy_buffer_to_buffer(src.buffer(), from, dst.buffer(), to, size);
            return Ok(());
        }
        self.record_by_shader(recorder, [src, dst], joint, between)
    }

    /// Records a copy by a shader, whatever the device has of its own.
    fn record_by_shader(
        &self,
        recorder: &mut Recorder<'_>,
        [src, dst]: [&Memory; 2],
        joint: Joint,
        between: Between,
    ) -> Result<()> {
        let limits = &self.shared.limits;
        let alignment = limits.min_storage_buffer_offset_alignment as usize;
        let most = usize::try_from(limits.max_storage_buffer_binding_size).unwrap_or(usize::MAX);
        // Room for bindings to start and end where they may.
        let most = most.min(i32::MAX as usize).saturating_sub(alignment + 32);
        let windows = joint.windows(most);
        // Windows may share words.
        let between = if windows.len() > 1 { Between::Kept } else { between };
        self.record_windows(recorder, [src, dst], &windows, between)
    }

    fn record_windows(
        &self,
        recorder: &mut Recorder<'_>,
        [src, dst]: [&Memory; 2],
        windows: &[Joint],
        between: Between,
    ) -> Result<()> {
        let limits = &self.shared.limits;
        let alignment = limits.min_storage_buffer_offset_alignment as usize;
        let mut bytes = Vec::new();
        let mut bound = Vec::with_capacity(windows.len());
        let step = alignment.max(limits.min_uniform_buffer_offset_alignment as usize);
        for window in windows {
            let window = bind(window, between, alignment);
            let start = bytes.len().next_multiple_of(step.max(16));
            bytes.resize(start, 0);
            bytes.extend_from_slice(&window.constants);
            bound.push((window, (start as u64, (bytes.len() - start) as u64)));
        }
        let constants = recorder.stage(bytes.len(), |mapped| {
            mapped.copy_from_slice(&bytes);
            Ok(())
        })?;
        for (joint, (window, params)) in windows.iter().zip(bound) {
            let pipeline = self.pipeline(shader(joint, between), "copy")?;
            let groups = self.groups_of(window.items.div_ceil(GROUP), "copy")?;
            let group = self.bind([
                (binding::SRC, src.buffer(), window.src),
                (binding::DST, dst.buffer(), window.dst),
                (binding::SRC_LAYOUT, constants.buffer(), params),
                (binding::DST_LAYOUT, constants.buffer(), params),
                (binding::PARAMS, constants.buffer(), params),
                (binding::TABLES, constants.buffer(), params),
            ]);
            run::dispatch(&mut recorder.encoder, &pipeline, &group, groups);
        }
        recorder.keep(constants);
        Ok(())
    }
}

/// The one run of whole words that a copy is, where it is one: from, to, and how long.
fn plain(joint: &Joint, between: Between) -> Option<(u64, u64, u64)> {
    let whole = match between {
        // The bytes that fill up the last word are nobody's.
        Between::Fresh => joint.src.is_multiple_of(4) && joint.dst.is_multiple_of(4),
        Between::Kept => joint.src.is_multiple_of(4) && joint.unit == 4,
    };
    let is_run = joint.axes.len() == 1 && joint.is_dense().1;
    let size = joint.dst_span().len().next_multiple_of(4);
    (whole && is_run).then_some((joint.src as u64, joint.dst as u64, size as u64))
}

/// What a dispatch sees of the buffers: start and length on either side, and its constants.
struct Window {
    src: (u64, u64),
    dst: (u64, u64),
    items: usize,
    constants: Vec<u8>,
}

/// Binds a window at offsets that are multiples of `alignment`.
fn bind(joint: &Joint, between: Between, alignment: usize) -> Window {
    let (src, dst) = (joint.src_span(), joint.dst_span());
    let src_start = src.start - src.start % alignment;
    let src_len = (src.end - src_start).next_multiple_of(4);
    let dst_start = dst.start - dst.start % alignment;
    let first_word = dst.start - dst.start % 4;
    let (dst_len, items) = match between {
        Between::Fresh => (dst.end.next_multiple_of(16), dst.end.div_ceil(16)),
        Between::Kept => {
            ((dst.end - dst_start).next_multiple_of(4), (dst.end - first_word).div_ceil(4))
        }
    };
    let head = CopyHead {
        src: signed((joint.src - src_start).cast_signed()),
        step: joint.axes.last().map_or(0, |axis| signed(axis.src)),
        first: signed(first_word.cast_signed() - joint.dst.cast_signed()),
        word: signed(((first_word - dst_start) / 4).cast_signed()).cast_unsigned(),
        items: signed(items.cast_signed()).cast_unsigned(),
        padding: [0; 3],
    };
    let mut constants = bytemuck::bytes_of(&head).to_vec();
    for axis in &joint.axes {
        let axis = [axis.len.cast_signed(), axis.src, axis.dst.cast_signed(), 0].map(signed);
        constants.extend_from_slice(bytemuck::cast_slice(&axis));
    }
    Window {
        src: (src_start as u64, src_len as u64),
        dst: (dst_start as u64, dst_len as u64),
        items,
        constants,
    }
}

/// A number of a window, which all fit 31 bits but for strides that are never taken.
fn signed(n: isize) -> i32 {
    i32::try_from(n).unwrap_or(0)
}

/// Writes the shader for a number of axes, a unit, and what they allow.
fn shader(joint: &Joint, between: Between) -> Shader {
    let unit = joint.unit;
    let (dense, run) = joint.is_dense();
    let rank = joint.axes.len();
    let fetch = match unit {
        1 => include_str!("../../../shaders/lib/src_samples.wgsl"),
        4 if joint.src_is_aligned(4) => include_str!("../../../shaders/lib/src_words.wgsl"),
        2 if joint.src_is_aligned(2) => include_str!("../../../shaders/lib/src_samples.wgsl"),
        _ => include_str!("../../../shaders/lib/src_bytes.wgsl"),
    };
    let store = match between {
        Between::Fresh => include_str!("../../../shaders/lib/copy_fresh.wgsl"),
        Between::Kept => include_str!("../../../shaders/lib/copy_into.wgsl"),
    };
    let mut text = [include_str!("../../../shaders/lib/copy.wgsl"), fetch, store].join("\n");
    let mut walk = String::new();
    for axis in 0..rank {
        // Writing to a string cannot fail.
        let _ = write!(
            walk,
            "    at = rest / copy.axes[{axis}].z;\n    \
             rest -= at * copy.axes[{axis}].z;\n    \
             place.src += at * copy.axes[{axis}].y;\n    \
             place.inside = place.inside && at < copy.axes[{axis}].x;\n"
        );
    }
    let left = if dense { format!("copy.axes[{}].x - at", rank - 1) } else { "1".to_owned() };
    let _ = write!(
        text,
        "const UNIT = {unit};\nconst RUN = {run};\n\n\
         struct Copy {{\n    src: i32,\n    step: i32,\n    first: i32,\n    word: u32,\n    \
         items: u32,\n    axes: array<vec4<i32>, {rank}>,\n}}\n\n\
         @group(0) @binding({params}) var<uniform> copy: Copy;\n\n\
         fn place(address: i32) -> Place {{\n    \
         var place = Place(copy.src, 1, address >= 0);\n    \
         var rest = address;\n    var at = 0;\n{walk}    \
         place.left = {left};\n    \
         place.inside = place.inside && rest < UNIT;\n    return place;\n}}\n",
        params = binding::PARAMS,
    );
    debug_assert!(text.contains(&format!("fn {ENTRY}(")), "the entry point has its name");
    Shader { text }
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
