//! Erode: dark grows.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::extremes::{Keep, passes};
use crate::op::pass::Lowered;

op! {
    /// Replaces each channel by its least value in a square.
    ///
    /// The square is `2 radius + 1` pixels wide (grey-scale erosion by a flat square; Serra, "Image
    /// Analysis and Mathematical Morphology", 1982); what lies beyond the picture has no say. Colour is
    /// premultiplied, alpha shrinks too. The time hardly grows with the radius.
    pub struct Erode: "erode", Pass {
        /// How far the square reaches; 0 changes nothing.
        radius: u32 = 1, in 0.0..=1000.0 "px";
    }
}

impl Op for Erode {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Passes(passes(input, self.radius, &[Keep::Least])))
    }
}
