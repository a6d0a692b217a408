//! From a tar to a tar, member by member: read, made, put.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tar::{Archive, Builder, EntryType, Header};

use super::super::{fault, lock, take};
use super::bytes::{Tap, Whole, is_safe};
use super::{Break, Making};
use crate::batch::attempt::Attempt;
use crate::batch::entry::{Entry, State};
use crate::batch::hash::ContentHash;
use crate::batch::names::{self, Job};
use crate::batch::picture::{Halt, Task, elapsed};
use crate::batch::source::{self, Member};
use crate::error::{Error, reason};

/// How many pictures are in memory at once for each thread: enough that threads seldom wait for the last one.
const PICTURES_A_THREAD: usize = 16;

/// How many bytes of members wait in memory, beside the last one.
const WAITING_BYTES: u64 = 64 << 20;

/// Larger members that are no picture go from tar to tar without being in memory.
const SMALL_BYTES: u64 = 1 << 20;

/// A member that waits for its turn.
pub(super) enum Waiting {
    Picture {
        task: Task,
        header: Header,
    },
    Other {
        header: Header,
        path: PathBuf,
        bytes: Vec<u8>,
    },
    /// It does not come along.
    Refused(Entry),
}

impl<'c> Making<'c, '_> {
    /// Reads the tar to its end, and puts into the output what comes of it.
    pub(super) fn copy(&mut self, entry: &mut Entry) -> Result<(), Break> {
        let unread = |error: &io::Error| Break::Unread(format!("cannot read: {}", reason(error)));
        let started = Instant::now();
        let file = source::open(&self.job.input).map_err(|error| unread(&error))?;
        let before = file.metadata().map_err(|error| unread(&error))?;
        let mut archive = Archive::new(Tap::new(BufReader::with_capacity(1 << 20, &file)));
        // Tars that were joined end in the middle, too.
        archive.set_ignore_zeros(true);
        let read = self.members(&mut archive);
        self.flush()?;
        let mut tap = archive.into_inner();
        let rest = io::copy(&mut tap, &mut io::sink()).map_err(|error| unread(&error))?;
        let has_end = tap.has_end() && rest == 0;
        let (content, bytes, _) = tap.finish();
        (entry.content, entry.bytes_in, entry.ms.read) = (Some(content), bytes, elapsed(started));
        let after = file.metadata().map_err(|error| unread(&error))?;
        if !source::is_same(&before, &after) {
            return Err(unread(&io::Error::other(source::CHANGED)));
        }
        let damage = match read {
            Ok(()) if has_end => return Ok(()),
            Ok(()) => "tar: it ends without its end mark: a part may be missing".to_owned(),
            Err(Break::Unread(reason)) => reason,
            Err(other) => return Err(other),
        };
        if self.is_torn || !self.crew.shard.plan().is_lenient {
            return Err(Break::Unread(damage));
        }
        (entry.degraded, entry.reason) = (true, Some(damage));
        Ok(())
    }

    fn members(&mut self, archive: &mut Archive<impl Read>) -> Result<(), Break> {
        let damaged = |error: io::Error| Break::Unread(format!("tar: {}", reason(&error)));
        let most = self.crew.budget.threads.max(1).saturating_mul(PICTURES_A_THREAD);
        for member in archive.entries().map_err(damaged)? {
            if self.crew.is_over() {
                return Err(Break::Cancelled);
            }
            self.member(member.map_err(damaged)?)?;
            if self.waiting.len() >= most || self.waiting_bytes >= WAITING_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Reads a member, and lets it wait for its turn.
    fn member(&mut self, mut member: tar::Entry<'_, impl Read>) -> Result<(), Break> {
        let damaged = |error: io::Error| Break::Unread(format!("tar: {}", reason(&error)));
        let header = member.header().clone();
        let path = member.path().map_err(damaged)?.into_owned();
        let (kind, size) = (header.entry_type(), member.size());
        let is_plain = matches!(kind, EntryType::Regular | EntryType::Continuous);
        let is_carried =
            is_plain || matches!(kind, EntryType::Directory | EntryType::XGlobalHeader);
        if !is_safe(&path) {
            let why = "its name leads out of the folder where somebody unpacks it; rename it";
            return self.refuse(&path, why);
        }
        if !is_carried {
            return self.refuse(&path, "it is a link or a device; put a file in its place");
        }
        let limits = &self.crew.shard.plan().limits;
        if is_plain && names::is_picture(&path) {
            if let Err(error) = limits.check_file(size) {
                return self.refuse(&path, &error.to_string());
            }
            let bytes = read_whole(&mut member, size).map_err(damaged)?;
            return self.picture(&path, header, bytes);
        }
        if size > SMALL_BYTES {
            self.flush()?;
            let mut whole = Whole { inner: &mut member, left: size };
            return put(&mut self.out, header, &path, size, &mut whole).map_err(
                |error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        self.is_torn = true;
                        damaged(error)
                    }
                    _ => self.unwritten(error),
                },
            );
        }
        let bytes = read_whole(&mut member, size).map_err(damaged)?;
        self.waiting_bytes += bytes.len() as u64;
        self.waiting.push(Waiting::Other { header, path, bytes });
        Ok(())
    }

    /// Lets a picture wait, unless another is there of its output's name.
    fn picture(&mut self, path: &Path, header: Header, bytes: Vec<u8>) -> Result<(), Break> {
        let plan = self.crew.shard.plan();
        let job = Job::member(self.job, path, plan);
        let name = job.output.clone().unwrap_or_default();
        if !self.names.insert(names::folded(&name)) {
            return self.refuse(path, "another picture of the tar has the same output");
        }
        self.waiting_bytes += bytes.len() as u64;
        let task = Task {
            job: Arc::new(job),
            plan: Arc::clone(plan),
            device: self.crew.budget.device.clone(),
            admission: self.crew.admission.clone(),
            source: Arc::new(Member(bytes)),
            known: None,
        };
        self.waiting.push(Waiting::Picture { task, header });
        Ok(())
    }

    /// A member that does not come along.
    fn refuse(&mut self, path: &Path, why: &str) -> Result<(), Break> {
        // Joined as text, for a path that is absolute would take the place of the tar's.
        let mut member = self.job.input.clone().into_os_string();
        member.push("/");
        member.push(path);
        let reason = Some(why.to_owned());
        let entry = self.entry(Path::new(&member));
        self.waiting.push(Waiting::Refused(Entry { state: State::Failed, reason, ..entry }));
        Ok(())
    }

    fn entry(&self, member: &Path) -> Entry {
        let mut entry = Entry::new(member, self.crew.shard.hash(), State::Done);
        entry.tar = Some(self.job.input.clone());
        entry.tries = self.crew.shard.tries_before(member) + 1;
        entry
    }

    /// Makes the pictures that wait, and puts all that waits into the output.
    fn flush(&mut self) -> Result<(), Break> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let tasks: Vec<&Task> = waiting.iter().filter_map(Waiting::task).collect();
        let made: Vec<_> = tasks.iter().map(|_| Mutex::new(None)).collect();
        self.crew.each(tasks.len(), |at, device, kept| {
            let task = Task { device: device.clone(), ..tasks[at].clone() };
            let first = self.crew.attempt(task.clone(), kept);
            let is_fault = matches!(first, Attempt::Fault(_));
            *lock(&made[at]) = Some(if is_fault { self.crew.attempt(task, kept) } else { first });
        });
        let mut made = made.iter();
        for one in &waiting {
            match one {
                Waiting::Refused(entry) => self.entries.push(entry.clone()),
                Waiting::Other { header, path, bytes } => {
                    let put = put(
                        &mut self.out,
                        header.clone(),
                        path,
                        bytes.len() as u64,
                        &mut &bytes[..],
                    );
                    put.map_err(|error| self.unwritten(error))?;
                }
                Waiting::Picture { task, header } => {
                    let attempt = made.next().and_then(|made| lock(made).take());
                    self.made(task, header, attempt.ok_or(Break::Cancelled)?)?;
                }
            }
        }
        Ok(())
    }

    /// Puts into the output what came of a picture.
    fn made(&mut self, task: &Task, header: &Header, attempt: Attempt) -> Result<(), Break> {
        let job = &task.job;
        let mut entry = self.entry(&job.input);
        let reason = match attempt {
            Attempt::Over(Ok(bytes), facts) => {
                take(&mut entry, facts);
                let started = Instant::now();
                let name = job.output.as_deref().unwrap_or(Path::new(""));
                let put =
                    put(&mut self.out, header.clone(), name, bytes.len() as u64, &mut &bytes[..]);
                put.map_err(|error| self.unwritten(error))?;
                entry.ms.write = elapsed(started);
                entry.output_content = Some(ContentHash::of(&bytes));
                entry.bytes_out = bytes.len() as u64;
                let tar = self.job.output.as_deref().unwrap_or(Path::new(""));
                entry.output = Some(self.crew.output.path(tar).join(name));
                self.entries.push(entry);
                return Ok(());
            }
            Attempt::Over(Err(Halt::Cancelled), _) => return Err(Break::Cancelled),
            Attempt::Over(Err(Halt::Known), _) => "it is there already".to_owned(),
            Attempt::Over(Err(Halt::Unread(reason) | Halt::Failed(reason)), facts) => {
                take(&mut entry, facts);
                reason
            }
            Attempt::Late(reason) => reason,
            Attempt::Fault(words) => fault(&words),
        };
        self.entries.push(self.crew.set_aside(job, &*task.source, entry, reason));
        Ok(())
    }

    pub(super) fn unwritten(&self, source: io::Error) -> Break {
        let name = self.job.output.as_deref().unwrap_or(Path::new(""));
        Break::Unwritten(Error::Io { action: "write", path: self.crew.output.path(name), source })
    }
}

impl Waiting {
    fn task(&self) -> Option<&Task> {
        match self {
            Self::Picture { task, .. } => Some(task),
            Self::Other { .. } | Self::Refused(_) => None,
        }
    }
}

/// Reads a member, which must have as many bytes as its header says.
fn read_whole(member: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // What a header says is believed as far as there are bytes.
    Whole { inner: member, left: size }.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts a member into a tar, with all that its header says but for its size.
fn put(
    out: &mut Builder<impl io::Write>,
    mut header: Header,
    path: &Path,
    size: u64,
    bytes: &mut dyn Read,
) -> io::Result<()> {
    header.set_size(size);
    header.set_cksum();
    // A name that does not fit into the header stands in front of it.
    let is_own = header.path().is_ok_and(|own| own.as_os_str() == path.as_os_str());
    if is_own { out.append(&header, bytes) } else { out.append_data(&mut header, path, bytes) }
}
