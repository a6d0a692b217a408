//! Which coefficients of a block are how large, as bits, for coding them bit by bit.

use super::{Level, Set};

#[cfg(target_arch = "x86_64")]
mod avx2;

/// What is known of the 64 coefficients of a block, each at its bit, when their magnitudes are shifted right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// At least one is left.
    pub(crate) any: u64,
    /// At least two are left.
    pub(crate) large: u64,
    /// What is left is odd.
    pub(crate) odd: u64,
    /// The coefficient is below zero.
    pub(crate) negative: u64,
}

/// Makes the masks of blocks whose magnitudes are shifted right by `low` bits.
pub(crate) fn block_masks(level: Level, blocks: &[[i16; 64]], low: u32, masks: &mut [Masks]) {
    match level.0 {
        Set::Baseline => plain(blocks, low, masks),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::block_masks(blocks, low, masks) },
    }
}

fn plain(blocks: &[[i16; 64]], low: u32, masks: &mut [Masks]) {
    for (block, masks) in blocks.iter().zip(masks) {
        *masks = Masks::default();
        for (k, value) in block.iter().enumerate() {
            let left = value.unsigned_abs().checked_shr(low).unwrap_or(0);
            masks.any |= u64::from(left > 0) << k;
            masks.large |= u64::from(left > 1) << k;
            masks.odd |= u64::from(left & 1) << k;
            masks.negative |= u64::from(*value < 0) << k;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Masks, block_masks};
    use crate::simd::Level;

    #[test]
    fn every_level_finds_the_bits_of_every_coefficient() {
        let mut state = 1_u64;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Small ones are the most, and the largest are among them.
            ((state >> 48) as i16) >> (state >> 40 & 15)
        };
        let mut blocks: Vec<[i16; 64]> =
            (0..9).map(|_| std::array::from_fn(|_| number())).collect();
        blocks[0][..4].copy_from_slice(&[i16::MIN, i16::MAX, -1, 0]);
        for level in Level::all() {
            for low in 0..14 {
                let mut masks = [Masks::default(); 9];
                block_masks(level, &blocks, low, &mut masks);
                for (block, masks) in blocks.iter().zip(masks) {
                    for (k, value) in block.iter().enumerate() {
                        let left = i32::from(*value).abs() >> low;
                        let got = [masks.any, masks.large, masks.odd, masks.negative];
                        let want = [left > 0, left > 1, left % 2 == 1, *value < 0];
                        assert_eq!(
                            got.map(|mask| mask >> k & 1 == 1),
                            want,
                            "{level} {low} {value}"
                        );
                    }
                }
            }
        }
    }
}
