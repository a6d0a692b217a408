//! The CPU form of the warp: small rectangles of the output, each with the part of the source under it.
//!
//! Neighbours on the output are neighbours in the source, whichever way it is turned: so the box under a
//! rectangle is read once, its edges made up, and every pixel is a sum over a part of that box.

use std::ops::Range;

use super::plain::Plain;
use super::{ENTRY, WarpParams};
use crate::op::param::Edge;
use crate::op::rows::{PassContext, PixelRow};
use crate::simd::{self, BoxOfPixels, Taps};

/// Columns of a rectangle of the output.
pub(super) const COLUMNS: usize = 48;

/// The most pixels of the source that are held for a rectangle: what the nearer caches hold.
pub(super) const MOST: usize = 1 << 14;

/// A range that any other widens to itself.
const NOTHING: Range<i64> = Range { start: i64::MAX, end: i64::MIN };

pub(super) fn warp(cx: &mut PassContext<'_>) {
    let params: WarpParams = cx.pass.params.read();
    let (rows, width) = (cx.block.rows(), cx.block.width());
    let plain = Plain::new(&params, &cx.pass.tables);
    let mut memory = Memory { plain, ..Memory::default() };
    for left in (0..width).step_by(COLUMNS) {
        rectangle(cx, &params, &mut memory, 0..rows, left..width.min(left + COLUMNS));
    }
}

/// What a block uses again from rectangle to rectangle.
#[derive(Default)]
struct Memory {
    /// What lies under the filter at each pixel, and where in the source it begins.
    boxes: Vec<BoxOfPixels>,
    corners: Vec<[i32; 2]>,
    sums: Vec<[f32; 4]>,
    pixels: Vec<[f32; 4]>,
    /// Where all is plain.
    plain: Option<Plain>,
}

/// Makes a rectangle of the output; where too much lies under it, its halves.
fn rectangle(
    cx: &mut PassContext<'_>,
    params: &WarpParams,
    memory: &mut Memory,
    rows: Range<usize>,
    columns: Range<usize>,
) {
    if plain_rectangle(cx, params, memory, &rows, &columns) {
        return;
    }
    let edge = Edge::ALL[usize::try_from(params.edge).unwrap_or(0)];
    let (mut across, mut down) = (NOTHING, NOTHING);
    memory.boxes.clear();
    memory.corners.clear();
    for row in rows.clone() {
        for x in columns.clone() {
            let place = place(&cx.pass.tables, params, x, cx.first + row, edge);
            // What shows nothing is a box of nothing.
            let (corner, [x, y]) = place.unwrap_or_default();
            if place.is_some() {
                widen(&mut across, corner[0], x.count);
                widen(&mut down, corner[1], y.count);
            }
            memory.corners.push(corner);
            memory.boxes.push(BoxOfPixels { at: 0, x, y });
        }
    }
    let [box_w, box_h] = [&across, &down].map(length);
    if box_w * box_h > MOST && rows.len() * columns.len() > 1 {
        let halves = if columns.len() >= rows.len() {
            let middle = columns.start + columns.len() / 2;
            [(rows.clone(), columns.start..middle), (rows, middle..columns.end)]
        } else {
            let middle = rows.start + rows.len() / 2;
            [(rows.start..middle, columns.clone()), (middle..rows.end, columns)]
        };
        for (rows, columns) in halves {
            rectangle(cx, params, memory, rows, columns);
        }
        return;
    }
    load(cx, params, memory, edge, down.clone(), across.clone());
    for (one, [left, top]) in memory.boxes.iter_mut().zip(&memory.corners) {
        if one.x.count > 0 {
            let [x, y] = [i64::from(*left) - across.start, i64::from(*top) - down.start];
            one.at = index(y) * box_w + index(x);
        }
    }
    let filter = usize::try_from(params.weights).unwrap_or(0);
    let filter: &[f32] = bytemuck::cast_slice(&cx.pass.tables[filter..]);
    memory.sums.clear();
    memory.sums.resize(memory.boxes.len(), params.background);
    simd::weighted_boxes(cx.level, &mut memory.sums, &memory.boxes, &memory.pixels, box_w, filter);
    store(cx, memory, rows, columns);
}

/// Makes a rectangle of the output where all under it is plain; else it says that it did not.
fn plain_rectangle(
    cx: &mut PassContext<'_>,
    params: &WarpParams,
    memory: &mut Memory,
    rows: &Range<usize>,
    columns: &Range<usize>,
) -> bool {
    let Some(mut plain) = memory.plain.take() else { return false };
    let there = cx.first + rows.start..cx.first + rows.end;
    let reads = plain.place(&cx.pass.tables, params, there, columns.clone());
    let is_plain = reads.is_some();
    if let Some([down, across]) = reads {
        let width = length(&across);
        load(cx, params, memory, Edge::Nearest, down, across);
        memory.sums.clear();
        memory.sums.resize(plain.boxes.len(), [0.0; 4]);
        let (sums, pixels) = (&mut memory.sums, &memory.pixels);
        simd::plain_boxes(cx.level, sums, &plain.boxes, pixels, width, &plain.phases, plain.taps);
        store(cx, memory, rows.clone(), columns.clone());
    }
    memory.plain = Some(plain);
    is_plain
}

/// Writes the sums of a rectangle into its planes.
fn store(cx: &mut PassContext<'_>, memory: &Memory, rows: Range<usize>, columns: Range<usize>) {
    for slot in cx.block.channels().slots() {
        let sums = memory.sums.chunks_exact(columns.len());
        for (row, sums) in rows.clone().zip(sums) {
            let out = &mut cx.block.plane_mut(row, *slot)[columns.clone()];
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum[*slot]);
        }
    }
}

/// Reads the source under a rectangle, edges made up, as pixels.
fn load(
    cx: &mut PassContext<'_>,
    params: &WarpParams,
    memory: &mut Memory,
    edge: Edge,
    rows: Range<i64>,
    columns: Range<i64>,
) {
    let [w, h] = [params.width, params.height].map(i64::from);
    let width = length(&columns);
    memory.pixels.clear();
    memory.pixels.resize(length(&rows) * width, params.background);
    let resolved: Vec<Option<i64>> = columns.map(|x| edge.resolve(x, w)).collect();
    let inside = || resolved.iter().flatten().copied();
    let (Some(low), Some(high)) = (inside().min(), inside().max()) else { return };
    let read = index(low)..index(high) + 1;
    let straight = read.len() == width && inside().is_sorted();
    let channels = cx.block.channels();
    cx.scratch.resize(4 * read.len());
    let lines = memory.pixels.chunks_exact_mut(width.max(1));
    for (y, line) in rows.clone().zip(lines) {
        let Some(row) = edge.resolve(y, h).map(index) else { continue };
        let mut planes = cx.scratch.chunks_exact_mut(read.len());
        let slots = std::array::from_fn(|_| planes.next().expect("four planes were made"));
        let mut into = PixelRow { slots, channels, output: channels, level: cx.level };
        let more = row..index(h).min(row + length(&(y..rows.end)));
        cx.source.read(more, read.clone(), &mut into);
        let [r, g, b, a] = into.slots;
        let gray = channels.slots().len() < 3;
        let (g, b) = if gray { (&*r, &*r) } else { (&*g, &*b) };
        let a = if channels.alpha { &*a } else { &*r };
        if straight {
            let planes = r.iter().zip(g).zip(b).zip(a);
            for (pixel, (((r, g), b), a)) in line.iter_mut().zip(planes) {
                *pixel = [*r, *g, *b, *a];
            }
            continue;
        }
        for (pixel, x) in line.iter_mut().zip(&resolved) {
            if let Some(x) = x.map(|x| index(x - low)) {
                *pixel = [r[x], g[x], b[x], a[x]];
            }
        }
    }
}

/// Works out which samples lie under the filter at an output pixel: where they begin, along x and y, and
/// how far from its middle they are. Nothing where the pixel shows nothing.
fn place(
    tables: &[u32],
    params: &WarpParams,
    x: usize,
    y: usize,
    edge: Edge,
) -> Option<([i32; 2], [Taps; 2])> {
    let entry = |at: usize| *tables[at..].first_chunk::<ENTRY>().expect("an entry for each");
    let column = entry(x * ENTRY);
    let row = entry(usize::try_from(params.rows).unwrap_or(0) + y * ENTRY);
    let added = f32::from_bits(column[4]) + f32::from_bits(row[4]);
    if 1.0 + added < 1e-3 {
        return None;
    }
    let inverse = 1.0 / (1.0 + added);
    let flat = params.horizon_x == 0.0 && params.horizon_y == 0.0;
    let axis = |k: usize, [across, down]: [f32; 2], length: i32| {
        let whole = column[k].cast_signed().saturating_add(row[k].cast_signed());
        let part = f32::from_bits(column[k + 1]) + f32::from_bits(row[k + 1]);
        let (whole, part, [across, down]) = if flat {
            // The quotient is the numerator, and needs no guess.
            let more = floor(part);
            (whole.saturating_add(more), part - more as f32, [across, down])
        } else {
            let guess = floor(((whole as f32 + part) * inverse).clamp(-8e6, 8e6));
            let guessed = guess as f32;
            let rest = ((whole - guess) as f32 + (part - guessed * added)) * inverse;
            let more = floor(rest);
            let position = guessed + rest;
            let across = (across - position * params.horizon_x) * inverse;
            let down = (down - position * params.horizon_y) * inverse;
            (guess.saturating_add(more), rest - more as f32, [across, down])
        };
        if whole.unsigned_abs() > 4_000_000 {
            return None;
        }
        let square = across * across + down * down;
        let widened = if square > 1.0 { square.sqrt().min(params.widest) } else { 1.0 };
        let reach = params.reach * widened;
        let (first, last) = match reach {
            0.0 => (0, 0),
            reach => (-floor(reach - part), floor(part + reach)),
        };
        let samples = whole + first..whole + last + 1;
        let moved = shift(&samples, length, edge)?;
        let taps =
            Taps { count: samples.len(), first: first as f32, middle: part, step: 1.0 / widened };
        Some((samples.start + moved, taps))
    };
    let [a, b, c, d] = params.slopes;
    let (left, x) = axis(0, [a, b], params.width)?;
    let (top, y) = axis(2, [c, d], params.height)?;
    Some(([left, top], [x, y]))
}

/// Returns by how much samples are moved to lie by the source, which is whole periods of the edge; nothing
/// where all of them lie beyond a constant edge.
fn shift(samples: &Range<i32>, length: i32, edge: Edge) -> Option<i32> {
    let start = samples.start;
    if start >= 0 && samples.end <= length {
        return Some(0);
    }
    Some(match edge {
        Edge::Constant if samples.end <= 0 || start >= length => return None,
        Edge::Constant => 0,
        Edge::Nearest => start.clamp(start - samples.end, length) - start,
        Edge::Wrap => start.rem_euclid(length) - start,
        Edge::Symmetric => start.rem_euclid(2 * length) - start,
        Edge::Reflect => start.rem_euclid((2 * length - 2).max(1)) - start,
    })
}

/// Widens a range so that it holds `count` samples from `start` on.
fn widen(range: &mut Range<i64>, start: i32, count: usize) {
    let start = i64::from(start);
    let end = start + i64::try_from(count).unwrap_or(0);
    *range = range.start.min(start)..range.end.max(end);
}

fn length(range: &Range<i64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0)
}

fn index(at: i64) -> usize {
    usize::try_from(at).unwrap_or(0)
}

/// The greatest whole number not above one: where floor is no instruction, faster than the library's.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and no number is 0")]
pub(super) fn floor(number: f32) -> i32 {
    let whole = number as i32;
    whole.saturating_sub(i32::from(whole as f32 > number))
}
