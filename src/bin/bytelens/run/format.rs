//! The formats of files, by name and by content.

use std::path::Path;

use bytelens::codec;

use super::spec::{FileSpec, Place};

/// How arrays lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Npy,
    Npz,
    Safetensors,
    Picture(codec::Format),
    Exr,
    /// Frames without compression, for other programs to read.
    Y4m,
    /// The bytes of the elements and nothing else.
    Raw,
}

impl Format {
    /// Returns the format of a name: an extension, or a word behind a colon.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let known = [
            ("npy", Self::Npy),
            ("npz", Self::Npz),
            ("safetensors", Self::Safetensors),
            ("exr", Self::Exr),
            ("y4m", Self::Y4m),
            ("raw", Self::Raw),
            ("bin", Self::Raw),
        ];
        let found = known.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
        let picture = || codec::Format::from_extension(name).map(Self::Picture);
        found.map(|(_, format)| *format).or_else(picture)
    }

    fn from_extension(path: &Path) -> Option<Self> {
        Self::from_name(path.extension()?.to_str()?)
    }

    /// Returns the format in which an input is read: as is said, as it is called, as it starts, or raw.
    pub(super) fn of_input(spec: &FileSpec, bytes: &[u8]) -> Self {
        let named = match &spec.place {
            Place::File(path) => Self::from_extension(path),
            _ => None,
        };
        let content = || match bytes {
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(Self::Npy),
            [b'P', b'K', 3 | 5, ..] => Some(Self::Npz),
            [0x76, 0x2f, 0x31, 0x01, ..] => Some(Self::Exr),
            bytes => codec::Format::from_bytes(bytes).map(Self::Picture),
        };
        // Pictures say themselves which they are, whatever they are called.
        let named = spec.format.or(named).map(|named| match (named, content()) {
            (Self::Picture(_), Some(Self::Picture(real))) => Self::Picture(real),
            (named, _) => named,
        });
        let is_described = spec.dtype.is_some() && spec.shape.is_some();
        named.or_else(|| content().filter(|_| !is_described)).unwrap_or(Self::Raw)
    }

    /// Returns the format in which an output is written.
    pub(super) fn of_output(spec: &FileSpec) -> Result<Self, String> {
        let known = "npy, npz, safetensors, png, jpg, webp, tiff, qoi, exr, y4m, bin or raw";
        let format = match (spec.format, &spec.place) {
            (Some(format), _) => format,
            (None, Place::File(path)) => Self::from_extension(path).ok_or_else(|| {
                format!("the extension must say the format: {known}; or say it as in FILE:raw")
            })?,
            // What is only compared has no format that matters.
            (None, Place::Nowhere | Place::Standard) => Self::Npy,
        };
        match format {
            Self::Picture(format) if !format.can_be_written() => {
                Err(format!("{format} is only read; write {known}"))
            }
            format => Ok(format),
        }
    }
}
