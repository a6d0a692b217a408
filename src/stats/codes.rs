//! Samples of at most 16 bits: each of their values is counted, and all else follows from that.

use std::cmp::Ordering;

use super::{Channel, Summary, counted, for_each_row};
use crate::dtype::Element;
use crate::error::Result;
use crate::image::Image;

/// A sample of at most 16 bits.
pub(super) trait Code: Element + Copy {
    /// How many values there are.
    const VALUES: usize;
    /// Where a histogram begins and ends, if not where the numbers do.
    const ENDS: Option<[f64; 2]>;
    /// Returns the place of a sample among all values, in rising order.
    fn place(self) -> usize;
    /// Returns the number at a place.
    fn number(place: usize) -> f64;
}

impl Code for u8 {
    const VALUES: usize = 1 << 8;
    const ENDS: Option<[f64; 2]> = Some([0.0, 256.0]);

    fn place(self) -> usize {
        usize::from(self)
    }

    fn number(place: usize) -> f64 {
        place as f64
    }
}

impl Code for u16 {
    const VALUES: usize = 1 << 16;
    const ENDS: Option<[f64; 2]> = Some([0.0, 65_536.0]);

    fn place(self) -> usize {
        usize::from(self)
    }

    fn number(place: usize) -> f64 {
        place as f64
    }
}

impl Code for half::f16 {
    const VALUES: usize = 1 << 16;
    const ENDS: Option<[f64; 2]> = None;

    fn place(self) -> usize {
        // Negative numbers rise as their bits fall.
        let bits = self.to_bits();
        usize::from(if bits >> 15 == 1 { !bits } else { bits | 0x8000 })
    }

    fn number(place: usize) -> f64 {
        let bits = u16::try_from(place).unwrap_or(u16::MAX);
        let bits = if bits >> 15 == 1 { bits & 0x7fff } else { !bits };
        Self::from_bits(bits).to_f64()
    }
}

/// Returns what is known of each channel, without names.
pub(super) fn of<T: Code>(image: &Image, bins: usize) -> Result<Vec<Channel>> {
    let format = image.format();
    let mut counts = vec![vec![0u64; T::VALUES]; format.channels()];
    // What is no number is nothing either.
    let is_nothing =
        |alpha: T| T::number(alpha.place()).partial_cmp(&0.0) != Some(Ordering::Greater);
    for_each_row(image, |row: &[T]| {
        for pixel in row.chunks_exact(format.channels()) {
            for channel in counted(format, pixel, is_nothing) {
                counts[channel][pixel[channel].place()] += 1;
            }
        }
    })?;
    Ok(counts.iter().map(|counts| channel::<T>(counts, bins)).collect())
}

fn channel<T: Code>(counts: &[u64], bins: usize) -> Channel {
    let (mut nan, mut infinite) = (0, 0);
    let mut numbers = Vec::new();
    for (place, times) in counts.iter().enumerate().filter(|(_, times)| **times > 0) {
        match T::number(place) {
            number if number.is_nan() => nan += times,
            number if number.is_infinite() => infinite += times,
            number => numbers.push((number, *times)),
        }
    }
    let summary = Summary::of_counted(&numbers, T::ENDS, bins);
    Channel { name: "", count: counts.iter().sum(), nan, infinite, summary }
}
