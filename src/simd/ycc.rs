//! From red, green and blue to the colours of a JPEG, and halving of rows, as encoders need them.
//!
//! The equations are those of JFIF (ITU-T T.871, clause 7), in the fixed-point arithmetic of libjpeg
//! (`jccolor`): constants of 16 bits, one rounding. Halving takes means whose rounding alternates from sample
//! to sample (`jcsample`). Both are libjpeg-turbo's bit for bit.

use super::{Level, Set, dispatch};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(test)]
mod tests;

/// Makes rows of YCbCr of a row of RGB pixels. All rows have as many samples as there are pixels.
pub(crate) fn ycc_from_rgb(level: Level, rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    match level.0 {
        Set::Baseline => plain(rgb, y, cb, cr),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::ycc_from_rgb(rgb, y, cb, cr) },
    }
}

/// The shares of red, green and blue, in units of 2 to the -16th. Those of Y sum up to one, those of red and
/// green in Cb, and of green and blue in Cr, to a half.
const Y_RED: i32 = 19_595;
const Y_GREEN: i32 = 38_470;
const Y_BLUE: i32 = 7471;
const CB_RED: i32 = 11_059;
const CB_GREEN: i32 = 21_709;
const CR_GREEN: i32 = 27_439;
const CR_BLUE: i32 = 5329;
const HALF: i32 = 1 << 15;

/// The middle of Cb and Cr, and what rounds them: less than a half, so that the largest is 255.
const MIDDLE: i32 = (128 << 16) + HALF - 1;

#[inline(always)]
fn plain(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let (pixels, _) = rgb.as_chunks::<3>();
    for (((pixel, y), cb), cr) in pixels.iter().zip(y).zip(cb).zip(cr) {
        [*y, *cb, *cr] = color(*pixel);
    }
}

/// Returns the colour of one pixel.
#[inline(always)]
fn color(pixel: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = pixel.map(i32::from);
    let sums = [
        Y_RED * r + Y_GREEN * g + Y_BLUE * b + HALF,
        MIDDLE - CB_RED * r - CB_GREEN * g + HALF * b,
        MIDDLE + HALF * r - CR_GREEN * g - CR_BLUE * b,
    ];
    sums.map(high_byte)
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "sums are below 256 times 2 to the 16th")]
fn high_byte(sum: i32) -> u8 {
    (sum >> 16) as u8
}

/// Means made at a time.
const STEP: usize = 32;

dispatch! {
    /// Makes each sample the mean of two beside each other.
    pub(crate) fn halve_columns(row: &[u8], halved: &mut [u8]) {
        let mut pairs = row.chunks(2 * STEP);
        for halved in halved.chunks_mut(STEP) {
            let Some(pairs) = pairs.next() else { return };
            let (pairs, _) = pairs.as_chunks::<2>();
            for (at, (mean, pair)) in halved.iter_mut().zip(pairs).enumerate() {
                *mean = narrow((pair_sum(*pair) + odd(at)) >> 1);
            }
        }
    }
}

dispatch! {
    /// Makes each sample the mean of two beside each other and the two below.
    pub(crate) fn halve_both(above: &[u8], below: &[u8], halved: &mut [u8]) {
        let mut pairs = above.chunks(2 * STEP).zip(below.chunks(2 * STEP));
        for halved in halved.chunks_mut(STEP) {
            let Some((above, below)) = pairs.next() else { return };
            let ((above, _), (below, _)) = (above.as_chunks::<2>(), below.as_chunks::<2>());
            let both = above.iter().zip(below);
            for (at, (mean, (above, below))) in halved.iter_mut().zip(both).enumerate() {
                let sum = pair_sum(*above) + pair_sum(*below);
                *mean = narrow((sum + 1 + odd(at)) >> 2);
            }
        }
    }
}

/// Sums two bytes. As one number of 16 bits, they are vectors' work.
#[inline(always)]
fn pair_sum(pair: [u8; 2]) -> u16 {
    let both = u16::from_le_bytes(pair);
    (both & 0xff) + (both >> 8)
}

/// Returns 1 for every other place.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "one bit")]
fn odd(at: usize) -> u16 {
    (at & 1) as u16
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a mean of samples is a sample")]
fn narrow(mean: u16) -> u8 {
    mean as u8
}
