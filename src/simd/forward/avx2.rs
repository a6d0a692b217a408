//! The transform with AVX2: two blocks side by side in each register.

use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi16 as add16, _mm256_add_epi32 as add32,
    _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cvtepu8_epi16,
    _mm256_extracti128_si256, _mm256_madd_epi16 as products, _mm256_movemask_epi8,
    _mm256_mulhi_epu16 as high_product, _mm256_or_si256, _mm256_packs_epi16,
    _mm256_packs_epi32 as narrow, _mm256_set1_epi16 as set16, _mm256_set1_epi32 as set32,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16 as left16,
    _mm256_srai_epi16 as right16, _mm256_srai_epi32 as right32, _mm256_sub_epi16 as sub16,
    _mm256_unpackhi_epi16 as high16, _mm256_unpacklo_epi16 as low16, _mm256_xor_si256 as xor,
};

use super::constant::{
    C0_298631336, C0_390180644, C0_541196100, C0_765366865, C0_899976223, C1_175875602,
    C1_501321110, C1_847759065, C1_961570560, C2_053119869, C2_562915447, C3_072711026,
};
use super::kernel::kernel;
use super::{BLOCK, Divisors, FIRST, SECOND, ZIGZAG};
use crate::simd::{run, run_mut};

kernel!("avx2", __m256i);

/// Eight numbers, for the blocks in both halves.
#[target_feature(enable = "avx2")]
#[inline]
fn table(row: &[u16; 8]) -> __m256i {
    _mm256_broadcastsi128_si256(bytemuck::cast(*row))
}

#[target_feature(enable = "avx2")]
pub(super) fn blocks(
    samples: &[u8],
    stride: usize,
    divisors: &Divisors,
    blocks: &mut [[i16; BLOCK]],
    used: &mut [u64],
) {
    for (number, (blocks, used)) in blocks.chunks_mut(2).zip(used.chunks_mut(2)).enumerate() {
        let row = |y: usize| {
            let sixteen: [u8; 16] = *run(samples, y * stride + 16 * number);
            sub16(_mm256_cvtepu8_epi16(bytemuck::cast::<_, __m128i>(sixteen)), set16(128))
        };
        let rows = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
        let rows = quantised(rows, divisors);
        let eights: [__m256i; 8] = [
            gathered::<0, 0, 2>(&rows),
            gathered::<1, 0, 4>(&rows),
            gathered::<2, 1, 6>(&rows),
            gathered::<3, 0, 3>(&rows),
            gathered::<4, 4, 7>(&rows),
            gathered::<5, 1, 6>(&rows),
            gathered::<6, 3, 7>(&rows),
            gathered::<7, 5, 7>(&rows),
        ];
        let marks = marks(&eights);
        if let ([a, b], [used_a, used_b]) = (&mut *blocks, &mut *used) {
            for (k, eight) in eights.into_iter().enumerate() {
                *run_mut(a, 8 * k) = bytemuck::cast::<_, [i16; 8]>(_mm256_castsi256_si128(eight));
                let upper = _mm256_extracti128_si256::<1>(eight);
                *run_mut(b, 8 * k) = bytemuck::cast::<_, [i16; 8]>(upper);
            }
            [*used_a, *used_b] = marks;
        } else if let ([a], [used_a]) = (blocks, used) {
            for (k, eight) in eights.into_iter().enumerate() {
                *run_mut(a, 8 * k) = bytemuck::cast::<_, [i16; 8]>(_mm256_castsi256_si128(eight));
            }
            [*used_a, _] = marks;
        }
    }
}

/// The bytes that the `k`-th eight coefficients in zigzag order take from each row; 128 is none.
const PLACES: [[[u8; 16]; 8]; 8] = places();

const fn places() -> [[[u8; 16]; 8]; 8] {
    let mut places = [[[128; 16]; 8]; 8];
    let mut k = 0;
    while k < BLOCK {
        let (row, column) = (ZIGZAG[k] / 8, ZIGZAG[k] % 8);
        let place = &mut places[k / 8][row as usize];
        place[2 * (k % 8)] = 2 * column;
        place[2 * (k % 8) + 1] = 2 * column + 1;
        k += 1;
    }
    places
}

/// Returns eight coefficients of each block, the `EIGHT`-th in zigzag order, which come of these rows.
#[target_feature(enable = "avx2")]
#[inline]
fn gathered<const EIGHT: usize, const FIRST_ROW: usize, const LAST_ROW: usize>(
    rows: &[__m256i; 8],
) -> __m256i {
    let mut all = _mm256_setzero_si256();
    let mut row = FIRST_ROW;
    while row <= LAST_ROW {
        let places = _mm256_broadcastsi128_si256(bytemuck::cast(PLACES[EIGHT][row]));
        all = _mm256_or_si256(all, _mm256_shuffle_epi8(rows[row], places));
        row += 1;
    }
    all
}

/// Tells for each block which of its coefficients are not zero.
#[target_feature(enable = "avx2")]
#[inline]
fn marks(eights: &[__m256i; 8]) -> [u64; 2] {
    let [mut a, mut b] = [0, 0];
    for k in 0..4 {
        let sixteen = _mm256_packs_epi16(eights[2 * k], eights[2 * k + 1]);
        let zeros = _mm256_movemask_epi8(_mm256_cmpeq_epi8(sixteen, _mm256_setzero_si256()));
        let used = u64::from(!zeros.cast_unsigned());
        a |= (used & 0xffff) << (16 * k);
        b |= (used >> 16) << (16 * k);
    }
    [a, b]
}
