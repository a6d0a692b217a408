//! YCbCr to RGB with AVX2, sixteen pixels at a time, in 16-bit lanes.
//!
//! The constants are over one, so whole parts are split off: 1.402 Cr is Cr and 0.402 Cr. The upper half
//! of a product of 16 bits, rounded, is then the sum that the plain form shifts down.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_or_si128, _mm_packus_epi16, _mm_shuffle_epi8, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepu8_epi16, _mm256_extracti128_si256,
    _mm256_madd_epi16, _mm256_mulhi_epi16, _mm256_packs_epi32, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_srai_epi16, _mm256_srai_epi32, _mm256_sub_epi16,
    _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

use super::{BLUE, GREEN_CB, GREEN_CR, HALF, RED, plain};

/// Pixels made at a time.
const STEP: usize = 16;

#[target_feature(enable = "avx2")]
pub(super) fn rgb_from_ycc(y: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let (y_steps, y_rest) = y.as_chunks::<STEP>();
    let (cb_steps, cb_rest) = cb.as_chunks::<STEP>();
    let (cr_steps, cr_rest) = cr.as_chunks::<STEP>();
    let (rgb_steps, rgb_rest) = rgb.as_chunks_mut::<{ 3 * STEP }>();
    for (((rgb, y), cb), cr) in rgb_steps.iter_mut().zip(y_steps).zip(cb_steps).zip(cr_steps) {
        *rgb = pixels(y, cb, cr);
    }
    plain(y_rest, cb_rest, cr_rest, rgb_rest);
}

#[target_feature(enable = "avx2")]
#[inline]
fn pixels(y: &[u8; STEP], cb: &[u8; STEP], cr: &[u8; STEP]) -> [u8; 3 * STEP] {
    let wide = |samples: &[u8; STEP]| _mm256_cvtepu8_epi16(bytemuck::cast::<_, __m128i>(*samples));
    let grey = _mm256_set1_epi16(128);
    let y = wide(y);
    let (cb, cr) = (_mm256_sub_epi16(wide(cb), grey), _mm256_sub_epi16(wide(cr), grey));
    let red = _mm256_add_epi16(y, _mm256_add_epi16(cr, part(cr, RED - (1 << 16))));
    let twice = _mm256_add_epi16(cb, cb);
    let blue = _mm256_add_epi16(y, _mm256_add_epi16(twice, part(cb, BLUE - (2 << 16))));
    let factors = _mm256_set1_epi32(GREEN_CB & 0xffff | (GREEN_CR + (1 << 16)) << 16);
    let sum = |pairs: __m256i| {
        let products = _mm256_madd_epi16(pairs, factors);
        _mm256_srai_epi32::<16>(_mm256_add_epi32(products, _mm256_set1_epi32(HALF)))
    };
    let low = sum(_mm256_unpacklo_epi16(cb, cr));
    let high = sum(_mm256_unpackhi_epi16(cb, cr));
    let green = _mm256_add_epi16(y, _mm256_sub_epi16(_mm256_packs_epi32(low, high), cr));
    interleaved([bytes(red), bytes(green), bytes(blue)])
}

/// Returns `samples * factor`, a part of 2 to the 16th, rounded to nearest.
#[target_feature(enable = "avx2")]
#[inline]
fn part(samples: __m256i, factor: i32) -> __m256i {
    let factors = _mm256_set1_epi32(factor & 0xffff | factor << 16);
    let twice = _mm256_mulhi_epi16(_mm256_add_epi16(samples, samples), factors);
    _mm256_srai_epi16::<1>(_mm256_add_epi16(twice, _mm256_set1_epi16(1)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn bytes(samples: __m256i) -> __m128i {
    _mm_packus_epi16(_mm256_castsi256_si128(samples), _mm256_extracti128_si256::<1>(samples))
}

/// Interleaves the samples of three channels: each of three registers takes its bytes from all.
#[target_feature(enable = "avx2")]
#[inline]
fn interleaved(channels: [__m128i; 3]) -> [u8; 3 * STEP] {
    const PLACES: [[[u8; STEP]; 3]; 3] = places();
    let mut out = [[0_u8; STEP]; 3];
    for (out, places) in out.iter_mut().zip(&PLACES) {
        let taken =
            |channel: usize| _mm_shuffle_epi8(channels[channel], bytemuck::cast(places[channel]));
        *out = bytemuck::cast(_mm_or_si128(_mm_or_si128(taken(0), taken(1)), taken(2)));
    }
    bytemuck::cast(out)
}

/// For each register of the result and each channel, which sample goes to each byte; 128 is none.
const fn places() -> [[[u8; STEP]; 3]; 3] {
    let mut places = [[[128; STEP]; 3]; 3];
    let mut byte: u8 = 0;
    while (byte as usize) < 3 * STEP {
        let at = byte as usize;
        places[at / STEP][at % 3][at % STEP] = byte / 3;
        byte += 1;
    }
    places
}
