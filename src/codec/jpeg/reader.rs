//! Reads the segments of a file, one after the other, into its structure.

use super::frame::{Component, Frame, Member, Scan};
use super::report::Report;
use super::segments::{Segments, marker};
use super::structure::Structure;
use super::{FORMAT, damaged, unsupported};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// The most scans of a picture. Encoders write about ten; a file of thousands is an attack on time.
const MAX_SCANS: usize = 256;

/// The most blocks of a unit. The standard allows 10 (T.81, B.2.3), which odd sampling exceeds.
const MAX_UNIT: usize = 64;

/// Reads segments into a structure.
pub(super) struct Reader<'a, 'b> {
    segments: Segments<'a>,
    limits: &'b Limits,
    report: &'b mut Report,
    structure: Structure<'a>,
    /// The quantisation tables that are defined now.
    tables: [Option<&'a [u8]>; 4],
    huffman: Vec<&'a [u8]>,
    restart_interval: usize,
}

/// What is next after a segment.
enum Next {
    Segment,
    Scan,
    End,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn new(bytes: &'a [u8], limits: &'b Limits, report: &'b mut Report) -> Result<Self> {
        Ok(Self {
            segments: Segments::new(bytes)?,
            limits,
            report,
            structure: Structure::default(),
            tables: [None; 4],
            huffman: Vec::new(),
            restart_interval: 0,
        })
    }

    /// Reads all up to the first scan header, or up to where the height is told.
    pub(super) fn read_head(mut self) -> Result<Structure<'a>> {
        loop {
            match self.next()? {
                Next::Segment if self.structure.scans.is_empty() => {}
                Next::Segment if self.structure.frame.height == 0 => {}
                Next::Segment => return Ok(self.structure),
                Next::Scan if self.structure.frame.height > 0 => return Ok(self.structure),
                Next::Scan => self.scan()?,
                Next::End => return Err(no_height()),
            }
        }
    }

    /// Reads all up to the end of the picture.
    pub(super) fn read(mut self) -> Result<Structure<'a>> {
        loop {
            let next = match self.next() {
                // The image data are what counts: what follows them may be damaged.
                Err(error @ Error::Decode { .. }) if !self.structure.scans.is_empty() => {
                    let (at, text) = (self.segments.at(), error.to_string());
                    let text = text.strip_prefix("JPEG: ").unwrap_or(&text);
                    self.report.tell(at, text, "nothing is read from there on")?;
                    Next::End
                }
                next => next?,
            };
            match next {
                Next::Segment => {}
                Next::Scan => match self.scan() {
                    Err(error @ Error::Decode { .. }) if !self.structure.scans.is_empty() => {
                        let text = error.to_string();
                        let text = text.strip_prefix("JPEG: ").unwrap_or(&text);
                        self.report.tell(self.segments.at(), text, "the scan is left out")?;
                    }
                    done => done?,
                },
                Next::End => break,
            }
        }
        if self.structure.frame.height == 0 {
            return Err(damaged(
                "the header leaves the height to a DNL segment, and there is none",
            ));
        }
        self.structure.rest = self.segments.rest();
        Ok(self.structure)
    }

    /// Reads one segment. A scan header is left to be read.
    fn next(&mut self) -> Result<Next> {
        let found = self.segments.marker()?;
        match found {
            marker::SOS if self.structure.frame.components.is_empty() => {
                return Err(damaged("a scan comes before the frame header"));
            }
            marker::SOS => return Ok(Next::Scan),
            marker::EOI if self.structure.scans.is_empty() => {
                return Err(damaged("the picture ends before its first scan"));
            }
            marker::EOI => return Ok(Next::End),
            0xc3 => return Err(unsupported("lossless JPEG")),
            0xc5..=0xc7 | marker::DHP => return Err(unsupported("hierarchical JPEG")),
            0xc8..=0xcf => return Err(unsupported("arithmetic coding in JPEG")),
            marker::DHT => {
                let tables = self.segments.segment("DHT")?;
                self.huffman.push(tables);
            }
            marker::SOF0..=marker::SOF2 => self.frame(found)?,
            marker::DNL => self.height()?,
            marker::DQT => self.quantization()?,
            marker::DRI => match self.segments.segment("DRI")? {
                [high, low] => {
                    self.restart_interval = usize::from(u16::from_be_bytes([*high, *low]));
                }
                other => {
                    let problem = format!("the DRI segment has {} bytes, not 2", other.len());
                    return Err(damaged(problem));
                }
            },
            marker::APP0..=marker::APP15 | marker::COM => {
                let segment = self.segments.segment("application")?;
                self.structure.segments.push((found, segment));
            }
            // These stand alone: a second start, restart markers left over, the temporary marker.
            marker::SOI | marker::RST0..=marker::RST7 | 0x01 => {}
            other => {
                let at = self.segments.at() - 2;
                let what = format!("no marker FF {other:02X} (at byte {at}) is known");
                self.report.tell(at, what, "it is passed over")?;
            }
        }
        Ok(Next::Segment)
    }

    fn frame(&mut self, found: u8) -> Result<()> {
        let at = self.segments.at();
        let segment = self.segments.segment("SOF")?;
        if !self.structure.frame.components.is_empty() {
            return self.report.tell(at, "there are two frame headers", "the first one holds");
        }
        let (&[precision, h1, h0, w1, w0, count], components) = segment
            .split_first_chunk::<6>()
            .ok_or_else(|| damaged("the frame header is too short"))?;
        if precision != 8 {
            return Err(unsupported(format!("JPEG with {precision} bits")));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if width == 0 {
            return Err(damaged(format!("the header claims a size of {width}x{height} pixels")));
        }
        self.limits.check_size(FORMAT, u64::from(width), u64::from(height))?;
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported(format!("JPEG with {count} components")));
        }
        if components.len() != 3 * usize::from(count) {
            return Err(damaged(format!("the frame header is not that of {count} components")));
        }
        let mut read = Vec::with_capacity(usize::from(count));
        for component in components.chunks_exact(3) {
            let [id, sampling, table] = [component[0], component[1], component[2]];
            let (h, v) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || table > 3 {
                return Err(damaged(format!("component {id} has sampling {h}x{v}, table {table}")));
            }
            if read.iter().any(|one: &Component| one.id == id) {
                return Err(damaged(format!("there are two components {id}")));
            }
            read.push(Component { id, h, v, table: usize::from(table) });
        }
        if let [one] = read.as_mut_slice() {
            // Nothing is subsampled against anything: blocks follow in rows, whatever the factors.
            (one.h, one.v) = (1, 1);
        }
        self.structure.quantization = vec![None; read.len()];
        self.structure.frame = Frame {
            progressive: found == marker::SOF2,
            width: usize::from(width),
            height: usize::from(height),
            components: read,
        };
        Ok(())
    }

    /// Reads the height that the frame header has left open (T.81, B.2.5).
    fn height(&mut self) -> Result<()> {
        let at = self.segments.at();
        let height = match self.segments.segment("DNL")? {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        };
        let frame = &mut self.structure.frame;
        if height == 0 || frame.components.is_empty() {
            return Err(damaged(format!("the DNL segment at byte {} tells no height", at - 2)));
        }
        if frame.height == 0 {
            frame.height = usize::from(height);
            self.limits.check_size(FORMAT, frame.width as u64, u64::from(height))?;
        } else if frame.height != usize::from(height) {
            let what = format!(
                "the DNL segment tells a height of {height}, and the header of {}",
                frame.height
            );
            self.report.tell(at, what, "the header holds")?;
        }
        Ok(())
    }

    fn quantization(&mut self) -> Result<()> {
        let mut segment = self.segments.segment("DQT")?;
        while let Some(first) = segment.first() {
            let length = match first >> 4 {
                0 => 65,
                1 => 129,
                _ => return Err(damaged("a quantisation table has an unknown precision")),
            };
            let slot = self.tables.get_mut(usize::from(first & 15));
            let (Some((table, rest)), Some(slot)) = (segment.split_at_checked(length), slot) else {
                return Err(damaged("a quantisation table is cut short or has a number over 3"));
            };
            *slot = Some(table);
            segment = rest;
        }
        Ok(())
    }

    fn scan(&mut self) -> Result<()> {
        let segment = self.segments.segment("SOS")?;
        let at = self.segments.at();
        let wrong = |what: &str| damaged(format!("the scan header before byte {at} {what}"));
        let (&[count], rest) = segment.split_first_chunk().ok_or_else(|| wrong("is empty"))?;
        let (members, rest) = rest
            .split_at_checked(2 * usize::from(count))
            .filter(|_| (1..=4).contains(&count))
            .ok_or_else(|| wrong("does not name 1 to 4 components"))?;
        let &[first, last, approximation] = rest else {
            return Err(wrong("has a wrong length"));
        };
        let frame = &self.structure.frame;
        let mut read: Vec<Member> = Vec::with_capacity(usize::from(count));
        for member in members.chunks_exact(2) {
            let [id, tables] = [member[0], member[1]];
            let component = frame.components.iter().position(|one| one.id == id);
            let component = component.ok_or_else(|| wrong("names a component of no frame"))?;
            if read.iter().any(|one| one.component >= component) {
                return Err(wrong("names components twice or out of order"));
            }
            if tables >> 4 > 3 || tables & 15 > 3 {
                return Err(wrong("names a Huffman table over 3"));
            }
            // The table that counts is the one defined when a component's first scan starts.
            let slot = &mut self.structure.quantization[component];
            *slot = slot.or(self.tables[frame.components[component].table]);
            if slot.is_none() {
                return Err(wrong("comes before its quantisation table"));
            }
            read.push(Member { component, tables });
        }
        if self.structure.scans.len() == MAX_SCANS {
            return Err(damaged(format!("there are more than {MAX_SCANS} scans")));
        }
        let progressive = frame.progressive;
        let scan = Scan {
            huffman: std::mem::take(&mut self.huffman),
            restart_interval: self.restart_interval,
            members: read,
            spectral: if progressive { [first, last] } else { [0, 63] },
            approximation: if progressive {
                [approximation >> 4, approximation & 15]
            } else {
                [0; 2]
            },
            data: self.segments.entropy_coded(self.report)?,
            at,
        };
        if self.structure.frame.unit_size(&scan) > MAX_UNIT {
            return Err(wrong("has more blocks in a unit than any decoder reads"));
        }
        self.structure.scans.push(scan);
        Ok(())
    }
}

fn no_height() -> Error {
    damaged("the header leaves the height to a DNL segment, and there is none")
}
