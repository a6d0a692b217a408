//! The worker: the process that touches the driver, and the one that watches it.
//!
//! ```text
//!   bytelens run … ──starts──► bytelens run … (worker)
//!        │  standard error ◄──────── messages, and beats: \x01work, \x01rest
//!        └─ deadline, signals ─kill─►
//! ```
//!
//! A shader that does not end cannot be stopped from inside its process, and a driver may crash on one. So
//! the work is done by this program, started once more; while the device works it has so much time, and
//! while it waits for input or for a reader it has all the time there is. The worker makes and names all
//! files; those that had no name when it ended are removed here.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::stop::{INTERRUPTED, Stop, reason};
use bytelens::batch::temporary::{self, Temporaries};

/// Tells the worker that it is one: the number of the process that watches it.
const WATCHED: &str = "BYTELENS_RUN_WATCHED_BY";

const WORK: &[u8] = b"\x01work\n";
const REST: &[u8] = b"\x01rest\n";

/// How often signals and the deadline are looked at.
const TICK: Duration = Duration::from_millis(50);

/// What a worker tells of itself.
#[derive(Debug)]
pub(super) struct Watched(());

/// Returns the worker's side, where this process is one.
pub(super) fn watched(temporaries: &Temporaries) -> Option<Watched> {
    let watcher: u32 = std::env::var(WATCHED).ok()?.parse().ok()?;
    #[cfg(unix)]
    {
        // The variable may have been inherited by a process that nobody watches.
        if std::os::unix::process::parent_id() != watcher {
            return None;
        }
        let temporaries = temporaries.clone();
        std::thread::spawn(move || {
            while std::os::unix::process::parent_id() == watcher {
                std::thread::sleep(TICK * 4);
            }
            // Nobody is left to stop this process, which may be inside an endless shader.
            let _held = temporaries.remove_all();
            std::process::abort();
        });
    }
    #[cfg(not(unix))]
    let _ = (watcher, temporaries);
    Some(Watched(()))
}

impl Watched {
    /// From here on the time counts, anew.
    pub(super) fn work(&self) {
        Self::beat(WORK);
    }

    /// From here on the time does not count.
    pub(super) fn rest(&self) {
        Self::beat(REST);
    }

    fn beat(beat: &[u8]) {
        // Nobody listens where the watcher has gone, and then the worker ends.
        let _ = std::io::stderr().write_all(beat);
    }
}

/// Starts the worker, and watches it until it ends or has to be ended.
///
/// `folders` are those in which it makes files; it may work for `timeout` at a time.
pub(super) fn watch(timeout: Option<Duration>, folders: &[&Path]) -> Result<ExitCode, Stop> {
    let failed =
        |error: std::io::Error| Stop::start(format!("cannot start the worker: {}", reason(&error)));
    let signal = Arc::new(AtomicBool::new(false));
    for one in [SIGINT, SIGTERM] {
        signal_hook::flag::register(one, Arc::clone(&signal)).map_err(failed)?;
    }
    let mut worker = Command::new(std::env::current_exe().map_err(failed)?)
        .args(std::env::args_os().skip(1))
        .env(WATCHED, std::process::id().to_string())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let beats = listen(&mut worker);
    let end = wait(&beats, timeout, &signal);
    if end != End::Itself {
        // It may have ended meanwhile.
        let _ = worker.kill();
    }
    let status = worker.wait().map_err(failed)?;
    for folder in folders {
        temporary::remove_left(folder, worker.id());
    }
    match end {
        _ if signal.load(Ordering::SeqCst) || is_interrupted(status) => {
            Ok(ExitCode::from(INTERRUPTED))
        }
        End::TimeUp => Err(Stop::timeout(format!(
            "stopped after {} s: the kernel does not end, or needs longer (--timeout SECONDS gives it \
             longer); nothing unfinished is kept",
            timeout.unwrap_or_default().as_secs_f64()
        ))),
        _ => match status.code().and_then(|code| u8::try_from(code).ok()) {
            Some(code) => Ok(ExitCode::from(code)),
            None => Err(Stop::failed(format!(
                "the worker crashed ({status}), likely inside the driver; nothing unfinished is kept"
            ))),
        },
    }
}

/// Passes on what the worker says, and returns its beats: true where it works.
fn listen(worker: &mut Child) -> Receiver<bool> {
    let (tell, beats) = channel();
    if let Some(talk) = worker.stderr.take() {
        std::thread::spawn(move || {
            let mut talk = BufReader::new(talk);
            let mut line = Vec::new();
            while talk.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) {
                if line == WORK || line == REST {
                    // Whoever waited has gone.
                    let _ = tell.send(line == WORK);
                } else {
                    let _ = std::io::stderr().write_all(&line);
                }
                line.clear();
            }
        });
    }
    beats
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Itself,
    TimeUp,
    Signal,
}

fn wait(beats: &Receiver<bool>, timeout: Option<Duration>, signal: &AtomicBool) -> End {
    let mut deadline: Option<Instant> = None;
    loop {
        match beats.recv_timeout(TICK) {
            Ok(is_at_work) => {
                let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
                deadline = end.filter(|_| is_at_work);
            }
            Err(RecvTimeoutError::Disconnected) => return End::Itself,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if signal.load(Ordering::SeqCst) {
            return End::Signal;
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return End::TimeUp;
        }
    }
}

/// Tells whether the worker was ended by the signal of a terminal, which goes to both processes.
#[cfg(unix)]
fn is_interrupted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal().is_some_and(|signal| [SIGINT, SIGTERM].contains(&signal))
}

#[cfg(not(unix))]
fn is_interrupted(_: ExitStatus) -> bool {
    false
}
