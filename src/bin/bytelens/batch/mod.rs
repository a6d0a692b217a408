//! `bytelens batch`: pictures through a pipeline into a folder.
//!
//! ```text
//!   arguments ─► inputs ─► names ─► work: read ─► decode ─► device ─► encode ─► files ─► report
//! ```
//!
//! Everything that can be known to be wrong is known before the first picture is read. From then on
//! pictures fail one by one: a picture's failure is a line and never the end of the others. This is
//! *not* where pictures are kept in order, tried again or resumed.

mod args;
pub(crate) mod files;
pub(crate) mod inputs;
mod interrupt;
mod names;
mod picture;
mod report;
pub(crate) mod tables;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytelens::image::TensorAxes;
use bytelens::{Device, Limits, Pipeline};

use crate::stop::{INTERRUPTED, SOME_FAILED, Stop, print, say, shown};
pub(crate) use args::Args;
use files::Folder;
use interrupt::Interrupt;
use names::Job;
use picture::Recipe;
use report::Report;

/// An input that is not done, and why.
#[derive(Debug)]
pub(crate) struct Failure {
    path: PathBuf,
    cause: String,
}

impl Failure {
    pub(crate) fn new(path: impl Into<PathBuf>, cause: impl Into<String>) -> Self {
        Self { path: path.into(), cause: cause.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", shown(&self.path), self.cause)
    }
}

/// Runs `bytelens batch`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let recipe = recipe(args)?;
    // Clap asks for the folder unless the plan is all that is wanted.
    let out = args.out.as_deref().unwrap_or(Path::new(""));

    let mut found = inputs::find(&args.inputs, args.recursive, out);
    for (path, hint) in &found.empty {
        say(&format!("{}: {hint}", shown(path)));
    }
    if found.pictures.is_empty() && found.failures.is_empty() {
        return Err(Stop::usage("no picture among the inputs"));
    }
    let mut jobs = names::jobs(found.pictures, out, args.format.only());
    if !args.explain {
        names::refuse_to_replace_inputs(&jobs)?;
        found.failures.extend(names::take_collisions(&mut jobs));
    }
    let device = Device::named(&args.device).map_err(Stop::start)?;
    if args.explain {
        return explain(&jobs, &found.failures, &recipe, &device);
    }
    batch(args, &recipe, &device, &jobs, &found.failures)
}

/// Reads from the arguments what is to be done to each picture.
fn recipe(args: &Args) -> Result<Recipe, Stop> {
    if args.layout.is_some() && args.format.only() != Some(names::Encoding::Npy) {
        return Err(Stop::usage(
            "--layout is for --format npy: pictures have an order of their own",
        ));
    }
    let mut limits = Limits::default();
    limits.max_pixels = args.max_pixels.unwrap_or(limits.max_pixels);
    let text = tables::put_in(&args.pipeline, &limits).map_err(Stop::usage)?;
    let pipeline: Pipeline = text.parse().map_err(Stop::usage)?;
    // What a file says is too long to be shown.
    let shown = if text == args.pipeline { pipeline.to_string() } else { args.pipeline.clone() };
    Ok(Recipe {
        pipeline: pipeline.with_limits(limits.clone()),
        shown,
        limits,
        quality: args.quality,
        progressive: args.progressive,
        optimize: args.optimize,
        background: args.background,
        axes: args.layout.map_or(TensorAxes::Hwc, TensorAxes::from),
        existing: args.existing,
        reduced: args.reduced,
        keep_profile: args.keep_profile,
    })
}

/// Does the jobs, and tells what became of them and of the inputs that failed before.
fn batch(
    args: &Args,
    recipe: &Recipe,
    device: &Device,
    jobs: &[Job],
    failures: &[Failure],
) -> Result<ExitCode, Stop> {
    let crew = work::Crew::new(device, args.jobs(), jobs.len());
    let mut report = Report::new(jobs.len(), args.quiet);
    for failure in failures {
        report.failed(failure);
    }
    let mut tally = report::Tally { failed: failures.len(), ..report::Tally::default() };
    let mut is_interrupted = false;
    if !jobs.is_empty() {
        let interrupt = Interrupt::listen().map_err(Stop::start)?;
        let folder = Folder::open(args.out.as_deref().unwrap_or(Path::new("")), &interrupt)?;
        tally += work::run(jobs, recipe, &crew, &folder, &interrupt, &report);
        is_interrupted = interrupt.is_set();
    }
    report.summary(&tally, is_interrupted, &crew.to_string());
    Ok(ExitCode::from(match tally.failed {
        _ if is_interrupted => INTERRUPTED,
        0 => 0,
        _ => SOME_FAILED,
    }))
}

/// Prints the plan for the first picture that can be read.
fn explain(
    jobs: &[Job],
    failures: &[Failure],
    recipe: &Recipe,
    device: &Device,
) -> Result<ExitCode, Stop> {
    for failure in failures {
        say(&failure.to_string());
    }
    for job in jobs {
        match picture::explain(job, recipe, device) {
            Ok(text) => {
                print(&text)?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(cause) => say(&Failure::new(&job.input, cause).to_string()),
        }
    }
    Ok(ExitCode::from(SOME_FAILED))
}
