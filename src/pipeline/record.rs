//! Pipelines in a renderer's encoder: planned from frame to frame, prepared once, recorded often.

use crate::device::gpu::{Frame, FrameInfo, GpuDevice, Prepared};
use crate::error::Result;
use crate::pipeline::{Pipeline, plan};

impl Pipeline {
    /// Plans the chain from an input to an output, and makes all that recording it takes: shaders,
    /// tables, the memory between passes. Submits nothing.
    ///
    /// The output decides the element type, alpha and transfer curve of the result; its size must be
    /// what the ops make of the input's.
    ///
    /// ```no_run
    /// # fn example(
    /// #     gpu: &bytelens::device::gpu::GpuDevice, device: &bytelens::wgpu::Device,
    /// #     queue: &bytelens::wgpu::Queue, scene: &bytelens::wgpu::Texture,
    /// #     screen: &bytelens::wgpu::Texture,
    /// # ) -> bytelens::Result<()> {
    /// use bytelens::{Pipeline, device::gpu::FrameInfo, image::Alpha};
    ///
    /// let info = |texture: &bytelens::wgpu::Texture| {
    ///     FrameInfo::texture(texture.format(), [texture.width(), texture.height()], Alpha::None)
    /// };
    /// let soft: Pipeline = "blur 2 | contrast 1.2".parse()?;
    /// let soft = soft.prepare(gpu, &info(scene)?, &info(screen)?)?; // once
    ///
    /// let mut encoder = device.create_command_encoder(&Default::default()); // every frame
    /// // … draw the scene …
    /// soft.record(&mut encoder, scene, screen)?;
    /// queue.submit([encoder.finish()]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Pipeline::plan`] and [`GpuDevice::prepare`];
    /// [`Error::Shape`](crate::Error::Shape) where the result has another size than the output, and
    /// [`Error::Unsupported`](crate::Error::Unsupported) where it has colour or alpha that the output
    /// has no place for.
    pub fn prepare(
        &self,
        gpu: &GpuDevice,
        input: &FrameInfo,
        output: &FrameInfo,
    ) -> Result<Prepared> {
        let plan = plan::plan_frames(&self.ops, [input, output], gpu.arrangement(), &self.limits)?;
        gpu.prepare(&plan, input, output)
    }

    /// Prepares the chain and records it once. Submits nothing.
    ///
    /// Shaders are kept by the device, tables and memory are not: what is recorded every frame is
    /// better prepared.
    ///
    /// # Errors
    /// As [`Pipeline::prepare`] and [`Prepared::record`].
    pub fn record<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        gpu: &GpuDevice,
        (input, source): (&FrameInfo, impl Into<Frame<'a>>),
        (output, target): (&FrameInfo, impl Into<Frame<'a>>),
    ) -> Result<()> {
        self.prepare(gpu, input, output)?.record(encoder, source, target)
    }
}
