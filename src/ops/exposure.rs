//! Exposure: more or less light, in stops.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

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

impl Op for Exposure {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        Ok(Affine::scale(f64::from(self.stops).exp2(), 0.0).lower(input, Light::Linear))
    }
}
