//! What the user sees: progress on a terminal, a line for each failure, a summary.

use std::ops::AddAssign;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::stop::say;

/// What became of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    /// Neither: an interruption came first.
    pub(super) left: usize,
    /// The pixels of the pictures that are done, as they were read.
    pub(super) pixels: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.done += more.done;
        self.failed += more.failed;
        self.skipped += more.skipped;
        self.left += more.left;
        self.pixels += more.pixels;
    }
}

/// Tells on standard error how the work goes.
#[derive(Debug)]
pub(super) struct Report {
    bar: ProgressBar,
    started: Instant,
    quiet: bool,
}

impl Report {
    /// Starts the clock, and on a terminal a progress bar.
    pub(super) fn new(jobs: usize, quiet: bool) -> Self {
        let bar = if quiet || jobs < 2 {
            ProgressBar::hidden()
        } else {
            // Hidden by itself where standard error is no terminal.
            ProgressBar::new(jobs as u64)
        };
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, started: Instant::now(), quiet }
    }

    /// Tells of an input that is not done.
    pub(super) fn failed(&self, failure: &Failure) {
        self.bar.suspend(|| say(&failure.to_string()));
    }

    /// Moves the bar by one picture.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    /// Tells what became of the inputs, how fast, and where.
    pub(super) fn summary(&mut self, tally: &Tally, is_interrupted: bool, device: &str) {
        self.bar.finish_and_clear();
        if self.quiet {
            return;
        }
        let Tally { done, failed, skipped, left, pixels } = tally;
        let seconds = self.started.elapsed().as_secs_f64();
        let mut line = format!("{done} done, {failed} failed");
        for (number, word) in [(skipped, "skipped"), (left, "not done")] {
            if *number > 0 {
                line += &format!(", {number} {word}");
            }
        }
        if is_interrupted {
            line = format!("interrupted: {line}");
        }
        line += &format!(" in {seconds:.1} s");
        if *done > 0 {
            let rate = *pixels as f64 / seconds.max(1e-9) / 1e6;
            line += &format!(", {rate:.1} MP/s on {device}");
        }
        say(&line);
    }
}
