//! Denoise: non-local means.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::window;
use crate::simd;

op! {
    /// Takes away noise: a mean of those pixels around whose surroundings look alike.
    ///
    /// A pixel's weight is `exp(-d²/strength²)`, where `d²` is the mean square of the differences between the
    /// patches around it and around the pixel that is made, over all channels (non-local means: Buades, Coll
    /// and Morel, "A Non-Local Algorithm for Image Denoising", 2005). On encoded numbers, with
    /// premultiplied alpha. A strength a little above the noise's standard deviation is a good start.
    pub struct Denoise: "denoise", Pass {
        /// The difference at which weights have fallen to 37 %, of 1 for white; 0 changes nothing.
        strength: f32 = 0.1, in 0.0..=1.0 "";
        /// How far pixels are looked for.
        search: u32 = 5, in 1.0..=7.0 "px";
        /// How far the patches reach that are compared.
        patch: u32 = 2, in 0.0..=3.0 "px";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads beside its table of rows and columns.
    pub struct DenoiseParams {
        /// 1 for each channel there is.
        channels: [f32; 4],
        /// What the sum of the squares of differences is multiplied by.
        scale: f32,
        /// How far pixels are looked for.
        search: i32,
        /// How far patches reach.
        patch_reach: i32,
        /// The height of the picture.
        height: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "denoise",
    wgsl: concat!(
        include_str!("../../shaders/denoise.wgsl"),
        include_str!("../../shaders/lib/window.wgsl")
    ),
    params: DenoiseParams::LAYOUT,
    rows: denoise,
};

/// Goes through the steps from a pixel to those it is compared with, and for each of them through the
/// block: what patches share is summed once.
fn denoise(cx: &mut PassContext<'_>) {
    let params: DenoiseParams = cx.pass.params.read();
    let [search, patch] =
        [params.search, params.patch_reach].map(|n| usize::try_from(n).unwrap_or(0));
    let (side, reach) = (2 * patch + 1, search + patch);
    let padded = window::pad_block(cx, [reach; 2]);
    let (rows, width, level) = (cx.block.rows(), cx.pass.size[1], cx.level);
    let slots = cx.block.channels().slots();
    let ones = vec![1.0; side];
    let mut differences = vec![0.0; width + 2 * patch];
    let mut runs = vec![0.0; (rows + 2 * patch) * width];
    let mut apart = vec![0.0; width];
    let mut totals = vec![0.0; rows * width];
    for (row, slot) in (0..rows).flat_map(|row| slots.iter().map(move |slot| (row, *slot))) {
        cx.block.plane_mut(row, slot).fill(0.0);
    }
    for (down, across) in (0..=2 * search).flat_map(|y| (0..=2 * search).map(move |x| (y, x))) {
        for (row, runs) in runs.chunks_exact_mut(width).enumerate() {
            differences.fill(0.0);
            for at in 0..slots.len() {
                let own = &padded.plane(cx.scratch, at, row + search)[search..];
                let other = &padded.plane(cx.scratch, at, row + down)[across..];
                simd::add_squared_differences(level, &mut differences, own, other);
            }
            simd::sums_of_runs(level, runs, &differences, side);
        }
        let runs: Vec<&[f32]> = runs.chunks_exact(width).collect();
        for (row, total) in totals.chunks_exact_mut(width).enumerate() {
            apart.fill(0.0);
            simd::weighted_rows(level, &mut apart, &runs[row..row + side], &ones);
            let samples =
                |at: usize| &padded.plane(cx.scratch, at, row + patch + down)[patch + across..];
            let samples: [&[f32]; 4] = std::array::from_fn(|at| samples(at.min(slots.len() - 1)));
            let [a, b, c, d] = cx.block.row_mut(row, 0..width, level).slots;
            match slots.len() {
                1 => simd::add_alike(level, &mut [a, total], &samples[..1], &apart, params.scale),
                2 => {
                    simd::add_alike(level, &mut [a, d, total], &samples[..2], &apart, params.scale)
                }
                3 => simd::add_alike(
                    level,
                    &mut [a, b, c, total],
                    &samples[..3],
                    &apart,
                    params.scale,
                ),
                _ => {
                    simd::add_alike(level, &mut [a, b, c, d, total], &samples, &apart, params.scale)
                }
            }
        }
    }
    for (row, total) in totals.chunks_exact(width).enumerate() {
        for slot in slots {
            let sums = cx.block.plane_mut(row, *slot).iter_mut();
            sums.zip(total).for_each(|(sum, total)| *sum /= total);
        }
    }
}

impl Op for Denoise {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.height(), input.width()];
        if self.strength == 0.0 || size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let (search, patch) = (self.search, self.patch);
        let reach = (search + patch) as usize;
        let channels = window::channels(input);
        let count: f32 = channels.iter().sum();
        let [side, around] = [2 * patch + 1, 2 * search + 1];
        let compared = f64::from(side * side) * f64::from(count);
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let scale = (1.0 / (compared * f64::from(self.strength).powi(2))) as f32;
        let params = DenoiseParams {
            channels,
            scale,
            search: word(search as usize),
            patch_reach: word(patch as usize),
            height: word(size[0]),
        };
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables: window::table("denoise", size, [reach; 2], self.edge)?.into(),
            size,
            reads: window::reads(reach, self.edge),
            loops: side * side * around * around,
            space: Space::premultiplied(self.light),
        }]))
    }
}
