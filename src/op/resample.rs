//! Resampling filters, and the taps of a resized axis.
//!
//! When a picture shrinks, a filter is stretched by the ratio, so that it takes in all that lies
//! under an output sample (Turkowski, "Filters for Common Resampling Tasks", 1990). Taps beyond the
//! picture are dropped and the rest weighs more.

use crate::op::param::{Edge, choice};
use crate::op::taps::Taps;

choice! {
    /// How samples are weighed when a picture is resized.
    pub enum Filter {
        /// The nearest sample alone: hard edges.
        Nearest = "nearest",
        /// A triangle over two samples: soft, never overshoots.
        Bilinear = "bilinear",
        /// The cubic of Catmull and Rom (a = -0.5) over four samples.
        Bicubic = "bicubic",
        /// The cubic of Mitchell and Netravali (B = C = 1/3): between soft and sharp.
        Mitchell = "mitchell",
        /// A sinc windowed by a sinc, over six samples: the sharpest, with slight ringing.
        Lanczos3 = "lanczos3",
        /// The mean of what an output sample covers, parts of samples counted as parts.
        Area = "area",
    }
}

/// One row of the table of filters: how far it reaches, and its weight at a distance.
struct Kernel {
    /// The distance in samples beyond which the weight is zero.
    reach: f64,
    weight: fn(f64) -> f64,
}

impl Filter {
    /// Returns how far the kernel reaches, in samples; 0 for those that have none.
    #[must_use]
    pub fn reach(self) -> f64 {
        self.kernel().map_or(0.0, |kernel| kernel.reach)
    }

    /// Returns the kernel's weight at a distance in samples: 1 for those that have none.
    #[must_use]
    pub fn weight(self, distance: f64) -> f64 {
        match self.kernel() {
            Some(Kernel { reach, weight }) if distance < reach => weight(distance),
            Some(_) => 0.0,
            None => 1.0,
        }
    }

    /// Returns the filter's kernel; nearest and area are no sampled kernels and have none.
    fn kernel(self) -> Option<Kernel> {
        match self {
            Self::Nearest | Self::Area => None,
            Self::Bilinear => Some(Kernel { reach: 1.0, weight: |x| 1.0 - x }),
            Self::Bicubic => Some(Kernel { reach: 2.0, weight: |x| cubic(x, 0.0, 0.5) }),
            Self::Mitchell => {
                Some(Kernel { reach: 2.0, weight: |x| cubic(x, 1.0 / 3.0, 1.0 / 3.0) })
            }
            Self::Lanczos3 => Some(Kernel { reach: 3.0, weight: |x| sinc(x) * sinc(x / 3.0) }),
        }
    }
}

/// The family of Mitchell and Netravali, "Reconstruction Filters in Computer Graphics", 1988, eq. 8.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let sixth = if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x + (-18.0 + 12.0 * b + 6.0 * c)) * x * x + (6.0 - 2.0 * b)
    } else {
        (((-b - 6.0 * c) * x + (6.0 * b + 30.0 * c)) * x + (-12.0 * b - 48.0 * c)) * x
            + (8.0 * b + 24.0 * c)
    };
    sixth / 6.0
}

fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle == 0.0 { 1.0 } else { angle.sin() / angle }
}

/// A resized axis: which part of the source becomes which part of the output.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Samples of the source.
    pub source: usize,
    /// Where in the source the part starts that is shown; parts of samples count.
    pub start: f64,
    /// How much of the source is shown.
    pub extent: f64,
    /// Samples of the output.
    pub output: usize,
    /// Where in the output the part is put; the rest is background.
    pub lead: usize,
    /// How many samples of the output it fills.
    pub filled: usize,
}

impl Axis {
    /// Returns whether every output sample stands where a source sample does.
    fn is_same(self) -> bool {
        self.lead == 0
            && self.filled == self.output
            && self.output == self.source
            && self.start == 0.0
            && self.extent == self.source as f64
    }
}

/// Makes the taps of a resized axis. The source must have samples.
///
/// An axis that keeps its size keeps its samples, whatever the filter.
#[must_use]
pub fn taps(axis: Axis, filter: Filter) -> Taps {
    let filter = if axis.is_same() { Filter::Nearest } else { filter };
    let mut taps = Taps::new(axis.source, axis.output);
    let scale = axis.extent / axis.filled as f64;
    for at in 0..axis.output {
        if at < axis.lead || at >= axis.lead + axis.filled {
            taps.push(0, &[], 1.0, Edge::Constant);
            continue;
        }
        let left = axis.start + (at - axis.lead) as f64 * scale;
        let (first, mut weights) = weigh(left, scale, axis.source, filter);
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        taps.push(first, &weights, 1.0, Edge::Constant);
    }
    taps
}

/// Weighs the source samples of one output sample that covers `left..left + scale`.
#[expect(clippy::cast_possible_truncation, reason = "positions lie within the source's length")]
fn weigh(left: f64, scale: f64, source: usize, filter: Filter) -> (i64, Vec<f64>) {
    let last = source as i64 - 1;
    let center = left + scale / 2.0;
    let inside =
        |first: f64, end: f64| ((first as i64).clamp(0, last), (end as i64).clamp(0, last));
    if filter == Filter::Area && scale > 1.0 {
        let right = left + scale;
        // A sample that is touched by less than rounding is not touched.
        let (first, end) = inside((left + 1e-9).floor(), (right - 1e-9).ceil() - 1.0);
        let covered = |at: i64| (right.min(at as f64 + 1.0) - left.max(at as f64)).max(0.0);
        return (first, (first..=end).map(covered).collect());
    }
    let Some(Kernel { reach, weight }) = filter.kernel() else {
        // A centre between two samples is the second's, whatever rounding makes of it.
        let (nearest, _) = inside((center + 1e-9).floor(), 0.0);
        return (nearest, vec![1.0]);
    };
    let stretch = scale.max(1.0);
    let (first, end) =
        inside((center - reach * stretch - 0.5).ceil(), (center + reach * stretch - 0.5).floor());
    let weight_at = |at: i64| {
        let distance = ((at as f64 + 0.5 - center) / stretch).abs();
        if distance < reach { weight(distance) } else { 0.0 }
    };
    (first, (first..=end).map(weight_at).collect())
}

#[cfg(test)]
mod tests {
    use super::{Filter, weigh};

    #[test]
    fn filters_are_partitions_of_unity_when_nothing_is_scaled() {
        for filter in Filter::ALL {
            for shift in [0.0, 0.25, 0.5, 0.75] {
                let (_, weights) = weigh(50.0 + shift, 1.0, 100, *filter);
                let sum: f64 = weights.iter().sum();
                // The windowed sinc is one to within half a per cent only; taps are normalised.
                let within = if *filter == Filter::Lanczos3 { 0.01 } else { 1e-12 };
                assert!((sum - 1.0).abs() < within, "{filter:?} at {shift}: {sum}");
            }
        }
    }

    #[test]
    fn area_counts_parts_of_samples_as_parts() {
        assert_eq!(weigh(2.5, 3.0, 10, Filter::Area), (2, vec![0.5, 1.0, 1.0, 0.5]));
        assert_eq!(weigh(2.0, 2.0, 10, Filter::Area), (2, vec![1.0, 1.0]));
    }
}
