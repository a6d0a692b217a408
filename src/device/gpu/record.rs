//! A prepared plan, recorded into the encoder of a renderer as often as it likes.
//!
//! Preparing makes pipelines, uniforms, tables, the memory between passes and that between textures
//! and passes. Recording then only encodes: it submits, polls, waits and maps nothing, and makes
//! nothing that it has made before. Uniforms are written into memory that is mapped as it is made,
//! which wgpu hands to the device with whatever is submitted next.
//!
//! One prepared plan may be recorded many times, into one encoder or into several: submissions run
//! in order, and each recording writes the memory between passes before it reads it. What a recording
//! uses is held by its encoder until the device is done with it, or the encoder is dropped.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::device::gpu::frame::{Frame, FrameInfo};
use crate::device::gpu::memory::Memory;
use crate::device::gpu::run::{Ready, names};
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::error::{Error, Result};
use crate::op::pass::Plan;

/// Pairs of buffers whose bind groups are kept: enough for frames in flight each way.
const KEPT_GROUPS: usize = 8;

/// A plan with all it needs but its input and output.
pub struct Prepared {
    device: GpuDevice,
    name: String,
    passes: Vec<Ready>,
    input: FrameInfo,
    output: FrameInfo,
    kept: Arc<Kept>,
    groups: Mutex<VecDeque<Groups>>,
}

/// The memory of a prepared plan.
#[derive(Debug)]
struct Kept {
    constants: wgpu::Buffer,
    /// What passes leave for the next: the even ones in the first, the odd ones in the second.
    between: Vec<Memory>,
    /// What an input texture is copied to, and an output texture from.
    input: Option<Memory>,
    output: Option<Memory>,
}

/// The bind groups of all passes, from one buffer to another.
#[derive(Clone)]
struct Groups {
    src: wgpu::Buffer,
    dst: wgpu::Buffer,
    groups: Arc<[wgpu::BindGroup]>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("name", &self.name).finish_non_exhaustive()
    }
}

impl GpuDevice {
    /// Makes all that recording a plan takes. Submits nothing.
    ///
    /// The plan reads `input` and its last pass writes `output`, as
    /// [`Pipeline::prepare`](crate::Pipeline::prepare) plans it.
    ///
    /// # Errors
    /// [`Error::Limit`] where the device is too small for the plan; [`Error::Unsupported`] where the
    /// output's rows are such as no shader writes; [`Error::Shape`] where the plan has no pass or is
    /// not one from `input` to `output`; [`Error::Device`] where the device fails.
    pub fn prepare(&self, plan: &Plan, input: &FrameInfo, output: &FrameInfo) -> Result<Prepared> {
        let name = names(plan);
        let ends = plan.passes.last().map(|last| &last.dst.layout);
        if ends != Some(&output.info().layout) {
            let expected = "a last pass that writes the output";
            return Err(Error::shape("a plan to be recorded", expected, format!("{ends:?}")));
        }
        let (reach, has) = (plan.source.layout.span().end, input.info().layout.span().end);
        if reach > has {
            let expected = format!("a source within the {has} bytes of the input");
            return Err(Error::shape("a plan to be recorded", expected, reach));
        }
        self.scoped(&name, || {
            let (passes, constants) = self.ready(plan, &plan.source.layout)?;
            let last = passes.len() - 1;
            let mut between = Vec::new();
            for parity in 0..last.min(2) {
                let bytes = passes[..last].iter().skip(parity).step_by(2).map(|one| one.dst).max();
                between.push(self.storage(bytes.unwrap_or(0))?);
            }
            let staged = |frame: &FrameInfo, bytes: u64| match frame.texture_format() {
                Some(_) => self.storage(bytes.max(frame.bytes())).map(Some),
                None => Ok(None),
            };
            let kept = Kept {
                constants: self.constants(&constants)?,
                between,
                input: staged(input, passes[0].src)?,
                output: staged(output, passes[last].dst)?,
            };
            Ok(Prepared {
                device: self.clone(),
                name: name.clone(),
                passes,
                input: input.clone(),
                output: output.clone(),
                kept: Arc::new(kept),
                groups: Mutex::default(),
            })
        })
    }

    /// Lends memory of the pool for a frame, to be an output. It holds what earlier work left there.
    ///
    /// # Errors
    /// [`Error::Limit`] where it is larger than the device's buffers; [`Error::Device`] where the
    /// device has no more.
    pub fn allocate(&self, frame: &FrameInfo) -> Result<DeviceView> {
        let memory = self.storage(frame.bytes())?;
        Ok(DeviceView::new(self, Some(Arc::new(memory)), frame.info().layout.clone()))
    }

    pub(super) fn storage(&self, bytes: u64) -> Result<Memory> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.check_buffer("recording", bytes)?;
        Memory::take(&self.shared.storage, bytes)
    }

    /// Makes a buffer that holds these bytes from the next submission on, whoever submits it.
    fn constants(&self, bytes: &[u8]) -> Result<wgpu::Buffer> {
        let buffer = self.shared.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("bytelens constants"),
            size: bytes.len() as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::UNIFORM,
            mapped_at_creation: true,
        });
        let mapped = buffer.get_mapped_range_mut(..);
        let mut mapped = mapped.map_err(|error| self.failed("mapping", error))?;
        mapped.copy_from_slice(bytes);
        drop(mapped);
        buffer.unmap();
        Ok(buffer)
    }
}

impl Prepared {
    /// Returns how the pixels of an input must lie.
    #[must_use]
    pub fn input(&self) -> &FrameInfo {
        &self.input
    }

    /// Returns how the pixels of an output will lie.
    #[must_use]
    pub fn output(&self) -> &FrameInfo {
        &self.output
    }

    /// Returns the bytes that a buffer must have, at least, to be an input.
    #[must_use]
    pub fn input_bytes(&self) -> u64 {
        self.passes.first().map_or(0, |pass| pass.src)
    }

    /// Returns the bytes that a buffer must have, at least, to be an output.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.passes.last().map_or(0, |pass| pass.dst)
    }

    /// Records the plan from one frame to another. Submits, polls and waits for nothing.
    ///
    /// In an output whose pixels have other than four samples, what lies between the end of a row and
    /// the next multiple of four pixels is overwritten.
    ///
    /// # Errors
    /// [`Error::Shape`] where a frame is not what was prepared for, or lacks a usage;
    /// [`Error::Unsupported`] where one buffer is read and written by one pass; [`Error::Device`]
    /// where wgpu refuses. Then nothing was recorded, or what was recorded does no harm.
    pub fn record<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        input: impl Into<Frame<'a>>,
        output: impl Into<Frame<'a>>,
    ) -> Result<()> {
        use wgpu::TextureUsages as Usages;
        let (input, output) = (input.into(), output.into());
        let [reads, writes] = [self.input_bytes(), self.output_bytes()];
        input.check(&self.device, &self.input, reads, Usages::COPY_SRC)?;
        output.check(&self.device, &self.output, writes, Usages::COPY_DST)?;
        self.device.scoped(&self.name, || {
            let src = self.bound(&input, self.kept.input.as_ref())?;
            let dst = self.bound(&output, self.kept.output.as_ref())?;
            if src == dst && self.passes.len() == 1 {
                return Err(Error::Unsupported {
                    what: format!("{}: one buffer as input and output", self.name),
                    instead: "record to a buffer or a view of its own".to_owned(),
                });
            }
            let groups = self.groups(src, dst);
            if let Frame::Texture(texture) = input {
                encoder.copy_texture_to_buffer(texture, self.input.rows(src), self.input.extent());
            }
            for (pass, group) in self.passes.iter().zip(groups.iter()) {
                pass.dispatch(encoder, group);
            }
            if let Frame::Texture(texture) = output {
                encoder.copy_buffer_to_texture(
                    self.output.rows(dst),
                    texture,
                    self.output.extent(),
                );
            }
            self.hold(encoder, &[input, output]);
            Ok(())
        })
    }

    /// Keeps memory from being lent to others before the device is done with the encoder's work.
    fn hold(&self, encoder: &wgpu::CommandEncoder, frames: &[Frame<'_>; 2]) {
        let kept = Arc::clone(&self.kept);
        let views = frames.map(|frame| match frame {
            Frame::View(view) => view.memory().cloned(),
            Frame::Buffer(_) | Frame::Texture(_) => None,
        });
        encoder.on_submitted_work_done(move || drop((kept, views)));
    }

    fn bound<'a>(
        &self,
        frame: &'a Frame<'a>,
        staged: Option<&'a Memory>,
    ) -> Result<&'a wgpu::Buffer> {
        let bound = frame.bound().or_else(|| staged.map(Memory::buffer));
        bound.ok_or_else(|| self.device.failed(&self.name, "a frame without memory"))
    }

    /// Returns the bind groups from one buffer to another, made where they are asked for first.
    fn groups(&self, src: &wgpu::Buffer, dst: &wgpu::Buffer) -> Arc<[wgpu::BindGroup]> {
        let mut kept = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|one| one.src == *src && one.dst == *dst) {
            return Arc::clone(&found.groups);
        }
        let last = self.passes.len() - 1;
        let between = |index: usize| self.kept.between[index % 2].buffer();
        let group = |(index, pass): (usize, &Ready)| {
            let src = if index == 0 { src } else { between(index - 1) };
            let dst = if index == last { dst } else { between(index) };
            self.device.bind_group(pass, src, dst, &self.kept.constants)
        };
        let groups: Arc<[_]> = self.passes.iter().enumerate().map(group).collect();
        if kept.len() == KEPT_GROUPS {
            kept.pop_front();
        }
        let (src, dst) = (src.clone(), dst.clone());
        kept.push_back(Groups { src, dst, groups: Arc::clone(&groups) });
        groups
    }
}
