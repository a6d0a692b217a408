//! Walks over the markers of a JPEG file (ITU-T T.81, annex B), telling where it ends too early.
//!
//! It knows what a marker, a segment and entropy-coded data look like, not what they mean.

use super::bits::{CALM, is_calm};
use super::damaged;
use super::report::Report;
use crate::error::Result;

/// How a picture starts: its marker, and the first byte of the next.
const START: &[u8] = b"\xff\xd8\xff";

/// The markers that are looked at, by the byte that follows `FF`.
pub(super) mod marker {
    pub(in super::super) const SOF0: u8 = 0xc0;
    pub(in super::super) const SOF2: u8 = 0xc2;
    pub(in super::super) const DHT: u8 = 0xc4;
    pub(in super::super) const RST0: u8 = 0xd0;
    pub(in super::super) const RST7: u8 = 0xd7;
    pub(in super::super) const SOI: u8 = 0xd8;
    pub(in super::super) const EOI: u8 = 0xd9;
    pub(in super::super) const SOS: u8 = 0xda;
    pub(in super::super) const DQT: u8 = 0xdb;
    pub(in super::super) const DNL: u8 = 0xdc;
    pub(in super::super) const DRI: u8 = 0xdd;
    pub(in super::super) const DHP: u8 = 0xde;
    pub(in super::super) const APP0: u8 = 0xe0;
    pub(in super::super) const APP1: u8 = 0xe1;
    pub(in super::super) const APP2: u8 = 0xe2;
    pub(in super::super) const APP13: u8 = 0xed;
    pub(in super::super) const APP14: u8 = 0xee;
    pub(in super::super) const APP15: u8 = 0xef;
    pub(in super::super) const COM: u8 = 0xfe;
}

/// A place in the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// Starts behind the first marker that starts a picture, wherever in the file it is.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let start = bytes.windows(3).position(|three| three == START);
        let start = start.ok_or_else(|| damaged("no picture starts in the file"))?;
        Ok(Self { bytes, at: start + 2 })
    }

    /// Returns the bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Returns how many bytes are behind.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn truncated(&self, place: &str) -> crate::error::Error {
        damaged(format!("the file ends after {} bytes, {place}", self.bytes.len()))
    }

    /// Moves to behind the next marker and returns its byte.
    ///
    /// What lies before it and belongs to no segment is skipped, as every decoder does, and so are
    /// fill bytes.
    pub(super) fn marker(&mut self) -> Result<u8> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(found) = find_ff(rest) else {
                return Err(self.truncated("before the marker that ends the picture"));
            };
            self.at += found;
            while self.bytes.get(self.at) == Some(&0xff) {
                self.at += 1;
            }
            match self.bytes.get(self.at) {
                None => return Err(self.truncated("inside a marker")),
                Some(0) => {}
                Some(marker) => {
                    self.at += 1;
                    return Ok(*marker);
                }
            }
        }
    }

    /// Reads the segment of the marker that was read last, without its length.
    pub(super) fn segment(&mut self, name: &str) -> Result<&'a [u8]> {
        let start = self.at - 2;
        let place = format!("inside the {name} segment at byte {start}");
        let Some(&[high, low]) = self.bytes.get(self.at..self.at + 2) else {
            return Err(self.truncated(&place));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            let problem = format!("the {name} segment at byte {start} claims {length} bytes");
            return Err(damaged(problem));
        }
        let Some(segment) = self.bytes.get(self.at + 2..self.at + length) else {
            return Err(self.truncated(&place));
        };
        self.at += length;
        Ok(segment)
    }

    /// Reads entropy-coded data, with their restart markers, up to any other marker.
    ///
    /// Leniently the end of the file is one, and a byte `FF` in front of what is no marker is data.
    pub(super) fn entropy_coded(&mut self, report: &mut Report) -> Result<&'a [u8]> {
        let start = self.at;
        let mut end = start;
        loop {
            let found = self.bytes.get(end..).and_then(find_ff).map(|found| end + found);
            match found.and_then(|at| self.bytes.get(at + 1)) {
                None => {
                    end = self.bytes.len();
                    let what = format!("the file ends after {end} bytes, inside the image data");
                    report.tell(end, what, "what is missing stays grey")?;
                    break;
                }
                Some(0 | marker::RST0..=marker::RST7) => end = found.map_or(end, |at| at + 2),
                // A fill byte before a marker.
                Some(0xff) => end = found.map_or(end, |at| at + 1),
                Some(0x01..marker::SOF0) if report.is_lenient => {
                    end = found.map_or(end, |at| at + 1);
                }
                Some(_) => {
                    end = found.unwrap_or(end);
                    break;
                }
            }
        }
        self.at = end;
        Ok(&self.bytes[start..end])
    }
}

/// Finds the first byte `FF`, many bytes at a time.
pub(super) fn find_ff(bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<CALM>();
    let start = CALM * chunks.iter().take_while(|chunk| is_calm(chunk)).count();
    let rest = &bytes[start..];
    let (words, _) = rest.as_chunks();
    let words = words.iter().take_while(|word| !has_ff(u64::from_ne_bytes(**word))).count();
    let start = start + 8 * words;
    bytes[start..].iter().position(|byte| *byte == 0xff).map(|at| start + at)
}

/// Returns whether one of the eight bytes is `FF`: whether its complement has a zero byte.
///
/// The test for a zero byte is that of Bit Twiddling Hacks, "Determine if a word has a zero byte".
#[inline(always)]
pub(super) fn has_ff(word: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    (!word).wrapping_sub(ONES) & word & TOPS != 0
}

#[cfg(test)]
mod tests {
    use super::find_ff;

    #[test]
    fn the_first_ff_is_found_at_every_place() {
        for length in 0..40 {
            let calm: Vec<u8> =
                (0..length).map(|at| [0x00, 0xfe, 0x7f, 0x80, 0x01][at % 5]).collect();
            assert_eq!(find_ff(&calm), None);
            for at in 0..length {
                for later in at..length {
                    let mut bytes = calm.clone();
                    bytes[at] = 0xff;
                    bytes[later] = 0xff;
                    assert_eq!(find_ff(&bytes), Some(at), "{length} {later}");
                }
            }
        }
    }
}
