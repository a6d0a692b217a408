//! Crop: a window into the picture.

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Extent, Gravity, Position, Size};
use crate::op::pass::Lowered;

op! {
    /// Keeps a rectangle of the picture and drops the rest.
    ///
    /// A side that is left out (`800x`) is kept whole. The rectangle must lie inside the picture.
    pub struct Crop: "crop", View {
        /// The size of the rectangle.
        size: Size = Size::SAME;
        /// Where the rectangle sits, unless `at` says so.
        gravity: Gravity = Gravity::CENTER;
        /// Its left and top, instead of gravity.
        at: Option<Position> = None;
    }
}

impl Op for Crop {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (outer_w, outer_h) = (input.width(), input.height());
        let side = |extent: Option<Extent>, whole| extent.map_or(whole, |extent| extent.of(whole));
        let (w, h) = (side(self.size.width, outer_w), side(self.size.height, outer_h));
        let (x, y) = match self.at {
            None => self.gravity.place((outer_w, outer_h), (w, h)),
            Some(at) => (at.x.of(outer_w), at.y.of(outer_h)),
        };
        let fits = |start: usize, length: usize, whole: usize| {
            start.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !fits(x, w, outer_w) || !fits(y, h, outer_h) {
            return Err(Error::param(
                "crop",
                "the rectangle",
                format!("inside the picture's {outer_w}x{outer_h}"),
                format!("{w}x{h} at {x},{y}"),
            ));
        }
        let layout = input.layout.slice(0, y..y + h)?.slice(1, x..x + w)?;
        Ok(Lowered::View(input.with_layout(layout)))
    }
}
