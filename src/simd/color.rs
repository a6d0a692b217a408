//! From the colours of a JPEG to red, green and blue, over rows.
//!
//! The equations are those of JFIF (ITU-T T.871, clause 7), in the fixed-point arithmetic of libjpeg
//! (`jdcolor`): constants of 16 bits, one rounding for each of the products, bit for bit.

use super::{Level, Set, dispatch};

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Makes a row of RGB pixels of rows of YCbCr. All rows have as many samples as there are pixels.
pub(crate) fn rgb_from_ycc(level: Level, y: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    match level.0 {
        Set::Baseline => plain(y, cb, cr, rgb),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: both are made by `Level::all` alone, after the CPU said that it has avx2.
        Set::Avx2 | Set::Avx512 => unsafe { avx2::rgb_from_ycc(y, cb, cr, rgb) },
    }
}

/// The parts of 1.402, 0.714136, 0.344136 and 1.772 behind the point, in units of 2 to the -16th.
const RED: i32 = 91_881;
const GREEN_CR: i32 = -46_802;
const GREEN_CB: i32 = -22_554;
const BLUE: i32 = 116_130;
const HALF: i32 = 1 << 15;

#[inline(always)]
fn plain(y: &[u8], cb: &[u8], cr: &[u8], rgb: &mut [u8]) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for (((pixel, y), cb), cr) in pixels.iter_mut().zip(y).zip(cb).zip(cr) {
        *pixel = color(*y, *cb, *cr);
    }
}

/// Returns the colour of one pixel.
#[inline(always)]
fn color(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    [
        clamped(y + ((RED * cr + HALF) >> 16)),
        clamped(y + ((GREEN_CB * cb + GREEN_CR * cr + HALF) >> 16)),
        clamped(y + ((BLUE * cb + HALF) >> 16)),
    ]
}

#[inline(always)]
fn clamped(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

dispatch! {
    /// Interleaves three rows to pixels.
    pub(crate) fn rgb_from_planes(red: &[u8], green: &[u8], blue: &[u8], rgb: &mut [u8]) {
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
            *pixel = [*red, *green, *blue];
        }
    }
}

dispatch! {
    /// Makes a row of RGB pixels of rows of ink that are stored inverted: 255 is no ink.
    pub(crate) fn rgb_from_cmyk(cyan: &[u8], magenta: &[u8], yellow: &[u8], black: &[u8], rgb: &mut [u8]) {
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        let inks = cyan.iter().zip(magenta).zip(yellow).zip(black);
        for (pixel, (((cyan, magenta), yellow), black)) in pixels.iter_mut().zip(inks) {
            *pixel = [*cyan, *magenta, *yellow].map(|ink| product(ink, *black));
        }
    }
}

/// Returns the product of two parts of 255, rounded to nearest.
#[inline(always)]
fn product(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

dispatch! {
    /// Turns rows of YCbCr to what [`rgb_from_cmyk`] takes, in place: YCCK is CMYK, inverted to RGB, as YCC.
    pub(crate) fn cmyk_from_ycck(y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
        for ((y, cb), cr) in y.iter_mut().zip(cb).zip(cr) {
            [*y, *cb, *cr] = color(*y, *cb, *cr).map(|sample| 255 - sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{cmyk_from_ycck, color, rgb_from_cmyk, rgb_from_planes, rgb_from_ycc};
    use crate::simd::Level;

    #[test]
    fn every_level_makes_the_colours_of_the_equations_of_all_chroma() {
        let y: Vec<u8> = (0..=255).collect();
        for cb in 0..=255_u8 {
            for cr in (0..=255_u8).step_by(3) {
                let (blue, red) =
                    (vec![cb; 256], (0..=255).map(|x: u8| cr ^ (x & 1)).collect::<Vec<_>>());
                for level in Level::all() {
                    let mut rgb = vec![0; 256 * 3];
                    rgb_from_ycc(level, &y, &blue, &red, &mut rgb);
                    for (x, got) in rgb.chunks(3).enumerate() {
                        assert_eq!(
                            got,
                            color(y[x], cb, red[x]),
                            "{level} {} {cb} {}",
                            y[x],
                            red[x]
                        );
                    }
                }
                let (y, b, r) = (f64::from(100_u8), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
                let exact = [y + 1.402 * r, y - 0.344_136 * b - 0.714_136 * r, y + 1.772 * b];
                for (got, want) in color(100, cb, cr).iter().zip(exact) {
                    assert!((f64::from(*got) - want.clamp(0.0, 255.0)).abs() < 0.51, "{cb} {cr}");
                }
            }
        }
    }

    #[test]
    fn every_level_makes_rows_of_any_width() {
        for level in Level::all() {
            for width in 0..70_usize {
                let plane = |seed: usize| -> Vec<u8> {
                    (0..width)
                        .map(|x| u8::try_from((x * 59 + seed * 77) % 256).expect("8 bits"))
                        .collect()
                };
                let [a, b, c, d] = std::array::from_fn(plane);
                let mut rgb = vec![0; 3 * width];
                rgb_from_ycc(level, &a, &b, &c, &mut rgb);
                for x in 0..width {
                    assert_eq!(
                        rgb[3 * x..3 * x + 3],
                        color(a[x], b[x], c[x]),
                        "{level} {width} {x}"
                    );
                }
                rgb_from_planes(level, &a, &b, &c, &mut rgb);
                for x in 0..width {
                    assert_eq!(rgb[3 * x..3 * x + 3], [a[x], b[x], c[x]], "{level} {width} {x}");
                }
                let (mut y, mut cb, mut cr) = (a.clone(), b.clone(), c.clone());
                cmyk_from_ycck(level, &mut y, &mut cb, &mut cr);
                rgb_from_cmyk(level, &y, &cb, &cr, &d, &mut rgb);
                for x in 0..width {
                    let inks = color(a[x], b[x], c[x]).map(|one| 255 - one);
                    let want = inks.map(|ink| (f64::from(ink) * f64::from(d[x]) / 255.0).round());
                    assert_eq!(
                        rgb[3 * x..3 * x + 3].iter().map(|v| f64::from(*v)).collect::<Vec<_>>(),
                        want
                    );
                }
            }
        }
    }
}
