//! The table in registers: sixteen look-ups of sixteen entries each.
//!
//! A shuffle looks up the low four bits of a byte, and gives nothing where the byte is negative. Each
//! half of the codes goes through its eight rows of the table, 16 less each time: a code counts in all
//! rows up to its own, and rows hold what changes from row to row, so that the sum is its entry.

use std::arch::x86_64::{
    __m256i, _mm256_blendv_epi8, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_subs_epi8, _mm256_xor_si256,
};

use super::Codes;
use crate::simd::ahead::prefetch;

/// Codes exchanged at a time.
const STEP: usize = 32;

/// How far ahead codes are asked for: the work on each hides too little of the wait for the next.
const AHEAD: usize = 1024;

#[target_feature(enable = "avx2")]
pub(super) fn exchange_codes(source: &[u8], target: &mut [u8], table: &Codes, keeps_fourth: bool) {
    let rows: [__m256i; 16] = std::array::from_fn(|row| {
        let changes: [u8; 16] = std::array::from_fn(|at| {
            let entry = table[16 * row + at];
            // Each half starts anew.
            if row % 8 == 0 { entry } else { entry ^ table[16 * (row - 1) + at] }
        });
        bytemuck::cast([changes; 2])
    });
    let kept = if keeps_fourth { _mm256_set1_epi32(i32::MIN) } else { _mm256_setzero_si256() };
    let kept = bytemuck::cast(kept);
    let (codes, rest) = source.as_chunks::<STEP>();
    let (others, rest_of_others) = target.as_chunks_mut::<STEP>();
    for (codes, others) in codes.iter().zip(others) {
        prefetch(codes, AHEAD);
        *others = bytemuck::cast(step(bytemuck::cast(*codes), &rows, kept));
    }
    let mut last = [0; STEP];
    last[..rest.len()].copy_from_slice(rest);
    let last: [u8; STEP] = bytemuck::cast(step(bytemuck::cast(last), &rows, kept));
    rest_of_others.copy_from_slice(&last[..rest.len()]);
}

#[target_feature(enable = "avx2")]
#[inline]
fn step(codes: __m256i, rows: &[__m256i; 16], kept: __m256i) -> __m256i {
    let (row, top) = (_mm256_set1_epi8(16), _mm256_set1_epi8(i8::MIN));
    let (mut low, mut high) = (codes, _mm256_xor_si256(codes, top));
    let mut entries = _mm256_setzero_si256();
    for k in 0..8 {
        entries = _mm256_xor_si256(entries, _mm256_shuffle_epi8(rows[k], low));
        entries = _mm256_xor_si256(entries, _mm256_shuffle_epi8(rows[8 + k], high));
        low = _mm256_subs_epi8(low, row);
        high = _mm256_subs_epi8(high, row);
    }
    _mm256_blendv_epi8(entries, codes, kept)
}
