//! `bytelens batch - --out -`: one picture from standard input, or from a file, to standard output.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use bytelens::Device;
use bytelens::batch::{self, Plan};

use super::Args;
use crate::stop::{Stop, put, reason, shown};

/// Standard input and output.
const STANDARD: &str = "-";

/// Returns whether one picture goes through a pipe; an error where that is half asked for.
pub(super) fn is_asked_for(args: &Args) -> Result<bool, Stop> {
    let is_standard = |path: &Path| path == Path::new(STANDARD);
    let comes = args.inputs.iter().any(|input| is_standard(input));
    let goes = args.out.as_deref().is_some_and(is_standard);
    let is_one = args.inputs.len() == 1 && args.contract.files_from.is_none();
    match (comes, goes) {
        (false, false) => Ok(false),
        (_, true) if is_one && !args.explain && !args.contract.dry_run => Ok(true),
        (_, true) => {
            Err(Stop::usage("--out - takes one picture: `bytelens batch photo.jpg --out -`"))
        }
        (true, false) => Err(Stop::usage(
            "a picture from standard input goes to standard output: `bytelens batch - --out -`",
        )),
    }
}

/// Does the picture; nothing is written where that fails.
pub(super) fn run(args: &Args, plan: &Plan) -> Result<ExitCode, Stop> {
    let contract = &args.contract;
    if contract.report.is_some() || contract.name.is_some() || contract.json {
        return Err(Stop::usage("--report, --name and --json are for outputs that are files"));
    }
    let device = Device::named(&args.device).map_err(Stop::start)?;
    let input = args.inputs[0].as_path();
    let (name, bytes) = if input == Path::new(STANDARD) {
        // One byte more than may be, so that too many are noticed.
        let most = plan.limits.max_file_bytes.saturating_add(1);
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
        let name = "standard input".to_owned();
        (name, read.map(|_| bytes).map_err(|error| format!("cannot read: {}", reason(&error))))
    } else {
        (shown(input), batch::read(input, &plan.limits).map_err(|error| batch::cause(&error)))
    };
    let made = bytes
        .and_then(|bytes| batch::convert(&bytes, plan, &device).map_err(|error| error.to_string()));
    put(&made.map_err(|cause| Stop::failed(format!("{name}: {cause}")))?)?;
    Ok(ExitCode::SUCCESS)
}
