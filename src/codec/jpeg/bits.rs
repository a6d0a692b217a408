//! Entropy-coded bytes as bits (ITU-T T.81, F.2.2.5).
//!
//! [`Window`] takes the stuffing out of a restart interval, some kilobytes at a time, so that [`Bits`] can
//! fetch eight bytes at once and never asks what a byte means. Behind the end of the data come zeros
//! without end; who reads them finds out by [`Window::is_overrun`], before anything is made of them.

#![expect(clippy::cast_possible_truncation, reason = "fields of bits are cut out of words")]

/// The bytes that a window takes in at a time: they stay in the nearest cache.
const CHUNK: usize = 16 << 10;

/// Bytes that are taken in at once where none of them is `FF`.
pub(super) const CALM: usize = 32;

/// What follows the data of a window, for reads of eight bytes.
const PADDING: usize = 8;

/// The data of one restart interval without their stuffing, a part at a time.
#[derive(Debug, Default)]
pub(super) struct Window<'a> {
    raw: &'a [u8],
    /// How many bytes of `raw` were taken in.
    taken: usize,
    clean: Vec<u8>,
    /// How many bytes of `clean` are data.
    filled: usize,
    /// Whether `clean` has the last of the data.
    is_last: bool,
    /// The bytes that must be there before [`Window::prepare`] leaves the window as it is.
    reserve: usize,
    is_lenient: bool,
}

/// Where reading stands in a window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    at: usize,
    held: u64,
    count: u32,
}

impl<'a> Window<'a> {
    /// Makes a window that is refilled when it has less than `reserve` bytes.
    ///
    /// Leniently a byte `FF` in front of what is no marker is data, though its zero is missing.
    pub(super) fn new(reserve: usize, is_lenient: bool) -> Self {
        let clean = vec![0; reserve + CHUNK + PADDING];
        Self { clean, reserve, is_lenient, ..Self::default() }
    }

    /// Starts with the data of an interval.
    pub(super) fn start(&mut self, raw: &'a [u8]) -> Place {
        (self.raw, self.taken, self.filled, self.is_last) = (raw, 0, 0, false);
        let mut place = Place::default();
        self.prepare(&mut place);
        place
    }

    /// Makes sure that `reserve` bytes can be read from a place on, or all that are left.
    #[inline(always)]
    pub(super) fn prepare(&mut self, place: &mut Place) {
        if !self.is_last && self.filled < place.at + self.reserve {
            self.slide(place);
        }
    }

    #[cold]
    #[inline(never)]
    fn slide(&mut self, place: &mut Place) {
        let from = place.at.min(self.filled);
        self.clean.copy_within(from..self.filled, 0);
        self.filled -= from;
        place.at -= from;
        self.fill();
        self.clean[self.filled..self.filled + PADDING].fill(0);
    }

    /// Takes in what there is room for.
    fn fill(&mut self) {
        let room = self.clean.len() - PADDING;
        while self.filled + CALM <= room {
            let rest = self.raw.get(self.taken..).unwrap_or_default();
            let Some(chunk) = rest.first_chunk::<CALM>().filter(|chunk| is_calm(chunk)) else {
                // Up to the next byte `FF`, and past it.
                if !self.fill_words(self.filled + CALM) || rest.len() < CALM {
                    break;
                }
                continue;
            };
            self.clean[self.filled..self.filled + CALM].copy_from_slice(chunk);
            self.taken += CALM;
            self.filled += CALM;
        }
        if !self.is_last {
            self.fill_words(room);
        }
    }

    /// Takes in at least as much as there is room for up to there; returns whether there is more.
    fn fill_words(&mut self, room: usize) -> bool {
        while self.filled + 8 <= room {
            let Some(word) = self.raw.get(self.taken..).and_then(|rest| rest.first_chunk::<8>())
            else {
                break;
            };
            self.clean[self.filled..self.filled + 8].copy_from_slice(word);
            let calm = calm_bytes(u64::from_le_bytes(*word));
            self.taken += calm;
            self.filled += calm;
            if calm < 8 && !self.take_ff() {
                return false;
            }
        }
        while self.filled < room {
            match self.raw.get(self.taken) {
                None => {
                    self.is_last = true;
                    return false;
                }
                Some(0xff) => {
                    if !self.take_ff() {
                        return false;
                    }
                }
                Some(byte) => {
                    self.clean[self.filled] = *byte;
                    self.filled += 1;
                    self.taken += 1;
                }
            }
        }
        true
    }

    /// Takes in a byte `FF` with the zero that follows it, or ends the data at what is no data.
    fn take_ff(&mut self) -> bool {
        match self.raw.get(self.taken + 1) {
            Some(0) => {
                self.clean[self.filled] = 0xff;
                self.filled += 1;
                self.taken += 2;
            }
            // A fill byte before a marker.
            Some(0xff) => self.taken += 1,
            Some(0x01..=0xbf) if self.is_lenient => {
                self.clean[self.filled] = 0xff;
                self.filled += 1;
                self.taken += 1;
            }
            _ => self.is_last = true,
        }
        !self.is_last
    }

    /// Returns a reader from a place on.
    #[inline(always)]
    pub(super) fn bits(&self, place: Place) -> Bits<'_> {
        Bits { data: &self.clean[..self.filled + PADDING], place }
    }

    /// Returns whether more bits were read than there are.
    #[inline(always)]
    pub(super) fn is_overrun(&self, place: &Place) -> bool {
        self.is_last && place.read_bits() > 8 * self.filled
    }

    /// Returns about how many bytes of the interval, as it is in the file, lie before a place.
    pub(super) fn raw_place(&self, place: &Place) -> usize {
        self.taken.saturating_sub(self.filled.saturating_sub(place.read_bits() / 8))
    }
}

impl Place {
    fn read_bits(&self) -> usize {
        (8 * self.at).saturating_sub(self.count as usize)
    }
}

/// Returns whether no byte is `FF`. The largest byte is found in few vector instructions.
#[inline(always)]
pub(super) fn is_calm(bytes: &[u8; CALM]) -> bool {
    bytes.iter().fold(0, |largest: u8, byte| largest.max(*byte)) < 0xff
}

/// Returns how many bytes, from the lowest on, come before the first `FF`.
///
/// The test for a zero byte, here of the complement, is that of Bit Twiddling Hacks, "Determine if a
/// word has a zero byte"; the first byte that it finds is one, those above it may not be.
fn calm_bytes(word: u64) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let found = (!word).wrapping_sub(ONES) & word & TOPS;
    (found.trailing_zeros() / 8) as usize
}

/// Reads bits, the highest of a byte first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    place: Place,
}

impl Bits<'_> {
    /// Returns where reading stands.
    #[inline(always)]
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Fetches bits, so that at least 56 can be taken.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let Place { at, held, count } = &mut self.place;
        let word = match self.data.get(*at..*at + 8).and_then(|word| word.first_chunk::<8>()) {
            Some(word) => u64::from_be_bytes(*word),
            None => 0,
        };
        *held |= word >> *count;
        *at += ((63 - *count) >> 3) as usize;
        *count |= 56;
    }

    /// Returns the next bits, the first of them on top, without taking them.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.place.held
    }

    /// Takes up to 63 bits, of those that are there.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.place.held <<= count & 63;
        self.place.count = self.place.count.wrapping_sub(count);
    }

    /// Takes and returns up to 32 bits, of those that are there.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = ((self.place.held >> 1) >> (63 - (count & 63))) as u32;
        self.skip(count);
        bits
    }

    /// Fetches and takes up to 32 bits.
    #[inline(always)]
    pub(super) fn read(&mut self, count: u32) -> u32 {
        self.refill();
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, CHUNK, Place, Window};

    /// Bytes with all that may stand in an interval: stuffing, fill bytes, runs of either.
    fn stuffed(data: &[u8]) -> Vec<u8> {
        data.iter()
            .flat_map(|byte| if *byte == 0xff { vec![0xff, 0] } else { vec![*byte] })
            .collect()
    }

    fn read(window: &mut Window<'_>, mut place: Place, widths: &[u32], bits: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for width in widths.iter().cycle().scan(0, |sum, width| {
            *sum += *width as usize;
            (*sum <= bits).then_some(*width)
        }) {
            window.prepare(&mut place);
            let mut reader: Bits<'_> = window.bits(place);
            let value = reader.read(width);
            out.extend((0..width).rev().map(|bit| (value >> bit & 1) as u8));
            place = reader.place();
            assert!(!window.is_overrun(&place));
        }
        let mut reader = window.bits(place);
        reader.read(32);
        reader.read(32);
        assert!(window.is_overrun(&reader.place()));
        out
    }

    #[test]
    fn bits_are_read_in_any_widths_across_any_windows() {
        for length in [0, 1, 5, 8, 9, 100, CHUNK - 1, CHUNK + 3, 3 * CHUNK + 17] {
            for every in [1, 2, 7, 13, 100_000] {
                let byte =
                    |at: usize| if at.is_multiple_of(every) { 0xff } else { (at * 37 % 255) as u8 };
                let data: Vec<u8> = (0..length).map(byte).collect();
                let raw = stuffed(&data);
                let mut window = Window::new(64, false);
                let place = window.start(&raw);
                let got = read(&mut window, place, &[1, 7, 32, 13, 0, 16], 8 * length);
                let want =
                    data.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
                assert!(got.iter().copied().eq(want.take(got.len())), "{length} {every}");
            }
        }
    }

    #[test]
    fn data_end_at_a_marker_and_at_half_a_byte_pair() {
        for (raw, bytes) in
            [(&b"\x12\xff\xd9\x34"[..], 1), (b"\x12\xff", 1), (b"\xff\xff\xff\0", 1)]
        {
            let mut window = Window::new(64, false);
            let place = window.start(raw);
            let mut bits = window.bits(place);
            bits.read(8 * bytes);
            assert!(!window.is_overrun(&bits.place()), "{raw:?}");
            bits.read(1);
            assert!(window.is_overrun(&bits.place()), "{raw:?}");
        }
    }

    #[test]
    fn a_window_is_used_again() {
        let mut window = Window::new(64, false);
        for raw in [&[0xab_u8; 40][..], &[0xcd; 3]] {
            let place = window.start(raw);
            assert_eq!(window.bits(place).read(8), u32::from(raw[0]));
        }
    }
}
