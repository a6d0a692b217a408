//! Least and greatest samples: of two rows, and of every run along a row.

use super::{dispatch, run, run_mut};

/// Which of two samples stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extreme {
    /// The smaller one.
    Least,
    /// The larger one.
    Greatest,
}

impl Extreme {
    /// Returns the number that every other wins against.
    pub(crate) fn start(self) -> f32 {
        match self {
            Self::Least => f32::INFINITY,
            Self::Greatest => f32::NEG_INFINITY,
        }
    }
}

/// Samples compared at a time.
const STEP: usize = 16;

#[inline(always)]
fn of<const GREATEST: bool>(a: f32, b: f32) -> f32 {
    // As one instruction; `f32::max` also asks whether there is a number at all.
    if (a > b) == GREATEST { a } else { b }
}

dispatch! {
    /// Replaces each of `samples` by the more extreme of it and the one of the same number in
    /// `others`, which is at least as long.
    pub(crate) fn extreme_of_two(samples: &mut [f32], others: &[f32], extreme: Extreme) {
        match extreme {
            Extreme::Least => two::<false>(samples, others),
            Extreme::Greatest => two::<true>(samples, others),
        }
    }
}

#[inline(always)]
fn two<const GREATEST: bool>(samples: &mut [f32], others: &[f32]) {
    let others = &others[..samples.len()];
    for (sample, other) in samples.iter_mut().zip(others) {
        *sample = of::<GREATEST>(*sample, *other);
    }
}

dispatch! {
    /// Sets each of `most` to the extreme of the run of samples that begins at its number.
    ///
    /// Runs are as long as fits: `samples.len() - most.len() + 1`. The samples are used up: run lengths
    /// double, so that the time hardly grows with them.
    pub(crate) fn extreme_of_runs(most: &mut [f32], samples: &mut [f32], extreme: Extreme) {
        match extreme {
            Extreme::Least => runs::<false>(most, samples),
            Extreme::Greatest => runs::<true>(most, samples),
        }
    }
}

#[inline(always)]
fn runs<const GREATEST: bool>(most: &mut [f32], samples: &mut [f32]) {
    let reach = samples.len() - most.len() + 1;
    // Each sample stands for the run of `done` samples that begins with it.
    let mut done = 1;
    let mut count = samples.len();
    while done * 2 <= reach {
        count -= done;
        let mut at = 0;
        while at + STEP <= count {
            let other: [f32; STEP] = *run(samples, at + done);
            let own: &mut [f32; STEP] = run_mut(samples, at);
            for k in 0..STEP {
                own[k] = of::<GREATEST>(own[k], other[k]);
            }
            at += STEP;
        }
        while at < count {
            samples[at] = of::<GREATEST>(samples[at], samples[at + done]);
            at += 1;
        }
        done *= 2;
    }
    // Two runs that may overlap make the whole.
    let rest = &samples[reach - done..];
    for ((most, own), other) in most.iter_mut().zip(&*samples).zip(rest) {
        *most = of::<GREATEST>(*own, *other);
    }
}

#[cfg(test)]
mod tests {
    use super::{Extreme, extreme_of_runs, extreme_of_two};
    use crate::simd::Level;

    fn samples(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|k| ((k * 7919 + seed * 104_729) % 1009) as f32 - 500.0).collect()
    }

    #[test]
    fn extremes_of_two_and_of_runs_are_those_of_looking_at_every_sample() {
        for level in Level::all() {
            for (extreme, fold) in
                [(Extreme::Least, f32::min as fn(f32, f32) -> f32), (Extreme::Greatest, f32::max)]
            {
                for width in [1, 2, 15, 16, 17, 50] {
                    let (mut own, other) = (samples(width, 1), samples(width, 2));
                    let want: Vec<_> = own.iter().zip(&other).map(|(a, b)| fold(*a, *b)).collect();
                    extreme_of_two(level, &mut own, &other, extreme);
                    assert_eq!(own, want, "{level} {width}");
                    for reach in [1, 2, 3, 4, 5, 7, 8, 9, 31, 101] {
                        let row = samples(width + reach - 1, 3);
                        let mut most = vec![f32::NAN; width];
                        extreme_of_runs(level, &mut most, &mut row.clone(), extreme);
                        for (x, most) in most.iter().enumerate() {
                            let want = row[x..x + reach].iter().copied().reduce(fold);
                            assert_eq!(
                                Some(*most),
                                want,
                                "{level} {extreme:?} {width} {reach} {x}"
                            );
                        }
                    }
                }
            }
        }
    }
}
