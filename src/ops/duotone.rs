//! Duotone: a picture printed in two colours.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::{Affine, LUMINANCE};
use crate::op::declare::op;
use crate::op::param::{Fill, Light};
use crate::op::pass::{Lowered, Space};

op! {
    /// Runs from one colour in the shadows to another in the highlights.
    ///
    /// `v' = shadows + (highlights - shadows) * L`, where `L` is the luma of ITU-R BT.709 (its luminance
    /// with `light=linear`). The colours' alpha is not used; that of the picture stays.
    pub struct Duotone: "duotone", Point {
        /// What black becomes.
        shadows: Fill = Fill::BLACK;
        /// What white becomes.
        highlights: Fill = Fill::WHITE;
        /// In which numbers the colours are mixed.
        light: Light = Light::Srgb;
    }
}

impl Op for Duotone {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let working = |fill: Fill| fill.working(Space::straight(self.light)).map(f64::from);
        let (shadows, highlights) = (working(self.shadows), working(self.highlights));
        let rows = std::array::from_fn(|y| {
            let [red, green, blue] = LUMINANCE.map(|share| share * (highlights[y] - shadows[y]));
            [red, green, blue, shadows[y]]
        });
        Ok(Affine { rows }.lower(input, self.light))
    }
}
