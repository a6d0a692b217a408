//! Bits as entropy-coded bytes (ITU-T T.81, F.1.2.3), the highest of a byte first, stuffed.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

use super::super::segments::has_ff;

/// The bytes that one block comes to at most: 64 coefficients of 16 bits of code and 16 of value, and zeros
/// between 16 of them, all of it stuffed.
pub(super) const MAX_BLOCK_BYTES: usize = 768;

/// The bits that a writer holds before they are bytes.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Bits below the `free` ones on top; what stands in those counts for nothing.
    bits: u64,
    free: u32,
}

/// Entropy-coded bytes that are being made.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    filled: usize,
    held: Held,
}

const EMPTY: Held = Held { bits: 0, free: 64 };

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), filled: 0, held: EMPTY }
    }

    /// Makes room for this many bytes.
    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.bytes.len() < self.filled + bytes {
            self.bytes.resize((self.filled + bytes).next_power_of_two(), 0);
        }
    }

    /// Lends the writer to a loop that keeps it in registers, and gives it back at its end.
    #[inline(always)]
    pub(super) fn lent(&mut self, work: impl FnOnce(&mut Bits<'_>)) {
        let mut bits = Bits { out: &mut self.bytes, at: self.filled, held: self.held };
        work(&mut bits);
        (self.filled, self.held) = (bits.at, bits.held);
    }

    /// Fills up the last byte with ones.
    pub(super) fn align(&mut self) {
        self.reserve(16);
        self.lent(|bits| bits.align());
    }

    /// Puts a restart marker behind what there is.
    pub(super) fn restart(&mut self, number: usize) {
        self.align();
        self.lent(|bits| {
            bits.byte(0xff);
            bits.byte(super::super::segments::marker::RST0 + (number % 8) as u8);
        });
    }

    /// Returns the bytes that are whole, and forgets them.
    pub(super) fn take(&mut self) -> &[u8] {
        &self.bytes[..std::mem::take(&mut self.filled)]
    }

    /// How many bytes are whole.
    pub(super) fn len(&self) -> usize {
        self.filled
    }
}

/// A writer at work. Nobody asks it whether there is room: that is made before.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    out: &'a mut [u8],
    at: usize,
    held: Held,
}

impl Bits<'_> {
    /// Puts up to 32 bits; `bits` has no others.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        let bits = u64::from(bits);
        if let Some(free) = self.held.free.checked_sub(count) {
            self.held = Held { bits: self.held.bits << count | bits, free };
            return;
        }
        let over = count - self.held.free;
        self.word(self.held.bits << self.held.free | bits >> over);
        self.held = Held { bits, free: 64 - over };
    }

    #[inline(always)]
    fn word(&mut self, word: u64) {
        let bytes = word.to_be_bytes();
        if has_ff(word) {
            bytes.into_iter().for_each(|byte| self.stuffed(byte));
        } else if let Some(out) = self.out.get_mut(self.at..self.at + 8) {
            out.copy_from_slice(&bytes);
            self.at += 8;
        }
    }

    #[inline(always)]
    fn stuffed(&mut self, byte: u8) {
        self.byte(byte);
        if byte == 0xff {
            self.byte(0);
        }
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        if let Some(out) = self.out.get_mut(self.at) {
            *out = byte;
        }
        self.at += 1;
    }

    fn align(&mut self) {
        self.put(0x7f, 7);
        let whole = (64 - self.held.free) / 8;
        // What is free on top is shifted out; the bits that are too many of the seven are below.
        let bytes = (self.held.bits << (self.held.free & 63)).to_be_bytes();
        bytes.into_iter().take(whole as usize).for_each(|byte| self.stuffed(byte));
        self.held = EMPTY;
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    /// What the bits of these widths come to, one after the other.
    fn wanted(values: &[(u32, u32)]) -> Vec<u8> {
        let bits = values
            .iter()
            .flat_map(|(value, count)| (0..*count).rev().map(move |bit| (value >> bit & 1) as u8));
        let mut bits: Vec<u8> = bits.collect();
        bits.resize(bits.len().next_multiple_of(8), 1);
        let byte = |eight: &[u8]| eight.iter().fold(0, |byte, bit| byte << 1 | bit);
        let stuffed = |byte| if byte == 0xff { vec![0xff, 0] } else { vec![byte] };
        bits.chunks(8).map(byte).flat_map(stuffed).collect()
    }

    #[test]
    fn bits_of_any_widths_become_stuffed_bytes() {
        let mut state = 1_u64;
        for round in 0..300 {
            let values: Vec<(u32, u32)> = (0..round)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let count = (state >> 40) as u32 % 33;
                    let ones = u32::MAX.checked_shr(32 - count).unwrap_or(0);
                    // Every other round is full of ones.
                    let value = if round % 2 == 0 { u32::MAX } else { (state >> 20) as u32 };
                    (value & ones, count)
                })
                .collect();
            let mut writer = Writer::new();
            writer.reserve(8 * values.len() + 64);
            writer.lent(|bits| values.iter().for_each(|(value, count)| bits.put(*value, *count)));
            writer.align();
            assert_eq!(writer.take(), wanted(&values), "{round}");
        }
    }
}
