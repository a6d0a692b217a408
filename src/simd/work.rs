//! Whole loops of scalar work, built for each instruction set.
//!
//! Bit twiddling is no vector code, yet it gains: shifts by a variable amount, bit scans and masks
//! are one instruction each where BMI is there.

use super::dispatch;

/// Work that is worth building for each instruction set.
///
/// Implementations mark `run`, and what it calls in its loops, `#[inline(always)]`: only what is
/// inlined is built for the richer set.
pub(crate) trait Work {
    /// Does the work.
    fn run(&mut self);
}

dispatch! {
    /// Does the work with the instructions of the level.
    pub(crate) fn do_work<W: Work>(work: &mut W) {
        work.run();
    }
}
