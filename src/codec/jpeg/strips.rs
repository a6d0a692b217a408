//! Samples of one row of units, plane by plane, as the transform leaves them.
//!
//! Nothing of a picture but a strip is in memory as samples of planes: rows of pixels are made of it as soon
//! as it is full. The last row of the strip before stays, for what is interpolated between the two.

use super::geometry::{Geometry, Plane};
use crate::simd::{Level, inverse_2x2, inverse_4x4, inverse_8x8, inverse_sample};

/// A strip of one plane.
#[derive(Debug, Default)]
pub(super) struct Strip {
    samples: Vec<u8>,
    stride: usize,
    /// The rows of a strip, without the one that stays.
    rows: usize,
    side: usize,
}

impl Strip {
    /// Makes the strip ready for a plane, reusing its memory.
    pub(super) fn prepare(&mut self, geometry: &Geometry, plane: &Plane) {
        self.side = plane.side;
        self.stride = geometry.units.0 * plane.h * plane.side;
        self.rows = plane.v * plane.side;
        self.samples.clear();
        self.samples.resize(self.stride * (self.rows + 1), 0);
    }

    /// Transforms a run of blocks in a row of them, from block `first` on.
    pub(super) fn transform(
        &mut self,
        level: Level,
        row: usize,
        first: usize,
        coefficients: &[i16],
        marks: &[u8],
    ) {
        let start = (1 + row * self.side) * self.stride + first * self.side;
        let out = &mut self.samples[start..];
        match self.side {
            8 => inverse_8x8(level, coefficients, marks, out, self.stride),
            4 => inverse_4x4(level, coefficients, out, self.stride),
            2 => inverse_2x2(coefficients, out, self.stride),
            _ => {
                for (sample, mean) in out.iter_mut().zip(coefficients) {
                    *sample = inverse_sample(i32::from(*mean));
                }
            }
        }
    }

    /// Returns a row, counted from the first of the strip; -1 is the last of the strip before.
    pub(super) fn row(&self, row: isize, width: usize) -> &[u8] {
        let start = usize::try_from(row + 1).unwrap_or(0).min(self.rows) * self.stride;
        &self.samples[start..start + width]
    }

    /// Keeps the last row for the next strip.
    pub(super) fn advance(&mut self) {
        let last = self.rows * self.stride;
        self.samples.copy_within(last..last + self.stride, 0);
    }
}
