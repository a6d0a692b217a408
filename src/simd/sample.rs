//! One sample as it is stored, in native byte order and with no demand on alignment.
//!
//! Integers stand for 0..=1. What becomes a sample is rounded half to even and saturates; what is no
//! number becomes 0. Rows of samples are the matter of `convert`.

use bytemuck::{Pod, Zeroable};
use half::f16;
use half::slice::HalfFloatSliceExt;

/// Pixels converted at a time: whole registers of 8-bit codes, in any instruction set.
pub(super) const STEP: usize = 64;

/// A sample as it is stored. Methods are always inlined: only so are they built for the instruction
/// set of the primitive that calls them.
pub(super) trait Sample: Pod {
    /// Returns the values of a step of samples, from a table if there is one.
    fn values<const FMA: bool>(samples: &[Self; STEP], table: Option<&[f32]>) -> [f32; STEP];

    /// Returns the sample that is nearest to a value.
    fn nearest(value: f32) -> Self;
}

/// An 8-bit code of 0..=1.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Code8(u8);

impl Sample for Code8 {
    #[inline(always)]
    fn values<const FMA: bool>(samples: &[Self; STEP], table: Option<&[f32]>) -> [f32; STEP] {
        let mut values = [0.0; STEP];
        if let Some(table) = table.and_then(<[f32]>::first_chunk::<256>) {
            for x in 0..STEP {
                values[x] = table[usize::from(samples[x].0)];
            }
        } else {
            for x in 0..STEP {
                values[x] = unit::<FMA>(f32::from(samples[x].0), 255.0, REST_8);
            }
        }
        values
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the code is in the low bits")]
    fn nearest(value: f32) -> Self {
        Self(rounded(value, 255.0) as u8)
    }
}

/// A 16-bit code of 0..=1.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Code16([u8; 2]);

impl Sample for Code16 {
    #[inline(always)]
    fn values<const FMA: bool>(samples: &[Self; STEP], table: Option<&[f32]>) -> [f32; STEP] {
        let mut values = [0.0; STEP];
        if let Some(table) = table.and_then(<[f32]>::first_chunk::<65_536>) {
            for x in 0..STEP {
                values[x] = table[usize::from(u16::from_ne_bytes(samples[x].0))];
            }
        } else {
            for x in 0..STEP {
                let code = f32::from(u16::from_ne_bytes(samples[x].0));
                values[x] = unit::<FMA>(code, 65_535.0, REST_16);
            }
        }
        values
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the code is in the low bits")]
    fn nearest(value: f32) -> Self {
        Self((rounded(value, 65_535.0) as u16).to_ne_bytes())
    }
}

/// A half-precision number; what is too large becomes the largest.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Half([u8; 2]);

impl Sample for Half {
    #[inline(always)]
    fn values<const FMA: bool>(samples: &[Self; STEP], _: Option<&[f32]>) -> [f32; STEP] {
        let mut halves = [f16::ZERO; STEP];
        for x in 0..STEP {
            halves[x] = f16::from_ne_bytes(samples[x].0);
        }
        let mut values = [0.0; STEP];
        halves.convert_to_f32_slice(&mut values);
        values
    }

    #[inline(always)]
    fn nearest(value: f32) -> Self {
        let bounded = value.clamp(f16::MIN.to_f32(), f16::MAX.to_f32());
        Self(f16::from_f32(bounded).to_ne_bytes())
    }
}

/// A single-precision number.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(super) struct Single([u8; 4]);

impl Sample for Single {
    #[inline(always)]
    fn values<const FMA: bool>(samples: &[Self; STEP], _: Option<&[f32]>) -> [f32; STEP] {
        let mut values = [0.0; STEP];
        for x in 0..STEP {
            values[x] = f32::from_ne_bytes(samples[x].0);
        }
        values
    }

    #[inline(always)]
    fn nearest(value: f32) -> Self {
        Self(value.to_ne_bytes())
    }
}

/// What the nearest f32 leaves of 1 / 255 and 1 / 65535.
pub(super) const REST_8: f32 = -2.319_175_8e-10;
const REST_16: f32 = 3.552_768e-15;

/// Returns `code / top` rounded as a division rounds; with FMA by a reciprocal in two parts.
#[inline(always)]
pub(super) fn unit<const FMA: bool>(code: f32, top: f32, rest: f32) -> f32 {
    if FMA { code.mul_add(1.0 / top, code * rest) } else { code / top }
}

/// Adding 1.5 * 2^23 leaves a number rounded half to even in the sum's low bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn rounded(value: f32, top: f32) -> u32 {
    // What is no number compares as not above zero.
    let value = if value > 0.0 { value } else { 0.0 };
    let scaled = value * top;
    (if scaled < top { scaled } else { top } + ROUND).to_bits()
}
