//! Times of things that are run in turns.

use std::time::Instant;

use bytelens::Error;

/// The times of one row, in seconds, from the shortest to the longest; at least one.
#[derive(Clone, Debug)]
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    pub(super) fn least(&self) -> f64 {
        self.0[0]
    }

    pub(super) fn most(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}

/// Something to be timed.
pub(super) type Work<'a> = Box<dyn FnMut() -> Result<(), Error> + 'a>;

/// Runs each work once to warm up, then all in turns, so many rounds; what takes less than a
/// millisecond is run often enough to be timed.
///
/// # Errors
/// The first that a work gives.
pub(super) fn in_turns(works: &mut [Work<'_>], rounds: usize) -> Result<Vec<Times>, Error> {
    let mut repeats = Vec::with_capacity(works.len());
    for work in works.iter_mut() {
        work()?;
        let secs = timed(work, 1)?;
        let mut repeat = 1;
        while secs * f64::from(repeat) < 1e-3 && repeat < 1000 {
            repeat *= 2;
        }
        repeats.push(repeat);
    }
    let mut times = vec![Vec::with_capacity(rounds); works.len()];
    for _ in 0..rounds.max(1) {
        for ((work, repeat), times) in works.iter_mut().zip(&repeats).zip(&mut times) {
            times.push(timed(work, *repeat)?);
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    Ok(times.into_iter().map(Times).collect())
}

fn timed(work: &mut Work<'_>, repeat: u32) -> Result<f64, Error> {
    let start = Instant::now();
    for _ in 0..repeat {
        work()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(repeat))
}
