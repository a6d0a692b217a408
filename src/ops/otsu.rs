//! Otsu: the threshold that parts a picture best.

use crate::error::Result;
use crate::image::{Image, ImageInfo};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::histogram::Histogram;
use crate::op::look::{self, Choice, Looks};
use crate::op::pass::Lowered;
use crate::ops::threshold::Threshold;

op! {
    /// Turns each channel black or white, where the picture's tones part best.
    ///
    /// Looks at the picture first: of all thresholds the one with the greatest variance between what lies
    /// below and what lies above (Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979),
    /// on encoded numbers in 256 parts, all colour channels together. `grayscale | otsu` makes black and
    /// white of a picture in colour.
    pub struct Otsu: "otsu", Point {
        /// How far from that threshold the level is; above 0 leaves more black.
        offset: f32 = 0.0, in -1.0..=1.0 "";
    }
}

impl Op for Otsu {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        look::not_yet(Self::SPEC)
    }

    fn looks(&self) -> Option<&dyn Looks> {
        Some(self)
    }
}

impl Looks for Otsu {
    fn choose(&self, image: &Image) -> Result<Choice> {
        let histogram = Histogram::of(image, 256)?;
        let bin = best(&histogram.counts(None));
        #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
        let level = histogram.value(bin as f64 + 0.5) as f32 + self.offset;
        Ok(Choice::new(move |input| Threshold::default().level(level).lower(input)))
    }
}

/// Returns the last bin of the lower class: the first of the best.
fn best(counts: &[u64]) -> usize {
    let total: f64 = counts.iter().map(|count| *count as f64).sum();
    let moment: f64 =
        counts.iter().enumerate().map(|(bin, count)| bin as f64 * *count as f64).sum();
    let (mut below, mut moment_below) = (0.0, 0.0);
    let (mut most, mut best) = (-1.0, 0);
    for (bin, count) in counts.iter().enumerate() {
        below += *count as f64;
        moment_below += bin as f64 * *count as f64;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let apart = moment_below / below - (moment - moment_below) / above;
        let variance = below * above * apart * apart;
        if variance > most {
            (most, best) = (variance, bin);
        }
    }
    best
}
