//! A picture in another size, made on the host: weights as `resize` has them, in light, colour times alpha.

use super::{Pixels, Samples};
use crate::error::Result;
use crate::op::resample::{self, Axis, Filter};
use crate::op::taps;
use crate::simd::{self, Level};

/// A rectangle of a picture that has been brought to a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Width and height of the whole, brought to size.
    pub(crate) size: [usize; 2],
    /// Where the rectangle starts in it, from the left and the top.
    pub(crate) start: [usize; 2],
    /// Width and height of the rectangle.
    pub(crate) extent: [usize; 2],
}

impl Pixels {
    /// Returns a part of the picture in another size; only the part is made.
    pub(crate) fn part(&self, part: Part, in_light: bool) -> Result<Self> {
        if part.size == [self.width, self.height] {
            return Ok(self.cut(part));
        }
        let [columns, rows] = [(0, self.width), (1, self.height)].map(|(axis, source)| {
            let scale = source as f64 / part.size[axis] as f64;
            let (start, output) = (part.start[axis] as f64 * scale, part.extent[axis]);
            let extent = output as f64 * scale;
            let axis = Axis { source, start, extent, output, lead: 0, filled: output };
            resample::taps(axis, Filter::Lanczos3)
        });
        let mut numbers = self.numbers();
        self.mix_from_stored(&mut numbers, in_light);
        let numbers = sum_columns(&numbers, self, part.extent[0], &columns.tables("resize")?);
        let row = part.extent[0] * self.channels;
        let mut numbers = sum_rows(&numbers, row, part.extent[1], &rows.tables("resize")?);
        self.stored_from_mix(&mut numbers, in_light);
        let [width, height] = part.extent;
        Ok(Self { width, height, samples: self.like(numbers), ..*self })
    }

    /// Copies a rectangle.
    fn cut(&self, Part { size: [width, _], start, extent, .. }: Part) -> Self {
        let run = extent[0] * self.channels;
        let first = |y: usize| ((start[1] + y) * width + start[0]) * self.channels;
        let rows = (0..extent[1]).map(|y| first(y)..first(y) + run);
        let samples = match &self.samples {
            Samples::Codes(codes) => {
                Samples::Codes(rows.flat_map(|r| &codes[r]).copied().collect())
            }
            Samples::Numbers(numbers) => {
                Samples::Numbers(rows.flat_map(|r| &numbers[r]).copied().collect())
            }
        };
        Self { width: extent[0], height: extent[1], channels: self.channels, samples }
    }

    fn mix_from_stored(&self, numbers: &mut [f32], in_light: bool) {
        if in_light {
            self.each_color(numbers, simd::srgb_decode);
        }
        if self.has_alpha() {
            for pixel in numbers.chunks_exact_mut(self.channels) {
                let (color, alpha) = pixel.split_at_mut(self.channels - 1);
                color.iter_mut().for_each(|sample| *sample *= alpha[0]);
            }
        }
    }

    fn stored_from_mix(&self, numbers: &mut [f32], in_light: bool) {
        if self.has_alpha() {
            for pixel in numbers.chunks_exact_mut(self.channels) {
                let (color, alpha) = pixel.split_at_mut(self.channels - 1);
                let scale = if alpha[0] < 1e-6 { 0.0 } else { 1.0 / alpha[0] };
                color.iter_mut().for_each(|sample| *sample *= scale);
                alpha[0] = alpha[0].clamp(0.0, 1.0);
            }
        }
        if in_light {
            self.each_color(numbers, simd::srgb_encode);
        }
    }

    /// Changes the samples of colour, and leaves alpha.
    pub(super) fn each_color(&self, numbers: &mut [f32], change: fn(Level, &mut [f32])) {
        if !self.has_alpha() {
            return change(Level::best(), numbers);
        }
        let mut colors = Vec::with_capacity(self.width * 3);
        for row in numbers.chunks_mut(4096 * self.channels) {
            let is_color = |at: &usize| at % self.channels != self.channels - 1;
            colors.clear();
            colors.extend((0..row.len()).filter(is_color).map(|at| row[at]));
            change(Level::best(), &mut colors);
            for (at, color) in (0..row.len()).filter(is_color).zip(&colors) {
                row[at] = *color;
            }
        }
    }
}

/// Makes as many pixels of each row as are asked for.
fn sum_columns(source: &[f32], pixels: &Pixels, outputs: usize, tables: &[u32]) -> Vec<f32> {
    let channels = pixels.channels;
    let rows = source.chunks_exact(pixels.width * channels);
    let mut sums = Vec::with_capacity(rows.len() * outputs * channels);
    for row in rows {
        for at in 0..outputs {
            let (first, weights, _) = taps::entry(tables, at);
            let first = usize::try_from(first).unwrap_or(0) * channels;
            let mut sum = [0.0_f32; 4];
            for (weight, pixel) in weights.iter().zip(row[first..].chunks_exact(channels)) {
                sum.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += weight * sample);
            }
            sums.extend_from_slice(&sum[..channels]);
        }
    }
    sums
}

/// Makes as many rows as are asked for, of `row` samples each.
fn sum_rows(source: &[f32], row: usize, outputs: usize, tables: &[u32]) -> Vec<f32> {
    let mut sums = vec![0.0; row * outputs];
    for (at, sums) in sums.chunks_exact_mut(row.max(1)).enumerate() {
        let (first, weights, _) = taps::entry(tables, at);
        let first = usize::try_from(first).unwrap_or(0) * row;
        for (weight, samples) in weights.iter().zip(source[first..].chunks_exact(row.max(1))) {
            sums.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += weight * sample);
        }
    }
    sums
}
