//! What is between the copies of a picture that is repeated.

use crate::op::composite::Place;
use crate::op::param::{Offset, ParamKind, ParamValue, Range};

/// The space between copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Between a copy and the one on its right.
    pub x: Offset,
    /// Between a copy and the one below.
    pub y: Offset,
}

impl Gap {
    /// Copies side by side.
    pub const NONE: Self = Self { x: Offset::Pixels(0), y: Offset::Pixels(0) };

    /// Returns where copies lie of which one starts at `starts`.
    pub(super) fn place(self, starts: [i64; 2], size: [usize; 2], outer: [usize; 2]) -> Place {
        let word = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let [(left, step_x), (top, step_y)] = [(0, self.x), (1, self.y)].map(|(axis, gap)| {
            let step = size[axis].saturating_add(gap.of(outer[axis])).max(1);
            let step = i64::try_from(step).unwrap_or(i64::MAX).min(i64::from(i32::MAX / 2));
            // The copy that starts at the picture's first pixel, or before it.
            let before = starts[axis].rem_euclid(step) - step;
            (word(if before == -step { 0 } else { before }), word(step))
        });
        let [width, height] = size.map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        Place { left, top, width, height, step: [step_x, step_y] }
    }
}

/// A gap, or none where there is one copy alone, written `none`.
impl ParamValue for Option<Gap> {
    const KIND: ParamKind = ParamKind::Text(
        "none, or the space between copies, across and down, like 0,0 or 20,10 or 5%,5% of the picture",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["0,0", "3,1", "10%,20%", "none"].map(str::to_owned).to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(None);
        }
        let (x, y) = text.split_once(',')?;
        Some(Some(Gap { x: Offset::parse(x)?, y: Offset::parse(y)? }))
    }

    fn print(&self) -> String {
        match self {
            None => "none".to_owned(),
            Some(gap) => format!("{},{}", gap.x, gap.y),
        }
    }
}
