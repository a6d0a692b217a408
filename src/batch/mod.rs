//! Many pictures by one plan: the unit of work behind `bytelens batch`.
//!
//! ```text
//!   inputs ─► names ─► admission ─► read ─► decode ─► device ─► encode ─► output ─► entry
//! ```
//!
//! [`process_shard`] takes inputs, a [`Plan`], an [`Output`] and a [`Budget`], and returns what became of every
//! input. It is idempotent: done again it leaves the same bytes under the same names. An output has its name
//! once it is whole; a picture's [`Entry`] is told after that, and never before. Every input is accounted for: it
//! has an entry, or it is counted as left.
//!
//! This module is *not* where files are looked for, where anybody is told anything, or where signals are
//! heard: a [`Watch`] says when to end and hears of every picture. It runs no op of its own.
//!
//! ```
//! use bytelens::batch::{Budget, Folder, Input, Plan, State, process_shard, temporary::Temporaries};
//! use bytelens::Device;
//!
//! let folder = tempfile::tempdir()?;
//! let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/photos/coffee.jpg");
//! let output = Folder::open(&folder.path().join("small"), &Temporaries::default())?;
//! let plan = Plan::new("resize 64x64".parse()?);
//! let report = process_shard(vec![Input::new(photo)], &plan, &output, &Budget::new(Device::cpu()));
//! assert_eq!(report.entries[0].state, State::Done);
//! assert!(folder.path().join("small/coffee.jpg").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

mod admission;
mod attempt;
mod crew;
mod entry;
mod estimate;
mod hash;
mod keep;
mod names;
mod output;
mod picture;
mod plan;
mod report;
mod shard;
mod source;
mod tally;
mod template;
pub mod temporary;
#[cfg(test)]
mod tests;
mod verify;

pub use entry::{Entry, State, Times};
pub use estimate::{Estimate, Foreseen};
pub use hash::ContentHash;
pub use keep::Keep;
pub use names::is_input;
pub use output::{Draft, Folder, Nowhere, Output, Stored};
pub use plan::{Encoding, Existing, OnError, Plan};
pub use report::{Account, Asked, Report};
pub use shard::Shard;
pub use source::{cause, read};
pub use tally::Tally;
pub use template::Template;
pub use verify::{Finding, Verified, verify};

use crate::device::Device;
use crate::error::{Error, Result};

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Its name below the output folder, before its extension follows the format.
    pub below: PathBuf,
}

impl Input {
    /// Takes a file whose output has its name, without its folders.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let below = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
        Self { path, below }
    }
}

/// What the work may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Budget {
    /// Who runs the ops. The CPU is divided among pictures, a GPU is shared.
    pub device: Device,
    /// How many threads work in all: each on a picture of its own while there are enough.
    pub threads: usize,
    /// How many bytes the pictures in work may need, as told from their heads; one that needs more goes alone.
    /// Without it memory is bounded by the number of threads.
    pub memory: Option<u64>,
    /// How long a picture may take, without its writing.
    pub timeout: Option<Duration>,
}

impl Budget {
    /// Takes a device, a thread for each core, and as much memory and time as each picture needs.
    #[must_use]
    pub fn new(device: Device) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { device, threads: cores, memory: None, timeout: None }
    }
}

/// Who watches the work: says when it shall end, and hears what became of each picture.
pub trait Watch: Sync {
    /// Returns whether the work shall end; then what is in work is finished or dropped, and none is begun.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// Hears of a picture, once its output has its name or it is known that there will be none.
    ///
    /// # Errors
    /// Whatever keeps the watcher from accounting for it: then the work ends.
    fn finished(&self, entry: &Entry) -> Result<()>;

    /// Hears of a picture that an earlier report accounts for, and whose output is what it was.
    fn known(&self, _input: &Path) {}
}

/// What became of a shard.
#[derive(Debug)]
#[non_exhaustive]
pub struct ShardReport {
    /// What became of each input, in the order in which they were finished.
    pub entries: Vec<Entry>,
    /// Their numbers.
    pub tally: Tally,
    /// Why the work ended before all was done.
    pub stopped: Option<Error>,
}

/// Does the pictures of a shard, and returns what became of every one.
///
/// A picture's failure is its entry and never the end of the others.
#[must_use]
pub fn process_shard(
    inputs: Vec<Input>,
    plan: &Plan,
    output: &dyn Output,
    budget: &Budget,
) -> ShardReport {
    let kept = Hearer::default();
    let (tally, stopped) = Shard::new(inputs, plan).process(output, budget, &kept);
    let entries = kept.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    ShardReport { entries, tally, stopped }
}

/// Keeps what it hears.
#[derive(Default)]
struct Hearer(Mutex<Vec<Entry>>);

impl Watch for Hearer {
    fn finished(&self, entry: &Entry) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
        Ok(())
    }
}

/// Makes the bytes of an output of the bytes of an input: one picture that comes and goes by other ways than files.
///
/// # Errors
/// Why the input cannot be read, the plan cannot be run on it, or its result cannot be written.
pub fn convert(bytes: &[u8], plan: &Plan, device: &Device) -> Result<Vec<u8>> {
    picture::convert(bytes, plan, device)
}

/// Says what would be done to a picture: its passes, its device, and why that one.
///
/// # Errors
/// In words, why the picture cannot be read, or the plan cannot be run on it.
pub fn explain(input: &Path, plan: &Plan, device: &Device) -> std::result::Result<String, String> {
    picture::explain(input, plan, device)
}
