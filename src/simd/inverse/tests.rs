//! Every level against the plain form, and the plain form against the definition in f64.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::{inverse_2x2, inverse_4x4, inverse_8x8};
use crate::simd::Level;

/// Numbers that look random, the same at every call.
fn numbers(seed: u64) -> impl FnMut(i32) -> i16 {
    let mut state = seed * 2 + 1;
    move |most| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = i32::try_from(state >> 33).expect("31 bits");
        i16::try_from(high % (2 * most + 1) - most).expect("16 bits")
    }
}

/// The transform of the lowest `n` x `n` frequencies as ITU-T T.81, A.3.3 defines it.
fn defined(block: &[i16], n: usize) -> Vec<f64> {
    let scale = |k: usize| if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
    let wave = |x: usize, k: usize| ((2 * x + 1) as f64 * k as f64 * PI / (2 * n) as f64).cos();
    let sample = |at: usize| {
        let (y, x) = (at / n, at % n);
        let terms = (0..n * n).map(|k| {
            let (v, u) = (k / n, k % n);
            scale(u) * scale(v) * f64::from(block[k]) * wave(x, u) * wave(y, v)
        });
        (terms.sum::<f64>() / 4.0 + 128.0).clamp(0.0, 255.0)
    };
    (0..n * n).map(sample).collect()
}

/// Which rows of an 8x8 block hold more than zeros, the first coefficient apart.
fn rows(block: &[i16]) -> u8 {
    let used = |row: usize| (usize::from(row == 0)..8).any(|x| block[8 * row + x] != 0);
    (0..8).map(|row| u8::from(used(row)) << row).sum()
}

fn transform(level: Level, blocks: &[i16], n: usize) -> Vec<u8> {
    let count = blocks.len() / (n * n);
    let stride = count * n + 5;
    let mut out = vec![7; stride * n];
    let rows: Vec<u8> = if n == 8 { blocks.chunks(64).map(rows).collect() } else { Vec::new() };
    match n {
        8 => inverse_8x8(level, blocks, &rows, &mut out, stride),
        4 => inverse_4x4(level, blocks, &mut out, stride),
        _ => inverse_2x2(blocks, &mut out, stride),
    }
    assert!(
        out.chunks(stride).all(|line| line[count * n..] == [7; 5]),
        "{level}: beyond the blocks"
    );
    let line = |y: usize| out[y * stride..y * stride + count * n].to_vec();
    (0..n).flat_map(line).collect()
}

#[test]
fn every_level_transforms_any_run_of_blocks_as_the_plain_form_does() {
    for n in [2, 4, 8] {
        for count in [0, 1, 2, 3, 4, 5, 8, 17] {
            for most in [0, 3, 200, 2047, 0x7fff] {
                let mut number = numbers(count as u64);
                let mut blocks: Vec<i16> = (0..count * n * n).map(|_| number(most)).collect();
                // Blocks of few frequencies take other ways.
                for (at, block) in blocks.chunks_mut(n * n).enumerate() {
                    block[[1, n, n * n / 2, n * n][at % 4]..].fill(0);
                }
                let plain = transform(Level::BASELINE, &blocks, n);
                for level in Level::all() {
                    assert!(transform(level, &blocks, n) == plain, "{level} {n} {count} {most}");
                }
            }
        }
    }
}

#[test]
fn samples_are_those_of_the_definition() {
    for n in [2, 4, 8] {
        let mut number = numbers(3);
        let mut squares = 0.0;
        for _ in 0..500 {
            let block: Vec<i16> =
                (0..n * n).map(|_| number(800 / [1, 1, 2, 1, 4, 1, 1, 1, 8][n])).collect();
            let got = transform(Level::best(), &block, n);
            for (got, want) in got.iter().zip(defined(&block, n)) {
                let off = (f64::from(*got) - want).abs();
                assert!(off < 0.7, "{n}: {got} instead of {want}");
                squares += off * off;
            }
        }
        // Rounding alone leaves a twelfth.
        let mean = squares / (500 * n * n) as f64;
        assert!(mean < 0.09, "{n}: a mean square of {mean}");
    }
}

#[test]
fn a_wrong_sample_would_be_noticed() {
    let block: Vec<i16> = (0..64).map(|k| if k == 0 { 400 } else { 0 }).collect();
    let mut other = block.clone();
    other[9] = 20;
    assert_ne!(transform(Level::best(), &block, 8), transform(Level::best(), &other, 8));
}
