//! Tint: a colour over all tones.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::{Affine, LUMINANCE};
use crate::op::declare::op;
use crate::op::param::{Fill, Light};
use crate::op::pass::{Lowered, Space};

op! {
    /// Moves every colour towards one of the same brightness.
    ///
    /// `v' = (1 - amount) v + amount Y c`, where `Y` is the luminance of a pixel (ITU-R BT.709) and `c` the
    /// colour: white becomes the colour, black stays. Alpha is left alone.
    pub struct Tint: "tint", Point {
        /// The colour that white becomes; its alpha is not used.
        color: Fill = Fill::WHITE;
        /// How far: 0 not at all, 1 all the way.
        amount: f32 = 1.0, in 0.0..=1.0 "";
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

impl Op for Tint {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let color = self.color.working(Space::straight(self.light)).map(f64::from);
        let amount = f64::from(self.amount);
        let weight = |y: usize, x: usize| {
            let own = if x == y { 1.0 - amount } else { 0.0 };
            own + amount * color[y] * LUMINANCE[x]
        };
        let rows = std::array::from_fn(|y| std::array::from_fn(|x| weight(y, x)));
        Ok(Affine::matrix(rows).lower(input, self.light))
    }
}
