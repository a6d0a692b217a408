//! The transform with SSE2, which every x86-64 has: a block in each register.

use std::arch::x86_64::{
    __m128i, _mm_add_epi16 as add16, _mm_add_epi32 as add32, _mm_madd_epi16 as products,
    _mm_mulhi_epu16 as high_product, _mm_packs_epi32 as narrow, _mm_set1_epi16 as set16,
    _mm_set1_epi32 as set32, _mm_setzero_si128, _mm_slli_epi16 as left16,
    _mm_srai_epi16 as right16, _mm_srai_epi32 as right32, _mm_sub_epi16 as sub16,
    _mm_unpackhi_epi16 as high16, _mm_unpacklo_epi8, _mm_unpacklo_epi16 as low16,
    _mm_xor_si128 as xor,
};

use super::constant::{
    C0_298631336, C0_390180644, C0_541196100, C0_765366865, C0_899976223, C1_175875602,
    C1_501321110, C1_847759065, C1_961570560, C2_053119869, C2_562915447, C3_072711026,
};
use super::kernel::kernel;
use super::{BLOCK, Divisors, FIRST, SECOND, in_zigzag};
use crate::simd::run;

kernel!("sse2", __m128i);

#[target_feature(enable = "sse2")]
#[inline]
fn table(row: &[u16; 8]) -> __m128i {
    bytemuck::cast(*row)
}

#[target_feature(enable = "sse2")]
pub(super) fn blocks(
    samples: &[u8],
    stride: usize,
    divisors: &Divisors,
    blocks: &mut [[i16; BLOCK]],
    used: &mut [u64],
) {
    for (number, (block, used)) in blocks.iter_mut().zip(used).enumerate() {
        let row = |y: usize| {
            let eight: [u8; 8] = *run(samples, y * stride + 8 * number);
            let bytes = bytemuck::cast([eight, [0; 8]]);
            sub16(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()), set16(128))
        };
        let rows = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
        let rows = quantised(rows, divisors);
        *used = in_zigzag(&bytemuck::cast(rows), block);
    }
}
