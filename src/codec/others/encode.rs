//! Writing WebP (lossy by libwebp), TIFF, QOI and OpenEXR.
//!
//! A format gets the samples that it holds: WebP and QOI 8 bits, QOI colour, TIFF whatever there is but grey with
//! alpha and f16, OpenEXR floats proportional to light with colour as much as is seen of it.

use std::borrow::Cow;
use std::io::Cursor;

use ::image::codecs::{openexr, qoi, tiff, webp};
use ::image::{ExtendedColorType, ImageEncoder, ImageError, ImageResult};

use super::container;
use crate::codec::pixels::Pixels;
use crate::codec::{EncodeOptions, Format, Notes};
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, Transfer};
use crate::simd::{Level, srgb_decode};

/// Encodes an upright image of 8-bit or 16-bit samples, or floats.
pub(in crate::codec) fn encode(
    image: &Image,
    options: &EncodeOptions,
    notes: &Notes,
) -> Result<Vec<u8>> {
    let format = options.format;
    let refuse = |problem: String| Error::Encode { format: format.name(), problem };
    if format == Format::Exr {
        return exr(image);
    }
    let view = image.view();
    let mut pixels = if format == Format::Tiff {
        Pixels::gather_any(format.name(), image, &view)?
    } else {
        Pixels::gather(format.name(), image, &view)?
    };
    if pixels.alpha == Alpha::Premultiplied {
        return Err(refuse("alpha is premultiplied; convert to straight alpha first".to_owned()));
    }
    if pixels.transfer == Transfer::Linear && pixels.depth < 4 {
        let problem = "numbers are linear, and the format has no word for that; convert to sRGB, or \
                       write floats (`cast f32`) as TIFF or OpenEXR";
        return Err(refuse(problem.to_owned()));
    }
    if format != Format::Tiff {
        pixels.narrow();
    }
    let is_lossy = format == Format::WebP && !options.lossless;
    let wanted = match (format, pixels.channels, pixels.depth) {
        (Format::Qoi, 1, _) | (Format::Tiff, 1, 4) => 3,
        (Format::Qoi | Format::Tiff, 2, _) => 4,
        (_, channels @ 1..=2, _) if is_lossy => channels + 2,
        (_, channels, _) => channels,
    };
    pixels.widen(wanted);
    let color = color_type(pixels.channels, pixels.depth);
    let size = sides(&pixels, format, is_lossy)?;
    let mut file = Cursor::new(Vec::new());
    let profile = pixels.profile.as_ref().map(crate::image::Profile::bytes);
    let bytes: &[u8] = &pixels.bytes;
    if format == Format::Qoi && profile.is_some() {
        return Err(refuse(NO_PROFILE.to_owned()));
    }
    let written = match format {
        Format::WebP if is_lossy => {
            let made = lossy(&pixels, size, options.quality).map_err(refuse)?;
            return Ok(container::surround(made, size, pixels.channels == 4, profile, notes));
        }
        Format::WebP => write(webp::WebPEncoder::new_lossless(&mut file), None, bytes, size, color),
        Format::Tiff => write(tiff::TiffEncoder::new(&mut file), profile, bytes, size, color),
        Format::Qoi => write(qoi::QoiEncoder::new(&mut file), None, bytes, size, color),
        other => return Err(refuse(format!("{other} is not written here"))),
    };
    written.map_err(|error| refuse(error.to_string()))?;
    let file = file.into_inner();
    if format == Format::WebP {
        let has_alpha = pixels.alpha != Alpha::None;
        return Ok(container::surround(file, size, has_alpha, profile, notes));
    }
    Ok(file)
}

const NO_PROFILE: &str = "numbers are in an ICC profile, and the format has no place for one; convert with \
                          `profile` first";

/// Encodes lossy WebP by libwebp, as its own tools do where nothing is asked for.
fn lossy(pixels: &Pixels<'_>, [width, height]: [u32; 2], quality: u8) -> Result<Vec<u8>, String> {
    let encoder = match pixels.channels {
        4 => webpx::Encoder::new_rgba(&pixels.bytes, width, height),
        _ => webpx::Encoder::new_rgb(&pixels.bytes, width, height),
    };
    let made = encoder.quality(f32::from(quality)).encode(webpx::Unstoppable);
    made.map_err(|error| error.error().to_string())
}

/// Writes samples through an encoder of the crate.
fn write(
    mut encoder: impl ImageEncoder,
    profile: Option<&[u8]>,
    samples: &[u8],
    [width, height]: [u32; 2],
    color: ExtendedColorType,
) -> ImageResult<()> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile.to_vec()).map_err(ImageError::Unsupported)?;
    }
    encoder.write_image(samples, width, height, color)
}

/// The sides as the crate takes them.
fn sides(pixels: &Pixels<'_>, format: Format, is_lossy: bool) -> Result<[u32; 2]> {
    // Written in 14 bits each, less one where pixels stay what they are.
    let most = match format {
        Format::WebP if is_lossy => 16_383,
        Format::WebP => 16_384,
        _ => i32::MAX.unsigned_abs(),
    };
    let side = |side: usize| {
        let fit = u32::try_from(side).ok().filter(|side| *side <= most);
        fit.ok_or_else(|| Error::Encode {
            format: format.name(),
            problem: format!("a side of {side} pixels is over {most}; choose another format"),
        })
    };
    Ok([side(pixels.width)?, side(pixels.height)?])
}

fn color_type(channels: usize, depth: usize) -> ExtendedColorType {
    use ExtendedColorType as To;
    match (channels, depth) {
        (1, 1) => To::L8,
        (2, 1) => To::La8,
        (3, 1) => To::Rgb8,
        (_, 1) => To::Rgba8,
        (1, 2) => To::L16,
        (2, 2) => To::La16,
        (3, 2) => To::Rgb16,
        (_, 2) => To::Rgba16,
        (3, _) => To::Rgb32F,
        (_, _) => To::Rgba32F,
    }
}

/// Writes OpenEXR: light, as floats.
fn exr(image: &Image) -> Result<Vec<u8>> {
    let format = Format::Exr;
    let view = image.view();
    let mut pixels = Pixels::gather_any(format.name(), image, &view)?;
    if pixels.profile.is_some() {
        return Err(Error::Encode { format: format.name(), problem: NO_PROFILE.to_owned() });
    }
    pixels.widen(if pixels.alpha == Alpha::None { 3 } else { 4 });
    let mut samples: Vec<f32> = match pixels.depth {
        1 => pixels.bytes.iter().map(|code| f32::from(*code) / 255.0).collect(),
        2 => {
            let code = |two: &[u8]| f32::from(u16::from_ne_bytes([two[0], two[1]])) / 65_535.0;
            pixels.bytes.chunks_exact(2).map(code).collect()
        }
        _ => {
            let number = |four: &[u8]| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]);
            pixels.bytes.chunks_exact(4).map(number).collect()
        }
    };
    let channels = pixels.channels;
    if pixels.transfer == Transfer::Srgb {
        for at in 0..3 {
            let mut plane: Vec<f32> = samples.iter().skip(at).step_by(channels).copied().collect();
            srgb_decode(Level::best(), &mut plane);
            let places = samples.iter_mut().skip(at).step_by(channels);
            places.zip(plane).for_each(|(to, from)| *to = from);
        }
    }
    if pixels.alpha == Alpha::Straight {
        for pixel in samples.chunks_exact_mut(4) {
            let alpha = pixel[3];
            pixel[..3].iter_mut().for_each(|color| *color *= alpha);
        }
    }
    pixels.bytes = Cow::Owned(bytemuck::cast_slice(&samples).to_vec());
    let size = sides(&pixels, format, false)?;
    let mut file = Cursor::new(Vec::new());
    let encoder = openexr::OpenExrEncoder::new(&mut file);
    let written = write(encoder, None, &pixels.bytes, size, color_type(channels, 4));
    written.map_err(|error| Error::Encode { format: format.name(), problem: error.to_string() })?;
    Ok(file.into_inner())
}
