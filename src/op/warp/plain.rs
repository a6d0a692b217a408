//! Rectangles of the output under which the filter is not widened and no edge lies: most of them.
//!
//! All boxes have one size then, and places and weights come from loops without a branch. Whatever is not
//! so is left to the general form.

use std::ops::Range;

use super::rows::{COLUMNS, MOST, floor};
use super::{ENTRY, WarpParams};
use crate::simd::{self, PlainBox};

/// What the places of a rectangle are, from the samples before them.
#[derive(Default)]
pub(super) struct Plain {
    /// The samples that the filter reaches over along an axis: 2, 4 or 6.
    pub(super) taps: usize,
    /// Their weights at each phase.
    pub(super) phases: Vec<f32>,
    pub(super) boxes: Vec<PlainBox>,
    /// The sample before each place, along x and y.
    before: Vec<[i32; 2]>,
}

/// Numbers of some columns, each beside those of its neighbours.
struct Columns {
    whole: [[i32; COLUMNS]; 2],
    part: [[f32; COLUMNS]; 2],
    added: [f32; COLUMNS],
}

impl Plain {
    /// Makes the weights of a pass; none where its filter is none that has plain boxes.
    pub(super) fn new(params: &WarpParams, tables: &[u32]) -> Option<Self> {
        let taps = [2, 4, 6].into_iter().find(|taps| *taps as f32 == 2.0 * params.reach)?;
        let filter = usize::try_from(params.weights).unwrap_or(0);
        let phases = simd::phases(bytemuck::cast_slice(&tables[filter..]), taps);
        Some(Self { taps, phases, ..Self::default() })
    }

    /// Works out the boxes of a rectangle, and returns the rows and the columns of the source that they take
    /// in; none where one is not plain, or all are too much.
    pub(super) fn place(
        &mut self,
        tables: &[u32],
        params: &WarpParams,
        rows: Range<usize>,
        columns: Range<usize>,
    ) -> Option<[Range<i64>; 2]> {
        let flat = params.horizon_x == 0.0 && params.horizon_y == 0.0;
        let [a, b, c, d] = params.slopes;
        let is_wide = |across: f32, down: f32| across * across + down * down > 1.0 + 1e-6;
        if flat && (is_wide(a, b) || is_wide(c, d)) {
            return None;
        }
        let seen = Columns::new(tables, columns.clone());
        self.boxes.clear();
        self.before.clear();
        for row in rows {
            let at = usize::try_from(params.rows).unwrap_or(0) + row * ENTRY;
            let row = *tables[at..].first_chunk().expect("an entry for each row");
            let is_plain = if flat {
                self.flat_row(&seen, row, columns.len());
                true
            } else {
                self.row(&seen, row, columns.len(), params)
            };
            if !is_plain {
                return None;
            }
        }
        self.gather(params)
    }

    /// A row of an affine map: the numerators are the places.
    fn flat_row(&mut self, seen: &Columns, row: [u32; ENTRY], count: usize) {
        let whole = [row[0], row[2]].map(u32::cast_signed);
        let part = [row[1], row[3]].map(f32::from_bits);
        for x in 0..count {
            let one = [0, 1].map(|axis| {
                let part = seen.part[axis][x] + part[axis];
                let more = floor(part);
                (
                    seen.whole[axis][x].saturating_add(whole[axis]).saturating_add(more),
                    part - more as f32,
                )
            });
            self.push(one);
        }
    }

    /// A row of a projective map, divided as the general form does it.
    fn row(
        &mut self,
        seen: &Columns,
        row: [u32; ENTRY],
        count: usize,
        params: &WarpParams,
    ) -> bool {
        let whole = [row[0], row[2]].map(u32::cast_signed);
        let part = [row[1], row[3]].map(f32::from_bits);
        let slopes = params.slopes;
        let (mut widest, mut least) = (0.0_f32, 1.0_f32);
        for x in 0..count {
            let added = seen.added[x] + f32::from_bits(row[4]);
            least = least.min(1.0 + added);
            let inverse = 1.0 / (1.0 + added);
            let one = [0, 1].map(|axis| {
                let whole = seen.whole[axis][x].saturating_add(whole[axis]);
                let part = seen.part[axis][x] + part[axis];
                let guess = floor(((whole as f32 + part) * inverse).clamp(-8e6, 8e6));
                let guessed = guess as f32;
                let rest = (whole.wrapping_sub(guess) as f32 + (part - guessed * added)) * inverse;
                let more = floor(rest);
                let position = guessed + rest;
                let across = (slopes[2 * axis] - position * params.horizon_x) * inverse;
                let down = (slopes[2 * axis + 1] - position * params.horizon_y) * inverse;
                widest = widest.max(across * across + down * down);
                (guess.saturating_add(more), rest - more as f32)
            });
            self.push(one);
        }
        least >= 1e-3 && widest <= 1.0 + 1e-6
    }

    #[inline(always)]
    fn push(&mut self, [(x, part_x), (y, part_y)]: [(i32, f32); 2]) {
        let steps = simd::PHASES as f32;
        self.before.push([x, y]);
        self.boxes.push(PlainBox { at: 0, x: part_x * steps, y: part_y * steps });
    }

    /// Numbers the boxes in the part of the source that holds all of them.
    fn gather(&mut self, params: &WarpParams) -> Option<[Range<i64>; 2]> {
        let (mut low, mut high) = ([i32::MAX; 2], [i32::MIN; 2]);
        for before in &self.before {
            low = [0, 1].map(|axis| low[axis].min(before[axis]));
            high = [0, 1].map(|axis| high[axis].max(before[axis]));
        }
        let reach = i32::try_from(self.taps / 2).unwrap_or(1);
        let [low, end] = [
            low.map(|at| at.saturating_sub(reach - 1)),
            high.map(|at| at.saturating_add(reach + 1)),
        ];
        let lengths = [params.width, params.height];
        let inside = (0..2).all(|axis| low[axis] >= 0 && end[axis] <= lengths[axis]);
        let [w, h] =
            [0, 1].map(|axis| usize::try_from(end[axis].saturating_sub(low[axis])).unwrap_or(0));
        if !inside || w.saturating_mul(h) > MOST {
            return None;
        }
        let first = low.map(|at| at + reach - 1);
        for (one, before) in self.boxes.iter_mut().zip(&self.before) {
            let [x, y] =
                [0, 1].map(|axis| usize::try_from(before[axis] - first[axis]).unwrap_or(0));
            one.at = y * w + x;
        }
        let range = |axis: usize| i64::from(low[axis])..i64::from(end[axis]);
        Some([range(1), range(0)])
    }
}

impl Columns {
    fn new(tables: &[u32], columns: Range<usize>) -> Self {
        let (entries, _) = tables[columns.start * ENTRY..columns.end * ENTRY].as_chunks::<ENTRY>();
        let mut seen =
            Self { whole: [[0; COLUMNS]; 2], part: [[0.0; COLUMNS]; 2], added: [0.0; COLUMNS] };
        for (x, entry) in entries.iter().enumerate() {
            for axis in 0..2 {
                seen.whole[axis][x] = entry[2 * axis].cast_signed();
                seen.part[axis][x] = f32::from_bits(entry[2 * axis + 1]);
            }
            seen.added[x] = f32::from_bits(entry[4]);
        }
        seen
    }
}
