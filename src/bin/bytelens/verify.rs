//! `bytelens verify`: whether what a report says still holds.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytelens::batch::{self, Account};
use serde_json::json;
use walkdir::WalkDir;

use crate::batch::inputs;
use crate::stop::{SOME_FAILED, Stop, print, say, shown};

/// Reads all inputs and outputs of a report again, and accounts for every one
///
/// Inputs are listed as they were when `bytelens batch --report` ran, and every file below the output folder is
/// looked at. What failed, is missing, has changed, or is in no line of the report, has a line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens verify report.jsonl
  bytelens verify report.jsonl --json | jq .findings

Exit codes:
  0  every input is done or passed over as asked for, every output is what was written
  1  some are not; each has a line on standard error
  2  the command line is wrong
  3  there is no such report, or it is none")]
pub(crate) struct Args {
    /// The report
    #[arg(value_name = "REPORT")]
    report: PathBuf,

    /// Print what came of it as an object of JSON
    #[arg(long)]
    json: bool,
}

/// Runs `bytelens verify`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let report = args.report.canonicalize();
    let account = Account::read(&args.report).map_err(Stop::start)?;
    let Some(last) = account.runs.last() else {
        return Err(Stop::start(format!("{}: no report of a run", shown(&args.report))));
    };
    // The names in it start from there.
    if std::env::set_current_dir(&last.from).is_err() {
        let from = shown(&last.from);
        say(&format!("there is no folder {from}, where the run was started: looking from here"));
    }
    let mut listed = Vec::new();
    let mut outputs = Vec::new();
    let mut seen = HashSet::new();
    for run in account.runs.iter().filter(|run| seen.insert((&run.inputs, &run.listed, &run.out))) {
        let found = inputs::find(&run.inputs, &run.listed, run.recursive, &run.passed_over());
        listed.extend(found.pictures.into_iter().map(|input| input.path));
        outputs.extend(files(&run.out));
    }
    outputs.sort();
    outputs.dedup();
    let real = |path: &Path| path.canonicalize().ok();
    let inputs: HashSet<PathBuf> = listed.iter().filter_map(|path| real(path)).collect();
    let is_other = |path: &PathBuf| {
        let real = real(path);
        real.as_ref() == report.as_ref().ok() || real.is_some_and(|real| inputs.contains(&real))
    };
    let written: HashSet<&Path> =
        account.entries.values().filter_map(|entry| entry.output.as_deref()).collect();
    outputs.retain(|path| written.contains(path.as_path()) || !is_other(path));

    let verified = batch::verify(&account, &listed, &outputs);
    for (path, finding) in &verified.findings {
        say(&format!("{}: {finding}", shown(path)));
    }
    let findings = verified.findings.len();
    if args.json {
        let findings = verified.findings.iter().map(|(path, finding)| {
            json!({"path": shown(path), "kind": finding.word(), "what": finding.to_string()})
        });
        let object = json!({
            "clean": verified.is_clean(),
            "done": verified.done,
            "degraded": verified.degraded,
            "skipped": verified.skipped,
            "quarantined": verified.quarantined,
            "findings": findings.collect::<Vec<_>>(),
        });
        print(&format!("{object}\n"))?;
    } else {
        let mut line = format!("{} done", verified.done);
        for (number, word) in [
            (verified.degraded, "of them degraded"),
            (verified.skipped, "skipped"),
            (verified.quarantined, "quarantined"),
        ] {
            if number > 0 {
                line += &format!(", {number} {word}");
            }
        }
        line += &if findings == 0 {
            ", all as the report says".to_owned()
        } else {
            format!("; {findings} not as they should be")
        };
        say(&line);
    }
    Ok(if verified.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// All files below a folder.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
    entries.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path)
}
