//! `bytelens batch`: pictures through a pipeline into a folder.
//!
//! ```text
//!   arguments ─► inputs ─► bytelens::batch ─► progress
//! ```
//!
//! The work is the library's ([`bytelens::batch`]). Here arguments become a plan and a budget, names and patterns
//! become inputs, signals end the work, and what became of the pictures is told. Everything that can be known to
//! be wrong is known before the first picture is read.

mod args;
mod contract;
mod foresee;
pub(crate) mod inputs;
mod interrupt;
mod pipe;
mod progress;
mod sheet;
pub(crate) mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bytelens::batch::{self, Account, Asked, Budget, Entry, Folder, OnError, Plan, Report, Shard};
use bytelens::batch::{Tally, Watch};
use bytelens::image::TensorAxes;
use bytelens::{Device, Limits, Pipeline};

use crate::stop::{INTERRUPTED, SOME_FAILED, Stop, print, reason, say, shown};
pub(crate) use args::Args;
use interrupt::Interrupt;
use progress::Progress;

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
    let (plan, pipeline) = plan(args)?;
    if pipe::is_asked_for(args)? {
        return pipe::run(args, &plan);
    }
    let asked = asked(args, &plan, &pipeline)?;
    let found = inputs::find(&asked.inputs, &asked.listed, args.recursive, &asked.passed_over());
    for (path, hint) in &found.empty {
        say(&format!("{}: {hint}", shown(path)));
    }
    if found.pictures.is_empty() && found.failures.is_empty() {
        return Err(Stop::usage("no picture among the inputs"));
    }
    let shard = Shard::new(found.pictures, &plan);
    let is_trial = args.explain || args.contract.dry_run;
    if !is_trial {
        shard.refuse_to_replace_inputs(&asked.out).map_err(Stop::usage)?;
        refuse_to_quarantine_in_place(&shard, asked.quarantine.as_deref())?;
    }
    let device = Device::named(&args.device).map_err(Stop::start)?;
    if args.explain {
        return explain(&shard, &found.failures, &plan, &pipeline, &device);
    }
    let mut budget = Budget::new(device);
    budget.threads = args.jobs();
    budget.memory = args.contract.memory;
    budget.timeout = args.contract.timeout;
    if args.contract.dry_run {
        let is_json = args.contract.json;
        return foresee::run(&shard, &found.failures, &plan, &budget, &asked.out, is_json);
    }
    work(args, shard, &asked, &budget, &found.failures)
}

/// Says what is asked for, so that it can be listed again.
fn asked(args: &Args, plan: &Plan, pipeline: &str) -> Result<Asked, Stop> {
    let from = std::env::current_dir()
        .map_err(|error| Stop::start(format!("the current folder: {}", reason(&error))))?;
    // Clap asks for the folder unless nothing is written.
    let out = args.out.clone().unwrap_or_default();
    let mut asked = Asked::new(args.inputs.clone(), args.recursive, out, from);
    if let Some(path) = &args.contract.files_from {
        asked.listed = inputs::list(path)?;
    }
    if let contract::OnError::Quarantine(folder) = &args.contract.on_error {
        asked.quarantine = Some(folder.clone());
    }
    asked.plan = plan.hash();
    pipeline.clone_into(&mut asked.pipeline);
    Ok(asked)
}

/// A copy must not take the place of its input.
fn refuse_to_quarantine_in_place(shard: &Shard, folder: Option<&Path>) -> Result<(), Stop> {
    let Some(folder) = folder.and_then(|folder| folder.canonicalize().ok()) else { return Ok(()) };
    let is_inside = |input: &Path| input.canonicalize().is_ok_and(|real| real.starts_with(&folder));
    match shard.inputs().find(|input| is_inside(input)) {
        None => Ok(()),
        Some(input) => Err(Stop::usage(format!(
            "--on-error quarantine={}: the input {} lies in it; choose another folder",
            shown(&folder),
            shown(input)
        ))),
    }
}

/// Reads from the arguments what is to be done to each picture, and the pipeline as text for people.
fn plan(args: &Args) -> Result<(Plan, String), Stop> {
    if args.layout.is_some() && args.format.only() != Some(batch::Encoding::Npy) {
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
    let mut plan = Plan::new(pipeline.with_limits(limits.clone()));
    plan.limits = limits;
    plan.encoding = args.format.only();
    plan.encode.quality = args.quality;
    plan.encode.lossless = args.lossless;
    plan.encode.progressive = args.progressive;
    plan.encode.optimize = args.optimize;
    plan.encode.background = args.background;
    plan.encode.compression = args.compression;
    plan.axes = args.layout.map_or(TensorAxes::Hwc, TensorAxes::from);
    plan.existing = args.existing.into();
    plan.is_reduced = args.reduced;
    plan.keep = args.keep;
    plan.is_lenient = args.contract.lenient;
    plan.template.clone_from(&args.contract.name);
    Ok((plan, shown))
}

/// Does the pictures, and tells what became of them and of the inputs that failed before.
fn work(
    args: &Args,
    mut shard: Shard,
    asked: &Asked,
    budget: &Budget,
    failures: &[Failure],
) -> Result<ExitCode, Stop> {
    let interrupt = Interrupt::listen().map_err(Stop::start)?;
    let folder = |path: &Path| Folder::open(path, interrupt.temporaries()).map_err(Stop::start);
    // A report without a run leaves no folder.
    let out = if shard.is_empty() { None } else { Some(folder(&asked.out)?) };
    let report = match &args.contract.report {
        None => None,
        Some(path) => {
            let (report, before) = report(path, args.contract.resume, asked)?;
            shard = shard.resume(before);
            Some(report)
        }
    };
    shard = shard.on_error(match (&args.contract.on_error, &asked.quarantine) {
        (contract::OnError::Quarantine(_), Some(path)) => {
            OnError::Quarantine(Arc::new(folder(path)?))
        }
        (contract::OnError::Skip, _) => OnError::Skip,
        _ => OnError::Fail,
    });
    let has_sheet = args.contract.html.is_some();
    let progress = Progress::new(shard.len(), args.quiet, &interrupt, report, has_sheet);
    let mut before = Tally::default();
    for failure in failures {
        let entry = Entry::failed(&failure.path, asked.plan, &failure.cause);
        progress.finished(&entry).map_err(Stop::unaccounted)?;
        before.count(&entry);
    }
    let (mut tally, stopped) = match &out {
        None => (Tally::default(), None),
        Some(out) => {
            hear_panics();
            let done = shard.process(out, budget, &progress);
            // Back to the usual words for what goes wrong outside of pictures.
            drop(std::panic::take_hook());
            done
        }
    };
    tally.failed += before.failed;
    let stopped = progress.finish().err().or(stopped);
    progress.summary(&tally, &where_run(budget));
    if args.contract.json {
        print(&progress.object(&tally, asked))?;
    }
    if let Some(path) = &args.contract.html {
        write_sheet(path, &progress.page(&tally, asked), &interrupt)?;
    }
    if let Some(error) = stopped {
        let way_on = "make room, and go on with --resume where there is a report";
        return Err(Stop::unaccounted(format!("ended early: {error}; {way_on}")));
    }
    Ok(ExitCode::from(match tally.failed {
        _ if interrupt.is_set() => INTERRUPTED,
        0 => 0,
        _ => SOME_FAILED,
    }))
}

/// Writes the contact sheet, whole or not at all.
fn write_sheet(path: &Path, page: &str, interrupt: &Interrupt) -> Result<(), Stop> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let name = path.file_name().map_or(path, Path::new);
    let written = interrupt.temporaries().make_in(folder);
    written
        .and_then(|file| file.write_as(page.as_bytes(), name))
        .map_err(|error| Stop::failed(format!("cannot write {}: {}", shown(path), reason(&error))))
}

/// Opens the report, and reads what it says of a run before.
fn report(path: &Path, is_resumed: bool, asked: &Asked) -> Result<(Report, Account), Stop> {
    // First of all it is this run's alone.
    let report = Report::open(path, is_resumed).map_err(Stop::start)?;
    let before = Account::read(path).map_err(Stop::start)?;
    if let Some(run) = before.runs.last().filter(|run| run.from != asked.from) {
        let (path, from) = (shown(path), shown(&run.from));
        return Err(Stop::usage(format!(
            "{path}: the run was started in {from}, and its names start from there; go on there"
        )));
    }
    report.begin(asked).map_err(Stop::start)?;
    Ok((report, before))
}

/// Says where the ops ran, and why there.
fn where_run(budget: &Budget) -> String {
    let device = &budget.device;
    if device.is_cpu() {
        let all = Device::cpu_with_threads(budget.threads);
        format!("{all}: {}", device.reason())
    } else {
        format!("{device}: {}", device.reason())
    }
}

/// Says where a picture brought down its worker, in one line; the library says which picture it was.
fn hear_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        say(&format!("a fault in bytelens itself, at {place}"));
    }));
}

/// Prints the plan for the first picture that can be read.
fn explain(
    shard: &Shard,
    failures: &[Failure],
    plan: &Plan,
    pipeline: &str,
    device: &Device,
) -> Result<ExitCode, Stop> {
    for failure in failures {
        say(&failure.to_string());
    }
    for input in shard.inputs() {
        match batch::explain(input, plan, device) {
            Ok(text) => {
                print(&format!("picture {}\ndo      {pipeline}\n{text}\n", shown(input)))?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(cause) => say(&Failure::new(input, cause).to_string()),
        }
    }
    Ok(ExitCode::from(SOME_FAILED))
}
