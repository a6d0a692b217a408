//! The least or greatest sample of a square: the passes that erosion, dilation, opening and closing
//! share.
//!
//! A square is a run along each axis, so there are two passes. What lies beyond the picture has no say.

use std::sync::Arc;

use crate::image::ImageInfo;
use crate::op::pass::{Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::space;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::simd::{self, Extreme};

params! {
    /// What the twins read.
    pub struct ExtremesParams {
        /// How far the run reaches to both sides.
        radius: i32,
        /// The length of the source along the axis.
        length: i32,
        /// 1 for the greatest, -1 for the least.
        sign: f32,
    }
}

const WGSL: &str = include_str!("../../shaders/lib/extremes.wgsl");

static EXTREME_ROWS: PassTwin = PassTwin {
    name: "extreme_rows",
    wgsl: WGSL,
    params: ExtremesParams::LAYOUT,
    rows: extreme_rows,
};

static EXTREME_COLUMNS: PassTwin = PassTwin {
    name: "extreme_columns",
    wgsl: WGSL,
    params: ExtremesParams::LAYOUT,
    rows: extreme_columns,
};

/// Which sample of a square stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The least: dark grows.
    Least,
    /// The greatest: light grows.
    Greatest,
}

/// Makes the passes over an image, one square after the other, each with the same radius.
#[must_use]
pub fn passes(input: &ImageInfo, radius: u32, squares: &[Keep]) -> Vec<Pass> {
    let (w, h) = (input.width(), input.height());
    if radius == 0 || w == 0 || h == 0 {
        return Vec::new();
    }
    // Which sample is the greatest is the same question in light and in encoded numbers.
    let space = Space { premultiplied: true, ..space::stored(input.format) };
    let pass = |twin: &'static PassTwin, keep, length: usize| {
        let radius = (radius as usize).min(length);
        let reach = 2 * radius + 1;
        let same_row = std::ptr::eq(twin, &raw const EXTREME_COLUMNS);
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let sign = if keep == Keep::Greatest { 1.0 } else { -1.0 };
        let params = ExtremesParams { radius: word(radius), length: word(length), sign };
        Pass {
            twin,
            params: Params::new(&params),
            tables: Arc::from([]),
            size: [h, w],
            reads: if same_row {
                Reads::SameRow
            } else {
                Reads::Around { reach: radius, wraps: false }
            },
            loops: u32::try_from(reach.min(length)).unwrap_or(u32::MAX),
            space,
        }
    };
    let both = |keep| [pass(&EXTREME_ROWS, keep, h), pass(&EXTREME_COLUMNS, keep, w)];
    squares.iter().flat_map(|keep| both(*keep)).collect()
}

/// Which way a block's samples are compared.
fn extreme(params: &ExtremesParams) -> Extreme {
    if params.sign > 0.0 { Extreme::Greatest } else { Extreme::Least }
}

fn extreme_rows(cx: &mut PassContext<'_>) {
    let params: ExtremesParams = cx.pass.params.read();
    let extreme = extreme(&params);
    let (radius, length) = (unsigned(params.radius), unsigned(params.length));
    let (rows, width, slots) = (cx.block.rows(), cx.block.width(), cx.block.channels().slots());
    let strip_width = cx.source.strip();
    let window = |row: usize| {
        let at = cx.first + row;
        at.saturating_sub(radius)..(at + radius + 1).min(length)
    };
    let all = window(0).start..window(rows - 1).end;
    // What every row of the block sees is gone through once.
    let shared = window(rows - 1).start..window(0).end;
    cx.scratch.resize(strip_width);
    for (strip, left) in (0..width).step_by(strip_width).enumerate() {
        let columns = left..width.min(left + strip_width);
        for slot in slots {
            let common = &mut cx.scratch[..columns.len()];
            common.fill(extreme.start());
            for row in 0..rows {
                cx.block.plane_mut(row, *slot)[columns.clone()].fill(extreme.start());
            }
            // A window that is taller than the source can hold goes by in parts.
            for from in all.clone().step_by(cx.source.capacity()) {
                let part = from..all.end.min(from + cx.source.capacity());
                cx.source.load(signed(from), part.len(), strip);
                for y in part {
                    let source = cx.source.plane(signed(y), *slot, strip);
                    if shared.contains(&y) {
                        simd::extreme_of_two(cx.level, common, source, extreme);
                        continue;
                    }
                    for row in (0..rows).filter(|row| window(*row).contains(&y)) {
                        let most = &mut cx.block.plane_mut(row, *slot)[columns.clone()];
                        simd::extreme_of_two(cx.level, most, source, extreme);
                    }
                }
            }
            for row in 0..rows {
                let most = &mut cx.block.plane_mut(row, *slot)[columns.clone()];
                simd::extreme_of_two(cx.level, most, common, extreme);
            }
        }
    }
}

fn extreme_columns(cx: &mut PassContext<'_>) {
    let params: ExtremesParams = cx.pass.params.read();
    let extreme = extreme(&params);
    let radius = unsigned(params.radius);
    let (rows, width) = (cx.block.rows(), cx.block.width());
    let first = signed(cx.first);
    cx.source.load(first, rows, 0);
    cx.scratch.resize(width + 2 * radius);
    for slot in cx.block.channels().slots() {
        for (row, y) in (0..rows).zip(first..) {
            cx.scratch[..radius].fill(extreme.start());
            cx.scratch[radius..radius + width].copy_from_slice(cx.source.plane(y, *slot, 0));
            cx.scratch[radius + width..].fill(extreme.start());
            let most = cx.block.plane_mut(row, *slot);
            simd::extreme_of_runs(cx.level, most, cx.scratch, extreme);
        }
    }
}

fn signed(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn unsigned(word: i32) -> usize {
    usize::try_from(word).unwrap_or(0)
}
