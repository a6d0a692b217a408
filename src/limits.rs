//! Caps on what one piece of work may ask for, checked from headers before anything is allocated.
//!
//! One struct, used by every face. A cap is a promise about memory and time, not about taste: what
//! is over a cap is an [`Error::Limit`] that names the cap, the amount and the way on.

use crate::error::{Error, Result};

/// Caps on pixels, sides, bytes and operations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most pixels an image may have, decoded or computed.
    pub max_pixels: u64,
    /// The longest side of an image, in pixels.
    pub max_side: u64,
    /// The most bytes an encoded file may have.
    pub max_file_bytes: u64,
    /// The most operations in a pipeline.
    pub max_ops: usize,
}

impl Default for Limits {
    /// Returns caps that every photograph passes: 512 megapixels, sides to 65,535 pixels.
    fn default() -> Self {
        Self { max_pixels: 512 << 20, max_side: 65_535, max_file_bytes: 4 << 30, max_ops: 256 }
    }
}

impl Limits {
    /// Checks the size of an image, before memory is taken for it.
    ///
    /// # Errors
    /// [`Error::Limit`] where a side or the number of pixels is over its cap.
    pub fn check_size(&self, what: &str, width: u64, height: u64) -> Result<()> {
        let side = width.max(height);
        if side > self.max_side {
            return Err(Error::Limit {
                what: format!("{what}: the longer side of {width}x{height}"),
                got: format!("{side} px"),
                limit: format!("{} px", self.max_side),
                hint: "choose a smaller size".to_owned(),
            });
        }
        let pixels = width.saturating_mul(height);
        if pixels > self.max_pixels {
            return Err(Error::Limit {
                what: format!("{what}: the area of {width}x{height}"),
                got: format!("{pixels} px"),
                limit: format!("{} px", self.max_pixels),
                hint: "raise the limit on pixels if the source is trusted".to_owned(),
            });
        }
        Ok(())
    }

    /// Checks the number of bytes of an encoded file, before it is read.
    ///
    /// # Errors
    /// [`Error::Limit`] where the file is over the cap.
    pub fn check_file(&self, bytes: u64) -> Result<()> {
        if bytes > self.max_file_bytes {
            return Err(Error::Limit {
                what: "the file".to_owned(),
                got: format!("{bytes} bytes"),
                limit: format!("{} bytes", self.max_file_bytes),
                hint: "raise the limit on file size if the source is trusted".to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn sizes_over_a_cap_are_refused_with_both_numbers() {
        let limits = Limits::default();
        for (width, height, fits) in [
            (6000, 4000, true),
            (65_535, 1, true),
            (65_536, 1, false),
            (60_000, 60_000, false),
            (u64::MAX, u64::MAX, false),
            (0, 0, true),
        ] {
            let answer = limits.check_size("PNG", width, height);
            assert_eq!(answer.is_ok(), fits, "{width}x{height}: {answer:?}");
        }
        let text = limits.check_size("PNG", 60_000, 60_000).unwrap_err().to_string();
        assert!(text.contains("3600000000") && text.contains("536870912"), "{text}");
    }
}
