//! Workers: each takes the next picture until there is none.
//!
//! Memory is bounded by their number, for each holds one picture at a time. A picture that meets a
//! fault in the library fails alone.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytelens::Device;

use super::Failure;
use super::files::Folder;
use super::interrupt::Interrupt;
use super::names::Job;
use super::picture::{self, Outcome, Recipe};
use super::report::{Report, Tally};

/// Who works: workers, and the device of each.
#[derive(Debug)]
pub(super) struct Crew {
    device: Device,
    workers: usize,
    /// The threads of each worker's device, where it is the CPU.
    threads: usize,
}

impl Crew {
    /// Shares `jobs` threads among `pictures`: a worker for each picture, and threads that are left
    /// over go inside the pictures.
    pub(super) fn new(device: &Device, jobs: usize, pictures: usize) -> Self {
        let workers = jobs.min(pictures).max(1);
        Self { device: device.clone(), workers, threads: jobs / workers }
    }

    /// The device of one worker: a GPU is shared, the CPU is divided.
    fn device(&self) -> Device {
        if self.device.is_cpu() {
            Device::cpu_with_threads(self.threads)
        } else {
            self.device.clone()
        }
    }
}

impl fmt::Display for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.device.is_cpu() {
            let all = Device::cpu_with_threads(self.workers * self.threads);
            write!(f, "{all}: {}", self.device.reason())
        } else {
            write!(f, "{}: {}", self.device, self.device.reason())
        }
    }
}

/// Does all jobs, in order of their numbers as workers come free.
pub(super) fn run(
    jobs: &[Job],
    recipe: &Recipe,
    crew: &Crew,
    folder: &Folder<'_>,
    interrupt: &Interrupt,
    report: &Report,
) -> Tally {
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        let device = crew.device();
        let mut own = Tally::default();
        while !interrupt.is_set() {
            let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            match guarded(|| picture::run(job, recipe, &device, folder, interrupt)) {
                Outcome::Done(pixels) => {
                    own.done += 1;
                    own.pixels += pixels;
                }
                Outcome::Skipped => own.skipped += 1,
                Outcome::Failed(cause) => {
                    own.failed += 1;
                    report.failed(&Failure::new(&job.input, cause));
                }
                Outcome::Dropped => continue,
            }
            report.step();
        }
        *tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += own;
    };
    silence_panics();
    std::thread::scope(|scope| {
        for _ in 1..crew.workers {
            // With fewer threads than were asked for the work takes longer, and is done.
            let _ =
                std::thread::Builder::new().name("picture".to_owned()).spawn_scoped(scope, work);
        }
        work();
    });
    // Back to the usual words for what goes wrong outside of pictures.
    drop(std::panic::take_hook());
    let mut tally = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    tally.left = jobs.len() - tally.done - tally.failed - tally.skipped;
    tally
}

thread_local! {
    /// Where this thread panicked, and with which words.
    static FAULT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the words of a panic for its picture's line, instead of writing them anywhere.
fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        let words = format!("{}{place}", words(panic.payload()));
        FAULT.with(|fault| *fault.borrow_mut() = Some(words));
    }));
}

/// Does a picture; a panic is its failure.
fn guarded(work: impl FnOnce() -> Outcome) -> Outcome {
    // Nothing outlives the picture but the device, whose locks hold whatever a panic left there.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let fault = FAULT.with(|fault| fault.borrow_mut().take());
        let fault = fault.unwrap_or_else(|| words(&*payload).to_owned());
        let fault = fault.replace('\n', " ");
        Outcome::Failed(format!("a fault in bytelens itself, please report it: {fault}"))
    })
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

#[cfg(test)]
mod tests {
    use bytelens::Device;

    use super::{Crew, Outcome, guarded};

    #[test]
    fn threads_go_to_pictures_first() {
        for (jobs, pictures, expected) in
            [(8, 100, (8, 1)), (8, 3, (3, 2)), (8, 1, (1, 8)), (1, 100, (1, 1)), (2, 0, (1, 2))]
        {
            let crew = Crew::new(&Device::cpu(), jobs, pictures);
            assert_eq!((crew.workers, crew.threads), expected, "{jobs} jobs, {pictures} pictures");
        }
    }

    #[test]
    fn a_panic_is_the_failure_of_its_picture() {
        let Outcome::Failed(cause) = guarded(|| panic!("index {} out of range", 7)) else {
            panic!("not a failure");
        };
        assert!(cause.contains("please report it: index 7 out of range"), "{cause}");
        assert_eq!(guarded(|| Outcome::Done(1)), Outcome::Done(1));
    }
}
