//! Counts what the entropy-coded data of a scan hold, without decoding a picture from them.
//!
//! It is a check and no decoder: it follows Huffman codes to see that every block is there, and skips
//! their values (ITU-T T.81, F.2.2.1). It is slow and simple, for the few bits that the decoding
//! crate cannot be trusted with: restart markers, and the DC coefficients of progressive pictures.

use super::damaged;
use super::segments::{find_ff, marker};
use super::structure::{Frame, Member, Scan};
use crate::error::{Error, Result};

/// Splits the data of a scan at its restart markers, and checks that they are all there, in order.
pub(super) fn intervals<'a>(frame: &Frame, scan: &Scan<'a>) -> Result<Vec<&'a [u8]>> {
    let expected = match scan.restart_interval {
        0 => 1,
        interval => frame.units(scan).div_ceil(interval),
    };
    let wrong = |what: String| damaged(format!("the scan at byte {} {what}", scan.at));
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(found) = scan.data.get(at..).and_then(find_ff) {
        at += found;
        match scan.data.get(at + 1) {
            Some(number @ marker::RST0..=marker::RST7) => {
                if usize::from(number - marker::RST0) != parts.len() % 8 || parts.len() == expected
                {
                    let order = parts.len() + 1;
                    return Err(wrong(format!("has its restart marker {order} out of order")));
                }
                parts.push(&scan.data[start..at]);
                at += 2;
                start = at;
            }
            // A fill byte.
            Some(0xff) => at += 1,
            _ => at += 2,
        }
    }
    parts.push(&scan.data[start..]);
    // Some encoders write a marker behind the last interval too.
    if parts.len() == expected + 1 && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    if parts.len() != expected {
        let (has, needs) = (parts.len() - 1, expected - 1);
        return Err(wrong(format!("has {has} restart markers, and needs {needs}")));
    }
    Ok(parts)
}

/// The data of each restart interval, with the number of blocks that it codes.
fn blocks<'a>(
    frame: &Frame,
    scan: &Scan<'_>,
    intervals: &[&'a [u8]],
) -> impl Iterator<Item = (&'a [u8], usize)> {
    let mut left = frame.units(scan);
    let interval = if scan.restart_interval == 0 { left } else { scan.restart_interval };
    let in_unit = members_in_unit(frame, scan).count();
    intervals.iter().map(move |data| {
        let units = left.min(interval);
        left -= units;
        (*data, units * in_unit)
    })
}

/// The members of a scan, each as often as it has blocks in a unit.
fn members_in_unit<'a>(frame: &'a Frame, scan: &'a Scan<'_>) -> impl Iterator<Item = Member> + 'a {
    scan.members.iter().flat_map(|member| {
        let component = &frame.components[member.component];
        let count = if scan.members.len() == 1 { 1 } else { component.h * component.v };
        std::iter::repeat_n(*member, count)
    })
}

fn incomplete(scan: &Scan<'_>) -> Error {
    damaged(format!("the image data of the scan at byte {} are damaged or incomplete", scan.at))
}

/// Checks that a scan which refines DC coefficients, one bit a block, has all its bits.
pub(super) fn check_refinement(frame: &Frame, scan: &Scan<'_>, intervals: &[&[u8]]) -> Result<()> {
    for (data, blocks) in blocks(frame, scan, intervals) {
        let stuffed = data.windows(2).filter(|pair| pair == b"\xff\0").count();
        if 8 * (data.len() - stuffed) < blocks {
            return Err(incomplete(scan));
        }
    }
    Ok(())
}

/// Checks that the first scan of a progressive picture has all its DC coefficients.
pub(super) fn check_first(frame: &Frame, scan: &Scan<'_>, intervals: &[&[u8]]) -> Result<()> {
    let tables = read_tables(scan)?;
    let missing = || damaged("a Huffman table that a scan names is not defined");
    let order: Vec<&Table> = members_in_unit(frame, scan)
        .map(|member| tables[usize::from(member.tables >> 4)].as_ref().ok_or_else(missing))
        .collect::<Result<_>>()?;
    for (data, blocks) in blocks(frame, scan, intervals) {
        let mut bits = Bits { data, at: 0, held: 0, count: 0 };
        for table in order.iter().cycle().take(blocks) {
            skip_coefficient(&mut bits, table).ok_or_else(|| incomplete(scan))?;
        }
    }
    Ok(())
}

/// Skips one DC coefficient; `None` where it is damaged or not there.
fn skip_coefficient(bits: &mut Bits<'_>, table: &Table) -> Option<()> {
    let size = u32::from(table.symbol(bits)?);
    // T.81, table F.1: 8-bit samples have differences of up to 11 bits.
    if size > 11 {
        return None;
    }
    bits.take(size).map(drop)
}

/// Reads bits, the highest of a byte first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    /// Takes up to 16 bits; `None` where the data end before.
    fn take(&mut self, count: u32) -> Option<u32> {
        while self.count < count {
            let byte = *self.data.get(self.at)?;
            // A byte `FF` of data is followed by a zero that is none.
            self.at += if byte == 0xff { 2 } else { 1 };
            self.held = self.held << 8 | u32::from(byte);
            self.count += 8;
        }
        self.count -= count;
        Some(self.held >> self.count & ((1 << count) - 1))
    }
}

/// A Huffman table: for each code length the first code, their number, and where their symbols start.
struct Table {
    lengths: [(u32, u32, usize); 16],
    symbols: Vec<u8>,
}

impl Table {
    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let mut code = 0;
        for (first, count, start) in self.lengths {
            code = code << 1 | bits.take(1)?;
            if let Some(behind) = code.checked_sub(first).filter(|behind| *behind < count) {
                return self.symbols.get(start + usize::try_from(behind).ok()?).copied();
            }
        }
        None
    }
}

/// Reads the DC tables that are defined before a first scan.
fn read_tables(scan: &Scan<'_>) -> Result<[Option<Table>; 4]> {
    let mut tables = [None, None, None, None];
    for mut segment in scan.huffman.iter().copied() {
        while !segment.is_empty() {
            segment = define(&mut tables, segment)
                .ok_or_else(|| damaged("a Huffman table is cut short or has a wrong number"))?;
        }
    }
    Ok(tables)
}

/// Defines the first table of a segment and returns the rest. AC tables are passed over.
fn define<'a>(dc: &mut [Option<Table>; 4], segment: &'a [u8]) -> Option<&'a [u8]> {
    let (first, rest) = segment.split_first()?;
    let (counts, rest) = rest.split_first_chunk::<16>()?;
    let (mut code, mut start) = (0, 0);
    let lengths = counts.map(|count| {
        let length = (code, u32::from(count), start);
        code = (code + u32::from(count)) << 1;
        start += usize::from(count);
        length
    });
    let (symbols, rest) = rest.split_at_checked(start)?;
    let slot = dc.get_mut(usize::from(first & 15))?;
    if first >> 4 == 0 {
        *slot = Some(Table { lengths, symbols: symbols.to_vec() });
    }
    Some(rest)
}
