//! Waiting without blocking: one thread for each device that waits for submissions in their order.
//!
//! wgpu tells that work is done only to whoever polls, and an executor's thread must not sit in a poll.
//! So the first future of a device starts a thread that does; it ends with the device. Blocking calls
//! do not need it.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::device::gpu::fault::{self, Faults, failed};
use crate::error::Result;

/// Where submissions are sent to be waited for; none until the first.
#[derive(Debug, Default)]
pub(super) struct Waiter(Mutex<Option<Sender<Job>>>);

#[derive(Debug)]
struct Job {
    submission: wgpu::SubmissionIndex,
    timeout: Duration,
    during: String,
    signal: Arc<Mutex<Signal>>,
}

/// What a future is told: the outcome, once there is one.
#[derive(Debug, Default)]
struct Signal {
    outcome: Option<Result<()>>,
    waker: Option<Waker>,
}

/// Ready once a submission is done and all that waits for it was called, or once that has failed.
#[derive(Debug)]
pub(super) struct Finished(Arc<Mutex<Signal>>);

impl Waiter {
    /// Waits for a submission elsewhere.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) where no thread can be started.
    pub(super) fn wait(
        &self,
        device: &wgpu::Device,
        faults: &Faults,
        name: &str,
        during: &str,
        (submission, timeout): (wgpu::SubmissionIndex, Duration),
    ) -> Result<Finished> {
        let mut sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sender.is_none() {
            *sender = Some(start(device, faults, name)?);
        }
        let signal = Arc::<Mutex<Signal>>::default();
        let during = during.to_owned();
        let job = Job { submission, timeout, during, signal: Arc::clone(&signal) };
        let sent = sender.as_ref().is_some_and(|sender| sender.send(job).is_ok());
        if sent {
            Ok(Finished(signal))
        } else {
            Err(failed(name, "waiting", "its thread has ended"))
        }
    }
}

fn start(device: &wgpu::Device, faults: &Faults, name: &str) -> Result<Sender<Job>> {
    let (sender, jobs) = channel::<Job>();
    let (device, faults, owned) = (device.clone(), faults.clone(), name.to_owned());
    let work = move || {
        for job in jobs {
            let wait = (job.submission, job.timeout);
            let outcome = fault::wait(&device, &faults, &owned, &job.during, wait);
            let waker = {
                let mut signal = job.signal.lock().unwrap_or_else(PoisonError::into_inner);
                signal.outcome = Some(outcome);
                signal.waker.take()
            };
            waker.into_iter().for_each(Waker::wake);
        }
    };
    let thread = std::thread::Builder::new().name("bytelens gpu wait".to_owned()).spawn(work);
    thread.map(|_| sender).map_err(|error| failed(name, "waiting", error))
}

impl Future for Finished {
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut signal = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match signal.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                signal.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
