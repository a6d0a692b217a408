//! Samples of f32: moments row by row, and ranks by counting bits, the upper half and then the lower.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::summary::{Histogram, percentiles, place};
use super::{Channel, PERCENTILES, Summary, counted, for_each_row};
use crate::error::Result;
use crate::image::Image;

/// How many values half of a sample's bits have.
const HALVES: usize = 1 << 16;

/// Returns what is known of each channel, without names.
pub(super) fn of(image: &Image, bins: usize) -> Result<Vec<Channel>> {
    let format = image.format();
    let channels = format.channels();
    // What is no number is nothing either.
    let is_nothing = |alpha: f32| alpha.partial_cmp(&0.0) != Some(Ordering::Greater);
    let mut firsts: Vec<First> = (0..channels).map(|_| First::new()).collect();
    let mut moments = vec![Moments::default(); channels];
    let mut finite: Vec<Vec<f64>> = vec![Vec::new(); channels];
    for_each_row(image, |row: &[f32]| {
        for pixel in row.chunks_exact(channels) {
            for channel in counted(format, pixel, is_nothing) {
                firsts[channel].count(pixel[channel], &mut finite[channel]);
            }
        }
        for (moments, numbers) in moments.iter_mut().zip(&mut finite) {
            *moments = moments.merged(&Moments::of(numbers));
            numbers.clear();
        }
    })?;

    let seconds = firsts.iter().zip(&moments).map(|(first, moments)| {
        let histogram = Histogram::empty(moments.min, moments.max, bins);
        Second { histogram, halves: first.halves_wanted(moments.count) }
    });
    let mut seconds: Vec<Second> = seconds.collect();
    for_each_row(image, |row: &[f32]| {
        for pixel in row.chunks_exact(channels) {
            for channel in counted(format, pixel, is_nothing) {
                seconds[channel].count(pixel[channel]);
            }
        }
    })?;

    let parts = firsts.into_iter().zip(moments).zip(seconds);
    let channel = |((first, moments), second): ((First, Moments), Second)| Channel {
        name: "",
        count: first.nan + first.infinite + moments.count,
        nan: first.nan,
        infinite: first.infinite,
        summary: (moments.count > 0).then(|| Summary {
            min: moments.min,
            max: moments.max,
            mean: moments.mean,
            deviation: (moments.squares / moments.count as f64).sqrt(),
            percentiles: percentiles(moments.count, |rank| first.number_at(rank, &second)),
            histogram: second.histogram,
        }),
    };
    Ok(parts.map(channel).collect())
}

/// The bits of a number, in the order of numbers: negative ones rise as their bits fall.
fn ordered(number: f32) -> u32 {
    let bits = number.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}

fn number(ordered: u32) -> f64 {
    let bits = if ordered >> 31 == 1 { ordered & 0x7fff_ffff } else { !ordered };
    f64::from(f32::from_bits(bits))
}

/// The upper and the lower half of a number's ordered bits.
fn halves(sample: f32) -> [usize; 2] {
    let bits = ordered(sample);
    [(bits >> 16) as usize, (bits & 0xffff) as usize]
}

/// What the first reading counts.
struct First {
    nan: u64,
    infinite: u64,
    /// How many finite numbers have each upper half.
    uppers: Vec<u64>,
}

impl First {
    fn new() -> Self {
        Self { nan: 0, infinite: 0, uppers: vec![0; HALVES] }
    }

    /// Counts a sample, and lays it to the others of its row if it is finite.
    fn count(&mut self, sample: f32, row: &mut Vec<f64>) {
        if sample.is_finite() {
            self.uppers[halves(sample)[0]] += 1;
            row.push(f64::from(sample));
        } else if sample.is_nan() {
            self.nan += 1;
        } else {
            self.infinite += 1;
        }
    }

    /// Returns the upper half of the number of a rank, and its rank among those that share it.
    fn upper_at(&self, rank: u64) -> (usize, u64) {
        let mut left = rank;
        for (upper, count) in self.uppers.iter().enumerate() {
            match left.checked_sub(*count) {
                Some(rest) => left = rest,
                None => return (upper, left),
            }
        }
        (0, 0)
    }

    /// Returns empty counters for the lower halves of what percentiles need.
    fn halves_wanted(&self, count: u64) -> BTreeMap<usize, Vec<u64>> {
        let ranks = PERCENTILES.iter().flat_map(|percent| {
            let (before, part) = place(*percent, count);
            [before, before + u64::from(part > 0.0)]
        });
        let uppers = ranks.filter(|rank| *rank < count).map(|rank| self.upper_at(rank).0);
        uppers.map(|upper| (upper, vec![0; HALVES])).collect()
    }

    /// Returns the number of a rank, now that lower halves are counted.
    fn number_at(&self, rank: u64, second: &Second) -> f64 {
        let (upper, mut left) = self.upper_at(rank);
        let lowers = second.halves.get(&upper).into_iter().flatten();
        for (lower, count) in lowers.enumerate() {
            match left.checked_sub(*count) {
                Some(rest) => left = rest,
                None => {
                    let bits = u32::try_from(upper << 16 | lower).unwrap_or(u32::MAX);
                    return number(bits);
                }
            }
        }
        f64::NAN
    }
}

/// What the second reading counts.
struct Second {
    histogram: Histogram,
    /// For some upper halves, how many numbers have each lower half.
    halves: BTreeMap<usize, Vec<u64>>,
}

impl Second {
    fn count(&mut self, sample: f32) {
        if sample.is_finite() {
            self.histogram.add(f64::from(sample), 1);
            let [upper, lower] = halves(sample);
            if let Some(lowers) = self.halves.get_mut(&upper) {
                lowers[lower] += 1;
            }
        }
    }
}

/// Range, mean, and the sum of squares around it.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(numbers: &[f64]) -> Self {
        if numbers.is_empty() {
            return Self::default();
        }
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        Self {
            count: numbers.len() as u64,
            min: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            max: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            mean,
            squares: numbers.iter().map(|number| (number - mean).powi(2)).sum(),
        }
    }

    /// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    /// Variances", 1979.
    fn merged(&self, more: &Self) -> Self {
        match (self.count, more.count) {
            (_, 0) => *self,
            (0, _) => *more,
            (own, other) => {
                let (count, apart) = (own + other, more.mean - self.mean);
                let share = other as f64 / count as f64;
                Self {
                    count,
                    min: self.min.min(more.min),
                    max: self.max.max(more.max),
                    mean: self.mean + apart * share,
                    squares: self.squares + more.squares + apart * apart * own as f64 * share,
                }
            }
        }
    }
}
