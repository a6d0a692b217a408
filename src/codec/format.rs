//! Which file formats there are, and how they are told from each other.
//!
//! Nothing is decoded here. Formats beyond JPEG and PNG are known whatever is built in, and read and written
//! with the feature `formats`.

use crate::error::{Error, Result};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG: 8-bit grey and colour, lossy, without alpha.
    Jpeg,
    /// PNG: 8-bit and 16-bit, grey and colour, with or without alpha, lossless.
    Png,
    /// WebP: 8-bit, with or without alpha, lossy or lossless.
    WebP,
    /// TIFF: 8-bit, 16-bit and float, lossless.
    Tiff,
    /// QOI: 8-bit colour, with or without alpha, lossless, fast.
    Qoi,
    /// OpenEXR: float, proportional to light.
    Exr,
    /// GIF: a palette, of animations the first picture; only read.
    Gif,
    /// BMP: 8-bit; only read.
    Bmp,
    /// PBM, PGM, PPM and PAM: 8-bit and 16-bit; only read.
    Pnm,
    /// ICO: the largest picture of a Windows icon; only read.
    Ico,
    /// TGA: 8-bit; only read.
    Tga,
    /// Radiance HDR: float, proportional to light; only read.
    Hdr,
    /// JPEG XL: 8-bit, 16-bit and float; only read.
    Jxl,
}

/// What is known of a format by its name.
struct Facts {
    name: &'static str,
    mime: &'static str,
    extensions: &'static [&'static str],
}

impl Format {
    /// All formats that this build reads, those that it writes first.
    #[cfg(feature = "formats")]
    pub const ALL: &'static [Self] = &[
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Tiff,
        Self::Qoi,
        Self::Exr,
        Self::Gif,
        Self::Bmp,
        Self::Pnm,
        Self::Ico,
        Self::Hdr,
        Self::Jxl,
        Self::Tga,
    ];

    /// All formats that this build reads, those that it writes first.
    #[cfg(not(feature = "formats"))]
    pub const ALL: &'static [Self] = &[Self::Jpeg, Self::Png];

    const fn facts(self) -> Facts {
        let (name, mime, extensions): (_, _, &'static [&'static str]) = match self {
            Self::Jpeg => ("JPEG", "image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
            Self::Png => ("PNG", "image/png", &["png", "apng"]),
            Self::WebP => ("WebP", "image/webp", &["webp"]),
            Self::Tiff => ("TIFF", "image/tiff", &["tif", "tiff"]),
            Self::Qoi => ("QOI", "image/qoi", &["qoi"]),
            Self::Exr => ("OpenEXR", "image/x-exr", &["exr"]),
            Self::Gif => ("GIF", "image/gif", &["gif"]),
            Self::Bmp => ("BMP", "image/bmp", &["bmp", "dib"]),
            Self::Pnm => ("PNM", "image/x-portable-anymap", &["ppm", "pgm", "pbm", "pnm", "pam"]),
            Self::Ico => ("ICO", "image/vnd.microsoft.icon", &["ico"]),
            Self::Tga => ("TGA", "image/x-tga", &["tga"]),
            Self::Jxl => ("JPEG XL", "image/jxl", &["jxl"]),
            Self::Hdr => ("HDR", "image/vnd.radiance", &["hdr", "pic"]),
        };
        Facts { name, mime, extensions }
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

    /// Returns whether this build writes pictures in the format.
    #[must_use]
    pub const fn can_be_written(self) -> bool {
        let is_own = matches!(self, Self::Jpeg | Self::Png);
        is_own
            || cfg!(feature = "formats")
                && matches!(self, Self::WebP | Self::Tiff | Self::Qoi | Self::Exr)
    }

    /// Returns whether what is written of it holds EXIF data and XMP ([`encode_with`](super::encode_with)).
    #[must_use]
    pub const fn holds_notes(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::WebP)
    }

    /// Returns whether it holds floats.
    #[must_use]
    pub const fn holds_floats(self) -> bool {
        matches!(self, Self::Tiff | Self::Exr | Self::Hdr)
    }

    /// Returns whether its numbers are floats, proportional to light, and nothing else.
    #[must_use]
    pub const fn is_light(self) -> bool {
        matches!(self, Self::Exr | Self::Hdr)
    }

    /// Returns the format whose signature the bytes start with, if this build reads it.
    ///
    /// TGA has none: such a file is only known by what it is not.
    ///
    /// ```
    /// use bytelens::codec::Format;
    /// assert_eq!(Format::from_bytes(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
    /// assert_eq!(Format::from_bytes(b"plain text"), None);
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.begins(bytes))
    }

    /// Returns the format that a file name extension stands for, in any case, without its dot, if this build
    /// reads it.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        let known =
            |one: &Self| one.extensions().iter().any(|known| known.eq_ignore_ascii_case(extension));
        Self::ALL.iter().copied().find(known)
    }

    /// Whether bytes start as a file of the format does.
    fn begins(self, bytes: &[u8]) -> bool {
        let starts = |signatures: &[&[u8]]| signatures.iter().any(|one| bytes.starts_with(one));
        match self {
            Self::Jpeg => starts(&[b"\xff\xd8\xff"]),
            Self::Png => starts(&[b"\x89PNG\r\n\x1a\n"]),
            Self::WebP => starts(&[b"RIFF"]) && bytes.get(8..12) == Some(b"WEBP"),
            Self::Tiff => starts(&[b"II*\0", b"MM\0*"]),
            Self::Qoi => starts(&[b"qoif"]),
            Self::Exr => starts(&[b"v/1\x01"]),
            Self::Gif => starts(&[b"GIF87a", b"GIF89a"]),
            // Two letters are few: its reserved words are 0.
            Self::Bmp => starts(&[b"BM"]) && bytes.get(6..10) == Some(&[0; 4]),
            Self::Pnm => {
                let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'#';
                matches!(bytes, [b'P', b'1'..=b'7', rest @ ..] if rest.first().is_some_and(is_space))
            }
            Self::Ico => starts(&[b"\0\0\x01\0"]) && bytes.get(4..6) != Some(&[0; 2]),
            Self::Hdr => starts(&[b"#?RADIANCE", b"#?RGBE"]),
            Self::Jxl => starts(&[b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"]),
            Self::Tga => false,
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether bytes can be the head of a TGA: a kind of picture that there is, with a palette where that has one,
/// pixels of a size that there is, and some pixels.
fn begins_tga(bytes: &[u8]) -> bool {
    let Some(&[_, palette, kind, _, _, _, _, palette_bits, ..]) = bytes.first_chunk::<18>() else {
        return false;
    };
    let has_palette = matches!(kind, 1 | 9);
    let is_kind = has_palette || matches!(kind, 2 | 3 | 10 | 11);
    let fits = if has_palette {
        palette == 1 && matches!(palette_bits, 15 | 16 | 24 | 32)
    } else {
        palette == 0 && palette_bits == 0
    };
    let has_pixels = bytes[12..14] != [0; 2] && bytes[14..16] != [0; 2];
    is_kind && fits && has_pixels && matches!(bytes[16], 8 | 15 | 16 | 24 | 32) && bytes[17] < 64
}

/// Finds the format, or says what the file seems to be instead.
pub(super) fn detect(bytes: &[u8]) -> Result<Format> {
    if let Some(format) = Format::from_bytes(bytes) {
        return Ok(format);
    }
    if cfg!(feature = "formats") && begins_tga(bytes) {
        return Ok(Format::Tga);
    }
    if bytes.is_empty() {
        return Err(Error::Decode { format: "image", problem: "the file is empty".to_owned() });
    }
    let long: [(&[u8], Format); 2] =
        [(b"\xff\xd8\xff", Format::Jpeg), (b"\x89PNG\r\n\x1a\n", Format::Png)];
    if let Some((_, cut)) = long.into_iter().find(|(signature, _)| signature.starts_with(bytes)) {
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
    let problem = format!("no picture of a known format: the file starts with {shown}");
    Err(Error::Decode { format: "image", problem })
}

/// Names a well-known format that is not read here, or not in this build.
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
