//! Close: small darks go.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::extremes::{Keep, passes};
use crate::op::pass::Lowered;

op! {
    /// Dilates and then erodes: dark spots smaller than the square go, the rest keeps its size.
    ///
    /// Closing by a flat square `2 radius + 1` pixels wide, as `dilate | erode` with one radius.
    pub struct Close: "close", Pass {
        /// How far the square reaches; 0 changes nothing.
        radius: u32 = 1, in 0.0..=1000.0 "px";
    }
}

impl Op for Close {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Passes(passes(input, self.radius, &[Keep::Greatest, Keep::Least])))
    }
}
