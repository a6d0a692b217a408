//! Bilateral: smooth areas, sharp edges.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::window;
use crate::simd::{self, Windows};

op! {
    /// Smooths and keeps edges: a mean of those neighbours that have a like colour.
    ///
    /// Weights fall with the distance as a Gaussian of `sigma` and with the difference of colours, over all
    /// channels, as one of `tolerance` (Tomasi and Manduchi, "Bilateral Filtering for Gray and Color Images",
    /// 1998). The window reaches 1.5 sigma. On encoded numbers, where differences are as the eye sees
    /// them, with premultiplied alpha.
    pub struct Bilateral: "bilateral", Pass {
        /// The standard deviation of distances; 0 changes nothing.
        sigma: f32 = 2.0, in 0.0..=4.5 "px";
        /// The standard deviation of differences, of 1 for white.
        tolerance: f32 = 0.1, in 0.001..=10.0 "";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads beside its tables: those of windows, then the weights of the window.
    pub struct BilateralParams {
        /// 1 for each channel there is.
        channels: [f32; 4],
        /// What the square of a difference is multiplied by.
        scale: f32,
        /// How far the window reaches.
        radius: i32,
        /// The height of the picture.
        height: i32,
        /// Where weights begin in the tables.
        weights: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "bilateral",
    wgsl: concat!(
        include_str!("../../shaders/bilateral.wgsl"),
        include_str!("../../shaders/lib/window.wgsl")
    ),
    params: BilateralParams::LAYOUT,
    rows: bilateral,
};

fn bilateral(cx: &mut PassContext<'_>) {
    let params: BilateralParams = cx.pass.params.read();
    let [radius, at] = [params.radius, params.weights].map(|n| usize::try_from(n).unwrap_or(0));
    let pass = cx.pass;
    let near: &[f32] = bytemuck::cast_slice(&pass.tables[at..]);
    let padded = window::pad_block(cx, [radius; 2]);
    let slots = cx.block.channels().slots();
    for row in 0..cx.block.rows() {
        let plane = |at: usize| padded.plane(cx.scratch, at.min(slots.len() - 1), row);
        let planes = std::array::from_fn(plane);
        let windows = Windows { planes, count: slots.len(), stride: padded.stride, radius };
        let out = cx.block.row_mut(row, 0..pass.size[1], cx.level).slots;
        // Grey with alpha has its channels in the first slot and the last.
        let [a, b, c, d] = out;
        let out = if slots.len() == 2 { [a, d, b, c] } else { [a, b, c, d] };
        simd::bilateral_windows(cx.level, out, windows, near, params.scale);
    }
}

impl Op for Bilateral {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.height(), input.width()];
        if self.sigma == 0.0 || size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let sigma = f64::from(self.sigma);
        #[expect(clippy::cast_possible_truncation, reason = "at most 7")]
        let radius = (1.5 * sigma).ceil() as i32;
        let reach = usize::try_from(radius).unwrap_or(0);
        let mut tables = window::table("bilateral", size, [reach; 2], self.edge)?;
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let tolerance = f64::from(self.tolerance);
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let params = BilateralParams {
            channels: window::channels(input),
            scale: (0.5 / (tolerance * tolerance)) as f32,
            radius,
            height: word(size[0]),
            weights: word(tables.len()),
        };
        for y in -radius..=radius {
            for x in -radius..=radius {
                let square = f64::from(x * x + y * y);
                #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
                let weight = (-square / (2.0 * sigma * sigma)).exp() as f32;
                tables.push(weight.to_bits());
            }
        }
        let side = 2 * radius.cast_unsigned() + 1;
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables: tables.into(),
            size,
            reads: window::reads(reach, self.edge),
            loops: side * side,
            space: Space::premultiplied(self.light),
        }]))
    }
}
