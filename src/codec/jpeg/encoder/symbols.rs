//! What coding of blocks leads to: symbols, each with bits behind it, written at once or kept to be counted first.

#![expect(clippy::cast_possible_truncation, reason = "fields of tokens are cut out of words")]

use super::bits::{Bits, Writer};
use super::codes::{Definition, RAW, SLOTS, TABLE, Table, table_slot};
use crate::simd::{Level, Work, do_work};

/// Takes symbols.
pub(super) trait Sink {
    /// Takes the symbol of a slot, with the bits that follow it.
    fn put(&mut self, slot: usize, extra: u32);
}

/// Writes symbols with codes that are known.
#[derive(Debug)]
pub(super) struct Direct<'a, 'b> {
    pub(super) bits: &'a mut Bits<'b>,
    pub(super) codes: &'a [u64; SLOTS],
}

impl Sink for Direct<'_, '_> {
    #[inline(always)]
    fn put(&mut self, slot: usize, extra: u32) {
        let entry = self.codes.get(slot).copied().unwrap_or_default();
        self.bits.put(entry as u32 | extra, (entry >> 32) as u32);
    }
}

/// Keeps a few symbols: as many as a chunk of blocks comes to.
#[derive(Debug)]
pub(super) struct Recorder {
    tokens: Vec<u32>,
    filled: usize,
}

impl Recorder {
    /// Makes room for this many symbols.
    pub(super) fn new(symbols: usize) -> Self {
        Self { tokens: vec![0; symbols], filled: 0 }
    }
}

impl Sink for Recorder {
    #[inline(always)]
    fn put(&mut self, slot: usize, extra: u32) {
        if let Some(token) = self.tokens.get_mut(self.filled) {
            *token = (slot as u32) << 16 | extra;
            self.filled += 1;
        }
    }
}

/// The symbols of a scan, in their order.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// A slot on top of 16 bits that follow it.
    list: Vec<u32>,
    /// Where restart markers are.
    restarts: Vec<usize>,
}

impl Tokens {
    /// Forgets all symbols.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.restarts.clear();
    }

    /// Takes what a recorder has kept.
    pub(super) fn take(&mut self, recorder: &mut Recorder) {
        self.list.extend_from_slice(&recorder.tokens[..std::mem::take(&mut recorder.filled)]);
    }

    /// Puts a restart marker behind what there is.
    pub(super) fn restart(&mut self) {
        self.restarts.push(self.list.len());
    }

    /// Counts how often each slot occurs.
    pub(super) fn counts(&self) -> Box<[u32; SLOTS]> {
        // Turn by turn, for the same symbol often comes again at once.
        let mut counts = [[0_u32; SLOTS]; 2];
        let [even, odd] = &mut counts;
        let count = |token: u32, counts: &mut [u32; SLOTS]| {
            if let Some(count) = counts.get_mut((token >> 16) as usize) {
                *count += 1;
            }
        };
        let (pairs, rest) = self.list.as_chunks::<2>();
        for [a, b] in pairs {
            count(*a, even);
            count(*b, odd);
        }
        rest.iter().for_each(|token| count(*token, even));
        let mut sums = Box::new([0; SLOTS]);
        let both = even.iter().zip(odd.iter());
        sums.iter_mut().zip(both).for_each(|(sum, (a, b))| *sum = *a + *b);
        sums
    }

    /// Writes all symbols. `write` is given the bytes as they come.
    pub(super) fn write<E>(
        &self,
        level: Level,
        codes: &Table,
        writer: &mut Writer,
        mut write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut start = 0;
        let ends = self.restarts.iter().copied().chain([self.list.len()]);
        for (number, end) in ends.enumerate() {
            if number > 0 {
                writer.restart(number - 1);
            }
            for tokens in self.list[start..end].chunks(CHUNK) {
                // Four bytes of code and value, stuffed.
                writer.reserve(8 * tokens.len() + 16);
                do_work(level, &mut Replay { tokens, codes: &codes.0, writer });
                if writer.len() > CHUNK {
                    write(writer.take())?;
                }
            }
            start = end;
        }
        writer.align();
        write(writer.take())
    }
}

/// Returns the best table for symbols of a kind, of how often each slot occurs; `None` where none does.
pub(super) fn optimal(counts: &[u32; SLOTS], is_ac: bool, number: usize) -> Option<Definition> {
    let counts = counts[table_slot(is_ac, number)..].first_chunk::<TABLE>()?;
    counts.iter().any(|count| *count > 0).then(|| Definition::optimal(counts))
}

/// Symbols that are written before anything else is asked.
const CHUNK: usize = 16 << 10;

/// Writes symbols that were kept.
struct Replay<'a> {
    tokens: &'a [u32],
    codes: &'a [u64; SLOTS],
    writer: &'a mut Writer,
}

impl Work for Replay<'_> {
    #[inline(always)]
    fn run(&mut self) {
        self.writer.lent(|bits| {
            let mut sink = Direct { bits, codes: self.codes };
            self.tokens.iter().for_each(|token| sink.put((token >> 16) as usize, token & 0xffff));
        });
    }
}

/// Returns the bits of a number and how many they are (T.81, F.1.2.1): those of its magnitude, upside down
/// where it is negative.
#[inline(always)]
pub(super) fn sized(value: i32) -> (u32, usize) {
    let sign = value >> 31;
    let size = 32 - ((value ^ sign) - sign).leading_zeros();
    ((value + sign).cast_unsigned() & ((1 << size) - 1), size as usize)
}

/// Puts up to 64 bits that have no symbol.
#[inline(always)]
pub(super) fn put_raw(sink: &mut impl Sink, bits: u64, count: u32) {
    let mut left = count;
    while left > 0 {
        let some = left.min(16);
        left -= some;
        sink.put(RAW + some as usize, (bits >> left) as u32 & ((1 << some) - 1));
    }
}

/// Bits without symbols that wait, 16 in a word and the rest.
#[derive(Debug, Default)]
pub(super) struct RawBits {
    words: Vec<u16>,
    rest: u64,
    count: u32,
}

impl RawBits {
    /// How many bits wait.
    pub(super) fn len(&self) -> usize {
        16 * self.words.len() + self.count as usize
    }

    /// Appends up to 63 bits.
    #[inline(always)]
    pub(super) fn append(&mut self, bits: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            let some = left.min(16 - self.count);
            left -= some;
            self.rest = self.rest << some | bits >> left & ((1 << some) - 1);
            self.count += some;
            if self.count == 16 {
                self.words.push(self.rest as u16);
                (self.rest, self.count) = (0, 0);
            }
        }
    }

    /// Puts out the words that are whole.
    pub(super) fn emit_whole(&mut self, sink: &mut impl Sink) {
        self.words.iter().for_each(|word| put_raw(sink, u64::from(*word), 16));
        self.words.clear();
    }

    /// Puts out all bits.
    pub(super) fn emit(&mut self, sink: &mut impl Sink) {
        self.emit_whole(sink);
        put_raw(sink, self.rest, self.count);
        (self.rest, self.count) = (0, 0);
    }
}
