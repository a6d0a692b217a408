//! Box blur: the mean of a square.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Space};
use crate::op::separable;
use crate::op::taps::Taps;

op! {
    /// Blurs with the mean of a square.
    ///
    /// Each pixel becomes the mean of the `2 radius + 1` pixels square around it, in linear light with
    /// premultiplied alpha. The time grows with the radius; `blur` has no such cost, and no corners.
    pub struct BoxBlur: "box_blur", Pass {
        /// How far the square reaches; 0 changes nothing.
        radius: u32 = 1, in 0.0..=1000.0 "px";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

impl Op for BoxBlur {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (w, h) = (input.width(), input.height());
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let weights = vec![1.0 / f64::from(2 * self.radius + 1); 2 * self.radius as usize + 1];
        let axis = |length: usize| {
            let mut taps = Taps::new(length, length);
            for at in (-i64::from(self.radius)..).take(length) {
                taps.push(at, &weights, 1.0, self.edge);
            }
            taps
        };
        let space = Space::premultiplied(self.light);
        let passes = separable::passes("box_blur", [h, w], &axis(h), &axis(w), [0.0; 4], space)?;
        Ok(Lowered::Passes(passes))
    }
}
