//! What the copy engine does with the vectors of x86-64: SSE2, which every such machine has, and AVX2
//! where `WIDE` says that the machine was found to have it.
//!
//! `any_machine` has the same functions for all others. Miri, which interprets the vectors, knows no
//! streams and no prefetch: under it those are what they are on any machine.

use super::lines::put;
use super::tiles::{LINE, Tile, side, turn_runs};
use super::{AHEAD, Area};
use std::arch::x86_64::{
    __m128i, __m256i, _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm_setzero_si128, _mm_sfence,
    _mm_shuffle_epi8, _mm_storeu_si128, _mm_stream_si128, _mm_unpackhi_epi8, _mm_unpackhi_epi16,
    _mm_unpackhi_epi32, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
    _mm256_castsi128_si256, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_set_m128i, _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_unpackhi_epi8, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi8, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

/// Transposes `height × width` runs of `R` bytes.
///
/// # Safety
///
/// `WIDE` only on a machine with AVX2.
#[inline(always)]
pub(super) unsafe fn turn<const R: usize, const WIDE: bool>(
    source: &Tile,
    target: &mut Tile,
    height: usize,
    width: usize,
) {
    match R {
        // SAFETY: the caller's promise.
        1 | 2 | 4 | 8 if WIDE => unsafe { squares_avx2::<R>(source, target, height, width) },
        // SAFETY: the caller's promise.
        3 if WIDE => unsafe { padded_avx2::<3, 4>(source, target) },
        // SAFETY: the caller's promise.
        6 if WIDE => unsafe { padded_avx2::<6, 8>(source, target) },
        1 | 2 | 4 => squares::<R>(source, target, height, width),
        _ => turn_runs::<R>(source, target, height, width),
    }
}

/// Transposes pairs of squares, one in each half of the vectors, which may reach beyond both tiles'
/// runs.
#[inline]
#[target_feature(enable = "avx2")]
fn squares_avx2<const R: usize>(source: &Tile, target: &mut Tile, height: usize, width: usize) {
    let side = 16 / R;
    for y in (0..height).step_by(side) {
        for x in (0..width).step_by(2 * side) {
            let mut vectors = [_mm256_setzero_si256(); 16];
            for (line, vector) in source.0[y..y + side].iter().zip(&mut vectors) {
                let from = &line[x * R..x * R + 32];
                // SAFETY: `from` is 32 bytes.
                *vector = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
            }
            turn_halves::<R>(&mut vectors[..side]);
            for (at, vector) in vectors[..side].iter().enumerate() {
                store_halves(target, x + at, x + side + at, y * R, *vector);
            }
        }
    }
}

/// Transposes an area of runs that vectors hold without gaps from where it is to where it goes, and
/// tells whether it did: a machine without AVX2 needs tiles, and so do areas smaller than a square.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes; `inner.dst` and `outer.src` are `R`; `WIDE` only
/// on a machine with AVX2.
#[inline(always)]
pub(super) unsafe fn turn_directly<const R: usize, const WIDE: bool>(
    area: &Area,
    src: *const u8,
    dst: *mut u8,
) -> bool {
    let fits = WIDE && matches!(R, 1 | 2 | 4 | 8) && area.inner.len.min(area.outer.len) * R >= 16;
    if fits {
        // SAFETY: the caller's promise, and both axes have the 16 / R positions of a square.
        unsafe { turn_area_avx2::<R>(area, src, dst) }
    }
    fits
}

/// Transposes an area in squares, two at a time where there are two. The last squares of each row and
/// column begin early enough to end with them.
///
/// # Safety
///
/// As [`turn_directly`]; `R` is 1, 2, 4 or 8, and both axes have 16 / R positions or more.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn turn_area_avx2<const R: usize>(area: &Area, src: *const u8, dst: *mut u8) {
    let side = 16 / R;
    let (rows, columns) = (area.inner, area.outer);
    let mut row = 0;
    while row < rows.len {
        row = row.min(rows.len - side);
        let mut column = 0;
        while column < columns.len {
            let is_pair = columns.len >= 2 * side && columns.len - column > side;
            let width = if is_pair { 2 * side } else { side };
            column = column.min(columns.len - width);
            let mut vectors = [_mm256_setzero_si256(); 16];
            for (y, vector) in (row.cast_signed()..).zip(&mut vectors[..side]) {
                // SAFETY: `width` runs of the row lie together from there on, which are as many bytes
                // as are read.
                *vector = unsafe {
                    let from = src.offset(y * rows.src).add(column * R);
                    if is_pair {
                        _mm256_loadu_si256(from.cast())
                    } else {
                        _mm256_castsi128_si256(_mm_loadu_si128(from.cast()))
                    }
                };
            }
            turn_halves::<R>(&mut vectors[..side]);
            for (x, vector) in (column.cast_signed()..).zip(&vectors[..side]) {
                // SAFETY: `side` runs of each column lie together in the target, which are 16 bytes.
                unsafe {
                    let to = dst.offset(x * columns.dst).add(row * R);
                    _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(*vector));
                    if is_pair {
                        let to = to.offset(side.cast_signed() * columns.dst);
                        _mm_storeu_si128(to.cast(), _mm256_extracti128_si256::<1>(*vector));
                    }
                }
            }
            column += width;
        }
        row += side;
    }
}

/// Transposes all runs of tiles, of `R` bytes, as runs of `W` bytes: what is missing is put between
/// them on the way in and taken out on the way out.
///
/// ```text
///   memory    r g b r g b r g b r g b . . . .      vector    r g b . r g b . r g b . r g b .
/// ```
#[inline]
#[target_feature(enable = "avx2")]
fn padded_avx2<const R: usize, const W: usize>(source: &Tile, target: &mut Tile) {
    let (apart, together) = if R == 3 {
        (
            _mm256_setr_epi8(
                0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 0, 1, 2, -1, 3, 4, 5, -1, 6,
                7, 8, -1, 9, 10, 11, -1,
            ),
            _mm256_setr_epi8(
                0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8, 9, 10,
                12, 13, 14, -1, -1, -1, -1,
            ),
        )
    } else {
        (
            _mm256_setr_epi8(
                0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1, 0, 1, 2, 3, 4, 5, -1, -1, 6,
                7, 8, 9, 10, 11, -1, -1,
            ),
            _mm256_setr_epi8(
                0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 8, 9, 10,
                11, 12, 13, -1, -1, -1, -1,
            ),
        )
    };
    let square = 16 / W;
    for y in (0..side::<R>()).step_by(square) {
        for x in (0..side::<R>()).step_by(2 * square) {
            let mut vectors = [_mm256_setzero_si256(); 4];
            for (line, vector) in source.0[y..y + square].iter().zip(&mut vectors) {
                let low = &line[x * R..x * R + 16];
                let high = &line[(x + square) * R..(x + square) * R + 16];
                // SAFETY: both are 16 bytes.
                let both = unsafe {
                    _mm256_set_m128i(
                        _mm_loadu_si128(high.as_ptr().cast()),
                        _mm_loadu_si128(low.as_ptr().cast()),
                    )
                };
                *vector = _mm256_shuffle_epi8(both, apart);
            }
            turn_halves::<W>(&mut vectors[..square]);
            for (at, vector) in vectors[..square].iter().enumerate() {
                let runs = _mm256_shuffle_epi8(*vector, together);
                store_halves(target, x + at, x + square + at, y * R, runs);
            }
        }
    }
}

/// Transposes the square of runs of `R` bytes in the low halves of vectors, and that in the high.
///
/// Each round interleaves the vectors of the two halves of the square. Seen as bits of a run's place
/// that turns them by one, so as many rounds as the side has bits swap row and column.
#[inline]
#[target_feature(enable = "avx2")]
fn turn_halves<const R: usize>(vectors: &mut [__m256i]) {
    let side = 16 / R;
    let mut last = [_mm256_setzero_si256(); 16];
    for _ in 0..side.ilog2() {
        last[..side].copy_from_slice(&vectors[..side]);
        for at in 0..side / 2 {
            let (a, b) = (last[at], last[at + side / 2]);
            (vectors[2 * at], vectors[2 * at + 1]) = match R {
                1 => (_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b)),
                2 => (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)),
                4 => (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)),
                _ => (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)),
            };
        }
    }
}

/// Writes the halves of a vector to two lines, at the same place.
#[inline]
#[target_feature(enable = "avx2")]
fn store_halves(target: &mut Tile, low: usize, high: usize, at: usize, vector: __m256i) {
    let to = &mut target.0[low][at..at + 16];
    // SAFETY: `to` is 16 bytes.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_castsi256_si128(vector)) };
    let to = &mut target.0[high][at..at + 16];
    // SAFETY: `to` is 16 bytes.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_extracti128_si256::<1>(vector)) };
}

/// Transposes runs of `R` bytes in squares of vectors, which may reach beyond both.
#[inline(always)]
fn squares<const R: usize>(source: &Tile, target: &mut Tile, height: usize, width: usize) {
    let side = 16 / R;
    for y in (0..height).step_by(side) {
        for x in (0..width).step_by(side) {
            // SAFETY: SSE2 is part of x86-64.
            let mut vectors = [unsafe { _mm_setzero_si128() }; 16];
            for (line, vector) in source.0[y..y + side].iter().zip(&mut vectors) {
                let from = &line[x * R..x * R + 16];
                // SAFETY: `from` is 16 bytes.
                *vector = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
            }
            // Each round interleaves the vectors of the two halves of the square. Seen as bits of a
            // run's place that turns them by one, so as many rounds as the side has bits swap row
            // and column.
            for _ in 0..side.ilog2() {
                let last = vectors;
                for at in 0..side / 2 {
                    let (low, high) = interleave::<R>(last[at], last[at + side / 2]);
                    (vectors[2 * at], vectors[2 * at + 1]) = (low, high);
                }
            }
            for (line, vector) in target.0[x..x + side].iter_mut().zip(vectors) {
                let to = &mut line[y * R..y * R + 16];
                // SAFETY: `to` is 16 bytes.
                unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), vector) };
            }
        }
    }
}

/// The runs of two vectors in turn: those of their low halves, then those of their high halves.
#[inline(always)]
fn interleave<const R: usize>(a: __m128i, b: __m128i) -> (__m128i, __m128i) {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        match R {
            1 => (_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)),
            2 => (_mm_unpacklo_epi16(a, b), _mm_unpackhi_epi16(a, b)),
            _ => (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b)),
        }
    }
}

/// How many runs of `run` bytes, `apart` bytes from each other, a vector of 16 bytes has whole.
#[inline(always)]
pub(super) const fn runs_in_vector(run: usize, apart: usize) -> usize {
    let (read, written) = ((16 - run) / apart + 1, 16 / run);
    if read < written { read } else { written }
}

/// Copies runs that are `apart` bytes from each other and lie together in the target, a vector of them at
/// a time.
///
/// ```text
///   source    r g b a r g b a r g b a r g b a
///   target    r g b r g b r g b r g b . . . .    the end is overwritten by the next vector
/// ```
///
/// # Safety
///
/// The runs of `R` bytes at `len` positions can be read from `src` and written from `dst` on, and what
/// lies between them can be read; only on a machine with AVX2.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn gather<const R: usize>(
    len: usize,
    apart: isize,
    src: *const u8,
    dst: *mut u8,
) {
    let step = apart.unsigned_abs();
    let count = runs_in_vector(R, step);
    // Where the first run is in the vector that is read, and so the vector from there.
    let (first, shift) = if apart < 0 { (16 - R, R.cast_signed() - 16) } else { (0, 0) };
    let mut order = [u8::MAX; 16];
    for (at, place) in order.iter_mut().enumerate().take(count * R) {
        let start = if apart < 0 { first - at / R * step } else { at / R * step };
        *place = u8::try_from(start + at % R).unwrap_or(u8::MAX);
    }
    // SAFETY: both are 16 bytes.
    let order = unsafe { _mm_loadu_si128(order.as_ptr().cast()) };
    // So many positions on begins, on either side, the run that ends behind the 16 bytes or with them.
    let reach = (16 - R).div_ceil(step).max((16 - R).div_ceil(R));
    let mut at = 0;
    while at + reach < len {
        // SAFETY: the 16 bytes read are those of `at` and the positions after it, `reach` at most, so
        // they are within the line; as are those written.
        unsafe {
            let from = src.offset(at.cast_signed() * apart + shift);
            if apart < 0 {
                // Machines are slow to see that memory is walked backwards.
                prefetch(from.wrapping_sub(AHEAD));
            }
            let runs = _mm_shuffle_epi8(_mm_loadu_si128(from.cast()), order);
            _mm_storeu_si128(dst.add(at * R).cast(), runs);
        }
        at += count;
    }
    for at in at..len {
        // SAFETY: `at` is a position of the line.
        unsafe { put::<R>(src.offset(at.cast_signed() * apart), dst.add(at * R)) };
    }
}

/// Writes a line past the cache.
///
/// # Safety
///
/// A line can be read at `src` and written at `dst`, which is a multiple of `LINE`.
#[inline(always)]
pub(super) unsafe fn stream(src: *const u8, dst: *mut u8) {
    if cfg!(miri) {
        // SAFETY: the caller's promise.
        return unsafe { put::<LINE>(src, dst) };
    }
    for at in (0..LINE).step_by(16) {
        // SAFETY: 16 bytes at `at` are within the line on both sides; the target is aligned to 16.
        unsafe {
            let vector = _mm_loadu_si128(src.add(at).cast());
            _mm_stream_si128(dst.add(at).cast(), vector);
        }
    }
}

/// Asks for the line at an address, which need not be anybody's.
#[inline(always)]
pub(super) fn prefetch(address: *const u8) {
    if cfg!(miri) {
        return;
    }
    // SAFETY: SSE is part of x86-64; a prefetch reads nothing that a program could see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// Makes streamed lines visible to other threads before anything that follows.
pub(in super::super) fn finish_streams() {
    if cfg!(miri) {
        return;
    }
    // SAFETY: SSE is part of x86-64.
    unsafe { _mm_sfence() };
}
