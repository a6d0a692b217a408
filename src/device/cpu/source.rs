//! Where the rows of a pass come from: a view of any layout, or the block before.

use std::ops::Range;

use super::table::Table;
use crate::device::bands::Rows;
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::op::pass::{Channels, PlannedPass, Reads, Step};
use crate::op::rows::{PixelRow, RowBlock, SourceRows};
use crate::op::space;
use crate::simd::{self, Level, Source};
use crate::view::{View, ViewMut};

/// The most memory for source rows in working form, for each thread.
const RING_BYTES: usize = 64 << 20;

/// How many samples of one slot a strip of all rows under a window should have: what the second cache holds
/// of all slots. Runs of a row are then long enough for what reads ahead by itself.
const STRIP_SAMPLES: usize = 16 << 10;

/// The fewest columns of a strip: fewer cost more to look up than to read.
const STRIP_LEAST: usize = 256;

/// How many rows ahead stored pixels are asked for: the next run of a strip is a row away, which nothing else
/// foresees.
const AHEAD: usize = 4;

/// Rows of a view, turned into working form as they are asked for, and kept while there is room.
pub(super) struct ViewRows<'a> {
    source: &'a View<'a>,
    /// Which rows of the image those of the view are.
    at_hand: Rows,
    reader: Reader<'a>,
    /// A row for each place of each strip.
    ring: &'a mut RowBlock,
    strip: usize,
    places: usize,
    /// Which row each place of each strip holds.
    held: &'a mut Vec<Option<i64>>,
    level: Level,
}

impl<'a> ViewRows<'a> {
    pub(super) fn new(
        source: &'a View<'a>,
        at_hand: Rows,
        pass: &'a PlannedPass,
        (ring, held): (&'a mut RowBlock, &'a mut Vec<Option<i64>>),
        packed: &'a mut Vec<u8>,
        level: Level,
    ) -> Self {
        let width = pass.src.width();
        let several = |most: usize| {
            let strip = (STRIP_SAMPLES / most.max(1)).next_multiple_of(64);
            (most + RowBlock::ROWS - 1, strip.clamp(STRIP_LEAST, width.max(STRIP_LEAST)))
        };
        let (rows, strip) = match pass.pass.as_ref().map(|pass| pass.reads) {
            None | Some(Reads::Anywhere) => (0, width),
            Some(Reads::SameRow) => (RowBlock::ROWS, width),
            Some(Reads::Rows(most)) => several(most),
            Some(Reads::Around { reach, .. }) => several((2 * reach + 1).min(pass.src.height())),
        };
        let room = RING_BYTES / (width * 4 * size_of::<f32>()).max(1);
        let places = rows.min(room.max(RowBlock::ROWS));
        let strips = width.div_ceil(strip.max(1));
        ring.reshape(places * strips, strip, pass.loaded());
        held.resize(places * strips, None);
        let reader = Reader::new(pass, packed, level);
        Self { source, at_hand, reader, ring, strip, places, held, level }
    }

    /// Returns the stored pixels of a row where they are one run.
    pub(super) fn stored_row(&self, row: usize) -> Option<&'a [u8]> {
        let row = self.local(row);
        let packed = self.reader.way == Way::Packed;
        packed.then(|| self.source.index(0, signed(row)).ok()?.as_bytes()).flatten()
    }

    /// Returns where a row of the image is in the view.
    fn local(&self, row: usize) -> usize {
        let Rows { first, height, .. } = self.at_hand;
        if row < first { row + height - first } else { row - first }
    }

    fn place(&self, row: i64, strip: usize) -> usize {
        let places = i64::try_from(self.places).unwrap_or(i64::MAX);
        strip * self.places + usize::try_from(row.rem_euclid(places)).unwrap_or(0)
    }
}

impl SourceRows for ViewRows<'_> {
    fn capacity(&self) -> usize {
        self.places
    }

    fn strip(&self) -> usize {
        self.strip
    }

    fn load(&mut self, first: i64, count: usize, strip: usize) {
        let [height, width] = [self.source.shape()[0], self.source.shape()[1]];
        let columns = strip * self.strip..width.min((strip + 1) * self.strip);
        let end = first + i64::try_from(count).unwrap_or(0);
        for row in first..end {
            let place = self.place(row, strip);
            if self.held[place] != Some(row) {
                let around = i64::try_from(self.at_hand.height).unwrap_or(i64::MAX);
                let at = self.local(usize::try_from(row.rem_euclid(around)).unwrap_or(0));
                let next = usize::try_from(end - row).unwrap_or(1);
                let rows = at..height.min(at + next);
                self.reader.ask_for(self.source, (at + AHEAD).min(height - 1), columns.clone());
                let mut into = self.ring.row_mut(place, 0..columns.len(), self.level);
                self.reader.read(self.source, rows, columns.clone(), &mut into);
                self.held[place] = Some(row);
            }
        }
    }

    fn plane(&self, row: i64, slot: usize, strip: usize) -> &[f32] {
        self.ring.plane(self.place(row, strip), slot)
    }

    fn read(&mut self, rows: Range<usize>, columns: Range<usize>, into: &mut PixelRow<'_>) {
        // They do not go around: who reads so reads one by one.
        let first = self.local(rows.start);
        self.reader.read(self.source, first..first + rows.len(), columns, into);
    }
}

/// The rows of a block that an earlier pass of the stage made.
pub(super) struct BlockRows<'a> {
    pub(super) block: &'a RowBlock,
    /// The number of the block's first row.
    pub(super) first: usize,
}

impl SourceRows for BlockRows<'_> {
    fn capacity(&self) -> usize {
        self.block.rows()
    }

    fn strip(&self) -> usize {
        self.block.width()
    }

    fn load(&mut self, _: i64, _: usize, _: usize) {}

    fn plane(&self, row: i64, slot: usize, _: usize) -> &[f32] {
        let first = i64::try_from(self.first).unwrap_or(i64::MAX);
        self.block.plane(usize::try_from(row - first).unwrap_or(0), slot)
    }

    fn read(&mut self, rows: Range<usize>, columns: Range<usize>, into: &mut PixelRow<'_>) {
        for slot in self.block.channels().slots() {
            let plane = self.block.plane(rows.start - self.first, *slot);
            into.slots[*slot].copy_from_slice(&plane[columns.clone()]);
        }
    }
}

/// The most rows that are packed at a time.
const PACKED_ROWS: usize = 32;

/// Turns stored rows into working form.
struct Reader<'a> {
    dtype: DType,
    stored: Channels,
    steps: &'a [Step],
    /// What the first steps make of each code.
    values: Known,
    way: Way,
    packed: &'a mut Vec<u8>,
    /// Which rows and columns `packed` holds.
    held: [Range<usize>; 2],
}

/// What is known of what the first steps make of a stored sample, before it is read.
enum Known {
    /// Nothing is known.
    Unknown,
    /// The value of each 8-bit code.
    Table(Box<Table>),
    /// The light of each 16-bit code, for all channels but alpha.
    Light16,
}

/// How the samples of a row lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Pixel after pixel, without a gap.
    Packed,
    /// A run of samples for each channel.
    Planar,
    /// In any other way: rows are packed by the copy engine first, some at a time.
    Strided,
}

impl<'a> Reader<'a> {
    fn new(pass: &'a PlannedPass, packed: &'a mut Vec<u8>, level: Level) -> Self {
        let layout = &pass.src.layout;
        let dtype = layout.dtype().clone();
        let size = dtype.size() as isize;
        let channels = pass.src.channels.count();
        let way = match *layout.strides() {
            [_, x, c] if (c == size || channels == 1) && x == size * channels as isize => {
                Way::Packed
            }
            [_, x, _] if x == size => Way::Planar,
            _ => Way::Strided,
        };
        let is_decoded = pass.load.first().is_some_and(space::is_srgb_decode);
        let (values, known) = match Table::of_first_steps(pass, level) {
            Some((table, known)) => (Known::Table(Box::new(table)), known),
            None if dtype == DType::U16 && is_decoded => (Known::Light16, 1),
            None => (Known::Unknown, 0),
        };
        let steps = &pass.load[known..];
        let held = [0..0, 0..0];
        Self { dtype, stored: pass.src.channels, steps, values, way, packed, held }
    }

    /// Reads the first of `rows` and runs the load steps on it; the others will be asked for next.
    fn read(
        &mut self,
        source: &View<'_>,
        rows: Range<usize>,
        columns: Range<usize>,
        into: &mut PixelRow<'_>,
    ) {
        into.channels = self.stored;
        self.read_stored(source, rows, columns, into)
            .expect("the source has the layout of the plan, and rows and columns lie inside it");
        into.run(self.steps);
    }

    /// Asks for pixels that will be read soon, where they are one run.
    fn ask_for(&self, source: &View<'_>, row: usize, columns: Range<usize>) {
        let pixel = self.stored.count() * self.dtype.size();
        if self.way == Way::Packed
            && let Ok(pixels) = source.index(0, signed(row))
            && let Some(bytes) = pixels.as_bytes()
        {
            simd::ask_for(&bytes[columns.start * pixel..columns.end * pixel]);
        }
    }

    fn read_stored(
        &mut self,
        source: &View<'_>,
        rows: Range<usize>,
        columns: Range<usize>,
        into: &mut PixelRow<'_>,
    ) -> Result<()> {
        let pixel = self.stored.count() * self.dtype.size();
        match self.way {
            Way::Packed => {
                let pixels = source.index(0, signed(rows.start))?;
                let bytes = pixels.as_bytes().expect("packed pixels are one run");
                self.unpack(&bytes[columns.start * pixel..columns.end * pixel], into);
            }
            Way::Planar => {
                let pixels = source.index(0, signed(rows.start))?;
                let size = self.dtype.size();
                for (channel, slot) in self.stored.slots().iter().enumerate() {
                    let samples = pixels.index(1, signed(channel))?;
                    let bytes = samples.as_bytes().expect("a plane's samples are one run");
                    let bytes = &bytes[columns.start * size..columns.end * size];
                    let source = self.source(bytes, *slot);
                    simd::load_pixels(into.level, source, &mut [&mut *into.slots[*slot]]);
                }
            }
            Way::Strided => {
                let row = rows.start;
                if !self.held[0].contains(&row) || self.held[1] != columns {
                    self.pack(source, rows, columns.clone())?;
                }
                let at = (row - self.held[0].start) * columns.len() * pixel;
                let packed = std::mem::take(self.packed);
                self.unpack(&packed[at..at + columns.len() * pixel], into);
                *self.packed = packed;
            }
        }
        Ok(())
    }

    /// Packs as many rows as go at a time: rows that are columns in memory share cache lines.
    fn pack(&mut self, source: &View<'_>, rows: Range<usize>, columns: Range<usize>) -> Result<()> {
        let rows = rows.start..rows.end.min(rows.start + PACKED_ROWS);
        let seen = source.slice(0, rows.clone())?.slice(1, columns.clone())?;
        self.packed.resize(seen.nbytes(), 0);
        let layout = Layout::contiguous(self.dtype.clone(), seen.shape())?;
        seen.copy_to(&mut ViewMut::new(&mut self.packed[..], layout)?)?;
        self.held = [rows, columns];
        Ok(())
    }

    fn unpack(&self, bytes: &[u8], into: &mut PixelRow<'_>) {
        let [a, b, c, d] = &mut into.slots;
        let source = self.source(bytes, 0);
        match (self.stored.count(), self.stored.alpha) {
            (1, _) => simd::load_pixels(into.level, source, &mut [a]),
            (2, _) => simd::load_pixels(into.level, source, &mut [a, d]),
            (3, _) => simd::load_pixels(into.level, source, &mut [a, b, c]),
            _ => simd::load_pixels(into.level, source, &mut [a, b, c, d]),
        }
    }

    /// Says how stored samples are read, from the slot `first` on.
    fn source<'b>(&'b self, bytes: &'b [u8], first: usize) -> Source<'b> {
        let slots = self.stored.slots().iter().skip_while(|slot| **slot != first);
        let mut slots = slots.copied();
        let slots: [Option<usize>; 4] = std::array::from_fn(|_| slots.next());
        match self.dtype {
            DType::U8 => {
                let Known::Table(table) = &self.values else {
                    return Source::U8(bytes, [None; 4]);
                };
                Source::U8(bytes, slots.map(|slot| table.values(slot?)))
            }
            DType::U16 => {
                // Alpha is never encoded.
                let is_light = |slot| matches!((&self.values, slot), (Known::Light16, Some(0..=2)));
                Source::U16(bytes, slots.map(|slot| is_light(slot).then(simd::decode_table_16)))
            }
            DType::F16 => Source::F16(bytes),
            _ => Source::F32(bytes),
        }
    }
}

fn signed(index: usize) -> isize {
    isize::try_from(index).unwrap_or(isize::MAX)
}
