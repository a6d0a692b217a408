//! Workers: each takes the next picture until there is none.
//!
//! Memory is bounded by their number, for each holds one picture at a time, and by the budget where it says
//! so. What a picture does to its worker is the picture's failure: it is tried once more when all others are
//! done, with nobody beside it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::admission::Admission;
use super::attempt::{Attempt, attempt};
use super::entry::{Entry, State};
use super::hash::ContentHash;
use super::names::{self, Job};
use super::output::Output;
use super::picture::{Facts, Halt, Kept, Task, elapsed};
use super::plan::{Existing, OnError};
use super::shard::Shard;
use super::source::{Files, Source};
use super::tally::Tally;
use super::template::After;
use super::{Budget, Watch};
use crate::device::Device;
use crate::error::{Error, shown};

mod tar;

/// Those who work on a shard.
pub(super) struct Crew<'a> {
    shard: &'a Shard,
    output: &'a dyn Output,
    budget: &'a Budget,
    watch: &'a dyn Watch,
    admission: Option<Arc<Admission>>,
    late_inputs: HashSet<PathBuf>,
    /// Outputs whose names were not known before, with their inputs.
    claimed: Mutex<HashMap<PathBuf, PathBuf>>,
    /// Pictures that brought down a worker.
    again: Mutex<Vec<Arc<Job>>>,
    tally: Mutex<Tally>,
    is_stopped: AtomicBool,
    stopped: Mutex<Option<Error>>,
}

impl<'a> Crew<'a> {
    pub(super) fn new(
        shard: &'a Shard,
        output: &'a dyn Output,
        budget: &'a Budget,
        watch: &'a dyn Watch,
    ) -> Self {
        Self {
            shard,
            output,
            budget,
            watch,
            admission: budget.memory.map(Admission::new),
            late_inputs: shard.late_inputs(),
            claimed: Mutex::default(),
            again: Mutex::default(),
            tally: Mutex::default(),
            is_stopped: AtomicBool::new(false),
            stopped: Mutex::default(),
        }
    }

    /// Does all jobs, in their order as workers come free.
    pub(super) fn run(&self, jobs: Vec<Arc<Job>>) {
        let (tars, pictures): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_tar());
        self.each(pictures.len(), |at, device, kept| self.job(&pictures[at], device, kept, true));
        let again = std::mem::take(&mut *lock(&self.again));
        for job in again.into_iter().take_while(|_| !self.is_over()) {
            self.job(&job, &self.device(self.budget.threads), &mut Kept::default(), false);
        }
        // Every one of them is work for all.
        tars.iter().take_while(|_| !self.is_over()).for_each(|job| self.tar(job));
    }

    /// Does so many things, in their order as workers come free.
    fn each(&self, count: usize, one: impl Fn(usize, &Device, &mut Kept) + Sync) {
        let (workers, threads) = share(self.budget.threads, count);
        let next = AtomicUsize::new(0);
        let work = || {
            let device = self.device(threads);
            let mut kept = Kept::default();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count || self.is_over() {
                    break;
                }
                one(at, &device, &mut kept);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..workers {
                // With fewer threads than were asked for the work takes longer, and is done.
                let builder = std::thread::Builder::new().name("picture".to_owned());
                let _ = builder.spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Tries to make a picture.
    fn attempt(&self, task: Task, kept: &mut Kept) -> Attempt {
        attempt(task, self.budget.timeout, kept, &|| self.is_over())
    }

    /// The device of one worker: a GPU is shared, the CPU is divided.
    fn device(&self, threads: usize) -> Device {
        if self.budget.device.is_cpu() {
            Device::cpu_with_threads(threads)
        } else {
            self.budget.device.clone()
        }
    }

    fn is_over(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst) || self.watch.is_cancelled()
    }

    /// Does a picture and tells what became of it; nothing, where it is dropped or to be tried again.
    fn job(&self, job: &Arc<Job>, device: &Device, kept: &mut Kept, is_first: bool) {
        let plan = self.shard.plan();
        let before = self.shard.tries_before(&job.input) + u32::from(!is_first);
        let mut entry = Entry::new(&job.input, self.shard.hash(), State::Skipped);
        entry.tries = before + 1;
        if plan.existing != Existing::Replace
            && let Some(name) = job.output.as_ref().filter(|name| self.output.exists(name))
        {
            return self.leave(entry, name);
        }
        let task = Task {
            job: Arc::clone(job),
            plan: Arc::clone(plan),
            device: device.clone(),
            admission: self.admission.clone(),
            source: Arc::new(Files),
            known: self.shard.known(job, self.output),
        };
        match self.attempt(task, kept) {
            Attempt::Over(Ok(bytes), facts) => {
                take(&mut entry, facts);
                self.put(job, entry, &bytes);
            }
            Attempt::Over(Err(Halt::Cancelled), _) => {}
            Attempt::Over(Err(Halt::Known), _) => {
                lock(&self.tally).known += 1;
                self.watch.known(&job.input);
            }
            Attempt::Over(Err(Halt::Unread(reason)), facts) => {
                take(&mut entry, facts);
                self.failed(entry, reason);
            }
            Attempt::Over(Err(Halt::Failed(reason)), facts) => {
                take(&mut entry, facts);
                self.unmade(job, entry, reason);
            }
            Attempt::Late(reason) => self.unmade(job, entry, reason),
            Attempt::Fault(_) if is_first => lock(&self.again).push(Arc::clone(job)),
            Attempt::Fault(words) => self.unmade(job, entry, fault(&words)),
        }
    }

    /// An output that is there stays.
    fn leave(&self, entry: Entry, name: &Path) {
        let output = self.output.path(name);
        let reason = Some(format!("{} exists", shown(&output)));
        let is_skip = self.shard.plan().existing == Existing::Skip;
        let state = if is_skip { State::Skipped } else { State::Failed };
        self.tell(&Entry { state, reason, output: is_skip.then_some(output), ..entry });
    }

    /// Gives the output its name.
    fn put(&self, job: &Job, mut entry: Entry, bytes: &[u8]) {
        let after = entry.size_out.zip(entry.content);
        let after = after.map(|(size, content)| After { size, content });
        let Some(name) = job.name(self.shard.plan(), after) else {
            return self.failed(entry, "its output has no name".to_owned());
        };
        let output = self.output.path(&name);
        if job.output.is_none() {
            if self.shard.plan().existing != Existing::Replace && self.output.exists(&name) {
                return self.leave(entry, &name);
            }
            if let Err(reason) = self.claim(job, &name, &output) {
                return self.failed(entry, reason);
            }
        }
        let started = Instant::now();
        if let Err(error) = self.output.put(&name, bytes) {
            return self.unwritten(entry, error);
        }
        entry.state = State::Done;
        entry.ms.write = elapsed(started);
        entry.output_content = Some(ContentHash::of(bytes));
        entry.bytes_out = bytes.len() as u64;
        entry.output = Some(output);
        self.tell(&entry);
    }

    /// An output that could not be written; where there is no room, there is none for any other.
    fn unwritten(&self, entry: Entry, error: Error) {
        self.failed(entry, error.to_string());
        if is_full(&error) {
            self.stop(error);
        }
    }

    /// Sees that a name that was not known before is neither another picture's nor an input's.
    fn claim(&self, job: &Job, name: &Path, output: &Path) -> Result<(), String> {
        if names::replaced(output).is_some_and(|name| self.late_inputs.contains(&name)) {
            return Err(names::would_replace(output, Path::new("of that name")).to_string());
        }
        let mut claimed = lock(&self.claimed);
        match claimed.get(&names::folded(name)) {
            Some(other) if *other != job.input => {
                let (other, output) = (shown(other), shown(output));
                Err(format!("not done: {other} was written to {output} already"))
            }
            _ => {
                claimed.insert(names::folded(name), job.input.clone());
                Ok(())
            }
        }
    }

    /// A picture that cannot be made, for what is in it: as the plan says.
    fn unmade(&self, job: &Job, entry: Entry, reason: String) {
        self.tell(&self.set_aside(job, &Files, entry, reason));
    }

    /// Says what became of a picture that cannot be made, and copies it where that is asked for.
    fn set_aside(&self, job: &Job, source: &dyn Source, entry: Entry, reason: String) -> Entry {
        let plan = self.shard.plan();
        let (state, output, reason) = match &plan.on_error {
            OnError::Fail => (State::Failed, None, reason),
            OnError::Skip => (State::Skipped, None, reason),
            OnError::Quarantine(place) => {
                let (name, mut copy) = (job.own_path(), Vec::new());
                let read = source.read_into(&job.input, &plan.limits, &mut copy);
                match read.and_then(|()| place.put(name, &copy)) {
                    Ok(()) => (State::Quarantined, Some(place.path(name)), reason),
                    Err(error) => {
                        (State::Failed, None, format!("{reason}; and no copy was made: {error}"))
                    }
                }
            }
        };
        Entry { state, output, reason: Some(reason), ..entry }
    }

    fn failed(&self, entry: Entry, reason: String) {
        self.tell(&Entry { state: State::Failed, reason: Some(reason), ..entry });
    }

    /// Counts a picture and tells of it.
    pub(super) fn tell(&self, entry: &Entry) {
        lock(&self.tally).count(entry);
        if let Err(error) = self.watch.finished(entry) {
            self.stop(error);
        }
    }

    /// Ends the work; the first reason counts.
    fn stop(&self, error: Error) {
        lock(&self.stopped).get_or_insert(error);
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    pub(super) fn end(self) -> (Tally, Option<Error>) {
        let tally = self.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        (tally, self.stopped.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shares threads among pictures: a worker for each picture, and threads that are left over go inside them.
fn share(threads: usize, pictures: usize) -> (usize, usize) {
    let workers = threads.min(pictures).max(1);
    (workers, (threads / workers).max(1))
}

/// What is said of a picture that brought down its worker twice.
fn fault(words: &str) -> String {
    format!("a fault in bytelens itself, twice, the second time alone; please report it: {words}")
}

/// Whether there is no room for any other output either.
fn is_full(error: &Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error, Error::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
}

fn take(entry: &mut Entry, facts: Facts) {
    let Facts { content, bytes_in, size_in, size_out, damage, lost, ms } = facts;
    entry.content = content;
    entry.bytes_in = bytes_in;
    entry.size_in = size_in;
    entry.size_out = size_out;
    entry.degraded = damage.is_some();
    entry.reason = damage;
    entry.not_kept = lost.into_iter().map(str::to_owned).collect();
    entry.ms = ms;
}

/// Locks; counts and lists are whole whatever a thread that panicked was at.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn threads_go_to_pictures_first() {
        for (threads, pictures, expected) in
            [(8, 100, (8, 1)), (8, 3, (3, 2)), (8, 1, (1, 8)), (1, 100, (1, 1)), (2, 0, (1, 2))]
        {
            assert_eq!(
                share(threads, pictures),
                expected,
                "{threads} threads, {pictures} pictures"
            );
        }
    }
}
