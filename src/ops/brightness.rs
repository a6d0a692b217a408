//! Brightness: more or less light.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{Params, PointTwin, params, point_twin};
use crate::op::Op;

op! {
    /// Multiplies the light of each pixel.
    ///
    /// A factor of 2 is one stop more exposure, 0.5 one stop less, 1 changes nothing. With
    /// `light=srgb` the encoded numbers are multiplied, as the CSS filter of this name does.
    pub struct Brightness: "brightness", Point {
        /// What light is multiplied by.
        factor: f32 = 1.0, in 0.0..=100.0 "";
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

params! {
    /// What the twin reads.
    pub struct BrightnessParams {
        /// What colour is multiplied by.
        factor: f32,
    }
}

static TWIN: PointTwin = point_twin!(brightness, BrightnessParams, "brightness.wgsl");

fn brightness([r, g, b, a]: [f32; 4], params: &BrightnessParams) -> [f32; 4] {
    [r * params.factor, g * params.factor, b * params.factor, a]
}

impl Op for Brightness {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&BrightnessParams { factor: self.factor }),
            space: Space::straight(self.light),
            color: None,
            alpha: None,
        }))
    }
}
