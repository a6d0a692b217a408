//! What is told of the numbers of a channel, and the arithmetic on numbers that are counted.

use super::PERCENTILES;

/// What the finite numbers of a channel are.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, as of a whole population: divided by their number.
    pub deviation: f64,
    /// The percentiles of [`PERCENTILES`], each with its value: between two samples in proportion, as
    /// `numpy.percentile`.
    pub percentiles: [(f64, f64); 7],
    /// How many lie where.
    pub histogram: Histogram,
}

/// How many numbers lie in each of some bins of equal width, as `numpy.histogram`.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Where the first bin begins: 0 for codes, the least number for floats.
    pub low: f64,
    /// Where the last ends: one above the last code, or the greatest number, which is in the last bin.
    pub high: f64,
    /// How many are in each.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Makes empty bins from a number to another. Where both are one, a bin's width around it.
    pub(super) fn empty(low: f64, high: f64, bins: usize) -> Self {
        let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
        Self { low, high, counts: vec![0; bins] }
    }

    /// Counts a number that lies between both ends.
    pub(super) fn add(&mut self, number: f64, times: u64) {
        let bins = self.counts.len();
        let place = (number - self.low) / (self.high - self.low) * bins as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        let bin = (place as usize).min(bins - 1);
        self.counts[bin] += times;
    }
}

/// Returns which of `count` sorted numbers a percentile lies between, and how far from the first.
pub(super) fn place(percent: f64, count: u64) -> (u64, f64) {
    let rank = percent / 100.0 * count.saturating_sub(1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let before = rank as u64;
    (before, rank - before as f64)
}

/// Returns the value of each percentile, from the value of each rank.
pub(super) fn percentiles(count: u64, mut at: impl FnMut(u64) -> f64) -> [(f64, f64); 7] {
    PERCENTILES.map(|percent| {
        let (before, part) = place(percent, count);
        let low = at(before);
        let high = if part > 0.0 { at(before + 1) } else { low };
        (percent, low + (high - low) * part)
    })
}

impl Summary {
    /// Works out all of it from rising numbers and how often each is there; `None` where there are none.
    /// The histogram runs from the first of `ends` to the second, or over the numbers.
    pub(super) fn of_counted(
        numbers: &[(f64, u64)],
        ends: Option<[f64; 2]>,
        bins: usize,
    ) -> Option<Self> {
        let (min, max) = (numbers.first()?.0, numbers.last()?.0);
        let count: u64 = numbers.iter().map(|(_, times)| times).sum();
        let sum: f64 = numbers.iter().map(|(number, times)| number * *times as f64).sum();
        let mean = sum / count as f64;
        let square = |(number, times): &(f64, u64)| (number - mean).powi(2) * *times as f64;
        let deviation = (numbers.iter().map(square).sum::<f64>() / count as f64).sqrt();
        let [low, high] = ends.unwrap_or([min, max]);
        let mut histogram = Histogram::empty(low, high, bins);
        for (number, times) in numbers {
            histogram.add(*number, *times);
        }
        let at = |rank: u64| {
            let mut left = rank;
            let found = numbers.iter().find(|(_, times)| match left.checked_sub(*times) {
                Some(rest) => {
                    left = rest;
                    false
                }
                None => true,
            });
            found.map_or(max, |(number, _)| *number)
        };
        let percentiles = percentiles(count, at);
        Some(Self { min, max, mean, deviation, percentiles, histogram })
    }
}
