//! Pixels around a pixel: what passes over small windows share.
//!
//! Edges are a table of source rows and columns, made on the host; `shaders/lib/window.wgsl` reads the
//! same words. On the CPU rows are laid out with their borders once for a block, and a twin sees plain
//! runs.

use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::op::param::Edge;
use crate::op::pass::{Channels, Reads};
use crate::op::rows::PassContext;
use crate::simd::Level;

/// The largest reach of a window to each side.
pub const MOST: usize = 7;

/// Returns which rows such a pass reads.
#[must_use]
pub fn reads(reach: usize, edge: Edge) -> Reads {
    Reads::Around { reach, wraps: edge == Edge::Wrap }
}

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
    let level = cx.level;
    for_each_channel(cx, radius, |padded, stride, mut out| {
        let rows: Vec<&[f32]> = padded.chunks_exact(stride).collect();
        for (window, out) in rows.windows(2 * radius[0] + 1).zip(&mut out) {
            each(level, window, out);
        }
    });
}

/// Goes through the block's channels: `each` is given all rows under the block's windows, with their
/// borders, how far one is from the next, and the rows to make.
pub fn for_each_channel(
    cx: &mut PassContext<'_>,
    radius: [usize; 2],
    mut each: impl FnMut(&[f32], usize, Vec<&mut [f32]>),
) {
    let shape = Padded::of(cx, radius);
    let mut padded = std::mem::take(cx.scratch);
    padded.resize(shape.rows * shape.stride);
    shape.load(cx);
    for slot in cx.block.channels().slots() {
        shape.fill(cx, *slot, &mut padded);
        each(&padded, shape.stride, cx.block.slot_mut(*slot));
    }
    *cx.scratch = padded;
}

/// Lays out all channels under the block's windows in the scratch memory, with their borders.
pub fn pad_block(cx: &mut PassContext<'_>, radius: [usize; 2]) -> Padded {
    let shape = Padded::of(cx, radius);
    let slots = cx.block.channels().slots();
    let mut padded = std::mem::take(cx.scratch);
    padded.resize(slots.len() * shape.rows * shape.stride);
    shape.load(cx);
    for (slot, plane) in slots.iter().zip(padded.chunks_exact_mut(shape.rows * shape.stride)) {
        shape.fill(cx, *slot, plane);
    }
    *cx.scratch = padded;
    shape
}

/// How rows with borders lie.
#[derive(Clone, Copy, Debug)]
pub struct Padded {
    /// Samples from one row to the next.
    pub stride: usize,
    rows: usize,
    radius: [usize; 2],
}

impl Padded {
    fn of(cx: &PassContext<'_>, radius: [usize; 2]) -> Self {
        let stride = cx.pass.size[1] + 2 * radius[1];
        Self { stride, rows: cx.block.rows() + 2 * radius[0], radius }
    }

    /// Returns one channel of what [`pad_block`] laid out, from a row of its borders on.
    #[must_use]
    pub fn plane<'s>(&self, scratch: &'s [f32], channel: usize, row: usize) -> &'s [f32] {
        &scratch[(channel * self.rows + row) * self.stride..]
    }

    /// Returns the source rows and columns of the block's windows.
    fn places<'t>(&self, cx: &PassContext<'t>) -> [&'t [u32]; 2] {
        let pass = cx.pass;
        let (rows, columns) = pass.tables.split_at(pass.size[0] + 2 * self.radius[0]);
        [&rows[cx.first..cx.first + self.rows], &columns[..self.stride]]
    }

    fn load(&self, cx: &mut PassContext<'_>) {
        let [rows, _] = self.places(cx);
        load_together(cx, rows);
    }

    /// Fills the rows of one channel.
    fn fill(&self, cx: &mut PassContext<'_>, slot: usize, into: &mut [f32]) {
        let [rows, columns] = self.places(cx);
        let (border, width) = (self.radius[1], cx.pass.size[1]);
        for (row, padded) in rows.iter().zip(into.chunks_exact_mut(self.stride)) {
            match i64::from(row.cast_signed()) {
                ..0 => padded.fill(0.0),
                y => {
                    let inside = &mut padded[border..border + width];
                    let strips = inside.chunks_mut(cx.source.strip()).enumerate();
                    for (strip, inside) in strips {
                        cx.source.load(y, 1, strip);
                        let source = cx.source.plane(y, slot, strip);
                        inside.copy_from_slice(&source[..inside.len()]);
                    }
                    for x in (0..border).chain(border + width..columns.len()) {
                        padded[x] = match usize::try_from(columns[x].cast_signed()) {
                            Ok(column) => padded[border + column],
                            Err(_) => 0.0,
                        };
                    }
                }
            }
        }
    }
}

/// Returns 1 for each slot of a pixel that a picture uses, else 0: for twins that compare all channels.
#[must_use]
pub fn channels(input: &ImageInfo) -> [f32; 4] {
    let mut used = [0.0; 4];
    for slot in Channels::from(input.format).slots() {
        used[*slot] = 1.0;
    }
    used
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
