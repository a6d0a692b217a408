//! Rotate by right angles.

use crate::error::Result;
use crate::image::{ImageInfo, Orientation};
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;
use crate::op::Op;

choice! {
    /// A right angle, clockwise.
    pub enum RightAngle {
        /// A quarter turn clockwise.
        Quarter = "90",
        /// A half turn.
        Half = "180",
        /// A quarter turn counter-clockwise.
        ThreeQuarters = "270",
    }
}

op! {
    /// Turns the picture clockwise by right angles.
    pub struct Rotate: "rotate", View {
        /// Degrees, clockwise.
        angle: RightAngle = RightAngle::Quarter;
    }
}

impl Op for Rotate {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let stored = match self.angle {
            RightAngle::Quarter => Orientation::NeedsRotate90,
            RightAngle::Half => Orientation::Rotated180,
            RightAngle::ThreeQuarters => Orientation::NeedsRotate270,
        };
        Ok(Lowered::View(input.with_layout(stored.upright(&input.layout)?)))
    }
}
