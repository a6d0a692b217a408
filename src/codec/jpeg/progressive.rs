//! Entropy decoding of progressive scans (ITU-T T.81, G.1.2), into stores of coefficients.
//!
//! Which coefficients of a block are not zero is one word. A refining scan finds the place behind a run of
//! zeros in it, and takes the correction bits of all coefficients before that place at once.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::bits::Bits;
use super::entropy::{Tables, Walk};
use super::frame::{Frame, Scan};
use super::huffman::{END, Purpose, Table};
use super::report::Report;
use super::sequential::{difference, extended};
use super::store::Store;
use crate::error::Result;
use crate::simd::{Level, Work, do_work};

/// Bytes that the scan of a block has at most.
const MAX_BLOCK_BYTES: usize = 256;

/// How far a scan has come.
struct Progress<'a> {
    walk: Walk<'a>,
    /// The units to decode: from, to.
    at: usize,
    end: usize,
    is_damaged: bool,
}

impl<'a> Progress<'a> {
    fn new(walk: Walk<'a>) -> Self {
        Self { walk, at: 0, end: 0, is_damaged: false }
    }
}

/// A scan; its work decodes units up to the last that is wanted, or to the first that is damaged.
trait Progressive<'a>: Work {
    fn progress(&mut self) -> &mut Progress<'a>;

    /// Forgets what earlier units have left: a restart interval begins.
    fn restart(&mut self);
}

/// Decodes all units of a scan.
fn decode_all<'a>(
    level: Level,
    total: usize,
    scan: &mut impl Progressive<'a>,
    report: &mut Report,
) -> Result<()> {
    while scan.progress().at < total {
        let progress = scan.progress();
        let (units, is_start) = progress.walk.next_units(total - progress.at);
        progress.end = progress.at + units;
        if is_start {
            scan.restart();
        }
        while scan.progress().at < scan.progress().end {
            let progress = scan.progress();
            if progress.walk.is_missing {
                progress.at = progress.end;
                break;
            }
            progress.is_damaged = false;
            do_work(level, scan);
            let progress = scan.progress();
            if progress.is_damaged {
                progress.walk.tell_damage(report)?;
            }
        }
    }
    Ok(())
}

/// Decodes a scan of DC coefficients.
pub(super) fn decode_first(
    level: Level,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &Tables<'_>,
    stores: &mut [Store],
    report: &mut Report,
) -> Result<()> {
    let [high, low] = scan.approximation;
    let dc = if high > 0 {
        Vec::new()
    } else {
        scan.members.iter().map(|member| tables.dc(*member)).collect::<Result<_>>()?
    };
    let blocks = scan.members.iter().map(|member| {
        let (h, v) = frame.unit_blocks(scan, *member);
        (member.component, h, v)
    });
    let bytes = frame.unit_size(scan) * MAX_BLOCK_BYTES;
    let (columns, rows) = frame.scan_units(scan);
    let mut first = First {
        dc,
        blocks: blocks.collect(),
        progress: Progress::new(Walk::new(frame, scan, bytes, report)?),
        low,
        columns,
        stores,
        predicted: [0; 4],
    };
    decode_all(level, columns * rows, &mut first, report)
}

/// A scan of DC coefficients.
struct First<'a, 's> {
    /// The table of each member; none where bits are added to what is there.
    dc: Vec<Table>,
    /// The component of each member, and its blocks in a unit, across and down.
    blocks: Vec<(usize, usize, usize)>,
    progress: Progress<'a>,
    low: u8,
    /// Units of a row.
    columns: usize,
    stores: &'s mut [Store],
    predicted: [i32; 4],
}

impl<'a> Progressive<'a> for First<'a, '_> {
    fn progress(&mut self) -> &mut Progress<'a> {
        &mut self.progress
    }

    fn restart(&mut self) {
        self.predicted = [0; 4];
    }
}

impl Work for First<'_, '_> {
    /// Decodes units up to the last, or to the first that is damaged.
    #[inline(always)]
    fn run(&mut self) {
        let (mut y, mut x) = (self.progress.at / self.columns, self.progress.at % self.columns);
        while self.progress.at < self.progress.end && !self.progress.is_damaged {
            self.progress.walk.window.prepare(&mut self.progress.walk.place);
            let mut bits = self.progress.walk.window.bits(self.progress.walk.place);
            let mut damage = 0;
            for (slot, &(component, h, v)) in self.blocks.iter().enumerate() {
                let store = &mut self.stores[component];
                for down in 0..v {
                    let start = (y * v + down) * store.blocks.0 + x * h;
                    for at in start..start + h {
                        let first = &mut store.coefficients[at * store.kept];
                        match self.dc.get(slot) {
                            Some(table) => {
                                let (difference, damaged) = difference(&mut bits, table);
                                damage |= damaged;
                                let value = self.predicted[slot].wrapping_add(difference);
                                self.predicted[slot] = value;
                                *first = (value << self.low) as i16;
                            }
                            None => *first |= (bits.read(1) << self.low) as i16,
                        }
                    }
                }
            }
            self.progress.walk.place = bits.place();
            self.progress.is_damaged =
                damage != 0 || self.progress.walk.window.is_overrun(&self.progress.walk.place);
            self.progress.at += 1;
            x += 1;
            if x == self.columns {
                (y, x) = (y + 1, 0);
            }
        }
    }
}

/// Decodes a scan of AC coefficients of one component.
pub(super) fn decode_band(
    level: Level,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &Tables<'_>,
    stores: &mut [Store],
    report: &mut Report,
) -> Result<()> {
    let &[member] = scan.members.as_slice() else { return Ok(()) };
    let store = &mut stores[member.component];
    let [first, last] = scan.spectral.map(u32::from);
    let (columns, rows) = frame.own_blocks(member.component);
    let mut band = Band {
        table: tables.ac(member, Purpose::Progressive)?,
        progress: Progress::new(Walk::new(frame, scan, MAX_BLOCK_BYTES, report)?),
        first,
        last,
        refines: scan.approximation[0] > 0,
        low: u32::from(scan.approximation[1]),
        run: 0,
        stride: store.blocks.0,
        columns,
        store,
    };
    decode_all(level, columns * rows, &mut band, report)
}

/// A scan of a band of AC coefficients.
struct Band<'a, 's> {
    table: Table,
    progress: Progress<'a>,
    store: &'s mut Store,
    /// The band in zigzag order.
    first: u32,
    last: u32,
    /// Whether coefficients are refined by one bit, and the position of the bits that come.
    refines: bool,
    low: u32,
    /// Blocks left, of those in which nothing new comes.
    run: u32,
    /// Blocks of a row in the store, and in the scan.
    stride: usize,
    columns: usize,
}

impl<'a> Progressive<'a> for Band<'a, '_> {
    fn progress(&mut self) -> &mut Progress<'a> {
        &mut self.progress
    }

    fn restart(&mut self) {
        self.run = 0;
    }
}

impl Work for Band<'_, '_> {
    /// Decodes blocks up to the last, or to the first that is damaged.
    #[inline(always)]
    fn run(&mut self) {
        let (mut y, mut x) = (self.progress.at / self.columns, self.progress.at % self.columns);
        let kept = self.store.kept;
        let band = (u64::MAX >> (63 - self.last)) & (u64::MAX << self.first);
        while self.progress.at < self.progress.end && !self.progress.is_damaged {
            if self.run > 0 && !self.refines {
                // Nothing at all comes for these blocks.
                let count = (self.run as usize).min(self.progress.end - self.progress.at);
                self.run -= count as u32;
                self.progress.at += count;
                (y, x) = (self.progress.at / self.columns, self.progress.at % self.columns);
                continue;
            }
            let block = y * self.stride + x;
            let coefficients = &mut self.store.coefficients[block * kept..(block + 1) * kept];
            let Some(used) = self.store.used.get_mut(block) else { return };
            if self.run > 0 && *used & band == 0 {
                // Nothing new comes, and there is nothing to correct.
                self.run -= 1;
                self.progress.at += 1;
                x += 1;
                if x == self.columns {
                    (y, x) = (y + 1, 0);
                }
                continue;
            }
            self.progress.walk.window.prepare(&mut self.progress.walk.place);
            let mut reader = Reader {
                bits: self.progress.walk.window.bits(self.progress.walk.place),
                table: &self.table,
                coefficients,
                first: self.first,
                last: self.last,
                low: self.low,
            };
            let run = if self.refines { reader.refine(used, self.run) } else { reader.begin(used) };
            self.progress.walk.place = reader.bits.place();
            self.progress.is_damaged =
                run.is_none() || self.progress.walk.window.is_overrun(&self.progress.walk.place);
            self.run = run.unwrap_or(0);
            self.progress.at += 1;
            x += 1;
            if x == self.columns {
                (y, x) = (y + 1, 0);
            }
        }
    }
}

/// Reads one block of a band.
struct Reader<'b, 's> {
    bits: Bits<'b>,
    table: &'s Table,
    /// The kept coefficients of the block.
    coefficients: &'s mut [i16],
    first: u32,
    last: u32,
    low: u32,
}

impl Reader<'_, '_> {
    /// Reads coefficients for the first time (T.81, G.1.2.2). Returns the blocks that follow without any.
    #[inline(always)]
    fn begin(&mut self, used: &mut u64) -> Option<u32> {
        let mut bits = self.bits;
        let (mut k, mut seen, mut run) = (self.first, *used, 0);
        let mut is_good = true;
        while k <= self.last {
            bits.refill();
            let single = self.table.single(bits.peek());
            let (zeros, value) = if single.is_known() && single.has_value() {
                let value = single.value(bits.peek());
                bits.skip(single.bits());
                (single.run(), value)
            } else {
                let (next, symbol) = symbol(bits, self.table);
                bits = next;
                let Some((zeros, size)) = symbol else {
                    is_good = false;
                    break;
                };
                if size == 0 {
                    if zeros == 15 {
                        k += 16;
                        continue;
                    }
                    run = (1 << zeros) - 1 + bits.read(zeros);
                    break;
                }
                (zeros, extended(bits.read(size), size))
            };
            k += zeros;
            if k > self.last {
                is_good = false;
                break;
            }
            if let Some(slot) = self.coefficients.get_mut(k as usize) {
                *slot = (value << self.low) as i16;
            }
            seen |= 1 << k;
            k += 1;
        }
        self.bits = bits;
        *used = seen;
        is_good.then_some(run)
    }

    /// Refines coefficients by a bit (T.81, G.1.2.3). Returns the blocks that follow without new ones.
    #[inline(always)]
    fn refine(&mut self, used: &mut u64, run: u32) -> Option<u32> {
        let band = (u64::MAX >> (63 - self.last)) & (u64::MAX << self.first);
        let old = *used & band;
        let (mut k, mut run, mut is_good) = (self.first, run, true);
        while run == 0 && k <= self.last {
            self.bits.refill();
            let (next, symbol) = symbol(self.bits, self.table);
            self.bits = next;
            let Some((zeros, size)) = symbol else {
                is_good = false;
                break;
            };
            if size == 0 && zeros < 15 {
                run = (1 << zeros) + self.bits.read(zeros);
                break;
            }
            is_good &= size < 2;
            let is_positive = size > 0 && self.bits.read(1) == 1;
            let from = u64::MAX << k;
            let place = nth_bit(!old & band & from, zeros);
            let before = 1_u64.checked_shl(place).map_or(u64::MAX, |bit| bit - 1);
            self.correct(old & from & before);
            if place > 63 {
                // The run reaches behind the band: right only if it is one of zeros alone.
                is_good &= size == 0;
                k = 64;
                break;
            }
            if size > 0 {
                if let Some(slot) = self.coefficients.get_mut(place as usize) {
                    *slot = if is_positive { 1 << self.low } else { -1 << self.low };
                }
                *used |= 1 << place;
            }
            k = place + 1;
        }
        if run > 0 {
            if k <= self.last {
                self.correct(old & u64::MAX << k);
            }
            run -= 1;
        }
        is_good.then_some(run)
    }

    /// Takes a bit for each of these coefficients: where it is set, the coefficient grows by one step.
    #[inline(always)]
    fn correct(&mut self, mut places: u64) {
        let step = 1_i16 << self.low;
        let mut left = places.count_ones();
        while left > 0 {
            let count = left.min(32);
            let mut corrections = (u64::from(self.bits.read(count)) << 32) << (32 - count);
            left -= count;
            for _ in 0..count {
                let k = places.trailing_zeros() as usize;
                places &= places - 1;
                let is_set = (corrections >> 63) as i16;
                corrections <<= 1;
                // Coefficients that are not kept come last.
                let Some(slot) = self.coefficients.get_mut(k) else { continue };
                let sign = *slot >> 15;
                let grown = (step & is_set.wrapping_neg()) ^ sign;
                *slot = slot.wrapping_add(grown.wrapping_sub(sign));
            }
        }
    }
}

/// Returns the place of the n-th set bit, counted from 0; 64 where there are fewer.
#[inline(always)]
fn nth_bit(mut word: u64, n: u32) -> u32 {
    for _ in 0..n {
        word &= word.wrapping_sub(1);
    }
    word.trailing_zeros()
}

/// Takes a code and returns the two halves of its symbol.
#[inline(always)]
fn symbol<'b>(mut bits: Bits<'b>, table: &Table) -> (Bits<'b>, Option<(u32, u32)>) {
    let single = table.single(bits.peek());
    if single.is_known() {
        bits.skip(single.code_bits());
        // The symbol 0 is told as an end, which here it is as much as any run of blocks.
        return (bits, Some((single.run() % END, single.size())));
    }
    long_symbol(bits, table)
}

/// Takes a code of any length.
#[cold]
#[inline(never)]
fn long_symbol<'b>(mut bits: Bits<'b>, table: &Table) -> (Bits<'b>, Option<(u32, u32)>) {
    let symbol = table.symbol(&mut bits);
    if symbol.is_none() {
        bits.skip(16);
    }
    (bits, symbol.map(|symbol| (u32::from(symbol >> 4), u32::from(symbol & 15))))
}

#[cfg(test)]
mod tests {
    use super::nth_bit;

    #[test]
    fn the_nth_bit_is_counted_from_the_lowest() {
        for (word, n, place) in [
            (0b1011, 0, 0),
            (0b1011, 2, 3),
            (0b1011, 3, 64),
            (0, 0, 64),
            (1 << 63, 0, 63),
            (u64::MAX, 15, 15),
        ] {
            assert_eq!(nth_bit(word, n), place, "{word:b} {n}");
        }
    }
}
