//! What a renderer's pixels are: a texture, a buffer, a view of device memory; and how they lie there.
//!
//! Textures are copied to buffers and back by the device, in rows that start at multiples of 256
//! bytes. That rule ends here: passes read such rows through their strides, with no pass between.
//! Nothing here records or submits.

use crate::device::gpu::run::no_pixels;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Alpha, Color, ImageInfo, PixelFormat, Transfer};
use crate::layout::Layout;

/// Rows of a buffer that the device copies a texture from or to start at multiples of this.
const ROW_BYTES: usize = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize;

/// How the pixels of a frame are stored: what preparing needs to know of an input or an output.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameInfo {
    info: ImageInfo,
    texture: Option<wgpu::TextureFormat>,
    blue_first: bool,
}

impl From<ImageInfo> for FrameInfo {
    /// Describes pixels in a buffer or a [`DeviceView`].
    fn from(info: ImageInfo) -> Self {
        Self { info, texture: None, blue_first: false }
    }
}

impl FrameInfo {
    /// Describes a texture of a format and a size in pixels.
    ///
    /// Numbers are sRGB-encoded where the format ends in `Srgb`, else proportional to light;
    /// [`with_transfer`](Self::with_transfer) is for those who keep encoded numbers in other formats.
    /// With [`Alpha::None`] the alpha of such a texture is not read, and written as opaque.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for formats of other channels than red, green, blue and alpha, or red
    /// alone (which is taken for grey); [`Error::Param`] where a format of one channel is said to
    /// have alpha; [`Error::Shape`] for no pixels.
    pub fn texture(
        format: wgpu::TextureFormat,
        [width, height]: [u32; 2],
        alpha: Alpha,
    ) -> Result<Self> {
        use wgpu::TextureFormat as Format;
        let unsupported = || Error::Unsupported {
            what: format!("a texture of the format {format:?}"),
            instead:
                "use Rgba8Unorm, Bgra8Unorm (Srgb or not), Rgba16Float, Rgba32Float, R8Unorm, \
                      R16Float, R32Float, R16Unorm or Rgba16Unorm"
                    .to_owned(),
        };
        let (dtype, samples) = match format.remove_srgb_suffix() {
            Format::Rgba8Unorm | Format::Bgra8Unorm => (DType::U8, 4),
            Format::Rgba16Unorm => (DType::U16, 4),
            Format::Rgba16Float => (DType::F16, 4),
            Format::Rgba32Float => (DType::F32, 4),
            Format::R8Unorm => (DType::U8, 1),
            Format::R16Unorm => (DType::U16, 1),
            Format::R16Float => (DType::F16, 1),
            Format::R32Float => (DType::F32, 1),
            _ => return Err(unsupported()),
        };
        if samples == 1 && alpha != Alpha::None {
            let got = format!("{alpha:?}");
            return Err(Error::param(format!("{format:?}"), "alpha", "Alpha::None", got));
        }
        let layout = padded_rows(&dtype, [height as usize, width as usize, samples])?;
        let color = if samples == 1 { Color::Gray } else { Color::Rgb };
        let transfer = if format.is_srgb() { Transfer::Srgb } else { Transfer::Linear };
        let format_of_pixels = PixelFormat { color, alpha, transfer };
        let layout = layout.slice(2, ..format_of_pixels.channels())?;
        if layout.is_empty() {
            return Err(no_pixels("a texture"));
        }
        Ok(Self {
            info: ImageInfo::new(layout, format_of_pixels)?,
            texture: Some(format),
            blue_first: format.remove_srgb_suffix() == Format::Bgra8Unorm,
        })
    }

    /// Describes pixels in a buffer in rows that passes can write: padded to a multiple of four
    /// pixels.
    ///
    /// # Errors
    /// As [`ImageInfo::new`], and [`Error::Shape`] for no pixels.
    pub fn buffer(dtype: &DType, [width, height]: [usize; 2], format: PixelFormat) -> Result<Self> {
        let padded = width.next_multiple_of(crate::device::gpu::assemble::PIXELS_EACH);
        let shape = [height, padded, format.channels()];
        let layout = Layout::contiguous(dtype.clone(), &shape)?.slice(1, ..width)?;
        if layout.is_empty() {
            return Err(no_pixels("a buffer"));
        }
        Ok(ImageInfo::new(layout, format)?.into())
    }

    /// Says how the stored numbers relate to light, whatever the texture's format says.
    #[must_use]
    pub fn with_transfer(mut self, transfer: Transfer) -> Self {
        self.info.format.transfer = transfer;
        self
    }

    /// Returns how the pixels lie, and what they mean.
    #[must_use]
    pub fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// Returns whether blue comes first in memory and red third.
    #[must_use]
    pub fn is_blue_first(&self) -> bool {
        self.blue_first
    }

    /// Returns whether each pixel has room for an alpha that its format does not speak of.
    #[must_use]
    pub fn has_spare_alpha(&self) -> bool {
        let layout = &self.info.layout;
        self.info.format.channels() == 3
            && layout.strides()[1].unsigned_abs() == 4 * layout.dtype().size()
    }

    /// The bytes of a buffer with such rows, whole to the end of the last.
    pub(super) fn bytes(&self) -> u64 {
        let layout = &self.info.layout;
        let rows = layout.shape()[0].saturating_mul(layout.strides()[0].unsigned_abs());
        layout.span().end.max(rows).next_multiple_of(16) as u64
    }

    /// Returns the texture's format, where it is a texture.
    #[must_use]
    pub fn texture_format(&self) -> Option<wgpu::TextureFormat> {
        self.texture
    }

    /// The size of a copy between the texture and a buffer.
    pub(super) fn extent(&self) -> wgpu::Extent3d {
        // The size came in as 32-bit numbers.
        let size = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (width, height) = (size(self.info.width()), size(self.info.height()));
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 }
    }

    /// A buffer as the device's copies see it.
    pub(super) fn rows<'a>(&self, buffer: &'a wgpu::Buffer) -> wgpu::TexelCopyBufferInfo<'a> {
        let stride = u32::try_from(self.info.layout.strides()[0]).unwrap_or(u32::MAX);
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(stride),
            rows_per_image: None,
        };
        wgpu::TexelCopyBufferInfo { buffer, layout }
    }
}

/// A layout of pixels without gaps in rows that the device can copy.
fn padded_rows(dtype: &DType, [height, width, samples]: [usize; 3]) -> Result<Layout> {
    let pixel = samples * dtype.size();
    let row = width.saturating_mul(pixel).next_multiple_of(ROW_BYTES);
    let strides = [row, pixel, dtype.size()].map(usize::cast_signed);
    Layout::new(dtype.clone(), &[height, width, samples], &strides, 0)
}

/// The pixels of a frame: what one recording reads or writes.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// Memory of the pools.
    View(&'a DeviceView),
    /// A buffer of the caller's, with the usage `STORAGE`.
    Buffer(&'a wgpu::Buffer),
    /// A level and layer of a texture of the caller's, from an origin on; with the usage `COPY_SRC` to
    /// be read, `COPY_DST` to be written.
    Texture(wgpu::TexelCopyTextureInfo<'a>),
}

impl<'a> From<&'a DeviceView> for Frame<'a> {
    fn from(view: &'a DeviceView) -> Self {
        Self::View(view)
    }
}

impl<'a> From<&'a wgpu::Buffer> for Frame<'a> {
    fn from(buffer: &'a wgpu::Buffer) -> Self {
        Self::Buffer(buffer)
    }
}

impl<'a> From<&'a wgpu::Texture> for Frame<'a> {
    /// The first level and layer of a texture.
    fn from(texture: &'a wgpu::Texture) -> Self {
        Self::Texture(texture.as_image_copy())
    }
}

impl<'a> From<wgpu::TexelCopyTextureInfo<'a>> for Frame<'a> {
    fn from(texture: wgpu::TexelCopyTextureInfo<'a>) -> Self {
        Self::Texture(texture)
    }
}

impl Frame<'_> {
    /// Refuses a frame that is not what was prepared for, or that the device could not use: what is
    /// wrong with it would else come up when the caller's encoder is finished.
    pub(super) fn check(
        &self,
        device: &GpuDevice,
        info: &FrameInfo,
        bytes: u64,
        usage: wgpu::TextureUsages,
    ) -> Result<()> {
        let what = if usage == wgpu::TextureUsages::COPY_SRC { "the input" } else { "the output" };
        let wrong = |expected: String, got: String| Err(Error::shape(what, expected, got));
        match (self, info.texture) {
            (Self::View(view), None) => {
                if !view.device().is_same(device) {
                    let problem = format!("it is in the memory of {}", view.device().name());
                    return Err(device.failed(what, problem));
                }
                if view.layout() != &info.info.layout {
                    let expected = format!("a view of the layout {:?}", info.info.layout);
                    return wrong(expected, format!("{:?}", view.layout()));
                }
                let memory = view.free_memory("record")?;
                check_bytes(what, bytes, memory.map_or(0, |memory| memory.bytes()))
            }
            (Self::Buffer(buffer), None) => {
                if !buffer.usage().contains(wgpu::BufferUsages::STORAGE) {
                    let got = format!("{:?}", buffer.usage());
                    return wrong("a buffer with the usage STORAGE".to_owned(), got);
                }
                check_bytes(what, bytes, buffer.size())
            }
            (Self::Texture(texture), Some(format)) => {
                if texture.texture.format() != format {
                    let got = format!("{:?}", texture.texture.format());
                    return wrong(format!("a texture of the format {format:?}"), got);
                }
                check_texture(what, texture, info.extent(), usage)
            }
            (Self::View(_) | Self::Buffer(_), Some(format)) => {
                wrong(format!("a texture of the format {format:?}"), "a buffer".to_owned())
            }
            (Self::Texture(_), None) => {
                wrong("a buffer or a view".to_owned(), "a texture".to_owned())
            }
        }
    }

    /// Returns the buffer that passes bind, where it is not a texture.
    pub(super) fn bound(&self) -> Option<&wgpu::Buffer> {
        match self {
            Self::View(view) => view.memory().map(|memory| memory.buffer()),
            Self::Buffer(buffer) => Some(buffer),
            Self::Texture(_) => None,
        }
    }
}

fn check_bytes(what: &str, needs: u64, has: u64) -> Result<()> {
    if has >= needs {
        return Ok(());
    }
    Err(Error::shape(what, format!("a buffer of {needs} bytes or more"), format!("{has} bytes")))
}

/// Refuses a texture that cannot be copied from or to.
pub(super) fn check_texture(
    what: &str,
    from: &wgpu::TexelCopyTextureInfo<'_>,
    extent: wgpu::Extent3d,
    usage: wgpu::TextureUsages,
) -> Result<()> {
    let texture = from.texture;
    let wrong = |expected: String, got: String| Err(Error::shape(what, expected, got));
    if !texture.usage().contains(usage) {
        let got = format!("{:?}", texture.usage());
        return wrong(format!("a texture with the usage {usage:?}"), got);
    }
    if texture.sample_count() != 1 || texture.dimension() != wgpu::TextureDimension::D2 {
        let got = format!("{:?} with {} samples", texture.dimension(), texture.sample_count());
        return wrong("a texture of two dimensions with 1 sample a pixel".to_owned(), got);
    }
    if from.mip_level >= texture.mip_level_count() {
        let expected = format!("a mip level below {}", texture.mip_level_count());
        return wrong(expected, from.mip_level.to_string());
    }
    let level = |size: u32| u64::from((size >> from.mip_level).max(1));
    let origin = from.origin;
    let ends = [
        (origin.x, extent.width, level(texture.width())),
        (origin.y, extent.height, level(texture.height())),
        (origin.z, 1, u64::from(texture.depth_or_array_layers())),
    ];
    if ends.iter().any(|(start, size, end)| u64::from(*start) + u64::from(*size) > *end) {
        let [(.., w), (.., h), (.., layers)] = ends;
        let expected = format!("a part of a texture of {w}x{h} pixels and {layers} layers");
        let got = format!("{}x{} from {origin:?} on", extent.width, extent.height);
        return wrong(expected, got);
    }
    Ok(())
}
