//! Encoded files to images and back: JPEG and PNG and, with the feature `formats`, those that people have besides.
//!
//! [`probe`] reads what a file holds without decoding it, [`decode`] reads the picture, [`encode`]
//! writes one. [`notes`] reads what a file says beside its picture, [`encode_with`] writes it along. This module opens no file and runs no op: it takes and gives bytes. It moves no
//! pixel to honour an EXIF orientation when reading (the [`Image`] carries it), and writes every
//! picture upright.
//!
//! Invariants: the limits are checked from the header before memory is taken for pixels; a file
//! that is truncated, or whose check sums do not hold, is an error and never a picture.

use crate::dtype::DType;
#[cfg(not(feature = "formats"))]
use crate::error::Error;
use crate::error::Result;
use crate::image::{Image, Orientation};
use crate::limits::Limits;

mod encode;
mod exif;
mod format;
pub mod jpeg;
mod notes;
#[cfg(feature = "formats")]
mod others;
mod pixels;
mod png;
#[cfg(test)]
mod tests;

pub use encode::{EncodeOptions, Subsampling, encode};
pub use format::Format;
use format::detect;
pub use notes::{Notes, encode_with, notes};

/// What the head of a file says of the picture that [`decode`] would return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The file format.
    pub format: Format,
    /// The width of the stored picture in pixels, before its orientation is applied.
    pub width: usize,
    /// The height of the stored picture in pixels, before its orientation is applied.
    pub height: usize,
    /// The samples of a decoded pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    pub channels: usize,
    /// The bits of a decoded sample: 8, 16, or 32 for a float.
    pub bit_depth: u8,
    /// Which way up the picture is stored.
    pub orientation: Orientation,
}

impl Header {
    /// Returns the type of a decoded sample.
    #[must_use]
    pub fn dtype(&self) -> DType {
        match self.bit_depth {
            32 => DType::F32,
            16 => DType::U16,
            _ => DType::U8,
        }
    }
}

/// Reads what a file holds, without decoding its pixels.
///
/// The head of a file is enough: all up to the image data. A PNG that carries its EXIF data behind
/// the image data has its orientation read by [`decode`] alone.
///
/// # Errors
/// [`Error::Decode`](crate::Error::Decode) where the head is damaged, cut short or of no known format,
/// [`Error::Unsupported`](crate::Error::Unsupported) for a kind of file that is known and not read, [`Error::Limit`](crate::Error::Limit) where the
/// picture is larger than allowed.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header> {
    match detect(bytes)? {
        Format::Jpeg => jpeg::probe(bytes, limits),
        Format::Png => png::probe(bytes, limits),
        #[cfg(feature = "formats")]
        other => others::probe(other, bytes, limits),
        #[cfg(not(feature = "formats"))]
        other => Err(not_built(other)),
    }
}

/// Decodes a file.
///
/// The image has 8-bit or 16-bit samples, or floats, and 1 to 4 channels: palettes, transparent colours and
/// 1-bit to 4-bit grey are expanded, CMYK is converted to RGB. Its orientation is the one that the
/// EXIF data tell; pixels are not moved. An embedded ICC profile comes along
/// ([`ImageInfo::profile`](crate::ImageInfo)) and is not applied: the op `profile` does that. Without one
/// numbers are sRGB; linear they are where a PNG has a gamma of 1, and where they are floats. Alpha is straight
/// always, though OpenEXR stores it multiplied in. Of animations the first picture is read.
///
/// # Errors
/// As [`probe`]; further [`Error::Decode`](crate::Error::Decode) where the file is truncated or a check sum does not hold.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Image> {
    limits.check_file(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    match detect(bytes)? {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => png::decode(bytes, limits),
        #[cfg(feature = "formats")]
        other => others::decode(other, bytes, limits),
        #[cfg(not(feature = "formats"))]
        other => Err(not_built(other)),
    }
}

/// A format that another build reads and writes.
#[cfg(not(feature = "formats"))]
fn not_built(format: Format) -> Error {
    Error::Unsupported {
        what: format!("{format} in a build without the feature `formats`"),
        instead: "build with it, or use JPEG or PNG".to_owned(),
    }
}
