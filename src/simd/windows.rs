//! Sums and slopes over small windows of rows.
//!
//! A window is given as its rows, each with as many samples more than the row to make as the window is
//! wide, less one.

use super::{dispatch, fma, run, run_mut};

/// Samples made at a time.
const STEP: usize = 16;

/// Goes through a row in steps, and makes what is left over one by one.
macro_rules! in_steps {
    ($out:ident, $function:ident, $($argument:expr),*) => {{
        let mut at = 0;
        while at + STEP <= $out.len() {
            *run_mut($out, at) = $function::<FMA, STEP>(at, $($argument),*);
            at += STEP;
        }
        while at < $out.len() {
            *run_mut($out, at) = $function::<FMA, 1>(at, $($argument),*);
            at += 1;
        }
    }};
}

dispatch! {
    /// Sets each sample to the weighted sum of its window; `weights` are those of one window row after
    /// the other.
    pub(crate) fn weighted_windows(out: &mut [f32], rows: &[&[f32]], weights: &[f32]) {
        in_steps!(out, weigh, rows, weights);
    }
}

#[inline(always)]
fn weigh<const FMA: bool, const N: usize>(at: usize, rows: &[&[f32]], weights: &[f32]) -> [f32; N] {
    let mut sum = [0.0; N];
    for (row, weights) in rows.iter().zip(weights.chunks_exact(weights.len() / rows.len())) {
        for (k, weight) in weights.iter().enumerate() {
            let samples: &[f32; N] = run(row, at + k);
            for lane in 0..N {
                sum[lane] = fma::<FMA>(samples[lane], *weight, sum[lane]);
            }
        }
    }
    sum
}

dispatch! {
    /// Sets each sample to the length of the slope of its 3×3 window, by Sobel's weights, times `scale`.
    pub(crate) fn sobel_windows(out: &mut [f32], rows: [&[f32]; 3], scale: f32) {
        in_steps!(out, slope, rows, scale);
    }
}

#[inline(always)]
fn slope<const FMA: bool, const N: usize>(at: usize, rows: [&[f32]; 3], scale: f32) -> [f32; N] {
    let [above, own, below] = rows.map(|row| [0, 1, 2].map(|k| run::<N, f32>(row, at + k)));
    let mut length = [0.0; N];
    for lane in 0..N {
        let [a, b, c] = above.map(|samples| samples[lane]);
        let [d, _, f] = own.map(|samples| samples[lane]);
        let [g, h, i] = below.map(|samples| samples[lane]);
        let x = (c - a) + 2.0 * (f - d) + (i - g);
        let y = (g - a) + 2.0 * (h - b) + (i - c);
        length[lane] = (x * x + y * y).sqrt() * scale;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::{sobel_windows, weighted_windows};
    use crate::simd::Level;

    fn rows(side: usize, width: usize, seed: usize) -> Vec<Vec<f32>> {
        let sample = |y: usize, x: usize| ((x * 7919 + y * 104_729 + seed * 31) % 1009) as f32;
        (0..side).map(|y| (0..width + side - 1).map(|x| sample(y, x)).collect()).collect()
    }

    #[test]
    fn sums_and_slopes_are_those_of_double_precision() {
        for level in Level::all() {
            for width in [1, 16, 21] {
                let rows = rows(3, width, 9);
                let views = [&rows[0][..], &rows[1][..], &rows[2][..]];
                let weights = [0.5, -1.0, 2.0, 0.25, 3.0, -0.5, 1.0, 0.0, -2.0];
                let (mut sums, mut slopes) = (vec![f32::NAN; width], vec![f32::NAN; width]);
                weighted_windows(level, &mut sums, &views, &weights);
                sobel_windows(level, &mut slopes, views, 0.5);
                for x in 0..width {
                    let sum = |weights: [f64; 9]| -> f64 {
                        let terms = (0..9).map(|k| weights[k] * f64::from(rows[k / 3][x + k % 3]));
                        terms.sum()
                    };
                    let want = sum(weights.map(f64::from));
                    assert!((f64::from(sums[x]) - want).abs() < 1e-2, "{level} {width} {x}");
                    let right = sum([-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0]);
                    let down = sum([-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0]);
                    let want = right.hypot(down) * 0.5;
                    assert!((f64::from(slopes[x]) - want).abs() < 1e-2, "{level} {width} {x}");
                }
            }
        }
    }
}
