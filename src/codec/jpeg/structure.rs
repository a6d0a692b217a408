//! What the markers of a JPEG file say: its frame, tables and scans, and whether they fit together.
//!
//! No coefficient is decoded here. Invariants: the limits are checked as soon as the frame header is
//! read; every component has a quantisation table and is coded; the scans of a progressive picture
//! follow each other as the standard demands (ITU-T T.81, G.1.1.1).

use super::segments::{Segments, marker};
use super::{FORMAT, damaged, unsupported};
use crate::codec::exif;
use crate::error::Result;
use crate::image::Orientation;
use crate::limits::Limits;

/// The most scans of a picture. Encoders write about ten; a file of thousands is an attack on time.
pub(super) const MAX_SCANS: usize = 256;

/// How the components of a pixel are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    Gray,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

/// A component of the frame: its sampling factors and its quantisation table.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) h: usize,
    pub(super) v: usize,
    table: usize,
}

/// The frame header.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
}

/// A component in a scan: its place in the frame, and its DC and AC tables as one byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) component: usize,
    pub(super) tables: u8,
}

/// One scan: what is set before it, its header and its data.
#[derive(Clone, Debug)]
pub(super) struct Scan<'a> {
    /// The Huffman tables defined since the scan before.
    pub(super) huffman: Vec<&'a [u8]>,
    pub(super) restart_interval: usize,
    pub(super) members: Vec<Member>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) spectral: [u8; 2],
    /// The bit position of the scan before for the same coefficients, and of this one.
    pub(super) approximation: [u8; 2],
    pub(super) data: &'a [u8],
    /// Where the data start in the file.
    pub(super) at: usize,
}

/// A file up to the end of its first picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure<'a> {
    pub(super) frame: Frame,
    /// The quantisation table of each component, with its leading byte for precision and number.
    pub(super) quantization: Vec<Option<&'a [u8]>>,
    pub(super) scans: Vec<Scan<'a>>,
    jfif: bool,
    /// The colour transform that an Adobe segment names.
    adobe: Option<u8>,
    exif: Option<&'a [u8]>,
}

impl Frame {
    /// Returns the largest sampling factors.
    pub(super) fn max_sampling(&self) -> (usize, usize) {
        let h = self.components.iter().map(|one| one.h).max().unwrap_or(1);
        let v = self.components.iter().map(|one| one.v).max().unwrap_or(1);
        (h, v)
    }

    /// Returns how many units a scan codes: blocks of its one component, or interleaved groups.
    pub(super) fn units(&self, scan: &Scan<'_>) -> usize {
        let (h_max, v_max) = self.max_sampling();
        let (h, v) = match scan.members.as_slice() {
            [one] => (self.components[one.component].h, self.components[one.component].v),
            _ => (1, 1),
        };
        (self.width * h).div_ceil(8 * h_max) * (self.height * v).div_ceil(8 * v_max)
    }
}

impl<'a> Structure<'a> {
    /// Reads all up to the first scan header.
    pub(super) fn read_head(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        Reader::new(bytes, limits).read(true)
    }

    /// Reads all up to the end of the first picture. What follows it is left alone.
    pub(super) fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let structure = Reader::new(bytes, limits).read(false)?;
        structure.check_scans()?;
        Ok(structure)
    }

    /// Returns which way up the picture is stored.
    pub(super) fn orientation(&self) -> Orientation {
        self.exif.map_or(Orientation::Upright, exif::orientation)
    }

    /// Decides how components are to be understood, by the rules of libjpeg.
    pub(super) fn model(&self) -> Result<Model> {
        let ids: Vec<u8> = self.frame.components.iter().map(|one| one.id).collect();
        match (ids.as_slice(), self.jfif, self.adobe) {
            ([_], ..) => Ok(Model::Gray),
            ([_, _, _], false, Some(0)) | (b"RGB", false, None) => Ok(Model::Rgb),
            ([_, _, _], ..) => Ok(Model::YCbCr),
            ([_, _, _, _], _, None | Some(0)) => Ok(Model::Cmyk),
            ([_, _, _, _], _, Some(2)) => Ok(Model::Ycck),
            ([_, _, _, _], _, Some(other)) => {
                Err(damaged(format!("four components with the Adobe transform {other}")))
            }
            _ => Err(unsupported(format!("JPEG with {} components", ids.len()))),
        }
    }

    /// Checks that the scans code every component, each part once and in order.
    fn check_scans(&self) -> Result<()> {
        // The bit position that each coefficient of each component has been coded to.
        let mut coded = vec![[None; 64]; self.frame.components.len()];
        for (number, scan) in self.scans.iter().enumerate() {
            let wrong = |what: &str| {
                Err(damaged(format!("scan {} at byte {} {what}", number + 1, scan.at)))
            };
            let [first, last] = scan.spectral.map(usize::from);
            let [high, low] = scan.approximation;
            let mixed = first == 0 && last > 0 || first > 0 && scan.members.len() > 1;
            let bits = low > 13 || high > 0 && high != low + 1;
            if self.frame.progressive && (first > last || last > 63 || mixed || bits) {
                return wrong("has a header that no progressive picture has");
            }
            for member in &scan.members {
                for coefficient in &mut coded[member.component][first..=last] {
                    if *coefficient != (high > 0).then_some(high) {
                        return wrong("codes what the scans before it do not lead to");
                    }
                    *coefficient = Some(low);
                }
            }
        }
        if coded.iter().any(|component| component[0].is_none()) {
            return Err(damaged("a component of the picture is in no scan"));
        }
        Ok(())
    }
}

/// Reads segments into a structure.
struct Reader<'a, 'b> {
    segments: Segments<'a>,
    limits: &'b Limits,
    structure: Structure<'a>,
    /// The quantisation tables that are defined now.
    tables: [Option<&'a [u8]>; 4],
    huffman: Vec<&'a [u8]>,
    restart_interval: usize,
}

impl<'a, 'b> Reader<'a, 'b> {
    fn new(bytes: &'a [u8], limits: &'b Limits) -> Self {
        Self {
            segments: Segments::new(bytes),
            limits,
            structure: Structure::default(),
            tables: [None; 4],
            huffman: Vec::new(),
            restart_interval: 0,
        }
    }

    fn read(mut self, head_only: bool) -> Result<Structure<'a>> {
        loop {
            let found = self.segments.marker()?;
            match found {
                marker::SOS if self.structure.frame.components.is_empty() => {
                    return Err(damaged("a scan comes before the frame header"));
                }
                marker::SOS if head_only => return Ok(self.structure),
                marker::SOS => self.scan()?,
                marker::EOI if self.structure.scans.is_empty() => {
                    return Err(damaged("the picture ends before its first scan"));
                }
                marker::EOI => return Ok(self.structure),
                0xc3 => return Err(unsupported("lossless JPEG")),
                0xc5..=0xc7 | marker::DHP => return Err(unsupported("hierarchical JPEG")),
                0xc8..=0xcf => return Err(unsupported("arithmetic coding in JPEG")),
                marker::DNL => return Err(unsupported("JPEG with its height after the picture")),
                marker::DHT => {
                    let tables = self.segments.segment("DHT")?;
                    self.huffman.push(tables);
                }
                marker::SOF0..=marker::SOF2 => self.frame(found)?,
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
                marker::APP0 => {
                    self.structure.jfif |= self.segments.segment("APP0")?.starts_with(b"JFIF\0")
                }
                marker::APP1 => {
                    let tiff = self.segments.segment("APP1")?.strip_prefix(b"Exif\0\0");
                    self.structure.exif = self.structure.exif.or(tiff);
                }
                marker::APP14 => {
                    if let Some(rest) = self.segments.segment("APP14")?.strip_prefix(b"Adobe") {
                        self.structure.adobe = rest.get(6).copied();
                    }
                }
                0xe2..=0xef | marker::COM => {
                    self.segments.segment("application")?;
                }
                // These stand alone: a second start, restart markers left over, the temporary marker.
                marker::SOI | marker::RST0..=marker::RST7 | 0x01 => {}
                other => {
                    let at = self.segments.at() - 2;
                    return Err(damaged(format!(
                        "no marker FF {other:02X} (at byte {at}) is known"
                    )));
                }
            }
        }
    }

    fn frame(&mut self, found: u8) -> Result<()> {
        let segment = self.segments.segment("SOF")?;
        if !self.structure.frame.components.is_empty() {
            return Err(damaged("there are two frame headers"));
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
        if height == 0 {
            return Err(unsupported("JPEG with its height after the picture"));
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
        self.structure.scans.push(Scan {
            huffman: std::mem::take(&mut self.huffman),
            restart_interval: self.restart_interval,
            members: read,
            spectral: if progressive { [first, last] } else { [0, 63] },
            approximation: if progressive {
                [approximation >> 4, approximation & 15]
            } else {
                [0; 2]
            },
            data: self.segments.entropy_coded()?,
            at,
        });
        Ok(())
    }
}
