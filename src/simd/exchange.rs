//! Every 8-bit code exchanged for another, by a table.

use super::{Level, Set};

#[cfg(target_arch = "x86_64")]
mod avx2;

/// What becomes of each code.
pub(crate) type Codes = [u8; 256];

/// Exchanges each code of `source` for its entry in the table; every fourth stays what it is, if that is
/// said: alpha.
///
/// # Panics
/// Where `target` has another length than `source`.
pub(crate) fn exchange_codes(
    level: Level,
    source: &[u8],
    target: &mut [u8],
    table: &Codes,
    keeps_fourth: bool,
) {
    assert_eq!(source.len(), target.len(), "each code becomes one");
    match level.0 {
        Set::Baseline => plain(source, target, table, keeps_fourth),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe {
            avx2::exchange_codes(source, target, table, keeps_fourth)
        },
    }
}

fn plain(source: &[u8], target: &mut [u8], table: &Codes, keeps_fourth: bool) {
    for (code, other) in source.iter().zip(&mut *target) {
        *other = table[usize::from(*code)];
    }
    if keeps_fourth {
        for (code, other) in source.iter().zip(target).skip(3).step_by(4) {
            *other = *code;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::exchange_codes;
    use crate::simd::Level;

    #[test]
    fn every_code_finds_its_entry_at_every_place_and_alpha_may_stay() {
        // 173 is odd: every entry is another.
        let table = std::array::from_fn(|code| (code * 173 + 91).to_le_bytes()[0]);
        for level in Level::all() {
            for length in [0, 1, 31, 32, 33, 1028] {
                for keeps_fourth in [false, true] {
                    let code = |at: usize| (at * 7 + at / 256).to_le_bytes()[0];
                    let source: Vec<u8> = (0..length).map(code).collect();
                    let mut target = vec![0; length];
                    exchange_codes(level, &source, &mut target, &table, keeps_fourth);
                    for (at, (code, got)) in source.iter().zip(target).enumerate() {
                        let stays = keeps_fourth && at % 4 == 3;
                        let want = if stays { *code } else { table[usize::from(*code)] };
                        assert_eq!(got, want, "{level} {length} {at}");
                    }
                }
            }
        }
    }
}
