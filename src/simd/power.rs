//! Powers of numbers that are not negative.
//!
//! `x ^ y = 2 ^ (y log2 x)`: the logarithm of the mantissa and the power of the fraction are
//! polynomials fitted to the least maximum, the rest is whole exponents. The result is within 2e-7
//! of the true power, relatively, for exponents up to 1, and proportionally for larger ones.

use super::{dispatch, fma, polynomial};

/// `log2(1 + t) / t` for `1 + t` between the roots of 1/2 and 2.
const LOG: [f32; 9] = [
    1.442_694_9,
    -0.721_347_15,
    0.480_922_52,
    -0.360_721_2,
    0.287_656_66,
    -0.238_519_43,
    0.217_379_4,
    -0.210_303_41,
    0.125_412_48,
];

/// `2 ^ f` for `f` between -1/2 and 1/2.
const EXP: [f32; 7] = [
    1.0,
    std::f32::consts::LN_2,
    0.240_226_46,
    0.055_503_286,
    0.009_618_489,
    0.001_339_995_8,
    0.000_153_457_89,
];

/// The bits of the root of 1/2: mantissas are taken from there up to the root of 2.
const LEAST_MANTISSA: u32 = 0x3f35_04f3;

/// Adding 1.5 * 2^23 leaves a number rounded half to even in the sum's low bits.
const ROUND: f32 = 12_582_912.0;

/// Returns `x ^ exponent` for `x >= 0` and `exponent > 0`; infinity and no number stay as they are.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "binary exponents are small")]
pub(super) fn power<const FMA: bool>(x: f32, exponent: f32) -> f32 {
    // Numbers too small for a full mantissa are scaled up by 2^24.
    let tiny = x < f32::MIN_POSITIVE;
    let bits = if tiny { x * 16_777_216.0 } else { x }.to_bits();
    let above = bits.wrapping_sub(LEAST_MANTISSA);
    let whole = (above.cast_signed() >> 23) as f32 - if tiny { 24.0 } else { 0.0 };
    let mantissa = f32::from_bits((above & 0x007f_ffff) + LEAST_MANTISSA);
    let log = (mantissa - 1.0) * polynomial::<FMA, 9>(&LOG, mantissa - 1.0);

    // Twelve bits of the exponent times a whole number is exact, and so is what rounding leaves.
    let high = f32::from_bits(exponent.to_bits() & 0xffff_f000);
    let power = fma::<FMA>(exponent, log, exponent * whole).clamp(-252.0, 252.0);
    let rounded = power + ROUND;
    let fraction = high * whole - (rounded - ROUND);
    let fraction = fma::<FMA>(exponent, log, fma::<FMA>(exponent - high, whole, fraction));
    let two_to = rounded.to_bits().cast_signed() - ROUND.to_bits().cast_signed();
    let half = two_to >> 1;
    let scale = |two_to: i32| f32::from_bits(((two_to + 127) << 23).cast_unsigned());
    let result = polynomial::<FMA, 7>(&EXP, fraction) * scale(half) * scale(two_to - half);
    let result = if x == 0.0 { 0.0 } else { result };
    if x < f32::INFINITY { result } else { x }
}

dispatch! {
    /// Raises the size of each sample to a power above 0; the sign stays.
    pub(crate) fn raise(plane: &mut [f32], exponent: f32) {
        for sample in plane {
            *sample = power::<FMA>(sample.abs(), exponent).copysign(*sample);
        }
    }
}

/// A line below `cut`, `slope * x + foot`, and above it
/// `scale_after * (scale * x + offset) ^ exponent + offset_after`. Where the line goes through the
/// origin, which is where `foot` is 0, the curve is mirrored there; else the line goes on below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bend {
    cut: f32,
    slope: f32,
    exponent: f32,
    foot: f32,
    scale: f32,
    offset: f32,
    scale_after: f32,
    offset_after: f32,
}

impl Bend {
    /// Takes cut, slope, exponent and foot; then scale and offset before and after the power.
    pub(crate) fn new(
        [cut, slope, exponent, foot]: [f32; 4],
        [scale, offset, scale_after, offset_after]: [f32; 4],
    ) -> Self {
        Self { cut, slope, exponent, foot, scale, offset, scale_after, offset_after }
    }
}

dispatch! {
    /// Bends each sample.
    pub(crate) fn bend(plane: &mut [f32], by: &Bend) {
        let by = *by;
        let is_mirrored = by.foot == 0.0;
        for sample in plane {
            let x = if is_mirrored { sample.abs() } else { *sample };
            let line = fma::<FMA>(x, by.slope, by.foot);
            let inner = fma::<FMA>(x.max(by.cut), by.scale, by.offset);
            let upper = fma::<FMA>(power::<FMA>(inner, by.exponent), by.scale_after, by.offset_after);
            // What is no number is not above the cut, and the line of it is none.
            let bent = if x > by.cut { upper } else { line };
            *sample = if is_mirrored { bent.copysign(*sample) } else { bent };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bend, bend, raise};
    use crate::simd::Level;

    #[test]
    fn powers_are_those_of_double_precision_over_every_binary_exponent() {
        let inputs: Vec<f32> =
            (1..0x7f80).map(|high| f32::from_bits(high << 16 | 0x9abc)).collect();
        for level in Level::all() {
            for exponent in [0.01, 1.0 / 3.0, 1.0 / 2.2, 0.999, 1.0, 2.2, 7.0, 100.0] {
                let mut outputs = inputs.clone();
                raise(level, &mut outputs, exponent);
                for (x, y) in inputs.iter().zip(outputs) {
                    let want = f64::from(*x).powf(f64::from(exponent));
                    let within = 2e-7 * f64::from(exponent.max(1.0)) * want + 1e-44;
                    let near = (f64::from(y) - want).abs() <= within;
                    let beyond = want > f64::from(f32::MAX) && y == f32::INFINITY;
                    assert!(near || beyond, "{level}: {x} ^ {exponent} = {want}, got {y}");
                }
            }
        }
    }

    #[test]
    fn ends_and_signs_stay() {
        for level in Level::all() {
            let mut plane = [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NAN, -0.25, 1e-42];
            raise(level, &mut plane, 0.5);
            assert_eq!(plane[..5], [0.0, 0.0, 1.0, -1.0, f32::INFINITY], "{level}");
            assert!(plane[1].is_sign_negative() && plane[5].is_nan(), "{level}");
            assert_eq!(plane[6], -0.5, "{level}");
            assert!((plane[7] / 1e-21 - 1.0).abs() < 1e-3, "{level}: {}", plane[7]);
        }
    }

    #[test]
    fn a_bend_is_a_line_below_its_cut_and_a_power_above() {
        // Above 1/4: 2 (x / 4 + 3/16) ^ 2 + 1/2, which is 5/8 there.
        let by = |foot| Bend::new([0.25, 0.5, 2.0, foot], [0.25, 0.1875, 2.0, 0.5]);
        for level in Level::all() {
            for (foot, x, want) in [
                (0.5, 0.25, 0.625),
                (0.5, -1.0, 0.0),
                (0.5, 1.25, 1.0),
                (0.0, 0.0, 0.0),
                (0.0, -0.125, -0.0625),
                (0.0, -1.25, -1.0),
                (0.5, f32::INFINITY, f32::INFINITY),
            ] {
                let mut plane = [x];
                bend(level, &mut plane, &by(foot));
                let near = plane[0] == want || (plane[0] - want).abs() < 1e-6;
                assert!(near, "{level}: {x} became {}", plane[0]);
            }
            for foot in [0.0, 0.5] {
                let mut plane = [f32::NAN];
                bend(level, &mut plane, &by(foot));
                assert!(plane[0].is_nan(), "{level}");
            }
        }
    }
}
