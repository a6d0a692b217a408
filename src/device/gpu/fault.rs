//! How a GPU's failures become errors: scopes around work, a record beside it, waits with an end.
//!
//! wgpu reports in three ways. What a call finds wrong goes to the error scope of its thread; what
//! no scope catches goes to the device's handler; a lost device is told to a callback, and from
//! then on calls do nothing. Here the first becomes an `Err`, and the others are written down and
//! become one at the next wait. Nothing here knows what the work was.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// How long memory is waited for that the device has yet to read.
const A_WHILE: Duration = Duration::from_secs(10);

/// What a device reported while nobody asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    lost: Option<String>,
    uncaptured: Option<String>,
}

impl Faults {
    /// Listens to a device that is ours alone. A caller's device keeps its own handlers.
    pub(super) fn listen(&self, device: &wgpu::Device) {
        let faults = self.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            faults.note(|record| record.uncaptured = Some(error.to_string()));
        }));
        let faults = self.clone();
        device.set_device_lost_callback(move |reason, message| {
            faults.note(|record| record.lost = Some(format!("{reason:?} {message}")));
        });
    }

    fn note<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what was reported since it was last asked. A lost device stays lost.
    fn take(&self) -> Option<String> {
        self.note(|record| match &record.lost {
            Some(why) => Some(format!("the device was lost: {}", why.trim())),
            None => record.uncaptured.take(),
        })
    }
}

/// Makes the error of a device that failed during some work.
pub(super) fn failed(device: &str, during: &str, problem: impl fmt::Display) -> Error {
    Error::Device { device: device.to_owned(), problem: format!("{during}: {problem}") }
}

/// Runs `work` and turns whatever wgpu reports meanwhile on this thread into an error.
///
/// What wgpu reports comes before the work's own error, which is mostly its consequence.
pub(super) fn scoped<T>(
    device: &wgpu::Device,
    name: &str,
    during: &str,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    // Scopes must end in the reverse order of their beginning, on panic too: locals do.
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let outcome = work();
    let validation = pollster::block_on(validation.pop());
    let memory = pollster::block_on(memory.pop());
    let internal = pollster::block_on(internal.pop());
    match memory.or(internal).or(validation) {
        Some(error) => Err(failed(name, during, error.to_string().trim())),
        None => outcome,
    }
}

/// Makes a buffer.
///
/// # Errors
/// [`Error::Limit`] where the driver has no memory for it; [`Error::Device`] where it fails.
pub(super) fn allocated(
    device: &wgpu::Device,
    name: &str,
    bytes: u64,
    make: impl FnOnce() -> wgpu::Buffer,
) -> Result<wgpu::Buffer> {
    scoped(device, name, &format!("allocating {bytes} bytes"), || {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = make();
        match pollster::block_on(memory.pop()) {
            None => Ok(buffer),
            Some(_) => Err(Error::Limit {
                what: format!("memory on {name}"),
                got: format!("{bytes} bytes more"),
                limit: "what its driver has left".to_owned(),
                hint: "let go of device views, work in parts, or use the cpu device".to_owned(),
            }),
        }
    })
}

/// Lets the device free what is done with, whatever it reports: the next call will tell.
pub(super) fn poll_quietly(device: &wgpu::Device) {
    let _ = catch_unwind(AssertUnwindSafe(|| device.poll(wgpu::PollType::Poll)));
}

/// Waits a while for the device to do what was submitted, whatever it reports: the next call will tell.
pub(super) fn wait_quietly(device: &wgpu::Device) {
    let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(A_WHILE) };
    let _ = catch_unwind(AssertUnwindSafe(|| device.poll(wait)));
}

/// Lets the device call what waits for work that is done, without waiting for any.
///
/// # Errors
/// [`Error::Device`] where the device has failed.
pub(super) fn poll(device: &wgpu::Device, faults: &Faults, name: &str, during: &str) -> Result<()> {
    // A lost device panics here as in `wait`.
    let polled = catch_unwind(AssertUnwindSafe(|| device.poll(wgpu::PollType::Poll)));
    match (faults.take(), polled) {
        (Some(problem), _) => Err(failed(name, during, problem)),
        (None, Ok(Ok(_))) => Ok(()),
        (None, Ok(Err(error))) => Err(failed(name, during, error)),
        (None, Err(_)) => Err(failed(name, during, "the device was lost")),
    }
}

/// Waits until a submission is done, and every callback that waits for it has been called.
///
/// # Errors
/// [`Error::Device`] where it takes longer than `timeout`, or where the device has failed.
pub(super) fn wait(
    device: &wgpu::Device,
    faults: &Faults,
    name: &str,
    during: &str,
    (submission, timeout): (wgpu::SubmissionIndex, Duration),
) -> Result<()> {
    let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(timeout) };
    // wgpu 30 panics where a device is lost while it is waited for; its state stays sound.
    let polled = catch_unwind(AssertUnwindSafe(|| device.poll(poll)));
    if let Some(problem) = faults.take() {
        return Err(failed(name, during, problem));
    }
    match polled {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(wgpu::PollError::Timeout)) => {
            Err(failed(name, during, format!("no answer within {} s", timeout.as_secs_f32())))
        }
        Ok(Err(error)) => Err(failed(name, during, error)),
        Err(_) => Err(failed(name, during, "the device was lost")),
    }
}
