//! A small vocabulary of vector primitives, dispatched at run time.
//!
//! Each primitive is one plain loop that the compiler vectorises, built once for the baseline of
//! the target and once for each richer instruction set, and chosen by a [`Level`] that only
//! detection can make. Where the compiler finds no good form, one in intrinsics stands beside the plain one
//! and is tested against it, as for the transform and the colours of JPEG. Primitives know planes of
//! samples and nothing of images, ops or threads.
//! This is one of the two places where `unsafe` may stand: every block in it is a call of a function
//! built for an instruction set that its [`Level`] proves to be there.

#![allow(unsafe_code, reason = "calls of functions built for a detected instruction set")]

mod ahead;
mod boxes;
mod codes;
#[cfg(feature = "codecs")]
mod color;
mod convert;
mod cubics;
mod exchange;
mod extremes;
#[cfg(feature = "codecs")]
mod forward;
#[cfg(feature = "codecs")]
mod inverse;
mod lines;
#[cfg(feature = "codecs")]
mod masks;
mod matrix;
mod medians;
mod neighbours;
mod networks;
mod pairs;
mod phases;
mod pixels;
mod power;
mod sample;
mod squares;
mod srgb;
mod sums;
#[cfg(feature = "codecs")]
mod upsample;
mod values;
mod windows;
#[cfg(feature = "codecs")]
mod work;
#[cfg(feature = "codecs")]
mod ycc;

use std::sync::LazyLock;

pub(crate) use ahead::ask_for;
pub(crate) use boxes::{BoxOfPixels, Taps, weighted_boxes};
pub(crate) use codes::codes_from_values;
#[cfg(feature = "codecs")]
pub(crate) use color::{cmyk_from_ycck, rgb_from_cmyk, rgb_from_planes, rgb_from_ycc};
pub(crate) use convert::{Source, Target, load_pixels, store_pixels};
pub(crate) use cubics::{Cubics, cubics};
pub(crate) use exchange::{Codes, exchange_codes};
pub(crate) use extremes::{Extreme, extreme_of_runs, extreme_of_two};
#[cfg(feature = "codecs")]
pub(crate) use forward::{Divisors, forward_blocks};
#[cfg(feature = "codecs")]
pub(crate) use inverse::{inverse_2x2, inverse_4x4, inverse_8x8, sample as inverse_sample};
pub(crate) use lines::Line;
pub(crate) use lines::Lines;
#[cfg(feature = "codecs")]
pub(crate) use masks::{Masks, block_masks};
pub(crate) use matrix::{LANES, lanes_from_rows, rows_from_lanes};
pub(crate) use medians::column_medians;
pub(crate) use neighbours::{
    Windows, add_alike, add_squared_differences, bilateral_windows, sums_of_runs,
};
pub(crate) use pairs::{map_pairs, planes_from_words};
pub(crate) use phases::{PHASES, PlainBox, phases, plain_boxes};
pub(crate) use pixels::map_pixels;
pub(crate) use power::{Bend, bend, raise};
pub(crate) use squares::square_medians;
pub(crate) use srgb::{decode_table, decode_table_16, srgb_decode, srgb_encode, srgb_to_light};
pub(crate) use sums::{Window, unsharp, unsharp_seen, weighted_lanes, weighted_rows};
#[cfg(feature = "codecs")]
pub(crate) use upsample::{double_columns, double_rows, double_rows_and_columns};
pub(crate) use values::{CODES, Values};
pub(crate) use windows::{sobel_windows, weighted_windows};
#[cfg(feature = "codecs")]
pub(crate) use work::{Work, do_work};
#[cfg(feature = "codecs")]
pub(crate) use ycc::{halve_both, halve_columns, ycc_from_rgb};

/// An instruction set that this machine was found to have.
///
/// Only [`Level::all`] makes one, so that holding it is the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// All of [`Set::Avx2`], and what of AVX-512 those machines have that run it at full clock.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The name of the variable that keeps a process from richer instruction sets than it names, so that one
/// machine shows what another would do: `baseline`, `avx2` or `avx512`.
const VARIABLE: &str = "BYTELENS_INSTRUCTIONS";

impl Level {
    /// The instruction set that every machine of the target has.
    pub const BASELINE: Self = Self(Set::Baseline);

    /// Returns the richest instruction set of this machine, or the richest that the environment allows.
    #[must_use]
    pub fn best() -> Self {
        static BEST: LazyLock<Level> = LazyLock::new(|| {
            let levels = Level::all();
            let allowed = match std::env::var(VARIABLE).as_deref() {
                Ok("baseline") => 1,
                Ok("avx2") => 2,
                _ => levels.len(),
            };
            levels[..allowed.min(levels.len())].last().copied().unwrap_or(Level::BASELINE)
        });
        *BEST
    }

    /// Returns every instruction set of this machine, the baseline first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut levels = vec![Self::BASELINE];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("f16c")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("lzcnt")
            && std::arch::is_x86_feature_detected!("popcnt")
        {
            levels.push(Self(Set::Avx2));
            if std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512bw")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl")
                && std::arch::is_x86_feature_detected!("avx512vbmi")
                && std::arch::is_x86_feature_detected!("avx512vbmi2")
                && std::arch::is_x86_feature_detected!("avx512vnni")
            {
                levels.push(Self(Set::Avx512));
            }
        }
        levels
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Set::Baseline => std::env::consts::ARCH,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "x86_64 with AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "x86_64 with AVX-512",
        })
    }
}

/// Whether fused multiply-add is one instruction on every machine of the target. On x86-64 it comes
/// with [`Set::Avx2`] and [`Set::Avx512`] alone.
const BASELINE_FMA: bool = cfg!(target_arch = "aarch64");

/// Defines a primitive: the body once, built for each [`Level`].
///
/// `FMA` is true inside the body where fused multiply-add is one instruction; `mul_add` without it
/// is a slow library call, so bodies ask through [`fma`].
macro_rules! dispatch {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$($generic:ident $(: $bound:path)?),+>)?
            ($($arg:ident: $ty:ty),* $(,)?) $body:block
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments, reason = "a primitive takes planes and sizes")]
        $vis fn $name $(<$($generic $(: $bound)?),+>)? (
            level: $crate::simd::Level, $($arg: $ty),*
        ) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments, reason = "a primitive takes planes and sizes")]
            #[allow(non_upper_case_globals, dead_code, reason = "not every body multiplies")]
            fn body<const FMA: bool $($(, $generic $(: $bound)?)+)?>($($arg: $ty),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,f16c,fma,lzcnt,popcnt")]
            #[allow(clippy::too_many_arguments, reason = "a primitive takes planes and sizes")]
            fn avx2 $(<$($generic $(: $bound)?),+>)? ($($arg: $ty),*) {
                body::<true $($(, $generic)+)?>($($arg),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,f16c,fma,lzcnt,popcnt")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,avx512vnni")]
            #[allow(clippy::too_many_arguments, reason = "a primitive takes planes and sizes")]
            fn avx512 $(<$($generic $(: $bound)?),+>)? ($($arg: $ty),*) {
                body::<true $($(, $generic)+)?>($($arg),*);
            }

            match level.0 {
                $crate::simd::Set::Baseline => {
                    body::<{ $crate::simd::BASELINE_FMA } $($(, $generic)+)?>($($arg),*);
                }
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Set::Avx2` is made by `Level::all` alone, after the CPU said that it
                // has all the features that `avx2` is built for.
                $crate::simd::Set::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                $crate::simd::Set::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    };
}
pub(crate) use dispatch;

/// Returns `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(crate) fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Returns the sum over `k` of `coefficients[k] * x ^ k`.
#[inline(always)]
fn polynomial<const FMA: bool, const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut sum = coefficients[N - 1];
    let mut k = N - 1;
    while k > 0 {
        k -= 1;
        sum = fma::<FMA>(sum, x, coefficients[k]);
    }
    sum
}

/// Returns the `N` samples from `at` on.
///
/// Bodies copy arrays and not slices: the copy of a slice is a call, and what its length is the
/// compiler forgets.
#[inline(always)]
fn run<const N: usize, T>(samples: &[T], at: usize) -> &[T; N] {
    samples[at..at + N].first_chunk().expect("a slice of N has N samples")
}

/// Returns the `N` samples from `at` on, to be written.
#[inline(always)]
fn run_mut<const N: usize, T>(samples: &mut [T], at: usize) -> &mut [T; N] {
    samples[at..at + N].first_chunk_mut().expect("a slice of N has N samples")
}
