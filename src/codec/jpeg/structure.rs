//! What the markers of a JPEG file say: its frame, tables and scans, and whether they fit together.
//!
//! No coefficient is decoded here. Invariants: the limits are checked as soon as the size is known; every
//! component that is coded has a quantisation table; read strictly, every component is coded and the scans
//! of a progressive picture follow each other as the standard demands (ITU-T T.81, G.1.1.1).

use super::frame::{Frame, Model, Scan};
use super::reader::Reader;
use super::report::Report;
use super::segments::marker;
use crate::codec::exif;
use crate::error::Result;
use crate::image::Orientation;
use crate::limits::Limits;

/// A file up to the end of its first picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure<'a> {
    pub(super) frame: Frame,
    /// The quantisation table of each component, with its leading byte for precision and number.
    pub(super) quantization: Vec<Option<&'a [u8]>>,
    pub(super) scans: Vec<Scan<'a>>,
    /// The APPn and COM segments, with their markers.
    pub(super) segments: Vec<(u8, &'a [u8])>,
    /// What lies behind the end of the picture.
    pub(super) rest: &'a [u8],
}

impl<'a> Structure<'a> {
    /// Reads all up to the first scan header.
    pub(super) fn read_head(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let mut report = Report::default();
        Reader::new(bytes, limits, &mut report)?.read_head()
    }

    /// Reads all up to the end of the first picture.
    pub(super) fn read(bytes: &'a [u8], limits: &Limits, report: &mut Report) -> Result<Self> {
        let mut structure = Reader::new(bytes, limits, report)?.read()?;
        structure.check_scans(report)?;
        structure.check_amount(report)?;
        Ok(structure)
    }

    /// Returns the contents of the segments of a marker that start with a signature, behind it.
    pub(super) fn segments_of<'s>(
        &'s self,
        marker: u8,
        signature: &'static [u8],
    ) -> impl Iterator<Item = &'a [u8]> + 's {
        let of_marker = self.segments.iter().filter(move |(found, _)| *found == marker);
        of_marker.filter_map(move |(_, segment)| segment.strip_prefix(signature))
    }

    /// Returns the EXIF data, which are a TIFF file.
    pub(super) fn exif(&self) -> Option<&'a [u8]> {
        self.segments_of(marker::APP1, b"Exif\0\0").next()
    }

    /// Returns which way up the picture is stored.
    pub(super) fn orientation(&self) -> Orientation {
        self.exif().map_or(Orientation::Upright, exif::orientation)
    }

    /// Decides how components are to be understood.
    pub(super) fn model(&self) -> Result<Model> {
        let ids: Vec<u8> = self.frame.components.iter().map(|one| one.id).collect();
        let is_jfif = self.segments_of(marker::APP0, b"JFIF\0").next().is_some();
        let adobe = self.segments_of(marker::APP14, b"Adobe").filter_map(|rest| rest.get(6)).last();
        Model::decide(&ids, is_jfif, adobe.copied())
    }

    /// Returns the factors of a component's coefficients, in zigzag order; ones where it is not coded.
    pub(super) fn factors(&self, component: usize) -> [u16; 64] {
        let table = self.quantization.get(component).copied().flatten();
        let Some((first, values)) = table.and_then(|table| table.split_first()) else {
            return [1; 64];
        };
        let value = |k: usize| {
            if first >> 4 == 0 {
                values.get(k).map_or(0, |value| u16::from(*value))
            } else {
                let two = values.get(2 * k..).and_then(|rest| rest.first_chunk::<2>());
                two.map_or(0, |two| u16::from_be_bytes(*two))
            }
        };
        std::array::from_fn(value)
    }

    /// Checks that the scans code every component, each part once and in order.
    fn check_scans(&mut self, report: &mut Report) -> Result<()> {
        // The bit position that each coefficient of each component has been coded to.
        let mut coded = vec![[None; 64]; self.frame.components.len()];
        let mut kept = Vec::with_capacity(self.scans.len());
        for (number, scan) in std::mem::take(&mut self.scans).into_iter().enumerate() {
            let told = |what: &str| format!("scan {} at byte {} {what}", number + 1, scan.at);
            let [first, last] = scan.spectral.map(usize::from);
            let [high, low] = scan.approximation;
            let mixed = first == 0 && last > 0 || first > 0 && scan.members.len() > 1;
            let bits = low > 13 || high > 0 && high != low + 1;
            if self.frame.progressive && (first > last || last > 63 || mixed || bits) {
                let what = told("has a header that no progressive picture has");
                report.tell(scan.at, what, "it is left out")?;
                continue;
            }
            let mut follows = true;
            for member in &scan.members {
                for coefficient in &mut coded[member.component][first..=last] {
                    follows &= *coefficient == (high > 0).then_some(high);
                    *coefficient = Some(low);
                }
            }
            if !follows {
                let what = told("codes what the scans before it do not lead to");
                report.tell(scan.at, what, "it is decoded nevertheless")?;
            }
            kept.push(scan);
        }
        self.scans = kept;
        if coded.iter().any(|component| component[0].is_none()) {
            let at = self.scans.last().map_or(0, |scan| scan.at);
            report.tell(at, "a component of the picture is in no scan", "it is grey")?;
        }
        Ok(())
    }

    /// Checks that there are enough data for as many blocks as the header claims.
    ///
    /// The shortest block of a sequential scan has two bits, and the shortest DC coefficient one: what is
    /// shorter is cut short, and no memory need be taken to find out.
    fn check_amount(&self, report: &mut Report) -> Result<()> {
        let bits_of_block = if self.frame.progressive { 1 } else { 2 };
        for scan in self.scans.iter().filter(|scan| scan.spectral[0] == 0) {
            let (columns, rows) = self.frame.scan_units(scan);
            let bits = columns * rows * self.frame.unit_size(scan) * bits_of_block;
            if scan.data.len() < bits / 8 {
                let what = super::entropy::incomplete_words(scan, scan.at + scan.data.len());
                report.tell(scan.at, what, "what is missing stays grey")?;
            }
        }
        Ok(())
    }
}
