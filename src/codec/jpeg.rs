//! JPEG: a decoder and an encoder of our own.
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
//!
//! [`Encoder`] is the way back, through the same coefficients.

use super::Header;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::limits::Limits;

mod bits;
mod coefficients;
mod decode;
mod decoder;
mod encoder;
mod entropy;
mod frame;
mod geometry;
mod huffman;
mod metadata;
#[cfg(feature = "gpu")]
mod planes;
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
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use coefficients::{Coefficients, ComponentCoefficients};
pub use decoder::{Decoder, Salvaged, Scratch};
pub(super) use encoder::encode;
pub use encoder::{Density, Encoder};
pub use frame::Model;
pub use geometry::Scale;
pub use metadata::Metadata;
#[cfg(feature = "gpu")]
pub(crate) use planes::Plane;
pub use report::Problem;
#[cfg(feature = "gpu")]
pub(crate) use rows::Rise;
#[cfg(feature = "batch")]
pub(crate) use rows::Sink;

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
