//! Entropy decoding of sequential scans: some units at a time, dequantised, only what is wanted.
//!
//! Baseline and extended pictures with Huffman codes (ITU-T T.81, F.2.2). Coefficients that a scale does not
//! need are passed over as fast as their codes allow.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::bits::Bits;
use super::entropy::{Tables, Walk};
use super::frame::{Frame, Scan};
use super::geometry::Places;
use super::huffman::{END, Pairs, Purpose, Steps, Table};
use super::report::Report;
use crate::error::Result;
use crate::simd::Work;

/// The bit of a block's marks that says it is damaged. Those below are of its rows.
const DAMAGED: u32 = 1 << 31;

/// Bytes that a block has at most: 64 coefficients of 16 bits of code and 16 of value.
const MAX_BLOCK_BYTES: usize = 256;

/// The tables of a scan, each once.
#[derive(Debug)]
struct Coders {
    tables: Vec<Table>,
    /// For each member, where its DC and AC tables are.
    of: Vec<(usize, usize)>,
}

impl Coders {
    fn new(tables: &Tables<'_>, scan: &Scan<'_>, planes: &[&Places]) -> Result<Self> {
        let mut made: Vec<((Purpose, usize), Table)> = Vec::new();
        let mut of = Vec::new();
        for (member, places) in scan.members.iter().zip(planes) {
            let wanted = u8::try_from(places.last).unwrap_or(63);
            let mut places = [0; 2];
            let kinds =
                [(Purpose::Dc, member.dc_table()), (Purpose::Ac(wanted), member.ac_table())];
            for (place, kind) in places.iter_mut().zip(kinds) {
                *place = match made.iter().position(|(other, _)| *other == kind) {
                    Some(place) => place,
                    None => {
                        let table = match kind.0 {
                            Purpose::Dc => tables.dc(*member)?,
                            purpose => tables.ac(*member, purpose)?,
                        };
                        made.push((kind, table));
                        made.len() - 1
                    }
                };
            }
            of.push((places[0], places[1]));
        }
        Ok(Self { tables: made.into_iter().map(|(_, table)| table).collect(), of })
    }
}

/// The blocks of one component in a group of units.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) component: usize,
    places: Places,
    side: usize,
    /// The blocks of a unit, across and down, and of a row of the group.
    h: usize,
    v: usize,
    row_blocks: usize,
    /// Coefficients, row of blocks after row of blocks.
    coefficients: Vec<i16>,
    /// For each block, which of its rows hold more than zeros.
    marks: Vec<u8>,
    predicted: i32,
}

impl Part {
    fn new(
        component: usize,
        places: &Places,
        side: usize,
        blocks: (usize, usize),
        units: usize,
    ) -> Self {
        let (h, v) = blocks;
        let row_blocks = units * h;
        Self {
            component,
            places: places.clone(),
            side,
            h,
            v,
            row_blocks,
            coefficients: vec![0; row_blocks * v * side * side],
            marks: vec![0; row_blocks * v],
            predicted: 0,
        }
    }

    /// Returns a row of blocks, and the marks of each: as many blocks as `units` units have.
    pub(super) fn row(&self, row: usize, units: usize) -> (&[i16], &[u8]) {
        let (start, count) = (row * self.row_blocks, units * self.h);
        let size = self.side * self.side;
        (
            &self.coefficients[start * size..(start + count) * size],
            &self.marks[start..start + count],
        )
    }

    /// Makes the blocks of a unit grey.
    fn clear(&mut self, unit: usize) {
        let size = self.side * self.side;
        for row in 0..self.v {
            let start = row * self.row_blocks + unit * self.h;
            self.coefficients[start * size..(start + self.h) * size].fill(0);
            self.marks[start..start + self.h].fill(0);
        }
    }
}

/// Decodes the units of a scan, a group of them at a time.
#[derive(Debug)]
pub(super) struct Sequential<'a> {
    walk: Walk<'a>,
    coders: Coders,
    pub(super) parts: Vec<Part>,
    /// Units in a group at most.
    most: usize,
    /// The units to decode, those that are done, and whether the last of them is damaged.
    units: usize,
    done: usize,
    is_damaged: bool,
}

impl<'a> Sequential<'a> {
    /// Starts a scan. `planes` has the places and the side of a block for each member.
    pub(super) fn new(
        frame: &Frame,
        scan: &Scan<'a>,
        tables: &Tables<'a>,
        planes: &[(&Places, usize)],
        most: usize,
        report: &mut Report,
    ) -> Result<Self> {
        let places: Vec<&Places> = planes.iter().map(|(places, _)| *places).collect();
        let coders = Coders::new(tables, scan, &places)?;
        let parts = scan.members.iter().zip(planes).map(|(member, (places, side))| {
            let blocks = frame.unit_blocks(scan, *member);
            Part::new(member.component, places, *side, blocks, most)
        });
        Ok(Self {
            walk: Walk::new(frame, scan, frame.unit_size(scan) * MAX_BLOCK_BYTES, report)?,
            coders,
            parts: parts.collect(),
            most,
            units: 0,
            done: 0,
            is_damaged: false,
        })
    }

    /// Passes over units before the first, as many of them as can be passed over without being decoded, and
    /// returns how many those are.
    pub(super) fn skip(&mut self, units: usize) -> usize {
        self.walk.skip(units)
    }

    /// Decodes the next units, `left` or fewer, into the parts, and returns how many.
    pub(super) fn decode(
        &mut self,
        level: crate::simd::Level,
        left: usize,
        report: &mut Report,
    ) -> Result<usize> {
        let (units, is_start) = self.walk.next_units(left.min(self.most));
        if is_start {
            self.parts.iter_mut().for_each(|part| part.predicted = 0);
        }
        (self.units, self.done) = (units, 0);
        while self.done < units {
            if self.walk.is_missing {
                self.parts.iter_mut().for_each(|part| part.clear(self.done));
                self.done += 1;
                continue;
            }
            self.is_damaged = false;
            crate::simd::do_work(level, self);
            if self.is_damaged {
                self.walk.tell_damage(report)?;
                if self.walk.is_missing {
                    // The unit in which the data end is half guessed.
                    self.done -= 1;
                }
            }
        }
        Ok(units)
    }
}

impl Work for Sequential<'_> {
    /// Decodes units up to the last, or to the first that is damaged.
    #[inline(always)]
    fn run(&mut self) {
        while self.done < self.units && !self.is_damaged {
            let unit = self.done;
            self.walk.window.prepare(&mut self.walk.place);
            let mut bits = self.walk.window.bits(self.walk.place);
            let mut marks = 0;
            for (part, (dc, ac)) in self.parts.iter_mut().zip(&self.coders.of) {
                let (dc, ac) = (&self.coders.tables[*dc], &self.coders.tables[*ac]);
                for row in 0..part.v {
                    let first = row * part.row_blocks + unit * part.h;
                    for block in first..first + part.h {
                        marks |= match part.side {
                            8 => part.block::<64>(&mut bits, dc, ac, block),
                            4 => part.block::<16>(&mut bits, dc, ac, block),
                            2 => part.block::<4>(&mut bits, dc, ac, block),
                            _ => part.block::<1>(&mut bits, dc, ac, block),
                        };
                    }
                }
            }
            self.walk.place = bits.place();
            self.is_damaged = marks & DAMAGED != 0 || self.walk.window.is_overrun(&self.walk.place);
            self.done += 1;
        }
    }
}

impl Part {
    /// Decodes a block of `N` wanted coefficients and returns its marks.
    #[inline(always)]
    fn block<const N: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        dc: &Table,
        ac: &Table,
        at: usize,
    ) -> u32 {
        let Some(block) = self.coefficients.as_chunks_mut::<N>().0.get_mut(at) else {
            return DAMAGED;
        };
        let (difference, mut marks) = difference(bits, dc);
        self.predicted = self.predicted.wrapping_add(difference);
        *block = [0; N];
        marks |= match (ac.pairs(), ac.steps()) {
            (Some(pairs), steps) if N > 1 => wanted(bits, ac, pairs, steps, &self.places, block),
            (_, Some(steps)) => skip(bits, ac, steps, 1),
            _ => 0,
        };
        // Behind the others, for what is not wanted was written in its place.
        block[0] = (self.predicted as i16).wrapping_mul(self.places.at(0).factor());
        if let Some(slot) = self.marks.get_mut(at) {
            *slot = marks as u8;
        }
        marks
    }
}

/// Decodes a difference of DC coefficients (T.81, F.2.2.1).
#[inline(always)]
pub(super) fn difference(bits: &mut Bits<'_>, table: &Table) -> (i32, u32) {
    bits.refill();
    let single = table.single(bits.peek());
    if single.is_known() {
        let value = single.value(bits.peek());
        bits.skip(single.bits());
        return (value, 0);
    }
    let (next, value) = long_difference(*bits, table);
    *bits = next;
    value.map_or((0, DAMAGED), |value| (value, 0))
}

#[cold]
#[inline(never)]
fn long_difference<'b>(mut bits: Bits<'b>, table: &Table) -> (Bits<'b>, Option<i32>) {
    let symbol = table.symbol(&mut bits).filter(|symbol| *symbol < 16);
    let value = symbol.map(|size| extended(bits.read(u32::from(size)), u32::from(size)));
    if value.is_none() {
        bits.skip(16);
    }
    (bits, value)
}

/// Returns the value that bits of its size stand for (T.81, F.2.2.1).
#[inline(always)]
pub(super) fn extended(bits: u32, size: u32) -> i32 {
    let value = bits as i32;
    let is_negative = size > 0 && value >> (size - 1) == 0;
    if is_negative { value + 1 - (1 << size) } else { value }
}

/// Decodes the AC coefficients of a block; `Err` has the place from which on none is wanted.
#[inline(always)]
fn wanted<const N: usize>(
    bits: &mut Bits<'_>,
    table: &Table,
    pairs: Pairs<'_>,
    steps: Option<Steps<'_>>,
    places: &Places,
    block: &mut [i16; N],
) -> u32 {
    // In registers, whoever else has a reference.
    let mut reader = *bits;
    let mut marks = super::geometry::Place::default();
    let last = if N == 64 { 63 } else { places.last };
    let mut k = 1;
    let mut damage = 0;
    'block: loop {
        reader.refill();
        let mut pairs_left = 4;
        loop {
            let pair = pairs.at(reader.peek());
            let (first, second) = (k + pair.first(), k + pair.second());
            if second < 64 {
                let (a, b) = (places.at(first), places.at(second));
                block[a.index() & (N - 1)] = pair.first_value().wrapping_mul(a.factor());
                block[b.index() & (N - 1)] = pair.second_value().wrapping_mul(b.factor());
                marks = marks.joined(a).joined(b);
                k += pair.length();
                reader.skip(pair.bits());
                if k > last {
                    break 'block;
                }
                // Four pairs take 48 bits at most.
                pairs_left -= 1;
                if pairs_left == 0 {
                    continue 'block;
                }
                continue;
            }
            if pair.first() == END as usize {
                reader.skip(pair.bits());
                k = 64;
                break 'block;
            }
            // Behind the last coefficient no end is told: what looks like one is of the next block.
            if pair.ends_behind_first() && first < 63 {
                let a = places.at(first);
                block[a.index() & (N - 1)] = pair.first_value().wrapping_mul(a.factor());
                marks = marks.joined(a);
                reader.skip(pair.bits());
                k = 64;
                break 'block;
            }
            break;
        }
        reader.refill();
        let single = table.single(reader.peek());
        let (run, value) = if single.is_known() {
            let value = single.value(reader.peek());
            reader.skip(single.bits());
            (single.run(), value)
        } else {
            let (next, found) = long_coefficient(reader, table);
            reader = next;
            damage |= if found.is_none() { DAMAGED } else { 0 };
            found.unwrap_or((END, 0))
        };
        k += run as usize;
        if k > 63 {
            damage |= if run < END { DAMAGED } else { 0 };
            break;
        }
        let place = places.at(k);
        block[place.index() & (N - 1)] = (value as i16).wrapping_mul(place.factor());
        marks = marks.joined(place);
        k += 1;
        if k > last {
            break;
        }
    }
    *bits = reader;
    if N < 64
        && k < 64
        && let Some(steps) = steps
    {
        damage |= skip(bits, table, steps, k);
    }
    marks.marks() | damage
}

/// Decodes one AC coefficient with a code of any length: its run and value.
#[cold]
#[inline(never)]
fn long_coefficient<'b>(mut bits: Bits<'b>, table: &Table) -> (Bits<'b>, Option<(u32, i32)>) {
    let Some(symbol) = table.symbol(&mut bits) else {
        bits.skip(16);
        return (bits, None);
    };
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    if symbol == 0 {
        return (bits, Some((END, 0)));
    }
    let value = extended(bits.read(size), size);
    (bits, Some((run, value)))
}

/// Passes over the AC coefficients of a block from the k-th on.
#[inline(always)]
fn skip(bits: &mut Bits<'_>, table: &Table, steps: Steps<'_>, mut k: usize) -> u32 {
    let mut reader = *bits;
    let mut damage = 0;
    'block: loop {
        reader.refill();
        // Two steps take 56 bits at most.
        for _ in 0..2 {
            let step = steps.at(reader.peek());
            let next = k + step.length();
            if next > 64 || next == 64 && step.is_end() {
                break;
            }
            reader.skip(step.bits());
            k = next;
            if step.is_end() || k == 64 {
                break 'block;
            }
        }
        reader.refill();
        let single = table.single(reader.peek());
        let run = if single.is_known() {
            reader.skip(single.bits());
            single.run()
        } else {
            let (next, found) = long_coefficient(reader, table);
            reader = next;
            damage |= if found.is_none() { DAMAGED } else { 0 };
            found.map_or(END, |(run, _)| run)
        };
        k += run as usize + 1;
        if k > 63 {
            damage |= if run < END && k > 64 { DAMAGED } else { 0 };
            break;
        }
    }
    *bits = reader;
    damage
}
