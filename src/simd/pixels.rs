//! Changing pixels one by one, over planes.

use super::dispatch;

dispatch! {
    /// Replaces each pixel of four planes by `change` of it.
    ///
    /// A grey pixel reads as `[v, v, v, a]`; without alpha `a` reads as 1. `rgb_in` and `rgb_out` say
    /// whether planes 1 and 2 are read and written, `alpha` whether plane 3 is.
    pub(crate) fn map_pixels<F: MapPixel>(
        planes: [&mut [f32]; 4], rgb_in: bool, rgb_out: bool, alpha: bool, change: F,
    ) {
        match (rgb_in, rgb_out, alpha) {
            (true, true, true) => run::<true, true, true, F>(planes, &change),
            (true, true, false) => run::<true, true, false, F>(planes, &change),
            (true, false, true) => run::<true, false, true, F>(planes, &change),
            (true, false, false) => run::<true, false, false, F>(planes, &change),
            (false, true, true) => run::<false, true, true, F>(planes, &change),
            (false, true, false) => run::<false, true, false, F>(planes, &change),
            (false, false, true) => run::<false, false, true, F>(planes, &change),
            (false, false, false) => run::<false, false, false, F>(planes, &change),
        }
    }
}

/// A change of one pixel.
pub(crate) trait MapPixel: Fn([f32; 4]) -> [f32; 4] {}

impl<F: Fn([f32; 4]) -> [f32; 4]> MapPixel for F {}

#[inline(always)]
fn run<const RGB_IN: bool, const RGB_OUT: bool, const ALPHA: bool, F: MapPixel>(
    planes: [&mut [f32]; 4],
    change: &F,
) {
    let [red, green, blue, alpha] = planes;
    let width = red.len();
    // Planes that are not used may be of any length.
    let (green, blue) =
        (slice(green, width, RGB_IN || RGB_OUT), slice(blue, width, RGB_IN || RGB_OUT));
    let alpha = slice(alpha, width, ALPHA);
    for x in 0..width {
        let (g, b) = if RGB_IN { (green[x], blue[x]) } else { (red[x], red[x]) };
        let [r, g, b, a] = change([red[x], g, b, if ALPHA { alpha[x] } else { 1.0 }]);
        red[x] = r;
        if RGB_OUT {
            green[x] = g;
            blue[x] = b;
        }
        if ALPHA {
            alpha[x] = a;
        }
    }
}

#[inline(always)]
fn slice(plane: &mut [f32], width: usize, used: bool) -> &mut [f32] {
    if used { &mut plane[..width] } else { plane }
}

#[cfg(test)]
mod tests {
    use super::map_pixels;
    use crate::simd::Level;

    #[test]
    fn every_level_changes_every_pixel_once_whatever_the_width_and_channels() {
        for level in Level::all() {
            for width in [0, 1, 7, 15, 16, 17, 33] {
                for case in 0..8 {
                    let (rgb_in, rgb_out, alpha) = (case & 1 > 0, case & 2 > 0, case & 4 > 0);
                    let plane = |k: usize| (0..width).map(|x| (x * 4 + k) as f32).collect();
                    let mut planes: [Vec<f32>; 4] = std::array::from_fn(plane);
                    let before = planes.clone();
                    let [r, g, b, a] = &mut planes;
                    let change = |p: [f32; 4]| [p[2] + 1.0, p[1] * 2.0, p[0], p[3] + p[0]];
                    map_pixels(level, [r, g, b, a], rgb_in, rgb_out, alpha, change);
                    for x in 0..width {
                        let at = |k: usize| before[k][x];
                        let (green, blue) = if rgb_in { (at(1), at(2)) } else { (at(0), at(0)) };
                        let want = change([at(0), green, blue, if alpha { at(3) } else { 1.0 }]);
                        for k in 0..4 {
                            let written = [true, rgb_out, rgb_out, alpha][k];
                            let want = if written { want[k] } else { at(k) };
                            assert_eq!(planes[k][x], want, "{level} {width} {case} {x} {k}");
                        }
                    }
                }
            }
        }
    }
}
