//! Writes a picture's structure again as the plainest stream that says the same.
//!
//! In it stand only frame, tables and scans, in the order the decoding crate likes best. Behind the
//! data of a scan, and of each restart interval, come one-bits: no Huffman code consists of ones
//! alone (ITU-T T.81, annex C), so that a decoder which wants more than there is meets an error,
//! where the end of the data alone would have given it zeros without end. Where the crate cannot do
//! with the ones, [`entropy`](super::entropy) counts the blocks instead.

use super::entropy;
use super::segments::marker;
use super::structure::{Model, Scan, Structure};
use super::{damaged, unsupported};
use crate::error::Result;

/// One-bits: more than any decoder reads ahead. A byte `FF` of data is followed by a zero.
const ONES: [u8; 32] = {
    let mut ones = [0; 32];
    let mut at = 0;
    while at < ones.len() {
        ones[at] = 0xff;
        at += 2;
    }
    ones
};

/// Writes the stream.
pub(super) fn write(structure: &Structure<'_>) -> Result<Vec<u8>> {
    let model = structure.model()?;
    check_layout(structure)?;
    let total: usize = structure.scans.iter().map(|scan| scan.data.len()).sum();
    let mut out = Vec::with_capacity(total + total / 8 + 4096);
    out.extend([0xff, marker::SOI]);
    if structure.scans.iter().all(|scan| scan.huffman.is_empty()) {
        // Frames of motion JPEG rely on the tables of annex K; this name makes the crate fill them in.
        segment(&mut out, marker::APP0, &[b"AVI1\0\0"]);
    }
    if model == Model::Ycck {
        segment(&mut out, marker::APP14, &[b"Adobe\0\x64\0\0\0\0\x02"]);
    }
    for (slot, table) in structure.quantization.iter().enumerate() {
        if let Some((first, values)) = table.and_then(|table| table.split_first()) {
            let slot = u8::try_from(slot).unwrap_or(0);
            segment(&mut out, marker::DQT, &[&[first & 0xf0 | slot], values]);
        }
    }
    write_frame(&mut out, structure, model);
    let mut interval = 0;
    for (number, scan) in structure.scans.iter().enumerate() {
        for tables in &scan.huffman {
            segment(&mut out, marker::DHT, &[tables]);
        }
        if scan.restart_interval != interval {
            interval = scan.restart_interval;
            let interval = u16::try_from(interval).unwrap_or(u16::MAX);
            segment(&mut out, marker::DRI, &[&interval.to_be_bytes()]);
        }
        let members: Vec<[u8; 2]> =
            scan.members.iter().map(|one| [id(model, one.component), one.tables]).collect();
        let count = u8::try_from(members.len()).unwrap_or(0);
        let [high, low] = scan.approximation;
        let progression = [scan.spectral[0], scan.spectral[1], high << 4 | low];
        segment(&mut out, marker::SOS, &[&[count], members.as_flattened(), &progression]);
        write_data(&mut out, structure, scan, number)?;
    }
    out.extend([0xff, marker::EOI]);
    Ok(out)
}

/// Refuses what the crate is known to decode to wrong colours, or not at all.
///
/// Found by comparison with libjpeg-turbo over all sampling factors.
fn check_layout(structure: &Structure<'_>) -> Result<()> {
    let frame = &structure.frame;
    let (h_max, v_max) = frame.max_sampling();
    let first_is_finest = (frame.components[0].h, frame.components[0].v) == (h_max, v_max);
    let whole = frame
        .components
        .iter()
        .all(|one| one.h.is_power_of_two() && h_max % one.h == 0 && v_max % one.v == 0);
    if !first_is_finest || !whole {
        let factors: Vec<_> =
            frame.components.iter().map(|one| format!("{}x{}", one.h, one.v)).collect();
        return Err(unsupported(format!("JPEG with the sampling factors {}", factors.join(", "))));
    }
    // The crate loses rows where a scan ends within the bytes that it has read ahead.
    let separate = structure.scans.iter().any(|one| one.members.len() < frame.components.len());
    if separate && !frame.progressive {
        return Err(unsupported("baseline JPEG with a scan for each component"));
    }
    Ok(())
}

fn segment(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend([0xff, marker]);
    // No part is longer than it was in the segment that it came from.
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(parts.iter().copied().flatten());
}

/// Names components so that the crate cannot mistake their colour.
fn id(model: Model, component: usize) -> u8 {
    let ids = if model == Model::Rgb { *b"RGB\0" } else { [1, 2, 3, 4] };
    ids[component]
}

fn write_frame(out: &mut Vec<u8>, structure: &Structure<'_>, model: Model) {
    let frame = &structure.frame;
    let marker = if frame.progressive { marker::SOF2 } else { marker::SOF0 };
    let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let components: Vec<[u8; 3]> = frame
        .components
        .iter()
        .enumerate()
        .map(|(slot, one)| [id(model, slot), byte(one.h << 4 | one.v), byte(slot)])
        .collect();
    let count = [byte(components.len())];
    let (height, width) = (side(frame.height), side(frame.width));
    segment(out, marker, &[&[8], &height, &width, &count, components.as_flattened()]);
}

/// Writes the data of a scan, followed by ones where the crate can do with them.
fn write_data(
    out: &mut Vec<u8>,
    structure: &Structure<'_>,
    scan: &Scan<'_>,
    number: usize,
) -> Result<()> {
    let frame = &structure.frame;
    let intervals = entropy::intervals(frame, scan)?;
    let refines_dc = frame.progressive && scan.spectral[0] == 0 && scan.approximation[0] > 0;
    if refines_dc {
        entropy::check_refinement(frame, scan, &intervals)?;
    }
    // The crate wants the marker behind the first of several scans as soon as it has read its data.
    if number == 0 && frame.progressive {
        entropy::check_first(frame, scan, &intervals)?;
        out.extend(scan.data);
        return Ok(());
    }
    for (at, data) in intervals.iter().enumerate() {
        if at > 0 {
            out.extend([0xff, marker::RST0 + u8::try_from((at - 1) % 8).unwrap_or(0)]);
        }
        out.extend(*data);
        if data.last() == Some(&0xff) {
            return Err(damaged(format!("the scan at byte {} ends inside a byte", scan.at)));
        }
        out.extend(ONES);
    }
    Ok(())
}
