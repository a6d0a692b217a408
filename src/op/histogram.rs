//! How often which number stands in a picture.
//!
//! Colour is counted as it is encoded, straight; what is transparent, and what is no number, is not
//! counted.

use crate::dtype::DType;
use crate::error::Result;
use crate::image::Image;
use crate::op::look;

/// The counts of each colour channel, over bins of one width.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// For each colour channel how many samples each bin has.
    counts: Vec<Vec<u64>>,
    /// The number in the middle of the first bin.
    first: f64,
    /// From the middle of a bin to that of the next.
    step: f64,
    /// Whether each bin is a code.
    codes: bool,
}

impl Histogram {
    /// Counts a picture's samples: a bin for each code of 8 bits, and of 16 where that many bins are
    /// asked for; otherwise `bins` from the least to the greatest number there is.
    ///
    /// # Errors
    /// None that an image can meet.
    pub fn of(image: &Image, bins: usize) -> Result<Self> {
        let colors = image.format().channels() - usize::from(image.format().has_alpha());
        let most = match *image.info().layout.dtype() {
            DType::U8 => Some(255.0),
            DType::U16 if bins > 65_535 => Some(65_535.0),
            _ => None,
        };
        let (first, step, bins) = if let Some(most) = most {
            (0.0, 1.0 / most, bin(most + 1.0, usize::MAX))
        } else {
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for_each_sample(image, |_, sample| (low, high) = (low.min(sample), high.max(sample)))?;
            let (low, high) = if low < high { (low, high) } else { (low, low + 1.0) };
            let width = (f64::from(high) - f64::from(low)) / bins as f64;
            (f64::from(low) + width / 2.0, width, bins)
        };
        let mut counts = vec![vec![0; bins]; colors];
        for_each_sample(image, |channel, sample| {
            counts[channel][bin((f64::from(sample) - first) / step, bins)] += 1;
        })?;
        Ok(Self { counts, first, step, codes: most.is_some() })
    }

    /// Returns the counts of one channel, or of all together.
    #[must_use]
    pub fn counts(&self, channel: Option<usize>) -> Vec<u64> {
        let each = self.counts.iter().enumerate();
        let chosen = each.filter(|(at, _)| channel.is_none_or(|channel| channel == *at));
        let mut sum = vec![0; self.counts.first().map_or(0, Vec::len)];
        for (_, counts) in chosen {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        sum
    }

    /// Returns whether each bin is a code of the picture.
    #[must_use]
    pub fn has_codes(&self) -> bool {
        self.codes
    }

    /// Returns the number of colour channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.counts.len()
    }

    /// Returns the number in the middle of a bin; between bins, and beyond them, in proportion.
    #[must_use]
    pub fn value(&self, bin: f64) -> f64 {
        self.first + bin * self.step
    }
}

/// Goes through the samples that count, with the number of their channel.
///
/// # Errors
/// None that an image can meet.
pub fn for_each_sample(image: &Image, mut each: impl FnMut(usize, f32)) -> Result<()> {
    let format = image.format();
    let (channels, alpha) = (format.channels(), format.has_alpha());
    let colors = channels - usize::from(alpha);
    look::for_each_row(image, |_, row| {
        for pixel in row.chunks_exact(channels) {
            if alpha && pixel[colors] <= 0.0 {
                continue;
            }
            for (channel, sample) in pixel[..colors].iter().enumerate() {
                if sample.is_finite() {
                    each(channel, *sample);
                }
            }
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the result is held to the bins"
)]
fn bin(at: f64, bins: usize) -> usize {
    (at.round() as usize).min(bins - 1)
}
