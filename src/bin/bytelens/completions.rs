//! `bytelens completions`: what a shell needs to complete the command line.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::stop::{Stop, print};

/// Prints the completions of a shell
///
/// Bash: `source <(bytelens completions bash)`, in ~/.bashrc to have it always.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Runs `bytelens completions`.
pub(crate) fn run<C: CommandFactory>(args: &Args) -> Result<ExitCode, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "bytelens", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
