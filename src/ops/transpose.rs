//! Transpose: the picture mirrored along a diagonal.

use crate::error::Result;
use crate::image::{ImageInfo, Orientation};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;

choice! {
    /// Along which diagonal a picture is mirrored.
    pub enum Diagonal {
        /// From top left to bottom right: rows and columns trade places.
        Main = "main",
        /// From top right to bottom left.
        Other = "other",
    }
}

op! {
    /// Mirrors the picture along a diagonal.
    pub struct Transpose: "transpose", View {
        /// Which diagonal stays where it is.
        diagonal: Diagonal = Diagonal::Main;
    }
}

impl Op for Transpose {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let stored = match self.diagonal {
            Diagonal::Main => Orientation::Transposed,
            Diagonal::Other => Orientation::Transversed,
        };
        Ok(Lowered::View(input.with_layout(stored.upright(&input.layout)?)))
    }
}
