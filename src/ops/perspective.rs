//! Perspective: any four corners to any four.

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::{Matrix3, inverse, product};
use crate::op::declare::op;
use crate::op::param::{Edge, Fill, Light, ParamKind, ParamValue, Range, Size};
use crate::op::pass::Lowered;
use crate::op::warp::{Sampling, Warp};

/// A distance along a side, in pixels or hundredths of it; it may reach over both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Along {
    /// So many pixels; parts of pixels count.
    Pixels(f32),
    /// So many hundredths of the side.
    Percent(f32),
}

impl Along {
    fn of(self, side: usize) -> f64 {
        match self {
            Self::Pixels(pixels) => f64::from(pixels),
            Self::Percent(percent) => side as f64 * f64::from(percent) / 100.0,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => f32::parse(percent).map(Self::Percent),
            None => f32::parse(text).map(Self::Pixels),
        }
    }
}

impl std::fmt::Display for Along {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pixels(pixels) => write!(f, "{pixels}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Four corners of a picture: top left, top right, bottom right, bottom left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corners(pub [[Along; 2]; 4]);

impl Corners {
    /// The corners of the whole picture.
    pub const WHOLE: Self = {
        let (low, high) = (Along::Percent(0.0), Along::Percent(100.0));
        Self([[low, low], [high, low], [high, high], [low, high]])
    };

    fn of(&self, w: usize, h: usize) -> [[f64; 2]; 4] {
        self.0.map(|[x, y]| [x.of(w), y.of(h)])
    }
}

impl ParamValue for Corners {
    const KIND: ParamKind = ParamKind::Text(
        "whole, or top left, top right, bottom right and bottom left like 12,8/95%,3/100%,90%/5,100%",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["10%,15%/95%,5%/85%,90%/-5%,105%", "1,0/100%,1.5/90%,100%/0,95%", "whole"]
            .map(str::to_owned)
            .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "whole" {
            return Some(Self::WHOLE);
        }
        let corner = |text: &str| {
            let (x, y) = text.split_once(',')?;
            Some([Along::parse(x)?, Along::parse(y)?])
        };
        let corners = text.split('/').map(corner).collect::<Option<Vec<_>>>()?;
        Some(Self(corners.try_into().ok()?))
    }

    fn print(&self) -> String {
        if *self == Self::WHOLE {
            return "whole".to_owned();
        }
        self.0.map(|[x, y]| format!("{x},{y}")).join("/")
    }
}

op! {
    /// Maps four corners of the picture to four corners of the canvas.
    ///
    /// `from` alone straightens what was seen at an angle: name the corners of the page, and `size`.
    /// `to` alone lays the picture into a scene. The map is the projective one that is fixed by four
    /// points (Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, chapter 2.2). Filters
    /// widen where the picture shrinks, by up to 16.
    pub struct Perspective: "perspective", Pass {
        /// Corners in the picture, in pixels from its top left corner or per cent of its sides.
        from: Corners = Corners::WHOLE;
        /// Where on the canvas they go.
        to: Corners = Corners::WHOLE;
        /// The size of the canvas.
        size: Size = Size::SAME;
        /// How samples are weighed.
        filter: Sampling = Sampling::Bicubic;
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Constant;
        /// What stands beyond a constant edge and behind the horizon; without alpha in the picture, its
        /// alpha is not used.
        background: Fill = Fill::BLACK;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

impl Op for Perspective {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (w, h) = (input.width(), input.height());
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let (out_w, out_h) = self.size.of(w, h);
        if self.from == self.to && (out_w, out_h) == (w, h) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let map = |param: &str, corners: &Corners, w: usize, h: usize| {
            let corners = corners.of(w, h);
            is_convex(&corners).then(|| from_square(&corners)).ok_or_else(|| {
                let expected = "four corners of which none lies inside the others, in turn";
                Error::param("perspective", param, expected, format!("{corners:?}"))
            })
        };
        let from = map("from", &self.from, w, h)?;
        let to = map("to", &self.to, out_w, out_h)?;
        let [x, y] = [0, 1].map(|k| self.to.of(out_w, out_h).map(|corner| corner[k]));
        let corners = [x, y];
        Warp {
            source_from_output: cleaned(product(&from, &inverse(&to)), out_w, out_h),
            seen: corners.map(|corners| corners.iter().sum::<f64>() / 4.0),
            size: [out_h, out_w],
            sampling: self.filter,
            edge: self.edge,
            background: self.background,
            light: self.light,
        }
        .lower("perspective", input)
    }
}

/// Tells whether corners go round one way, none of them straight.
fn is_convex(corners: &[[f64; 2]; 4]) -> bool {
    let turn = |k: usize| {
        let [a, b, c] = [corners[k], corners[(k + 1) % 4], corners[(k + 2) % 4]];
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    };
    let turns = [0, 1, 2, 3].map(turn);
    turns.iter().all(|turn| *turn > 1e-6) || turns.iter().all(|turn| *turn < -1e-6)
}

/// Returns the map from the unit square to four corners.
fn from_square(&[a, b, c, d]: &[[f64; 2]; 4]) -> Matrix3 {
    let sum = [0, 1].map(|k| a[k] - b[k] + c[k] - d[k]);
    let [p, q] = [b, d].map(|corner| [corner[0] - c[0], corner[1] - c[1]]);
    // Not zero: the corners b, c and d are not on one line.
    let area = p[0] * q[1] - q[0] * p[1];
    let g = (sum[0] * q[1] - q[0] * sum[1]) / area;
    let h = (p[0] * sum[1] - sum[0] * p[1]) / area;
    let row = |k: usize| [b[k] - a[k] + g * b[k], d[k] - a[k] + h * d[k], a[k]];
    [row(0), row(1), [g, h, 1.0]]
}

/// Takes away what rounding leaves of a perspective that is none.
fn cleaned(mut map: Matrix3, w: usize, h: usize) -> Matrix3 {
    let [x, y, one] = map[2];
    if x.abs() * w as f64 + y.abs() * h as f64 <= 1e-12 * one.abs() {
        map[2] = [0.0, 0.0, one];
    }
    map
}

#[cfg(test)]
mod tests {
    use super::{Corners, from_square, is_convex};
    use crate::op::affine::apply;
    use crate::op::param::ParamValue;

    #[test]
    fn corners_of_the_square_become_the_corners_named() {
        for text in ["whole", "10,20/90,5/80,95/-5,110", "0,0/40%,0/100%,100%/0,60%"] {
            let corners = Corners::parse(text).expect(text).of(100, 80);
            assert!(is_convex(&corners), "{text}");
            let map = from_square(&corners);
            let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
            for (from, to) in square.into_iter().zip(corners) {
                let [x, y, w] = apply(&map, [from[0], from[1], 1.0]);
                assert!((x / w - to[0]).hypot(y / w - to[1]) < 1e-9, "{text} {from:?}");
            }
        }
        let crossed = Corners::parse("0,0/9,9/9,0/0,9").expect("four corners");
        assert!(!is_convex(&crossed.of(9, 9)));
    }
}
