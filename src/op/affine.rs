//! A matrix and an offset on colour: what brightness, contrast, colour matrices, saturation, white
//! balance and toning are.
//!
//! An op makes an [`Affine`] in f64 on the host. Alpha is left alone; what is grey stays one channel
//! where the matrix makes no colour of it. Neighbours of this kind are one step ([`merged`]).

use crate::image::{Color, ImageInfo};
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space, Step};
use crate::op::twin::{Params, PointTwin, params, point_twin};

/// A 3×3 matrix.
pub type Matrix3 = [[f64; 3]; 3];

/// The share of red, green and blue in luminance: ITU-R BT.709, the primaries of sRGB.
pub const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// What becomes of red, green and blue: three weights and an offset each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// The weights of red, green and blue and the offset, for red, green and blue.
    pub rows: [[f64; 4]; 3],
}

params! {
    /// What the twin of a whole matrix reads.
    pub struct AffineParams {
        /// Weights and offset of red.
        red: [f32; 4],
        /// Weights and offset of green.
        green: [f32; 4],
        /// Weights and offset of blue.
        blue: [f32; 4],
    }
}

params! {
    /// What the twin reads where each channel becomes what it becomes by itself.
    pub struct ScaleParams {
        /// What red, green and blue are multiplied by; the fourth is unused.
        factors: [f32; 4],
        /// What is then added; the fourth is unused.
        offsets: [f32; 4],
    }
}

static AFFINE: PointTwin = point_twin!(affine, AffineParams, "lib/affine.wgsl");

fn affine([r, g, b, a]: [f32; 4], params: &AffineParams) -> [f32; 4] {
    let sum = |w: [f32; 4]| r * w[0] + g * w[1] + b * w[2] + w[3];
    [sum(params.red), sum(params.green), sum(params.blue), a]
}

static SCALE: PointTwin = point_twin!(scale, ScaleParams, "lib/scale.wgsl", by_channel);

fn scale([r, g, b, a]: [f32; 4], params: &ScaleParams) -> [f32; 4] {
    let ScaleParams { factors, offsets } = params;
    let own = |v: f32, channel: usize| v * factors[channel] + offsets[channel];
    [own(r, 0), own(g, 1), own(b, 2), a]
}

impl Affine {
    /// A matrix without an offset.
    #[must_use]
    pub fn matrix(rows: Matrix3) -> Self {
        Self { rows: rows.map(|[r, g, b]| [r, g, b, 0.0]) }
    }

    /// One factor and one offset for every channel.
    #[must_use]
    pub fn scale(factor: f64, offset: f64) -> Self {
        let own = |y: usize, x: usize| if x == y { factor } else { 0.0 };
        let row = |y| [own(y, 0), own(y, 1), own(y, 2), offset];
        Self { rows: [row(0), row(1), row(2)] }
    }

    /// Returns the step on a picture, in the numbers that `light` names.
    #[must_use]
    pub fn lower(self, input: &ImageInfo, light: Light) -> Lowered {
        let colors = input.format.color == Color::Gray && !self.keeps_gray();
        Point { color: colors.then_some(Color::Rgb), ..self.point(light) }.into()
    }

    /// Returns the change of pixels with as many channels as they had, in the numbers that `light` names.
    #[must_use]
    pub fn point(self, light: Light) -> Point {
        let (twin, params) = self.twin();
        let space = Space::straight(light);
        Point { twin, params, affine: Some(self), space, color: None, alpha: None }
    }

    /// Returns what runs.
    fn twin(&self) -> (&'static PointTwin, Params) {
        let [red, green, blue] = self.single();
        if [red[1], red[2], green[0], green[2], blue[0], blue[1]] == [0.0; 6] {
            let factors = [red[0], green[1], blue[2], 0.0];
            let offsets = [red[3], green[3], blue[3], 0.0];
            (&SCALE, Params::new(&ScaleParams { factors, offsets }))
        } else {
            (&AFFINE, Params::new(&AffineParams { red, green, blue }))
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
    fn single(&self) -> [[f32; 4]; 3] {
        self.rows.map(|row| row.map(|weight| weight as f32))
    }

    /// Returns this and then `next`.
    fn then(&self, next: &Self) -> Self {
        let row = |[r, g, b, offset]: [f64; 4]| {
            std::array::from_fn(|x| {
                let own = if x == 3 { offset } else { 0.0 };
                r * self.rows[0][x] + g * self.rows[1][x] + b * self.rows[2][x] + own
            })
        };
        Self { rows: next.rows.map(row) }
    }

    /// Returns whether every grey becomes a grey.
    fn keeps_gray(&self) -> bool {
        let [red, green, blue] = self.rows.map(|[r, g, b, offset]| [r + g + b, offset]);
        let same = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-7);
        same(red, green) && same(red, blue)
    }
}

/// Returns the one step that does what two do, where both are of this kind.
#[must_use]
pub fn merged(first: &Step, second: &Step) -> Option<Step> {
    let affine = first.affine?.then(&second.affine?);
    // Factors may grow beyond what f32 has, where their steps one by one would meet zeros first.
    let is_finite = affine.single().as_flattened().iter().all(|weight| weight.is_finite());
    let (twin, params) = affine.twin();
    is_finite.then_some(Step { twin, params, affine: Some(affine), output: second.output })
}

/// Returns the product `a b`: `b` comes first.
#[must_use]
pub fn product(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    std::array::from_fn(|y| std::array::from_fn(|x| (0..3).map(|k| a[y][k] * b[k][x]).sum()))
}

/// Returns the inverse of a matrix whose determinant is not zero.
#[must_use]
pub fn inverse(m: &Matrix3) -> Matrix3 {
    // The cofactors of a cyclic pair need no signs.
    let cofactor = |y: usize, x: usize| {
        let (a, b, c, d) = ((y + 1) % 3, (y + 2) % 3, (x + 1) % 3, (x + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..3).map(|x| m[0][x] * cofactor(0, x)).sum();
    std::array::from_fn(|y| std::array::from_fn(|x| cofactor(x, y) / determinant))
}

/// Returns the vector that a matrix makes of one.
#[must_use]
pub fn apply(m: &Matrix3, v: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|y| (0..3).map(|k| m[y][k] * v[k]).sum())
}

#[cfg(test)]
mod tests {
    use super::{inverse, product};

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        let matrix = [[2.0, 1.0, 0.5], [-1.0, 3.0, 0.25], [0.5, -0.5, 1.5]];
        for (y, row) in product(&matrix, &inverse(&matrix)).iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                let want = f64::from(u8::from(x == y));
                assert!((value - want).abs() < 1e-12, "{x} {y} {value}");
            }
        }
    }
}
