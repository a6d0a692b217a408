//! Means of neighbours that are alike: weights fall with the difference of what is compared.

use super::{dispatch, fma, polynomial, run, run_mut};

/// Samples made at a time.
const STEP: usize = 16;

/// The planes of a block with borders, each from the topmost row of a window on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows<'a> {
    /// Up to four planes, of which `count` are used.
    pub(crate) planes: [&'a [f32]; 4],
    pub(crate) count: usize,
    /// Samples between one row and the next.
    pub(crate) stride: usize,
    /// How far windows reach.
    pub(crate) radius: usize,
}

dispatch! {
    /// Sets each pixel to the mean of its window, samples weighed by `near`, in the order of the window,
    /// and by `exp(-scale d²)` of their distance in all channels from the one in the middle.
    pub(crate) fn bilateral_windows(
        out: [&mut [f32]; 4], windows: Windows<'_>, near: &[f32], scale: f32,
    ) {
        match windows.count {
            1 => bilateral::<FMA, 1>(out, windows, near, scale),
            2 => bilateral::<FMA, 2>(out, windows, near, scale),
            3 => bilateral::<FMA, 3>(out, windows, near, scale),
            _ => bilateral::<FMA, 4>(out, windows, near, scale),
        }
    }
}

#[inline(always)]
fn bilateral<const FMA: bool, const C: usize>(
    out: [&mut [f32]; 4],
    windows: Windows<'_>,
    near: &[f32],
    scale: f32,
) {
    let width = out[0].len();
    let mut at = 0;
    while at < width {
        if at + STEP <= width {
            let means = mean::<FMA, C, STEP>(at, windows, near, scale);
            for c in 0..C {
                *run_mut(out[c], at) = means[c];
            }
            at += STEP;
        } else {
            let means = mean::<FMA, C, 1>(at, windows, near, scale);
            for c in 0..C {
                out[c][at] = means[c][0];
            }
            at += 1;
        }
    }
}

#[inline(always)]
fn mean<const FMA: bool, const C: usize, const N: usize>(
    at: usize,
    windows: Windows<'_>,
    near: &[f32],
    scale: f32,
) -> [[f32; N]; C] {
    let Windows { planes, stride, radius, .. } = windows;
    let side = 2 * radius + 1;
    let middle = radius * stride + at + radius;
    let own: [[f32; N]; C] = std::array::from_fn(|c| *run(planes[c], middle));
    let mut sums = [[0.0; N]; C];
    let mut total = [0.0; N];
    for (y, near) in near.chunks_exact(side).enumerate() {
        for (x, near) in near.iter().enumerate() {
            let samples: [&[f32; N]; C] =
                std::array::from_fn(|c| run(planes[c], y * stride + at + x));
            let mut apart = [0.0; N];
            for c in 0..C {
                for lane in 0..N {
                    let difference = samples[c][lane] - own[c][lane];
                    apart[lane] = fma::<FMA>(difference, difference, apart[lane]);
                }
            }
            for lane in 0..N {
                let weight = near * exp_negative::<FMA>(apart[lane] * scale);
                total[lane] += weight;
                for c in 0..C {
                    sums[c][lane] = fma::<FMA>(weight, samples[c][lane], sums[c][lane]);
                }
            }
        }
    }
    for sum in &mut sums {
        for lane in 0..N {
            sum[lane] /= total[lane];
        }
    }
    sums
}

dispatch! {
    /// Adds to each sum the square of the difference of two samples.
    pub(crate) fn add_squared_differences(sums: &mut [f32], a: &[f32], b: &[f32]) {
        let (a, b) = (&a[..sums.len()], &b[..sums.len()]);
        for x in 0..sums.len() {
            let difference = a[x] - b[x];
            sums[x] = fma::<FMA>(difference, difference, sums[x]);
        }
    }
}

dispatch! {
    /// Sets each sum to that of the `side` samples from its place on.
    pub(crate) fn sums_of_runs(sums: &mut [f32], samples: &[f32], side: usize) {
        sums.fill(0.0);
        for k in 0..side {
            let samples = &samples[k..k + sums.len()];
            for x in 0..sums.len() {
                sums[x] += samples[x];
            }
        }
    }
}

dispatch! {
    /// Adds samples to sums, weighed by `exp(-scale d)` of what is given as `apart`, and the weights to the
    /// last of the sums.
    pub(crate) fn add_alike(sums: &mut [&mut [f32]], samples: &[&[f32]], apart: &[f32], scale: f32) {
        let width = apart.len();
        let Some((total, sums)) = sums.split_last_mut() else { return };
        let mut at = 0;
        while at < width {
            let count = STEP.min(width - at);
            let mut weights = [0.0; STEP];
            if count == STEP {
                let apart: &[f32; STEP] = run(apart, at);
                for lane in 0..STEP {
                    weights[lane] = exp_negative::<FMA>(apart[lane] * scale);
                }
            } else {
                for lane in 0..count {
                    weights[lane] = exp_negative::<FMA>(apart[at + lane] * scale);
                }
            }
            for (sum, samples) in sums.iter_mut().zip(samples) {
                let (sum, samples) = (&mut sum[at..at + count], &samples[at..at + count]);
                for lane in 0..count {
                    sum[lane] = fma::<FMA>(weights[lane], samples[lane], sum[lane]);
                }
            }
            let total = &mut total[at..at + count];
            for lane in 0..count {
                total[lane] += weights[lane];
            }
            at += count;
        }
    }
}

/// The powers of the logarithm of 2, over the factorials.
const POWERS: [f32; 7] = [
    1.0,
    std::f32::consts::LN_2,
    0.240_226_5,
    0.055_504_11,
    0.009_618_129,
    0.001_333_355_8,
    0.000_154_035_3,
];

/// Returns `exp(-x)` for `x` from 0 on, to within 3e-7 of it.
#[inline(always)]
fn exp_negative<const FMA: bool>(x: f32) -> f32 {
    let power = (-x * std::f32::consts::LOG2_E).max(-126.0);
    let whole = (power + 0.5).floor();
    #[expect(clippy::cast_possible_truncation, reason = "between -126 and 0")]
    let exponent = (whole as i32 + 127).cast_unsigned() << 23;
    polynomial::<FMA, 7>(&POWERS, power - whole) * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::exp_negative;

    #[test]
    fn the_exponential_is_that_of_double_precision() {
        for k in 0..8000 {
            let x = k as f32 / 100.0;
            let want = (-f64::from(x)).exp();
            let off = (f64::from(exp_negative::<false>(x)) - want).abs() / want;
            assert!(off < 1e-6 + f64::from(x) * 1e-7, "{x}: {off}");
        }
        assert!(exp_negative::<false>(1e9) < 1e-30);
    }
}
