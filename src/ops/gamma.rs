//! Gamma: a power curve.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::rows::PixelRow;
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::simd;

op! {
    /// Lightens or darkens the middle tones, leaving black and white.
    ///
    /// `v' = v ^ (1 / gamma)` on sRGB-encoded numbers, as image editors do; `light=linear` takes the
    /// power of the light instead. Numbers below zero keep their sign.
    pub struct Gamma: "gamma", Point {
        /// Above 1 lightens, below 1 darkens, 1 changes nothing.
        gamma: f32 = 1.0, in 0.01..=100.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct GammaParams {
        /// The power.
        exponent: f32,
    }
}

static TWIN: PointTwin = PointTwin {
    name: "gamma",
    wgsl: include_str!("../../shaders/gamma.wgsl"),
    params: GammaParams::LAYOUT,
    by_channel: true,
    row: gamma,
};

fn gamma(row: &mut PixelRow<'_>, params: &Params) {
    let GammaParams { exponent } = params.read();
    row.map_color(|level, plane| simd::raise(level, plane, exponent));
}

impl Op for Gamma {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let params = GammaParams { exponent: 1.0 / self.gamma };
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}
