//! From rows of pixels to coefficients: colours, thinned out, transformed and divided.
//!
//! A row of units at a time is made samples; of these any run of blocks can be had. What lies beyond the
//! picture is as in libjpeg: the last pixel of a row is repeated before chroma is thinned out, the last row after
//! it (`jcprepct`, `jcsample`), and blocks that only fill up units are as grey as the one before (`jccoefct`).

use super::super::frame::Frame;
use super::super::store::Store;
use super::Block;
use super::sequential::Part;
use super::source::Source;
use crate::error::Result;
use crate::simd::{Divisors, Level, forward_blocks, halve_both, halve_columns, ycc_from_rgb};

/// The samples of a component in a row of units.
#[derive(Debug)]
struct Strip {
    samples: Vec<u8>,
    stride: usize,
    /// The blocks of a unit, across and down.
    h: usize,
    v: usize,
    /// The columns and rows of blocks that are of the picture.
    own: (usize, usize),
}

/// The pixel half of an encoder.
#[derive(Debug)]
pub(super) struct Forward<'a> {
    source: Source<'a>,
    level: Level,
    divisors: [Divisors; 2],
    /// The largest sampling factors.
    most: (usize, usize),
    strips: Vec<Strip>,
    /// Chroma of two rows before it is thinned out: Cb, Cr, and again below.
    full: [Vec<u8>; 4],
    unit_row: usize,
}

/// What may be read behind the samples of the last block.
const BEHIND: usize = 16;

impl<'a> Forward<'a> {
    pub(super) fn new(
        source: Source<'a>,
        frame: &Frame,
        factors: &[[u8; 64]; 2],
        level: Level,
    ) -> Self {
        let (units, _) = frame.units();
        let most = frame.max_sampling();
        let strip = |number: usize| {
            let one = &frame.components[number];
            let stride = 8 * one.h * units;
            Strip {
                samples: vec![0; stride * 8 * one.v + BEHIND],
                stride,
                h: one.h,
                v: one.v,
                own: frame.own_blocks(number),
            }
        };
        let width = if most.0 > 1 { 8 * most.0 * units } else { 0 };
        Self {
            source,
            level,
            divisors: factors.each_ref().map(Divisors::new),
            most,
            strips: (0..frame.components.len()).map(strip).collect(),
            full: std::array::from_fn(|_| vec![0; width]),
            unit_row: 0,
        }
    }

    /// Makes the samples of a row of units.
    pub(super) fn strip(&mut self, unit_row: usize) -> Result<()> {
        self.unit_row = unit_row;
        let first = unit_row * 8 * self.most.1;
        let count = (8 * self.most.1).min(self.source.height - first);
        let pixels = self.source.rows(first..first + count)?;
        let (width, channels) = (self.source.width, self.source.channels);
        for (y, row) in pixels.chunks_exact(width * channels).enumerate() {
            match self.strips.as_mut_slice() {
                [luminance, blue, red] => {
                    let luminance = luminance.row(y);
                    let [cb, cr, cb_below, cr_below] = &mut self.full;
                    let (cb_row, cr_row) = match (self.most.0, y % self.most.1) {
                        (1, _) => (blue.row(y), red.row(y)),
                        (_, 0) => (&mut cb[..], &mut cr[..]),
                        _ => (&mut cb_below[..], &mut cr_below[..]),
                    };
                    let rows = [&mut *luminance, &mut *cb_row, &mut *cr_row];
                    let [y_part, cb_part, cr_part] = rows.map(|row| &mut row[..width]);
                    ycc_from_rgb(self.level, row, y_part, cb_part, cr_part);
                    for row in [luminance, cb_row, cr_row] {
                        extend(row, width);
                    }
                    let below = y % self.most.1;
                    if self.most.0 == 1 || below + 1 < self.most.1 && y + 1 < count {
                        continue;
                    }
                    // The last row of all may have none below.
                    let (cb_other, cr_other) =
                        if below == 1 { (&*cb_below, &*cr_below) } else { (&*cb, &*cr) };
                    let chroma = [(blue, &*cb, cb_other), (red, &*cr, cr_other)];
                    for (strip, above, below) in chroma {
                        let halved = strip.row(y / self.most.1);
                        match self.most.1 {
                            1 => halve_columns(self.level, above, halved),
                            _ => halve_both(self.level, above, below, halved),
                        }
                    }
                }
                strips => {
                    for strip in strips {
                        let samples = strip.row(y);
                        samples[..width].copy_from_slice(row);
                        extend(samples, width);
                    }
                }
            }
        }
        let most = self.most.1;
        self.strips.iter_mut().for_each(|strip| strip.repeat((count * strip.v).div_ceil(most)));
        Ok(())
    }

    /// Makes the blocks of a group of units, from unit `first` on.
    pub(super) fn fill(&self, first: usize, part: &mut Part) {
        for row in 0..part.v {
            let start = row * part.row_blocks;
            let (above, blocks) = part.blocks.split_at_mut(start);
            let above = above.get(start.saturating_sub(part.row_blocks)..).unwrap_or_default();
            let blocks = &mut blocks[..part.row_blocks];
            let used = &mut part.used[start..start + part.row_blocks];
            self.blocks(part.component, row, first * part.h, above, blocks, used);
        }
    }

    /// Makes all blocks of the picture.
    pub(super) fn gathered(&mut self, frame: &Frame) -> Result<Vec<Store>> {
        let store = |number: usize| {
            let mut store = Store::default();
            store.prepare(frame.all_blocks(number), 64);
            store
        };
        let mut stores: Vec<Store> = (0..frame.components.len()).map(store).collect();
        for unit_row in 0..frame.units().1 {
            self.strip(unit_row)?;
            for (number, store) in stores.iter_mut().enumerate() {
                let columns = store.blocks.0;
                let v = frame.components[number].v;
                let blocks = store.coefficients.as_chunks_mut::<64>().0;
                for row in 0..v {
                    let start = (unit_row * v + row) * columns;
                    let (above, blocks) = blocks.split_at_mut(start);
                    let above = above.get(start.saturating_sub(columns)..).unwrap_or_default();
                    let used = &mut store.used[start..start + columns];
                    self.blocks(number, row, 0, above, &mut blocks[..columns], used);
                }
            }
        }
        Ok(stores)
    }

    /// Makes blocks of a row of them in the strip, from block `first` on: zigzag order, and which are not zero.
    ///
    /// `above` has the blocks above, if any are in the strip.
    fn blocks(
        &self,
        component: usize,
        row: usize,
        first: usize,
        above: &[Block],
        blocks: &mut [Block],
        used: &mut [u64],
    ) {
        let strip = &self.strips[component];
        let is_own = self.unit_row * strip.v + row < strip.own.1;
        let count = if is_own { strip.own.0.saturating_sub(first).min(blocks.len()) } else { 0 };
        let samples = &strip.samples[8 * row * strip.stride + 8 * first..];
        let divisors = &self.divisors[super::table_of(component)];
        let own = (&mut blocks[..count], &mut used[..count]);
        forward_blocks(self.level, samples, strip.stride, divisors, own.0, own.1);
        for at in count..blocks.len() {
            let before = match at.checked_sub(1).filter(|_| is_own) {
                Some(before) => blocks[before][0],
                // The last block above in the same unit.
                None => above.get(at / strip.h * strip.h + strip.h - 1).map_or(0, |one| one[0]),
            };
            blocks[at] = [0; 64];
            blocks[at][0] = before;
            used[at] = 0;
        }
    }
}

impl Strip {
    fn row(&mut self, y: usize) -> &mut [u8] {
        &mut self.samples[y * self.stride..(y + 1) * self.stride]
    }

    /// Repeats the last of some rows up to the end of its block.
    fn repeat(&mut self, rows: usize) {
        for y in rows..rows.next_multiple_of(8) {
            let last = (y - 1) * self.stride;
            self.samples.copy_within(last..last + self.stride, y * self.stride);
        }
    }
}

/// Repeats the last sample of a row.
fn extend(row: &mut [u8], width: usize) {
    let last = row[width - 1];
    row[width..].fill(last);
}
