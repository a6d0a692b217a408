//! The tables against code by code, over many sets of codes.

use super::{Codes, END, Purpose, Table};
use crate::codec::jpeg::bits::Window;

/// Reads a coefficient bit by bit: run and value.
fn slow(codes: Codes<'_>, bits: u64) -> Option<(u32, u32, i32)> {
    let (mut code, mut place) = (0_u64, 0);
    for length in 1..=16_u32 {
        let taken = bits >> (64 - length);
        let count = u64::from(codes.counts[length as usize - 1]);
        if (code..code + count).contains(&taken) {
            let symbol = codes.symbols[place + (taken - code) as usize];
            let size = u32::from(symbol & 15);
            let value = (bits << length).checked_shr(64 - size).unwrap_or(0) as i32;
            let value =
                if size > 0 && value >> (size - 1) == 0 { value + 1 - (1 << size) } else { value };
            let run = if symbol == 0 { END } else { u32::from(symbol >> 4) };
            return Some((length + size, run, value));
        }
        place += count as usize;
        code = (code + count) << 1;
    }
    None
}

fn tables() -> Vec<(Vec<u8>, Vec<u8>)> {
    let typical = [false, true].map(|chroma| Codes::typical(true, chroma));
    let mut tables: Vec<_> =
        typical.iter().map(|codes| (codes.counts.to_vec(), codes.symbols.to_vec())).collect();
    // One code of each length; every code of 8 bits; two codes of one bit.
    tables.push((vec![1; 16], (0..16).map(|k| k * 17).collect()));
    tables.push(([vec![0; 7], vec![255], vec![0; 8]].concat(), (0..255).collect()));
    tables.push(([vec![2], vec![0; 15]].concat(), vec![0x00, 0x01]));
    tables
}

#[test]
fn what_the_tables_answer_is_what_the_codes_say() {
    for (counts, symbols) in tables() {
        let codes = Codes { counts: counts.first_chunk().expect("16"), symbols: &symbols };
        let table = Table::new(codes, Purpose::Ac(24));
        let (pairs, steps) = (table.pairs().expect("pairs"), table.steps().expect("steps"));
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let bits = state ^ state << 31;
            let want = slow(codes, bits);
            let single = table.single(bits);
            if single.is_known() {
                let want = want.expect("a code");
                assert_eq!((single.bits(), single.run()), (want.0, want.1));
                assert_eq!(single.value(bits), want.2);
            }
            let pair = pairs.at(bits);
            if pair.bits() > 0 {
                let first = want.expect("a code");
                let told = (pair.first() as u32, i32::from(pair.first_value()));
                assert_eq!(told, (first.1, first.2));
                let (mut bits_taken, mut place, mut length) = (first.0, first.1 + 1, first.1 + 1);
                if pair.length() > pair.second() {
                    let second = slow(codes, bits << first.0).expect("a second code");
                    assert_eq!(i32::from(pair.second_value()), second.2);
                    assert_eq!(pair.ends_behind_first(), second.1 == END);
                    bits_taken += second.0;
                    place += second.1;
                    length = place + 1;
                }
                assert_eq!((pair.bits(), pair.second() as u32), (bits_taken, place));
                assert_eq!(pair.length() as u32, length);
            }
            let step = steps.at(bits);
            if step.bits() > 0 {
                let (mut length, mut reach, mut end) = (0, 0, false);
                while length < step.bits() {
                    let (bits, run, _) = slow(codes, bits << length).expect("a code");
                    length += bits;
                    end = run == END;
                    reach += if end { 0 } else { run as usize + 1 };
                }
                assert_eq!((length, reach, end), (step.bits(), step.length(), step.is_end()));
            }
        }
    }
}

#[test]
fn symbols_of_any_length_are_found_and_what_is_no_code_is_none() {
    for (counts, symbols) in tables() {
        let codes = Codes { counts: counts.first_chunk().expect("16"), symbols: &symbols };
        let table = Table::new(codes, Purpose::Progressive);
        for top in 0..=u16::MAX {
            let raw: Vec<u8> = top.to_be_bytes().iter().flat_map(|byte| [*byte, 0]).collect();
            let raw =
                if top.to_be_bytes().contains(&0xff) { raw } else { top.to_be_bytes().to_vec() };
            if raw.len() == 4 && !(raw[0] == 0xff && raw[2] == 0xff) {
                continue; // A zero would follow a byte that is not FF.
            }
            let mut window = Window::new(64, false);
            let place = window.start(&raw);
            let mut bits = window.bits(place);
            bits.refill();
            let want = {
                let (mut code, mut place, mut found) = (0_u32, 0_usize, None);
                for length in 1..=16 {
                    let count = u32::from(counts[length - 1]);
                    let taken = u32::from(top) >> (16 - length);
                    if found.is_none() && taken >= code && taken < code + count {
                        found = symbols.get(place + (taken - code) as usize).copied();
                    }
                    place += count as usize;
                    code = (code + count) << 1;
                }
                found
            };
            assert_eq!(table.symbol(&mut bits), want, "{top:016b}");
        }
    }
}

#[test]
fn lengths_that_no_codes_have_are_refused() {
    let segment =
        |counts: [u8; 16], symbols: usize| [&[0x10], &counts[..], &vec![1; symbols]].concat();
    let mut full = [0; 16];
    full[0] = 2;
    assert!(Codes::read(&segment(full, 2)).is_ok());
    full[1] = 1;
    assert!(Codes::read(&segment(full, 3)).is_err(), "a code more than there are");
    assert!(Codes::read(&segment([1; 16], 15)).is_err(), "a symbol less than there are codes");
    assert!(
        Codes::read(&segment([0, 0, 0, 0, 0, 0, 0, 200, 200, 0, 0, 0, 0, 0, 0, 0], 400)).is_err()
    );
    assert!(Codes::read(&[]).is_err());
}
