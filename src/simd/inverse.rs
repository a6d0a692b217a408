//! The inverse cosine transform of JPEG, over runs of blocks.
//!
//! The 8x8 form is the accurate integer one of libjpeg (`jidctint`): the algorithm of Loeffler,
//! Ligtenberg and Moschytz, 13 bits of constants, 2 bits kept between the passes. Its results are
//! those of libjpeg-turbo bit for bit. The 4x4 and 2x2 forms are the transforms of that many points
//! of the lowest frequencies, as in libjpeg 7 and later: a picture of half and a quarter the size.
//!
//! Between the passes sums are cut to 16 bits, saturating, at every [`Level`](super::Level) alike: no
//! coefficient of a real picture comes near, and what is damaged looks the same everywhere.

use super::{Level, Set};

#[cfg(target_arch = "x86_64")]
mod avx2;
mod plain;

/// The samples of an 8x8 block, the coefficients of it in rows.
const BLOCK: usize = 64;

/// Transforms a run of 8x8 blocks to rows of samples, `stride` apart.
///
/// Coefficients are dequantised, a block after the other, row by row. Bit `r` of a block's byte in
/// `rows` says that row `r` may hold more than zeros; the first coefficient needs no bit.
pub(crate) fn inverse_8x8(
    level: Level,
    coefficients: &[i16],
    rows: &[u8],
    out: &mut [u8],
    stride: usize,
) {
    match level.0 {
        Set::Baseline => plain::blocks_8x8(coefficients, rows, out, stride),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::blocks_8x8(coefficients, rows, out, stride) },
    }
}

/// Transforms a run of 4x4 blocks to rows of samples, `stride` apart.
pub(crate) fn inverse_4x4(level: Level, coefficients: &[i16], out: &mut [u8], stride: usize) {
    match level.0 {
        Set::Baseline => plain::blocks_4x4(coefficients, out, stride),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::blocks_4x4(coefficients, out, stride) },
    }
}

/// Transforms a run of 2x2 blocks to rows of samples, `stride` apart.
pub(crate) fn inverse_2x2(coefficients: &[i16], out: &mut [u8], stride: usize) {
    let (blocks, _) = coefficients.as_chunks::<4>();
    let (above, below) = out.split_at_mut(stride);
    let (above, _) = above.as_chunks_mut::<2>();
    let (below, _) = below.as_chunks_mut::<2>();
    for ((block, above), below) in blocks.iter().zip(above).zip(below) {
        let [mean, across, down, both] = block.map(i32::from);
        *above = [mean + across + down + both, mean - across + down - both].map(sample);
        *below = [mean + across - down - both, mean - across - down + both].map(sample);
    }
}

/// Makes a sample of eight times its distance from grey, rounded.
pub(crate) fn sample(eightfold: i32) -> u8 {
    let value = ((eightfold + 4) >> 3) + 128;
    u8::try_from(value.clamp(0, 255)).unwrap_or(0)
}

/// The constants of the transform, times 2 to the 13th.
mod constant {
    pub(super) const C0_298631336: i32 = 2446;
    pub(super) const C0_390180644: i32 = 3196;
    pub(super) const C0_541196100: i32 = 4433;
    pub(super) const C0_765366865: i32 = 6270;
    pub(super) const C0_899976223: i32 = 7373;
    pub(super) const C1: i32 = 8192;
    pub(super) const C1_175875602: i32 = 9633;
    pub(super) const C1_501321110: i32 = 12_299;
    pub(super) const C1_847759065: i32 = 15_137;
    pub(super) const C1_961570560: i32 = 16_069;
    pub(super) const C2_053119869: i32 = 16_819;
    pub(super) const C2_562915447: i32 = 20_995;
    pub(super) const C3_072711026: i32 = 25_172;
}

/// What is cut off after the first pass, with 2 bits kept, and after the second, with the 3 bits by
/// which an 8x8 transform of this kind is scaled.
const FIRST: i32 = 11;
const SECOND: i32 = 18;

#[cfg(test)]
mod tests;
