//! Weighted sums along one axis: the pass that resampling, blurring and convolution share.
//!
//! An op makes [`Taps`] for each axis. Rows go first: their output rows are summed along while they are
//! in cache.

use std::ops::Range;

use crate::error::Result;
use crate::op::pass::{Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::taps::{Taps, entry};
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::simd::{self, LANES, Window};

params! {
    /// What the twins read beside their tables.
    pub struct SeparableParams {
        /// What stands where weights are missing.
        background: [f32; 4],
        /// The length of the source along the axis.
        length: i32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: [i32; 3],
    }
}

const WGSL: &str = include_str!("../../shaders/lib/separable.wgsl");

static WEIGHTED_ROWS: PassTwin = PassTwin {
    name: "weighted_rows",
    wgsl: WGSL,
    params: SeparableParams::LAYOUT,
    rows: weighted_rows,
};

static WEIGHTED_COLUMNS: PassTwin = PassTwin {
    name: "weighted_columns",
    wgsl: WGSL,
    params: SeparableParams::LAYOUT,
    rows: weighted_columns,
};

/// Both twins of this module.
pub static TWINS: [&PassTwin; 2] = [&WEIGHTED_ROWS, &WEIGHTED_COLUMNS];

/// Makes the passes of a separable op over an image of `size` rows and columns; an axis whose taps
/// change nothing has none.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) where a table does not fit.
pub fn passes(
    op: &str,
    size: [usize; 2],
    rows: &Taps,
    columns: &Taps,
    background: [f32; 4],
    space: Space,
) -> Result<Vec<Pass>> {
    let pass = |twin, taps: &Taps, size, reads| {
        let length = i32::try_from(taps.length()).unwrap_or(i32::MAX);
        Ok(Pass {
            twin,
            params: Params::new(&SeparableParams { background, length, padding: [0; 3] }),
            tables: taps.tables(op)?,
            size,
            reads,
            loops: u32::try_from(taps.most()).unwrap_or(u32::MAX),
            space,
        })
    };
    let mut passes = Vec::new();
    let height = rows.outputs();
    if !rows.is_identity() {
        let reads = Reads::Rows(rows.most());
        passes.push(pass(&WEIGHTED_ROWS, rows, [height, size[1]], reads)?);
    }
    if !columns.is_identity() {
        let size = [height, columns.outputs()];
        passes.push(pass(&WEIGHTED_COLUMNS, columns, size, Reads::SameRow)?);
    }
    Ok(passes)
}

/// Returns which source rows some rows of output need: see [`Pass::rows_read`].
pub(super) fn rows_read(pass: &Pass, rows: Range<usize>) -> Range<i64> {
    let runs = rows.map(|row| {
        let (first, weights, _) = entry(&pass.tables, row);
        first..first + signed(weights.len())
    });
    let runs = runs.filter(|run| !run.is_empty());
    let join = |a: Range<i64>, b: Range<i64>| a.start.min(b.start)..a.end.max(b.end);
    runs.reduce(join).unwrap_or(0..0)
}

/// Finds the outputs from `index` on, at most `most`, whose source samples lie within `capacity`;
/// one that does not stands alone. Returns their number and where their samples lie.
fn group(tables: &[u32], index: usize, most: usize, capacity: usize) -> (usize, Range<i64>) {
    let capacity = i64::try_from(capacity).unwrap_or(i64::MAX);
    let mut range = 0..0;
    for count in 0..most {
        let (first, weights, _) = entry(tables, index + count);
        if weights.is_empty() {
            continue;
        }
        let end = first + signed(weights.len());
        let joined =
            if range.is_empty() { first..end } else { range.start.min(first)..range.end.max(end) };
        if count > 0 && joined.end - joined.start > capacity {
            return (count, range);
        }
        range = joined;
    }
    (most, range)
}

fn weighted_rows(cx: &mut PassContext<'_>) {
    let params: SeparableParams = cx.pass.params.read();
    sum_rows(cx, cx.block.width(), 0, params.background);
}

/// Sums along the rows of a source that is `width` wide, into the columns of the block from `shift` on.
pub fn sum_rows(cx: &mut PassContext<'_>, width: usize, shift: usize, background: [f32; 4]) {
    let (tables, slots) = (&cx.pass.tables[..], cx.block.channels().slots());
    let (rows, strip_width) = (cx.block.rows(), cx.source.strip());
    for (strip, left) in (0..width).step_by(strip_width).enumerate() {
        let columns = shift + left..shift + width.min(left + strip_width);
        let mut row = 0;
        while row < rows {
            let capacity = cx.source.capacity();
            let (count, range) = group(tables, cx.first + row, rows - row, capacity);
            for row in row..row + count {
                let (_, _, missing) = entry(tables, cx.first + row);
                for slot in slots {
                    let sums = &mut cx.block.plane_mut(row, *slot)[columns.clone()];
                    sums.fill(background[*slot] * missing);
                }
            }
            // A window that is taller than the source can hold goes by in parts.
            for from in range.clone().step_by(capacity) {
                let part = from..range.end.min(from + signed(capacity));
                cx.source.load(from, unsigned(part.end - from), strip);
                for slot in slots {
                    let sources: Vec<&[f32]> =
                        part.clone().map(|y| cx.source.plane(y, *slot, strip)).collect();
                    for row in row..row + count {
                        let (first, weights, _) = entry(tables, cx.first + row);
                        let low = first.max(from);
                        let high = (first + signed(weights.len())).min(part.end);
                        let sums = &mut cx.block.plane_mut(row, *slot)[columns.clone()];
                        if low < high {
                            let sources = &sources[unsigned(low - from)..unsigned(high - from)];
                            let weights = &weights[unsigned(low - first)..unsigned(high - first)];
                            simd::weighted_rows(cx.level, sums, sources, weights);
                        }
                    }
                }
            }
            row += count;
        }
    }
}

/// Columns that are turned into lanes at a time: what the nearest cache holds.
const SEGMENT: usize = 256;

fn weighted_columns(cx: &mut PassContext<'_>) {
    let params: SeparableParams = cx.pass.params.read();
    sum_columns(cx, unsigned(i64::from(params.length)), 0, params.background);
}

/// Sums along `length` columns of the source, those from `shift` on, into all columns of the block.
pub fn sum_columns(cx: &mut PassContext<'_>, length: usize, shift: usize, background: [f32; 4]) {
    let tables = &cx.pass.tables[..];
    let (rows, width, length) = (cx.block.rows(), cx.block.width(), signed(length));
    let first = signed(cx.first);
    cx.source.load(first, rows, 0);
    let capacity = SEGMENT.max(cx.pass.loops as usize);
    cx.scratch.resize((capacity + SEGMENT) * LANES);
    let (lanes, sums) = cx.scratch.split_at_mut(capacity * LANES);
    let slots = cx.block.channels().slots();
    let sources: Vec<Vec<&[f32]>> = slots
        .iter()
        .map(|slot| (first..).take(rows).map(|y| cx.source.plane(y, *slot, 0)).collect())
        .collect();
    let mut windows = Vec::with_capacity(SEGMENT);
    let mut x = 0;
    while x < width {
        let (count, range) = group(tables, x, SEGMENT.min(width - x), capacity);
        windows.clear();
        for x in x..x + count {
            let (first, weights, missing) = entry(tables, x);
            let at = if weights.is_empty() { 0 } else { unsigned(first - range.start) };
            windows.push(Window { at, weights, missing });
        }
        for (slot, sources) in slots.iter().zip(&sources) {
            let mut at = range.start;
            while at < range.end {
                // Columns count modulo the length: a window may reach around the edge.
                let column = at.rem_euclid(length);
                let end = range.end.min(at + length - column);
                let lanes = &mut lanes
                    [unsigned(at - range.start) * LANES..unsigned(end - range.start) * LANES];
                simd::lanes_from_rows(cx.level, lanes, sources, shift + unsigned(column));
                at = end;
            }
            let sums = &mut sums[..count * LANES];
            simd::weighted_lanes(cx.level, sums, lanes, &windows, background[*slot]);
            simd::rows_from_lanes(cx.level, &mut cx.block.slot_mut(*slot), x, sums);
        }
        x += count;
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Turns a distance that is not negative into a number of samples.
fn unsigned(distance: i64) -> usize {
    usize::try_from(distance).unwrap_or(0)
}
