//! Normalize: the tones of the picture spread over the whole range.

use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Color, Image, ImageInfo};
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::histogram::{self, Histogram};
use crate::op::look::{self, Choice, Looks};
use crate::op::param::Light;
use crate::op::pass::Lowered;

op! {
    /// Stretches the tones of the picture from black to white.
    ///
    /// Looks at the picture first: the darkest number becomes 0 and the brightest 1, all others in
    /// proportion, on encoded numbers. With `cutoff` so many of the darkest and of the brightest samples do
    /// not count (the `cutoff` of Pillow's `autocontrast`). All channels together keep their colours;
    /// each by itself takes away a cast. What is transparent does not count.
    pub struct Normalize: "normalize", Point {
        /// The share of samples that does not count, at each end.
        cutoff: f32 = 0.0, in 0.0..=49.0 "%";
        /// Whether each channel is stretched by itself.
        per_channel: bool = false;
    }
}

impl Op for Normalize {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        look::not_yet(Self::SPEC)
    }

    fn looks(&self) -> Option<&dyn Looks> {
        Some(self)
    }
}

impl Looks for Normalize {
    fn choose(&self, image: &Image) -> Result<Choice> {
        let share = f64::from(self.cutoff) / 100.0;
        let ends = if is_coded(image) {
            coded_ends(&Histogram::of(image, 1 << 16)?, share, self.per_channel)
        } else {
            float_ends(image, share, self.per_channel)?
        };
        let mut rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        for (channel, row) in rows.iter_mut().enumerate() {
            let Some(&[low, high]) = ends.get(channel.min(ends.len() - 1)) else { continue };
            // A channel of one tone has nothing to stretch.
            if low < high {
                row[channel] = 1.0 / (high - low);
                row[3] = -low / (high - low);
            }
        }
        Ok(Choice::new(move |input| Ok(Affine { rows }.lower(input, Light::Srgb))))
    }
}

fn is_coded(image: &Image) -> bool {
    [DType::U8, DType::U16].contains(image.info().layout.dtype())
}

/// Returns the darkest and the brightest number that count, for all channels or for each.
fn coded_ends(histogram: &Histogram, share: f64, per_channel: bool) -> Vec<[f64; 2]> {
    let ends = |channel: Option<usize>| {
        let counts = histogram.counts(channel);
        let dropped = dropped(counts.iter().sum(), share);
        let low = reached(0..counts.len(), &counts, dropped).unwrap_or(0);
        let high = reached((0..counts.len()).rev(), &counts, dropped).unwrap_or(0);
        [low, high].map(|bin| histogram.value(bin as f64))
    };
    if per_channel {
        (0..histogram.channels()).map(|channel| ends(Some(channel))).collect()
    } else {
        vec![ends(None)]
    }
}

/// Returns the first bin up to which more samples lie than are dropped.
fn reached(mut bins: impl Iterator<Item = usize>, counts: &[u64], dropped: u64) -> Option<usize> {
    let mut sum = 0;
    bins.find(|bin| {
        sum += counts[*bin];
        sum > dropped
    })
}

/// As [`coded_ends`], of a float picture: all samples are kept, and parted at the two that are asked for.
fn float_ends(image: &Image, share: f64, per_channel: bool) -> Result<Vec<[f64; 2]>> {
    let each = if per_channel && image.format().color == Color::Rgb { 3 } else { 1 };
    let mut samples: Vec<Vec<f32>> = vec![Vec::new(); each];
    histogram::for_each_sample(image, |channel, sample| {
        samples[channel.min(each - 1)].push(sample);
    })?;
    let ends = |samples: &mut Vec<f32>| {
        let Some(last) = samples.len().checked_sub(1) else { return [0.0; 2] };
        let at = usize::try_from(dropped(samples.len() as u64, share)).unwrap_or(0).min(last / 2);
        let low = *samples.select_nth_unstable_by(at, f32::total_cmp).1;
        let high = *samples.select_nth_unstable_by(last - at, f32::total_cmp).1;
        [low, high].map(f64::from)
    };
    Ok(samples.iter_mut().map(ends).collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of samples"
)]
fn dropped(total: u64, share: f64) -> u64 {
    (total as f64 * share).floor() as u64
}
