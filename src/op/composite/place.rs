//! Where a layer lies on a picture.

use std::ops::Range;

use crate::op::param::{ParamKind, ParamValue, Range as ParamRange, samples};

/// Where a layer lies, in pixels of the picture, and how far apart its copies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The first column; of copies one that is not inside the picture, or its first.
    pub(crate) left: i32,
    /// The first row, alike.
    pub(crate) top: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    /// From a copy to the next, across and down; 0 where there is one alone.
    pub(crate) step: [i32; 2],
}

impl Place {
    /// Returns which row of the layer lies on a row of the picture.
    pub(super) fn line(&self, y: usize) -> Option<usize> {
        let mut line = i32::try_from(y).ok()? - self.top;
        if self.step[1] > 0 {
            line = line.rem_euclid(self.step[1]);
        }
        usize::try_from(line).ok().filter(|_| line < self.height)
    }

    /// Returns the columns of a picture that the layer and its copies reach over.
    pub(super) fn columns(&self, width: usize) -> Range<usize> {
        if self.step[0] > 0 {
            return 0..width;
        }
        let inside = |at: i32| usize::try_from(at).unwrap_or(0).min(width);
        inside(self.left)..inside(self.left.saturating_add(self.width))
    }

    /// Returns the runs of some columns that have a layer, each with its first column of the layer.
    pub(super) fn runs(
        &self,
        columns: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, usize)> {
        let (left, width, step) =
            (i64::from(self.left), i64::from(self.width), i64::from(self.step[0]));
        let (from, to) = (columns.start as i64, columns.end as i64);
        // The last copy that starts at or before the first column.
        let first = if step > 0 { left + (from - left).div_euclid(step) * step } else { left };
        let copies =
            (0..).map(move |copy| first + copy * step).take_while(move |start| *start < to);
        let copies = copies.take(if step > 0 { usize::MAX } else { 1 });
        copies.filter_map(move |start| {
            let (low, high) = (start.max(from), (start + width).min(to));
            let index = |at: i64| usize::try_from(at).unwrap_or(0);
            (low < high).then(|| (index(low)..index(high), index(low - start)))
        })
    }
}

/// How far something is moved from where gravity puts it, away from the edge that gravity is nearest to:
/// `20,10`, `2%,-3%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// From the left or the right.
    pub x: Length,
    /// From the top or the bottom.
    pub y: Length,
}

/// A signed distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// So many pixels.
    Pixels(i32),
    /// So many hundredths of the picture's side.
    Percent(f32),
}

impl Shift {
    /// Not moved.
    pub const NONE: Self = Self { x: Length::Pixels(0), y: Length::Pixels(0) };

    /// Moved by pixels.
    #[must_use]
    pub const fn pixels(x: i32, y: i32) -> Self {
        Self { x: Length::Pixels(x), y: Length::Pixels(y) }
    }
}

impl Length {
    const MOST: f32 = 1e6;

    /// Returns the distance in pixels along a side, rounded to the nearest.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, far beyond any picture")]
    pub fn of(self, whole: usize) -> i64 {
        match self {
            Self::Pixels(pixels) => i64::from(pixels),
            Self::Percent(percent) => (whole as f64 * f64::from(percent) / 100.0).round() as i64,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(text) => f32::parse(text).filter(|p| p.abs() <= Self::MOST).map(Self::Percent),
            None => text.parse().ok().map(Self::Pixels),
        }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl ParamValue for Shift {
    const KIND: ParamKind = ParamKind::Text(
        "two distances across and down like 20,10 or 2%,-3%, of pixels or of the picture",
    );

    fn samples(_: Option<&ParamRange>) -> Vec<String> {
        samples(&["2,1", "-3,-2", "20%,-10%", "500,0"])
    }

    fn parse(text: &str) -> Option<Self> {
        let (x, y) = text.split_once(',')?;
        Some(Self { x: Length::parse(x)?, y: Length::parse(y)? })
    }

    fn print(&self) -> String {
        format!("{},{}", self.x, self.y)
    }
}

/// Returns where a length starts in another: as gravity has it, in per cent, and moved by `shift`. It may
/// start before the other does.
pub(crate) fn start(gravity: f32, shift: Length, outer: usize, inner: usize) -> i64 {
    let side = |length: usize| i64::try_from(length).unwrap_or(i64::MAX / 4);
    let room = side(outer) - side(inner);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of a length is within that length"
    )]
    let start = (room as f64 * f64::from(gravity) / 100.0).round() as i64;
    let shift = shift.of(outer);
    if gravity > 50.0 { start - shift } else { start + shift }
}

#[cfg(test)]
mod tests {
    use super::{Length, Place, start};

    #[test]
    fn gravity_says_where_a_layer_starts_and_shifts_go_inwards() {
        for (gravity, shift, outer, inner, want) in [
            (0.0, Length::Pixels(0), 100, 30, 0),
            (100.0, Length::Pixels(0), 100, 30, 70),
            (100.0, Length::Pixels(5), 100, 30, 65),
            (0.0, Length::Pixels(5), 100, 30, 5),
            (50.0, Length::Percent(10.0), 100, 30, 45),
            (100.0, Length::Percent(-10.0), 100, 30, 80),
            (100.0, Length::Pixels(0), 30, 100, -70),
            (50.0, Length::Pixels(0), 30, 101, -36),
        ] {
            assert_eq!(
                start(gravity, shift, outer, inner),
                want,
                "{gravity} {shift} {outer} {inner}"
            );
        }
    }

    #[test]
    fn runs_are_what_the_layer_and_its_copies_cover() {
        let place =
            |left, width, step| Place { left, top: left, width, height: width, step: [step; 2] };
        for (place, columns) in [
            (place(3, 4, 0), 0..20),
            (place(-3, 4, 0), 0..20),
            (place(30, 4, 0), 0..20),
            (place(-3, 4, 5), 0..20),
            (place(-3, 4, 4), 7..9),
            (place(-1, 1, 1), 0..3),
            (place(-2, 5, 9), 4..6),
        ] {
            let mut want = Vec::new();
            for x in columns.clone() {
                want.extend(place.line(x).map(|at| (x, at)));
            }
            let runs = place.runs(columns.clone());
            let got: Vec<_> = runs.flat_map(|(at, first)| at.zip(first..)).collect();
            assert_eq!(got, want, "{place:?} {columns:?}");
        }
    }
}
