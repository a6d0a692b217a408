//! Pipelines in a renderer's encoder: planned from frame to frame, prepared once, recorded often; and from memory
//! of a GPU to memory of that GPU.

use crate::device::gpu::{DeviceView, Frame, FrameInfo, GpuDevice, Prepared, Recorder};
use crate::error::{Error, Result};
use crate::image::{ImageInfo, PixelFormat};
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
    /// [`Error::Shape`] where the result has another size than the output, and
    /// [`Error::Unsupported`] where it has colour or alpha that the output
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

    /// Runs the chain on pixels in the memory of a GPU, `[height, width, channels]` in any strides; the result stays
    /// there. A chain of view ops alone gives a view of the same memory. Does not wait.
    ///
    /// ```no_run
    /// use bytelens::device::gpu::{GpuChoice, GpuDevice};
    /// use bytelens::{Buffer, Pipeline, PixelFormat};
    ///
    /// let gpu = GpuDevice::open(&GpuChoice::Best)?;
    /// let up = gpu.upload(&Buffer::from_vec(vec![188u8; 8 * 8 * 3], &[8, 8, 3])?.view())?;
    /// let soft = "resize 4x4 | blur 1".parse::<Pipeline>()?.run_on_device(&up, PixelFormat::RGB)?;
    /// assert_eq!(soft.download()?.shape(), [4, 4, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Pipeline::plan`] and [`GpuDevice::prepare`]; [`Error::Unsupported`] for an op that looks at the
    /// pixels first, which are on the device.
    pub fn run_on_device(&self, source: &DeviceView, format: PixelFormat) -> Result<DeviceView> {
        if self.looks() {
            return Err(Error::Unsupported {
                what: format!("running {self} on pixels that the host has not"),
                instead: "settle it with a picture of the host, or run it on one".to_owned(),
            });
        }
        let gpu = source.device();
        let info = ImageInfo::new(source.layout().clone(), format)?;
        let plan = self.plan(&info, gpu.arrangement())?;
        if plan.passes.is_empty() {
            return source.with_layout(plan.output.layout);
        }
        let ImageInfo { layout, format, .. } = &plan.output;
        let output =
            FrameInfo::buffer(layout.dtype(), [layout.shape()[1], layout.shape()[0]], *format)?;
        let target = gpu.allocate(&output)?;
        let prepared = self.prepare(gpu, &FrameInfo::from(info), &output)?;
        let mut recorder = Recorder::new(gpu);
        prepared.record(&mut recorder.encoder, source, &target)?;
        recorder.submit();
        gpu.poll("pipeline")?;
        Ok(target)
    }
}
