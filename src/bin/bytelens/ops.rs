//! `bytelens ops`: what the operations are, from their declarations.

mod json;
mod page;

use std::path::PathBuf;
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
  bytelens ops --markdown  the table of the README
  bytelens ops --json      all that is known of each, for programs
  bytelens ops --page docs --photo photo.jpg
                           a page of all, with a picture of each before and after")]
pub(crate) struct Args {
    /// The operation to tell all about
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print the list as a Markdown table
    #[arg(long, conflicts_with = "name")]
    markdown: bool,

    /// Print all that is known of the operations as JSON: parameters with type, default, range, values, words
    #[arg(long, conflicts_with_all = ["name", "markdown"])]
    json: bool,

    /// Write a page of all operations to this folder: `ops.md`, and a picture of each in `ops`
    #[arg(long, value_name = "FOLDER", requires = "photo", conflicts_with_all = ["name", "markdown", "json"])]
    page: Option<PathBuf>,

    /// The photograph that the page shows the operations on
    #[arg(long, value_name = "FILE", requires = "page")]
    photo: Option<PathBuf>,
}

/// Runs `bytelens ops`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    if let (Some(folder), Some(photo)) = (&args.page, &args.photo) {
        page::write(folder, photo)?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = match &args.name {
        // A name alone is a pipeline of one op; the library knows what was meant by a wrong one.
        Some(name) => {
            let pipeline: Pipeline = name.parse().map_err(Stop::usage)?;
            let texts: Vec<_> =
                pipeline.ops().iter().map(|op| describe::op_text(op.spec())).collect();
            texts.join("\n")
        }
        None if args.markdown => describe::markdown_table(),
        None if args.json => json::text()?,
        None => describe::list(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
