//! Trim: borders of one colour cut off.

use crate::error::Result;
use crate::image::{Image, ImageInfo};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::look::{self, Choice, Looks};
use crate::op::pass::Lowered;

op! {
    /// Cuts off borders of one colour.
    ///
    /// Looks at the picture first: what is kept is the smallest rectangle with all pixels that differ from
    /// the top left one by more than the tolerance in any channel, on encoded numbers; of two transparent
    /// pixels neither differs. A picture of one colour stays whole. The cut itself costs nothing.
    pub struct Trim: "trim", View {
        /// The greatest difference that is none, of 1 for white.
        tolerance: f32 = 0.05, in 0.0..=1.0 "";
        /// How many pixels of border stay.
        margin: u32 = 0, in 0.0..=65535.0 "px";
    }
}

impl Op for Trim {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        look::not_yet(Self::SPEC)
    }

    fn looks(&self) -> Option<&dyn Looks> {
        Some(self)
    }
}

impl Looks for Trim {
    fn choose(&self, image: &Image) -> Result<Choice> {
        let (w, h) = (image.width(), image.height());
        let channels = image.format().channels();
        let alpha = image.format().has_alpha();
        let mut corner: Option<Vec<f32>> = None;
        let (mut left, mut right, mut top, mut bottom) = (w, 0, h, 0);
        look::for_each_row(image, |y, row| {
            let corner = corner.get_or_insert_with(|| row.iter().copied().take(channels).collect());
            let differs = |pixel: &[f32]| {
                let unseen = alpha && pixel[channels - 1] <= 0.0 && corner[channels - 1] <= 0.0;
                let mut apart = pixel.iter().zip(&*corner).map(|(a, b)| (a - b).abs());
                !unseen && apart.any(|apart| apart > self.tolerance)
            };
            let mut pixels = row.chunks_exact(channels);
            let Some(first) = pixels.position(differs) else { return };
            let last = row.chunks_exact(channels).rposition(differs).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(y), bottom.max(y + 1));
        })?;
        if left >= right {
            (left, right, top, bottom) = (0, w, 0, h);
        }
        let margin = self.margin as usize;
        let columns = left.saturating_sub(margin)..w.min(right + margin);
        let rows = top.saturating_sub(margin)..h.min(bottom + margin);
        Ok(Choice::new(move |input| {
            let layout = input.layout.slice(0, rows.clone())?.slice(1, columns.clone())?;
            Ok(Lowered::View(input.with_layout(layout)))
        }))
    }
}
