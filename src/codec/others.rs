//! Every format but JPEG and PNG, through the decoders and encoders of the crate `image`, and jxl-oxide for JPEG XL;
//! feature `formats`.
//!
//! The size that a head tells is checked before memory is taken for pixels, and decoders get a cap on what they may
//! take themselves. Samples keep their type: 8 bits, 16 bits, or f32. EXIF orientation and ICC profile come along
//! where a format has them. Of animations the first picture is read.
//!
//! Not here: formats of our own, and anything that the crate reads beyond [`Format`].

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::codecs::{bmp, gif, hdr, ico, openexr, pnm, qoi, tga, tiff, webp};
use ::image::{ColorType, ImageDecoder, ImageError, ImageResult};
use jxl_oxide::JxlImage;
use jxl_oxide::integration::JxlDecoder;

use super::{Format, Header, Notes};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Image, Orientation, PixelFormat, Profile, Transfer};
use crate::limits::Limits;
use crate::view::Buffer;

mod container;
mod encode;

#[cfg(test)]
mod tests;

pub(super) use encode::encode;

/// What a decoder may take besides the pixels: tables, a palette, a strip.
const SPARE_BYTES: u64 = 64 << 20;

/// A decoder that has read the head of a file.
struct Opened<'a> {
    decoder: Box<dyn ImageDecoder + 'a>,
    header: Header,
    profile: Option<Profile>,
}

/// Starts a decoder, which reads the head of the file.
fn start(format: Format, bytes: &[u8]) -> Result<Box<dyn ImageDecoder + '_>> {
    let told = |error: ImageError| told(format, error);
    let file = || Cursor::new(bytes);
    Ok(match format {
        Format::WebP => Box::new(webp::WebPDecoder::new(file()).map_err(told)?),
        Format::Tiff => Box::new(tiff::TiffDecoder::new(file()).map_err(told)?),
        Format::Qoi => Box::new(qoi::QoiDecoder::new(file()).map_err(told)?),
        Format::Exr => Box::new(openexr::OpenExrDecoder::new(file()).map_err(told)?),
        Format::Gif => Box::new(gif::GifDecoder::new(file()).map_err(told)?),
        Format::Bmp => Box::new(bmp::BmpDecoder::new(file()).map_err(told)?),
        Format::Pnm => Box::new(pnm::PnmDecoder::new(file()).map_err(told)?),
        Format::Ico => Box::new(ico::IcoDecoder::new(file()).map_err(told)?),
        Format::Tga => Box::new(tga::TgaDecoder::new(file()).map_err(told)?),
        Format::Hdr => Box::new(hdr::HdrDecoder::new(file()).map_err(told)?),
        Format::Jxl => Box::new(jxl(bytes).map_err(told)?),
        Format::Jpeg | Format::Png => {
            return Err(damaged(format, "it is read by a decoder of its own"));
        }
    })
}

/// Reads the head of a file, and checks its size.
fn open<'a>(format: Format, bytes: &'a [u8], limits: &Limits) -> Result<Opened<'a>> {
    let told = |error: ImageError| told(format, error);
    let mut decoder = start(format, bytes)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(damaged(
            format,
            format!("the header claims a size of {width}x{height} pixels"),
        ));
    }
    limits.check_size(format.name(), u64::from(width), u64::from(height))?;
    // Before there are caps: those for pixels would keep a profile out. Metadata that cannot be read never
    // spoil a picture.
    let orientation = decoder.orientation().map_or(1, |orientation| orientation.to_exif());
    let profile = decoder.icc_profile().ok().flatten();
    let mut caps = ::image::Limits::no_limits();
    caps.max_alloc = Some(decoder.total_bytes().saturating_mul(2).saturating_add(SPARE_BYTES));
    decoder.set_limits(caps).map_err(told)?;
    let (channels, bit_depth) = match decoder.color_type() {
        ColorType::L8 => (1, 8),
        ColorType::La8 => (2, 8),
        ColorType::Rgb8 => (3, 8),
        ColorType::Rgba8 => (4, 8),
        ColorType::L16 => (1, 16),
        ColorType::La16 => (2, 16),
        ColorType::Rgb16 => (3, 16),
        ColorType::Rgba16 => (4, 16),
        ColorType::Rgb32F => (3, 32),
        ColorType::Rgba32F => (4, 32),
        other => {
            return Err(Error::Unsupported {
                what: format!("reading {format} with pixels of {other:?}"),
                instead: "save it with 8 or 16 bits, or as floats".to_owned(),
            });
        }
    };
    let side = |side: u32| usize::try_from(side).map_err(|_| damaged(format, "it is too large"));
    let header = Header {
        format,
        width: side(width)?,
        height: side(height)?,
        channels,
        bit_depth,
        orientation: Orientation::from_exif(u32::from(orientation)).unwrap_or_default(),
    };
    let profile = profile.map(|bytes| Profile::from_icc(&bytes));
    Ok(Opened { decoder, header, profile })
}

/// Refuses what the decoder of TIFF is known to panic on: tiles of one channel each.
fn check_tiff_is_read(bytes: &[u8]) -> Result<()> {
    let is_planar = tiff_tag(bytes, 284) == Some(2);
    if is_planar && tiff_tag(bytes, 322).is_some() {
        return Err(Error::Unsupported {
            what: "reading this kind of TIFF (tiles of one channel each)".to_owned(),
            instead: "save it in strips, or with all channels of a pixel together".to_owned(),
        });
    }
    Ok(())
}

/// Returns the first two bytes of a tag's value in the first directory (TIFF 6.0, section 2).
fn tiff_tag(bytes: &[u8], tag: u16) -> Option<u16> {
    let is_big = bytes.starts_with(b"MM");
    let short = |at: usize| {
        let two: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    };
    let four: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let directory = if is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    let directory = usize::try_from(directory).ok()?;
    let count = usize::from(short(directory)?);
    let mut entries = (0..count).map(|entry| directory.saturating_add(2 + 12 * entry));
    let entry = entries.find(|at| short(*at) == Some(tag))?;
    short(entry.checked_add(8)?)
}

/// Reads the head of a JPEG XL file.
fn jxl(bytes: &[u8]) -> ImageResult<JxlDecoder<Cursor<&[u8]>>> {
    JxlDecoder::new(Cursor::new(bytes))
}

/// Sees that all of a JPEG XL file is there: its decoder makes a picture of what there is.
fn check_jxl_is_whole(bytes: &[u8]) -> Result<()> {
    let image = JxlImage::builder().read(Cursor::new(bytes));
    let image = image.map_err(|error| damaged(Format::Jxl, error.to_string()))?;
    if image.is_loading_done() {
        return Ok(());
    }
    Err(damaged(Format::Jxl, "the file ends before its picture does"))
}

/// Reads what a file holds.
pub(super) fn probe(format: Format, bytes: &[u8], limits: &Limits) -> Result<Header> {
    Ok(open(format, bytes, limits)?.header)
}

/// Reads what a file says beside its picture.
pub(super) fn notes(format: Format, bytes: &[u8], limits: &Limits) -> Result<Notes> {
    limits.check_file(bytes.len() as u64)?;
    let mut decoder = start(format, bytes)?;
    // What cannot be read spoils no picture.
    let exif = decoder.exif_metadata().ok().flatten();
    let xmp = decoder.xmp_metadata().ok().flatten();
    Ok(Notes { exif, xmp, extended_xmp: None })
}

/// Decodes a file.
pub(super) fn decode(format: Format, bytes: &[u8], limits: &Limits) -> Result<Image> {
    let Opened { decoder, header, profile } = open(format, bytes, limits)?;
    match format {
        Format::Jxl => check_jxl_is_whole(bytes)?,
        Format::Tiff => check_tiff_is_read(bytes)?,
        _ => {}
    }
    let shape = [header.height, header.width, header.channels];
    let mut buffer = Buffer::zeroed(header.dtype(), &shape)?;
    let mut view = buffer.view_mut()?;
    let samples = view.as_bytes_mut().ok_or_else(|| damaged(format, "a new buffer has gaps"))?;
    if decoder.total_bytes() != samples.len() as u64 {
        return Err(damaged(format, "its pixels are not of the size that its head told"));
    }
    // The decoders are other people's: one that panics fails the file and nothing else.
    let read = catch_unwind(AssertUnwindSafe(|| decoder.read_image_boxed(samples)));
    read.map_err(|_| damaged(format, "its decoder gave up on it"))?
        .map_err(|error| told(format, error))?;
    // OpenEXR stores colour as much as is seen of it.
    if format == Format::Exr && header.channels == 4 {
        divide_by_alpha(samples);
    }
    drop(view);
    // Floats are proportional to light, unless a profile says what they are.
    let is_light = header.dtype() == DType::F32 && profile.is_none();
    let plain = PixelFormat::from_channels(header.channels)?;
    let transfer = if is_light { Transfer::Linear } else { Transfer::Srgb };
    let image = Image::new(buffer, PixelFormat { transfer, ..plain })?;
    Ok(image.with_orientation(header.orientation).with_profile(profile))
}

/// Makes colour what it is where a pixel is opaque. What glows where nothing is (alpha 0) stays as it is.
fn divide_by_alpha(samples: &mut [u8]) {
    let number = |four: &[u8]| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]);
    for pixel in samples.chunks_exact_mut(16) {
        let alpha = number(&pixel[12..]);
        if alpha > 0.0 && alpha < 1.0 {
            for color in pixel[..12].chunks_exact_mut(4) {
                let straight = number(color) / alpha;
                color.copy_from_slice(&straight.to_ne_bytes());
            }
        }
    }
}

fn damaged(format: Format, problem: impl Into<String>) -> Error {
    Error::Decode { format: format.name(), problem: problem.into() }
}

/// Says what the crate found wrong, in words for people.
fn told(format: Format, error: ImageError) -> Error {
    let cause = |error: &dyn std::error::Error| {
        // The innermost cause says the most.
        let mut inner = error;
        while let Some(next) = inner.source() {
            inner = next;
        }
        inner.to_string().trim_end_matches('.').to_owned()
    };
    match error {
        ImageError::Unsupported(error) => Error::Unsupported {
            what: format!("reading this kind of {format} ({})", cause(&error)),
            instead: "save it in a plainer form, or as PNG".to_owned(),
        },
        ImageError::Limits(error) => Error::Limit {
            what: format!("{format}: memory for decoding"),
            got: cause(&error),
            limit: "twice the pixels and 64 MiB".to_owned(),
            hint: "save it in a plainer form, or as PNG".to_owned(),
        },
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged(format, "the file ends before its picture does")
        }
        error => damaged(format, cause(&error)),
    }
}
