//! What frame and scan headers say (ITU-T T.81, B.2.2 and B.2.3), and the counting of blocks.

use super::{damaged, unsupported};
use crate::error::Result;

/// How the components of a pixel are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Model {
    /// One component of luminance.
    Gray,
    /// Luminance and two of chroma, as JFIF defines them.
    YCbCr,
    /// Red, green and blue.
    Rgb,
    /// Cyan, magenta, yellow and black, inverted: 255 is no ink.
    Cmyk,
    /// Inverted cyan, magenta and yellow as YCbCr, and black.
    Ycck,
}

impl Model {
    /// Returns the samples of a decoded pixel: 1 grey, 3 RGB.
    #[must_use]
    pub fn channels(self) -> usize {
        if self == Self::Gray { 1 } else { 3 }
    }

    /// Decides by the rules of libjpeg (`jdapimin`, default parameters).
    pub(super) fn decide(ids: &[u8], is_jfif: bool, adobe: Option<u8>) -> Result<Self> {
        match (ids, is_jfif, adobe) {
            ([_], ..) => Ok(Self::Gray),
            ([_, _, _], false, Some(0)) | (b"RGB", false, None) => Ok(Self::Rgb),
            ([_, _, _], ..) => Ok(Self::YCbCr),
            ([_, _, _, _], _, None | Some(0)) => Ok(Self::Cmyk),
            ([_, _, _, _], _, Some(2)) => Ok(Self::Ycck),
            ([_, _, _, _], _, Some(other)) => {
                Err(damaged(format!("four components with the Adobe transform {other}")))
            }
            _ => Err(unsupported(format!("JPEG with {} components", ids.len()))),
        }
    }
}

/// A component of the frame: its sampling factors and the number of its quantisation table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) h: usize,
    pub(super) v: usize,
    pub(super) table: usize,
}

/// The frame header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    /// Zero until a DNL segment has told it, where the header leaves it open.
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
}

/// A component in a scan: its place in the frame, and its DC and AC tables as one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) component: usize,
    pub(super) tables: u8,
}

impl Member {
    pub(super) fn dc_table(self) -> usize {
        usize::from(self.tables >> 4)
    }

    pub(super) fn ac_table(self) -> usize {
        usize::from(self.tables & 15)
    }
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

impl Frame {
    /// Returns the largest sampling factors.
    pub(super) fn max_sampling(&self) -> (usize, usize) {
        let h = self.components.iter().map(|one| one.h).max().unwrap_or(1);
        let v = self.components.iter().map(|one| one.v).max().unwrap_or(1);
        (h, v)
    }

    /// Returns the columns and rows of units: groups of blocks that interleaved scans code together.
    pub(super) fn units(&self) -> (usize, usize) {
        let (h_max, v_max) = self.max_sampling();
        (self.width.div_ceil(8 * h_max), self.height.div_ceil(8 * v_max))
    }

    /// Returns the columns and rows of a component's blocks that a scan of it alone codes.
    pub(super) fn own_blocks(&self, component: usize) -> (usize, usize) {
        let (h_max, v_max) = self.max_sampling();
        let one = &self.components[component];
        (
            (self.width * one.h).div_ceil(h_max).div_ceil(8),
            (self.height * one.v).div_ceil(v_max).div_ceil(8),
        )
    }

    /// Returns the columns and rows of a component's blocks, with those that only fill up units.
    pub(super) fn all_blocks(&self, component: usize) -> (usize, usize) {
        let (units, rows) = self.units();
        let one = &self.components[component];
        (units * one.h, rows * one.v)
    }

    /// Returns the columns and rows of units that a scan codes: a lone component's are its blocks.
    pub(super) fn scan_units(&self, scan: &Scan<'_>) -> (usize, usize) {
        match scan.members.as_slice() {
            [one] => self.own_blocks(one.component),
            _ => self.units(),
        }
    }

    /// Returns the columns and rows of a member's blocks in a unit of a scan.
    pub(super) fn unit_blocks(&self, scan: &Scan<'_>, member: Member) -> (usize, usize) {
        match scan.members.len() {
            1 => (1, 1),
            _ => {
                let one = &self.components[member.component];
                (one.h, one.v)
            }
        }
    }

    /// Returns how many blocks a unit of a scan has.
    pub(super) fn unit_size(&self, scan: &Scan<'_>) -> usize {
        let sizes = scan.members.iter().map(|member| self.unit_blocks(scan, *member));
        sizes.map(|(columns, rows)| columns * rows).sum()
    }
}
