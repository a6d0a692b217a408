//! Entropy coding of progressive scans (ITU-T T.81, G.1.2), from stores of coefficients.
//!
//! Scans are those of libjpeg (`jpeg_simple_progression`). AC coefficients are `band`'s.

use super::super::frame::{Frame, Member, Scan};
use super::super::store::Store;
use super::band::code_band;
use super::codes::table_slot;
use super::symbols::{RawBits, Recorder, Sink, Tokens, sized};
use super::table_of;
use crate::simd::Level;

/// Returns the scans of a picture, in their order.
pub(super) fn script(components: usize, restart_interval: usize) -> Vec<Scan<'static>> {
    let scan = |members: Vec<usize>, spectral, approximation| Scan {
        huffman: Vec::new(),
        restart_interval,
        members: members.into_iter().map(member).collect(),
        spectral,
        approximation,
        data: &[],
        at: 0,
    };
    let all = || (0..components).collect::<Vec<_>>();
    let mut scans = vec![scan(all(), [0, 0], [0, 1])];
    let mut add = |component, spectral, approximation| {
        scans.push(scan(vec![component], spectral, approximation));
    };
    if components == 3 {
        add(0, [1, 5], [0, 2]);
        add(2, [1, 63], [0, 1]);
        add(1, [1, 63], [0, 1]);
        add(0, [6, 63], [0, 2]);
        add(0, [1, 63], [2, 1]);
    } else {
        for (spectral, approximation) in [([1, 5], [0, 2]), ([6, 63], [0, 2]), ([1, 63], [2, 1])] {
            (0..components).for_each(|one| add(one, spectral, approximation));
        }
    }
    scans.push(scan(all(), [0, 0], [1, 0]));
    let last = if components == 3 { vec![2, 1, 0] } else { all() };
    scans.extend(last.into_iter().map(|one| scan(vec![one], [1, 63], [1, 0])));
    scans
}

/// Returns a component's membership in a scan, with the numbers of its tables.
pub(super) fn member(component: usize) -> Member {
    let table = u8::try_from(table_of(component)).unwrap_or(0);
    Member { component, tables: table << 4 | table }
}

/// Codes a scan to tokens.
pub(super) fn code(
    level: Level,
    frame: &Frame,
    scan: &Scan<'_>,
    stores: &[Store],
    tokens: &mut Tokens,
) {
    tokens.clear();
    if scan.spectral[0] == 0 {
        code_dc(frame, scan, stores, tokens);
    } else if let [member] = scan.members.as_slice() {
        code_band(level, frame, scan, *member, &stores[member.component], tokens);
    }
}

/// Codes DC coefficients: differences without their last bits, or one bit of each.
fn code_dc(frame: &Frame, scan: &Scan<'_>, stores: &[Store], tokens: &mut Tokens) {
    let [high, low] = scan.approximation;
    let (columns, rows) = frame.scan_units(scan);
    let mut recorder = Recorder::new(columns * frame.unit_size(scan) + 1);
    let mut predicted = vec![0; stores.len()];
    let mut bits = RawBits::default();
    let mut left = scan.restart_interval;
    for unit_row in 0..rows {
        for unit in 0..columns {
            if scan.restart_interval > 0 {
                if left == 0 {
                    bits.emit(&mut recorder);
                    tokens.take(&mut recorder);
                    tokens.restart();
                    predicted.fill(0);
                    left = scan.restart_interval;
                }
                left -= 1;
            }
            for member in &scan.members {
                let (store, dc) = (&stores[member.component], table_slot(false, member.dc_table()));
                let (h, v) = frame.unit_blocks(scan, *member);
                for row in 0..v {
                    let first = (unit_row * v + row) * store.blocks.0 + unit * h;
                    for at in first..first + h {
                        let value = i32::from(store.coefficients[64 * at]) >> low;
                        if high > 0 {
                            bits.append(u64::from(value & 1 == 1), 1);
                            continue;
                        }
                        let (extra, size) = sized(value - predicted[member.component]);
                        predicted[member.component] = value;
                        recorder.put(dc + size, extra);
                    }
                }
            }
        }
        bits.emit_whole(&mut recorder);
        tokens.take(&mut recorder);
    }
    bits.emit(&mut recorder);
    tokens.take(&mut recorder);
}
