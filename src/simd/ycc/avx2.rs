//! RGB to YCbCr with AVX2, 32 pixels at a time.
//!
//! Shares are multiplied in pairs, of red with green and of blue with green, whose own share in Y is over
//! one half and is split between both. A half itself is no positive number of 16 bits, so that the sums of Cb and
//! Cr are made with all signs turned.

use std::arch::x86_64::{
    __m128i, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_broadcastsi128_si256,
    _mm256_castsi128_si256, _mm256_inserti128_si256, _mm256_madd_epi16, _mm256_packs_epi32,
    _mm256_packus_epi16, _mm256_permutevar8x32_epi32, _mm256_set1_epi32, _mm256_shuffle_epi8,
    _mm256_srai_epi32, _mm256_sub_epi32,
};

use super::{CB_GREEN, CB_RED, CR_BLUE, CR_GREEN, HALF, MIDDLE, Y_BLUE, Y_GREEN, Y_RED, plain};
use crate::simd::{run, run_mut};

/// Pixels made at a time, and their bytes with those that are read behind them.
const STEP: usize = 32;
const READ: usize = 3 * STEP + 4;

/// How many bytes ahead pixels are asked for.
const AHEAD: usize = 1536;

/// What green has in Y beside blue; the rest is beside red.
const GREEN_OF_BLUE: i32 = 16_384;

#[target_feature(enable = "avx2")]
pub(super) fn ycc_from_rgb(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let mut done = 0;
    while done + STEP <= y.len() {
        let Some(pixels) = rgb.get(3 * done..).and_then(|rest| rest.first_chunk::<READ>()) else {
            break;
        };
        prefetch(pixels);
        let [y_made, cb_made, cr_made] = colors(pixels);
        *run_mut(y, done) = bytemuck::cast::<_, [u8; STEP]>(y_made);
        *run_mut(cb, done) = bytemuck::cast::<_, [u8; STEP]>(cb_made);
        *run_mut(cr, done) = bytemuck::cast::<_, [u8; STEP]>(cr_made);
        done += STEP;
    }
    plain(&rgb[3 * done..], &mut y[done..], &mut cb[done..], &mut cr[done..]);
}

/// Asks for the pixels that come some steps later: a picture is large, and read once.
#[target_feature(enable = "avx2")]
#[inline]
fn prefetch(pixels: &[u8; READ]) {
    for line in [AHEAD, AHEAD + 64] {
        let there = pixels.as_ptr().wrapping_add(line).cast();
        #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
        // SAFETY: it is a hint, which reads nothing and never faults, wherever it points.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(there);
        }
    }
}

/// Converts some pixels.
#[target_feature(enable = "avx2")]
#[inline]
fn colors(pixels: &[u8; READ]) -> [__m256i; 3] {
    let [y0, cb0, cr0] = eight(run(pixels, 0));
    let [y1, cb1, cr1] = eight(run(pixels, 24));
    let [y2, cb2, cr2] = eight(run(pixels, 48));
    let [y3, cb3, cr3] = eight(run(pixels, 72));
    [bytes([y0, y1, y2, y3]), bytes([cb0, cb1, cb2, cb3]), bytes([cr0, cr1, cr2, cr3])]
}

/// A register of pairs of 16-bit factors.
#[target_feature(enable = "avx2")]
#[inline]
fn pair(a: i32, b: i32) -> __m256i {
    _mm256_set1_epi32(a & 0xffff | b << 16)
}

/// Converts eight pixels, to numbers of 32 bits; the last four bytes are not theirs.
#[target_feature(enable = "avx2")]
#[inline]
fn eight(pixels: &[u8; 28]) -> [__m256i; 3] {
    const RED_GREEN: [u8; 16] = places(0);
    const BLUE_GREEN: [u8; 16] = places(2);
    let lower: __m128i = bytemuck::cast::<[u8; 16], _>(*run(pixels, 0));
    let upper: __m128i = bytemuck::cast::<[u8; 16], _>(*run(pixels, 12));
    let both = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(lower), upper);
    let taken = |places: [u8; 16]| {
        _mm256_shuffle_epi8(both, _mm256_broadcastsi128_si256(bytemuck::cast(places)))
    };
    let (red_green, blue_green) = (taken(RED_GREEN), taken(BLUE_GREEN));
    let sum = |red: i32, green: i32, blue: i32, green_of_blue: i32| {
        let red_green = _mm256_madd_epi16(red_green, pair(red, green));
        _mm256_add_epi32(red_green, _mm256_madd_epi16(blue_green, pair(blue, green_of_blue)))
    };
    let y = sum(Y_RED, Y_GREEN - GREEN_OF_BLUE, Y_BLUE, GREEN_OF_BLUE);
    let cb = sum(CB_RED, CB_GREEN, -HALF, 0);
    let cr = sum(-HALF, 0, CR_BLUE, CR_GREEN);
    let middle = _mm256_set1_epi32(MIDDLE);
    [
        _mm256_srai_epi32::<16>(_mm256_add_epi32(y, _mm256_set1_epi32(HALF))),
        _mm256_srai_epi32::<16>(_mm256_sub_epi32(middle, cb)),
        _mm256_srai_epi32::<16>(_mm256_sub_epi32(middle, cr)),
    ]
}

/// Makes bytes of numbers.
#[target_feature(enable = "avx2")]
#[inline]
fn bytes(numbers: [__m256i; 4]) -> __m256i {
    let low = _mm256_packs_epi32(numbers[0], numbers[1]);
    let high = _mm256_packs_epi32(numbers[2], numbers[3]);
    // Fours of pixels come out as 0 2 4 6 and 1 3 5 7.
    let order: __m256i = bytemuck::cast([0_i32, 4, 1, 5, 2, 6, 3, 7]);
    _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order)
}

/// Where a sample of each of four pixels, and its green, are among their bytes; 128 is a zero.
const fn places(sample: u8) -> [u8; 16] {
    let mut places = [128; 16];
    let mut pixel: u8 = 0;
    while pixel < 4 {
        places[4 * pixel as usize] = 3 * pixel + sample;
        places[4 * pixel as usize + 2] = 3 * pixel + 1;
        pixel += 1;
    }
    places
}
