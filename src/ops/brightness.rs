//! Brightness: more or less light.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

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

impl Op for Brightness {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        Ok(Affine::scale(self.factor.into(), 0.0).lower(input, self.light))
    }
}
