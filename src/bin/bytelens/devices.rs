//! `bytelens devices`: what there is to run on, and what would be chosen.

use std::fmt::Write;
use std::process::ExitCode;

use bytelens::Device;

use crate::stop::{Stop, print};

/// Lists what there is to run on, and says which would be chosen
///
/// A machine without a GPU, or without a driver for it, has the cpu device: it needs neither.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens devices
  bytelens batch photos --out out --device software   software Vulkan, for trying shaders")]
pub(crate) struct Args {}

/// Runs `bytelens devices`.
pub(crate) fn run(_: &Args) -> Result<ExitCode, Stop> {
    let mut text = String::new();
    let best = Device::best();
    row(&mut text, "cpu", &Device::cpu().to_string());
    gpus(&mut text);
    row(&mut text, "auto", &format!("{best}: {}", best.reason()));
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Adds a line with its name in a column of its own.
fn row(text: &mut String, name: &str, value: &str) {
    // Text in memory takes all that is written to it.
    let _ = writeln!(text, "{name:<9} {value}");
}

#[cfg(feature = "gpu")]
fn gpus(text: &mut String) {
    use bytelens::device::gpu::{AdapterKind, adapters};
    let adapters = adapters();
    if adapters.is_empty() {
        row(text, "gpu", "none: no GPU with a driver was found");
    }
    for (index, adapter) in adapters.iter().enumerate() {
        let note = match adapter.kind {
            AdapterKind::Software => ": runs on the cpu, taken only where it is named",
            _ => "",
        };
        row(text, &format!("gpu {index}"), &format!("{} ({}){note}", adapter.name, adapter.kind));
        row(text, "", &format!("driver {} through {}", adapter.driver, adapter.backend));
        let largest = |bytes: u64| format!("{} MiB", bytes >> 20);
        let limits = format!(
            "buffers to {}, of which a shader sees {} at once; {} workgroups an axis",
            largest(adapter.buffer_bytes),
            largest(adapter.storage_binding_bytes),
            adapter.workgroups
        );
        row(text, "", &limits);
    }
}

#[cfg(not(feature = "gpu"))]
fn gpus(text: &mut String) {
    row(text, "gpu", "none: this command was built without the feature `gpu`");
}
