//! Every level against the plain form, and the plain form against the definition in f64.

#![expect(clippy::cast_possible_truncation, reason = "tests make small numbers")]

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::{BLOCK, Divisors, ZIGZAG, forward_blocks, plain};
use crate::simd::Level;

/// Rows of samples of several kinds: noise, steps of the largest size, and softer ones.
fn samples(count: usize, kind: usize) -> (Vec<u8>, usize) {
    let stride = 8 * count + 5;
    let mut state = (count * 7 + kind) as u64 * 2 + 1;
    let mut sample = |at: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (y, x) = (at / stride, at % stride);
        match kind {
            0 => (state >> 56) as u8,
            1 => (state >> 63) as u8 * 255,
            2 => u8::from((x / 8 + x * (y + 1) / 5 + y) % 2 == 0) * 255,
            3 => (100 + x * 3 % 50 + y) as u8,
            _ => 255,
        }
    };
    ((0..8 * stride + 8).map(&mut sample).collect(), stride)
}

type Transform = dyn Fn(&[u8], usize, &Divisors, &mut [[i16; BLOCK]], &mut [u64]);

fn transformed(
    by: &Transform,
    count: usize,
    kind: usize,
    divisors: &Divisors,
) -> (Vec<[i16; BLOCK]>, Vec<u64>) {
    let (samples, stride) = samples(count, kind);
    let (mut blocks, mut used) = (vec![[7; BLOCK]; count], vec![7; count]);
    by(&samples, stride, divisors, &mut blocks, &mut used);
    (blocks, used)
}

#[test]
fn every_level_transforms_any_run_of_blocks_as_the_plain_form_does() {
    let tables: [[u8; BLOCK]; 4] = [
        [1; BLOCK],
        [255; BLOCK],
        std::array::from_fn(|k| k as u8 * 4 + 1),
        std::array::from_fn(|k| 1 << (k % 8)),
    ];
    for table in &tables {
        let divisors = Divisors::new(table);
        for count in [0, 1, 2, 3, 5, 16, 31] {
            for kind in 0..5 {
                let wanted = transformed(&plain::blocks, count, kind, &divisors);
                for level in Level::all() {
                    let by = move |samples: &[u8],
                                   stride,
                                   divisors: &Divisors,
                                   blocks: &mut [_],
                                   used: &mut [_]| {
                        forward_blocks(level, samples, stride, divisors, blocks, used);
                    };
                    let got = transformed(&by, count, kind, &divisors);
                    assert!(got == wanted, "{level}: {count} blocks of kind {kind}");
                }
            }
        }
    }
}

/// The transform as ITU-T T.81, A.3.3 defines it, of the first block.
fn defined(samples: &[u8], stride: usize, k: usize) -> f64 {
    let (v, u) = (usize::from(ZIGZAG[k]) / 8, usize::from(ZIGZAG[k]) % 8);
    let scale = |k: usize| if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
    let wave = |x: usize, k: usize| ((2 * x + 1) as f64 * k as f64 * PI / 16.0).cos();
    let terms = (0..BLOCK).map(|at| {
        let (y, x) = (at / 8, at % 8);
        (f64::from(samples[y * stride + x]) - 128.0) * wave(x, u) * wave(y, v)
    });
    terms.sum::<f64>() * scale(u) * scale(v) / 4.0
}

#[test]
fn coefficients_are_those_of_the_definition() {
    for kind in 0..5 {
        for factor in [1, 7, 64, 255] {
            let (samples, stride) = samples(1, kind);
            let divisors = Divisors::new(&[factor; BLOCK]);
            let (blocks, used) = transformed(&plain::blocks, 1, kind, &divisors);
            for (k, got) in blocks[0].iter().enumerate() {
                let want = defined(&samples, stride, k) / f64::from(factor);
                assert!((f64::from(*got) - want).abs() < 0.6, "{kind} {factor} {k}: {got}, {want}");
                assert_eq!(used[0] >> k & 1, u64::from(*got != 0));
            }
        }
    }
}

#[test]
fn quotients_are_rounded_to_nearest_and_halves_away_from_zero() {
    for factor in 1..=255_u8 {
        let divisors = Divisors::new(&[factor; BLOCK]);
        let d = 8 * u32::from(factor);
        let of = |table: &[[u16; 8]; 8]| u32::from(table[0][0]);
        for n in 0..(1 << 15) - of(&divisors.half) {
            let high = ((n + of(&divisors.half)) * of(&divisors.reciprocal)) >> 16;
            assert_eq!((high * of(&divisors.scale)) >> 16, (n + d / 2) / d, "{n} / {d}");
        }
    }
}

#[test]
fn a_wrong_sample_would_be_noticed() {
    let divisors = Divisors::new(&[1; BLOCK]);
    let [one, other] = [0, 3].map(|kind| transformed(&plain::blocks, 1, kind, &divisors));
    assert_ne!(one, other);
}
