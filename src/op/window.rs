//! Pixels around a pixel: what passes over small windows share.
//!
//! Edges are a table of source rows and columns, made on the host; `shaders/lib/window.wgsl` reads the
//! same words. On the CPU rows are laid out with their borders once for a block, and a twin sees plain
//! runs.

use crate::error::{Error, Result};
use crate::op::param::Edge;
use crate::op::rows::PassContext;
use crate::simd::Level;

/// The largest reach of a window to each side.
pub const MOST: usize = 7;

/// Makes the table of source rows and columns for an image of `size` rows and columns.
///
/// # Errors
/// [`Error::Limit`] where an index does not fit a word.
pub fn table(op: &str, size: [usize; 2], radius: [usize; 2], edge: Edge) -> Result<Vec<u32>> {
    let mut words = Vec::with_capacity(size[0] + size[1] + 2 * (radius[0] + radius[1]));
    for (length, radius) in size.into_iter().zip(radius) {
        let too_long = || Error::Limit {
            what: format!("{op}: a side of the picture"),
            got: format!("{length} pixels"),
            limit: format!("{} pixels", i32::MAX),
            hint: "work in parts".to_owned(),
        };
        let length = i32::try_from(length).map_err(|_| too_long())?;
        let reach = i64::try_from(radius).unwrap_or(i64::MAX);
        for at in -reach..i64::from(length) + reach {
            let index = edge.resolve(at, i64::from(length)).unwrap_or(-1);
            words.push(i32::try_from(index).map_err(|_| too_long())?.cast_unsigned());
        }
    }
    Ok(words)
}

/// Goes through the block's rows, one channel after the other: `each` is given the rows of the window,
/// from the topmost on and each with `radius[1]` samples more on both sides, and the row to make.
pub fn for_each_row(
    cx: &mut PassContext<'_>,
    radius: [usize; 2],
    mut each: impl FnMut(Level, &[&[f32]], &mut [f32]),
) {
    let [height, width] = cx.pass.size;
    let (rows, columns) = cx.pass.tables.split_at(height + 2 * radius[0]);
    let columns = &columns[..width + 2 * radius[1]];
    let count = cx.block.rows();
    let rows = &rows[cx.first..cx.first + count + 2 * radius[0]];
    load_together(cx, rows);
    cx.scratch.resize(rows.len() * columns.len(), 0.0);
    for slot in cx.block.channels().slots() {
        for (row, padded) in rows.iter().zip(cx.scratch.chunks_exact_mut(columns.len())) {
            match i64::from(row.cast_signed()) {
                ..0 => padded.fill(0.0),
                y => {
                    let inside = &mut padded[radius[1]..radius[1] + width];
                    let strips = inside.chunks_mut(cx.source.strip()).enumerate();
                    for (strip, inside) in strips {
                        cx.source.load(y, 1, strip);
                        let source = cx.source.plane(y, *slot, strip);
                        inside.copy_from_slice(&source[..inside.len()]);
                    }
                    let border = (0..radius[1]).chain(radius[1] + width..columns.len());
                    for x in border {
                        padded[x] = match usize::try_from(columns[x].cast_signed()) {
                            Ok(column) => padded[radius[1] + column],
                            Err(_) => 0.0,
                        };
                    }
                }
            }
        }
        let padded: Vec<&[f32]> = cx.scratch.chunks_exact(columns.len()).collect();
        for (row, window) in padded.windows(2 * radius[0] + 1).enumerate() {
            each(cx.level, window, cx.block.plane_mut(row, *slot));
        }
    }
}

/// Asks for the rows of a block at once where they lie together: a source that packs rows first packs
/// them all.
fn load_together(cx: &mut PassContext<'_>, rows: &[u32]) {
    let inside = || rows.iter().map(|row| i64::from(row.cast_signed())).filter(|row| *row >= 0);
    let (Some(low), Some(high)) = (inside().min(), inside().max()) else { return };
    let count = usize::try_from(high - low + 1).unwrap_or(usize::MAX);
    if count <= cx.source.capacity() {
        for strip in 0..cx.pass.size[1].div_ceil(cx.source.strip()) {
            cx.source.load(low, count, strip);
        }
    }
}
