//! What the user sees: progress on a terminal, a line for each picture that is not done, a summary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytelens::batch::{Asked, Entry, Report, State, Tally, Watch};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::interrupt::Interrupt;
use super::sheet::Sheet;
use crate::stop::{say, shown};

/// Watches the work: writes the report, tells on standard error how it goes, and ends it when it is interrupted.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    quiet: bool,
    interrupt: Interrupt,
    report: Option<Report>,
    seen: Mutex<Tally>,
    sheet: Option<Mutex<Sheet>>,
}

impl Progress {
    /// Starts the clock, and on a terminal a progress bar.
    pub(super) fn new(
        pictures: usize,
        quiet: bool,
        interrupt: &Interrupt,
        report: Option<Report>,
        has_sheet: bool,
    ) -> Self {
        let bar = if quiet || pictures < 2 {
            ProgressBar::hidden()
        } else {
            // Hidden by itself where standard error is no terminal.
            ProgressBar::new(pictures as u64)
        };
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let interrupt = interrupt.clone();
        let (seen, sheet) = (Mutex::default(), has_sheet.then(Mutex::default));
        Self { bar, started: Instant::now(), quiet, interrupt, report, seen, sheet }
    }

    /// Takes the bar away, and sees the report onto the disk.
    pub(super) fn finish(&self) -> bytelens::Result<()> {
        self.bar.finish_and_clear();
        self.report.as_ref().map_or(Ok(()), Report::finish)
    }

    /// Makes the contact sheet.
    pub(super) fn page(&self, tally: &Tally, asked: &Asked) -> String {
        let Some(sheet) = &self.sheet else { return String::new() };
        let title = format!("bytelens batch: {}", asked.pipeline);
        lock(sheet).page(&title, tally, self.started.elapsed().as_secs_f64())
    }

    /// Tells the same as the summary, to machines.
    pub(super) fn object(&self, tally: &Tally, asked: &Asked) -> String {
        let stages: BTreeMap<_, _> = tally.ms.stages().into_iter().collect();
        let object = json!({
            "interrupted": self.interrupt.is_set(),
            "done": tally.done,
            "tars": tally.tars,
            "degraded": tally.degraded,
            "not_all_kept": tally.not_all_kept,
            "failed": tally.failed,
            "skipped": tally.skipped,
            "quarantined": tally.quarantined,
            "known": tally.known,
            "left": tally.left,
            "pixels": tally.pixels,
            "bytes_in": tally.bytes_in,
            "bytes_out": tally.bytes_out,
            "ms": stages,
            "seconds": self.started.elapsed().as_secs_f64(),
            "plan": asked.plan,
        });
        format!("{object}\n")
    }

    /// Tells what became of the inputs, how fast, and where.
    pub(super) fn summary(&self, tally: &Tally, device: &str) {
        if self.quiet {
            return;
        }
        let mut line = format!("{} done, {} failed", tally.done, tally.failed);
        for (number, word) in [
            (tally.tars, "tars"),
            (tally.degraded, "of the done degraded"),
            (
                tally.not_all_kept,
                "of the done without EXIF or XMP, which their format does not hold",
            ),
            (tally.quarantined, "quarantined"),
            (tally.skipped, "skipped"),
            (tally.known, "done before"),
            (tally.left, "not done"),
        ] {
            if number > 0 {
                line += &format!(", {number} {word}");
            }
        }
        if self.interrupt.is_set() {
            line = format!("interrupted: {line}");
        }
        let elapsed = self.started.elapsed();
        line += &format!(" in {:.1} s", elapsed.as_secs_f64());
        if tally.done > 0 {
            line += &format!(", {:.1} MP/s on {device}", rate(tally, elapsed));
        }
        say(&line);
    }
}

/// Locks; numbers and lists are whole whatever a thread that panicked was at.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Megapixels read in a second.
fn rate(tally: &Tally, elapsed: Duration) -> f64 {
    tally.pixels as f64 / elapsed.as_secs_f64().max(1e-9) / 1e6
}

/// What the bar says beside its numbers: the rate, the stage that takes the most time, the failures.
fn message(tally: &Tally, elapsed: Duration) -> String {
    let stages = tally.ms.stages();
    let sum: f64 = stages.iter().map(|(_, ms)| ms).sum();
    let (stage, most) =
        stages.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("read", 0.0));
    let mut text = format!("{:.0} MP/s", rate(tally, elapsed));
    if sum > 0.0 {
        text += &format!(", {:.0} % {stage}", 100.0 * most / sum);
    }
    let failed = tally.failed + tally.quarantined;
    if failed > 0 {
        text += &format!(", {failed} failed");
    }
    text
}

impl Watch for Progress {
    fn is_cancelled(&self) -> bool {
        self.interrupt.is_set()
    }

    fn finished(&self, entry: &Entry) -> bytelens::Result<()> {
        if let Some(report) = &self.report {
            report.add(entry)?;
        }
        if let Some(sheet) = &self.sheet {
            lock(sheet).note(entry);
        }
        // A picture whose output was there is left as was asked for, without a word.
        let is_told = entry.state != State::Skipped || entry.output.is_none();
        if let Some(reason) = entry.reason.as_ref().filter(|_| is_told) {
            let word = match entry.state {
                State::Done => "degraded: ",
                State::Failed => "",
                State::Skipped => "skipped: ",
                State::Quarantined => "quarantined: ",
            };
            self.bar.suspend(|| say(&format!("{}: {word}{reason}", shown(&entry.input))));
        }
        if !self.bar.is_hidden() {
            let mut seen = lock(&self.seen);
            seen.count(entry);
            self.bar.set_message(message(&seen, self.started.elapsed()));
        }
        if entry.tar.is_none() {
            self.bar.inc(1);
        }
        Ok(())
    }

    fn known(&self, _: &Path) {
        self.bar.inc(1);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use bytelens::batch::{ContentHash, Entry, State, Tally};

    use super::message;

    #[test]
    fn the_bar_names_the_stage_that_takes_the_most_time() {
        let plan = ContentHash::of(b"");
        let mut tally = Tally::default();
        assert_eq!(message(&tally, Duration::from_secs(2)), "0 MP/s");
        let mut entry = Entry::new(Path::new("a"), plan, State::Done);
        entry.size_in = Some([4000, 1000]);
        (entry.ms.decode, entry.ms.encode) = (30.0, 10.0);
        tally.count(&entry);
        tally.count(&Entry::failed(Path::new("b"), plan, "damaged"));
        let text = message(&tally, Duration::from_secs(2));
        assert_eq!(text, "2 MP/s, 75 % decode, 1 failed");
    }
}
