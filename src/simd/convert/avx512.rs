//! 8-bit pixels to planes of values, with the tables in registers.
//!
//! One shuffle picks the samples of a channel out of a step of pixels, in the order that the unpacking wants; then
//! each of the four bytes of a value is looked up for 64 samples at a time, and bytes are woven to values. All bits
//! are those of the table.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_epi8, _mm512_mask_blend_epi8, _mm512_movepi8_mask,
    _mm512_permutex2var_epi8, _mm512_setzero_si512, _mm512_storeu_epi8, _mm512_unpackhi_epi8,
    _mm512_unpackhi_epi16, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};

use crate::simd::sample::STEP;
use crate::simd::values::Values;

/// Reads a row of interleaved 8-bit pixels into as many planes as a pixel has samples, 1 to 4.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn load_codes(bytes: &[u8], tables: [&Values; 4], planes: &mut [&mut [f32]]) {
    match planes {
        [a] => load(bytes, tables, [a]),
        [a, b] => load(bytes, tables, [a, b]),
        [a, b, c] => load(bytes, tables, [a, b, c]),
        [a, b, c, d] => load(bytes, tables, [a, b, c, d]),
        _ => {}
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn load<const C: usize>(bytes: &[u8], tables: [&Values; 4], planes: [&mut [f32]; C]) {
    let (pixels, _) = bytes.as_chunks::<C>();
    let (steps, rest) = pixels.as_chunks::<STEP>();
    let picks: [__m512i; C] = std::array::from_fn(|channel| loaded(&picks::<C>(channel)));
    let mut at = 0;
    for step in steps {
        let step = registers(step);
        for c in 0..C {
            let values = values(picked::<C>(&step, picks[c]), tables[c]);
            planes[c][at..at + STEP].copy_from_slice(&values);
        }
        at += STEP;
    }
    if !rest.is_empty() {
        // The last pixels are filled up to a step.
        let mut step = [[0; C]; STEP];
        step[..rest.len()].copy_from_slice(rest);
        let step = registers(&step);
        for c in 0..C {
            let values = values(picked::<C>(&step, picks[c]), tables[c]);
            planes[c][at..at + rest.len()].copy_from_slice(&values[..rest.len()]);
        }
    }
}

/// Where the samples of a channel are in a step of pixels. Values come out of the unpacking four from each
/// quarter of a register at a time.
const fn picks<const C: usize>(channel: usize) -> [u8; STEP] {
    let mut picks = [0; STEP];
    let mut at = 0;
    while at < STEP {
        let (quarter, four, one) = (at / 16, at % 16 / 4, at % 4);
        let pixel = 16 * four + 4 * quarter + one;
        #[expect(clippy::cast_possible_truncation, reason = "a step has 256 samples at most")]
        {
            picks[at] = (pixel * C + channel) as u8;
        }
        at += 1;
    }
    picks
}

/// A step of pixels in as many registers as a pixel has samples.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn registers<const C: usize>(step: &[[u8; C]; STEP]) -> [__m512i; 4] {
    let mut registers = [_mm512_setzero_si512(); 4];
    let (chunks, _) = step.as_flattened().as_chunks::<64>();
    for c in 0..C {
        registers[c] = loaded(&chunks[c]);
    }
    registers
}

/// The 64 samples that are picked of up to 256.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn picked<const C: usize>(step: &[__m512i; 4], picks: __m512i) -> __m512i {
    let low = _mm512_permutex2var_epi8(step[0], picks, step[1]);
    if C <= 2 {
        return low;
    }
    let high = _mm512_permutex2var_epi8(step[2], picks, step[3]);
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(picks), low, high)
}

/// The values of 64 codes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn values(codes: __m512i, table: &Values) -> [f32; STEP] {
    let is_high = _mm512_movepi8_mask(codes);
    let bytes: [__m512i; 4] = std::array::from_fn(|byte| {
        let (quarters, _) = table.bytes[byte].as_chunks::<64>();
        let low = _mm512_permutex2var_epi8(loaded(&quarters[0]), codes, loaded(&quarters[1]));
        let high = _mm512_permutex2var_epi8(loaded(&quarters[2]), codes, loaded(&quarters[3]));
        _mm512_mask_blend_epi8(is_high, low, high)
    });
    let [a, b, c, d] = bytes;
    let lows = [_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b)];
    let highs = [_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d)];
    let mut values = [0.0; STEP];
    let (chunks, _) = bytemuck::cast_slice_mut::<_, u8>(&mut values).as_chunks_mut::<64>();
    for half in 0..2 {
        stored(&mut chunks[2 * half], _mm512_unpacklo_epi16(lows[half], highs[half]));
        stored(&mut chunks[2 * half + 1], _mm512_unpackhi_epi16(lows[half], highs[half]));
    }
    values
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn loaded(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the reference is to the 64 bytes that are read.
    unsafe { _mm512_loadu_epi8(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn stored(bytes: &mut [u8; 64], register: __m512i) {
    // SAFETY: the reference is to the 64 bytes that are written.
    unsafe { _mm512_storeu_epi8(bytes.as_mut_ptr().cast(), register) }
}
