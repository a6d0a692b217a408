//! The forward cosine transform of JPEG, with quantisation and zigzag order, over runs of blocks.
//!
//! It is the accurate integer one of libjpeg (`jfdctint`): the algorithm of Loeffler, Ligtenberg and Moschytz,
//! rows first, 13 bits of constants, 2 bits kept between the passes. Quotients are rounded to the nearest,
//! halves away from zero. Results are those of libjpeg-turbo bit for bit, at every [`Level`] alike.

use super::{Level, Set};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod kernel;
#[cfg(not(target_arch = "x86_64"))]
mod plain;
#[cfg(all(test, target_arch = "x86_64"))]
mod plain;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

/// The coefficients of a block.
const BLOCK: usize = 64;

/// Where the k-th coefficient in zigzag order is in a block row by row (ITU-T T.81, figure A.6).
const ZIGZAG: [u8; BLOCK] = zigzag();

const fn zigzag() -> [u8; BLOCK] {
    let mut order = [0; BLOCK];
    let (mut row, mut column, mut k): (u8, u8, usize) = (0, 0, 0);
    while k < BLOCK {
        order[k] = 8 * row + column;
        let up = (row + column) % 2 == 0;
        match (up, row, column) {
            (true, _, 7) => row += 1,
            (true, 0, _) => column += 1,
            (true, ..) => (row, column) = (row - 1, column + 1),
            (false, 7, _) => column += 1,
            (false, _, 0) => row += 1,
            (false, ..) => (row, column) = (row + 1, column - 1),
        }
        k += 1;
    }
    order
}

/// What coefficients are divided by, as products with reciprocals.
///
/// The transform is eight times as large as it should be, so that a factor `q` is a division by `d = 8 q`.
/// With `2 ^ s < d <= 2 ^ (s + 1)` and `r = ceil(2 ^ (16 + s) / d)`, `n r >> (16 + s)` is `n / d` rounded down for
/// all `n` below 2 to the 15th: `r d` is at most `d` too large, which is `n d < 2 ^ (16 + s)` in the product.
#[derive(Clone, Debug)]
pub(crate) struct Divisors {
    /// Half of each divisor, row by row.
    half: [[u16; 8]; 8],
    reciprocal: [[u16; 8]; 8],
    /// `2 ^ (16 - s)`: the upper half of a product with it is shifted right by `s`.
    scale: [[u16; 8]; 8],
}

impl Divisors {
    /// Prepares division by factors of 1 to 255, row by row. Zeros count as ones.
    pub(crate) fn new(factors: &[u8; BLOCK]) -> Self {
        let of = |make: fn(u32, u32) -> u32| {
            std::array::from_fn(|row| {
                std::array::from_fn(|column| {
                    let divisor = 8 * u32::from(factors[8 * row + column].max(1));
                    let shift = (divisor - 1).ilog2();
                    u16::try_from(make(divisor, shift)).unwrap_or(u16::MAX)
                })
            })
        };
        Self {
            half: of(|divisor, _| divisor / 2),
            reciprocal: of(|divisor, shift| (1_u32 << (16 + shift)).div_ceil(divisor)),
            scale: of(|_, shift| 1 << (16 - shift)),
        }
    }
}

/// Transforms blocks that lie side by side in rows of samples, `stride` apart.
///
/// Bit `k` of a block's word in `used` says that its `k`-th coefficient is not zero. Behind the samples of the
/// last block of the last row, eight more must be there to be read.
pub(crate) fn forward_blocks(
    level: Level,
    samples: &[u8],
    stride: usize,
    divisors: &Divisors,
    blocks: &mut [[i16; BLOCK]],
    used: &mut [u64],
) {
    match level.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 has sse2.
        Set::Baseline => unsafe { sse2::blocks(samples, stride, divisors, blocks, used) },
        #[cfg(not(target_arch = "x86_64"))]
        Set::Baseline => plain::blocks(samples, stride, divisors, blocks, used),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::blocks(samples, stride, divisors, blocks, used) },
    }
}

/// The constants of the transform, times 2 to the 13th.
mod constant {
    pub(super) const C0_298631336: i16 = 2446;
    pub(super) const C0_390180644: i16 = 3196;
    pub(super) const C0_541196100: i16 = 4433;
    pub(super) const C0_765366865: i16 = 6270;
    pub(super) const C0_899976223: i16 = 7373;
    pub(super) const C1_175875602: i16 = 9633;
    pub(super) const C1_501321110: i16 = 12_299;
    pub(super) const C1_847759065: i16 = 15_137;
    pub(super) const C1_961570560: i16 = 16_069;
    pub(super) const C2_053119869: i16 = 16_819;
    pub(super) const C2_562915447: i16 = 20_995;
    pub(super) const C3_072711026: i16 = 25_172;
}

/// What is cut off after the first pass, which keeps 2 bits, and after the second.
const FIRST: i32 = 11;
const SECOND: i32 = 15;

/// Writes a block in zigzag order and tells which coefficients are not zero.
#[cfg_attr(all(target_arch = "x86_64", not(test)), allow(dead_code, reason = "of other targets"))]
fn in_zigzag(rows: &[i16; BLOCK], block: &mut [i16; BLOCK]) -> u64 {
    let mut used = 0;
    for (k, (slot, place)) in block.iter_mut().zip(ZIGZAG).enumerate() {
        *slot = rows[usize::from(place)];
        used |= u64::from(*slot != 0) << k;
    }
    used
}
