//! The CPU form of the warp: small rectangles of the output, each with the part of the source under it.
//!
//! Neighbours on the output are neighbours in the source, whichever way it is turned: so the box under a
//! rectangle is read once, its edges made up, and every pixel is a sum over a part of that box.

use std::ops::Range;

use super::{ENTRY, WarpParams};
use crate::op::param::Edge;
use crate::op::rows::{PassContext, PixelRow};
use crate::simd::{self, BoxOfPixels, Taps};

/// Columns of a rectangle of the output.
const COLUMNS: usize = 48;

/// The most pixels of the source that are held for a rectangle: what the nearer caches hold.
const MOST: usize = 1 << 14;

/// A range that any other widens to itself.
const NOTHING: Range<i64> = Range { start: i64::MAX, end: i64::MIN };

/// Where an output pixel lies in the source, on one axis.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The sample before it.
    whole: i64,
    /// How far beyond that.
    part: f32,
    /// By how much the filter is widened.
    widened: f32,
}

impl Place {
    /// The samples under the filter.
    fn samples(&self, reach: f32) -> Range<i64> {
        if reach == 0.0 {
            return self.whole..self.whole + 1;
        }
        let reach = reach * self.widened;
        let [first, last] = [(self.part - reach).ceil(), (self.part + reach).floor()];
        self.whole + truncated(first)..self.whole + truncated(last) + 1
    }
}

pub(super) fn warp(cx: &mut PassContext<'_>) {
    let params: WarpParams = cx.pass.params.read();
    let (rows, width) = (cx.block.rows(), cx.block.width());
    let mut memory = Memory::default();
    for left in (0..width).step_by(COLUMNS) {
        rectangle(cx, &params, &mut memory, 0..rows, left..width.min(left + COLUMNS));
    }
}

/// What a block uses again from rectangle to rectangle.
#[derive(Default)]
struct Memory {
    places: Vec<Option<[Place; 2]>>,
    boxes: Vec<BoxOfPixels>,
    sums: Vec<[f32; 4]>,
    pixels: Vec<[f32; 4]>,
}

/// Makes a rectangle of the output; where too much lies under it, its halves.
fn rectangle(
    cx: &mut PassContext<'_>,
    params: &WarpParams,
    memory: &mut Memory,
    rows: Range<usize>,
    columns: Range<usize>,
) {
    let edge = Edge::ALL[usize::try_from(params.edge).unwrap_or(0)];
    let (mut across, mut down) = (NOTHING, NOTHING);
    memory.places.clear();
    for row in rows.clone() {
        for x in columns.clone() {
            let places = places(&cx.pass.tables, params, x, cx.first + row, edge);
            if let Some([x, y]) = places {
                widen(&mut across, x.samples(params.reach));
                widen(&mut down, y.samples(params.reach));
            }
            memory.places.push(places);
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
    memory.boxes.clear();
    for places in &memory.places {
        // What shows nothing is a box of nothing.
        memory.boxes.push(places.map_or(BoxOfPixels::default(), |[x, y]| {
            let [xs, ys] = [x.samples(params.reach), y.samples(params.reach)];
            let at = length(&(down.start..ys.start)) * box_w + length(&(across.start..xs.start));
            BoxOfPixels { at, x: taps(x, &xs), y: taps(y, &ys) }
        }));
    }
    let filter = usize::try_from(params.weights).unwrap_or(0);
    let filter: &[f32] = bytemuck::cast_slice(&cx.pass.tables[filter..]);
    memory.sums.clear();
    memory.sums.resize(memory.boxes.len(), params.background);
    simd::weighted_boxes(cx.level, &mut memory.sums, &memory.boxes, &memory.pixels, box_w, filter);
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
    let channels = cx.block.channels();
    cx.scratch.resize(4 * read.len(), 0.0);
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
        if read.len() == width && inside().is_sorted() {
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

/// Works out where an output pixel lies in the source, along x and y; nothing where it shows nothing.
fn places(
    tables: &[u32],
    params: &WarpParams,
    x: usize,
    y: usize,
    edge: Edge,
) -> Option<[Place; 2]> {
    let entry = |at: usize| *tables[at..].first_chunk::<ENTRY>().expect("an entry for each");
    let column = entry(x * ENTRY);
    let row = entry(usize::try_from(params.rows).unwrap_or(0) + y * ENTRY);
    let added = f32::from_bits(column[4]) + f32::from_bits(row[4]);
    if 1.0 + added < 1e-3 {
        return None;
    }
    let denominator = 1.0 + added;
    let axis = |k: usize, [across, down]: [f32; 2], length: i32| {
        let whole = i64::from(column[k].cast_signed()) + i64::from(row[k].cast_signed());
        let part = f32::from_bits(column[k + 1]) + f32::from_bits(row[k + 1]);
        let guess = ((whole as f32 + part) / denominator).clamp(-8e6, 8e6).floor();
        let guessed = truncated(guess);
        let rest = ((whole - guessed) as f32 + (part - guess * added)) / denominator;
        let more = rest.floor();
        let position = guess + rest;
        let across = (across - position * params.horizon_x) / denominator;
        let down = (down - position * params.horizon_y) / denominator;
        let widened = (across * across + down * down).sqrt().clamp(1.0, params.widest);
        let whole = guessed + truncated(more);
        let place = Place { whole, part: rest - more, widened };
        (whole.abs() <= 4_000_000).then(|| near(place, params.reach, i64::from(length), edge))?
    };
    let [a, b, c, d] = params.slopes;
    Some([axis(0, [a, b], params.width)?, axis(2, [c, d], params.height)?])
}

/// Moves a place by whole periods of the edge, so that it lies by the source; nothing where it and all
/// under the filter lie beyond a constant edge.
fn near(place: Place, reach: f32, length: i64, edge: Edge) -> Option<Place> {
    let samples = place.samples(reach);
    if samples.start >= 0 && samples.end <= length {
        return Some(place);
    }
    let whole = match edge {
        Edge::Constant if samples.end <= 0 || samples.start >= length => return None,
        Edge::Constant => place.whole,
        Edge::Nearest => {
            let far = samples.end - samples.start;
            place.whole.clamp(-far, length + far)
        }
        Edge::Wrap => place.whole.rem_euclid(length),
        Edge::Symmetric => place.whole.rem_euclid(2 * length),
        Edge::Reflect => place.whole.rem_euclid((2 * length - 2).max(1)),
    };
    Some(Place { whole, ..place })
}

fn taps(place: Place, samples: &Range<i64>) -> Taps {
    let first = (samples.start - place.whole) as f32;
    Taps { count: length(samples), first, middle: place.part, step: 1.0 / place.widened }
}

fn widen(range: &mut Range<i64>, by: Range<i64>) {
    *range = range.start.min(by.start)..range.end.max(by.end);
}

fn length(range: &Range<i64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0)
}

fn index(at: i64) -> usize {
    usize::try_from(at).unwrap_or(0)
}

/// Turns a whole number into an index.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and no number is 0")]
fn truncated(whole: f32) -> i64 {
    whole as i64
}
