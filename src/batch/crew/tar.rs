//! A tar of pictures: one output, made member by member.
//!
//! Members are read in their order, made by all workers at once, and put into the output in their order: in memory
//! are some at a time, however long the tar. What is no picture is carried over as it is. The output has its name
//! once its last member is in it; then members have their entries, and after them the tar itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tar::Builder;

use super::{Crew, lock};
use crate::batch::entry::{Entry, State};
use crate::batch::names::Job;
use crate::batch::output::Draft;
use crate::batch::plan::Existing;
use crate::error::Error;

mod bytes;
mod copy;

use bytes::Tap;
use copy::Waiting;

/// Why there is no output.
enum Break {
    /// Nobody wants it any longer.
    Cancelled,
    /// The tar cannot be read to its end.
    Unread(String),
    /// The output cannot be written.
    Unwritten(Error),
}

/// A tar that is being made.
struct Making<'c, 'a> {
    crew: &'c Crew<'a>,
    job: &'c Arc<Job>,
    out: Builder<Tap<Box<dyn Draft + 'c>>>,
    waiting: Vec<Waiting>,
    waiting_bytes: u64,
    /// The names of pictures in the output.
    names: HashSet<PathBuf>,
    entries: Vec<Entry>,
    /// Whether a part of a member is in the output, and its end will never come.
    is_torn: bool,
}

impl Crew<'_> {
    /// Makes the tar of a tar, and tells what became of its members and of itself.
    pub(super) fn tar(&self, job: &Arc<Job>) {
        let mut entry = Entry::new(&job.input, self.shard.hash(), State::Done);
        entry.tries = self.shard.tries_before(&job.input) + 1;
        let Some(name) = &job.output else {
            return self.failed(entry, "its output has no name".to_owned());
        };
        if self.shard.plan().existing != Existing::Replace && self.output.exists(name) {
            return self.leave(entry, name);
        }
        if self.shard.is_known_tar(job, self.output) {
            lock(&self.tally).known += 1;
            return self.watch.known(&job.input);
        }
        let draft = match self.output.create(name) {
            Ok(draft) => draft,
            Err(error) => return self.unwritten(entry, error),
        };
        let mut making = Making {
            crew: self,
            job,
            out: Builder::new(Tap::new(draft)),
            waiting: Vec::new(),
            waiting_bytes: 0,
            names: HashSet::new(),
            entries: Vec::new(),
            is_torn: false,
        };
        let read = making.copy(&mut entry);
        let mut entries = std::mem::take(&mut making.entries);
        let made = read.and_then(|()| making.finish(name, &mut entry));
        if let Err(Break::Cancelled) = made {
            return;
        }
        if let Err(why) = &made {
            let why = match why {
                Break::Unwritten(error) => error.to_string(),
                Break::Unread(reason) => reason.clone(),
                Break::Cancelled => String::new(),
            };
            for lost in entries.iter_mut().filter(|entry| entry.state == State::Done) {
                (lost.state, lost.output) = (State::Failed, None);
                lost.reason = Some(format!("its tar was not made: {why}"));
            }
        }
        entry.members = Some(entries.len() as u64);
        entries.iter().for_each(|entry| self.tell(entry));
        match made {
            Err(Break::Unread(reason)) => self.failed(entry, reason),
            Err(Break::Unwritten(error)) => self.unwritten(entry, error),
            Ok(()) | Err(Break::Cancelled) => self.tell(&entry),
        }
    }
}

impl Making<'_, '_> {
    /// Ends the output, and gives it its name.
    fn finish(self, name: &Path, entry: &mut Entry) -> Result<(), Break> {
        let path = self.crew.output.path(name);
        let unwritten =
            |source| Break::Unwritten(Error::Io { action: "write", path: path.clone(), source });
        let (content, bytes, draft) = self.out.into_inner().map_err(unwritten)?.finish();
        draft.keep().map_err(Break::Unwritten)?;
        (entry.output_content, entry.bytes_out) = (Some(content), bytes);
        entry.output = Some(path);
        Ok(())
    }
}
