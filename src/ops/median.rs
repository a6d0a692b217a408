//! Median: the middle value of a square.

mod ranks;

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Edge;
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::{space, window};
use crate::simd::{self, Level};

op! {
    /// Replaces each channel by the middle value of a square.
    ///
    /// Takes away specks smaller than half the square and keeps edges (Tukey, "Exploratory Data
    /// Analysis", 1977). Each channel by itself, premultiplied; exact.
    pub struct Median: "median", Pass {
        /// How far the square reaches; 0 changes nothing.
        radius: u32 = 1, in 0.0..=15.0 "px";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
    }
}

params! {
    /// What the twin reads.
    pub struct MedianParams {
        /// How far the square reaches.
        radius: i32,
        /// The height of the picture.
        height: i32,
    }
}

const WGSL: &str = concat!(
    include_str!("../../shaders/median.wgsl"),
    include_str!("../../shaders/lib/window.wgsl")
);

/// Squares up to 7×7: sorted as far as need be, and by what neighbours share.
static SMALL: PassTwin =
    PassTwin { name: "median", wgsl: WGSL, params: MedianParams::LAYOUT, rows: median };

/// Larger squares: counted.
static LARGE: PassTwin =
    PassTwin { name: "median_large", wgsl: WGSL, params: MedianParams::LAYOUT, rows: median_large };

/// The largest radius of a square whose samples are sorted.
const SMALL_MOST: u32 = 3;

/// Rounds in which the shader finds the bits of the middle value: three bits each.
const ROUNDS: u32 = 11;

fn median(cx: &mut PassContext<'_>) {
    medians(cx, simd::square_medians, simd::square_medians);
}

fn median_large(cx: &mut PassContext<'_>) {
    medians(cx, simd::column_medians, |_, medians, samples, stride, radius| {
        ranks::medians(medians, samples, stride, radius);
    });
}

/// Goes through the channels of a block. Those whose samples are all codes of 8 bits, as most are, become
/// codes: four times as many fit a register, and they can be counted.
fn medians(
    cx: &mut PassContext<'_>,
    of_codes: impl Fn(Level, &mut [u8], &[u8], usize, usize),
    of_numbers: impl Fn(Level, &mut [f32], &[f32], usize, usize),
) {
    let params: MedianParams = cx.pass.params.read();
    let radius = usize::try_from(params.radius).unwrap_or(0);
    let level = cx.level;
    let (mut codes, mut code_medians, mut medians) = (Vec::new(), Vec::new(), Vec::new());
    window::for_each_channel(cx, [radius; 2], |samples, stride, mut out| {
        let width = stride - 2 * radius;
        let mut exact = true;
        codes.resize(samples.len(), 0);
        simd::codes_from_values(level, &mut codes, samples, &mut exact);
        if exact {
            code_medians.resize(out.len() * width, 0);
            of_codes(level, &mut code_medians, &codes, stride, radius);
            for (out, medians) in out.iter_mut().zip(code_medians.chunks_exact(width)) {
                simd::load_pixels(level, simd::Source::U8(medians, [None; 4]), &mut [out]);
            }
        } else {
            medians.resize(out.len() * width, 0.0);
            of_numbers(level, &mut medians, samples, stride, radius);
            for (out, medians) in out.iter_mut().zip(medians.chunks_exact(width)) {
                out.copy_from_slice(medians);
            }
        }
    });
}

impl Op for Median {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.height(), input.width()];
        let radius = self.radius as usize;
        if radius == 0 || size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let samples = (2 * self.radius + 1).pow(2);
        let (twin, loops) = if self.radius <= SMALL_MOST {
            (&SMALL, samples.pow(2) / 2 + 25)
        } else {
            (&LARGE, samples * ROUNDS)
        };
        Ok(Lowered::Passes(vec![Pass {
            twin,
            params: Params::new(&MedianParams { radius: word(radius), height: word(size[0]) }),
            tables: window::table("median", size, [radius; 2], self.edge)?.into(),
            size,
            reads: window::reads(radius, self.edge),
            loops,
            // Which value is the middle one is the same question in light and in encoded numbers.
            space: Space { premultiplied: true, ..space::stored(input.format) },
        }]))
    }
}
