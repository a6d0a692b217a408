//! A thread with a deep stack, for the parser and all that walks what it made.
//!
//! naga follows `a+a+a…`, `else if …` and the like by recursion without an end, and a stack that overflows
//! takes the process with it. With texts no longer than [`MAX_SOURCE`] none reaches the bottom of this one.

use std::io;
use std::thread;

/// The longest text that is parsed, in bytes.
pub(super) const MAX_SOURCE: usize = 256 << 10;

/// Address space, of which only what is used becomes memory.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread of its own, and waits for it.
///
/// # Errors
/// That the system gives no thread, or that the work has panicked.
pub(super) fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("bytelens kernel".to_owned());
        let worker = builder.stack_size(STACK).spawn_scoped(scope, work)?;
        worker.join().map_err(|_| io::Error::other("naga or wgpu panicked"))
    })
}
