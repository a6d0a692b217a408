//! A font as a parameter.

use std::fmt;
use std::sync::Arc;

use crate::op::param::{ParamKind, ParamValue, Range, samples};
use crate::op::picture::{bytes_from_text, text_from_bytes};

/// A font: the one that comes along, or the bytes of a TrueType or OpenType file.
#[derive(Clone, PartialEq, Eq)]
pub struct Font(Option<Arc<[u8]>>);

impl Font {
    /// Open Sans Regular: Latin, Greek and Cyrillic.
    pub const OPEN_SANS: Self = Self(None);

    const NAME: &str = "open-sans";

    /// Takes the bytes of a file; whether they are a font is seen when text is drawn.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Some(bytes.into()))
    }

    /// Returns the bytes of the file, where it is not the font that comes along.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str(Self::NAME),
            Some(bytes) => write!(f, "a font of {} bytes", bytes.len()),
        }
    }
}

impl ParamValue for Font {
    const KIND: ParamKind = ParamKind::Text(
        "open-sans, or a TrueType or OpenType file in base64url, or @FILE in `bytelens batch`",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        // Four bytes with which such a file starts, and nothing behind them: an error when text is drawn.
        samples(&[Self::NAME, "AAEAAA"])
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            Self::NAME => Some(Self::OPEN_SANS),
            "" => None,
            text => bytes_from_text(text).map(|bytes| Self::from_bytes(&bytes)),
        }
    }

    fn print(&self) -> String {
        self.bytes().map_or(Self::NAME.to_owned(), text_from_bytes)
    }
}
