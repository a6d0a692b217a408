//! Convolve: any small kernel.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light, ParamKind, ParamValue, Range};
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::rows::PassContext;
use crate::op::taps::Taps;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::{separable, window};
use crate::simd;

/// Rows of weights, an odd number of rows and of weights in each.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    columns: usize,
    weights: Vec<f32>,
}

impl Kernel {
    /// The weight of the pixel alone.
    #[must_use]
    pub fn identity() -> Self {
        Self { columns: 1, weights: vec![1.0] }
    }

    /// Returns a kernel of rows of `columns` weights, or `None` where rows or columns are not 1, 3, 5 … 15
    /// or a weight is not finite.
    #[must_use]
    pub fn new(columns: usize, weights: &[f32]) -> Option<Self> {
        let odd = |n: usize| n % 2 == 1 && n <= 2 * window::MOST + 1;
        let whole = odd(columns) && weights.len().is_multiple_of(columns);
        let fits = whole && odd(weights.len() / columns);
        let finite = weights.iter().all(|weight| weight.is_finite());
        (fits && finite).then(|| Self { columns, weights: weights.to_vec() })
    }

    /// Returns how far it reaches up and down, and to the sides.
    fn radius(&self) -> [usize; 2] {
        [self.weights.len() / self.columns / 2, self.columns / 2]
    }

    /// Returns the weights of the rows and the columns whose products are the kernel's, where it has
    /// rank 1.
    fn factors(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let rows: Vec<Vec<f64>> = self
            .weights
            .chunks(self.columns)
            .map(|row| row.iter().map(|weight| f64::from(*weight)).collect())
            .collect();
        let (y, x) = (0..rows.len())
            .flat_map(|y| (0..self.columns).map(move |x| (y, x)))
            .max_by(|a, b| rows[a.0][a.1].abs().total_cmp(&rows[b.0][b.1].abs()))?;
        let pivot = rows[y][x];
        if pivot == 0.0 {
            return None;
        }
        let down: Vec<f64> = rows.iter().map(|row| row[x] / pivot).collect();
        let across = rows[y].clone();
        let same = rows.iter().zip(&down).all(|(row, down)| {
            row.iter()
                .zip(&across)
                .all(|(w, across)| (w - down * across).abs() < 1e-7 * pivot.abs())
        });
        same.then_some((down, across))
    }
}

impl ParamValue for Kernel {
    const KIND: ParamKind = ParamKind::Text(
        "rows of weights like 0,-1,0/-1,5,-1/0,-1,0, of one length; rows and columns odd, up to 15",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["1,2,1/0.5,-3,1/2,0,1", "1,2,1/2,4,2/1,2,1", "0,1,0,2,0,-1,3", "1/2/0.5/0/3", "1"]
            .map(str::to_owned)
            .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let row = |text: &str| text.split(',').map(f32::parse).collect::<Option<Vec<_>>>();
        let rows: Vec<Vec<f32>> = text.split('/').map(row).collect::<Option<_>>()?;
        let columns = rows.first()?.len();
        let even = rows.iter().all(|row| row.len() == columns);
        if even { Self::new(columns, &rows.concat()) } else { None }
    }

    fn print(&self) -> String {
        let row = |row: &[f32]| row.iter().map(f32::print).collect::<Vec<_>>().join(",");
        self.weights.chunks(self.columns).map(row).collect::<Vec<_>>().join("/")
    }
}

op! {
    /// Replaces each pixel by a weighted sum of those around it.
    ///
    /// The kernel lies on the picture as it is written (a correlation: it is not turned round), its middle
    /// on the pixel. Computed with premultiplied alpha, which is summed as colour is: where the weights
    /// add up to 0 no alpha is left, so `flatten` first. A kernel that is a column times a row runs as
    /// two passes.
    pub struct Convolve: "convolve", Pass {
        /// The weights.
        kernel: Kernel = Kernel::identity();
        /// Whether weights are divided by their sum, where that is not 0.
        normalize: bool = false;
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

params! {
    /// What the twin reads beside its tables.
    pub struct ConvolveParams {
        /// How far the kernel reaches to the sides.
        across: i32,
        /// How far it reaches up and down.
        down: i32,
        /// The height of the picture.
        height: i32,
        /// Where weights begin in the tables.
        weights: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "convolve",
    wgsl: concat!(
        include_str!("../../shaders/convolve.wgsl"),
        include_str!("../../shaders/lib/window.wgsl")
    ),
    params: ConvolveParams::LAYOUT,
    rows: convolve,
};

fn convolve(cx: &mut PassContext<'_>) {
    let params: ConvolveParams = cx.pass.params.read();
    let [down, across, at] = [params.down, params.across, params.weights]
        .map(|number| usize::try_from(number).unwrap_or(0));
    let pass = cx.pass;
    let weights: &[f32] = bytemuck::cast_slice(&pass.tables[at..]);
    window::for_each_row(cx, [down, across], |level, rows, out| {
        simd::weighted_windows(level, out, rows, weights);
    });
}

impl Op for Convolve {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let space = Space::premultiplied(self.light);
        let sum: f64 = self.kernel.weights.iter().map(|weight| f64::from(*weight)).sum();
        let scale = if self.normalize && sum.abs() > 1e-6 { 1.0 / sum } else { 1.0 };
        if let Some((down, across)) = self.kernel.factors() {
            let across: Vec<f64> = across.iter().map(|weight| weight * scale).collect();
            let axis = |length: usize, weights: &[f64]| {
                let reach = i64::try_from(weights.len() / 2).unwrap_or(0);
                let total = weights.iter().sum();
                let mut taps = Taps::new(length, length);
                for at in (-reach..).take(length) {
                    taps.push(at, weights, total, self.edge);
                }
                taps
            };
            let (rows, columns) = (axis(h, &down), axis(w, &across));
            let passes = separable::passes("convolve", [h, w], &rows, &columns, [0.0; 4], space)?;
            return Ok(Lowered::Passes(passes));
        }
        let [down, across] = self.kernel.radius();
        let mut tables = window::table("convolve", [h, w], [down, across], self.edge)?;
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let params = ConvolveParams {
            across: word(across),
            down: word(down),
            height: word(h),
            weights: word(tables.len()),
        };
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let scaled = self.kernel.weights.iter().map(|weight| (f64::from(*weight) * scale) as f32);
        tables.extend(scaled.map(f32::to_bits));
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables: tables.into(),
            size: [h, w],
            reads: window::reads(down, self.edge),
            loops: u32::try_from(self.kernel.weights.len()).unwrap_or(u32::MAX),
            space,
        }]))
    }
}

#[cfg(test)]
mod tests {
    use super::Kernel;
    use crate::op::param::ParamValue;

    #[test]
    fn a_kernel_is_taken_apart_where_it_is_a_column_times_a_row() {
        for (text, separable) in [
            ("1,2,1/2,4,2/1,2,1", true),
            ("1,0,-1/2,0,-2/1,0,-1", true),
            ("0,0,0/0,0,0/0,0,5", true),
            ("3,1,4,1,5", true),
            ("0,-1,0/-1,5,-1/0,-1,0", false),
            ("1,2,1/2,4,2/1,2,1.001", false),
            ("0,0,0/0,0,0/0,0,0", false),
        ] {
            let kernel = Kernel::parse(text).expect(text);
            let factors = kernel.factors();
            assert_eq!(factors.is_some(), separable, "{text}");
            if let Some((down, across)) = factors {
                let product = down.iter().flat_map(|y| across.iter().map(move |x| x * y));
                for (got, want) in product.zip(&kernel.weights) {
                    assert!((got - f64::from(*want)).abs() < 1e-6, "{text}");
                }
            }
        }
    }
}
