//! Flip: the picture mirrored.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;

choice! {
    /// Along which axis a picture is mirrored.
    pub enum Direction {
        /// Left and right trade places.
        Horizontal = "horizontal",
        /// Top and bottom trade places.
        Vertical = "vertical",
    }
}

op! {
    /// Mirrors the picture.
    pub struct Flip: "flip", View {
        /// Which sides trade places.
        direction: Direction = Direction::Horizontal;
    }
}

impl Op for Flip {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let axis = match self.direction {
            Direction::Horizontal => 1,
            Direction::Vertical => 0,
        };
        Ok(Lowered::View(input.with_layout(input.layout.flip(axis)?)))
    }
}
