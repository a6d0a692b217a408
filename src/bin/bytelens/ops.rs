//! `bytelens ops`: what the operations are, from their declarations.

use std::process::ExitCode;

use bytelens::{Pipeline, describe};

use crate::stop::{Stop, print};

/// Lists the operations, or tells all about one
///
/// An operation's line shows its parameters with their defaults, in the order in which bare values fill
/// them: `blur 2` is `blur sigma=2`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens ops             every operation, a line each
  bytelens ops resize      all about one
  bytelens ops --markdown  the table of the README")]
pub(crate) struct Args {
    /// The operation to tell all about
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print the list as a Markdown table
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

/// Runs `bytelens ops`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let text = match &args.name {
        // A name alone is a pipeline of one op; the library knows what was meant by a wrong one.
        Some(name) => {
            let pipeline: Pipeline = name.parse().map_err(Stop::usage)?;
            let texts: Vec<_> =
                pipeline.ops().iter().map(|op| describe::op_text(op.spec())).collect();
            texts.join("\n")
        }
        None if args.markdown => describe::markdown_table(),
        None => describe::list(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
