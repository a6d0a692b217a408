//! `bytelens run`: a user's own compute kernel on files.
//!
//! ```text
//!   arguments or plan ─► job ─► read ─► execute: upload, passes, readback ─► compare ─► write
//!        spec.rs       plan.rs, job.rs      frame by frame, where it is a sequence
//! ```
//!
//! What can be known to be wrong is known before the device is opened, and nothing is written before all
//! is computed. All of it happens in a worker process, since a shader may never end ([`worker`]). This is
//! *not* where kernels are checked or run: that is the library's [`bytelens::kernel`].

mod args;
mod check;
mod compare;
mod execute;
mod format;
mod frames;
mod include;
mod job;
mod list;
mod openexr;
mod picture;
mod plan;
mod profile;
mod rate;
mod read;
mod spec;
mod stamps;
mod tensors;
mod worker;
mod write;
mod zip;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bytelens::device::gpu::GpuDevice;
use bytelens::{Buffer, Device};

use crate::stop::{SOME_FAILED, Stop, print, say};
pub(crate) use args::Args;
use bytelens::batch::temporary::Temporaries;
use compare::{Reference, Tolerance};
use execute::{Clock, Runner};
use frames::Sequence;
use job::{Job, Output};
use profile::Profile;
use spec::Place;
use worker::Watched;
use write::Staged;

/// A wait longer than anybody's: the worker is ended from outside.
const PATIENCE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Runs `bytelens run`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let temporaries = Temporaries::default();
    match worker::watched(&temporaries) {
        Some(watched) => work(args, &temporaries, &watched),
        None => {
            let folders = folders(args);
            let folders: Vec<_> = folders.iter().map(PathBuf::as_path).collect();
            let timeout = Some(args.timeout).filter(|seconds| *seconds > 0.0);
            worker::watch(timeout.map(Duration::from_secs_f64), &folders)
        }
    }
}

/// The folders in which the worker may leave temporary files.
fn folders(args: &Args) -> Vec<PathBuf> {
    let outputs = args.outputs.iter().filter_map(|text| spec::named_file("out", text).ok());
    let mut places: Vec<Place> = outputs.map(|(_, file)| file.place).collect();
    if let Some(plan) = &args.plan {
        // A plan that is wrong writes nothing.
        let planned = plan::outputs(plan).unwrap_or_default();
        places.extend(planned.into_iter().map(Place::File));
    }
    places.extend(args.trace.clone().map(Place::File));
    let files = places.iter().filter_map(|place| match place {
        Place::File(path) => Some(write::folder(path).to_owned()),
        _ => None,
    });
    files.collect()
}

/// Does the work: in the worker.
fn work(args: &Args, temporaries: &Temporaries, watched: &Watched) -> Result<ExitCode, Stop> {
    watched.work();
    let job = Job::new(args)?;
    if args.list {
        print(&list::list(&job))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(frames) = &args.frames {
        frames::check(&job, frames)?;
    }
    check_folders(args, &job, temporaries)?;
    watched.rest();
    let mut inputs = BTreeMap::new();
    for (name, memory) in &job.buffers {
        if let Some(file) = &memory.input {
            inputs.insert(name.clone(), read::read(name, file).map_err(Stop::failed)?);
        }
    }
    let references = compare::references(args, &job)?;
    watched.work();
    let is_timed = args.profile || args.trace.is_some();
    let device = device(&args.device)?;
    let (device, stamps, is_forced) = if is_timed {
        // A device that was opened anew has not been probed; the first one was.
        let is_sound = device.report().loop_limit.is_none();
        let (device, stamps) = profile::device(&device).map_err(Stop::start)?;
        (device, Some(stamps), args.force || is_sound)
    } else {
        (device, None, args.force)
    };
    let device = device.with_timeout(PATIENCE);
    let profile = Profile::new(is_timed, stamps);
    let mut runner = Runner::new(&job, device, is_forced, inputs, profile)?;
    let (outputs, are_identical) = match &args.frames {
        Some(_) => (sequence(args, &job, &mut runner, temporaries, watched)?, true),
        None => runs(args, &mut runner, watched)?,
    };
    watched.rest();
    let failed = |problem: String| Stop::failed(problem);
    let mut staged = Staged::new(temporaries);
    if args.frames.is_none() {
        staged.add(&outputs).map_err(failed)?;
    }
    if let Some(path) = &args.trace {
        staged.file(path, runner.profile.trace().as_bytes()).map_err(failed)?;
    }
    staged.name().map_err(failed)?;
    if args.profile {
        say(runner.profile.table().trim_end());
    }
    let tolerance = Tolerance { ulp: args.ulp, atol: args.atol };
    let are_equal = compared(&references, &outputs, tolerance);
    let is_good = are_equal && are_identical;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// Outputs, each with its array.
type Arrays<'a> = Vec<(&'a Output, Buffer)>;

/// Does the work once, or as often as is asked for. Returns the last outputs, and whether all runs gave the
/// same where they have to.
fn runs<'a>(
    args: &Args,
    runner: &mut Runner<'a>,
    watched: &Watched,
) -> Result<(Arrays<'a>, bool), Stop> {
    let times = args.runs.unwrap_or(if args.expect_identical { 2 } else { 1 });
    let mut first: Option<Arrays<'_>> = None;
    let mut are_identical = true;
    for time in 0..times {
        watched.work();
        runner.start()?;
        runner.run(None)?;
        let outputs = runner.outputs()?;
        let Some(first) = first.as_ref().filter(|_| args.expect_identical) else {
            first = Some(outputs);
            continue;
        };
        for ((output, one), (_, other)) in first.iter().zip(&outputs) {
            if one.view().as_bytes() != other.view().as_bytes() {
                say(&format!("{}: run {} differs from the first", output.buffer, time + 1));
                are_identical = false;
            }
        }
    }
    Ok((first.unwrap_or_default(), are_identical))
}

/// Computes and writes frame after frame. Returns the outputs of the last one.
fn sequence<'a>(
    args: &Args,
    job: &'a Job,
    runner: &mut Runner<'a>,
    temporaries: &Temporaries,
    watched: &Watched,
) -> Result<Arrays<'a>, Stop> {
    let mut last = Vec::new();
    let Some(frames) = &args.frames else { return Ok(last) };
    let mut sequence = Sequence::open(job, args.fps, temporaries).map_err(Stop::failed)?;
    runner.start()?;
    for frame in frames.0.clone() {
        if frame > frames.0.start {
            runner.swap();
        }
        watched.work();
        runner.run(Some(Clock { frame, time_secs: args.fps.time_secs(frame) }))?;
        last = runner.outputs()?;
        // Whoever looks at the film may look as slowly as they like.
        watched.rest();
        if !sequence.add(frame, &last).map_err(Stop::failed)? {
            break;
        }
    }
    sequence.close().map_err(Stop::failed)?;
    Ok(last)
}

/// Sees whether the folders of all outputs can be written in.
fn check_folders(args: &Args, job: &Job, temporaries: &Temporaries) -> Result<(), Stop> {
    let outputs = job.outputs.iter().filter_map(|output| match &output.file.place {
        Place::File(path) => Some(path.as_path()),
        _ => None,
    });
    for path in outputs.chain(args.trace.as_deref()) {
        let path: &Path = path;
        if path.is_dir() {
            return Err(Stop::start(format!("{}: is a folder", crate::stop::shown(path))));
        }
        let pattern = path.to_string_lossy();
        if args.frames.is_some() && pattern.contains(['%', '{']) {
            // The folder may have a number too; it was made.
            continue;
        }
        let trial = temporaries.make_in(write::folder(path));
        trial.map_err(|error| Stop::start(write::cannot_write(path, &error)))?;
    }
    Ok(())
}

/// Opens the device of a name.
fn device(name: &str) -> Result<GpuDevice, Stop> {
    let device = Device::named(name).map_err(Stop::start)?;
    device.as_gpu().cloned().ok_or_else(|| {
        let reason = if name == "cpu" { "kernels run on GPUs" } else { device.reason() };
        let mend = "--device software runs kernels on the cpu, where software Vulkan is installed";
        Stop::start(format!("there is no GPU to run on: {reason}; {mend}"))
    })
}

/// Tells how outputs compare with what they are to be.
fn compared(references: &[Reference], outputs: &[(&Output, Buffer)], tolerance: Tolerance) -> bool {
    let mut are_equal = true;
    for reference in references {
        let found = outputs.iter().find(|(output, _)| output.buffer == reference.output);
        if let Some((_, array)) = found {
            let (text, is_equal) = reference.compare(array, tolerance);
            say(&text);
            are_equal &= is_equal;
        }
    }
    are_equal
}

/// Says that nobody knows a name, and which was meant.
fn unknown<'a>(
    kind: &str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
    known: &str,
) -> String {
    let nearest = names
        .map(|one| (strsim::damerau_levenshtein(name, one), one))
        .min()
        .filter(|(distance, one)| *distance <= 1 + one.len() / 3)
        .map(|(_, one)| one.to_owned());
    let (kind, name, known) = (kind.to_owned(), name.to_owned(), known.to_owned());
    bytelens::Error::Unknown { kind, name, nearest, known }.to_string()
}
