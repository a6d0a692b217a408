//! Sharpen: an unsharp mask.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::separable::{sum_columns, sum_rows};
use crate::op::taps::Taps;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::ops::blur::fine;
use crate::simd;

op! {
    /// Sharpens with an unsharp mask.
    ///
    /// `v' = v + amount * soft(v - blurred)`, where `blurred` is `blur` of the same sigma and `soft` takes
    /// `threshold` off the size of a difference, down to nothing, so that the grain of flat areas is left alone
    /// (as GEGL's `unsharp-mask`). On encoded numbers, as editors do: in linear light dark halos grow
    /// wider than bright ones. Alpha is sharpened as colour is.
    pub struct Sharpen: "sharpen", Pass {
        /// The standard deviation of the blur; 0 changes nothing.
        sigma: f32 = 1.0, in 0.0..=20.0 "px";
        /// How much of the difference is added.
        amount: f32 = 1.0, in 0.0..=10.0 "";
        /// The least difference that counts, of 1 for all.
        threshold: f32 = 0.0, in 0.0..=1.0 "";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What both twins read beside their tables.
    pub struct SharpenParams {
        /// The width of the picture.
        width: i32,
        /// Its height.
        height: i32,
        /// How much of the difference is added.
        amount: f32,
        /// The least difference that counts.
        threshold: f32,
    }
}

const WGSL: &str =
    concat!(include_str!("../../shaders/sharpen.wgsl"), include_str!("../../shaders/lib/separable.wgsl"));

/// Lays the picture, blurred up and down, beside itself: the pass after it needs both.
static ROWS: PassTwin = PassTwin {
    name: "sharpen_rows",
    wgsl: WGSL,
    params: SharpenParams::LAYOUT,
    rows: sharpen_rows,
};

/// Blurs the right half to the sides and joins it with the left.
static COLUMNS: PassTwin = PassTwin {
    name: "sharpen_columns",
    wgsl: WGSL,
    params: SharpenParams::LAYOUT,
    rows: sharpen_columns,
};

fn sharpen_rows(cx: &mut PassContext<'_>) {
    let width = cx.block.width() / 2;
    let strip_width = cx.source.strip();
    let first = i64::try_from(cx.first).unwrap_or(i64::MAX);
    for (strip, left) in (0..width).step_by(strip_width).enumerate() {
        let columns = left..width.min(left + strip_width);
        for (row, y) in (0..cx.block.rows()).zip(first..) {
            cx.source.load(y, 1, strip);
            for slot in cx.block.channels().slots() {
                let source = &cx.source.plane(y, *slot, strip)[..columns.len()];
                cx.block.plane_mut(row, *slot)[columns.clone()].copy_from_slice(source);
            }
        }
    }
    sum_rows(cx, width, width, [0.0; 4]);
}

fn sharpen_columns(cx: &mut PassContext<'_>) {
    let SharpenParams { width, amount, threshold, .. } = cx.pass.params.read();
    let width = usize::try_from(width).unwrap_or(0);
    sum_columns(cx, width, width, [0.0; 4]);
    let first = i64::try_from(cx.first).unwrap_or(i64::MAX);
    for slot in cx.block.channels().slots() {
        for (row, y) in (0..cx.block.rows()).zip(first..) {
            let own = &cx.source.plane(y, *slot, 0)[..width];
            let blurred = cx.block.plane_mut(row, *slot);
            simd::unsharp(cx.level, blurred, own, amount, threshold);
        }
    }
}

impl Op for Sharpen {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        if self.sigma == 0.0 || self.amount == 0.0 || h == 0 || w == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let (amount, threshold) = (self.amount, self.threshold);
        let params =
            Params::new(&SharpenParams { width: word(w), height: word(h), amount, threshold });
        let pass = |twin, taps: &Taps, size, reads| {
            Ok(Pass {
                twin,
                params: params.clone(),
                tables: taps.tables("sharpen")?,
                size,
                reads,
                loops: u32::try_from(taps.most()).unwrap_or(u32::MAX),
                space: Space::premultiplied(self.light),
            })
        };
        let axis = |length| fine(length, f64::from(self.sigma), input.layout.dtype(), self.edge);
        let (rows, columns) = (axis(h), axis(w));
        Ok(Lowered::Passes(vec![
            pass(&ROWS, &rows, [h, 2 * w], Reads::Rows(rows.most()))?,
            pass(&COLUMNS, &columns, [h, w], Reads::SameRow)?,
        ]))
    }
}
