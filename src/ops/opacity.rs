//! Opacity: how much of a picture shows.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{PointTwin, params, point_twin};

op! {
    /// Multiplies alpha.
    ///
    /// A picture without alpha gets a channel of it. Colour stays.
    pub struct Opacity: "opacity", Point {
        /// What alpha is multiplied by: 0 leaves nothing to see, 1 changes nothing.
        factor: f32 = 1.0, in 0.0..=1.0 "";
    }
}

params! {
    /// What the twin reads.
    pub struct OpacityParams {
        /// What alpha is multiplied by.
        factor: f32,
    }
}

static TWIN: PointTwin = point_twin!(opacity, OpacityParams, "opacity.wgsl", by_channel);

fn opacity([r, g, b, a]: [f32; 4], params: &OpacityParams) -> [f32; 4] {
    [r, g, b, a * params.factor]
}

impl Op for Opacity {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let params = OpacityParams { factor: self.factor };
        let point = Point::new(&TWIN, &params, Space::straight(Light::Srgb));
        Ok(Point { alpha: Some(true), ..point }.into())
    }
}
