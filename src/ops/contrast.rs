//! Contrast: distance from middle grey.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

op! {
    /// Moves each pixel away from middle grey, or towards it.
    ///
    /// `v' = (v - m) * factor + m`, where `m` is 0.5 in sRGB-encoded numbers and the light of that
    /// grey, 0.214, with `light=linear`. A tone curve is a matter of how a picture looks, so encoded
    /// numbers are the default; so does the CSS filter of this name.
    pub struct Contrast: "contrast", Point {
        /// What the distance is multiplied by: 0 leaves plain grey, 1 changes nothing.
        factor: f32 = 1.0, in 0.0..=100.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

/// The light of an encoded 0.5: `((0.5 + 0.055) / 1.055) ^ 2.4`.
const MIDDLE_LIGHT: f64 = 0.214_041_140_482_232_6;

impl Op for Contrast {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let pivot = match self.light {
            Light::Srgb => 0.5,
            Light::Linear => MIDDLE_LIGHT,
        };
        let factor = f64::from(self.factor);
        Ok(Affine::scale(factor, pivot - pivot * factor).lower(input, self.light))
    }
}
