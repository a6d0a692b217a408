//! A stage: passes that go through the rows of an image together, block by block.

use std::ops::Range;

use super::source::{BlockRows, ViewRows};
use super::table::Exchange;
use crate::device::bands::Rows;
use crate::dtype::DType;
use crate::op::pass::{Pass, Plane, PlannedPass, Step};
use crate::op::rows::{PassContext, PixelRow, RowBlock, SourceRows};
use crate::simd::{self, Level, Lines, Target};
use crate::view::View;

/// Passes that run together: the first may read any row, the others read their own.
#[derive(Debug)]
pub(super) struct Stage<'p> {
    first: &'p PlannedPass,
    riders: Vec<Rider<'p>>,
    /// What is done to each pixel after the last pass, before it is stored.
    last: Vec<&'p Step>,
    dst: &'p Plane,
    /// All of it, where it is that.
    exchange: Option<Exchange>,
}

/// A pass on the rows that another has made, and what is done to each pixel before.
#[derive(Debug)]
struct Rider<'p> {
    steps: Vec<&'p Step>,
    pass: &'p Pass,
}

/// Columns that go through all steps together, so that they stay in the nearest cache.
const STRIP: usize = 1024;

/// The memory of one thread, used again from band to band and from run to run.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Source rows of the first pass, in working form.
    pub(super) ring: RowBlock,
    /// Which rows those are, and whether they are still good for the next band.
    held: Vec<Option<i64>>,
    pub(super) keeps_rows: bool,
    /// Source rows of an awkward layout, packed.
    pub(super) packed: Vec<u8>,
    /// The block at hand and the one it becomes.
    blocks: [RowBlock; 2],
    /// Whatever a twin wants.
    twin: Lines,
}

#[cfg(feature = "batch")]
impl Scratch {
    /// Forgets the rows of another source; those of the next bands are kept from one to the next.
    pub(super) fn forget_rows(&mut self) {
        self.held.clear();
        self.keeps_rows = true;
    }
}

impl<'p> Stage<'p> {
    /// Wraps the passes of a stage; there is at least one.
    pub(super) fn new(passes: &'p [PlannedPass], level: Level) -> Self {
        let (first, others) = passes.split_first().expect("a stage has a pass");
        let mut riders = Vec::new();
        let mut steps: Vec<&Step> = first.store.iter().collect();
        for planned in others {
            steps.extend(&planned.load);
            if let Some(pass) = &planned.pass {
                riders.push(Rider { steps: std::mem::take(&mut steps), pass });
            }
            steps.extend(&planned.store);
        }
        let dst = &passes.last().unwrap_or(first).dst;
        let exchange = match others {
            [] => Exchange::of_pass(first, level),
            _ => None,
        };
        Self { first, riders, last: steps, dst, exchange }
    }

    /// Returns the number of rows it makes.
    pub(super) fn rows(&self) -> usize {
        self.dst.height()
    }

    /// Returns the number of pixels in a row it makes.
    pub(super) fn width(&self) -> usize {
        self.dst.width()
    }

    /// Returns the bytes of a row it makes; rows follow each other without a gap.
    pub(super) fn row_bytes(&self) -> usize {
        self.width() * self.dst.channels.count() * self.dst.layout.dtype().size()
    }

    /// Makes the rows from `first` on that `bytes` has room for.
    ///
    /// Rows of the source are counted in the whole image; `at_hand` says which of them the source has.
    pub(super) fn run_band(
        &self,
        source: &View<'_>,
        at_hand: Rows,
        first: usize,
        bytes: &mut [u8],
        scratch: &mut Scratch,
        level: Level,
    ) {
        let Scratch { ring, held, keeps_rows, packed, blocks, twin } = scratch;
        if !*keeps_rows {
            held.clear();
        }
        let mut rows = ViewRows::new(source, at_hand, self.first, (ring, held), packed, level);
        let [mut block, mut next] = blocks.each_mut();
        let row_bytes = self.row_bytes();
        for (at, bytes) in bytes.chunks_mut(RowBlock::ROWS * row_bytes).enumerate() {
            let (first, count) = (first + at * RowBlock::ROWS, bytes.len() / row_bytes);
            let width = self.first.dst.width();
            match &self.first.pass {
                Some(pass) => {
                    block.reshape(count, width, self.first.loaded());
                    let (source, scratch) = (&mut rows, &mut *twin);
                    (pass.twin.rows)(&mut PassContext {
                        pass,
                        source,
                        first,
                        block,
                        scratch,
                        level,
                    });
                }
                None if self.riders.is_empty() => {
                    self.run_points(&mut rows, first, block, bytes, level);
                    continue;
                }
                None => {
                    block.reshape(count, width, self.first.src.channels);
                    for row in 0..count {
                        let mut pixels = block.row_mut(row, 0..width, level);
                        rows.read(first + row..first + row + 1, 0..width, &mut pixels);
                    }
                    block.set_channels(self.first.loaded());
                }
            }
            for Rider { steps, pass } in &self.riders {
                let width = block.width();
                for row in 0..count {
                    block.row_mut(row, 0..width, level).run(steps.iter().copied());
                }
                block.set_channels(steps.last().map_or(block.channels(), |step| step.output));
                next.reshape(count, pass.size[1], block.channels());
                let source = &mut BlockRows { block, first };
                let scratch = &mut *twin;
                let cx = &mut PassContext { pass, source, first, block: next, scratch, level };
                (pass.twin.rows)(cx);
                std::mem::swap(&mut block, &mut next);
            }
            for (row, bytes) in bytes.chunks_mut(row_bytes).enumerate() {
                for columns in strips(self.width()) {
                    let mut pixels = block.row_mut(row, columns.clone(), level);
                    pixels.run(self.last.iter().copied());
                    self.store(&pixels, columns.start, bytes);
                }
            }
        }
    }

    /// Makes rows of a stage that changes pixels one by one.
    fn run_points(
        &self,
        rows: &mut ViewRows<'_>,
        first: usize,
        block: &mut RowBlock,
        bytes: &mut [u8],
        level: Level,
    ) {
        block.reshape(1, STRIP, self.first.src.channels);
        for (row, bytes) in bytes.chunks_mut(self.row_bytes()).enumerate() {
            let stored = rows.stored_row(first + row);
            if let Some((exchange, stored)) = self.exchange.as_ref().zip(stored) {
                exchange.run(level, stored, bytes);
                continue;
            }
            for columns in strips(self.width()) {
                let mut pixels = block.row_mut(0, 0..columns.len(), level);
                rows.read(first + row..first + row + 1, columns.clone(), &mut pixels);
                pixels.run(self.last.iter().copied());
                self.store(&pixels, columns.start, bytes);
            }
        }
    }

    /// Writes pixels into a row as the destination wants it, from column `x` on.
    fn store(&self, pixels: &PixelRow<'_>, x: usize, bytes: &mut [u8]) {
        let slots = self.dst.channels.slots();
        let (size, count) = (self.dst.layout.dtype().size(), pixels.slots[0].len());
        let planar = self.dst.layout.strides()[1] != (size * slots.len()) as isize;
        let planes: [&[f32]; 4] = std::array::from_fn(|at| match slots.get(at) {
            Some(slot) => &*pixels.slots[*slot],
            None => &[],
        });
        if planar {
            let plane_bytes = bytes.len() / slots.len();
            for (plane, bytes) in planes.iter().zip(bytes.chunks_mut(plane_bytes)) {
                let bytes = &mut bytes[x * size..(x + count) * size];
                simd::store_pixels(pixels.level, &[plane], Target::F32(bytes));
            }
            return;
        }
        let bytes = &mut bytes[x * size * slots.len()..(x + count) * size * slots.len()];
        let target = match *self.dst.layout.dtype() {
            DType::U8 => Target::U8(bytes),
            DType::U16 => Target::U16(bytes),
            DType::F16 => Target::F16(bytes),
            _ => Target::F32(bytes),
        };
        simd::store_pixels(pixels.level, &planes[..slots.len()], target);
    }
}

/// Cuts a row into strips.
fn strips(width: usize) -> impl Iterator<Item = Range<usize>> {
    (0..width).step_by(STRIP).map(move |x| x..width.min(x + STRIP))
}
