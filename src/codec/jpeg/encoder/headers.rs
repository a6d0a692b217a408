//! The segments of a file that are not entropy-coded data (ITU-T T.81, annex B), in the order of libjpeg.

use super::super::FORMAT;
use super::super::frame::{Frame, Scan};
use super::super::geometry::ZIGZAG;
use super::super::metadata::{EXTENDED_XMP, ICC, Metadata, PHOTOSHOP, XMP};
use super::super::segments::marker;
use super::Density;
use super::codes::Definition;
use crate::codec::exif;
use crate::error::{Error, Result};

/// What a segment holds at most, without its length.
const MAX_SEGMENT: usize = 65_533;

/// Puts a segment.
fn segment(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) -> Result<()> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let told = u16::try_from(length + 2).map_err(|_| Error::Encode {
        format: FORMAT,
        problem: format!(
            "metadata of {length} bytes do not fit in a segment, which holds {MAX_SEGMENT}; make them shorter"
        ),
    })?;
    out.extend([0xff, marker]);
    out.extend(told.to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(())
}

/// Puts the start of a file and its JFIF segment.
pub(super) fn start(out: &mut Vec<u8>, density: Density) -> Result<()> {
    out.extend([0xff, marker::SOI]);
    let (unit, x, y) = match density {
        Density::Ratio(x, y) => (0, x, y),
        Density::PerInch(x, y) => (1, x, y),
        Density::PerCentimetre(x, y) => (2, x, y),
    };
    let sides = [x.to_be_bytes(), y.to_be_bytes()].concat();
    segment(out, marker::APP0, &[b"JFIF\0\x01\x01", &[unit], &sides, &[0, 0]])
}

/// Puts the segment by which Adobe's programs tell how colours are transformed.
pub(super) fn adobe(out: &mut Vec<u8>, transform: u8) -> Result<()> {
    segment(out, marker::APP14, &[b"Adobe\0\x64\0\0\0\0", &[transform]])
}

/// Puts all metadata. What is too long for a segment is put into several, where the format has a way for it.
pub(super) fn metadata(out: &mut Vec<u8>, metadata: &Metadata<'_>) -> Result<()> {
    if let Some(tiff) = metadata.exif {
        segment(out, marker::APP1, &[b"Exif\0\0", &exif::upright(tiff)])?;
    }
    if let Some(packet) = metadata.xmp {
        segment(out, marker::APP1, &[XMP, packet])?;
    }
    if let Some(packet) = &metadata.extended_xmp {
        extended_xmp(out, metadata.xmp.unwrap_or_default(), packet)?;
    }
    if let Some(profile) = &metadata.icc {
        let parts = profile.chunks(MAX_SEGMENT - ICC.len() - 2);
        let count = u8::try_from(parts.len()).map_err(|_| Error::Encode {
            format: FORMAT,
            problem: format!("a profile of {} bytes does not fit in 255 segments", profile.len()),
        })?;
        for (number, part) in (1..=count).zip(parts) {
            segment(out, marker::APP2, &[ICC, &[number, count], part])?;
        }
    }
    if let Some(resources) = &metadata.photoshop {
        for part in resources.chunks(MAX_SEGMENT - PHOTOSHOP.len()) {
            segment(out, marker::APP13, &[PHOTOSHOP, part])?;
        }
    }
    metadata.comments.iter().try_for_each(|comment| segment(out, marker::COM, &[comment]))
}

/// Puts the parts of extended XMP, under the digest that the first packet names it by.
fn extended_xmp(out: &mut Vec<u8>, main: &[u8], packet: &[u8]) -> Result<()> {
    const NAME: &[u8] = b"HasExtendedXMP";
    let after = main.windows(NAME.len()).position(|window| window == NAME);
    let rest = after.and_then(|at| main.get(at + NAME.len()..)).unwrap_or_default();
    let is_digest = |window: &&[u8]| window.iter().all(u8::is_ascii_hexdigit);
    let digest = rest.windows(32).take(16).find(is_digest);
    let length = u32::try_from(packet.len()).ok();
    let (Some(digest), Some(length)) = (digest, length) else {
        return Err(Error::Encode {
            format: FORMAT,
            problem: "extended XMP needs an XMP packet that names its digest (HasExtendedXMP)"
                .to_owned(),
        });
    };
    let most = MAX_SEGMENT - EXTENDED_XMP.len() - 40;
    for (offset, part) in (0_u32..).step_by(most).zip(packet.chunks(most)) {
        let place = [length.to_be_bytes(), offset.to_be_bytes()].concat();
        segment(out, marker::APP1, &[EXTENDED_XMP, digest, &place, part])?;
    }
    Ok(())
}

/// Puts the factors of each table, row by row, and the frame header.
pub(super) fn frame(out: &mut Vec<u8>, frame: &Frame, tables: &[[u16; 64]]) -> Result<()> {
    let is_wide = |table: &[u16; 64]| table.iter().any(|factor| *factor > 255);
    for (number, table) in (0_u8..).zip(tables) {
        let factors = ZIGZAG.iter().map(|place| table[usize::from(*place)].to_be_bytes());
        let wide = is_wide(table);
        let bytes: Vec<u8> = factors.flat_map(|two| two[usize::from(!wide)..].to_vec()).collect();
        segment(out, marker::DQT, &[&[u8::from(wide) << 4 | number], &bytes])?;
    }
    let kind = match (frame.progressive, tables.iter().any(is_wide)) {
        (true, _) => marker::SOF2,
        (false, true) => marker::SOF0 + 1,
        (false, false) => marker::SOF0,
    };
    let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
    let components: Vec<u8> = frame
        .components
        .iter()
        .flat_map(|one| [usize::from(one.id), one.h << 4 | one.v, one.table])
        .map(|byte| u8::try_from(byte).unwrap_or(u8::MAX))
        .collect();
    let count = u8::try_from(frame.components.len()).unwrap_or(u8::MAX);
    let sides = [side(frame.height), side(frame.width)].concat();
    segment(out, kind, &[&[8], &sides, &[count], &components])
}

/// A table of codes with its class and number.
pub(super) type Numbered = (bool, usize, Definition);

/// Puts the tables of a scan, its restart interval where it `is_new`, and its header.
pub(super) fn scan(
    out: &mut Vec<u8>,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &[Numbered],
    is_new: bool,
) -> Result<()> {
    for (is_ac, number, table) in tables {
        let number = u8::from(*is_ac) << 4 | u8::try_from(*number).unwrap_or(0);
        segment(out, marker::DHT, &[&[number], &table.counts, &table.symbols])?;
    }
    if is_new && scan.restart_interval > 0 {
        let interval = u16::try_from(scan.restart_interval).unwrap_or(u16::MAX);
        segment(out, marker::DRI, &[&interval.to_be_bytes()])?;
    }
    let [high, low] = scan.approximation;
    let has_dc = scan.spectral[0] == 0 && high == 0;
    let has_ac = scan.spectral[1] > 0;
    let members: Vec<u8> = scan
        .members
        .iter()
        .flat_map(|member| {
            let kept = (u8::from(has_dc) * 0xf0) | (u8::from(has_ac) * 0x0f);
            [frame.components[member.component].id, member.tables & kept]
        })
        .collect();
    let count = u8::try_from(scan.members.len()).unwrap_or(u8::MAX);
    segment(out, marker::SOS, &[&[count], &members, &scan.spectral, &[high << 4 | low]])
}
