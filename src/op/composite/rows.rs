//! The CPU form of the twins: rows of the picture under rows of the layer.

use std::ops::Range;

use super::layer::{self, LayerForm};
use super::{CompositeParams, Place};
use crate::image::Color;
use crate::op::rows::PassContext;
use crate::op::twin::Params;
use crate::simd::{self, Level};

/// Columns that go through together, so that the layer's numbers stay in the nearest cache.
const STRIP: usize = 512;

/// Alpha below this is taken for none, and has no colour.
const LEAST_ALPHA: f32 = 1e-6;

/// Lays the layer over the block's rows; `blended` is the colour that takes the layer's share.
#[inline(always)]
pub(super) fn rows(
    cx: &mut PassContext<'_>,
    blended: impl Fn([f32; 4], [f32; 4]) -> [f32; 3] + Copy,
) {
    let (params, place) = read(&cx.pass.params);
    let width = cx.block.width();
    cx.copy_same_rows(width);
    let [x, y, z, w] = params.factors;
    let keeps = params.keeps != 0;
    let change = |base: [f32; 4], layer: [f32; 4]| {
        let share = layer[3] * (x + y * base[3]);
        let rest = base[3] * (z + w * layer[3]);
        let alpha = (share + rest).min(1.0);
        let scale = if alpha >= LEAST_ALPHA { 1.0 / alpha } else { 0.0 };
        let color = blended(base, layer);
        let [r, g, b] = [0, 1, 2].map(|c| (share * color[c] + rest * base[c]) * scale);
        if keeps && layer[3] == 0.0 { base } else { [r, g, b, alpha] }
    };
    let touched = if keeps { place.columns(width) } else { 0..width };
    let channels = cx.block.channels();
    cx.scratch.resize(4 * STRIP);
    for row in 0..cx.block.rows() {
        let line = place.line(cx.first + row);
        if keeps && line.is_none() {
            continue;
        }
        for left in touched.clone().step_by(STRIP) {
            let columns = left..touched.end.min(left + STRIP);
            let count = columns.len();
            let (planes, _) = cx.scratch.as_chunks_mut::<STRIP>();
            let [r, g, b, a] = planes else { unreachable!("the scratch has four planes") };
            let mut layer = [&mut r[..count], &mut g[..count], &mut b[..count], &mut a[..count]];
            load(&cx.pass.tables, &params, &place, line, columns.clone(), &mut layer, cx.level);
            let base = cx.block.row_mut(row, columns, cx.level).slots;
            let layer = layer.map(|plane| &*plane);
            let is_rgb = channels.color == Color::Rgb;
            simd::map_pairs(cx.level, base, layer, is_rgb, channels.alpha, change);
        }
    }
}

fn read(params: &Params) -> (CompositeParams, Place) {
    let params: CompositeParams = params.read();
    let CompositeParams { left, top, width, height, step_x, step_y, .. } = params;
    (params, Place { left, top, width, height, step: [step_x, step_y] })
}

/// Fills planes with some columns of a row of the layer; where it has none, with nothing.
fn load(
    tables: &[u32],
    params: &CompositeParams,
    place: &Place,
    line: Option<usize>,
    columns: Range<usize>,
    planes: &mut [&mut [f32]; 4],
    level: Level,
) {
    let form = LayerForm::from_number(params.form);
    let mut filled = 0;
    if let Some(line) = line {
        for (at, first) in place.runs(columns.clone()) {
            let mut run = planes
                .each_mut()
                .map(|plane| &mut plane[at.start - columns.start..at.end - columns.start]);
            filled += at.len();
            layer::read(tables, form, params, line * place.width as usize + first, &mut run, level);
        }
    }
    if filled < columns.len() {
        clear_gaps(place, line.is_some(), columns, planes);
    }
    if params.opacity != 1.0 {
        planes[3].iter_mut().for_each(|alpha| *alpha *= params.opacity);
    }
}

/// Clears what lies between the runs of the layer.
fn clear_gaps(place: &Place, has_line: bool, columns: Range<usize>, planes: &mut [&mut [f32]; 4]) {
    let runs = place.runs(columns.clone()).filter(|_| has_line).map(|(at, _)| at);
    let mut from = columns.start;
    for run in runs.chain(std::iter::once(columns.end..columns.end)) {
        for plane in planes.iter_mut() {
            plane[from - columns.start..run.start - columns.start].fill(0.0);
        }
        from = run.end;
    }
}
