//! Weighted sums over boxes of pixels, weights from a table of a filter.

use super::{dispatch, fma};

/// Steps of the table for each sample of distance.
const PHASES: f32 = 1024.0;

/// The most samples of a box along an axis.
const MOST: usize = 112;

/// The samples under a filter on one axis.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taps {
    /// How many.
    pub(crate) count: usize,
    /// Where the first is, counted in samples from one of them.
    pub(crate) first: f32,
    /// Where the middle is, counted from there too.
    pub(crate) middle: f32,
    /// By how much the distance grows from sample to sample, as the filter counts it.
    pub(crate) step: f32,
}

/// A box of pixels under a filter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BoxOfPixels {
    /// Its first pixel.
    pub(crate) at: usize,
    /// Its columns.
    pub(crate) x: Taps,
    /// Its rows.
    pub(crate) y: Taps,
}

dispatch! {
    /// Sets each sum to the weighted mean of its box in `pixels`, whose rows are `stride` apart.
    /// `filter` holds the weights at 0, 1/1024, 2/1024 … samples of distance. A box of nothing
    /// leaves its sum alone.
    pub(crate) fn weighted_boxes(
        sums: &mut [[f32; 4]], boxes: &[BoxOfPixels], pixels: &[[f32; 4]], stride: usize, filter: &[f32],
    ) {
        let (mut across, mut down) = ([0.0; MOST], [0.0; MOST]);
        for (sum, one) in sums.iter_mut().zip(boxes) {
            let [columns, rows] = [one.x, one.y].map(|taps| taps.count.min(MOST));
            if columns == 0 || rows == 0 {
                continue;
            }
            let scale = weigh::<FMA>(&mut across[..columns], &one.x, filter)
                * weigh::<FMA>(&mut down[..rows], &one.y, filter);
            *sum = match columns {
                2 => add::<FMA, 2>(one.at, stride, &across, &down[..rows], pixels),
                4 => add::<FMA, 4>(one.at, stride, &across, &down[..rows], pixels),
                6 => add::<FMA, 6>(one.at, stride, &across, &down[..rows], pixels),
                _ => add_any::<FMA>(one.at, stride, &across[..columns], &down[..rows], pixels),
            }
            .map(|channel| channel / scale);
        }
    }
}

/// Looks up the weights of an axis, and returns their sum.
#[inline(always)]
fn weigh<const FMA: bool>(weights: &mut [f32], taps: &Taps, filter: &[f32]) -> f32 {
    let last = filter.len() - 1;
    let mut sum = 0.0;
    for (k, weight) in weights.iter_mut().enumerate() {
        let at = (k as f32 + taps.first - taps.middle).abs() * taps.step * PHASES;
        let before = whole(at).min(last - 1);
        let (low, high) = (filter[before], filter[before + 1]);
        *weight = fma::<FMA>(high - low, (at - before as f32).min(1.0), low);
        sum += *weight;
    }
    sum
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(at: f32) -> usize {
    at as u32 as usize
}

/// A box of `N` columns: its weights stay in registers.
#[inline(always)]
fn add<const FMA: bool, const N: usize>(
    at: usize,
    stride: usize,
    across: &[f32],
    down: &[f32],
    pixels: &[[f32; 4]],
) -> [f32; 4] {
    let across: &[f32; N] = across.first_chunk().expect("as many weights as columns");
    let mut sum = [0.0; 4];
    for (row, weight) in down.iter().enumerate() {
        let start = at + row * stride;
        let run: &[[f32; 4]; N] = pixels[start..start + N].first_chunk().expect("N pixels");
        let mut line = [0.0; 4];
        for k in 0..N {
            for lane in 0..4 {
                line[lane] = fma::<FMA>(run[k][lane], across[k], line[lane]);
            }
        }
        for lane in 0..4 {
            sum[lane] = fma::<FMA>(line[lane], *weight, sum[lane]);
        }
    }
    sum
}

#[inline(always)]
fn add_any<const FMA: bool>(
    at: usize,
    stride: usize,
    across: &[f32],
    down: &[f32],
    pixels: &[[f32; 4]],
) -> [f32; 4] {
    let mut sum = [0.0; 4];
    for (row, weight) in down.iter().enumerate() {
        let start = at + row * stride;
        let mut line = [0.0; 4];
        for (pixel, weight) in pixels[start..start + across.len()].iter().zip(across) {
            for lane in 0..4 {
                line[lane] = fma::<FMA>(pixel[lane], *weight, line[lane]);
            }
        }
        for lane in 0..4 {
            sum[lane] = fma::<FMA>(line[lane], *weight, sum[lane]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{BoxOfPixels, Taps, weighted_boxes};
    use crate::simd::Level;

    #[test]
    fn a_box_is_the_weighted_mean_of_its_pixels_at_every_size() {
        let filter: Vec<f32> = (0..=2050).map(|k| (2.0 - k as f32 / 1024.0).max(0.0)).collect();
        let pixels: Vec<[f32; 4]> =
            (0..200).map(|k| [0, 1, 2, 3].map(|c| ((k * 37 + c * 11) % 101) as f32)).collect();
        for level in Level::all() {
            for (columns, rows) in [(1, 1), (2, 3), (4, 4), (5, 4), (6, 6), (9, 2)] {
                let x = Taps { count: columns, first: -1.0, middle: 0.25, step: 0.5 };
                let y = Taps { count: rows, first: 0.0, middle: 0.5, step: 0.75 };
                let one = BoxOfPixels { at: 23, x, y };
                let mut sums = [[7.0; 4]; 2];
                weighted_boxes(
                    level,
                    &mut sums,
                    &[one, BoxOfPixels::default()],
                    &pixels,
                    20,
                    &filter,
                );
                let weight = |taps: &Taps, k: usize| {
                    let distance = (k as f64 + f64::from(taps.first - taps.middle)).abs()
                        * f64::from(taps.step);
                    (2.0 - distance).max(0.0)
                };
                let (mut want, mut total) = ([0.0; 4], 0.0);
                for (j, i) in (0..rows).flat_map(|j| (0..columns).map(move |i| (j, i))) {
                    let weight = weight(&x, i) * weight(&y, j);
                    total += weight;
                    for (want, v) in want.iter_mut().zip(pixels[23 + j * 20 + i]) {
                        *want += weight * f64::from(v);
                    }
                }
                for (got, want) in sums[0].iter().zip(want) {
                    let want = want / total;
                    assert!((f64::from(*got) - want).abs() < 1e-3, "{level} {columns} {rows}");
                }
                assert_eq!(sums[1], [7.0; 4], "a box of nothing is left alone");
            }
        }
    }
}
