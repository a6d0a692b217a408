//! Lut: colours by a table.

mod cube;
mod table;

pub use table::Table;

use crate::error::{Error, Result};
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::lookup::{self, Curve};
use crate::op::param::Light;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

op! {
    /// Looks colours up in a table, as colour grading does.
    ///
    /// A table of one dimension has a curve for each channel; one of three has a colour for each point of a
    /// cube, and between them those at the corners of a tetrahedron are mixed (Kasson, Plouffe and Nin, "A
    /// Tetrahedral Interpolation Technique for Color Space Conversion", 1993), which keeps greys grey.
    /// What lies outside the table is taken for its nearest. `Table::from_cube` and
    /// `Table::from_hald` read `.cube` files and Hald pictures; `bytelens batch` does so for `lut @FILE`.
    /// Grey pictures want `channels rgb` first.
    pub struct Lut: "lut", Pass {
        /// The table.
        table: Table = Table::identity();
        /// How much of the change is made.
        amount: f32 = 1.0, in 0.0..=1.0 "";
        /// In which numbers the table is.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads beside its table: red, green and blue for each point, red running fastest.
    pub struct LutParams {
        /// The colour of the first point.
        low: [f32; 4],
        /// What the distance from it is multiplied by.
        scale: [f32; 4],
        /// Points along a side.
        side: u32,
        /// How much of the change is made.
        amount: f32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: [u32; 2],
    }
}

static TWIN: PassTwin = PassTwin {
    name: "lut",
    wgsl: include_str!("../../shaders/lut.wgsl"),
    params: LutParams::LAYOUT,
    rows: lut,
};

fn lut(cx: &mut PassContext<'_>) {
    let params: LutParams = cx.pass.params.read();
    let width = cx.block.width();
    cx.copy_same_rows(width);
    let points: &[f32] = bytemuck::cast_slice(&cx.pass.tables);
    let (points, _) = points.as_chunks::<3>();
    for row in 0..cx.block.rows() {
        let [r, g, b, _] = cx.block.row_mut(row, 0..width, cx.level).slots;
        for x in 0..width {
            let own = [r[x], g[x], b[x]];
            let looked = look_up(own, &params, points);
            [r[x], g[x], b[x]] = [0, 1, 2].map(|c| own[c] + (looked[c] - own[c]) * params.amount);
        }
    }
}

/// Mixes the corners of the tetrahedron that a colour lies in.
#[inline(always)]
fn look_up(color: [f32; 3], params: &LutParams, points: &[[f32; 3]]) -> [f32; 3] {
    let side = params.side as usize;
    let last = (side - 1) as f32;
    let place =
        [0, 1, 2].map(|c| ((color[c] - params.low[c]) * params.scale[c]).max(0.0).min(last));
    let before = place.map(|at| whole(at.min(last - 1.0)));
    let [r, g, b] = [0, 1, 2].map(|c| place[c] - before[c] as f32);
    let first = before[0] + side * (before[1] + side * before[2]);
    // From the corner nearest to black along the longest way first, then the next.
    let (red, green, blue) = (1, side, side * side);
    let ([high, middle, low], second, third) = match (r > g, g > b, r > b) {
        (true, true, _) => ([r, g, b], red, red + green),
        (true, false, true) => ([r, b, g], red, red + blue),
        (true, false, false) => ([b, r, g], blue, red + blue),
        (false, false, _) => ([b, g, r], blue, green + blue),
        (false, true, true) => ([g, r, b], green, red + green),
        (false, true, false) => ([g, b, r], green, green + blue),
    };
    let corners = [0, second, third, red + green + blue].map(|step| points[first + step]);
    let shares = [1.0 - high, high - middle, middle - low, low];
    [0, 1, 2].map(|c| {
        corners[0][c] * shares[0]
            + corners[1][c] * shares[1]
            + corners[2][c] * shares[2]
            + corners[3][c] * shares[3]
    })
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(number: f32) -> usize {
    number as u32 as usize
}

impl Op for Lut {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.height(), input.width()];
        if self.table.is_identity() || self.amount == 0.0 || size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        if input.format.color == Color::Gray {
            return Err(Error::Unsupported {
                what: "lut: a grey picture".to_owned(),
                instead: "`channels rgb | lut`, or `opacity 1 | channels rgba | lut` with alpha"
                    .to_owned(),
            });
        }
        let Table { low, high, points, .. } = &self.table;
        let Some(side) = self.table.side() else {
            return lookup::lower(&self.curves(), input, self.light);
        };
        let mut params = LutParams {
            low: [0.0; 4],
            scale: [0.0; 4],
            side: u32::try_from(side).unwrap_or(u32::MAX),
            amount: self.amount,
            padding: [0; 2],
        };
        for c in 0..3 {
            params.low[c] = low[c];
            params.scale[c] = (side - 1) as f32 / (high[c] - low[c]);
        }
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables: points.iter().flatten().map(|number| number.to_bits()).collect(),
            size,
            reads: Reads::SameRow,
            loops: 0,
            space: Space::straight(self.light),
        }]))
    }
}

impl Lut {
    /// Returns the curves of a table of one dimension, mixed with the straight line.
    fn curves(&self) -> [Option<Curve>; 3] {
        let Table { low, high, points, .. } = &self.table;
        let last = (points.len() - 1) as f32;
        [0, 1, 2].map(|c| {
            let straight = |at: usize| low[c] + (high[c] - low[c]) * at as f32 / last;
            let mixed = |(at, point): (usize, &[f32; 3])| {
                straight(at) + (point[c] - straight(at)) * self.amount
            };
            let entries = points.iter().enumerate().map(mixed).collect();
            Some(Curve { low: f64::from(low[c]), high: f64::from(high[c]), entries })
        })
    }
}
