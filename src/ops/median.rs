//! Median: the middle value of a square.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Edge;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::{space, window};
use crate::simd;

op! {
    /// Replaces each channel by the middle value of a square.
    ///
    /// Takes away specks smaller than half the square and keeps edges (Tukey, "Exploratory Data
    /// Analysis", 1977). Each channel by itself, premultiplied; exact.
    pub struct Median: "median", Pass {
        /// How far the square reaches; 0 changes nothing.
        radius: u32 = 1, in 0.0..=3.0 "px";
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

static TWIN: PassTwin = PassTwin {
    name: "median",
    wgsl: concat!(include_str!("../../shaders/median.wgsl"), include_str!("../../shaders/lib/window.wgsl")),
    params: MedianParams::LAYOUT,
    rows: median,
};

fn median(cx: &mut PassContext<'_>) {
    let params: MedianParams = cx.pass.params.read();
    let radius = usize::try_from(params.radius).unwrap_or(0);
    window::for_each_row(cx, [radius; 2], |level, rows, out| {
        simd::median_windows(level, out, rows);
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
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&MedianParams { radius: word(radius), height: word(size[0]) }),
            tables: window::table("median", size, [radius; 2], self.edge)?.into(),
            size,
            reads: Reads::Rows(2 * radius + 1),
            loops: (2 * self.radius + 1).pow(4) / 2 + 25,
            // Which value is the middle one is the same question in light and in encoded numbers.
            space: Space { premultiplied: true, ..space::stored(input.format) },
        }]))
    }
}
