//! `bytelens check`: a device against the CPU reference, on the user's own machine.

use std::process::ExitCode;

use bytelens::Device;

use crate::stop::{SOME_FAILED, Stop, print, say};

/// Runs every operation on a device and on the cpu, and compares
///
/// Each operation runs on pictures of many sizes, element types and layouts; its line shows the worst
/// difference from the cpu's result. This is the test to run on a new GPU or driver.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens check                    the device that `batch` would take
  bytelens check --device software  software Vulkan

Exit codes:
  0  the device is right
  1  it is not; each operation has a line with what was wrong
  3  there is no such device")]
pub(crate) struct Args {
    /// The device to check: auto, cpu, gpu, software, or part of a GPU's name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    device: String,
}

/// Runs `bytelens check`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let device = Device::named(&args.device).map_err(Stop::start)?;
    print(&format!("device  {device}: {}\n", device.reason()))?;
    if device.is_cpu() {
        say("note: the cpu is the reference, here it is compared with itself; name a GPU");
    }
    let mut printed = Ok(());
    let report = bytelens::check::run(&device, &mut |op| {
        if printed.is_ok() {
            printed = print(&format!("{op}\n"));
        }
    });
    let report = report.map_err(Stop::failed)?;
    printed?;
    print(&format!("{report}\n"))?;
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}
