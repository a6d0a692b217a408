//! A matrix and an offset on colour: the step that colour matrices, saturation, white balance and
//! toning share.
//!
//! An op makes an [`Affine`] in f64 on the host. Alpha is left alone; what is grey stays one channel
//! where the matrix makes no colour of it.

use crate::image::{Color, ImageInfo};
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{ParamBlock, Params, PointTwin, params};

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
    /// What the twin reads.
    pub struct AffineParams {
        /// Weights and offset of red.
        red: [f32; 4],
        /// Weights and offset of green.
        green: [f32; 4],
        /// Weights and offset of blue.
        blue: [f32; 4],
    }
}

static TWIN: PointTwin = PointTwin {
    name: "affine",
    wgsl: include_str!("../../shaders/lib/affine.wgsl"),
    params: AffineParams::LAYOUT,
    row: |row, params| {
        let AffineParams { red, green, blue } = params.read();
        row.map(|[r, g, b, a]| {
            let sum = |w: [f32; 4]| r * w[0] + g * w[1] + b * w[2] + w[3];
            [sum(red), sum(green), sum(blue), a]
        });
    },
};

impl Affine {
    /// A matrix without an offset.
    #[must_use]
    pub fn matrix(rows: Matrix3) -> Self {
        Self { rows: rows.map(|[r, g, b]| [r, g, b, 0.0]) }
    }

    /// Returns the step on a picture, in the numbers that `light` names.
    #[must_use]
    pub fn lower(self, input: &ImageInfo, light: Light) -> Lowered {
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let [red, green, blue] = self.rows.map(|row| row.map(|weight| weight as f32));
        let colors = input.format.color == Color::Gray && !self.keeps_gray();
        Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&AffineParams { red, green, blue }),
            space: Space::straight(light),
            color: colors.then_some(Color::Rgb),
            alpha: None,
        })
    }

    /// Returns whether every grey becomes a grey.
    fn keeps_gray(&self) -> bool {
        let [red, green, blue] = self.rows.map(|[r, g, b, offset]| [r + g + b, offset]);
        let same = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-7);
        same(red, green) && same(red, blue)
    }
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
