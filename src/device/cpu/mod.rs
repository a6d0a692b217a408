//! The CPU device: threads, bands of rows, and memory that is used again.
//!
//! No driver and no system package. A plan's passes are cut into *stages*: a stage begins where
//! other rows than its own are read, and the passes after it that read their own row alone ride along
//! while it is in cache. Threads take bands of a stage's rows; each goes through its band in blocks
//! of [`RowBlock::ROWS`] rows. This is the one place with threads and scratch memory; twins have
//! neither.

#[cfg(feature = "batch")]
mod flow;
mod parts;
mod source;
mod stage;
mod table;

use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::device::bands::{self, Rows};
use crate::device::memory::HostMemory;
use crate::error::{Error, Result};
use crate::op::pass::{Arrangement, Plan, PlannedPass};
use crate::op::rows::RowBlock;
use crate::simd::Level;
use crate::view::{Buffer, View};
#[cfg(feature = "batch")]
pub(crate) use flow::Flow;
use stage::{Scratch, Stage};

/// A device that runs passes on the cores of this machine.
#[derive(Clone)]
pub struct CpuDevice {
    threads: usize,
    level: Level,
    /// Memory of threads that are done, for those to come.
    spare: Arc<Mutex<Vec<Scratch>>>,
    memory: HostMemory,
}

/// Below so many pixels a stage is done by one thread: starting others takes longer.
const PIXELS_FOR_THREADS: usize = 1 << 16;

impl CpuDevice {
    /// Uses every core, and the richest instruction set there is.
    #[must_use]
    pub fn new() -> Self {
        Self::with_threads(std::thread::available_parallelism().map_or(1, NonZero::get))
    }

    /// Uses so many threads, at least one.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        Self {
            threads: threads.max(1),
            level: Level::best(),
            spare: Arc::default(),
            memory: HostMemory::default(),
        }
    }

    /// Uses an instruction set that is not the richest, for comparisons.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// Returns how this device wants pixels to lie.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        Arrangement::PlanarRows
    }

    /// Runs a plan on pixels of the plan's source layout.
    ///
    /// # Errors
    /// [`Error::Shape`] where the source has another shape, other strides or another element type
    /// than the plan was made for; [`Error::Limit`] where memory cannot be had.
    pub fn run(&self, plan: &Plan, source: &View<'_>) -> Result<Buffer> {
        let planned = &plan.source.layout;
        if (source.shape(), source.strides(), source.dtype())
            != (planned.shape(), planned.strides(), planned.dtype())
        {
            return Err(Error::shape(
                "plan source",
                format!("{planned:?}"),
                format!("{:?}", source.layout()),
            ));
        }
        let mut memory: Option<Buffer> = None;
        for passes in bands::stages(plan) {
            let next = match &memory {
                None => self.run_passes(passes, source)?,
                Some(memory) => {
                    let seen = memory.with_layout(passes[0].src.layout.clone())?;
                    self.run_passes(passes, &seen.view())?
                }
            };
            memory = Some(next);
        }
        match memory {
            Some(memory) => memory.with_layout(plan.output.layout.clone()),
            None => source.to_contiguous(),
        }
    }

    /// Runs passes that hand on rows.
    fn run_passes(&self, passes: &[PlannedPass], source: &View<'_>) -> Result<Buffer> {
        if let Some(memory) = self.run_in_parts(passes, source)? {
            return Ok(memory);
        }
        let mut stages = stages(passes).into_iter();
        let first = stages.next().expect("passes are not empty");
        let mut memory = self.run_stage(first, source)?;
        for passes in stages {
            let seen = memory.with_layout(passes[0].src.layout.clone())?;
            memory = self.run_stage(passes, &seen.view())?;
        }
        Ok(memory)
    }

    fn run_stage(&self, passes: &[PlannedPass], source: &View<'_>) -> Result<Buffer> {
        let stage = Stage::new(passes, self.level);
        let (rows, row_bytes) = (stage.rows(), stage.row_bytes());
        let mut memory = self.memory.lend(rows, row_bytes)?;
        if rows == 0 || row_bytes == 0 {
            return Ok(memory);
        }
        let mut pixels = memory.view_mut()?;
        let bytes = pixels.as_bytes_mut().expect("memory is lent as one run of bytes");
        let work = rows * stage.width().max(source.len() / rows / 3);
        let threads = if work < PIXELS_FOR_THREADS { 1 } else { self.threads };
        // A few bands a thread, so that none waits long for the last; each of whole blocks.
        let blocks = rows.div_ceil(RowBlock::ROWS);
        let band = blocks.div_ceil(if threads == 1 { 1 } else { threads * 3 }) * RowBlock::ROWS;
        let bands: Vec<_> =
            bytes.chunks_mut(band * row_bytes).map(|b| Mutex::new(Some(b))).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut scratch = self.scratch();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(bytes) = bands.get(at).and_then(|band| lock(band).take()) else { break };
                let rows = Rows::all(source.shape()[0]);
                stage.run_band(source, rows, at * band, bytes, &mut scratch, self.level);
            }
            self.give_back(scratch);
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(bands.len()) {
                scope.spawn(work);
            }
            work();
        });
        drop(bands);
        drop(pixels);
        Ok(memory)
    }

    fn scratch(&self) -> Scratch {
        lock(&self.spare).pop().unwrap_or_default()
    }

    fn give_back(&self, mut scratch: Scratch) {
        scratch.keeps_rows = false;
        lock(&self.spare).push(scratch);
    }
}

/// Locks; what a thread that panicked left behind is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for CpuDevice {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CpuDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpuDevice")
            .field("threads", &self.threads)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CpuDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.threads == 1 { "" } else { "s" };
        write!(f, "cpu ({} thread{plural}, {})", self.threads, self.level)
    }
}

/// Cuts passes into stages: a pass that can ride on the one before it does.
fn stages(passes: &[PlannedPass]) -> Vec<&[PlannedPass]> {
    passes.chunk_by(|before, pass| pass.rides_on(before)).collect()
}
