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
    /// `threshold` off the size of a difference, down to nothing, so that the grain of flat areas is
    /// left alone (as GEGL's `unsharp-mask`). On encoded numbers, as editors do: in linear light dark
    /// halos grow wider than bright ones. Alpha stays; transparent colour has no weight.
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
        /// 1 where there is alpha, else 0.
        alpha: f32,
        /// The least alpha that is divided by.
        least_alpha: f32,
    }
}

const WGSL: &str = concat!(
    include_str!("../../shaders/sharpen.wgsl"),
    include_str!("../../shaders/lib/separable.wgsl")
);

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
    cx.copy_same_rows(width);
    sum_rows(cx, width, width, [0.0; 4]);
}

fn sharpen_columns(cx: &mut PassContext<'_>) {
    let params: SharpenParams = cx.pass.params.read();
    let SharpenParams { amount, threshold, least_alpha, .. } = params;
    let width = usize::try_from(params.width).unwrap_or(0);
    sum_columns(cx, width, width, [0.0; 4]);
    let first = i64::try_from(cx.first).unwrap_or(i64::MAX);
    let channels = cx.block.channels();
    for (row, y) in (0..cx.block.rows()).zip(first..) {
        let own = |slot: usize| &cx.source.plane(y, slot, 0)[..width];
        let [r, g, b, alpha] = cx.block.row_mut(row, 0..width, cx.level).slots;
        let colors = [r, g, b].into_iter().zip(channels.slots().iter().filter(|slot| **slot < 3));
        for (blurred, slot) in colors {
            if channels.alpha {
                let alphas = [own(3), &*alpha];
                let least = least_alpha;
                simd::unsharp_seen(cx.level, blurred, own(*slot), alphas, least, amount, threshold);
            } else {
                simd::unsharp(cx.level, blurred, own(*slot), amount, threshold);
            }
        }
        if channels.alpha {
            alpha.copy_from_slice(own(3));
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
        let params = Params::new(&SharpenParams {
            width: word(w),
            height: word(h),
            amount: self.amount,
            threshold: self.threshold,
            alpha: if input.format.has_alpha() { 1.0 } else { 0.0 },
            least_alpha: 1e-6,
        });
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
