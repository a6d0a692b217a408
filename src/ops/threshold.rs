//! Threshold: black or white.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{PointTwin, params, point_twin};

op! {
    /// Turns each channel black below a level, and white from it on.
    ///
    /// `v' = 1 where v >= level, else 0`, on sRGB-encoded numbers; `grayscale | threshold` makes a picture
    /// of black and white. The level counts as reached within 4e-6, a quarter of a 16-bit code, so that
    /// rounding on the way decides nothing.
    pub struct Threshold: "threshold", Point {
        /// The level that white begins at.
        level: f32 = 0.5, in 0.0..=1.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct ThresholdParams {
        /// The least number that is white.
        least: f32,
    }
}

static TWIN: PointTwin = point_twin!(threshold, ThresholdParams, "threshold.wgsl", by_channel);

fn threshold([r, g, b, a]: [f32; 4], params: &ThresholdParams) -> [f32; 4] {
    let white = |v: f32| if v >= params.least { 1.0 } else { 0.0 };
    [white(r), white(g), white(b), a]
}

/// How near a number must come to the level.
const NEAR: f32 = 1.0 / 262_144.0;

impl Op for Threshold {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let params = ThresholdParams { least: self.level - NEAR };
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}
