//! Vibrance: more colour where there is little.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::affine::LUMINANCE;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{PointTwin, params, point_twin};

op! {
    /// Moves pale colours away from grey, and strong ones less.
    ///
    /// `v' = L + (v - L) * (1 + amount * (1 - S))`, where `L` is the luminance of ITU-R BT.709 and
    /// `S = (max - min) / max` the saturation of Smith's HSV ("Color Gamut Transform Pairs", 1978). No
    /// standard defines vibrance; this form leaves grey and full colours alone and keeps luminance in
    /// linear light. Grey pictures stay as they are.
    pub struct Vibrance: "vibrance", Point {
        /// How much the palest colours gain: 0 changes nothing, below 0 they lose.
        amount: f32 = 0.5, in -1.0..=10.0 "";
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

params! {
    /// What the twin reads.
    pub struct VibranceParams {
        /// The share of red, green and blue in luminance; the fourth is unused.
        weights: [f32; 4],
        /// How much the palest colours gain.
        amount: f32,
        /// The least maximum that is divided by: below it all is black.
        least: f32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: [f32; 2],
    }
}

static TWIN: PointTwin = point_twin!(vibrance, VibranceParams, "vibrance.wgsl");

fn vibrance([r, g, b, a]: [f32; 4], params: &VibranceParams) -> [f32; 4] {
    let [red, green, blue, _] = params.weights;
    let luminance = r * red + g * green + b * blue;
    let most = r.max(g).max(b);
    let saturation = ((most - r.min(g).min(b)) / most.max(params.least)).min(1.0);
    let factor = 1.0 + params.amount * (1.0 - saturation);
    let away = |v: f32| luminance + (v - luminance) * factor;
    [away(r), away(g), away(b), a]
}

impl Op for Vibrance {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if input.format.color == Color::Gray {
            return Ok(Lowered::Passes(Vec::new()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let [red, green, blue] = LUMINANCE.map(|weight| weight as f32);
        let params = VibranceParams {
            weights: [red, green, blue, 0.0],
            amount: self.amount,
            least: 1e-6,
            padding: [0.0; 2],
        };
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}
