//! Mask: as much of the picture as another picture lets through.

use crate::error::Result;
use crate::image::{Image, ImageInfo};
use crate::op::Op;
use crate::op::composite::{self, Blend, Composite, Layer, LayerForm, Place};
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;
use crate::op::picture::{Part, Picture, Pixels, Samples};
use crate::op::space;

choice! {
    /// What of a mask counts.
    pub enum MaskBy {
        /// Its luminance, encoded as a grey picture has it, times its alpha: white lets through.
        Luminance = "luminance",
        /// Its alpha alone.
        Alpha = "alpha",
    }
}

op! {
    /// Multiplies alpha by another picture.
    ///
    /// `αo = αb m`, with `m` from 0 to 1 the mask's luminance, encoded in sRGB, times its alpha, or its alpha alone
    /// (W3C, "CSS Masking Module Level 1"); colour stays. The mask is stretched to the picture's size. A picture
    /// without alpha gets a channel of it. `bytelens batch` reads `mask @FILE`.
    pub struct Mask: "mask", Pass {
        /// The mask.
        picture: Picture = Picture::none();
        /// What of it counts.
        by: MaskBy = MaskBy::Luminance;
        /// Whether what it lets through is cut out instead.
        invert: bool = false;
    }
}

impl Mask {
    /// Masks by an image, as it should be seen.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) where memory cannot be had.
    pub fn new(image: &Image) -> Result<Self> {
        Ok(Self::default().picture(Picture::new(image)?))
    }

    /// Returns how much each pixel of a picture of that size keeps.
    fn coverage(&self, pixels: &Pixels, size: [usize; 2]) -> Result<Samples> {
        let shares = Pixels { channels: 1, samples: shares(pixels, self.by), ..*pixels };
        let mut samples = shares.part(Part { size, start: [0, 0], extent: size }, false)?.samples;
        match &mut samples {
            Samples::Codes(codes) if self.invert => codes.iter_mut().for_each(|c| *c = 255 - *c),
            Samples::Codes(_) => {}
            Samples::Numbers(numbers) => {
                for number in numbers {
                    let share = number.clamp(0.0, 1.0);
                    *number = if self.invert { 1.0 - share } else { share };
                }
            }
        }
        Ok(samples)
    }
}

/// Returns what counts of each pixel of a mask.
fn shares(pixels: &Pixels, by: MaskBy) -> Samples {
    let gray = if by == MaskBy::Luminance { pixels.gray() } else { pixels.clone() };
    let (channels, has_alpha) = (gray.channels, gray.has_alpha());
    match &gray.samples {
        Samples::Codes(codes) => {
            let share = |pixel: &[u8]| match (by, has_alpha, pixel) {
                (MaskBy::Luminance, true, [v, a]) => {
                    // The product of two codes, rounded.
                    let product = u16::from(*v) * u16::from(*a);
                    u8::try_from((product + 127) / 255).unwrap_or(255)
                }
                (MaskBy::Luminance, ..) => pixel[0],
                (MaskBy::Alpha, true, _) => pixel[channels - 1],
                (MaskBy::Alpha, false, _) => 255,
            };
            Samples::Codes(codes.chunks_exact(channels).map(share).collect())
        }
        Samples::Numbers(numbers) => {
            let share = |pixel: &[f32]| {
                let alpha = if has_alpha { pixel[channels - 1] } else { 1.0 };
                if by == MaskBy::Luminance { pixel[0] * alpha } else { alpha }
            };
            Samples::Numbers(numbers.chunks_exact(channels).map(share).collect())
        }
    }
}

impl Op for Mask {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.width(), input.height()];
        let Some(pixels) = self.picture.pixels().filter(|_| !size.contains(&0)) else {
            return Ok(Lowered::Passes(Vec::new()));
        };
        let form = LayerForm::of_coverage(&pixels.samples);
        let key = format!("{size:?} {:?} {}", self.by, self.invert);
        let words = self
            .picture
            .kept(&key, || Ok(composite::coverage_words(&self.coverage(pixels, size)?)))?;
        let [width, height] = size.map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let place = Place { left: 0, top: 0, width, height, step: [0; 2] };
        let layer = Layer { form, words, color: [0.0, 0.0, 0.0, 1.0] };
        // Colour stays, in whichever numbers it comes.
        let light = space::stored(input.format).light;
        Composite { layer, place, blend: Blend::DstIn, opacity: 1.0, light }.lower(input)
    }
}
