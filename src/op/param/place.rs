//! Parameters that say how large and where: sizes, gravity, positions.

use super::{ParamKind, ParamValue, Range, samples};

/// A length in pixels or as a share of the length it replaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// So many pixels.
    Pixels(u32),
    /// So many hundredths.
    Percent(f32),
}

impl Extent {
    /// Returns the length in pixels, rounded to the nearest, at least 1 where the whole is.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rounded product of non-negative numbers; `as` saturates at u32::MAX"
    )]
    pub fn of(self, whole: usize) -> usize {
        match self {
            Self::Pixels(pixels) => pixels as usize,
            Self::Percent(percent) => {
                let exact = whole as f64 * f64::from(percent) / 100.0;
                (exact.round() as u32 as usize).max(usize::from(whole > 0))
            }
        }
    }

    /// Reads the text form.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => f32::parse(percent).filter(|p| *p > 0.0).map(Self::Percent),
            None => u32::parse(text).filter(|pixels| *pixels > 0).map(Self::Pixels),
        }
    }
}

impl std::fmt::Display for Extent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// A size to reach: `800x600`, `800x` or `x600` with the other side to follow, `50%` for both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// The width, or none where it follows from the height.
    pub width: Option<Extent>,
    /// The height, or none where it follows from the width.
    pub height: Option<Extent>,
}

impl Size {
    /// The size that an image has already.
    pub const SAME: Self =
        Self { width: Some(Extent::Percent(100.0)), height: Some(Extent::Percent(100.0)) };

    /// Returns width and height in pixels for an image of `w` times `h`, which has pixels; a side that is
    /// left out follows from the other.
    #[must_use]
    pub fn of(self, w: usize, h: usize) -> (usize, usize) {
        let follow = |side: usize, to: usize, from: usize| {
            let exact = side as f64 * to as f64 / from as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "lengths are positive; `as` saturates"
            )]
            let rounded = exact.round() as usize;
            rounded.max(1)
        };
        match (self.width, self.height) {
            (Some(width), Some(height)) => (width.of(w), height.of(h)),
            (Some(width), None) => (width.of(w), follow(h, width.of(w), w)),
            (None, Some(height)) => (follow(w, height.of(h), h), height.of(h)),
            (None, None) => (w, h),
        }
    }

    /// A size in pixels.
    #[must_use]
    pub const fn pixels(width: u32, height: u32) -> Self {
        Self { width: Some(Extent::Pixels(width)), height: Some(Extent::Pixels(height)) }
    }
}

impl ParamValue for Size {
    const KIND: ParamKind =
        ParamKind::Text("a size like 800x600, 800x, x600, 50% or 50%x25%, every number above 0");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["60%x45%", "150%x", "x4", "3x2", "1x1"])
    }

    fn parse(text: &str) -> Option<Self> {
        let Some((width, height)) = text.split_once('x') else {
            let both = Extent::from_text(text).filter(|both| matches!(both, Extent::Percent(_)))?;
            return Some(Self { width: Some(both), height: Some(both) });
        };
        let side = |text: &str| match text {
            "" => Some(None),
            text => Extent::from_text(text).map(Some),
        };
        let size = Self { width: side(width)?, height: side(height)? };
        (size.width.is_some() || size.height.is_some()).then_some(size)
    }

    fn print(&self) -> String {
        match (self.width, self.height) {
            (Some(Extent::Percent(w)), Some(Extent::Percent(h))) if w == h => format!("{w}%"),
            (width, height) => {
                let side = |side: Option<Extent>| side.map_or(String::new(), |s| s.to_string());
                format!("{}x{}", side(width), side(height))
            }
        }
    }
}

/// A size that may be left as it is, written `auto`.
impl ParamValue for Option<Size> {
    const KIND: ParamKind =
        ParamKind::Text("auto (as it is), or a size to fit inside like 20%, 200x100, 200x or x10%");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["50%", "9x4", "x60%", "300%x20%", "auto"])
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "auto" { Some(None) } else { Size::parse(text).map(Some) }
    }

    fn print(&self) -> String {
        self.as_ref().map_or("auto".to_owned(), Size::print)
    }
}

/// Which part stays where not all fits: a compass point, or a point in per cent from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gravity {
    /// From the left, 0 to 100 %.
    pub x: f32,
    /// From the top, 0 to 100 %.
    pub y: f32,
}

impl Gravity {
    /// The middle of the picture.
    pub const CENTER: Self = Self { x: 50.0, y: 50.0 };

    const NAMES: [(&'static str, f32, f32); 9] = [
        ("center", 50.0, 50.0),
        ("north", 50.0, 0.0),
        ("northeast", 100.0, 0.0),
        ("east", 100.0, 50.0),
        ("southeast", 100.0, 100.0),
        ("south", 50.0, 100.0),
        ("southwest", 0.0, 100.0),
        ("west", 0.0, 50.0),
        ("northwest", 0.0, 0.0),
    ];

    /// Returns where a window of `inner` pixels starts inside `outer` pixels, for each axis
    /// `(horizontal, vertical)`.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is within that length"
    )]
    pub fn place(self, outer: (usize, usize), inner: (usize, usize)) -> (usize, usize) {
        let start = |outer: usize, inner: usize, percent: f32| {
            let room = outer.saturating_sub(inner);
            ((room as f64 * f64::from(percent) / 100.0).round() as usize).min(room)
        };
        (start(outer.0, inner.0, self.x), start(outer.1, inner.1, self.y))
    }
}

impl ParamValue for Gravity {
    const KIND: ParamKind = ParamKind::Text(
        "center, north, northeast, east, southeast, south, southwest, west, northwest, \
         or a focus point in per cent like 30%,75%",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["northwest", "southeast", "30%,75%"])
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, x, y)) = Self::NAMES.iter().find(|(name, ..)| *name == text) {
            return Some(Self { x: *x, y: *y });
        }
        let (x, y) = text.split_once(',')?;
        let percent = |text: &str| {
            f32::parse(text.strip_suffix('%')?).filter(|share| (0.0..=100.0).contains(share))
        };
        Some(Self { x: percent(x)?, y: percent(y)? })
    }

    fn print(&self) -> String {
        match Self::NAMES.iter().find(|(_, x, y)| (*x, *y) == (self.x, self.y)) {
            Some((name, ..)) => (*name).to_owned(),
            None => format!("{}%,{}%", self.x, self.y),
        }
    }
}

/// Where something starts: pixels or per cent from the left and the top, like `10,20` or `25%,0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// From the left.
    pub x: Offset,
    /// From the top.
    pub y: Offset,
}

/// A distance from an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Offset {
    /// So many pixels.
    Pixels(u32),
    /// So many hundredths of the side.
    Percent(f32),
}

impl Offset {
    /// Returns the distance in pixels along a side of `whole` pixels, rounded to the nearest.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "per cent are 0 to 100, so the product is within the side"
    )]
    pub fn of(self, whole: usize) -> usize {
        match self {
            Self::Pixels(pixels) => pixels as usize,
            Self::Percent(percent) => (whole as f64 * f64::from(percent) / 100.0).round() as usize,
        }
    }

    /// Reads the text form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(text) => f32::parse(text).filter(|p| (0.0..=100.0).contains(p)).map(Self::Percent),
            None => u32::parse(text).map(Self::Pixels),
        }
    }
}

impl std::fmt::Display for Offset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// A position that may be left to gravity, written `auto`.
impl ParamValue for Option<Position> {
    const KIND: ParamKind =
        ParamKind::Text("auto (where gravity puts it), or left and top like 10,20 or 25%,0");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["auto", "0,0", "10%,0"])
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "auto" {
            return Some(None);
        }
        let (x, y) = text.split_once(',')?;
        Some(Some(Position { x: Offset::parse(x)?, y: Offset::parse(y)? }))
    }

    fn print(&self) -> String {
        match self {
            None => "auto".to_owned(),
            Some(at) => format!("{},{}", at.x, at.y),
        }
    }
}
