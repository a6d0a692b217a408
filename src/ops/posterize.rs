//! Posterize: few steps in place of many.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{PointTwin, params, point_twin};

op! {
    /// Reduces each channel to so many levels.
    ///
    /// `v' = round(v * (levels - 1)) / (levels - 1)`, ties to even, on sRGB-encoded numbers, so that the
    /// steps look even. Numbers above 1 go on in the same steps.
    pub struct Posterize: "posterize", Point {
        /// How many levels there are from black to white.
        levels: u32 = 4, in 2.0..=256.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct PosterizeParams {
        /// The steps from black to white.
        steps: f32,
    }
}

static TWIN: PointTwin = point_twin!(posterize, PosterizeParams, "posterize.wgsl", by_channel);

fn posterize([r, g, b, a]: [f32; 4], params: &PosterizeParams) -> [f32; 4] {
    let step = |v: f32| (v * params.steps).round_ties_even() / params.steps;
    [step(r), step(g), step(b), a]
}

/// Returns a small whole number as a number.
#[expect(clippy::cast_precision_loss, reason = "at most 256")]
fn small(count: u32) -> f32 {
    count as f32
}

impl Op for Posterize {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let params = PosterizeParams { steps: small(self.levels - 1) };
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}
