//! The transform with AVX2: two 8x8 blocks, or four 4x4 blocks, side by side in each register.
//!
//! Products of 16-bit numbers are summed in pairs by one instruction (`madd`), which no compiler
//! finds in the plain form; that is worth a factor of three.

use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi8, _mm256_add_epi16, _mm256_add_epi32, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_srai_epi32, _mm256_sub_epi32, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use super::constant::{
    C0_298631336, C0_390180644, C0_541196100, C0_765366865, C0_899976223, C1, C1_175875602,
    C1_501321110, C1_847759065, C1_961570560, C2_053119869, C2_562915447, C3_072711026,
};
use super::{BLOCK, FIRST, SECOND, sample};
use crate::simd::run;

/// Sixteen sums of 32 bits: the lower and the upper four of each half of a register.
type Sums = (__m256i, __m256i);

#[target_feature(enable = "avx2")]
pub(super) fn blocks_8x8(coefficients: &[i16], rows: &[u8], out: &mut [u8], stride: usize) {
    let (blocks, _) = coefficients.as_chunks::<BLOCK>();
    for (number, (blocks, rows)) in blocks.chunks(2).zip(rows.chunks(2)).enumerate() {
        let out = &mut out[16 * number..];
        match (blocks, rows) {
            ([a, b], [rows_a, rows_b]) => {
                let lines = pair(a, b, rows_a | rows_b);
                for (y, line) in lines.iter().enumerate() {
                    out[y * stride..][..16].copy_from_slice(line);
                }
            }
            ([a], [rows]) => {
                let lines = pair(a, a, *rows);
                for (y, line) in lines.iter().enumerate() {
                    out[y * stride..][..8].copy_from_slice(&line[..8]);
                }
            }
            _ => {}
        }
    }
}

/// Transforms two blocks to the eight rows of both.
#[target_feature(enable = "avx2")]
#[inline]
fn pair(a: &[i16; BLOCK], b: &[i16; BLOCK], rows: u8) -> [[u8; 16]; 8] {
    if rows == 0 {
        let [a, b] = [a[0], b[0]].map(|first| [sample(i32::from(first)); 8]);
        return [bytemuck::cast([a, b]); 8];
    }
    let row = |row: usize| {
        let halves: [[i16; 8]; 2] = [*run(a, 8 * row), *run(b, 8 * row)];
        bytemuck::cast::<_, __m256i>(halves)
    };
    let none = _mm256_setzero_si256();
    let columns = if rows < 16 {
        let x = [row(0), row(1), row(2), row(3), none, none, none, none];
        eight::<FIRST, true>(x)
    } else {
        eight::<FIRST, false>(std::array::from_fn(row))
    };
    let samples = transposed(eight::<SECOND, false>(transposed(columns)));
    let mut lines = [[0_u8; 16]; 8];
    let grey = _mm256_set1_epi8(-128);
    for y in 0..4 {
        // Rows 2y and 2y + 1 of one block, then of the other; the permutation puts equal rows together.
        let packed = _mm256_packs_epi16(samples[2 * y], samples[2 * y + 1]);
        let sorted = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_add_epi8(packed, grey));
        lines[2 * y] = bytemuck::cast(_mm256_castsi256_si128(sorted));
        lines[2 * y + 1] = bytemuck::cast(_mm256_extracti128_si256::<1>(sorted));
    }
    lines
}

#[target_feature(enable = "avx2")]
pub(super) fn blocks_4x4(coefficients: &[i16], out: &mut [u8], stride: usize) {
    let (fours, rest) = coefficients.as_chunks::<64>();
    for (number, blocks) in fours.iter().enumerate() {
        let lines = quad(blocks);
        let out = &mut out[16 * number..];
        for (y, line) in lines.iter().enumerate() {
            out[y * stride..][..16].copy_from_slice(line);
        }
    }
    if !rest.is_empty() {
        let mut blocks = [0_i16; 64];
        blocks[..rest.len()].copy_from_slice(rest);
        let lines = quad(&blocks);
        let out = &mut out[16 * fours.len()..];
        for (y, line) in lines.iter().enumerate() {
            let width = rest.len() / 4;
            out[y * stride..][..width].copy_from_slice(&line[..width]);
        }
    }
}

/// Transforms four 4x4 blocks to the four rows of all.
#[target_feature(enable = "avx2")]
#[inline]
fn quad(blocks: &[i16; 64]) -> [[u8; 16]; 4] {
    let (quarters, _) = blocks.as_chunks::<16>();
    let [a, b, c, d] = std::array::from_fn(|block| bytemuck::cast::<_, __m256i>(quarters[block]));
    // Each register holds two rows of a block in each half; gathered, a row of four blocks is one.
    let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
    let low = |x, y| join(_mm256_castsi256_si128(x), _mm256_castsi256_si128(y));
    let high = |x, y| join(_mm256_extracti128_si256::<1>(x), _mm256_extracti128_si256::<1>(y));
    let rows =
        [low(ab_even, cd_even), low(ab_odd, cd_odd), high(ab_even, cd_even), high(ab_odd, cd_odd)];
    let columns = four::<FIRST>(rows);
    let samples = transposed_fours(four::<SECOND>(transposed_fours(columns)));
    let grey = _mm256_set1_epi8(-128);
    let mut lines = [[0_u8; 16]; 4];
    for y in 0..2 {
        let packed = _mm256_packs_epi16(samples[2 * y], samples[2 * y + 1]);
        let sorted = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_add_epi8(packed, grey));
        lines[2 * y] = bytemuck::cast(_mm256_castsi256_si128(sorted));
        lines[2 * y + 1] = bytemuck::cast(_mm256_extracti128_si256::<1>(sorted));
    }
    lines
}

#[inline(always)]
fn join(low: __m128i, high: __m128i) -> __m256i {
    bytemuck::cast([low, high])
}

/// Returns `a * ka + b * kb` of each lane.
#[target_feature(enable = "avx2")]
#[inline]
fn products(a: __m256i, b: __m256i, ka: i32, kb: i32) -> Sums {
    let factors = _mm256_set1_epi32(ka & 0xffff | kb << 16);
    (
        _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), factors),
        _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), factors),
    )
}

#[target_feature(enable = "avx2")]
#[inline]
fn add(a: Sums, b: Sums) -> Sums {
    (_mm256_add_epi32(a.0, b.0), _mm256_add_epi32(a.1, b.1))
}

#[target_feature(enable = "avx2")]
#[inline]
fn sub(a: Sums, b: Sums) -> Sums {
    (_mm256_sub_epi32(a.0, b.0), _mm256_sub_epi32(a.1, b.1))
}

/// Cuts off `SHIFT` bits, rounding, and saturates to 16 bits.
#[target_feature(enable = "avx2")]
#[inline]
fn cut<const SHIFT: i32>(sums: Sums) -> __m256i {
    let half = _mm256_set1_epi32(1 << (SHIFT - 1));
    _mm256_packs_epi32(
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(sums.0, half)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(sums.1, half)),
    )
}

/// One pass over sixteen columns at once; `LOW` says that the last four rows are zeros.
#[target_feature(enable = "avx2")]
#[inline]
fn eight<const SHIFT: i32, const LOW: bool>(x: [__m256i; 8]) -> [__m256i; 8] {
    let even2 = products(x[2], x[6], C0_541196100, C0_541196100 - C1_847759065);
    let even3 = products(x[2], x[6], C0_541196100 + C0_765366865, C0_541196100);
    let even0 = products(x[0], x[4], C1, C1);
    let even1 = if LOW { even0 } else { products(x[0], x[4], C1, -C1) };
    let even = [add(even0, even3), add(even1, even2), sub(even1, even2), sub(even0, even3)];
    let (sum73, sum51) = if LOW {
        (x[3], x[1])
    } else {
        (_mm256_add_epi16(x[7], x[3]), _mm256_add_epi16(x[5], x[1]))
    };
    let turn3 = products(sum73, sum51, C1_175875602 - C1_961570560, C1_175875602);
    let turn4 = products(sum73, sum51, C1_175875602, C1_175875602 - C0_390180644);
    let odd = [
        add(products(x[7], x[1], -C0_899976223, C1_501321110 - C0_899976223), turn4),
        add(products(x[5], x[3], -C2_562915447, C3_072711026 - C2_562915447), turn3),
        add(products(x[5], x[3], C2_053119869 - C2_562915447, -C2_562915447), turn4),
        add(products(x[7], x[1], C0_298631336 - C0_899976223, -C0_899976223), turn3),
    ];
    [
        cut::<SHIFT>(add(even[0], odd[0])),
        cut::<SHIFT>(add(even[1], odd[1])),
        cut::<SHIFT>(add(even[2], odd[2])),
        cut::<SHIFT>(add(even[3], odd[3])),
        cut::<SHIFT>(sub(even[3], odd[3])),
        cut::<SHIFT>(sub(even[2], odd[2])),
        cut::<SHIFT>(sub(even[1], odd[1])),
        cut::<SHIFT>(sub(even[0], odd[0])),
    ]
}

/// One pass over the sixteen columns of four blocks at once.
#[target_feature(enable = "avx2")]
#[inline]
fn four<const SHIFT: i32>(x: [__m256i; 4]) -> [__m256i; 4] {
    let odd0 = products(x[1], x[3], C0_541196100 + C0_765366865, C0_541196100);
    let odd1 = products(x[1], x[3], C0_541196100, C0_541196100 - C1_847759065);
    let even0 = products(x[0], x[2], C1, C1);
    let even1 = products(x[0], x[2], C1, -C1);
    [
        cut::<SHIFT>(add(even0, odd0)),
        cut::<SHIFT>(add(even1, odd1)),
        cut::<SHIFT>(sub(even1, odd1)),
        cut::<SHIFT>(sub(even0, odd0)),
    ]
}

/// Makes rows of columns in both blocks.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed(x: [__m256i; 8]) -> [__m256i; 8] {
    let low = |k: usize| _mm256_unpacklo_epi16(x[2 * k], x[2 * k + 1]);
    let high = |k: usize| _mm256_unpackhi_epi16(x[2 * k], x[2 * k + 1]);
    let (a, b) = ([low(0), low(1), low(2), low(3)], [high(0), high(1), high(2), high(3)]);
    let twos = |x: [__m256i; 4]| {
        [
            _mm256_unpacklo_epi32(x[0], x[1]),
            _mm256_unpackhi_epi32(x[0], x[1]),
            _mm256_unpacklo_epi32(x[2], x[3]),
            _mm256_unpackhi_epi32(x[2], x[3]),
        ]
    };
    let (a, b) = (twos(a), twos(b));
    let fours = |x: [__m256i; 4]| {
        [
            _mm256_unpacklo_epi64(x[0], x[2]),
            _mm256_unpackhi_epi64(x[0], x[2]),
            _mm256_unpacklo_epi64(x[1], x[3]),
            _mm256_unpackhi_epi64(x[1], x[3]),
        ]
    };
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (fours(a), fours(b));
    [a0, a1, a2, a3, b0, b1, b2, b3]
}

/// Makes rows of columns in each of four blocks.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed_fours(x: [__m256i; 4]) -> [__m256i; 4] {
    // Pairs of rows, for the first and the second block of each half.
    let (a01, b01) = (_mm256_unpacklo_epi16(x[0], x[1]), _mm256_unpackhi_epi16(x[0], x[1]));
    let (a23, b23) = (_mm256_unpacklo_epi16(x[2], x[3]), _mm256_unpackhi_epi16(x[2], x[3]));
    // Columns 0 and 1, then 2 and 3, of either block.
    let (a_low, a_high) = (_mm256_unpacklo_epi32(a01, a23), _mm256_unpackhi_epi32(a01, a23));
    let (b_low, b_high) = (_mm256_unpacklo_epi32(b01, b23), _mm256_unpackhi_epi32(b01, b23));
    [
        _mm256_unpacklo_epi64(a_low, b_low),
        _mm256_unpackhi_epi64(a_low, b_low),
        _mm256_unpacklo_epi64(a_high, b_high),
        _mm256_unpackhi_epi64(a_high, b_high),
    ]
}
