//! Huffman codes as an encoder uses them: the best ones for symbols that were counted, and look-up of codes.

use super::super::huffman::Codes;

/// The slots of one table.
pub(super) const TABLE: usize = 256;

/// The slots of two tables of DC and two of AC symbols.
pub(super) const TABLES: usize = 4 * TABLE;

/// Behind them, bits without a symbol: so many of them as the slot is behind this one.
pub(super) const RAW: usize = TABLES;

/// All slots.
pub(super) const SLOTS: usize = RAW + 17;

/// Returns the first slot of a table: DC or AC, of luminance or chroma.
pub(super) const fn table_slot(is_ac: bool, number: usize) -> usize {
    (2 * number + is_ac as usize) * TABLE
}

/// A table as files define it: how many codes there are of each length, and the symbols in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) counts: [u8; 16],
    pub(super) symbols: Vec<u8>,
}

/// The longest code that symbols can get before codes are limited to 16 bits: as many merges as there are symbols.
const LONGEST: usize = 257;

impl Definition {
    /// Returns the table of T.81, annex K.3.
    pub(super) fn typical(is_ac: bool, is_chroma: bool) -> Self {
        let (counts, symbols) = Codes::typical(is_ac, is_chroma).parts();
        Self { counts: *counts, symbols: symbols.to_vec() }
    }

    /// Returns the table that makes the file smallest (T.81, K.2), with the choices of libjpeg (`jchuff`): of equals
    /// the larger symbol is merged first. No code is all ones.
    pub(super) fn optimal(counts: &[u32; TABLE]) -> Self {
        // What is to be merged: how often it occurs, and the symbols in it. The last one is no symbol.
        let mut groups: Vec<(u64, Vec<u16>)> = (0_u16..)
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(symbol, count)| (u64::from(*count), vec![symbol]))
            .collect();
        groups.push((1, vec![256]));
        let mut lengths = [0_usize; 257];
        while groups.len() > 1 {
            let rarest = |groups: &[(u64, Vec<u16>)], but: Option<usize>| {
                let mut places = (0..groups.len()).rev().filter(|place| Some(*place) != but);
                let first = places.next().unwrap_or(0);
                places.fold(first, |best, at| if groups[at].0 < groups[best].0 { at } else { best })
            };
            let one = rarest(&groups, None);
            let other = rarest(&groups, Some(one));
            let (count, symbols) = std::mem::take(&mut groups[other]);
            groups[one].0 += count;
            groups[one].1.extend(symbols);
            groups[one].1.iter().for_each(|symbol| lengths[usize::from(*symbol)] += 1);
            groups.remove(other);
        }
        let counts = limited(&lengths);
        let mut symbols: Vec<u8> = (0..=255).filter(|one| lengths[usize::from(*one)] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[usize::from(*symbol)]);
        Self { counts, symbols }
    }

    /// Puts the codes into the slots of a table.
    pub(super) fn put(&self, codes: &mut Table, is_ac: bool, number: usize) {
        let first = table_slot(is_ac, number);
        codes.0[first..first + TABLE].fill(0);
        let (mut code, mut place) = (0_u32, 0);
        for (length, count) in (1..).zip(self.counts) {
            for symbol in self.symbols.iter().skip(place).take(usize::from(count)) {
                let extra = extra_bits(*symbol, is_ac);
                let entry = u64::from(code) << extra | u64::from(length + extra) << 32;
                codes.0[first + usize::from(*symbol)] = entry;
                code += 1;
            }
            place += usize::from(count);
            code <<= 1;
        }
    }
}

/// Returns how many bits follow a symbol: as its lower half tells, or in runs of ends of blocks its upper half.
fn extra_bits(symbol: u8, is_ac: bool) -> u32 {
    let (run, size) = (symbol >> 4, symbol & 15);
    u32::from(if is_ac && size == 0 && run < 15 { run } else { size })
}

/// Returns how many codes there are of each length up to 16, when longer ones are made shorter (T.81, K.3).
fn limited(lengths: &[usize; 257]) -> [u8; 16] {
    let mut counts = [0_u16; LONGEST];
    lengths.iter().filter(|length| **length > 0).for_each(|length| counts[*length] += 1);
    for long in (17..LONGEST).rev() {
        while counts[long] > 0 {
            // Two codes of this length become one that is shorter by one; a code that is shorter still becomes two.
            let shorter = (1..long - 1).rev().find(|at| counts[*at] > 0).unwrap_or(1);
            counts[long] -= 2;
            counts[long - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    // The code of all ones, which is of what is no symbol.
    if let Some(longest) = counts.iter_mut().rev().find(|count| **count > 0) {
        *longest -= 1;
    }
    std::array::from_fn(|at| u8::try_from(counts[at + 1]).unwrap_or(u8::MAX))
}

/// The codes of all slots. An entry has a code with room for the bits that follow it, and on top of 32 bits the
/// length of both; zero is no code.
#[derive(Clone, Debug)]
pub(super) struct Table(pub(super) Box<[u64; SLOTS]>);

impl Table {
    pub(super) fn new() -> Self {
        let mut codes = Box::new([0; SLOTS]);
        (0..).zip(&mut codes[RAW..]).for_each(|(count, entry)| *entry = count << 32);
        Self(codes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Definition, TABLE, Table};

    /// Counts, the first numbers of codes of each length, and symbols.
    type Row = (&'static [(usize, u32)], &'static [u8], &'static [u8]);

    fn counted(counts: &[(usize, u32)]) -> Definition {
        let mut all = [0; TABLE];
        counts.iter().for_each(|(symbol, count)| all[*symbol] = *count);
        Definition::optimal(&all)
    }

    #[test]
    fn frequent_symbols_have_short_codes_and_none_is_all_ones() {
        let rows: [Row; 4] = [
            (&[(7, 1)], &[1], &[7]),
            (&[(0, 3), (9, 100)], &[1, 1], &[9, 0]),
            (&[(1, 5), (2, 5), (3, 5)], &[0, 3], &[1, 2, 3]),
            (&[(1, 1), (2, 2), (3, 4), (4, 8)], &[1, 1, 1, 1], &[4, 3, 2, 1]),
        ];
        for (counts, lengths, symbols) in rows {
            let made = counted(counts);
            assert_eq!(made.counts[..lengths.len()], *lengths, "{counts:?}");
            assert_eq!(made.symbols, symbols, "{counts:?}");
        }
    }

    #[test]
    fn codes_are_limited_to_16_bits_whatever_is_counted() {
        // Numbers of Fibonacci make the longest codes.
        let (mut a, mut b) = (1_u32, 1);
        let counts: Vec<(usize, u32)> = (0..45)
            .map(|symbol| {
                (a, b) = (b, a.saturating_add(b));
                (symbol, a)
            })
            .collect();
        let all: Vec<(usize, u32)> =
            (0..TABLE).map(|symbol| (symbol, 1 << (symbol % 31))).collect();
        for counts in [counts, all] {
            let made = counted(&counts);
            let codes: usize = made.counts.iter().map(|count| usize::from(*count)).sum();
            assert_eq!(codes, counts.len());
            assert_eq!(made.symbols.len(), counts.len());
            let space: u32 = (1..)
                .zip(made.counts)
                .map(|(length, count)| u32::from(count) << (16 - length))
                .sum();
            assert!(space < 1 << 16, "a code is left for what is no symbol");
            let mut table = Table::new();
            made.put(&mut table, true, 1);
            let known = table.0.iter().filter(|entry| **entry >> 32 > 0).count();
            assert_eq!(known, counts.len() + 16, "with those of bits alone");
        }
    }
}
