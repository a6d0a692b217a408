//! `bytelens batch --dry-run`: what would be done, and what it would take.

use std::path::Path;
use std::process::ExitCode;

use bytelens::batch::{Budget, Estimate, Foreseen, Input, Nowhere, Plan, Shard, process_shard};
use serde_json::json;

use super::{Failure, hear_panics};
use crate::stop::{SOME_FAILED, Stop, print, say, shown};

/// How many pictures are done for an estimate of the time.
const TRIED: usize = 3;

/// Sums of estimates.
#[derive(Default)]
struct Sum {
    pictures: usize,
    failed: usize,
    bytes: u64,
    pixels: u64,
    most_memory: u64,
}

/// What doing some pictures took, for each pixel that was read.
struct Tried {
    ms: f64,
    bytes: f64,
}

/// Prints a line for each picture and what all would take; nothing is written.
pub(super) fn run(
    shard: &Shard,
    failures: &[Failure],
    plan: &Plan,
    budget: &Budget,
    out: &Path,
    is_json: bool,
) -> Result<ExitCode, Stop> {
    let mut sum = Sum { failed: failures.len(), ..Sum::default() };
    for failure in failures {
        say(&failure.to_string());
    }
    for one in shard.foresee(out, &budget.device) {
        match &one.estimate {
            Err(cause) => {
                sum.failed += 1;
                say(&Failure::new(&one.input, cause.clone()).to_string());
            }
            Ok(estimate) => {
                sum.add(estimate);
                print(&if is_json { object(&one, estimate) } else { line(&one, estimate) })?;
            }
        }
    }
    let tried = tried(shard, plan, budget);
    print(&sum.told(tried.as_ref(), budget.threads, is_json))?;
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

fn line(one: &Foreseen, estimate: &Estimate) -> String {
    let size = |[width, height]: [u64; 2]| format!("{width}x{height}");
    let output = one.output.as_deref().map_or_else(|| "a name to be found".to_owned(), shown);
    let after = estimate.size_out.map_or_else(|| "a size to be found".to_owned(), size);
    let memory = mebibytes(estimate.memory);
    format!("{} -> {output}  {} -> {after}  {memory}\n", shown(&one.input), size(estimate.size_in))
}

fn object(one: &Foreseen, estimate: &Estimate) -> String {
    let object = json!({
        "input": shown(&one.input),
        "output": one.output.as_deref().map(shown),
        "size_in": estimate.size_in,
        "size_out": estimate.size_out,
        "bytes_in": estimate.file,
        "memory": estimate.memory,
    });
    format!("{object}\n")
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Does some pictures from all over the list, into nowhere.
fn tried(shard: &Shard, plan: &Plan, budget: &Budget) -> Option<Tried> {
    let inputs: Vec<&Path> = shard.inputs().collect();
    let step = inputs.len().div_ceil(TRIED).max(1);
    let some = inputs.iter().skip(step / 2).step_by(step).map(|path| Input::new(*path));
    let mut alone = budget.clone();
    alone.threads = 1;
    hear_panics();
    let tally = process_shard(some.collect(), plan, &Nowhere, &alone).tally;
    drop(std::panic::take_hook());
    let pixels = tally.pixels as f64;
    let ms: f64 = tally.ms.stages().iter().map(|(_, ms)| ms).sum();
    (tally.pixels > 0).then(|| Tried { ms: ms / pixels, bytes: tally.bytes_out as f64 / pixels })
}

impl Sum {
    fn add(&mut self, estimate: &Estimate) {
        self.pictures += 1;
        self.bytes += estimate.file;
        self.pixels += estimate.size_in[0] * estimate.size_in[1];
        self.most_memory = self.most_memory.max(estimate.memory);
    }

    fn told(&self, tried: Option<&Tried>, threads: usize, is_json: bool) -> String {
        let pixels = self.pixels as f64;
        let seconds = tried.map(|tried| tried.ms * pixels / threads.max(1) as f64 / 1000.0);
        let bytes_out = tried.map(|tried| (tried.bytes * pixels).round());
        if is_json {
            let object = json!({
                "pictures": self.pictures,
                "failed": self.failed,
                "pixels": self.pixels,
                "bytes_in": self.bytes,
                "most_memory": self.most_memory,
                "seconds": seconds,
                "bytes_out": bytes_out,
            });
            return format!("{object}\n");
        }
        let mut text = format!(
            "{} pictures, {:.1} MP, {} to read; the largest needs {}",
            self.pictures,
            pixels / 1e6,
            mebibytes(self.bytes),
            mebibytes(self.most_memory)
        );
        if let (Some(seconds), Some(bytes)) = (seconds, bytes_out) {
            let size = bytes / f64::from(1 << 20);
            text += &format!("; about {seconds:.0} s, and {size:.1} MiB to write");
        }
        if self.failed > 0 {
            text += &format!("; {} cannot be done", self.failed);
        }
        text + "\n"
    }
}
