//! Weighted sums: of rows, and of runs of lanes.

use super::{dispatch, fma, run, run_mut};
use crate::simd::matrix::LANES;

/// Samples summed at a time: their sums stay in registers while the rows go by.
const STEP: usize = 64;

/// Samples summed at a time at the end of a row.
const TAIL: usize = 8;

dispatch! {
    /// Adds to `sums[x]` the sum over `k` of `weights[k] * rows[k][x]`.
    ///
    /// Every row is at least as long as `sums`.
    pub(crate) fn weighted_rows(sums: &mut [f32], rows: &[&[f32]], weights: &[f32]) {
        let mut at = 0;
        while at + STEP <= sums.len() {
            weigh::<FMA, STEP>(run_mut(sums, at), at, rows, weights);
            at += STEP;
        }
        while at + TAIL <= sums.len() {
            weigh::<FMA, TAIL>(run_mut(sums, at), at, rows, weights);
            at += TAIL;
        }
        while at < sums.len() {
            weigh::<FMA, 1>(run_mut(sums, at), at, rows, weights);
            at += 1;
        }
    }
}

#[inline(always)]
fn weigh<const FMA: bool, const N: usize>(
    sums: &mut [f32; N],
    at: usize,
    rows: &[&[f32]],
    weights: &[f32],
) {
    let weights = &weights[..rows.len()];
    let mut sum = *sums;
    for k in 0..rows.len() {
        let row: &[f32; N] = run(rows[k], at);
        for lane in 0..N {
            sum[lane] = fma::<FMA>(row[lane], weights[k], sum[lane]);
        }
    }
    *sums = sum;
}

dispatch! {
    /// Replaces each blurred sample by the sharp one, and `amount` times their difference more: its size
    /// less `threshold`, where it is larger.
    pub(crate) fn unsharp(blurred: &mut [f32], own: &[f32], amount: f32, threshold: f32) {
        for (blurred, own) in blurred.iter_mut().zip(own) {
            let difference = own - *blurred;
            let size = (difference.abs() - threshold).max(0.0);
            *blurred = fma::<FMA>(amount, size.copysign(difference), *own);
        }
    }
}

dispatch! {
    /// As [`unsharp`], of samples that are multiplied by alpha: it is the colours that are compared, and
    /// the result is multiplied by the sharp one's alpha. `alphas` are those of both.
    pub(crate) fn unsharp_seen(
        blurred: &mut [f32], own: &[f32], alphas: [&[f32]; 2], least: f32, amount: f32,
        threshold: f32,
    ) {
        let width = blurred.len();
        let (own, alphas) = (&own[..width], alphas.map(|alpha| &alpha[..width]));
        for x in 0..width {
            let [alpha, blurred_alpha] = alphas.map(|alpha| alpha[x]);
            let difference = own[x] / alpha.max(least) - blurred[x] / blurred_alpha.max(least);
            let size = (difference.abs() - threshold).max(0.0);
            blurred[x] = fma::<FMA>(amount * alpha, size.copysign(difference), own[x]);
        }
    }
}

/// What one output is the sum of: columns from `at` on, one for each weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    pub(crate) at: usize,
    pub(crate) weights: &'a [f32],
    /// The weight of the background.
    pub(crate) missing: f32,
}

dispatch! {
    /// Computes for each window and lane the sum over `k` of `weights[k] * columns[at + k][lane]`,
    /// and `missing * background`.
    ///
    /// Both `sums` and `columns` are runs of [`LANES`] samples.
    pub(crate) fn weighted_lanes(
        sums: &mut [f32], columns: &[f32], windows: &[Window<'_>], background: f32,
    ) {
        let (columns, _) = columns.as_chunks::<LANES>();
        let (sums, _) = sums.as_chunks_mut::<LANES>();
        let windows = &windows[..sums.len()];
        for x in 0..sums.len() {
            let Window { at, weights, missing } = windows[x];
            let columns = &columns[at..at + weights.len()];
            let mut even = [missing * background; LANES];
            let mut odd = [0.0f32; LANES];
            let mut k = 0;
            while k + 2 <= weights.len() {
                for lane in 0..LANES {
                    even[lane] = fma::<FMA>(columns[k][lane], weights[k], even[lane]);
                }
                for lane in 0..LANES {
                    odd[lane] = fma::<FMA>(columns[k + 1][lane], weights[k + 1], odd[lane]);
                }
                k += 2;
            }
            if k < weights.len() {
                for lane in 0..LANES {
                    even[lane] = fma::<FMA>(columns[k][lane], weights[k], even[lane]);
                }
            }
            for lane in 0..LANES {
                sums[x][lane] = even[lane] + odd[lane];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Window, weighted_lanes, weighted_rows};
    use crate::simd::Level;

    fn samples(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|k| ((k * 7919 + seed * 104_729) % 1009) as f32 / 1009.0).collect()
    }

    #[test]
    fn sums_of_rows_are_those_of_double_precision_at_every_width_and_count() {
        for level in Level::all() {
            for width in [0, 1, 63, 64, 65, 130] {
                for count in [0, 1, 2, 3, 9] {
                    let rows: Vec<_> = (0..count).map(|k| samples(width + k, k)).collect();
                    let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
                    let weights = samples(count, 99);
                    let mut sums = vec![0.5; width];
                    weighted_rows(level, &mut sums, &rows, &weights);
                    for (x, sum) in sums.iter().enumerate() {
                        let terms = rows.iter().zip(&weights);
                        let want: f64 =
                            terms.map(|(row, w)| f64::from(row[x]) * f64::from(*w)).sum();
                        assert!((f64::from(*sum) - want - 0.5).abs() < 1e-5, "{width} {count} {x}");
                    }
                }
            }
        }
    }

    #[test]
    fn sums_of_lanes_are_those_of_double_precision_at_every_count() {
        for level in Level::all() {
            for count in [0, 1, 2, 3, 8, 31] {
                let columns = samples(count * LANES, 5);
                let weights = samples(count, 6);
                let mut sums = [f32::NAN; LANES];
                let window = Window { at: 0, weights: &weights, missing: 0.5 };
                weighted_lanes(level, &mut sums, &columns, &[window], 3.0);
                for lane in 0..LANES {
                    let want: f64 = (0..count)
                        .map(|k| f64::from(columns[k * LANES + lane]) * f64::from(weights[k]))
                        .sum();
                    assert!((f64::from(sums[lane]) - want - 1.5).abs() < 1e-5, "{count} {lane}");
                }
            }
        }
    }
}
