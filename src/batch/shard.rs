//! A shard: pictures with names for their outputs, and what is known of them from before.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::crew::Crew;
use super::entry::{Entry, State};
use super::estimate::{Foreseen, foresee, foresee_tar};
use super::hash::ContentHash;
use super::names::{self, Job};
use super::output::{Output, Stored};
use super::plan::{OnError, Plan};
use super::report::Account;
use super::tally::Tally;
use super::template::After;
use super::{Budget, Input, Watch};
use crate::device::Device;
use crate::error::{Error, Result};

/// Pictures to do by one plan, each with a name for its output as far as it is known.
#[derive(Debug)]
pub struct Shard {
    plan: Arc<Plan>,
    hash: ContentHash,
    jobs: Vec<Arc<Job>>,
    /// Inputs that cannot be done, as was seen from their names alone.
    failed: Vec<Entry>,
    before: Account,
    /// Tars of which a picture failed before.
    unfinished: HashSet<PathBuf>,
}

impl Shard {
    /// Names the outputs. Inputs whose outputs would have one name fail, all of them; one that is named twice is
    /// done once.
    #[must_use]
    pub fn new(inputs: Vec<Input>, plan: &Plan) -> Self {
        let hash = plan.hash();
        let (jobs, failures) = names::jobs(inputs, plan);
        let failed = failures.iter().map(|(path, reason)| Entry::failed(path, hash, reason));
        Self {
            plan: Arc::new(plan.clone()),
            hash,
            jobs: jobs.into_iter().map(Arc::new).collect(),
            failed: failed.collect(),
            before: Account::default(),
            unfinished: HashSet::new(),
        }
    }

    /// Passes over what an earlier report says is done, where that still holds: the content of the input, the
    /// plan, the name and the content of the output are all as they were. Nothing is judged by its time.
    #[must_use]
    pub fn resume(mut self, before: Account) -> Self {
        let failed = before.entries.values().filter(|entry| entry.state == State::Failed);
        self.unfinished = failed.filter_map(|entry| entry.tar.clone()).collect();
        self.before = before;
        self
    }

    /// Sets what is done with pictures that cannot be made.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        Arc::make_mut(&mut self.plan).on_error = on_error;
        self
    }

    /// Returns how many pictures there are, those that cannot be done among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len() + self.failed.len()
    }

    /// Returns whether there is no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the inputs that can be tried, in their order.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.jobs.iter().map(|job| &*job.input)
    }

    /// Checks that no output in a folder would take the place of an input, as far as names are known.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with both names.
    pub fn refuse_to_replace_inputs(&self, root: &Path) -> Result<()> {
        names::refuse_to_replace_inputs(&self.jobs, root)
    }

    /// Estimates what each picture needs, from the heads of the files. Nothing is decoded and nothing written.
    pub fn foresee(&self, output: &Path, device: &Device) -> impl Iterator<Item = Foreseen> {
        let failed = self.failed.iter().map(|entry| Foreseen {
            input: entry.input.clone(),
            output: None,
            estimate: Err(entry.reason.clone().unwrap_or_default()),
        });
        failed.chain(self.jobs.iter().flat_map(move |job| {
            if job.is_tar() {
                return foresee_tar(job, &self.plan, device, output);
            }
            vec![Foreseen {
                input: job.input.clone(),
                output: job.output.as_ref().map(|name| output.join(name)),
                estimate: foresee(job, &self.plan, device),
            }]
        }))
    }

    /// Does the pictures: the largest files first, so that no thread is left with one at the end. Returns their
    /// numbers and, where the work ended before all was done, why.
    ///
    /// Pictures fail one by one. The work ends where the watcher says so or cannot account for a picture, and
    /// where the place of the outputs is full.
    pub fn process(
        &self,
        output: &dyn Output,
        budget: &Budget,
        watch: &dyn Watch,
    ) -> (Tally, Option<Error>) {
        let crew = Crew::new(self, output, budget, watch);
        for entry in &self.failed {
            crew.tell(entry);
        }
        // What killed runs left lies where outputs go.
        let folders: HashSet<_> =
            self.jobs.iter().filter_map(|job| job.output.as_ref()?.parent()).collect();
        folders.into_iter().for_each(|folder| output.tidy(folder));
        crew.run(self.by_cost(budget));
        let (mut tally, stopped) = crew.end();
        tally.left = self.len().saturating_sub(tally.accounted());
        (tally, stopped)
    }

    pub(super) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(super) fn hash(&self) -> ContentHash {
        self.hash
    }

    /// The jobs, those with the largest files first.
    fn by_cost(&self, budget: &Budget) -> Vec<Arc<Job>> {
        let mut jobs = self.jobs.clone();
        if budget.threads > 1 {
            let bytes = |job: &Arc<Job>| job.input.metadata().map_or(0, |known| known.len());
            jobs.sort_by_cached_key(|job| std::cmp::Reverse(bytes(job)));
        }
        jobs
    }

    /// The inputs by all their names, for outputs whose names are not known before: none may replace one.
    pub(super) fn late_inputs(&self) -> HashSet<PathBuf> {
        let is_late = self.plan.template.as_ref().is_some_and(|name| !name.is_known_before());
        let jobs = self.jobs.iter().filter(|_| is_late);
        jobs.flat_map(|job| names::names(&job.input)).collect()
    }

    /// Returns how often an input was tried before without an output.
    pub(super) fn tries_before(&self, input: &Path) -> u32 {
        let before = self.before.entries.get(input).filter(|before| before.plan == self.hash);
        before.filter(|before| before.state != State::Done).map_or(0, |before| before.tries)
    }

    /// Returns whether the tar that an earlier report tells of is what would be made again: its input, its output
    /// and the plan are what they were, and all of its pictures were done. A tar is resumed as a whole.
    pub(super) fn is_known_tar(&self, job: &Job, output: &dyn Output) -> bool {
        let is_whole = !self.unfinished.contains(&job.input);
        let content = self.known(job, output).filter(|_| is_whole);
        content.is_some_and(|content| content.is_of_file(&job.input))
    }

    /// Returns the content of the input that the output was made of which an earlier report tells of, where
    /// that output is still what it was.
    pub(super) fn known(&self, job: &Job, output: &dyn Output) -> Option<ContentHash> {
        let before = self.before.entries.get(&job.input)?;
        if before.state != State::Done || before.plan != self.hash {
            return None;
        }
        let name = job.output.clone().or_else(|| {
            let after = After { size: before.size_out?, content: before.content? };
            job.name(&self.plan, Some(after))
        })?;
        let stored = Stored { content: before.output_content?, bytes: before.bytes_out };
        let is_whole = before.output.as_ref() == Some(&output.path(&name))
            && output.stored(&name) == Some(stored);
        before.content.filter(|_| is_whole)
    }
}
