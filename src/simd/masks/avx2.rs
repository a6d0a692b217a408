//! Masks with AVX2: 32 coefficients in each register, as bytes.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi32_si128, _mm256_abs_epi16, _mm256_and_si256, _mm256_cmpeq_epi8,
    _mm256_min_epu16, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packs_epi16,
    _mm256_packus_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_slli_epi16, _mm256_srl_epi16, _mm256_subs_epu8,
};

use super::Masks;

#[target_feature(enable = "avx2")]
pub(super) fn block_masks(blocks: &[[i16; 64]], low: u32, masks: &mut [Masks]) {
    let shift: __m128i = _mm_cvtsi32_si128(low.cast_signed());
    for (block, masks) in blocks.iter().zip(masks) {
        let values: [__m256i; 4] = bytemuck::cast(*block);
        let (mut any, mut large, mut odd, mut negative) = (0, 0, 0, 0);
        for half in (0..2).rev() {
            let (a, b) = (values[2 * half], values[2 * half + 1]);
            let left = |value: __m256i| _mm256_srl_epi16(_mm256_abs_epi16(value), shift);
            // What is large stays so, and as odd as it is, in seven bits.
            let cut = |value: __m256i| {
                let odd = _mm256_and_si256(value, _mm256_set1_epi16(1));
                _mm256_or_si256(_mm256_min_epu16(value, _mm256_set1_epi16(2)), odd)
            };
            let sorted = |bytes: __m256i| _mm256_permute4x64_epi64::<0b11_01_10_00>(bytes);
            let small = sorted(_mm256_packus_epi16(cut(left(a)), cut(left(b))));
            let signs = sorted(_mm256_packs_epi16(a, b));
            let zero = _mm256_setzero_si256();
            let bits = |bytes: __m256i| u64::from(_mm256_movemask_epi8(bytes).cast_unsigned());
            let used = |bytes: __m256i| bits(_mm256_cmpeq_epi8(bytes, zero)) ^ 0xffff_ffff;
            any = any << 32 | used(small);
            large = large << 32 | used(_mm256_subs_epu8(small, _mm256_set1_epi8(1)));
            odd = odd << 32 | bits(_mm256_slli_epi16::<7>(small));
            negative = negative << 32 | bits(signs);
        }
        *masks = Masks { any, large, odd, negative };
    }
}
