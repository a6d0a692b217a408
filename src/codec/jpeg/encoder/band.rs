//! Entropy coding of AC coefficients in progressive scans (ITU-T T.81, G.1.2.2 and G.1.2.3).
//!
//! The limits at which runs of empty blocks are ended, which the standard leaves open, are libjpeg's
//! (`jcphuff`).

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::super::frame::{Frame, Member, Scan};
use super::super::store::Store;
use super::codes::table_slot;
use super::symbols::{RawBits, Recorder, Sink, Tokens, put_raw, sized};
use crate::simd::{Level, Masks, Work, block_masks, do_work};

/// Blocks that are coded before anything else is asked.
const CHUNK: usize = 32;

/// Symbols and bits that a block comes to at most, with those that wait.
const MAX_BLOCK_SYMBOLS: usize = 256;

/// The bits at which waiting ones are put out, so that those of one more block have room: libjpeg's.
const MAX_CORRECTIONS: usize = 937;

/// The longest run of ends of blocks.
const MAX_RUN: u32 = 0x7fff;

/// Codes AC coefficients of one component.
pub(super) fn code_band(
    level: Level,
    frame: &Frame,
    scan: &Scan<'_>,
    member: Member,
    store: &Store,
    tokens: &mut Tokens,
) {
    let [first, last] = scan.spectral.map(u32::from);
    let (columns, rows) = frame.scan_units(scan);
    let mut band = Band {
        first,
        last,
        low: u32::from(scan.approximation[1]),
        is_refining: scan.approximation[0] > 0,
        slot: table_slot(true, member.ac_table()),
        recorder: Recorder::new(CHUNK * MAX_BLOCK_SYMBOLS),
        run: 0,
        waiting: RawBits::default(),
        blocks: &[],
        masks: [Masks::default(); CHUNK],
    };
    let mut left = scan.restart_interval;
    let (blocks, _) = store.coefficients.as_chunks::<64>();
    for row in blocks.chunks_exact(store.blocks.0.max(1)).take(rows) {
        let mut row = row.get(..columns).unwrap_or(row);
        while !row.is_empty() {
            let mut count = row.len().min(CHUNK);
            if scan.restart_interval > 0 {
                if left == 0 {
                    band.end_run();
                    tokens.take(&mut band.recorder);
                    tokens.restart();
                    left = scan.restart_interval;
                }
                count = count.min(left);
                left -= count;
            }
            (band.blocks, row) = row.split_at(count);
            block_masks(level, band.blocks, band.low, &mut band.masks[..count]);
            do_work(level, &mut band);
            tokens.take(&mut band.recorder);
        }
    }
    band.end_run();
    tokens.take(&mut band.recorder);
}

/// AC coefficients of some blocks, and what waits to be coded before them.
struct Band<'a> {
    first: u32,
    last: u32,
    low: u32,
    is_refining: bool,
    slot: usize,
    recorder: Recorder,
    /// Ends of blocks that wait, and bits that correct coefficients in those blocks.
    run: u32,
    waiting: RawBits,
    blocks: &'a [[i16; 64]],
    masks: [Masks; CHUNK],
}

impl Work for Band<'_> {
    #[inline(always)]
    fn run(&mut self) {
        for at in 0..self.blocks.len() {
            if self.is_refining {
                self.refine(self.masks[at % CHUNK]);
            } else {
                self.code(&self.blocks[at], self.masks[at % CHUNK].any);
            }
        }
    }
}

impl Band<'_> {
    /// Codes a block for the first time.
    #[inline(always)]
    fn code(&mut self, block: &[i16; 64], any: u64) {
        let mut left = any & self.mask();
        let mut next = self.first;
        while left > 0 {
            let k = left.trailing_zeros();
            left &= left - 1;
            let mut run = k - next;
            next = k + 1;
            self.end_run();
            while run > 15 {
                self.recorder.put(self.slot + 0xf0, 0);
                run -= 16;
            }
            let value = i32::from(block[k as usize & 63]);
            let sign = value >> 31;
            let (_, size) = sized(((value ^ sign) - sign) >> self.low);
            let bits = ((((value ^ sign) - sign) >> self.low) ^ sign).cast_unsigned();
            let extra = bits & ((1 << size) - 1);
            self.recorder.put(self.slot + ((run as usize) << 4 | size), extra);
        }
        if next <= self.last {
            self.lengthen_run();
        }
    }

    /// Codes one more bit of each coefficient of a block.
    #[inline(always)]
    fn refine(&mut self, masks: Masks) {
        let mut left = masks.any & self.mask();
        let new = left & !masks.large;
        // Behind the last new coefficient zeros are part of the end of the block.
        let end = 64 - new.leading_zeros();
        let (mut next, mut run) = (self.first, 0);
        let (mut bits, mut count) = (0_u64, 0);
        while left > 0 {
            let k = left.trailing_zeros();
            left &= left - 1;
            run += k - next;
            next = k + 1;
            while run > 15 && k < end {
                self.end_run();
                self.recorder.put(self.slot + 0xf0, 0);
                run -= 16;
                put_raw(&mut self.recorder, bits, count);
                (bits, count) = (0, 0);
            }
            if masks.large >> k & 1 == 1 {
                bits = bits << 1 | masks.odd >> k & 1;
                count += 1;
                continue;
            }
            self.end_run();
            let positive = (masks.negative >> k & 1 ^ 1) as u32;
            self.recorder.put(self.slot + ((run as usize) << 4 | 1), positive);
            put_raw(&mut self.recorder, bits, count);
            (bits, count) = (0, 0);
            run = 0;
        }
        run += self.last + 1 - next;
        if run > 0 || count > 0 {
            self.waiting.append(bits, count);
            self.lengthen_run();
        }
    }

    /// The places of the band.
    #[inline(always)]
    fn mask(&self) -> u64 {
        u64::MAX << self.first & u64::MAX >> (63 - self.last)
    }

    #[inline(always)]
    fn lengthen_run(&mut self) {
        self.run += 1;
        if self.run == MAX_RUN || self.waiting.len() > MAX_CORRECTIONS {
            self.end_run();
        }
    }

    /// Puts out the ends of blocks that wait, and their bits.
    #[inline(always)]
    fn end_run(&mut self) {
        if self.run > 0 {
            let size = self.run.ilog2();
            let extra = self.run & ((1 << size) - 1);
            self.recorder.put(self.slot + ((size as usize) << 4), extra);
            self.run = 0;
            self.waiting.emit(&mut self.recorder);
        }
    }
}
