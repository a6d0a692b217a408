//! Levels: black point, white point and middle, in and out.

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::rows::PixelRow;
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::simd;

op! {
    /// Maps a range of numbers to another, with a power between.
    ///
    /// `t = (v - in_low) / (in_high - in_low)`, `v' = out_low + (out_high - out_low) * t ^ (1 / gamma)`,
    /// as the levels of image editors. What lies outside the range goes on by the formula, below it
    /// mirrored, and is cut off only when it is stored; `clamp=true` cuts it off here.
    pub struct Levels: "levels", Point {
        /// What becomes `out_low`.
        in_low: f32 = 0.0, in 0.0..=1.0 "";
        /// What becomes `out_high`; above `in_low`.
        in_high: f32 = 1.0, in 0.0..=1.0 "";
        /// Above 1 lightens the middle, below 1 darkens it.
        gamma: f32 = 1.0, in 0.1..=10.0 "";
        /// What `in_low` becomes.
        out_low: f32 = 0.0, in 0.0..=1.0 "";
        /// What `in_high` becomes; below `out_low` it turns the picture into a negative.
        out_high: f32 = 1.0, in 0.0..=1.0 "";
        /// Whether what lies outside the range in is cut off.
        clamp: bool = false;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct LevelsParams {
        /// What is taken off.
        low: f32,
        /// What the rest is multiplied by.
        scale: f32,
        /// The least and the most that goes on.
        least: f32,
        /// The most.
        most: f32,
        /// The power; 1 is none.
        exponent: f32,
        /// What the power is multiplied by.
        range: f32,
        /// What is added in the end.
        base: f32,
    }
}

static TWIN: PointTwin = PointTwin {
    name: "levels",
    wgsl: include_str!("../../shaders/levels.wgsl"),
    params: LevelsParams::LAYOUT,
    by_channel: true,
    row: levels,
};

fn levels(row: &mut PixelRow<'_>, params: &Params) {
    let LevelsParams { low, scale, least, most, exponent, range, base } = params.read();
    let inside = |v: f32| ((v - low) * scale).max(least).min(most);
    if exponent == 1.0 {
        let map = |v: f32| inside(v) * range + base;
        row.map(|[r, g, b, a]| [map(r), map(g), map(b), a]);
        return;
    }
    row.map(|[r, g, b, a]| [inside(r), inside(g), inside(b), a]);
    row.map_color(|level, plane| simd::raise(level, plane, exponent));
    let map = |v: f32| v * range + base;
    row.map(|[r, g, b, a]| [map(r), map(g), map(b), a]);
}

impl Op for Levels {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        if self.in_high <= self.in_low {
            let expected = format!("above in_low, {}", self.in_low);
            return Err(Error::param("levels", "in_high", expected, self.in_high));
        }
        let (least, most) = if self.clamp { (0.0, 1.0) } else { (f32::MIN, f32::MAX) };
        let params = LevelsParams {
            low: self.in_low,
            scale: 1.0 / (self.in_high - self.in_low),
            least,
            most,
            exponent: 1.0 / self.gamma,
            range: self.out_high - self.out_low,
            base: self.out_low,
        };
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}
