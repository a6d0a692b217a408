//! What outputs keep of what their inputs say beside the picture.

use std::fmt;
use std::str::FromStr;

use crate::codec::{self, Notes};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// What outputs keep of what their inputs say beside the picture: nothing, unless told otherwise.
///
/// Notes tell where a photograph was taken and by whom; who publishes it seldom means to. Nothing that is needed to
/// see the picture right goes with them: it is turned upright, and its colours become sRGB.
///
/// ```
/// use bytelens::batch::Keep;
/// let keep: Keep = "exif,xmp".parse()?;
/// assert!(keep.exif && keep.xmp && !keep.icc);
/// assert_eq!("none".parse::<Keep>()?, Keep::default());
/// assert!("gps".parse::<Keep>().is_err());
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keep {
    /// EXIF data; they come to say that the picture is upright, and its size.
    pub exif: bool,
    /// The ICC profile, and the numbers in it; else they become sRGB before the first op.
    pub icc: bool,
    /// XMP.
    pub xmp: bool,
}

impl Keep {
    /// Everything.
    pub const ALL: Self = Self { exif: true, icc: true, xmp: true };

    fn kinds(&mut self) -> [(&'static str, &mut bool); 3] {
        [("exif", &mut self.exif), ("icc", &mut self.icc), ("xmp", &mut self.xmp)]
    }

    /// Reads from a file what is to be kept of its notes.
    pub(super) fn notes(self, file: &[u8], limits: &Limits) -> Result<Notes> {
        if !self.exif && !self.xmp {
            return Ok(Notes::default());
        }
        let Notes { exif, xmp, extended_xmp } = codec::notes(file, limits)?;
        Ok(Notes {
            exif: exif.filter(|_| self.exif),
            xmp: xmp.filter(|_| self.xmp),
            extended_xmp: extended_xmp.filter(|_| self.xmp),
        })
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kept = *self;
        let kinds = kept.kinds().into_iter().filter(|(_, is_kept)| **is_kept);
        let words: Vec<_> = kinds.map(|(word, _)| word).collect();
        f.write_str(&if words.is_empty() { "none".to_owned() } else { words.join(",") })
    }
}

impl FromStr for Keep {
    type Err = Error;

    /// Reads `all`, `none`, or some of `exif`, `icc` and `xmp` with commas between them.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::default()),
            _ => {}
        }
        let mut keep = Self::default();
        for word in text.split(',') {
            let kind = keep.kinds().into_iter().find(|(kind, _)| *kind == word.trim());
            let wrong = || {
                let expected = "all, none, or some of exif, icc and xmp with commas between them";
                Error::param("batch", "what to keep", expected, text)
            };
            *kind.ok_or_else(wrong)?.1 = true;
        }
        Ok(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::Keep;

    #[test]
    fn words_stand_for_what_is_kept_and_back() {
        for (text, shown) in [
            ("none", "none"),
            ("all", "exif,icc,xmp"),
            ("xmp", "xmp"),
            ("xmp, exif", "exif,xmp"),
            ("icc,icc", "icc"),
        ] {
            let keep: Keep = text.parse().expect(text);
            assert_eq!(keep.to_string(), shown);
            assert_eq!(shown.parse::<Keep>().expect(shown), keep);
        }
        for text in ["", "exif,none", "all,icc", "EXIF"] {
            let error = text.parse::<Keep>().expect_err(text).to_string();
            assert!(error.contains("some of exif, icc and xmp"), "{error}");
        }
    }
}
