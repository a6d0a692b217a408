//! Entropy coding of sequential scans (ITU-T T.81, F.1.2): a group of units at a time.

use super::super::frame::{Frame, Scan};
use super::bits::{MAX_BLOCK_BYTES, Writer};
use super::codes::{SLOTS, Table, table_slot};
use super::symbols::{Direct, Recorder, Sink, Tokens, sized};
use super::{Block, table_of};
use crate::simd::{Level, Work, do_work};

/// Units that are transformed before they are coded: they stay in the nearest cache.
pub(super) const GROUP: usize = 16;

/// Symbols that a block comes to at most: one for each coefficient, and those that stand for 16 zeros.
const MAX_BLOCK_SYMBOLS: usize = 68;

/// The blocks of one component in a group of units.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) component: usize,
    /// The blocks of a unit, across and down, and of a row of the group.
    pub(super) h: usize,
    pub(super) v: usize,
    pub(super) row_blocks: usize,
    /// Row of blocks after row of blocks, each in zigzag order.
    pub(super) blocks: Vec<Block>,
    pub(super) used: Vec<u64>,
    predicted: i32,
}

/// Codes units, into bytes where their codes are known, or else into tokens.
#[derive(Debug)]
pub(super) struct Sequential {
    pub(super) parts: Vec<Part>,
    output: Output,
    restart_interval: usize,
    /// Units until the next restart marker, and markers so far.
    left: usize,
    restarts: usize,
    /// The bytes, or symbols, that a unit comes to at most.
    unit_room: usize,
    /// The units that are to be coded.
    units: std::ops::Range<usize>,
}

#[derive(Debug)]
enum Output {
    Bytes(Table, Writer),
    Tokens(Recorder, Tokens),
}

impl Sequential {
    /// Starts a scan of all components. With codes bytes are made, without them tokens.
    pub(super) fn new(frame: &Frame, scan: &Scan<'_>, codes: Option<Table>) -> Self {
        let part = |member: &super::super::frame::Member| {
            let (h, v) = frame.unit_blocks(scan, *member);
            let row_blocks = GROUP * h;
            Part {
                component: member.component,
                h,
                v,
                row_blocks,
                blocks: vec![[0; 64]; v * row_blocks],
                used: vec![0; v * row_blocks],
                predicted: 0,
            }
        };
        let size = frame.unit_size(scan);
        let (output, unit_room) = match codes {
            Some(codes) => (Output::Bytes(codes, Writer::new()), size * MAX_BLOCK_BYTES),
            None => {
                let recorder = Recorder::new(GROUP * size * MAX_BLOCK_SYMBOLS);
                (Output::Tokens(recorder, Tokens::default()), 0)
            }
        };
        Self {
            parts: scan.members.iter().map(part).collect(),
            output,
            restart_interval: scan.restart_interval,
            left: scan.restart_interval,
            restarts: 0,
            unit_room,
            units: 0..0,
        }
    }

    /// Codes the first units of the group.
    pub(super) fn code(&mut self, level: Level, units: usize) {
        let mut done = 0;
        while done < units {
            let mut count = units - done;
            if self.restart_interval > 0 {
                if self.left == 0 {
                    self.restart();
                }
                count = count.min(self.left);
                self.left -= count;
            }
            self.units = done..done + count;
            if let Output::Bytes(_, writer) = &mut self.output {
                writer.reserve(count * self.unit_room);
            }
            do_work(level, self);
            done += count;
            if let Output::Tokens(recorder, tokens) = &mut self.output {
                tokens.take(recorder);
            }
        }
    }

    fn restart(&mut self) {
        match &mut self.output {
            Output::Bytes(_, writer) => writer.restart(self.restarts),
            Output::Tokens(_, tokens) => tokens.restart(),
        }
        self.left = self.restart_interval;
        self.restarts += 1;
        self.parts.iter_mut().for_each(|part| part.predicted = 0);
    }

    /// Returns the bytes that are made so far, once they are many.
    pub(super) fn bytes(&mut self) -> &[u8] {
        match &mut self.output {
            Output::Bytes(_, writer) if writer.len() > 32 << 10 => writer.take(),
            _ => &[],
        }
    }

    /// Ends the scan: the last bytes, or all tokens.
    pub(super) fn finish(self) -> (Vec<u8>, Tokens) {
        match self.output {
            Output::Bytes(_, mut writer) => {
                writer.align();
                (writer.take().to_vec(), Tokens::default())
            }
            Output::Tokens(_, tokens) => (Vec::new(), tokens),
        }
    }
}

impl Work for Sequential {
    #[inline(always)]
    fn run(&mut self) {
        let units = self.units.clone();
        match &mut self.output {
            Output::Bytes(codes, writer) => writer.lent(|bits| {
                let codes: &[u64; SLOTS] = &codes.0;
                all_units(&mut self.parts, units, &mut Direct { bits, codes });
            }),
            Output::Tokens(recorder, _) => all_units(&mut self.parts, units, recorder),
        }
    }
}

#[inline(always)]
fn all_units(parts: &mut [Part], units: std::ops::Range<usize>, sink: &mut impl Sink) {
    for unit in units {
        for part in &mut *parts {
            let table = table_of(part.component);
            for row in 0..part.v {
                let first = row * part.row_blocks + unit * part.h;
                let blocks = part.blocks.get(first..first + part.h).unwrap_or_default();
                let used = part.used.get(first..first + part.h).unwrap_or_default();
                for (block, used) in blocks.iter().zip(used) {
                    let difference = i32::from(block[0]) - part.predicted;
                    part.predicted = i32::from(block[0]);
                    coded(sink, table, difference, block, *used);
                }
            }
        }
    }
}

/// Codes a block.
#[inline(always)]
fn coded(sink: &mut impl Sink, table: usize, difference: i32, block: &Block, used: u64) {
    let (extra, size) = sized(difference);
    sink.put(table_slot(false, table) + size, extra);
    let ac = table_slot(true, table);
    let mut left = used & !1;
    let mut next = 1;
    while left > 0 {
        let k = left.trailing_zeros() as usize;
        left &= left - 1;
        let mut run = k - next;
        next = k + 1;
        while run > 15 {
            sink.put(ac + 0xf0, 0);
            run -= 16;
        }
        let (extra, size) = sized(i32::from(block[k & 63]));
        sink.put(ac + (run << 4 | size), extra);
    }
    if next < 64 {
        sink.put(ac, 0);
    }
}
