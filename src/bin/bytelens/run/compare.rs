//! `--compare`: an output against a file, number by number.

use bytelens::{Buffer, DType, Element, Error, Kind, View};

use super::args::Args;
use super::job::{Job, listed};
use super::read;
use super::spec::FileSpec;
use crate::stop::Stop;

/// What an output is to be equal to.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) output: String,
    file: String,
    array: Buffer,
}

/// How far apart two numbers may be and count as the same: either will do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    pub(super) ulp: u64,
    pub(super) atol: f64,
}

/// Reads what outputs are to be compared with: `NAME=FILE`, or `FILE` where there is one output.
pub(super) fn references(args: &Args, job: &Job) -> Result<Vec<Reference>, Stop> {
    if args.atol.is_nan() || args.atol < 0.0 {
        return Err(Stop::usage("--atol must be 0 or more"));
    }
    let names = || job.outputs.iter().map(|output| output.buffer.as_str());
    let mut references = Vec::new();
    for text in &args.compares {
        let named = text.split_once('=').filter(|(name, _)| names().any(|one| one == *name));
        let (output, file) = match named {
            Some(named) => named,
            None if job.outputs.len() == 1 => (job.outputs[0].buffer.as_str(), text.as_str()),
            None => {
                let problem = format!("say of which output: {}", listed(names()));
                return Err(Stop::usage(format!("--compare {text}: {problem}, as in NAME=FILE")));
            }
        };
        let told = |problem: String| Stop::usage(format!("--compare {text}: {problem}"));
        let spec = FileSpec::parse(file).map_err(told)?;
        let array = read::read(output, &spec).map_err(Stop::failed)?;
        references.push(Reference { output: output.to_owned(), file: file.to_owned(), array });
    }
    Ok(references)
}

impl Reference {
    /// Compares an output with it. Returns what to say of it, and whether it holds.
    pub(super) fn compare(&self, got: &Buffer, tolerance: Tolerance) -> (String, bool) {
        let Self { output, file, array } = self;
        if got.shape() != array.shape() {
            let (got, want) = (got.layout(), array.layout());
            return (format!("{output} differs from {file}: it is {got}, expected {want}"), false);
        }
        match differences(&got.view(), &array.view(), tolerance) {
            Err(error) => (format!("{output} cannot be compared with {file}: {error}"), false),
            Ok(found) => (format!("{output} {}", found.told(file, got.shape())), found.count == 0),
        }
    }
}

/// What a comparison found.
#[derive(Debug, Default, PartialEq)]
struct Found {
    /// How many numbers are further apart than they may be.
    count: usize,
    total: usize,
    worst: Option<Worst>,
}

/// The numbers that are the furthest apart.
#[derive(Clone, Debug, PartialEq)]
struct Worst {
    at: usize,
    /// Further apart than they may be, which counts more than any distance.
    is_beyond: bool,
    ulp: u64,
    difference: f64,
    got: String,
    want: String,
}

impl Found {
    fn told(&self, file: &str, shape: &[usize]) -> String {
        let worst = self.worst.as_ref().map_or_else(String::new, |worst| {
            let Worst { at, ulp, difference, got, want, .. } = worst;
            let index = index(*at, shape);
            format!(
                "; worst at {index:?}: got {got}, expected {want} ({difference:e} apart, {ulp} ulp)"
            )
        });
        match self.count {
            0 => format!("is as {file}{worst}"),
            count => format!("differs from {file} at {count} of {} elements{worst}", self.total),
        }
    }
}

/// The index of the element at a place in C order.
fn index(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (axis, len) in shape.iter().enumerate().rev() {
        index[axis] = at % len.max(&1);
        at /= len.max(&1);
    }
    index
}

fn differences(got: &View<'_>, want: &View<'_>, tolerance: Tolerance) -> Result<Found, Error> {
    let dtype = got.dtype();
    let is_float = matches!(dtype.kind(), Kind::Float | Kind::BFloat);
    if !is_float && matches!(want.dtype().kind(), Kind::Float | Kind::BFloat) {
        // Rounding what is expected would hide a difference.
        let got = read::convert(got, &DType::F64)?;
        return differences(&got.view(), want, tolerance);
    }
    let converted;
    let want = if dtype == want.dtype() {
        want
    } else {
        converted = read::convert(want, dtype)?;
        &converted.view()
    };
    match (dtype.kind(), dtype.size()) {
        (Kind::Float | Kind::BFloat, size) => {
            let bits: fn(f64) -> i64 = match (dtype.kind(), size) {
                (Kind::BFloat, _) => {
                    |value| ordered(half::bf16::from_f64(value).to_bits().into(), 16)
                }
                (_, 2) => |value| ordered(half::f16::from_f64(value).to_bits().into(), 16),
                #[allow(clippy::cast_possible_truncation, reason = "it was an f32 before")]
                (_, 4) => |value| ordered((value as f32).to_bits().into(), 32),
                _ => |value| ordered(value.to_bits(), 64),
            };
            let (got, want) = (numbers::<f64>(got, &DType::F64)?, numbers(want, &DType::F64)?);
            Ok(compared(&got, &want, |got, want| {
                let is_same = got == want || (got.is_nan() && want.is_nan());
                let ulp = if is_same { 0 } else { bits(got).abs_diff(bits(want)) };
                let ulp = if got.is_nan() == want.is_nan() { ulp } else { u64::MAX };
                let difference = if is_same { 0.0 } else { (got - want).abs() };
                (ulp, difference, difference <= tolerance.atol || ulp <= tolerance.ulp)
            }))
        }
        (Kind::Uint, 8) => {
            let (got, want) = (got.to_vec::<u64>()?, want.to_vec::<u64>()?);
            Ok(compared(&got, &want, |got, want| whole(got.abs_diff(want), tolerance)))
        }
        _ => {
            let (got, want) = (numbers::<i64>(got, &DType::I64)?, numbers(want, &DType::I64)?);
            Ok(compared(&got, &want, |got, want| whole(got.abs_diff(want), tolerance)))
        }
    }
}

fn numbers<T: Element>(view: &View<'_>, dtype: &DType) -> Result<Vec<T>, Error> {
    read::convert(view, dtype)?.view().to_vec()
}

/// Whole numbers have no steps between them: only the difference counts.
fn whole(difference: u64, tolerance: Tolerance) -> (u64, f64, bool) {
    let float = difference as f64;
    (difference, float, difference == 0 || float <= tolerance.atol)
}

/// Bits of a float as a number that grows with the float, by one from each to the next.
fn ordered(bits: u64, width: u32) -> i64 {
    let sign = 1 << (width - 1);
    let magnitude = (bits & (sign - 1)).cast_signed();
    if bits & sign == 0 { magnitude } else { -magnitude }
}

fn compared<T: Copy + std::fmt::Debug>(
    got: &[T],
    want: &[T],
    apart: impl Fn(T, T) -> (u64, f64, bool),
) -> Found {
    let mut found = Found { total: got.len(), ..Found::default() };
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        let (ulp, difference, is_within) = apart(*got, *want);
        found.count += usize::from(!is_within);
        // What is no number is further off than any number.
        let rank = |is_beyond: bool, difference: f64, ulp: u64| {
            (is_beyond, if difference.is_nan() { f64::INFINITY } else { difference }, ulp)
        };
        let last = found.worst.as_ref();
        let last = last.map_or((false, 0.0, 0), |one| rank(one.is_beyond, one.difference, one.ulp));
        if rank(!is_within, difference, ulp) > last {
            let (got, want) = (format!("{got:?}"), format!("{want:?}"));
            let is_beyond = !is_within;
            found.worst = Some(Worst { at, is_beyond, ulp, difference, got, want });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Tolerance, differences, index, ordered};
    use bytelens::{Buffer, View};

    #[test]
    fn floats_are_the_same_within_steps_or_within_a_difference() {
        let next = f32::from_bits(1.0_f32.to_bits() + 1);
        let rows: [(f32, f32, u64, f64, bool); 9] = [
            (1.0, 1.0, 0, 0.0, true),
            (1.0, next, 0, 0.0, false),
            (1.0, next, 1, 0.0, true),
            (1.0, 1.5, 1, 0.0, false),
            (1.0, 1.5, 0, 0.5, true),
            (0.0, -0.0, 0, 0.0, true),
            (f32::NAN, f32::NAN, 0, 0.0, true),
            (f32::NAN, 1.0, 1000, 1e9, false),
            (f32::INFINITY, f32::INFINITY, 0, 0.0, true),
        ];
        for (got, want, ulp, atol, is_same) in rows {
            let (got, want) = ([got], [want]);
            let view = |value| View::from_slice(value, &[1]).expect("one number");
            let found = differences(&view(&got), &view(&want), Tolerance { ulp, atol });
            let found = found.expect("numbers");
            assert_eq!(found.count == 0, is_same, "{got:?} {want:?} {ulp} {atol}: {found:?}");
        }
    }

    #[test]
    fn whole_numbers_and_types_that_differ_are_compared_by_value() {
        let exact = Tolerance { ulp: 0, atol: 0.0 };
        let got = Buffer::from_vec(vec![1_u32, 2, 3], &[3]).expect("3");
        for (want, count) in [([1.0_f64, 2.0, 3.0], 0), ([1.0, 2.5, 3.0], 1)] {
            let want = View::from_slice(&want, &[3]).expect("3");
            assert_eq!(differences(&got.view(), &want, exact).expect("numbers").count, count);
        }
        let huge = [u64::MAX, 0];
        let other = [u64::MAX - 1, 0];
        let view = |values| View::from_slice(values, &[2]).expect("2");
        let found = differences(&view(&huge), &view(&other), exact).expect("numbers");
        assert_eq!((found.count, found.worst.map(|worst| worst.at)), (1, Some(0)));
    }

    #[test]
    fn steps_go_through_zero() {
        let step = |value: f32| ordered(value.to_bits().into(), 32);
        let tiny = f32::from_bits(1);
        assert_eq!([step(-tiny), step(-0.0), step(0.0), step(tiny)], [-1, 0, 0, 1]);
        assert_eq!(index(23, &[2, 3, 4]), [1, 2, 3]);
    }
}
