//! Counts that are changed while the interpreter is attached.
//!
//! Its lock lets one thread at a time come here, so that reading and writing are enough; a build without the lock
//! needs more, and has it.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::Python;

/// A count of shares, holders, consumers.
#[derive(Debug)]
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) const fn new(count: usize) -> Self {
        Self(AtomicUsize::new(count))
    }

    #[inline(always)]
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    /// Changes the count to what `change` makes of it, unless that is nothing. Returns what it was.
    #[inline(always)]
    pub(super) fn change(
        &self,
        _attached: Python<'_>,
        change: impl Fn(usize) -> Option<usize>,
    ) -> Result<usize, usize> {
        if cfg!(Py_GIL_DISABLED) {
            return self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change);
        }
        let count = self.0.load(Ordering::Relaxed);
        match change(count) {
            Some(changed) => {
                self.0.store(changed, Ordering::Relaxed);
                Ok(count)
            }
            None => Err(count),
        }
    }
}
