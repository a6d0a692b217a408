//! Affine: scale, shear, turn and move at once.

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::{Matrix3, inverse};
use crate::op::declare::op;
use crate::op::param::{Edge, Fill, Light, ParamKind, ParamValue, Range, Size};
use crate::op::pass::Lowered;
use crate::op::warp::{Sampling, Warp};

/// Where a place of the picture goes: two rows of three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Map {
    /// `x' = x[0] x + x[1] y + x[2]`, in pixels from the left.
    pub x: [f32; 3],
    /// `y' = y[0] x + y[1] y + y[2]`, in pixels from the top.
    pub y: [f32; 3],
}

impl Map {
    /// The map that leaves every place where it is.
    pub const IDENTITY: Self = Self { x: [1.0, 0.0, 0.0], y: [0.0, 1.0, 0.0] };

    /// Returns how much area becomes of one pixel's; negative where the picture is mirrored.
    fn determinant(&self) -> f64 {
        let [a, b, d, e] = [self.x[0], self.x[1], self.y[0], self.y[1]].map(f64::from);
        a * e - b * d
    }
}

impl ParamValue for Map {
    const KIND: ParamKind = ParamKind::Text("two rows of three numbers like 1,0.2,0/0,1,10");

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["0.8,0.3,2/-0.2,0.9,1.5", "-1,0,13/0,1,0", "2.5,0,0/0,0.3,1", "1,0,0/0,1,0"]
            .map(str::to_owned)
            .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let row = |text: &str| {
            let numbers = text.split(',').map(f32::parse).collect::<Option<Vec<_>>>()?;
            <[f32; 3]>::try_from(numbers).ok()
        };
        let (x, y) = text.split_once('/')?;
        Some(Self { x: row(x)?, y: row(y)? })
    }

    fn print(&self) -> String {
        let row = |row: [f32; 3]| row.map(|number| number.print()).join(",");
        format!("{}/{}", row(self.x), row(self.y))
    }
}

op! {
    /// Scales, shears, turns and moves the picture by a matrix.
    ///
    /// The matrix says where a place of the picture goes, in pixels from the top left corner (the order of
    /// OpenCV's `warpAffine`; there sample 0 stands at 0, here at 0.5, so that `2,0,0/0,2,0` is twice as
    /// large and moves nothing aside). Filters widen where the picture shrinks, by up to 16.
    pub struct Affine: "affine", Pass {
        /// Two rows of the matrix: what becomes of x, and of y.
        map: Map = Map::IDENTITY;
        /// The size of the canvas.
        size: Size = Size::SAME;
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

impl Op for Affine {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (w, h) = (input.width(), input.height());
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        if self.map.determinant().abs() < 1e-9 {
            let expected = "a matrix that has an inverse";
            return Err(Error::param("affine", "map", expected, self.map.print()));
        }
        let (out_w, out_h) = self.size.of(w, h);
        if self.map == Map::IDENTITY && (out_w, out_h) == (w, h) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let forward: Matrix3 =
            [self.map.x.map(f64::from), self.map.y.map(f64::from), [0.0, 0.0, 1.0]];
        let mut back = inverse(&forward);
        // What rounding leaves of the last row is not perspective.
        back[2] = [0.0, 0.0, 1.0];
        Warp {
            source_from_output: back,
            seen: [0.0; 2],
            size: [out_h, out_w],
            sampling: self.filter,
            edge: self.edge,
            background: self.background,
            light: self.light,
        }
        .lower("affine", input)
    }
}
