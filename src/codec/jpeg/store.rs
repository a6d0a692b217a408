//! Coefficients of a whole component, for pictures whose scans come one over the other.
//!
//! Coefficients are in zigzag order, as many of each block as are wanted, beside a word for each block that
//! says which are not zero. All are in the word, also those that are not kept: refining scans need to know.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::geometry::{Places, ZIGZAG};

/// The coefficients of one component.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// The columns and rows of blocks, with those that only fill up units.
    pub(super) blocks: (usize, usize),
    /// Coefficients kept of a block.
    pub(super) kept: usize,
    pub(super) coefficients: Vec<i16>,
    pub(super) used: Vec<u64>,
}

impl Store {
    /// Makes the store ready, reusing its memory: all coefficients are zero.
    pub(super) fn prepare(&mut self, blocks: (usize, usize), kept: usize) {
        let count = blocks.0 * blocks.1;
        (self.blocks, self.kept) = (blocks, kept);
        // What is new is zero already, without being written.
        if self.coefficients.capacity() < count * kept {
            self.coefficients = vec![0; count * kept];
        } else {
            self.coefficients.clear();
            self.coefficients.resize(count * kept, 0);
        }
        // The first coefficient needs no word.
        let words = if kept > 1 { count } else { 0 };
        self.used.clear();
        self.used.resize(words, 0);
    }

    /// Returns the kept coefficients of a block.
    #[inline(always)]
    pub(super) fn block_mut(&mut self, at: usize) -> &mut [i16] {
        &mut self.coefficients[at * self.kept..(at + 1) * self.kept]
    }

    /// Writes a block in the order of its rows, dequantised, and returns which rows hold more than zeros.
    #[inline(always)]
    pub(super) fn dequantise(&self, at: usize, places: &Places, out: &mut [i16]) -> u8 {
        let block = &self.coefficients[at * self.kept..(at + 1) * self.kept];
        out.fill(0);
        let kept = if self.kept == 64 { u64::MAX } else { (1 << self.kept) - 1 };
        let mut used = self.used.get(at).map_or(0, |used| used & kept & !1);
        let mut marks = super::geometry::Place::default();
        while used > 0 {
            let k = used.trailing_zeros() as usize;
            used &= used - 1;
            let place = places.at(k);
            if let Some(slot) = out.get_mut(place.index()) {
                *slot = block[k].wrapping_mul(place.factor());
            }
            marks = marks.joined(place);
        }
        out[0] = block[0].wrapping_mul(places.at(0).factor());
        marks.marks() as u8
    }

    /// Returns all blocks in the order of their rows, not multiplied by anything. All must be kept.
    pub(super) fn in_rows(mut self) -> Vec<i16> {
        for block in self.coefficients.as_chunks_mut::<64>().0 {
            let mut rows = [0; 64];
            for (k, place) in ZIGZAG.iter().enumerate() {
                rows[usize::from(*place)] = block[k];
            }
            *block = rows;
        }
        self.coefficients
    }
}
