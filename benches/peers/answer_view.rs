//! Copies layouts for `view.py`: asked on standard input, answered with times on standard output.
//!
//! A line with a row of `layouts.txt` makes its source and target ready and is answered with the
//! number of calls that make a time. The lines `memcpy`, `bytelens` and `ndarray` are answered with
//! the seconds of one copy, or with nothing where there is none. The argument is the number of
//! threads that bytelens may copy with.

mod layouts;

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::num::NonZeroUsize;

use bytelens::{DType, View, ViewMut};
use layouts::{Row, Work, time};
use ndarray::{ArrayViewD, ArrayViewMutD, Dimension, Ix2, Ix3, Ix5, IxDyn, Zip};

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::args().skip(1).find(|arg| arg != "--bench");
    let threads = threads.ok_or("usage: answer_view THREADS; view.py asks this program")?;
    let threads: NonZeroUsize = threads.parse()?;
    let mut work: Option<Work> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match (line.as_str(), &mut work) {
            ("memcpy", Some(work)) => work.memcpy()?.to_string(),
            ("bytelens", Some(work)) => work.bytelens(threads)?.to_string(),
            ("ndarray", Some(work)) => {
                ndarray(work)?.map_or_else(String::new, |seconds| seconds.to_string())
            }
            (row, _) => {
                work = None;
                let row = Row::parse(row).ok_or_else(|| format!("no row: {row}"))?;
                let new = Work::new(row).map_err(|error| format!("{}: {error}", row.name))?;
                work.insert(new).calls().to_string()
            }
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Seconds of the copy by `ndarray`, or nothing where bytelens does not hand its elements over.
fn ndarray(work: &mut Work) -> Result<Option<f64>, Box<dyn Error>> {
    let calls = work.calls();
    let (view, mut target) = work.parts()?;
    let converted = (view.dtype().clone(), target.dtype().clone());
    Ok(Some(match (view.dtype().size(), target.dtype().size()) {
        _ if converted == (DType::U8, DType::F32) => {
            convert(&view, &mut target, calls, |from: u8| f32::from(from))?
        }
        // Cut off where we round: their closure is one instruction less.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        _ if converted == (DType::F32, DType::U8) => {
            convert(&view, &mut target, calls, |from: f32| from as u8)?
        }
        (1, 1) => assign::<u8>(&view, &mut target, calls)?,
        (2, 2) => assign::<u16>(&view, &mut target, calls)?,
        (4, 4) => assign::<u32>(&view, &mut target, calls)?,
        (8, 8) => assign::<u64>(&view, &mut target, calls)?,
        _ => return Ok(None),
    }))
}

fn assign<T: Number>(
    view: &View<'_>,
    target: &mut ViewMut<'_>,
    calls: usize,
) -> Result<f64, Box<dyn Error>> {
    let view = view.cast(T::DTYPE)?.to_ndarray::<T>()?;
    let target = array_mut::<T>(target)?;
    // The number of axes is known beforehand, as in a program that uses ndarray.
    match view.ndim() {
        2 => assign_in::<T, Ix2>(view, target, calls),
        3 => assign_in::<T, Ix3>(view, target, calls),
        5 => assign_in::<T, Ix5>(view, target, calls),
        _ => assign_in::<T, IxDyn>(view, target, calls),
    }
}

fn assign_in<T: Number, D: Dimension>(
    view: ArrayViewD<'_, T>,
    target: ArrayViewMutD<'_, T>,
    calls: usize,
) -> Result<f64, Box<dyn Error>> {
    let view = view.into_dimensionality::<D>()?;
    let mut target = target.into_dimensionality::<D>()?;
    Ok(time(calls, || black_box(&mut target).assign(black_box(&view))))
}

fn convert<S: Number, T: Number>(
    view: &View<'_>,
    target: &mut ViewMut<'_>,
    calls: usize,
    convert: impl Fn(S) -> T,
) -> Result<f64, Box<dyn Error>> {
    let view = view.to_ndarray::<S>()?.into_dimensionality::<Ix2>()?;
    let mut target = array_mut::<T>(target)?.into_dimensionality::<Ix2>()?;
    Ok(time(calls, || {
        let target = black_box(&mut target);
        Zip::from(target).and(black_box(&view)).for_each(|to, from| *to = convert(*from));
    }))
}

/// The elements of a view without gaps.
fn array_mut<'a, T: Number>(
    target: &'a mut ViewMut<'_>,
) -> Result<ArrayViewMutD<'a, T>, Box<dyn Error>> {
    let shape = IxDyn(target.shape());
    let bytes = target.as_bytes_mut().ok_or("no gaps")?;
    Ok(ArrayViewMutD::from_shape(shape, bytemuck::cast_slice_mut(bytes))?)
}

/// What ndarray and bytelens both take for an element.
trait Number: bytelens::Element + bytemuck::Pod {}

impl<T: bytelens::Element + bytemuck::Pod> Number for T {}
