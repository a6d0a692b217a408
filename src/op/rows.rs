//! Pixels in working form on the CPU: rows of f32, one plane for each channel.
//!
//! A working pixel is four numbers `[r, g, b, a]` as in WGSL; a grey pixel reads as `[v, v, v, a]`
//! and stores its first number; without alpha `a` reads as 1 and is dropped. Whoever runs the
//! passes owns the memory; this module only gives it its shape.

use std::ops::Range;

use crate::image::Color;
use crate::op::pass::{Channels, Pass, Step};
use crate::simd::{self, Level, Lines};

/// A block of rows, each with a plane for each of the four slots of a pixel.
#[derive(Debug, Default)]
pub struct RowBlock {
    samples: Lines,
    /// Samples between one plane and the next.
    plane: usize,
    width: usize,
    rows: usize,
    channels: Option<Channels>,
}

impl RowBlock {
    /// The most rows of a block.
    pub const ROWS: usize = 16;

    /// Gives the block a shape; its samples are what they were.
    pub fn reshape(&mut self, rows: usize, width: usize, channels: Channels) {
        // Planes start on cache lines, and never exactly a page apart.
        self.plane = width.next_multiple_of(16) + 16;
        self.width = width;
        self.rows = rows;
        self.channels = Some(channels);
        let samples = self.plane * 4 * rows;
        if self.samples.len() < samples {
            self.samples.resize(samples);
        }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the channels of each pixel.
    #[must_use]
    pub fn channels(&self) -> Channels {
        self.channels.unwrap_or(Channels { color: Color::Rgb, alpha: true })
    }

    /// Returns one slot of one row.
    #[must_use]
    pub fn plane(&self, row: usize, slot: usize) -> &[f32] {
        let start = (row * 4 + slot) * self.plane;
        &self.samples[start..start + self.width]
    }

    /// Returns one slot of one row, to be written.
    pub fn plane_mut(&mut self, row: usize, slot: usize) -> &mut [f32] {
        let start = (row * 4 + slot) * self.plane;
        &mut self.samples[start..start + self.width]
    }

    /// Returns some columns of a row, to be changed in place.
    pub fn row_mut(&mut self, row: usize, columns: Range<usize>, level: Level) -> PixelRow<'_> {
        let channels = self.channels();
        let start = row * 4 * self.plane;
        let row = &mut self.samples[start..start + 4 * self.plane];
        let mut planes = row.chunks_exact_mut(self.plane);
        let slots = std::array::from_fn(|_| {
            let plane = planes.next().expect("a row has four planes");
            &mut plane[columns.clone()]
        });
        PixelRow { slots, channels, output: channels, level }
    }

    /// Returns one slot of every row, to be written.
    pub fn slot_mut(&mut self, slot: usize) -> Vec<&mut [f32]> {
        let (width, rows) = (self.width, self.rows);
        let planes = self.samples.chunks_exact_mut(self.plane.max(1));
        planes.skip(slot).step_by(4).take(rows).map(|plane| &mut plane[..width]).collect()
    }

    /// Says that a step has left other channels than it found.
    pub fn set_channels(&mut self, channels: Channels) {
        self.channels = Some(channels);
    }
}

/// A row of working pixels, to be changed in place.
#[derive(Debug)]
pub struct PixelRow<'a> {
    /// The four slots: red or grey, green, blue, alpha. Those that `channels` does not use hold
    /// nothing of meaning.
    pub slots: [&'a mut [f32]; 4],
    /// Which slots hold something.
    pub channels: Channels,
    /// Which slots will.
    pub output: Channels,
    /// The instruction set to run on.
    pub level: Level,
}

impl PixelRow<'_> {
    /// Runs steps one after the other.
    pub fn run<'s>(&mut self, steps: impl IntoIterator<Item = &'s Step>) {
        for step in steps {
            self.output = step.output;
            if step.output.alpha && !self.channels.alpha {
                self.slots[3].fill(1.0);
                self.channels.alpha = true;
            }
            (step.twin.row)(self, &step.params);
            self.channels = step.output;
        }
    }

    /// Replaces each pixel by `change` of it.
    #[inline]
    pub fn map(&mut self, change: impl Fn([f32; 4]) -> [f32; 4]) {
        let [r, g, b, a] = &mut self.slots;
        let [rgb_in, rgb_out] = [self.channels, self.output].map(|c| c.color == Color::Rgb);
        simd::map_pixels(self.level, [r, g, b, a], rgb_in, rgb_out, self.channels.alpha, change);
    }

    /// Changes each colour channel by `curve`, which is the same for all of them.
    pub fn map_color(&mut self, curve: impl Fn(Level, &mut [f32])) {
        let count = if self.channels.color == Color::Rgb { 3 } else { 1 };
        for slot in &mut self.slots[..count] {
            curve(self.level, slot);
        }
    }
}

/// The source of a pass: rows in working form, by number, cut into strips of columns.
///
/// A twin that reads many rows goes through them strip by strip, so that what it reads again and
/// again stays in the nearest cache.
pub trait SourceRows {
    /// Returns how many rows can be had at a time.
    fn capacity(&self) -> usize;

    /// Returns how many columns a strip has; the last may have fewer.
    fn strip(&self) -> usize;

    /// Makes one strip of rows `first..first + count` ready; numbers count modulo the height, and
    /// `count` is at most [`capacity`](Self::capacity).
    fn load(&mut self, first: i64, count: usize, strip: usize);

    /// Returns one slot of a strip of a row that the last `load` made ready.
    fn plane(&self, row: i64, slot: usize, strip: usize) -> &[f32];

    /// Reads some columns of the first of `rows`, and keeps nothing; of the others the same columns
    /// will be asked for next.
    fn read(&mut self, rows: Range<usize>, columns: Range<usize>, into: &mut PixelRow<'_>);
}

/// All that the CPU form of a pass twin sees.
pub struct PassContext<'a> {
    /// What to run: parameters and tables.
    pub pass: &'a Pass,
    /// Where pixels come from.
    pub source: &'a mut dyn SourceRows,
    /// The number of the block's first row in the output.
    pub first: usize,
    /// Where pixels go; its shape says how many.
    pub block: &'a mut RowBlock,
    /// Memory that the twin may use as it likes, kept from call to call.
    pub scratch: &'a mut Lines,
    /// The instruction set to run on.
    pub level: Level,
}

impl PassContext<'_> {
    /// Fills the first `width` columns of the block with the source's rows of the same numbers.
    pub fn copy_same_rows(&mut self, width: usize) {
        let (rows, strip_width) = (self.block.rows(), self.source.strip());
        for (strip, left) in (0..width).step_by(strip_width.max(1)).enumerate() {
            let columns = left..width.min(left + strip_width);
            for row in 0..rows {
                let y = i64::try_from(self.first + row).unwrap_or(i64::MAX);
                self.source.load(y, 1, strip);
                for slot in self.block.channels().slots() {
                    let source = &self.source.plane(y, *slot, strip)[..columns.len()];
                    self.block.plane_mut(row, *slot)[columns.clone()].copy_from_slice(source);
                }
            }
        }
    }
}

impl std::fmt::Debug for PassContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassContext")
            .field("twin", &self.pass.twin.name)
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}
