//! Two pixels into one, over planes, and pixels of four codes a word.

use super::dispatch;

dispatch! {
    /// Replaces each pixel of four planes by `change` of it and of the pixel of four others.
    ///
    /// A grey pixel reads as `[v, v, v, a]`, on both sides; without alpha `a` of the first reads as 1.
    pub(crate) fn map_pairs<F: MapPair>(
        planes: [&mut [f32]; 4], others: [&[f32]; 4], rgb: bool, alpha: bool, change: F,
    ) {
        match (rgb, alpha) {
            (true, true) => run::<true, true, F>(planes, others, &change),
            (true, false) => run::<true, false, F>(planes, others, &change),
            (false, true) => run::<false, true, F>(planes, others, &change),
            (false, false) => run::<false, false, F>(planes, others, &change),
        }
    }
}

/// What becomes of two pixels.
pub(crate) trait MapPair: Fn([f32; 4], [f32; 4]) -> [f32; 4] {}

impl<F: Fn([f32; 4], [f32; 4]) -> [f32; 4]> MapPair for F {}

#[inline(always)]
fn run<const RGB: bool, const ALPHA: bool, F: MapPair>(
    planes: [&mut [f32]; 4],
    others: [&[f32]; 4],
    change: &F,
) {
    let [red, green, blue, alpha] = planes;
    let width = red.len();
    let others = others.map(|plane| &plane[..width]);
    // Planes that are not used may be of any length.
    let (green, blue) = if RGB { (&mut green[..width], &mut blue[..width]) } else { (green, blue) };
    let alpha = if ALPHA { &mut alpha[..width] } else { alpha };
    for x in 0..width {
        let (g, b) = if RGB { (green[x], blue[x]) } else { (red[x], red[x]) };
        let (s, t) = if RGB { (others[1][x], others[2][x]) } else { (others[0][x], others[0][x]) };
        let own = [red[x], g, b, if ALPHA { alpha[x] } else { 1.0 }];
        let [r, g, b, a] = change(own, [others[0][x], s, t, others[3][x]]);
        red[x] = r;
        if RGB {
            green[x] = g;
            blue[x] = b;
        }
        if ALPHA {
            alpha[x] = a;
        }
    }
}

dispatch! {
    /// Takes words of four codes each, the first in the lowest bits, apart into planes of numbers.
    pub(crate) fn planes_from_words(words: &[u32], planes: [&mut [f32]; 4]) {
        let [r, g, b, a] = planes.map(|plane| &mut plane[..words.len()]);
        for (x, word) in words.iter().enumerate() {
            // Signed integers have an instruction on every machine.
            let code = |shift: u32| (word >> shift & 255).cast_signed() as f32 * (1.0 / 255.0);
            (r[x], g[x], b[x], a[x]) = (code(0), code(8), code(16), code(24));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{map_pairs, planes_from_words};
    use crate::simd::Level;

    #[test]
    fn every_level_makes_one_pixel_of_two_whatever_the_width_and_channels() {
        for level in Level::all() {
            for (width, case) in
                [0, 1, 7, 16, 33].into_iter().flat_map(|w| (0..4).map(move |c| (w, c)))
            {
                let (rgb, alpha) = (case & 1 > 0, case & 2 > 0);
                let plane = |k: usize| (0..width).map(|x| (x * 4 + k) as f32).collect();
                let before: [Vec<f32>; 4] = std::array::from_fn(plane);
                let others: [Vec<f32>; 4] = std::array::from_fn(|k| plane(k + 100));
                let mut planes = before.clone();
                let change = |p: [f32; 4], q: [f32; 4]| {
                    [p[2] + q[1], p[1] * q[2], p[0] - q[0], p[3] + 2.0 * q[3]]
                };
                let [r, g, b, a] = &mut planes;
                map_pairs(
                    level,
                    [r, g, b, a],
                    others.each_ref().map(Vec::as_slice),
                    rgb,
                    alpha,
                    change,
                );
                for x in 0..width {
                    let pixel = |planes: &[Vec<f32>; 4], alpha: bool| {
                        let k = |at: usize| planes[if rgb { at } else { 0 }][x];
                        [k(0), k(1), k(2), if alpha { planes[3][x] } else { 1.0 }]
                    };
                    let want = change(pixel(&before, alpha), pixel(&others, true));
                    for (k, written) in [true, rgb, rgb, alpha].into_iter().enumerate() {
                        let want = if written { want[k] } else { before[k][x] };
                        assert_eq!(planes[k][x], want, "{level} {width} {case} {x} {k}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_are_four_codes() {
        for level in Level::all() {
            let words = [0x00ff_8001_u32; 19];
            let mut planes = [[9.0_f32; 20]; 4];
            planes_from_words(level, &words, planes.each_mut().map(|plane| &mut plane[..]));
            for (plane, code) in planes.iter().zip([1.0, 128.0, 255.0, 0.0]) {
                assert!(plane[..19].iter().all(|v| (v - code / 255.0).abs() < 1e-7), "{level}");
                assert_eq!(plane[19], 9.0, "{level}");
            }
        }
    }
}
