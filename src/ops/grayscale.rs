//! Grayscale: colour to luminance.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::affine::{Affine, LUMINANCE};
use crate::op::declare::op;
use crate::op::param::{Light, choice};
use crate::op::pass::{Lowered, Point};

choice! {
    /// How much red, green and blue weigh.
    pub enum Luma {
        /// ITU-R BT.709, the primaries of sRGB: 0.2126, 0.7152, 0.0722.
        Rec709 = "rec709",
        /// ITU-R BT.601, of old television and most old tools: 0.299, 0.587, 0.114.
        Rec601 = "rec601",
    }
}

impl Luma {
    /// Returns the weights of red, green and blue.
    pub(super) fn weights(self) -> [f64; 3] {
        match self {
            Self::Rec709 => LUMINANCE,
            Self::Rec601 => [0.299, 0.587, 0.114],
        }
    }
}

op! {
    /// Turns colour into grey of the same luminance.
    ///
    /// The result has one colour channel; alpha is kept. `weights=rec601 light=srgb` gives the luma
    /// of most older tools.
    pub struct Grayscale: "grayscale", Point {
        /// How much each primary weighs.
        weights: Luma = Luma::Rec709;
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

impl Op for Grayscale {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if input.format.color == Color::Gray {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let luminance = Affine::matrix([self.weights.weights(); 3]).point(self.light);
        Ok(Point { color: Some(Color::Gray), ..luminance }.into())
    }
}
