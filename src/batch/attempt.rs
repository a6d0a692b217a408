//! One try at a picture, which can neither bring down its worker nor hold it up.
//!
//! A panic is caught. Where there is a time limit the picture is made on a thread of its own; one that is late is
//! left to itself, ends at its next stage and leaves nothing. What cannot be caught is the end of the process, as
//! by a fault in a driver: then the run is resumed, and what has no line in the report is tried again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::picture::{Facts, Halt, Kept, Task, make};

/// What came of a try.
#[derive(Debug)]
pub(super) enum Attempt {
    /// It came to an end of its own.
    Over(Result<Vec<u8>, Halt>, Facts),
    /// It took longer than it may; this is said of it.
    Late(String),
    /// It panicked, with these words.
    Fault(String),
}

/// How often is looked whether a picture is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Tries to make a picture.
pub(super) fn attempt(
    task: Task,
    timeout: Option<Duration>,
    kept: &mut Kept,
    is_cancelled: &dyn Fn() -> bool,
) -> Attempt {
    let Some(timeout) = timeout else { return guarded(&task, kept, is_cancelled) };
    let is_unwanted = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = channel();
    let (own, flag) = (std::mem::take(kept), Arc::clone(&is_unwanted));
    let work = move || {
        let mut own = own;
        let attempt = guarded(&task, &mut own, &|| flag.load(Ordering::SeqCst));
        // Nobody listens any longer where it is late.
        let _ = sender.send((attempt, own));
    };
    let started = Instant::now();
    if let Err(error) = std::thread::Builder::new().name("picture in time".to_owned()).spawn(work) {
        let words = format!("no thread to keep the time on: {error}");
        return Attempt::Over(Err(Halt::Failed(words)), Facts::default());
    }
    loop {
        let left = timeout.saturating_sub(started.elapsed());
        match receiver.recv_timeout(left.min(LOOK)) {
            Ok((attempt, own)) => {
                *kept = own;
                return attempt;
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Attempt::Fault("its thread ended".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let is_late = started.elapsed() >= timeout;
        if is_late || is_cancelled() {
            is_unwanted.store(true, Ordering::SeqCst);
            if !is_late {
                return Attempt::Over(Err(Halt::Cancelled), Facts::default());
            }
            let secs = timeout.as_secs_f64();
            return Attempt::Late(format!("took longer than {secs} s; a longer timeout may do"));
        }
    }
}

/// Makes a picture; a panic is its fault.
fn guarded(task: &Task, kept: &mut Kept, is_cancelled: &dyn Fn() -> bool) -> Attempt {
    let mut facts = Facts::default();
    // Nothing outlives the picture but the device, whose locks hold whatever a panic left there, and memory
    // of no meaning.
    let made = catch_unwind(AssertUnwindSafe(|| make(task, &mut facts, kept, is_cancelled)));
    match made {
        Ok(made) => Attempt::Over(made, facts),
        Err(payload) => {
            *kept = Kept::default();
            Attempt::Fault(words(&*payload).replace('\n', " "))
        }
    }
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
