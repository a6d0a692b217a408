//! Rotate by any angle.

use crate::error::Result;
use crate::image::{ImageInfo, Orientation};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Fill, Light};
use crate::op::pass::Lowered;
use crate::op::warp::{Sampling, Warp};

op! {
    /// Turns the picture clockwise.
    ///
    /// Multiples of 90° are a view and cost nothing. By any other angle the picture is resampled about
    /// its middle, in linear light with premultiplied alpha; the corners show the background.
    pub struct Rotate: "rotate", Pass {
        /// Degrees, clockwise.
        angle: f32 = 90.0, in -360.0..=360.0 "°";
        /// Whether the canvas grows to hold the whole picture; else it keeps its size and corners are
        /// cut off. Multiples of 90° always show the whole picture.
        expand: bool = true;
        /// How samples are weighed.
        filter: Sampling = Sampling::Bicubic;
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Constant;
        /// What stands beyond a constant edge; without alpha in the picture, its alpha is not used.
        background: Fill = Fill::BLACK;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

impl Op for Rotate {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let turn = self.angle.rem_euclid(360.0);
        let right = [
            (0.0, Orientation::Upright),
            (90.0, Orientation::NeedsRotate90),
            (180.0, Orientation::Rotated180),
            (270.0, Orientation::NeedsRotate270),
        ];
        if let Some((_, stored)) = right.into_iter().find(|(angle, _)| *angle == turn) {
            return Ok(Lowered::View(input.with_layout(stored.upright(&input.layout)?)));
        }
        let (sin, cos) = f64::from(self.angle).to_radians().sin_cos();
        let (w, h) = (input.width() as f64, input.height() as f64);
        let (out_w, out_h) = if self.expand {
            let side = |along: f64, across: f64| {
                // What reaches over by less than rounding does not reach over.
                ((along * cos).abs() + (across * sin).abs() - 1e-6).ceil()
            };
            (side(w, h), side(h, w))
        } else {
            (w, h)
        };
        // Middle to middle.
        let x = w / 2.0 - (cos * out_w + sin * out_h) / 2.0;
        let y = h / 2.0 - (cos * out_h - sin * out_w) / 2.0;
        Warp {
            source_from_output: [[cos, sin, x], [-sin, cos, y], [0.0, 0.0, 1.0]],
            seen: [0.0; 2],
            size: [out_h, out_w].map(whole),
            sampling: self.filter,
            edge: self.edge,
            background: self.background,
            light: self.light,
        }
        .lower("rotate", input)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are not negative; `as` saturates, and sizes are checked against limits after"
)]
fn whole(length: f64) -> usize {
    length as usize
}
