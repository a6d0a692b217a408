//! The rows of a picture as an encoder takes them: upright, packed, 8 bits, grey or RGB.

use std::borrow::Cow;

use super::super::{FORMAT, MAX_SIDE};
use crate::codec::pixels::Pixels;
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, Transfer};
use crate::view::View;

/// A picture that was found to fit in a JPEG.
#[derive(Debug)]
pub(super) struct Source<'a> {
    image: &'a Image,
    view: View<'a>,
    /// All samples, where they lie in memory as they are taken.
    packed: Option<&'a [u8]>,
    background: Option<[u8; 3]>,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: usize,
}

impl<'a> Source<'a> {
    /// Looks whether an upright picture can be written.
    pub(super) fn new(image: &'a Image, background: Option<[u8; 3]>) -> Result<Self> {
        let view = image.view();
        if view.is_empty() {
            let (width, height) = (image.width(), image.height());
            return Err(refused(&format!(
                "a picture of {width}x{height} pixels cannot be written"
            )));
        }
        let first = Pixels::gather(FORMAT, image, &view.slice(0, ..1)?)?;
        let (width, height) = (image.width(), image.height());
        if first.alpha != Alpha::None && background.is_none() {
            return Err(refused(
                "the picture has alpha, which JPEG cannot hold; set `background` to the colour \
                 that shows through, drop alpha with the op `channels`, or write PNG",
            ));
        }
        if first.transfer == Transfer::Linear {
            return Err(refused(
                "the picture is linear, which JPEG cannot say; convert to sRGB, or write PNG",
            ));
        }
        if let Some(side) = [width, height].into_iter().find(|side| *side > MAX_SIDE) {
            return Err(refused(&format!("a side of {side} pixels is over {MAX_SIDE}; resize it")));
        }
        let is_plain = first.depth == 1 && first.alpha == Alpha::None;
        let packed = view.as_bytes().filter(|_| is_plain);
        let channels = made(first, background).channels;
        Ok(Self { image, view, packed, background, width, height, channels })
    }

    /// Returns the samples of some rows.
    pub(super) fn rows(&self, rows: std::ops::Range<usize>) -> Result<Cow<'a, [u8]>> {
        let row = self.width * self.channels;
        if let Some(packed) = self.packed {
            return Ok(Cow::Borrowed(&packed[rows.start * row..rows.end * row]));
        }
        let view = self.view.slice(0, rows)?;
        Ok(made(Pixels::gather(FORMAT, self.image, &view)?, self.background).bytes)
    }
}

/// Makes samples what is encoded.
fn made(mut pixels: Pixels<'_>, background: Option<[u8; 3]>) -> Pixels<'_> {
    if let Some(background) = background {
        pixels.flatten(background);
    }
    pixels.narrow();
    pixels
}

fn refused(problem: &str) -> Error {
    Error::Encode { format: FORMAT, problem: problem.to_owned() }
}
