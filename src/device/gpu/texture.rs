//! Textures to views and back, in the encoder of a renderer.
//!
//! The device copies textures to buffers in rows that start at multiples of 256 bytes. A view of such
//! rows is a view like any other: its strides say where they are. Samples keep their stored order
//! (blue first in `Bgra8Unorm`) and their stored numbers; nothing is decoded.

use std::sync::Arc;

use crate::device::gpu::frame::{Frame, FrameInfo, check_texture};
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::error::{Error, Result};
use crate::image::{Alpha, Color};

impl GpuDevice {
    /// Records the copying of a texture into memory of the pool, and returns a view of it: shape
    /// `[height, width, samples]`, rows a multiple of 256 bytes apart. Submits nothing.
    ///
    /// The view has the texture's pixels once the encoder is submitted.
    ///
    /// # Errors
    /// [`Error::Unsupported`] as [`FrameInfo::texture`]; [`Error::Shape`] where the texture lacks the
    /// usage `COPY_SRC` or has several samples a pixel; [`Error::Limit`] or [`Error::Device`] where
    /// there is no such memory.
    pub fn view_of_texture<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        texture: impl Into<Frame<'a>>,
    ) -> Result<DeviceView> {
        let Frame::Texture(texture) = texture.into() else { return Err(no_texture()) };
        let info = whole(&texture)?;
        let usage = wgpu::TextureUsages::COPY_SRC;
        check_texture("a view of a texture", &texture, info.extent(), usage)?;
        self.scoped("a view of a texture", || {
            let memory = Arc::new(self.storage(info.bytes())?);
            encoder.copy_texture_to_buffer(texture, info.rows(memory.buffer()), info.extent());
            let held = Arc::clone(&memory);
            encoder.on_submitted_work_done(move || drop(held));
            Ok(DeviceView::new(self, Some(memory), info.info().layout.clone()))
        })
    }

    /// Records the copying of a view's elements into a texture, as they are stored. Submits nothing.
    ///
    /// The view has the texture's shape `[height, width, samples]`, where the texture is as large as
    /// its origin leaves it. Rows may be any number of bytes apart and in any order, if pixels in
    /// them lie side by side, from a multiple of a pixel's size on. (For all other layouts prepare an
    /// empty pipeline: it is a pass that puts pixels in order.)
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::DType`] where the view does not fit the texture, or the texture
    /// lacks the usage `COPY_DST`; [`Error::Unsupported`] as [`FrameInfo::texture`], and for pixels
    /// that do not lie side by side.
    pub fn copy_to_texture<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        view: &DeviceView,
        texture: impl Into<Frame<'a>>,
    ) -> Result<()> {
        const WHAT: &str = "a copy to a texture";
        let Frame::Texture(texture) = texture.into() else { return Err(no_texture()) };
        let info = whole(&texture)?;
        check_texture(WHAT, &texture, info.extent(), wgpu::TextureUsages::COPY_DST)?;
        let wanted = &info.info().layout;
        if view.shape() != wanted.shape() {
            let expected = format!("shape {:?}", wanted.shape());
            return Err(Error::shape(WHAT, expected, format!("{:?}", view.shape())));
        }
        if view.dtype() != wanted.dtype() {
            return Err(Error::dtype(WHAT, wanted.dtype().to_string(), view.dtype()));
        }
        if !view.device().is_same(self) {
            let problem = format!("the view is in the memory of {}", view.device().name());
            return Err(self.failed(WHAT, problem));
        }
        let Some(memory) = view.free_memory("read")? else { return Ok(()) };
        let pixel = wanted.strides()[1];
        let layout = view.layout();
        let along = |axis: usize, stride: isize| {
            layout.shape()[axis] == 1 || layout.strides()[axis] == stride
        };
        let starts = |bytes: usize| bytes.is_multiple_of(pixel.unsigned_abs());
        let rows_start = layout.shape()[0] == 1 || starts(layout.strides()[0].unsigned_abs());
        if !(along(1, pixel)
            && along(2, wanted.strides()[2])
            && starts(layout.offset())
            && rows_start)
        {
            return Err(Error::Unsupported {
                what: format!("{WHAT} of pixels with strides {:?}", layout.strides()),
                instead: "prepare an empty pipeline from this view to the texture".to_owned(),
            });
        }
        self.scoped(WHAT, || {
            copy_rows(encoder, view, memory.buffer(), texture, info.extent());
            let held = Arc::clone(memory);
            encoder.on_submitted_work_done(move || drop(held));
            Ok(())
        })
    }
}

/// Records the copy: at once where the rows' stride is one that copies take, else a row at a time,
/// for a single row has no stride.
fn copy_rows(
    encoder: &mut wgpu::CommandEncoder,
    view: &DeviceView,
    buffer: &wgpu::Buffer,
    texture: wgpu::TexelCopyTextureInfo<'_>,
    extent: wgpu::Extent3d,
) {
    let layout = view.layout();
    let stride = u32::try_from(layout.strides()[0]).ok();
    let fits = |stride: &u32| stride.is_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let whole = stride.filter(fits).filter(|_| layout.shape()[0] > 1);
    let mut copy = |offset: usize, bytes_per_row, y: u32, height: u32| {
        let offset = offset as u64;
        let rows = wgpu::TexelCopyBufferLayout { offset, bytes_per_row, rows_per_image: None };
        let source = wgpu::TexelCopyBufferInfo { buffer, layout: rows };
        let origin = wgpu::Origin3d { y: texture.origin.y + y, ..texture.origin };
        let target = wgpu::TexelCopyTextureInfo { origin, ..texture };
        encoder.copy_buffer_to_texture(source, target, wgpu::Extent3d { height, ..extent });
    };
    if whole.is_some() {
        return copy(layout.offset(), whole, 0, extent.height);
    }
    for y in 0..extent.height {
        let start = layout.offset().cast_signed() + y as isize * layout.strides()[0];
        copy(start.unsigned_abs(), None, y, 1);
    }
}

/// Describes all of a texture from its origin on.
fn whole(texture: &wgpu::TexelCopyTextureInfo<'_>) -> Result<FrameInfo> {
    let level = |size: u32, from: u32| {
        let size = size.checked_shr(texture.mip_level).unwrap_or(0).max(1);
        size.saturating_sub(from)
    };
    let size = [
        level(texture.texture.width(), texture.origin.x),
        level(texture.texture.height(), texture.origin.y),
    ];
    let format = texture.texture.format();
    // As an image without alpha it would be a view of three of its samples.
    match FrameInfo::texture(format, size, Alpha::None) {
        Ok(grey) if grey.info().format.color == Color::Gray => Ok(grey),
        Ok(_) => FrameInfo::texture(format, size, Alpha::Straight),
        Err(error) => Err(error),
    }
}

fn no_texture() -> Error {
    Error::shape("a view of a texture", "a texture", "a buffer")
}
