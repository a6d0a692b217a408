//! Equalize: every tone as often as any other.

use crate::error::Result;
use crate::image::{Image, ImageInfo};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::histogram::Histogram;
use crate::op::look::{self, Choice, Looks};
use crate::op::lookup::{self, Curve};
use crate::op::param::Light;
use crate::op::pass::Lowered;

op! {
    /// Spreads the tones so that each is about as frequent as any other.
    ///
    /// Looks at the picture first: a number becomes the share of samples up to it, on encoded numbers
    /// (Gonzalez and Woods, "Digital Image Processing", 4th edition, section 3.3). Of 8 bits every code
    /// counts by itself and the darkest there is becomes black; of more, 256 parts from the darkest to the
    /// brightest, in proportion between their middles. What is transparent does not count.
    pub struct Equalize: "equalize", Pass {
        /// Whether each channel is spread by itself; else all by one curve, which keeps colours apart.
        per_channel: bool = false;
    }
}

impl Op for Equalize {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        look::not_yet(Self::SPEC)
    }

    fn looks(&self) -> Option<&dyn Looks> {
        Some(self)
    }
}

impl Looks for Equalize {
    fn choose(&self, image: &Image) -> Result<Choice> {
        let histogram = Histogram::of(image, 256)?;
        let each = if self.per_channel { histogram.channels() } else { 1 };
        let curve = |channel: usize| {
            let counts = histogram.counts(self.per_channel.then_some(channel));
            let last = (counts.len() - 1) as f64;
            let (low, high) = (histogram.value(0.0), histogram.value(last));
            // A channel of one tone has nothing to spread.
            let entries = shares(&counts, histogram.has_codes())?;
            Some(Curve { low, high, entries })
        };
        let curves: Vec<Option<Curve>> = (0..each).map(curve).collect();
        Ok(Choice::new(move |input| lookup::lower(&curves, input, Light::Srgb)))
    }
}

/// Returns the share of samples up to each bin; nothing where all are in one.
fn shares(counts: &[u64], from_black: bool) -> Option<Vec<f32>> {
    let total: u64 = counts.iter().sum();
    let darkest = counts.iter().copied().find(|count| *count > 0)?;
    if darkest == total {
        return None;
    }
    let base = if from_black { darkest } else { 0 };
    let mut sum = 0;
    #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
    let share = |count: &u64| {
        sum += count;
        (sum.saturating_sub(base) as f64 / (total - base) as f64) as f32
    };
    Some(counts.iter().map(share).collect())
}
