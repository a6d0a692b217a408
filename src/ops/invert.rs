//! Invert: the negative.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{Params, PointTwin, params, point_twin};
use crate::op::Op;

op! {
    /// Turns the picture into its negative.
    ///
    /// `v' = 1 - v` on sRGB-encoded numbers, so that an 8-bit code `c` becomes `255 - c`; alpha stays.
    /// `light=linear` takes the light from one instead.
    pub struct Invert: "invert", Point {
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct InvertParams {
        /// What each number is taken from.
        white: f32,
    }
}

static TWIN: PointTwin = point_twin!(invert, InvertParams, "invert.wgsl");

fn invert([r, g, b, a]: [f32; 4], params: &InvertParams) -> [f32; 4] {
    [params.white - r, params.white - g, params.white - b, a]
}

impl Op for Invert {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&InvertParams { white: 1.0 }),
            space: Space::straight(self.light),
            color: None,
            alpha: None,
        }))
    }
}
