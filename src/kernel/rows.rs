//! A kernel over host views of any size: rows go up, through the kernel and back, some at a time.
//!
//! ```text
//!   x  ┌────┐ rows 0..n   ─ upload ─ kernel ─►┐
//!      ├────┤ rows n..2n  ─ upload ─ kernel ─►┼─ download ─►  the same rows of y
//!      └────┘ rows 2n..   ─ upload ─ kernel ─►┘
//! ```
//!
//! While one window of rows is in the kernel, the next goes up. Only what the kernel computes for each
//! row by itself comes out right; whether it does is the caller's knowledge and is not checked.

use std::ops::Range;

use super::reflect::wrong;
use super::{Call, Kernel, Outputs};
use crate::device::gpu::GpuDevice;
use crate::error::{Error, Result};
use crate::view::{View, ViewMut};

/// Bytes of a window of the widest view: many enough that a window's own costs do not show.
const WINDOW: u64 = 32 << 20;

/// A window has a multiple of so many rows, or as large a power of two as it can, so that elements which
/// WGSL packs into a word, a vector or a matrix are not cut.
const WHOLE: usize = 64;

/// What the caller adds to the call of each window: the first row, and the call.
type Rest<'a> = Box<dyn Fn(usize, Call) -> Call + 'a>;

/// A kernel run over the rows of host views, of which the device never has all. Made by
/// [`Kernel::rows`], used up by [`run`](Self::run).
#[must_use = "rows do nothing until they are run"]
pub struct Rows<'a> {
    kernel: Kernel,
    read: Vec<(String, View<'a>)>,
    /// Views that are written, and whether the kernel reads them as well.
    written: Vec<(String, ViewMut<'a>, bool)>,
    rest: Rest<'a>,
    at_a_time: Option<usize>,
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.names().map(|(name, shape)| format!("{name}: {shape:?}"));
        f.debug_tuple("Rows").field(&self.kernel).field(&names.collect::<Vec<_>>()).finish()
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new(kernel: Kernel) -> Self {
        let rest = Box::new(|_, call| call);
        Self { kernel, read: Vec::new(), written: Vec::new(), rest, at_a_time: None }
    }

    /// Binds the rows of a view to a variable that the kernel reads.
    pub fn bind(mut self, name: &str, view: &View<'a>) -> Self {
        self.read.push((name.to_owned(), view.clone()));
        self
    }

    /// Writes the rows of a view, of which the kernel sees zeros.
    pub fn output(mut self, name: &str, view: ViewMut<'a>) -> Self {
        self.written.push((name.to_owned(), view, false));
        self
    }

    /// Changes the rows of a view in place.
    pub fn update(mut self, name: &str, view: ViewMut<'a>) -> Self {
        self.written.push((name.to_owned(), view, true));
        self
    }

    /// Adds what is the same for all rows to the call of each window: tables that are on the device,
    /// values, the dispatch. It is told the window's first row, for a kernel that asks where it is.
    pub fn with(mut self, rest: impl Fn(usize, Call) -> Call + 'a) -> Self {
        self.rest = Box::new(rest);
        self
    }

    /// Says how many rows go at a time, 1 at least; unless said, as many as 32 MiB of the widest view, or
    /// as the device binds, its memory budget has room for, and one dispatch has workgroups for.
    pub fn at_a_time(mut self, rows: usize) -> Self {
        self.at_a_time = Some(rows);
        self
    }

    /// Runs the kernel over all rows and waits for the last of them.
    ///
    /// # Errors
    /// [`Error::Shape`] where views have another number of rows than the first, or no rows at all (no
    /// axis); [`Error::Limit`] where a single row is more than the device binds; else as [`Call::run`].
    /// After an error some rows of what is written may hold results.
    pub fn run(mut self, device: &GpuDevice) -> Result<()> {
        let rows = self.rows()?;
        let mut step = self.step(rows, device)?;
        let mut before: Option<(Range<usize>, Outputs)> = None;
        let mut start = 0;
        // An empty view has one window without rows, so that all that is wrong is told.
        while start < rows || (before.is_none() && rows == 0) {
            let window = start..rows.min(start + step);
            let outputs = match self.start(window.clone(), device) {
                // Fewer may fit: one dispatch has so many workgroups, and memory may be held elsewhere.
                Err(Error::Limit { .. }) if self.at_a_time.is_none() && step > 1 => {
                    step = whole(step / 2);
                    continue;
                }
                outputs => outputs?,
            };
            if let Some((window, outputs)) = before.replace((window.clone(), outputs)) {
                self.finish(&window, &outputs)?;
            }
            start = window.end;
        }
        before.map_or(Ok(()), |(window, outputs)| self.finish(&window, &outputs))
    }

    /// Sends the rows of a window up and through the kernel.
    fn start(&self, window: Range<usize>, device: &GpuDevice) -> Result<Outputs> {
        let mut call = (self.rest)(window.start, self.kernel.call());
        for (name, view) in &self.read {
            call = call.bind(name, &device.upload(&view.slice(0, window.clone())?)?);
        }
        for (name, view, is_read) in &self.written {
            let rows = view.as_view().slice(0, window.clone())?;
            call = if *is_read {
                call.update(name, device.upload(&rows)?)
            } else {
                call.output(name, (rows.dtype().clone(), rows.shape()))
            };
        }
        call.run(device)
    }

    /// Brings back the rows of a window.
    fn finish(&mut self, window: &Range<usize>, outputs: &Outputs) -> Result<()> {
        for (name, view, _) in &mut self.written {
            let mut rows = view.reborrow().slice(0, window.clone())?;
            outputs.get(name)?.download_into(&mut rows)?;
        }
        Ok(())
    }

    /// Names and shapes of all views.
    fn names(&self) -> impl Iterator<Item = (&str, &[usize])> {
        let read = self.read.iter().map(|(name, view)| (name.as_str(), view.shape()));
        read.chain(self.written.iter().map(|(name, view, _)| (name.as_str(), view.shape())))
    }

    /// The number of rows, the same for all views.
    fn rows(&self) -> Result<usize> {
        let mut first: Option<(&str, usize)> = None;
        for (name, shape) in self.names() {
            let what = || format!("kernel {}: rows of {name:?}", self.kernel.name());
            let Some(rows) = shape.first().copied() else {
                let expected = "at least one axis; bind a single element with .with(…)";
                return Err(Error::shape(what(), expected, "none"));
            };
            match first {
                Some((other, count)) if count != rows => {
                    let expected = format!("{count} rows, as {other:?} has");
                    return Err(Error::shape(what(), expected, rows));
                }
                _ => first = Some((name, rows)),
            }
        }
        first.map(|(_, rows)| rows).ok_or_else(|| {
            wrong(self.kernel.name(), "no view has rows; bind one, or run a call instead")
        })
    }

    /// How many rows go at a time.
    fn step(&self, rows: usize, device: &GpuDevice) -> Result<usize> {
        let read = self.read.iter().map(|(name, view)| (name, view.nbytes()));
        let written = self.written.iter().map(|(name, view, _)| (name, view.nbytes()));
        let sizes: Vec<_> =
            read.chain(written).map(|(name, all)| (name, all / rows.max(1))).collect();
        let limits = device.limits();
        let limit = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let most = self.at_a_time.unwrap_or(1).clamp(1, rows.max(1)) as u64;
        for (name, row) in &sizes {
            let bytes = (*row as u64).saturating_mul(most);
            if bytes > limit {
                return Err(Error::Limit {
                    what: format!("kernel {}: {most} row(s) of {name:?}", self.kernel.name()),
                    got: format!("{bytes} bytes"),
                    limit: format!("{limit} bytes, which {} binds", device.name()),
                    hint: "take fewer at a time, or reshape the view to shorter rows".to_owned(),
                });
            }
        }
        if let Some(rows) = self.at_a_time {
            return Ok(rows.max(1));
        }
        let widest = sizes.iter().map(|(_, row)| *row as u64).max().unwrap_or(0).max(1);
        let together = sizes.iter().map(|(_, row)| *row as u64).sum::<u64>().max(1);
        // Two windows are under way at a time, each with its staging; pools round up by a quarter.
        let room = device.memory_budget() / 5 / together;
        let step = (WINDOW.min(limit) / widest).min(room).max(1);
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        Ok(whole(step))
    }
}

/// The rows of a window that has `step` at most, which is 1 or more.
fn whole(step: usize) -> usize {
    if step >= WHOLE { step / WHOLE * WHOLE } else { 1 << step.ilog2() }
}
