//! Grayscale: colour to luminance.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::affine::LUMINANCE;
use crate::op::declare::op;
use crate::op::param::{Light, choice};
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{Params, PointTwin, params, point_twin};
use crate::op::Op;

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

params! {
    /// What the twin reads.
    pub struct GrayscaleParams {
        /// Weights of red, green and blue; the fourth is unused.
        weights: [f32; 4],
    }
}

static TWIN: PointTwin = point_twin!(grayscale, GrayscaleParams, "grayscale.wgsl");

fn grayscale([r, g, b, a]: [f32; 4], params: &GrayscaleParams) -> [f32; 4] {
    let [red, green, blue, _] = params.weights;
    let light = r * red + g * green + b * blue;
    [light, light, light, a]
}

impl Op for Grayscale {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if input.format.color == Color::Gray {
            return Ok(Lowered::Passes(Vec::new()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let [r, g, b] = self.weights.weights().map(|weight| weight as f32);
        let weights = [r, g, b, 0.0];
        Ok(Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&GrayscaleParams { weights }),
            space: Space::straight(self.light),
            color: Some(Color::Gray),
            alpha: None,
        }))
    }
}
