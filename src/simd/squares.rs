//! Medians of small squares, by what squares share.
//!
//! The samples side by side in a row are sorted once and for all squares they lie in. Two squares, one
//! above the other, share all rows but one each: what these rows leave in the middle, at most one sample
//! more than a row has, is found once for both, and then only one row is missing (after Adams, "Fast Median
//! Filters using Separable Sorting Networks", 2021).

#![allow(
    clippy::needless_range_loop,
    reason = "one number counts through the lanes of several arrays"
)]

use super::networks::{Number, median, merge_5, merge_7, merge_14, middle, sorted};
use super::{dispatch, run, run_mut};

/// Columns made at a time: one register of 8-bit codes, four of f32.
const COLUMNS: usize = 32;

dispatch! {
    /// Sets each sample to the median of the square around it. `samples` has rows of `stride`, `radius` more
    /// than `out` on all four sides; `radius` is 1, 2 or 3.
    pub(crate) fn square_medians<T: Number>(
        out: &mut [T], samples: &[T], stride: usize, radius: usize
    ) {
        let width = stride - 2 * radius;
        if width >= COLUMNS {
            // The last columns may be made twice.
            strips::<T, COLUMNS>(out, Rows { samples, stride }, radius);
        } else {
            strips::<T, 1>(out, Rows { samples, stride }, radius);
        }
    }
}

/// Rows of samples.
#[derive(Clone, Copy)]
struct Rows<'a, T> {
    samples: &'a [T],
    stride: usize,
}

/// Some samples for each of `N` columns.
type Lanes<T, const N: usize, const K: usize> = [[T; N]; K];

#[inline(always)]
fn strips<T: Number, const N: usize>(out: &mut [T], rows: Rows<'_, T>, radius: usize) {
    match radius {
        1 => strips_3::<T, N>(out, rows),
        2 => strips_5::<T, N>(out, rows),
        _ => strips_7::<T, N>(out, rows),
    }
}

#[inline(always)]
fn strips_3<T: Number, const N: usize>(out: &mut [T], rows: Rows<'_, T>) {
    let mut sorted = Vec::new();
    for left in lefts::<N>(rows.stride - 2) {
        sort_rows::<T, N, 3>(&mut sorted, rows, left);
        for (pair, out) in pairs(out, rows.stride - 2) {
            let [a, b] = [&sorted[2 * pair + 1], &sorted[2 * pair + 2]];
            let others = [&sorted[2 * pair], &sorted[2 * pair + 3]];
            finish::<T, N, 3, 3, 2, 4, 3>(out, left, a, b, others);
        }
    }
}

#[inline(always)]
fn strips_5<T: Number, const N: usize>(out: &mut [T], rows: Rows<'_, T>) {
    let mut sorted = Vec::new();
    let mut twos = Vec::new();
    for left in lefts::<N>(rows.stride - 4) {
        sort_rows::<T, N, 5>(&mut sorted, rows, left);
        merge_rows(&mut twos, &sorted, merge_5);
        for (pair, out) in pairs(out, rows.stride - 4) {
            let [a, b] = [&twos[pair], &twos[pair + 1]];
            let others = [&sorted[2 * pair], &sorted[2 * pair + 5]];
            finish::<T, N, 10, 10, 3, 6, 5>(out, left, a, b, others);
        }
    }
}

#[inline(always)]
fn strips_7<T: Number, const N: usize>(out: &mut [T], rows: Rows<'_, T>) {
    let mut sorted = Vec::new();
    let mut twos = Vec::new();
    let mut fours = Vec::new();
    for left in lefts::<N>(rows.stride - 6) {
        sort_rows::<T, N, 7>(&mut sorted, rows, left);
        merge_rows(&mut twos, &sorted, merge_7);
        merge_rows(&mut fours, &twos, merge_14_but_ends);
        for (pair, out) in pairs(out, rows.stride - 6) {
            // Two pairs of squares share four rows, and each has two rows more.
            let (a, b) = (&fours[pair / 2], &twos[pair / 2 * 2 + 3 * (pair % 2)]);
            let others = [&sorted[2 * pair], &sorted[2 * pair + 7]];
            finish::<T, N, 22, 14, 4, 8, 7>(out, left, a, b, others);
        }
    }
}

/// Returns where strips of columns begin.
fn lefts<const N: usize>(width: usize) -> impl Iterator<Item = usize> {
    (0..width).step_by(N).map(move |left| left.min(width - N))
}

/// Returns pairs of rows with their numbers; the last may be one row.
fn pairs<T>(
    out: &mut [T],
    width: usize,
) -> impl Iterator<Item = (usize, std::slice::ChunksMut<'_, T>)> {
    out.chunks_mut(2 * width).map(move |pair| pair.chunks_mut(width)).enumerate()
}

/// Sorts the samples side by side in each row from each of `N` columns on. If the number of rows is odd,
/// which leaves one row of squares without another, the last row stands there twice.
#[inline(always)]
fn sort_rows<T: Number, const N: usize, const SIDE: usize>(
    sorted_rows: &mut Vec<Lanes<T, N, SIDE>>,
    rows: Rows<'_, T>,
    left: usize,
) {
    sorted_rows.clear();
    for row in rows.samples.chunks_exact(rows.stride) {
        let mut shifted = [run::<N, T>(row, left); SIDE];
        for k in 1..SIDE {
            shifted[k] = run(row, left + k);
        }
        let mut lanes = [[T::default(); N]; SIDE];
        for x in 0..N {
            let mut samples = [shifted[0][x]; SIDE];
            for k in 1..SIDE {
                samples[k] = shifted[k][x];
            }
            let samples = sorted(samples);
            for k in 0..SIDE {
                lanes[k][x] = samples[k];
            }
        }
        sorted_rows.push(lanes);
    }
    if sorted_rows.len() % 2 == 1 {
        sorted_rows.extend_from_within(sorted_rows.len() - 1..);
    }
}

/// Merges the second with the third, the fourth with the fifth, and so on.
#[inline(always)]
fn merge_rows<T: Number, const N: usize, const K: usize, const M: usize>(
    merged: &mut Vec<Lanes<T, N, M>>,
    rows: &[Lanes<T, N, K>],
    merge: impl Fn([T; K], [T; K]) -> [T; M],
) {
    merged.clear();
    for two in rows[1..].chunks_exact(2) {
        let mut lanes = [[T::default(); N]; M];
        for x in 0..N {
            let samples = merge(column(&two[0], x), column(&two[1], x));
            for k in 0..M {
                lanes[k][x] = samples[k];
            }
        }
        merged.push(lanes);
    }
}

/// Finds the medians of two rows of squares from what they share, in two runs, and the row that each has
/// besides.
#[inline(always)]
fn finish<
    T: Number,
    const N: usize,
    const A: usize,
    const B: usize,
    const HALF: usize,
    const SHARED: usize,
    const SIDE: usize,
>(
    mut out: std::slice::ChunksMut<'_, T>,
    left: usize,
    a: &Lanes<T, N, A>,
    b: &Lanes<T, N, B>,
    [above, below]: [&Lanes<T, N, SIDE>; 2],
) {
    let mut medians = [[T::default(); N]; 2];
    for x in 0..N {
        let shared = middle::<T, A, B, HALF, SHARED>(column(a, x), column(b, x));
        medians[0][x] = median(shared, column(above, x));
        medians[1][x] = median(shared, column(below, x));
    }
    for medians in medians {
        if let Some(out) = out.next() {
            *run_mut(out, left) = medians;
        }
    }
}

/// Merges two runs of two rows of seven, and leaves out the three samples at either end: with three more
/// rows they cannot be the median.
#[inline(always)]
fn merge_14_but_ends<T: Number>(a: [T; 14], b: [T; 14]) -> [T; 22] {
    *run(&merge_14(a, b), 3)
}

#[inline(always)]
fn column<T: Number, const N: usize, const K: usize>(lanes: &Lanes<T, N, K>, x: usize) -> [T; K] {
    let mut samples = [lanes[0][x]; K];
    for k in 1..K {
        samples[k] = lanes[k][x];
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::square_medians;
    use crate::simd::Level;

    #[test]
    fn medians_of_squares_are_those_of_sorting_at_every_width_and_height() {
        for level in Level::all() {
            for radius in 1..=3 {
                for width in [1, 2, 31, 32, 33, 70] {
                    for rows in [1, 2, 3, 4, 5, 16] {
                        check(level, radius, width, rows);
                    }
                }
            }
        }
    }

    fn check(level: Level, radius: usize, width: usize, rows: usize) {
        let (stride, side) = (width + 2 * radius, 2 * radius + 1);
        let sample = |at: usize| (at * 7919 + at / stride * 104_729) % 1009;
        let samples: Vec<f32> =
            (0..stride * (rows + 2 * radius)).map(|at| sample(at) as f32 - 500.0).collect();
        let codes: Vec<u8> = (0..samples.len()).map(|at| sample(at).to_le_bytes()[0]).collect();
        let (mut medians, mut medians_of_codes) =
            (vec![f32::NAN; width * rows], vec![0; width * rows]);
        square_medians(level, &mut medians, &samples, stride, radius);
        square_medians(level, &mut medians_of_codes, &codes, stride, radius);
        for at in 0..medians.len() {
            let place = |y: usize| (at / width + y) * stride + at % width;
            let mut window: Vec<f32> =
                (0..side).flat_map(|y| samples[place(y)..][..side].to_vec()).collect();
            window.sort_by(f32::total_cmp);
            let mut window_of_codes: Vec<u8> =
                (0..side).flat_map(|y| codes[place(y)..][..side].to_vec()).collect();
            window_of_codes.sort_unstable();
            let middle = side * side / 2;
            assert_eq!(medians[at], window[middle], "{level} {radius} {width} {rows} {at}");
            let of_codes = medians_of_codes[at];
            assert_eq!(of_codes, window_of_codes[middle], "{level} {radius} {width} {rows} {at}");
        }
    }
}
