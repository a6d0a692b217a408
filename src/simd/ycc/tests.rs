//! Every level against the equations, exhaustively where it matters.

use super::{color, halve_both, halve_columns, ycc_from_rgb};
use crate::simd::Level;

#[test]
fn every_level_makes_the_colours_of_the_equations() {
    // 64 pixels a row, with all of red and green and some of blue.
    for level in Level::all() {
        for blue in (0..=255_u8).step_by(15) {
            for green in 0..=255_u8 {
                let rgb: Vec<u8> = (0..=255).flat_map(|red| [red, green, blue]).collect();
                let mut rows = [[0_u8; 256]; 3];
                let [y, cb, cr] = &mut rows;
                ycc_from_rgb(level, &rgb, y, cb, cr);
                for (x, pixel) in rgb.as_chunks::<3>().0.iter().enumerate() {
                    assert_eq!(rows.map(|row| row[x]), color(*pixel), "{level} {pixel:?}");
                }
            }
        }
    }
    for pixel in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255], [12, 200, 90]] {
        let [r, g, b] = pixel.map(f64::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let exact = [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402];
        for (got, want) in color(pixel).into_iter().zip(exact) {
            assert!((f64::from(got) - want.min(255.0)).abs() < 0.51, "{pixel:?}: {got}, {want}");
        }
    }
}

#[test]
fn every_level_makes_and_halves_rows_of_any_width() {
    for level in Level::all() {
        for width in 0..140_usize {
            let sample = |at: usize| u8::try_from((at * 59 + at * at / 3) % 256).expect("8 bits");
            let rgb: Vec<u8> = (0..3 * width).map(sample).collect();
            let [mut y, mut cb, mut cr] = [vec![0; width], vec![0; width], vec![0; width]];
            ycc_from_rgb(level, &rgb, &mut y, &mut cb, &mut cr);
            for (x, pixel) in rgb.as_chunks::<3>().0.iter().enumerate() {
                assert_eq!([y[x], cb[x], cr[x]], color(*pixel), "{level} {width} {x}");
            }
            let sum = |row: &[u8], x: usize| u16::from(row[2 * x]) + u16::from(row[2 * x + 1]);
            let mut halved = vec![0; width / 2];
            halve_columns(level, &y, &mut halved);
            for (x, got) in halved.iter().enumerate() {
                let want = (sum(&y, x) + [0, 1][x % 2]) / 2;
                assert_eq!(u16::from(*got), want, "{level} {width} {x}");
            }
            halve_both(level, &y, &cb, &mut halved);
            for (x, got) in halved.iter().enumerate() {
                let want = (sum(&y, x) + sum(&cb, x) + [1, 2][x % 2]) / 4;
                assert_eq!(u16::from(*got), want, "{level} {width} {x}");
            }
        }
    }
}
