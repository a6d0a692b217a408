//! Exposure: more or less light, in stops.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{Params, PointTwin, params, point_twin};

op! {
    /// Changes the exposure by stops.
    ///
    /// `v' = v * 2 ^ stops` in linear light: what twice the time, or one stop more aperture, does to
    /// the light on a sensor. `brightness` is the same with the factor itself.
    pub struct Exposure: "exposure", Point {
        /// Each stop up doubles the light, each stop down halves it.
        stops: f32 = 0.0, in -20.0..=20.0 "stops";
    }
}

params! {
    /// What the twin reads.
    pub struct ExposureParams {
        /// What light is multiplied by.
        gain: f32,
    }
}

static TWIN: PointTwin = point_twin!(exposure, ExposureParams, "exposure.wgsl");

fn exposure([r, g, b, a]: [f32; 4], params: &ExposureParams) -> [f32; 4] {
    [r * params.gain, g * params.gain, b * params.gain, a]
}

impl Op for Exposure {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&ExposureParams { gain: self.stops.exp2() }),
            space: Space::straight(Light::Linear),
            color: None,
            alpha: None,
        }))
    }
}
