//! Coefficients of the caller's, made ready to be coded as they are.

use super::super::FORMAT;
use super::super::coefficients::Coefficients;
use super::super::frame::{Frame, Model};
use super::super::geometry::ZIGZAG;
use super::super::segments::marker;
use super::super::store::Store;
use super::sequential::{GROUP, Sequential};
use super::{Density, headers};
use crate::error::{Error, Result};

/// The blocks of a unit at most (ITU-T T.81, B.2.3).
const MAX_UNIT: usize = 10;

/// The largest DC coefficient whose differences have codes.
const MAX_DC: u16 = 0x3fff;

fn refused(problem: String) -> Error {
    Error::Encode { format: FORMAT, problem }
}

/// Returns the frame, the tables of factors row by row, and the coefficients.
pub(super) fn stores(
    coefficients: &Coefficients,
    progressive: bool,
) -> Result<(Frame, Vec<[u16; 64]>, Vec<Store>)> {
    let mut tables: Vec<[u16; 64]> = Vec::new();
    let mut frame = coefficients.frame(progressive);
    for (one, component) in frame.components.iter_mut().zip(&coefficients.components) {
        let factors = component.factors.view().to_vec::<u16>()?;
        let factors = factors.first_chunk::<64>().filter(|table| table.iter().all(|one| *one > 0));
        let factors = factors.ok_or_else(|| refused("64 factors over 0 are needed".to_owned()))?;
        let table = tables.iter().position(|table| table == factors).unwrap_or(tables.len());
        if table == tables.len() {
            tables.push(*factors);
        }
        one.table = table;
    }
    let (width, height) = (frame.width, frame.height);
    let sizes = frame.components.iter().map(|one| one.h * one.v);
    let unit: usize = sizes.clone().sum();
    if !matches!(frame.components.len(), 1 | 3 | 4) || sizes.min() == Some(0) || unit > MAX_UNIT {
        let problem = format!("units of {unit} blocks, of {} components", frame.components.len());
        return Err(refused(problem + ": it must be 1, 3 or 4, and ten blocks at most"));
    }
    if ![width, height].into_iter().all(|side| (1..=super::super::MAX_SIDE).contains(&side)) {
        return Err(refused(format!("a picture of {width}x{height} pixels cannot be written")));
    }
    let mut stores = Vec::new();
    for (number, component) in coefficients.components.iter().enumerate() {
        let (columns, rows) = frame.all_blocks(number);
        if component.blocks.shape() != [rows, columns, 8, 8] {
            let shape = component.blocks.shape();
            let problem =
                format!("component {number} needs {rows}x{columns} blocks, got {shape:?}");
            return Err(refused(problem));
        }
        stores.push(store(&component.blocks.view().to_vec::<i16>()?, (columns, rows))?);
    }
    Ok((frame, tables, stores))
}

/// Puts blocks into zigzag order.
fn store(values: &[i16], blocks: (usize, usize)) -> Result<Store> {
    let mut store = Store::default();
    store.prepare(blocks, 64);
    for (at, rows) in values.as_chunks::<64>().0.iter().enumerate() {
        if rows[0].unsigned_abs() > MAX_DC || rows.contains(&i16::MIN) {
            return Err(refused(format!("block {at} has a coefficient that no code can say")));
        }
        let mut used = 0;
        for (k, (slot, place)) in store.block_mut(at).iter_mut().zip(ZIGZAG).enumerate() {
            *slot = rows[usize::from(place)];
            used |= u64::from(*slot != 0) << k;
        }
        store.used[at] = used;
    }
    Ok(store)
}

/// Puts the start of a file that says how its components are to be understood.
pub(super) fn start(out: &mut Vec<u8>, density: Density, model: Model) -> Result<()> {
    match model {
        Model::Gray | Model::YCbCr => return headers::start(out, density),
        Model::Rgb | Model::Cmyk | Model::Ycck => out.extend([0xff, marker::SOI]),
    }
    headers::adobe(out, if model == Model::Ycck { 2 } else { 0 })
}

/// Takes the blocks of a group of units in a row of `units`, from unit `first` on.
pub(super) fn fill(
    stores: &[Store],
    unit_row: usize,
    first: usize,
    units: usize,
    coder: &mut Sequential,
) {
    for part in &mut coder.parts {
        let store = &stores[part.component];
        let count = GROUP.min(units - first) * part.h;
        for row in 0..part.v {
            let from = (unit_row * part.v + row) * store.blocks.0 + first * part.h;
            let to = row * part.row_blocks;
            let blocks = store.coefficients.as_chunks::<64>().0;
            part.blocks[to..to + count].copy_from_slice(&blocks[from..from + count]);
            part.used[to..to + count].copy_from_slice(&store.used[from..from + count]);
        }
    }
}
