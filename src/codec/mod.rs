//! Encoded files to images and back: JPEG and PNG.
//!
//! [`probe`] reads what a file holds without decoding it, [`decode`] reads the picture, [`encode`]
//! writes one. This module opens no file and runs no op: it takes and gives bytes. It moves no
//! pixel to honour an EXIF orientation when reading (the [`Image`] carries it), and writes every
//! picture upright.
//!
//! Invariants: the limits are checked from the header before memory is taken for pixels; a file
//! that is truncated, or whose check sums do not hold, is an error and never a picture.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Image, Orientation};
use crate::limits::Limits;

mod encode;
mod exif;
pub mod jpeg;
mod pixels;
mod png;
#[cfg(test)]
mod tests;

pub use encode::{EncodeOptions, Subsampling, encode};

/// A file format that can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG: 8-bit grey and colour, lossy, without alpha.
    Jpeg,
    /// PNG: 8-bit and 16-bit, grey and colour, with or without alpha, lossless.
    Png,
}

/// What is known of a format by its name.
struct Facts {
    name: &'static str,
    mime: &'static str,
    extensions: &'static [&'static str],
    signature: &'static [u8],
}

impl Format {
    /// All formats, in the order of their names.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    const fn facts(self) -> Facts {
        match self {
            Self::Jpeg => Facts {
                name: "JPEG",
                mime: "image/jpeg",
                extensions: &["jpg", "jpeg", "jpe", "jfif"],
                signature: b"\xff\xd8\xff",
            },
            Self::Png => Facts {
                name: "PNG",
                mime: "image/png",
                extensions: &["png"],
                signature: b"\x89PNG\r\n\x1a\n",
            },
        }
    }

    /// Returns the name as people write it: `JPEG`, `PNG`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the media type, for example `image/png`.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        self.facts().mime
    }

    /// Returns the file name extensions without their dot, the usual one first.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        self.facts().extensions
    }

    /// Returns whether pictures are written in the format.
    #[must_use]
    pub const fn can_be_written(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }

    /// Returns the format whose signature the bytes start with.
    ///
    /// ```
    /// use bytelens::codec::Format;
    /// assert_eq!(Format::from_bytes(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
    /// assert_eq!(Format::from_bytes(b"plain text"), None);
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|one| bytes.starts_with(one.facts().signature))
    }

    /// Returns the format that a file name extension stands for, in any case, without its dot.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.extensions().iter().any(|known| known.eq_ignore_ascii_case(extension)))
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

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
    /// The bits of a decoded sample: 8 or 16.
    pub bit_depth: u8,
    /// Which way up the picture is stored.
    pub orientation: Orientation,
}

impl Header {
    /// Returns the type of a decoded sample.
    #[must_use]
    pub fn dtype(&self) -> DType {
        if self.bit_depth == 16 { DType::U16 } else { DType::U8 }
    }
}

/// Reads what a file holds, without decoding its pixels.
///
/// The head of a file is enough: all up to the image data. A PNG that carries its EXIF data behind
/// the image data has its orientation read by [`decode`] alone.
///
/// # Errors
/// [`Error::Decode`] where the head is damaged, cut short or of no known format,
/// [`Error::Unsupported`] for a kind of file that is known and not read, [`Error::Limit`] where the
/// picture is larger than allowed.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header> {
    match detect(bytes)? {
        Format::Jpeg => jpeg::probe(bytes, limits),
        Format::Png => png::probe(bytes, limits),
    }
}

/// Decodes a file.
///
/// The image has 8-bit or 16-bit samples and 1 to 4 channels: palettes, transparent colours and
/// 1-bit to 4-bit grey are expanded, CMYK is converted to RGB. Its orientation is the one that the
/// EXIF data tell; pixels are not moved. An embedded ICC profile comes along
/// ([`ImageInfo::profile`](crate::ImageInfo)) and is not applied: the op `profile` does that. Without one
/// numbers are sRGB, or linear where a PNG has a gamma of 1.
///
/// # Errors
/// As [`probe`]; further [`Error::Decode`] where the file is truncated or a check sum does not hold.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Image> {
    limits.check_file(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    match detect(bytes)? {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => png::decode(bytes, limits),
    }
}

/// Finds the format, or says what the file seems to be instead.
fn detect(bytes: &[u8]) -> Result<Format> {
    if let Some(format) = Format::from_bytes(bytes) {
        return Ok(format);
    }
    if bytes.is_empty() {
        return Err(Error::Decode { format: "image", problem: "the file is empty".to_owned() });
    }
    if let Some(cut) = Format::ALL.into_iter().find(|one| one.facts().signature.starts_with(bytes))
    {
        let problem = format!("the file ends after {} bytes, inside its signature", bytes.len());
        return Err(Error::Decode { format: cut.name(), problem });
    }
    if let Some(name) = foreign_format(bytes) {
        return Err(Error::Unsupported {
            what: format!("reading {name}"),
            instead: "convert the file to JPEG or PNG first".to_owned(),
        });
    }
    let start = &bytes[..bytes.len().min(12)];
    let shown = if start.iter().all(|byte| byte.is_ascii_graphic() || b" \t\r\n".contains(byte)) {
        format!("the text \"{}\"", start.escape_ascii())
    } else {
        let hex: Vec<_> = start.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("the bytes {}", hex.join(" "))
    };
    let problem = format!("neither JPEG nor PNG: the file starts with {shown}");
    Err(Error::Decode { format: "image", problem })
}

/// Names a well-known format that is not read here.
fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    let signatures: [(usize, &[u8], &'static str); 12] = [
        (0, b"GIF8", "GIF"),
        (8, b"WEBP", "WebP"),
        (0, b"BM", "BMP"),
        (0, b"II*\0", "TIFF"),
        (0, b"MM\0*", "TIFF"),
        (4, b"ftypavif", "AVIF"),
        (4, b"ftyphei", "HEIC"),
        (4, b"ftypmif1", "HEIF"),
        (0, b"\xff\x0a", "JPEG XL"),
        (4, b"JXL \r\n\x87\n", "JPEG XL"),
        (4, b"jP  \r\n\x87\n", "JPEG 2000"),
        (0, b"v/1\x01", "OpenEXR"),
    ];
    let found = signatures.iter().find(|(at, signature, _)| {
        bytes.get(*at..).is_some_and(|rest| rest.starts_with(signature))
    });
    found.map(|(_, _, name)| *name)
}
