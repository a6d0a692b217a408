//! The sRGB curve of IEC 61966-2-1, both ways.
//!
//! ```text
//! decode(v) = v / 12.92                     for v <= 0.04045
//!             ((v + 0.055) / 1.055) ^ 2.4   above
//! encode(l) = l * 12.92                     for l <= 0.0031308
//!             1.055 * l ^ (1 / 2.4) - 0.055 above
//! ```
//!
//! Inside 0..=1 the powers are polynomials (in the value itself for decoding, in its fourth root for
//! encoding), fitted to the least maximum: they stay within 4e-7, a fortieth of a 16-bit step.
//! Outside, the curve goes on by its formula, mirrored for negative numbers.

use std::sync::LazyLock;

use super::power::power;
use super::values::Values;
use super::{dispatch, fma, polynomial};

const DECODE: [f32; 10] = [
    0.000_844_109_7,
    0.035_777_77,
    0.477_550_77,
    0.924_473_2,
    -1.136_398_7,
    1.643_366_8,
    -1.815_849_7,
    1.334_698_4,
    -0.571_751_4,
    0.107_288_95,
];

const ENCODE: [f32; 9] = [
    -0.057_718_392,
    0.111_460_304,
    1.546_324_4,
    -1.482_214_3,
    1.965_333_7,
    -1.981_060_8,
    1.332_062_3,
    -0.525_975,
    0.091_787_79,
];

/// Decodes one value by the formula.
pub(crate) fn srgb_to_light(value: f64) -> f64 {
    let size = value.abs();
    let light = if size <= 0.040_45 { size / 12.92 } else { ((size + 0.055) / 1.055).powf(2.4) };
    light.copysign(value)
}

/// Encodes one value by the formula.
#[cfg(test)]
pub(crate) fn light_to_srgb(light: f64) -> f64 {
    let size = light.abs();
    let value =
        if size <= 0.003_130_8 { size * 12.92 } else { 1.055 * size.powf(1.0 / 2.4) - 0.055 };
    value.copysign(light)
}

/// Samples that go one way together: one beyond 0..=1 sends them all the slower way.
const CHUNK: usize = 64;

/// Applies `inside` to samples of 0..=1, and `outside` to the size of those beyond.
#[inline(always)]
fn apply(plane: &mut [f32], inside: impl Fn(f32) -> f32, outside: impl Fn(f32) -> f32) {
    for chunk in plane.chunks_mut(CHUNK) {
        let mut beyond = 0;
        for sample in chunk.iter() {
            beyond |= u32::from(!(*sample >= 0.0 && *sample <= 1.0));
        }
        if beyond == 0 {
            for sample in chunk {
                *sample = inside(*sample);
            }
        } else {
            for sample in chunk {
                let (value, size) = (*sample, sample.abs());
                let curve = if size <= 1.0 { inside(size) } else { outside(size) };
                *sample = curve.copysign(value);
            }
        }
    }
}

dispatch! {
    /// Turns sRGB-encoded samples into light.
    pub(crate) fn srgb_decode(plane: &mut [f32]) {
        apply(plane, |v| {
            let low = v * (1.0 / 12.92);
            let high = polynomial::<FMA, 10>(&DECODE, v);
            if v <= 0.040_45 { low } else { high }
        }, |v| power::<FMA>((v + 0.055) * (1.0 / 1.055), 2.4));
    }
}

dispatch! {
    /// Turns light into sRGB-encoded samples.
    pub(crate) fn srgb_encode(plane: &mut [f32]) {
        apply(plane, |light| {
            let low = light * 12.92;
            let high = polynomial::<FMA, 9>(&ENCODE, light.sqrt().sqrt());
            if light <= 0.003_130_8 { low } else { high }
        }, |light| fma::<FMA>(power::<FMA>(light, 1.0 / 2.4), 1.055, -0.055));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "tables hold f32")]
fn table(entries: u32, curve: fn(f64) -> f64) -> Box<[f32]> {
    let top = f64::from(entries - 1);
    (0..entries).map(|code| curve(f64::from(code) / top) as f32).collect()
}

/// Returns the light of every 8-bit code.
pub(crate) fn decode_table() -> &'static Values {
    static TABLE: LazyLock<Values> = LazyLock::new(|| {
        let table = table(256, srgb_to_light);
        Values::new(std::array::from_fn(|code| table[code]))
    });
    &TABLE
}

/// Returns the light of every 16-bit code.
pub(crate) fn decode_table_16() -> &'static [f32] {
    static TABLE: LazyLock<Box<[f32]>> = LazyLock::new(|| table(65_536, srgb_to_light));
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::{light_to_srgb, srgb_decode, srgb_encode, srgb_to_light};
    use crate::simd::Level;

    #[test]
    fn both_curves_stay_within_a_twentieth_of_a_16_bit_step_of_the_formula() {
        for level in Level::all() {
            for (name, run, exact) in [
                ("decode", srgb_decode as fn(Level, &mut [f32]), srgb_to_light as fn(f64) -> f64),
                ("encode", srgb_encode, light_to_srgb),
            ] {
                let inputs: Vec<f32> = (0..=200_000).map(|k| k as f32 / 200_000.0).collect();
                let mut outputs = inputs.clone();
                run(level, &mut outputs);
                let worst = inputs
                    .iter()
                    .zip(&outputs)
                    .map(|(x, y)| ((exact(f64::from(*x)) - f64::from(*y)).abs(), *x))
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .expect("there are inputs");
                assert!(worst.0 < 0.05 / 65_535.0, "{level} {name}: {worst:?}");
            }
        }
    }

    #[test]
    fn values_outside_the_unit_range_follow_the_formula() {
        for value in [-4.0f32, -0.5, -1e-3, 1.000_001, 1.5, 60.0] {
            for level in Level::all() {
                let mut plane = [0.5, value, 0.25];
                srgb_encode(level, &mut plane);
                let want = light_to_srgb(f64::from(value));
                assert!((f64::from(plane[1]) - want).abs() < 1e-5 * want.abs(), "{value}");
                srgb_decode(level, &mut plane);
                assert!((plane[1] - value).abs() <= 1e-5 * value.abs(), "{value} {}", plane[1]);
                assert!((plane[0] - 0.5).abs() < 1e-6, "neighbours are left right");
            }
        }
    }
}
