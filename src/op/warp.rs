//! Pictures seen through a map: the pass that rotation, affine maps and perspective share.
//!
//! An op makes a [`Warp`]: where in the source each pixel of the output lies. Positions are split on
//! the host, in f64, into whole numbers and fractions for each column and row, which the twins add: so
//! that a position is as exact at 30,000 pixels as at 30. What is left to them is the division that
//! perspective needs. Weights come from a table of the filter.
//!
//! Where the map shrinks, the filter is widened along rows and columns of the source by the length of
//! the slope there (Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, chapter 3.5,
//! with an upright box for his ellipse).

mod plain;
mod rows;

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::affine::Matrix3;
use crate::op::param::{Edge, Fill, Light, choice};
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::resample::Filter;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

choice! {
    /// How samples are weighed around a place between them.
    pub enum Sampling {
        /// The nearest sample alone: hard edges, no new value.
        Nearest = "nearest",
        /// A triangle over two samples: soft, never overshoots.
        Bilinear = "bilinear",
        /// The cubic of Catmull and Rom (a = -0.5) over four samples.
        Bicubic = "bicubic",
        /// The cubic of Mitchell and Netravali (B = C = 1/3): between soft and sharp.
        Mitchell = "mitchell",
        /// A sinc windowed by a sinc, over six samples: the sharpest, with slight ringing.
        Lanczos3 = "lanczos3",
    }
}

impl Sampling {
    fn filter(self) -> Filter {
        match self {
            Self::Nearest => Filter::Nearest,
            Self::Bilinear => Filter::Bilinear,
            Self::Bicubic => Filter::Bicubic,
            Self::Mitchell => Filter::Mitchell,
            Self::Lanczos3 => Filter::Lanczos3,
        }
    }
}

/// A picture seen through a map.
#[derive(Clone, Copy, Debug)]
pub struct Warp {
    /// Where in the source a place of the output lies, in pixels from the top left corner, as a
    /// projective map of columns `(x, y, 1)`.
    pub source_from_output: Matrix3,
    /// A place of the output that shows something, far from any horizon.
    pub seen: [f64; 2],
    /// Rows and columns of the output.
    pub size: [usize; 2],
    /// How samples are weighed.
    pub sampling: Sampling,
    /// How pixels beyond the edge are made up.
    pub edge: Edge,
    /// What stands beyond a constant edge, and where the map shows nothing.
    pub background: Fill,
    /// In which numbers pixels are mixed.
    pub light: Light,
}

params! {
    /// What the twin reads beside its tables.
    pub struct WarpParams {
        /// What stands beyond a constant edge.
        background: [f32; 4],
        /// The slopes of both numerators: of x along x and y, of y along x and y.
        slopes: [f32; 4],
        /// The slopes of the denominator, along x and y.
        horizon_x: f32,
        /// Along y.
        horizon_y: f32,
        /// How far the filter reaches, in samples.
        reach: f32,
        /// The most by which it is widened.
        widest: f32,
        /// The width of the source.
        width: i32,
        /// Its height.
        height: i32,
        /// Where in the tables rows begin.
        rows: i32,
        /// Where in the tables the weights of the filter begin.
        weights: i32,
        /// The number of the last weight of the filter.
        last: i32,
        /// Which edge: the number of [`Edge`] in the order of its declaration.
        edge: i32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: [i32; 2],
    }
}

static TWIN: PassTwin = PassTwin {
    name: "warp",
    wgsl: include_str!("../../shaders/lib/warp.wgsl"),
    params: WarpParams::LAYOUT,
    rows: rows::warp,
};

/// The most by which a filter is widened: the square of what then lies under it is still a loop that
/// every driver ends.
pub const WIDEST: f64 = 16.0;

/// Weights of the filter for each sample of distance; between two of them weights run straight.
const PHASES: usize = 1024;

/// Words that the tables hold for each column and each row.
const ENTRY: usize = 5;

/// The longest side of an output.
const LONGEST: usize = 1 << 20;

/// Positions further out than this show nothing, and whole numbers up to it are exact in f32.
const FARTHEST: f64 = 4e6;

impl Warp {
    /// Returns the pass over a picture, or none where either has no pixel.
    ///
    /// # Errors
    /// [`Error::Param`] where the map shrinks by more than 16 throughout; [`Error::Limit`] where a side
    /// is too long.
    #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
    pub fn lower(&self, op: &str, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        if h == 0 || w == 0 || self.size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        // Before tables are made: that a picture may be so large is checked after.
        if let Some(side) = self.size.iter().find(|side| **side > LONGEST) {
            return Err(Error::Limit {
                what: format!("{op}: a side of the result"),
                got: format!("{side} pixels"),
                limit: format!("{LONGEST} pixels"),
                hint: "choose a smaller size".to_owned(),
            });
        }
        let Self { sampling, edge, light, .. } = *self;
        let [u, v, d] = self.normalised();
        let flat = d[0] == 0.0 && d[1] == 0.0;
        let widest = if flat { u[0].hypot(u[1]).max(v[0].hypot(v[1])) } else { WIDEST };
        if widest > WIDEST {
            let expected = format!("a map that shrinks by at most {WIDEST}; `resize` first");
            return Err(Error::param(op, "map", expected, format!("one by {widest:.1}")));
        }
        let filter = sampling.filter();
        let reach = filter.reach();
        let word = |n: usize| {
            i32::try_from(n).map_err(|_| Error::Limit {
                what: format!("{op}: a side of the picture"),
                got: format!("{n} pixels"),
                limit: format!("{} pixels", i32::MAX),
                hint: "work in parts".to_owned(),
            })
        };
        // Sample 0 stands at 0.5; the nearest sample is the one whose square a place lies in.
        let shift = if sampling == Sampling::Nearest { 0.0 } else { 0.5 };
        let index = |n: [f64; 3]| std::array::from_fn::<f64, 3, _>(|k| n[k] - shift * d[k]);
        let (u, v) = (index(u), index(v));
        let mut tables = Vec::with_capacity((self.size[0] + self.size[1]) * ENTRY);
        for x in 0..self.size[1] {
            let x = x as f64 + 0.5;
            push_entry(&mut tables, u[0] * x, v[0] * x, d[0] * x);
        }
        let rows = tables.len();
        for y in 0..self.size[0] {
            let y = y as f64 + 0.5;
            push_entry(&mut tables, u[1] * y + u[2], v[1] * y + v[2], d[1] * y + (d[2] - 1.0));
        }
        let weights = tables.len();
        let phases = 0..=(reach * PHASES as f64) as usize + 1;
        let weight = |k: usize| filter.weight(k as f64 / PHASES as f64) as f32;
        tables.extend(phases.map(|k| weight(k).to_bits()));
        let last = tables.len() - weights - 1;
        let taps = (2.0 * reach * widest.max(1.0)) as u32 + 1;
        let space = Space::premultiplied(light);
        let [slopes, horizon] = [[u[0], u[1], v[0], v[1]], [d[0], d[1], 0.0, 0.0]]
            .map(|numbers| numbers.map(|number| number as f32));
        let params = WarpParams {
            background: self.background.working(space),
            slopes,
            horizon_x: horizon[0],
            horizon_y: horizon[1],
            reach: reach as f32,
            widest: WIDEST as f32,
            width: word(w)?,
            height: word(h)?,
            rows: word(rows)?,
            weights: word(weights)?,
            last: word(last)?,
            edge: edge as i32,
            padding: [0; 2],
        };
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables: tables.into(),
            size: self.size,
            reads: Reads::Anywhere,
            loops: taps * taps,
            space,
        }]))
    }

    /// Returns the map with a denominator of 1 where something is seen: then it is near 1 all over, and
    /// what it adds to 1 keeps its digits.
    fn normalised(&self) -> Matrix3 {
        let [x, y] = self.seen;
        let m = &self.source_from_output;
        let there = m[2][0] * x + m[2][1] * y + m[2][2];
        m.map(|row| row.map(|number| number / there))
    }
}

/// Adds what a column or row gives to both numerators, as whole numbers and fractions, and to the
/// denominator.
#[expect(clippy::cast_possible_truncation, reason = "held within what i32 and f32 have")]
fn push_entry(tables: &mut Vec<u32>, u: f64, v: f64, denominator: f64) {
    for number in [u, v] {
        let number = number.clamp(-FARTHEST, FARTHEST);
        let whole = number.floor();
        tables.push((whole as i32).cast_unsigned());
        tables.push(((number - whole) as f32).to_bits());
    }
    tables.push((denominator as f32).to_bits());
}
