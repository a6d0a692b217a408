//! Huffman tables, made ready for fast look-up (ITU-T T.81, annexes C and F.2.2).
//!
//! A code of a coefficient is followed by as many bits as its symbol says. Three tables look at the next
//! bits and answer at once: `single` with the length, run and size of one coefficient; `pairs` with the
//! values of up to two; `steps` with how far a few coefficients reach, for who does not want them. What no
//! table answers is looked for code by code.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::bits::Bits;
use super::damaged;
use crate::error::Result;

/// Bits that `single` looks at.
const SINGLE_BITS: u32 = 10;

/// Bits that `pairs` and `steps` look at.
const PAIR_BITS: u32 = 12;

/// Bits that the coefficients of a step have at most, so that two of them fit what is fetched at once.
const MAX_STEP_BITS: u32 = 28;

/// A run that ends the block: it leads behind the last coefficient from anywhere.
pub(super) const END: u32 = 64;

/// A definition of a table, as it is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Codes<'a> {
    counts: &'a [u8; 16],
    symbols: &'a [u8],
}

impl<'a> Codes<'a> {
    /// Reads the first definition of a DHT segment: its class and number, itself, and the rest.
    ///
    /// # Errors
    /// A segment that is cut short, or lengths that no set of codes has.
    pub(super) fn read(segment: &'a [u8]) -> Result<(u8, Self, &'a [u8])> {
        let short = || damaged("a Huffman table is cut short");
        let (&number, rest) = segment.split_first().ok_or_else(short)?;
        let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let total = counts.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or_else(short)?;
        let codes = Self { counts, symbols };
        codes.check()?;
        Ok((number, codes, rest))
    }

    fn check(&self) -> Result<()> {
        let mut free: u32 = 1;
        for count in self.counts {
            free = (2 * free)
                .checked_sub(u32::from(*count))
                .ok_or_else(|| damaged("a Huffman table has more codes than there are"))?;
        }
        if self.symbols.len() > 256 {
            return Err(damaged("a Huffman table has more than 256 codes"));
        }
        Ok(())
    }

    /// Returns how many codes there are of each length, and the symbols in the order of their codes.
    pub(super) fn parts(&self) -> (&'a [u8; 16], &'a [u8]) {
        (self.counts, self.symbols)
    }

    /// The tables of T.81, annex K.3, that files of motion JPEG leave out: DC or AC, luminance or chroma.
    pub(super) fn typical(is_ac: bool, is_chroma: bool) -> Self {
        let (counts, symbols): (_, &[u8]) = match (is_ac, is_chroma) {
            (false, false) => (&typical::DC_LUMA, &typical::DC_SYMBOLS),
            (false, true) => (&typical::DC_CHROMA, &typical::DC_SYMBOLS),
            (true, false) => (&typical::AC_LUMA.0, &typical::AC_LUMA.1),
            (true, true) => (&typical::AC_CHROMA.0, &typical::AC_CHROMA.1),
        };
        Self { counts, symbols }
    }
}

/// What a table is made for, which decides what is looked up in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Differences of DC coefficients.
    Dc,
    /// AC coefficients of sequential pictures, where all up to a place in zigzag order are wanted.
    Ac(u8),
    /// AC coefficients of progressive pictures.
    Progressive,
}

/// A table made ready.
#[derive(Debug)]
pub(super) struct Table {
    single: Box<[u64; 1 << SINGLE_BITS]>,
    pairs: Box<[u64]>,
    steps: Box<[u16]>,
    /// For each length of a code: the first code that is longer, its bits on top of 16, and what to add to
    /// a code for the place of its symbol.
    longer: [(u32, i32); 16],
    symbols: [u8; 256],
}

/// One coefficient as a table tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Single(u64);

impl Single {
    fn new(symbol: u8, code_bits: u32, is_dc: bool) -> Self {
        let (run, size) = match symbol {
            _ if is_dc => (0, u32::from(symbol & 15)),
            0 => (END, 0),
            _ => (u32::from(symbol >> 4), u32::from(symbol & 15)),
        };
        let base = (1_i32 - (1 << size)) as u32;
        let low = (code_bits + size) | code_bits << 8 | (63 - size) << 16 | run << 24;
        Self(u64::from(low) | u64::from(base) << 32)
    }

    /// Whether the table knows.
    #[inline(always)]
    pub(super) fn is_known(self) -> bool {
        self.0 != 0
    }

    /// The bits of the code and the value.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 as u32 & 63
    }

    /// How many zeros come before the coefficient, or [`END`].
    #[inline(always)]
    pub(super) fn run(self) -> u32 {
        self.0 as u32 >> 24
    }

    /// The bits of the code alone.
    #[inline(always)]
    pub(super) fn code_bits(self) -> u32 {
        self.0 as u32 >> 8 & 63
    }

    /// The bits of the value.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        63 - (self.0 as u32 >> 16 & 63)
    }

    /// Whether bits of a value follow the code.
    #[inline(always)]
    pub(super) fn has_value(self) -> bool {
        self.0 as u32 >> 16 & 63 != 63
    }

    /// Returns the value, from the bits that the code starts (T.81, F.2.2.1, "extend").
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> i32 {
        let behind = bits << (self.0 >> 8 & 63);
        let value = ((behind >> 1) >> (self.0 >> 16 & 63)) as i32;
        let negative = !((behind as i64 >> 63) as i32);
        value + (negative & (self.0 >> 32) as i32)
    }
}

/// Up to two coefficients as a table tells them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair(u64);

impl Pair {
    /// Of bits that the table does not know: what they lead to is behind every block.
    const UNKNOWN: u64 = 0xff << 16;

    /// The bits of the codes and the values.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 as u32 & 63
    }

    /// How many zeros come before the first coefficient, or [`END`].
    #[inline(always)]
    pub(super) fn first(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// How far the second coefficient is from where the first was looked for. Where there is none it is the
    /// one behind the first; where the block ends, it is 64 or more.
    #[inline(always)]
    pub(super) fn second(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    /// How far the coefficient behind them is.
    #[inline(always)]
    pub(super) fn length(self) -> usize {
        (self.0 >> 24 & 0xff) as usize
    }

    /// Whether the block ends behind the first coefficient.
    #[inline(always)]
    pub(super) fn ends_behind_first(self) -> bool {
        self.second() == self.first() + 1 + END as usize
    }

    #[inline(always)]
    pub(super) fn first_value(self) -> i16 {
        (self.0 >> 32) as i16
    }

    #[inline(always)]
    pub(super) fn second_value(self) -> i16 {
        (self.0 >> 48) as i16
    }
}

/// How far some coefficients reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step(u16);

impl Step {
    /// Of bits that the table does not know: what they lead to is behind every block.
    const UNKNOWN: u16 = 0xff << 8;

    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    /// Whether the block ends behind these coefficients.
    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & 128 != 0
    }

    /// How many coefficients there are, zeros included.
    #[inline(always)]
    pub(super) fn length(self) -> usize {
        usize::from(self.0 >> 8)
    }
}

impl Table {
    /// Makes a table ready.
    pub(super) fn new(codes: Codes<'_>, purpose: Purpose) -> Self {
        let mut symbols = [0; 256];
        for (slot, symbol) in symbols.iter_mut().zip(codes.symbols) {
            *slot = *symbol;
        }
        let mut longer = [(0, 0); 16];
        // The next bits, and what they start with: symbol and length of the code, 0 where it is longer.
        let mut first = vec![(0_u8, 0_u8); 1 << PAIR_BITS];
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(codes.counts) {
            let count = usize::from(*count);
            for (at, symbol) in (code..).zip(&codes.symbols[place..place + count]) {
                if length <= PAIR_BITS {
                    let start = (at << (PAIR_BITS - length)) as usize;
                    let end = start + (1 << (PAIR_BITS - length));
                    first[start..end].fill((*symbol, length as u8));
                }
            }
            let offset = place as i32 - code as i32;
            code += count as u32;
            place += count;
            longer[length as usize - 1] = (code << (16 - length), offset);
            code <<= 1;
        }
        let mut table = Self {
            single: Box::new([0; 1 << SINGLE_BITS]),
            pairs: Box::default(),
            steps: Box::default(),
            longer,
            symbols,
        };
        for (window, slot) in table.single.iter_mut().enumerate() {
            let (symbol, length) = first[window << (PAIR_BITS - SINGLE_BITS)];
            if length > 0 && u32::from(length) <= SINGLE_BITS {
                *slot = Single::new(symbol, u32::from(length), purpose == Purpose::Dc).0;
            }
        }
        if let Purpose::Ac(wanted) = purpose {
            if wanted > 0 {
                table.pairs = (0..1 << PAIR_BITS).map(|window| pair(&first, window)).collect();
            }
            if wanted < 63 {
                table.steps = (0..1 << PAIR_BITS).map(|window| step(&first, window)).collect();
            }
        }
        table
    }

    /// Looks up one coefficient in the bits on top.
    #[inline(always)]
    pub(super) fn single(&self, bits: u64) -> Single {
        Single(self.single[(bits >> (64 - SINGLE_BITS)) as usize])
    }

    /// Returns the look-up of pairs, which the table was made with.
    #[inline(always)]
    pub(super) fn pairs(&self) -> Option<Pairs<'_>> {
        self.pairs.first_chunk().map(Pairs)
    }

    /// Returns the look-up of steps, which the table was made with.
    #[inline(always)]
    pub(super) fn steps(&self) -> Option<Steps<'_>> {
        self.steps.first_chunk().map(Steps)
    }

    /// Takes a code of any length and returns its symbol; `None` for bits that are no code.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let next = (bits.peek() >> 48) as u32;
        let length = self.longer.iter().position(|(longer, _)| next < *longer)?;
        let code = (next >> (15 - length)) as i32;
        let place = usize::try_from(code + self.longer[length].1).ok()?;
        bits.skip(length as u32 + 1);
        self.symbols.get(place).copied()
    }
}

/// Looks up two coefficients at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs<'a>(&'a [u64; 1 << PAIR_BITS]);

impl Pairs<'_> {
    #[inline(always)]
    pub(super) fn at(self, bits: u64) -> Pair {
        Pair(self.0[(bits >> (64 - PAIR_BITS)) as usize])
    }
}

/// Looks up how far the next coefficients reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps<'a>(&'a [u16; 1 << PAIR_BITS]);

impl Steps<'_> {
    #[inline(always)]
    pub(super) fn at(self, bits: u64) -> Step {
        Step(self.0[(bits >> (64 - PAIR_BITS)) as usize])
    }
}

/// Reads a coefficient in a window of bits, `used` of which are taken: bits, run and value.
fn coefficient(first: &[(u8, u8)], window: u32, used: u32) -> Option<(u32, u32, i32)> {
    let rest = PAIR_BITS.checked_sub(used).filter(|rest| *rest > 0)?;
    let behind = (window << used) & ((1 << PAIR_BITS) - 1);
    let (symbol, length) = first[behind as usize];
    let (length, size) = (u32::from(length), u32::from(symbol & 15));
    if length == 0 || length + size > rest {
        return None;
    }
    if symbol == 0 {
        return Some((length, END, 0));
    }
    let value = (behind >> (PAIR_BITS - length - size) & ((1 << size) - 1)) as i32;
    let is_negative = size > 0 && value < 1 << (size - 1);
    let value = if is_negative { value + 1 - (1 << size) } else { value };
    Some((length + size, u32::from(symbol >> 4), value))
}

fn pair(first: &[(u8, u8)], window: u32) -> u64 {
    let Some((bits, run, value)) = coefficient(first, window, 0) else { return Pair::UNKNOWN };
    let second = if run == END { None } else { coefficient(first, window, bits) };
    let (more, second_run, second_value) = second.unwrap_or((0, 0, 0));
    let place = run + 1 + second_run;
    let length = place + u32::from(second.is_some());
    let low = (bits + more) | run << 8 | place << 16 | length << 24;
    u64::from(low) | u64::from(value as u16) << 32 | u64::from(second_value as u16) << 48
}

fn step(first: &[(u8, u8)], window: u32) -> u16 {
    let (mut used, mut length, mut is_end) = (0, 0, false);
    while !is_end && used < PAIR_BITS {
        let behind = (window << used) & ((1 << PAIR_BITS) - 1);
        let (symbol, code_bits) = first[behind as usize];
        let (code_bits, size, run) =
            (u32::from(code_bits), u32::from(symbol & 15), u32::from(symbol >> 4));
        // The bits of a value are not looked at, and need not be in the window.
        if code_bits == 0 || used + code_bits > PAIR_BITS || used + code_bits + size > MAX_STEP_BITS
        {
            break;
        }
        if length + run + 1 > 63 {
            break;
        }
        used += code_bits + size;
        is_end = symbol == 0;
        length += if is_end { 0 } else { run + 1 };
    }
    if used == 0 {
        return Step::UNKNOWN;
    }
    (used | u32::from(is_end) << 7 | length << 8) as u16
}

/// T.81, tables K.3 to K.6.
mod typical;

#[cfg(test)]
mod tests;
