//! `bytelens bench`: what a device does on the user's own machine, beside a copy of the same bytes.
//!
//! Rows that are compared are timed in turns, round by round, so that what else the machine does meets
//! them alike. All go through the public library, as a caller's would.

mod ops;
mod report;
mod timing;
#[cfg(feature = "gpu")]
mod transfers;

use std::path::PathBuf;
use std::process::ExitCode;

use bytelens::Device;

use crate::stop::{Stop, print};
use report::Report;

/// Measures a device: transfers, copies and every operation
///
/// The share of a row is how fast it moves its bytes as a share of a plain copy: of the device's own
/// for operations, of memcpy for transfers. Close other programs first; the spread says how far to
/// trust a number.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens bench                                     the device that `batch` would take
  bytelens bench --device software --megapixels 2    software Vulkan, in less time
  bytelens bench --json bench.json                   for comparing machines

Exit codes:
  0  measured
  1  the device failed, or the file could not be written
  3  there is no such device")]
pub(crate) struct Args {
    /// The device to measure: auto, cpu, gpu, software, or part of a GPU's name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    device: String,
    /// The size of the picture, in megapixels
    #[arg(long, value_name = "MP", default_value_t = 24.0, value_parser = megapixels)]
    megapixels: f64,
    /// How often each row is timed
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Writes all numbers to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn megapixels(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=400.0).contains(&value) {
        Ok(value)
    } else {
        Err("must be in 0.01..=400".to_owned())
    }
}

/// Runs `bytelens bench`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let device = Device::named(&args.device).map_err(Stop::start)?;
    let mut report = Report::new(&device, args.megapixels, args.rounds);
    print(&report.head())?;
    let mut printed = Ok(());
    let mut tell = |line: String| {
        if printed.is_ok() {
            printed = print(&line);
        }
    };
    let rounds = usize::from(args.rounds);
    #[cfg(feature = "gpu")]
    if let Some(gpu) = device.as_gpu() {
        transfers::measure(gpu, rounds, &mut |row| tell(report.add(row))).map_err(Stop::failed)?;
    }
    ops::measure(&device, args.megapixels, rounds, &mut |row| tell(report.add(row)))
        .map_err(Stop::failed)?;
    printed?;
    if let Some(path) = &args.json {
        report.write(path).map_err(Stop::failed)?;
    }
    Ok(ExitCode::SUCCESS)
}
