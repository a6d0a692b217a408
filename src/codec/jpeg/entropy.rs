//! The entropy-coded data of a scan: where its restart intervals are, and the tables that they need.

use super::bits::{Place, Window};
use super::damaged;
use super::frame::{Frame, Member, Scan};
use super::huffman::{Codes, Purpose, Table};
use super::report::Report;
use super::segments::{find_ff, marker};
use crate::error::Result;

/// The data of a restart interval and where they start in those of the scan; `None` where they are missing.
pub(super) type Interval<'a> = Option<(usize, &'a [u8])>;

/// Splits the data of a scan at its restart markers, and checks that they are all there, in order.
///
/// Leniently a marker out of order tells which intervals are missing, as in libjpeg (`jdmarker`): one or two
/// ahead stands for itself, one or two behind is passed over, any other is taken for the one that is due.
pub(super) fn intervals<'a>(
    frame: &Frame,
    scan: &Scan<'a>,
    report: &mut Report,
) -> Result<Vec<Interval<'a>>> {
    if scan.restart_interval == 0 {
        return Ok(vec![Some((0, scan.data))]);
    }
    let (columns, rows) = frame.scan_units(scan);
    let expected = (columns * rows).div_ceil(scan.restart_interval);
    let wrong = |what: String| format!("the scan at byte {} {what}", scan.at);
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut is_taken = true;
    while let Some(found) = scan.data.get(at..).and_then(find_ff) {
        at += found;
        match scan.data.get(at + 1) {
            Some(number @ marker::RST0..=marker::RST7) => {
                if is_taken {
                    parts.push(Some((start, &scan.data[start..at])));
                }
                let due = parts.len() + 7;
                let ahead = (usize::from(number - marker::RST0) + 16 - due % 8) % 8;
                is_taken = true;
                if ahead != 0 || parts.len() > expected {
                    let what =
                        wrong(format!("has its restart marker {} out of order", parts.len()));
                    report.tell(scan.at + at, what, "the nearest intervals are grey")?;
                    match ahead {
                        1 | 2 => parts.extend(std::iter::repeat_n(None, ahead)),
                        6 | 7 => is_taken = false,
                        _ => {}
                    }
                }
                at += 2;
                start = at;
            }
            // A fill byte.
            Some(0xff) => at += 1,
            _ => at += 2,
        }
    }
    if is_taken {
        parts.push(Some((start, &scan.data[start..])));
    }
    // Some encoders write a marker behind the last interval too.
    let is_empty = |part: &Interval<'_>| part.is_some_and(|(_, data)| data.is_empty());
    if parts.len() == expected + 1 && parts.last().is_some_and(is_empty) {
        parts.pop();
    }
    if parts.len() != expected {
        let (has, needs) = (parts.len() - 1, expected - 1);
        let what = wrong(format!("has {has} restart markers, and needs {needs}"));
        report.tell(scan.at, what, "missing intervals are grey")?;
        parts.resize(expected, None);
    }
    Ok(parts)
}

/// Says that data are damaged, or end too early.
pub(super) fn incomplete_words(scan: &Scan<'_>, near: usize) -> String {
    let start = scan.at;
    format!("the image data of the scan at byte {start} are damaged or incomplete near byte {near}")
}

/// Goes through the restart intervals of a scan, and keeps account of what is left in each.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    intervals: std::vec::IntoIter<Interval<'a>>,
    /// Units in an interval.
    interval: usize,
    /// Units left in the interval, and whether their data are missing.
    left: usize,
    pub(super) is_missing: bool,
    /// Where the data of the interval are in the file.
    at: usize,
    pub(super) window: Window<'a>,
    pub(super) place: Place,
    scan: Scan<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        frame: &Frame,
        scan: &Scan<'a>,
        unit_bytes: usize,
        report: &mut Report,
    ) -> Result<Self> {
        let interval = if scan.restart_interval == 0 { usize::MAX } else { scan.restart_interval };
        Ok(Self {
            intervals: intervals(frame, scan, report)?.into_iter(),
            interval,
            left: 0,
            is_missing: false,
            at: scan.at,
            window: Window::new(unit_bytes, report.is_lenient),
            place: Place::default(),
            scan: scan.clone(),
        })
    }

    /// Returns how many units, up to `most`, can be decoded at once, and whether an interval starts there.
    pub(super) fn next_units(&mut self, most: usize) -> (usize, bool) {
        let is_start = self.left == 0;
        if is_start {
            self.left = self.interval;
            let data = self.intervals.next().flatten();
            self.is_missing = data.is_none();
            if let Some((start, data)) = data {
                self.at = self.scan.at + start;
                self.place = self.window.start(data);
            }
        }
        let units = self.left.min(most);
        self.left -= units;
        (units, is_start)
    }

    /// Passes over whole intervals from the start of the scan, as many as so many units have, and returns
    /// the units in them. Nothing in them is looked at.
    pub(super) fn skip(&mut self, units: usize) -> usize {
        let whole = units / self.interval;
        for _ in 0..whole {
            self.intervals.next();
        }
        whole * self.interval
    }

    /// Returns whether more was read than there is.
    pub(super) fn is_overrun(&self) -> bool {
        !self.is_missing && self.window.is_overrun(&self.place)
    }

    /// Tells that the data are damaged where reading stands. Leniently, those that end too early are
    /// missing from there on.
    pub(super) fn tell_damage(&mut self, report: &mut Report) -> Result<()> {
        let near = self.at + self.window.raw_place(&self.place);
        let way_on = if self.is_overrun() {
            "what is missing is grey"
        } else {
            "what follows may look wrong"
        };
        self.is_missing |= self.is_overrun();
        report.tell(near, incomplete_words(&self.scan, near), way_on)
    }
}

/// The Huffman tables as they are defined while the scans go by.
#[derive(Debug, Default)]
pub(super) struct Tables<'a> {
    dc: [Option<Codes<'a>>; 4],
    ac: [Option<Codes<'a>>; 4],
}

impl<'a> Tables<'a> {
    /// Starts without tables; a file that defines none is a frame of motion JPEG and has the typical ones.
    pub(super) fn new(scans: &[Scan<'a>]) -> Self {
        let mut tables = Self::default();
        if scans.iter().all(|scan| scan.huffman.is_empty()) {
            for (slot, is_chroma) in [(0, false), (1, true)] {
                tables.dc[slot] = Some(Codes::typical(false, is_chroma));
                tables.ac[slot] = Some(Codes::typical(true, is_chroma));
            }
        }
        tables
    }

    /// Takes in what is defined before a scan.
    pub(super) fn define(&mut self, scan: &Scan<'a>, report: &mut Report) -> Result<()> {
        for segment in &scan.huffman {
            let mut rest = *segment;
            while !rest.is_empty() {
                match Codes::read(rest) {
                    Ok((number, codes, behind)) => {
                        let kind = if number >> 4 == 0 { &mut self.dc } else { &mut self.ac };
                        let slot = kind.get_mut(usize::from(number & 15)).filter(|_| number < 32);
                        match slot {
                            Some(slot) => *slot = Some(codes),
                            None => {
                                let what = "a Huffman table has a number over 3";
                                report.tell(scan.at, what, "it is left out")?;
                            }
                        }
                        rest = behind;
                    }
                    Err(error) => {
                        let what = error.to_string();
                        let what = what.strip_prefix("JPEG: ").unwrap_or(&what);
                        report.tell(scan.at, what, "it is left out")?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes the DC table of a member ready.
    pub(super) fn dc(&self, member: Member) -> Result<Table> {
        let codes = self.dc.get(member.dc_table()).copied().flatten();
        Ok(Table::new(codes.ok_or_else(not_defined)?, Purpose::Dc))
    }

    /// Makes the AC table of a member ready.
    pub(super) fn ac(&self, member: Member, purpose: Purpose) -> Result<Table> {
        let codes = self.ac.get(member.ac_table()).copied().flatten();
        Ok(Table::new(codes.ok_or_else(not_defined)?, purpose))
    }
}

fn not_defined() -> crate::error::Error {
    damaged("a Huffman table that a scan names is not defined")
}
