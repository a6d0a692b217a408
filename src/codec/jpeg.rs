//! JPEG, through the crates `zune-jpeg` and `jpeg-encoder`.
//!
//! The crate that decodes is lenient: it fills what is missing with grey and calls it a picture. So
//! a file is read twice. [`structure`] reads markers and tables, and knows from them what must be
//! there; [`stream`] writes the same picture again as the plainest stream that says the same, in
//! which nothing can be missing without the crate noticing. Huffman decoding, the transform, and
//! colour are the crate's. There is no lenient mode here.

use ::jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use self::structure::{Model, Structure};
use super::encode::{EncodeOptions, Subsampling};
use super::pixels::Pixels;
use super::{Format, Header};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, PixelFormat, Transfer};
use crate::limits::Limits;
use crate::view::Buffer;

mod entropy;
mod segments;
mod stream;
mod structure;

const FORMAT: &str = "JPEG";

/// The longest side that the format can express.
const MAX_SIDE: usize = 65_535;

fn damaged(problem: impl Into<String>) -> Error {
    Error::Decode { format: FORMAT, problem: problem.into() }
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::Unsupported {
        what: what.into(),
        instead: "save it as baseline or progressive JPEG with 8 bits, or as PNG".to_owned(),
    }
}

/// Reads what a JPEG holds.
pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Header> {
    header(&Structure::read_head(bytes, limits)?)
}

fn header(structure: &Structure<'_>) -> Result<Header> {
    Ok(Header {
        format: Format::Jpeg,
        width: structure.frame.width,
        height: structure.frame.height,
        channels: if structure.model()? == Model::Gray { 1 } else { 3 },
        bit_depth: 8,
        orientation: structure.orientation(),
    })
}

/// Decodes a JPEG.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Image> {
    let structure = Structure::read(bytes, limits)?;
    let Header { width, height, channels, orientation, .. } = header(&structure)?;
    let plain = stream::write(&structure)?;
    let color = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_max_scans(structure::MAX_SCANS)
        .jpeg_set_out_colorspace(color);
    let told = |error: DecodeErrors| {
        let text = error.to_string();
        damaged(format!("the image data are damaged or incomplete: {}", text.trim_matches('"')))
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&plain), options);
    decoder.decode_headers().map_err(told)?;
    let size = width
        .checked_mul(height)
        .and_then(|pixels| pixels.checked_mul(channels))
        .filter(|size| decoder.output_buffer_size() == Some(*size))
        .ok_or_else(|| damaged(format!("{width}x{height} pixels do not fit into memory")))?;
    let mut samples = vec![0; size];
    decoder.decode_into(&mut samples).map_err(told)?;
    let buffer = Buffer::from_bytes(samples, DType::U8, &[height, width, channels])?;
    Ok(Image::new(buffer, PixelFormat::from_channels(channels)?)?.with_orientation(orientation))
}

/// Encodes packed pixels.
pub(super) fn encode(mut pixels: Pixels<'_>, options: &EncodeOptions) -> Result<Vec<u8>> {
    let refuse = |problem: String| Error::Encode { format: FORMAT, problem };
    if pixels.alpha != Alpha::None {
        let problem = "the picture has alpha, which JPEG cannot hold; set `background` to the colour \
                       that shows through, drop alpha with the op `channels`, or write PNG";
        return Err(refuse(problem.to_owned()));
    }
    if pixels.transfer == Transfer::Linear {
        let problem = "the picture is linear, which JPEG cannot say; convert to sRGB, or write PNG";
        return Err(refuse(problem.to_owned()));
    }
    pixels.narrow();
    let side = |side: usize| {
        u16::try_from(side)
            .map_err(|_| refuse(format!("a side of {side} pixels is over {MAX_SIDE}; resize it")))
    };
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, options.quality);
    encoder.set_sampling_factor(match options.subsampling {
        Subsampling::Full => SamplingFactor::F_1_1,
        Subsampling::Rows => SamplingFactor::F_2_1,
        Subsampling::Quads => SamplingFactor::F_2_2,
    });
    // The crate's default keeps one pixel of four, which aliases; libjpeg takes their mean.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let color = if pixels.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder
        .encode(&pixels.bytes, width, height, color)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(bytes)
}
