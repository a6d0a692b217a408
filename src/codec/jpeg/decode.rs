//! From a file's structure to pixels, or to coefficients.
//!
//! A sequential picture in one scan goes through in strips: a row of units at a time is decoded, transformed
//! and made pixels, and no more of it is ever in memory. What comes in several scans is gathered in stores
//! first, as far as the scale needs it.

use std::ops::Range;

use super::entropy::Tables;
use super::frame::{Model, Scan};
use super::geometry::{Geometry, Places, ZIGZAG};
use super::progressive;
use super::report::Report;
use super::rows::{Rows, Sink};
use super::sequential::Sequential;
use super::store::Store;
use super::strips::Strip;
use super::structure::Structure;
use crate::error::Result;
use crate::simd::Level;

/// Units decoded before they are transformed: they stay in the nearest cache.
const GROUP: usize = 16;

/// Memory that is used again from picture to picture.
#[derive(Debug, Default)]
pub(super) struct Memory {
    stores: Vec<Store>,
    strips: Vec<Strip>,
}

/// Decodes some rows of the picture to packed rows of pixels, and hands them on as they come.
pub(super) fn pixels(
    structure: &Structure<'_>,
    geometry: &Geometry,
    model: Model,
    wanted: Range<usize>,
    memory: &mut Memory,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    let level = Level::best();
    let Memory { stores, strips } = memory;
    strips.resize_with(geometry.planes.len(), Strip::default);
    for (strip, plane) in strips.iter_mut().zip(&geometry.planes) {
        strip.prepare(geometry, plane);
    }
    let mut rows = Rows::new(geometry, model, wanted, level);
    let unit_rows = rows.unit_rows();
    let columns = geometry.units.0;
    match structure.scans.as_slice() {
        [scan] if is_whole(structure, scan) => {
            let mut tables = Tables::new(&structure.scans);
            tables.define(scan, report)?;
            let planes: Vec<_> =
                geometry.planes.iter().map(|plane| (&plane.places, plane.side)).collect();
            let most = if report.is_lenient { 1 } else { GROUP };
            let mut units =
                Sequential::new(&structure.frame, scan, &tables, &planes, most, report)?;
            let passed = units.skip(unit_rows.start * columns);
            let mut first = passed % columns;
            for unit_row in passed / columns..unit_rows.end {
                let is_wanted = unit_rows.contains(&unit_row);
                while first < columns {
                    let count = units.decode(level, columns - first, report)?;
                    let parts = if is_wanted { units.parts.as_slice() } else { &[] };
                    for (part, strip) in parts.iter().zip(strips.iter_mut()) {
                        let plane = &geometry.planes[part.component];
                        for row in 0..plane.v {
                            let (coefficients, marks) = part.row(row, count);
                            strip.transform(level, row, first * plane.h, coefficients, marks);
                        }
                    }
                    first += count;
                }
                first = 0;
                if is_wanted {
                    rows.write(unit_row, strips, sink)?;
                    strips.iter_mut().for_each(Strip::advance);
                }
            }
        }
        _ => {
            gather(structure, geometry, level, stores, report)?;
            let mut run = Run::default();
            for unit_row in unit_rows {
                for (number, plane) in geometry.planes.iter().enumerate() {
                    for row in 0..plane.v {
                        let columns = geometry.units.0 * plane.h;
                        for first in (0..columns).step_by(GROUP) {
                            let count = GROUP.min(columns - first);
                            let at = (unit_row * plane.v + row) * columns + first;
                            run.take(&stores[number], at..at + count, &plane.places, plane.side);
                            let Run { coefficients, marks } = &run;
                            strips[number].transform(level, row, first, coefficients, marks);
                        }
                    }
                }
                rows.write(unit_row, strips, sink)?;
                strips.iter_mut().for_each(Strip::advance);
            }
        }
    }
    Ok(())
}

/// Whether one scan has all of a sequential picture.
fn is_whole(structure: &Structure<'_>, scan: &Scan<'_>) -> bool {
    !structure.frame.progressive && scan.members.len() == structure.frame.components.len()
}

/// A run of blocks, dequantised.
#[derive(Debug, Default)]
struct Run {
    coefficients: Vec<i16>,
    marks: Vec<u8>,
}

impl Run {
    fn take(
        &mut self,
        store: &Store,
        blocks: std::ops::Range<usize>,
        places: &Places,
        side: usize,
    ) {
        let size = side * side;
        self.coefficients.resize(blocks.len() * size, 0);
        self.marks.resize(blocks.len(), 0);
        let out = self.coefficients.chunks_exact_mut(size).zip(&mut self.marks);
        for (at, (block, marks)) in blocks.zip(out) {
            *marks = store.dequantise(at, places, block);
        }
    }
}

/// The columns and rows of a component's blocks, and their coefficients.
pub(super) type Blocks = ((usize, usize), Vec<i16>);

/// Decodes all coefficients, not multiplied by anything, in the order of the rows of each block.
pub(super) fn coefficients(structure: &Structure<'_>, report: &mut Report) -> Result<Vec<Blocks>> {
    let geometry = Geometry::new(structure, super::geometry::Scale::Full);
    let mut stores = Vec::new();
    gather(structure, &geometry, Level::best(), &mut stores, report)?;
    Ok(stores.into_iter().map(|store| (store.blocks, store.in_rows())).collect())
}

/// Decodes all scans that matter into stores.
fn gather(
    structure: &Structure<'_>,
    geometry: &Geometry,
    level: Level,
    stores: &mut Vec<Store>,
    report: &mut Report,
) -> Result<()> {
    let frame = &structure.frame;
    stores.resize_with(frame.components.len(), Store::default);
    for (number, store) in stores.iter_mut().enumerate() {
        store.prepare(frame.all_blocks(number), geometry.planes[number].places.last + 1);
    }
    let mut tables = Tables::new(&structure.scans);
    for (number, scan) in structure.scans.iter().enumerate() {
        tables.define(scan, report)?;
        if !frame.progressive {
            whole_blocks(structure, scan, &tables, level, stores, report)?;
        } else if scan.spectral[0] == 0 {
            progressive::decode_first(level, frame, scan, &tables, stores, report)?;
        } else if matters(structure, number, stores) {
            progressive::decode_band(level, frame, scan, &tables, stores, report)?;
        }
    }
    Ok(())
}

/// Whether a scan of AC coefficients has any that are kept, or leads to one that has.
fn matters(structure: &Structure<'_>, number: usize, stores: &[Store]) -> bool {
    let scan = &structure.scans[number];
    let Some(member) = scan.members.first() else { return false };
    let kept = stores[member.component].kept;
    if kept == 1 {
        return false;
    }
    // A later scan of the same coefficients that has kept ones must know which are zero.
    let touches = |other: &Scan<'_>| {
        other.members.first().is_some_and(|other| other.component == member.component)
            && other.spectral[0] > 0
            && usize::from(other.spectral[0]) < kept
            && other.spectral[1] >= scan.spectral[0]
            && other.spectral[0] <= scan.spectral[1]
    };
    touches(scan) || structure.scans[number + 1..].iter().any(touches)
}

/// Decodes a sequential scan into stores.
fn whole_blocks(
    structure: &Structure<'_>,
    scan: &Scan<'_>,
    tables: &Tables<'_>,
    level: Level,
    stores: &mut [Store],
    report: &mut Report,
) -> Result<()> {
    let frame = &structure.frame;
    let plain = Places::new(&[1; 64], 8);
    let planes = vec![(&plain, 8); scan.members.len()];
    let (columns, rows) = frame.scan_units(scan);
    let most = if report.is_lenient { 1 } else { GROUP };
    let mut units = Sequential::new(frame, scan, tables, &planes, most, report)?;
    for y in 0..rows {
        let mut first = 0;
        while first < columns {
            let count = units.decode(level, columns - first, report)?;
            for (part, member) in units.parts.iter().zip(&scan.members) {
                let store = &mut stores[member.component];
                let (h, v) = frame.unit_blocks(scan, *member);
                for row in 0..v {
                    let start = (y * v + row) * store.blocks.0 + first * h;
                    let (coefficients, _) = part.row(row, count);
                    for (at, block) in (start..).zip(coefficients.as_chunks::<64>().0) {
                        keep(store, at, block);
                    }
                }
            }
            first += count;
        }
    }
    Ok(())
}

/// Keeps what is wanted of a block, whose rows follow each other.
fn keep(store: &mut Store, at: usize, block: &[i16; 64]) {
    let mut used = 0;
    for (k, (slot, place)) in store.block_mut(at).iter_mut().zip(ZIGZAG).enumerate() {
        *slot = block[usize::from(place)];
        used |= u64::from(*slot != 0) << k;
    }
    if let Some(slot) = store.used.get_mut(at) {
        *slot = used;
    }
}
