//! Invert: the negative.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

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

impl Op for Invert {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        Ok(Affine::scale(-1.0, 1.0).lower(input, self.light))
    }
}
