//! Weighted sums over boxes of one size, with all weights of an axis from a table of phases.

use super::{dispatch, fma};

/// Steps of the table from one sample to the next.
pub(crate) const PHASES: usize = 1024;

/// A box of pixels under a filter that is not widened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PlainBox {
    /// Its first pixel.
    pub(crate) at: usize,
    /// How far the middle is beyond the sample before it, in steps of the table: 0 to 1024.
    pub(crate) x: f32,
    /// The same along y.
    pub(crate) y: f32,
}

/// Returns the weights of `taps` samples around each phase, which add up to one: `filter` holds those at 0,
/// 1/1024, 2/1024 … samples of distance.
pub(crate) fn phases(filter: &[f32], taps: usize) -> Vec<f32> {
    let before = (taps / 2 - 1) * PHASES;
    let mut table = Vec::with_capacity((PHASES + 2) * taps);
    // One beyond the last, for what lies between.
    for phase in (0..=PHASES).chain([PHASES]) {
        let weight = |k: usize| filter[(k * PHASES).abs_diff(before + phase).min(filter.len() - 1)];
        let sum: f32 = (0..taps).map(weight).sum();
        table.extend((0..taps).map(|k| weight(k) / sum));
    }
    table
}

dispatch! {
    /// Sets each sum to the weighted sum of its box in `pixels`, of `taps` columns and rows that are `stride`
    /// apart: 2, 4 or 6 of them.
    pub(crate) fn plain_boxes(
        sums: &mut [[f32; 4]], boxes: &[PlainBox], pixels: &[[f32; 4]], stride: usize, phases: &[f32],
        taps: usize,
    ) {
        match taps {
            2 => run::<FMA, 2, 1>(sums, boxes, pixels, stride, phases),
            4 => run::<FMA, 4, 2>(sums, boxes, pixels, stride, phases),
            _ => run::<FMA, 6, 3>(sums, boxes, pixels, stride, phases),
        }
    }
}

/// Two pixels of a row go through together, which fills a register of eight numbers.
#[inline(always)]
fn run<const FMA: bool, const N: usize, const PAIRS: usize>(
    sums: &mut [[f32; 4]],
    boxes: &[PlainBox],
    pixels: &[[f32; 4]],
    stride: usize,
    phases: &[f32],
) {
    for (sum, one) in sums.iter_mut().zip(boxes) {
        let across = weights::<FMA, N>(phases, one.x);
        let down = weights::<FMA, N>(phases, one.y);
        let mut pairs = [[0.0; 8]; PAIRS];
        for (k, pair) in pairs.iter_mut().enumerate() {
            for lane in 0..8 {
                pair[lane] = across[2 * k + lane / 4];
            }
        }
        let mut total = [0.0_f32; 8];
        for (row, weight) in down.iter().enumerate() {
            let start = one.at + row * stride;
            let run = pixels[start..start + N].as_flattened();
            let (run, _) = run.as_chunks::<8>();
            let run: &[[f32; 8]; PAIRS] = run.first_chunk().expect("N pixels are so many pairs");
            let mut line = [0.0_f32; 8];
            for k in 0..PAIRS {
                for lane in 0..8 {
                    line[lane] = fma::<FMA>(run[k][lane], pairs[k][lane], line[lane]);
                }
            }
            for lane in 0..8 {
                total[lane] = fma::<FMA>(line[lane], *weight, total[lane]);
            }
        }
        for lane in 0..4 {
            sum[lane] = total[lane] + total[lane + 4];
        }
    }
}

/// The weights between two phases.
#[inline(always)]
fn weights<const FMA: bool, const N: usize>(phases: &[f32], at: f32) -> [f32; N] {
    let before = whole(at).min(PHASES);
    let part = at - before as f32;
    let two = &phases[before * N..before * N + 2 * N];
    let (low, high) = two.split_at(N);
    let mut weights = [0.0; N];
    for k in 0..N {
        weights[k] = fma::<FMA>(high[k] - low[k], part, low[k]);
    }
    weights
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(at: f32) -> usize {
    at as i32 as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::{PHASES, PlainBox, phases, plain_boxes};
    use crate::simd::Level;

    #[test]
    fn a_box_is_the_weighted_sum_of_its_pixels_whatever_the_filter() {
        let pixels: Vec<[f32; 4]> =
            (0..200).map(|k| [0, 1, 2, 3].map(|c| ((k * 37 + c * 11) % 101) as f32)).collect();
        for taps in [2, 4, 6] {
            let reach = taps as f64 / 2.0;
            let weight = |distance: f64| (1.0 - distance / reach).max(0.0);
            let steps = 0..=taps / 2 * PHASES + 1;
            let falls = (taps / 2 * PHASES) as f32;
            let filter: Vec<f32> = steps.map(|k| (1.0 - k as f32 / falls).max(0.0)).collect();
            let table = phases(&filter, taps);
            for level in Level::all() {
                for (x, y) in [(0.0_f32, 0.0_f32), (0.25, 0.999_99), (0.5, 1.0), (0.123_4, 0.77)] {
                    let steps = PHASES as f32;
                    let one = PlainBox { at: 23, x: x * steps, y: y * steps };
                    let mut sums = [[7.0; 4]];
                    plain_boxes(level, &mut sums, &[one], &pixels, 20, &table, taps);
                    let (mut want, mut total) = ([0.0; 4], 0.0);
                    for (j, i) in (0..taps).flat_map(|j| (0..taps).map(move |i| (j, i))) {
                        let far = |k: usize, part: f64| (k as f64 + 1.0 - reach - part).abs();
                        let weight = weight(far(i, f64::from(x))) * weight(far(j, f64::from(y)));
                        total += weight;
                        for (want, v) in want.iter_mut().zip(pixels[23 + j * 20 + i]) {
                            *want += weight * f64::from(v);
                        }
                    }
                    for (got, want) in sums[0].iter().zip(want) {
                        let want = want / total;
                        assert!((f64::from(*got) - want).abs() < 1e-3, "{level} {taps} {x} {y}");
                    }
                }
            }
        }
    }
}
