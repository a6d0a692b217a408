//! JPEG: a decoder of our own, and an encoder through the crate `jpeg-encoder`.
//!
//! A file goes through in two halves. The first undoes the entropy coding: `reader` reads markers into a
//! `structure`, `entropy` finds restart intervals, and `sequential` and `progressive` turn bits to
//! coefficients. The second makes pixels: `strips` of samples by the inverse transform, `rows` of pixels by
//! upsampling and colour. Both are the same for every face; [`Decoder`] is theirs and the program's.
//!
//! What always holds: at full size pixels are those of libjpeg-turbo at its default settings, bit for bit,
//! for files that both read; limits are checked before memory is taken; no bytes make it panic; read
//! strictly, which is the default, no picture comes of a file that is truncated or whose data are damaged.
//! Not read are arithmetic coding, lossless and hierarchical pictures, and samples of 12 bits.

use ::jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::Header;
use super::encode::{EncodeOptions, Subsampling};
use super::pixels::Pixels;
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, Transfer};
use crate::limits::Limits;

mod bits;
mod decode;
mod decoder;
mod entropy;
mod frame;
mod geometry;
mod huffman;
mod metadata;
mod progressive;
mod reader;
mod report;
mod rows;
mod segments;
mod sequential;
mod store;
mod strips;
mod structure;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use decoder::{Coefficients, ComponentCoefficients, Decoder, Salvaged, Scratch};
pub use frame::Model;
pub use geometry::Scale;
pub use metadata::Metadata;
pub use report::Problem;

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
    Ok(Decoder::new(bytes, limits)?.header())
}

/// Decodes a JPEG.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Image> {
    Decoder::new(bytes, limits)?.decode()
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
    if let Some(profile) = &pixels.profile {
        let failed = |error: ::jpeg_encoder::EncodingError| refuse(error.to_string());
        encoder.add_icc_profile(profile.bytes()).map_err(failed)?;
    }
    let color = if pixels.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder
        .encode(&pixels.bytes, width, height, color)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(bytes)
}
