//! Saturation: more or less colour, at the same luminance.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::affine::{Affine, LUMINANCE};
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

op! {
    /// Moves each colour away from the grey of its luminance, or towards it.
    ///
    /// `v' = L + (v - L) * factor`, where `L` is the luminance of ITU-R BT.709: in linear light it
    /// stays what it was. With `light=srgb` this is the CSS filter `saturate` (W3C, "Filter Effects
    /// Module Level 1", 13.2). Grey pictures stay as they are.
    pub struct Saturation: "saturation", Point {
        /// What the distance from grey is multiplied by: 0 leaves grey, 1 changes nothing.
        factor: f32 = 1.0, in 0.0..=5.0 "";
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

impl Op for Saturation {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if input.format.color == Color::Gray {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let factor = f64::from(self.factor);
        let own = |y: usize, x: usize| if x == y { factor } else { 0.0 };
        let matrix = std::array::from_fn(|y| {
            std::array::from_fn(|x| LUMINANCE[x] * (1.0 - factor) + own(y, x))
        });
        Ok(Affine::matrix(matrix).lower(input, self.light))
    }
}
