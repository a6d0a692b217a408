//! Hue: colours turned round the wheel.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::affine::{Matrix3, inverse, product};
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::rows::PixelRow;
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::simd;

op! {
    /// Turns the hue of each colour.
    ///
    /// In OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020), where turning
    /// keeps lightness and chroma as the eye sees them: blue does not darken on its way to yellow, as
    /// in HSV and in the matrix of CSS. Colours that the result cannot hold are cut off when they are
    /// stored. Grey pictures stay as they are.
    pub struct Hue: "hue", Point {
        /// The angle: 120 turns red towards green.
        angle: f32 = 0.0, in -360.0..=360.0 "degrees";
    }
}

params! {
    /// What the twin reads: rows of three matrices, the fourth number of each unused.
    pub struct HueParams {
        /// From linear sRGB to the responses of cones.
        cones_from_rgb: [[f32; 4]; 3],
        /// The turn, between cube roots of responses.
        turn: [[f32; 4]; 3],
        /// From responses back.
        rgb_from_cones: [[f32; 4]; 3],
    }
}

static TWIN: PointTwin = PointTwin {
    name: "hue",
    wgsl: include_str!("../../shaders/hue.wgsl"),
    params: HueParams::LAYOUT,
    by_channel: false,
    row: hue,
};

fn hue(row: &mut PixelRow<'_>, params: &Params) {
    let HueParams { cones_from_rgb, turn, rgb_from_cones } = params.read();
    let times = |m: [[f32; 4]; 3], v: [f32; 3]| m.map(|w| w[0] * v[0] + w[1] * v[1] + w[2] * v[2]);
    row.map(|[r, g, b, a]| {
        let [l, m, s] = times(cones_from_rgb, [r, g, b]);
        [l, m, s, a]
    });
    row.map_color(|level, plane| simd::raise(level, plane, 1.0 / 3.0));
    row.map(|[l, m, s, a]| {
        let cones = times(turn, [l, m, s]).map(|root| root * root * root);
        let [r, g, b] = times(rgb_from_cones, cones);
        [r, g, b, a]
    });
}

/// From linear sRGB to responses, as published on 2021-01-25 with the exact sRGB matrix.
pub(super) const CONES_FROM_RGB: Matrix3 = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];

/// From cube roots of responses to lightness and the two axes of colour.
pub(super) const LAB_FROM_ROOTS: Matrix3 = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];

impl Op for Hue {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if input.format.color == Color::Gray || self.angle == 0.0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let (sin, cos) = f64::from(self.angle).to_radians().sin_cos();
        let turn = [[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]];
        let turn = product(&inverse(&LAB_FROM_ROOTS), &product(&turn, &LAB_FROM_ROOTS));
        let params = HueParams {
            cones_from_rgb: rows(&CONES_FROM_RGB),
            turn: rows(&turn),
            rgb_from_cones: rows(&inverse(&CONES_FROM_RGB)),
        };
        Ok(Point::new(&TWIN, &params, Space::straight(Light::Linear)).into())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
fn rows(matrix: &Matrix3) -> [[f32; 4]; 3] {
    matrix.map(|[r, g, b]| [r as f32, g as f32, b as f32, 0.0])
}
