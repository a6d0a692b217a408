//! A device against the CPU reference: every op of the registry, over many shapes, element types and
//! layouts.
//!
//! This is what `bytelens check` runs on a user's own GPU, and what the tests run on software Vulkan.
//! That the CPU reference is right is shown elsewhere, against references that are not ours.

mod cases;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::image::Image;
use crate::op::declare::{Kind, Spec};
use crate::ops::REGISTRY;
use crate::pipeline::Pipeline;

pub use cases::{Case, images, is_worth_it, pipelines};

/// What came of one op's cases.
#[derive(Debug)]
pub struct OpReport {
    /// The op.
    pub op: &'static str,
    /// How many cases ran.
    pub cases: usize,
    /// The worst case: its distance from the reference as a share of what is allowed.
    pub worst: Difference,
    /// The cases that were too far off, or failed.
    pub failures: Vec<String>,
}

/// What came of all ops.
#[derive(Debug)]
pub struct Report {
    /// One entry an op, in the registry's order.
    pub ops: Vec<OpReport>,
}

impl Report {
    /// Returns whether every case of every op passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.ops.iter().all(|op| op.failures.is_empty())
    }

    /// Returns how many cases ran.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.ops.iter().map(|op| op.cases).sum()
    }
}

/// How far a result is from its reference.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The largest distance of a sample, as a share of what its element type and op allow: at most
    /// 1 passes.
    pub share: f64,
    /// Where, and what was there.
    pub place: String,
}

/// Runs every op of the registry on a device and on the CPU, and compares.
///
/// Several ops run at a time, one on each core: most of the time goes into the driver's compiler.
/// `progress` is called for each op, in the registry's order.
///
/// # Errors
/// None for a difference or a failing case: those are in the report. Only what keeps the CPU
/// reference from being made is an error.
pub fn run(device: &Device, progress: &mut dyn FnMut(&OpReport)) -> Result<Report> {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let (done, arrivals) = channel();
    std::thread::scope(|scope| {
        for _ in 0..workers.min(REGISTRY.len()) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = REGISTRY.get(at) else { break };
                    // Nobody listens after an error: there is nothing more to do.
                    if done.send((at, check_op(entry.spec, device))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut ops = Vec::new();
        for (at, report) in arrivals {
            waiting.insert(at, report);
            while let Some(report) = waiting.remove(&ops.len()) {
                ops.push(report?);
                ops.last().into_iter().for_each(&mut *progress);
            }
        }
        Ok(Report { ops })
    })
}

/// Runs all cases of one op on a device and on the CPU, and compares.
fn check_op(spec: &Spec, device: &Device) -> Result<OpReport> {
    let reference = Device::cpu();
    let mut report =
        OpReport { op: spec.name, cases: 0, worst: Difference::default(), failures: Vec::new() };
    for (number, text) in pipelines(spec).into_iter().enumerate() {
        let pipeline: Pipeline = text.parse()?;
        // The first pipeline sees every layout, the others one of each format.
        for case in images(number == 0) {
            if !is_worth_it(&text, number, &case.image) {
                continue;
            }
            let Some(difference) = compare(&pipeline, &case, &reference, device) else {
                continue;
            };
            report.cases += 1;
            match difference {
                Ok(difference) => {
                    if difference.share > 1.0 {
                        report.failures.push(format!("{text}: {case}: {}", difference.place));
                    }
                    if difference.share > report.worst.share || report.worst.place.is_empty() {
                        let place = format!("{text}: {case}: {}", difference.place);
                        report.worst = Difference { place, ..difference };
                    }
                }
                Err(error) => report.failures.push(format!("{text}: {case}: {error}")),
            }
        }
    }
    Ok(report)
}

/// Runs one case on both devices. `None` where the case makes no sense for the op, which both the
/// reference and the device must say.
fn compare(
    pipeline: &Pipeline,
    case: &Case,
    reference: &Device,
    device: &Device,
) -> Option<Result<Difference>> {
    let computes = pipeline.ops().iter().map(|op| op.spec().kind).find(|kind| *kind != Kind::View);
    let want = pipeline.run(reference, &case.image);
    let got = pipeline.run(device, &case.image);
    match (want, got) {
        (Err(_), Err(_)) => None,
        (Ok(want), Ok(got)) => Some(difference(&got, &want, computes.unwrap_or(Kind::View))),
        (_, Err(error)) | (Err(error), _) => Some(Err(error)),
    }
}

/// Compares two images sample by sample.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) where their shapes or element types are not the same.
pub fn difference(got: &Image, want: &Image, kind: Kind) -> Result<Difference> {
    let (got, want) = (got.view(), want.view());
    if got.shape() != want.shape() || got.dtype() != want.dtype() {
        return Err(crate::Error::shape(
            "check",
            format!("{} {:?}", want.dtype(), want.shape()),
            format!("{} {:?}", got.dtype(), got.shape()),
        ));
    }
    let dtype = want.dtype().clone();
    let (got, want) = (numbers(&got)?, numbers(&want)?);
    let mut worst = Difference::default();
    for (at, (got, want)) in got.into_iter().zip(want).enumerate() {
        let share = if kind == Kind::View {
            if got.to_bits() == want.to_bits() { 0.0 } else { f64::INFINITY }
        } else {
            // What is no number must be none on both sides.
            let distance = if got.is_nan() && want.is_nan() { 0.0 } else { (got - want).abs() };
            let share = distance / allowed(&dtype, want);
            if share.is_nan() { f64::INFINITY } else { share }
        };
        if share > worst.share || worst.place.is_empty() {
            let place = format!("sample {at} is {got}, the reference {want}");
            worst = Difference { share, place };
        }
    }
    Ok(worst)
}

/// Returns how far a sample may be off: one code of 8 bits, six of 16 (a GPU's `pow` is that rough),
/// two steps of half precision, 2e-5 of single.
fn allowed(dtype: &DType, want: f64) -> f64 {
    match *dtype {
        DType::U8 => 1.0,
        DType::U16 => 6.0,
        DType::F16 => 2.0 / 1024.0 * want.abs().max(1.0 / 16.0),
        _ => 2e-5 * want.abs().max(1.0),
    }
}

/// Reads the samples of a view as numbers.
fn numbers(view: &crate::view::View<'_>) -> Result<Vec<f64>> {
    Ok(match *view.dtype() {
        DType::U8 => view.to_vec::<u8>()?.into_iter().map(f64::from).collect(),
        DType::U16 => view.to_vec::<u16>()?.into_iter().map(f64::from).collect(),
        DType::F16 => view.to_vec::<half::f16>()?.into_iter().map(f64::from).collect(),
        _ => view.to_vec::<f32>()?.into_iter().map(f64::from).collect(),
    })
}

impl fmt::Display for OpReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.failures.is_empty() { "ok" } else { "FAILED" };
        write!(
            f,
            "{:<12} {verdict:<6} {:>5} cases, worst {:>5.1} % of what is allowed",
            self.op,
            self.cases,
            self.worst.share * 100.0
        )?;
        if self.worst.share > 0.0 {
            write!(f, " ({})", self.worst.place)?;
        }
        for failure in self.failures.iter().take(5) {
            write!(f, "\n    {failure}")?;
        }
        if self.failures.len() > 5 {
            write!(f, "\n    and {} more", self.failures.len() - 5)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.ops.iter().map(|op| op.failures.len()).sum::<usize>();
        write!(f, "{} ops, {} cases, {failed} failed", self.ops.len(), self.cases())
    }
}
