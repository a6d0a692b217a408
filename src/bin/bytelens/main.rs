//! The `bytelens` command: arguments in, exit codes out.
//!
//! This face and no other knows clap, patterns of file names, signals and exit codes. It uses the
//! public library alone; what it computes is how arrays lie in files, and no more. Data go to standard
//! output, all talk to standard error; a reader that has gone away is no failure.

mod batch;
mod bench;
mod check;
mod completions;
mod devices;
mod hush;
mod ops;
#[cfg(feature = "gpu")]
mod run;
mod srgb;
mod stats;
mod stop;
mod verify;
mod view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use stop::Stop;

/// Pictures in, transformed pictures out, on the GPU or without one; and kernels of your own.
#[derive(Debug, Parser)]
#[command(name = "bytelens", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    // Nearly as many options as `run`.
    Batch(Box<batch::Args>),
    Verify(verify::Args),
    #[cfg(feature = "gpu")]
    // By far the most options.
    Run(Box<run::Args>),
    Ops(ops::Args),
    Devices(devices::Args),
    Stats(stats::Args),
    Check(check::Args),
    Bench(bench::Args),
    View(view::Args),
    Completions(completions::Args),
}

/// What the exit codes mean, for the help texts.
const EXIT_CODES: &str = "\
Exit codes:
  0    all done
  1    some failed; each has a line on standard error
  2    the command line is wrong; nothing was done
  3    could not start: no such device, no output folder, no report
  4    a kernel took longer than it may (run); there is no room left (batch)
  130  interrupted";

fn main() -> ExitCode {
    hush::device_select();
    let done = match Cli::parse().command {
        Command::Batch(args) => batch::run(&args),
        Command::Verify(args) => verify::run(&args),
        #[cfg(feature = "gpu")]
        Command::Run(args) => run::run(&args),
        Command::Ops(args) => ops::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::View(args) => view::run(&args),
        Command::Completions(args) => completions::run::<Cli>(&args),
    };
    done.unwrap_or_else(Stop::tell)
}
