//! Rows of pixels of strips of samples: upsampling and colour.
//!
//! What is stored at half the resolution is interpolated as libjpeg does it with "fancy upsampling" (`jdsample`),
//! at the same sampling factors and no others: everything else is repeated.

use std::ops::Range;

use super::frame::Model;
use super::geometry::{Geometry, Plane};
use super::strips::Strip;
use crate::error::Result;
use crate::simd::{
    Level, cmyk_from_ycck, double_columns, double_rows, double_rows_and_columns, rgb_from_cmyk,
    rgb_from_planes, rgb_from_ycc,
};

/// How many pixels there are to how many samples, in lowest terms.
pub(crate) type Ratio = (usize, usize);

/// How a plane comes to full resolution.
#[derive(Clone, Debug)]
pub(crate) enum Rise {
    /// It is there.
    None,
    /// Columns are doubled, interpolating.
    Columns,
    /// Rows are doubled, interpolating.
    Rows,
    /// Both are.
    Both,
    /// The nearest sample is taken, from these columns.
    Nearest(Vec<usize>),
}

impl Rise {
    pub(super) fn new(geometry: &Geometry, plane: &Plane) -> Self {
        let (across, down) = ratio(geometry, plane);
        // Two samples are too few to lie between, and so is one row of a block.
        let smallest = geometry.planes.iter().map(|one| one.side).min().unwrap_or(8);
        let is_fancy = smallest > 1;
        match (across, down) {
            ((1, 1), (1, 1)) => Self::None,
            ((2, 1), (1, 1)) if is_fancy && plane.width > 2 => Self::Columns,
            ((1, 1), (2, 1)) if is_fancy => Self::Rows,
            ((2, 1), (2, 1)) if is_fancy && plane.width > 2 => Self::Both,
            _ => Self::Nearest((0..geometry.width).map(|x| nearest(x, across)).collect()),
        }
    }

    /// Whether rows below are needed.
    fn looks_down(&self) -> bool {
        matches!(self, Self::Rows | Self::Both)
    }
}

/// Returns the ratios of a plane, across and down.
pub(super) fn ratio(geometry: &Geometry, plane: &Plane) -> (Ratio, Ratio) {
    let lowest = |pixels: usize, samples: usize| {
        let divisor = (1..=samples)
            .rev()
            .find(|one| pixels.is_multiple_of(*one) && samples.is_multiple_of(*one));
        let divisor = divisor.unwrap_or(1);
        (pixels / divisor, samples / divisor)
    };
    let (across, down) = geometry.unit_pixels;
    (lowest(across, plane.h * plane.side), lowest(down, plane.v * plane.side))
}

/// Returns the sample whose middle is nearest to that of a pixel.
fn nearest(pixel: usize, (pixels, samples): Ratio) -> usize {
    (2 * pixel + 1) * samples / (2 * pixels)
}

/// Where packed rows of pixels go, some at a time, from the top down.
pub(crate) trait Sink {
    /// Returns memory for the next rows, which are so many bytes; what is in it is of no meaning.
    fn memory(&mut self, bytes: usize) -> &mut [u8];

    /// Hears that the rows are there.
    ///
    /// # Errors
    /// Whatever makes it pointless to go on.
    fn take(&mut self) -> Result<()>;
}

/// The memory of a whole picture.
#[derive(Debug)]
pub(super) struct Whole<'a>(pub(super) &'a mut [u8]);

impl Sink for Whole<'_> {
    fn memory(&mut self, bytes: usize) -> &mut [u8] {
        let (next, rest) = std::mem::take(&mut self.0).split_at_mut(bytes);
        self.0 = rest;
        next
    }

    fn take(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Makes rows of pixels.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    geometry: &'a Geometry,
    /// The rows that are wanted.
    wanted: Range<usize>,
    model: Model,
    level: Level,
    rises: Vec<Rise>,
    /// For each plane a row at full resolution.
    full: Vec<Vec<u8>>,
    sums: Vec<u16>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        geometry: &'a Geometry,
        model: Model,
        wanted: Range<usize>,
        level: Level,
    ) -> Self {
        let rises: Vec<Rise> =
            geometry.planes.iter().map(|plane| Rise::new(geometry, plane)).collect();
        // Doubled columns may be one more than there are.
        let width = geometry.width + 1;
        let owns_row = |rise: &Rise| model == Model::Ycck || !matches!(rise, Rise::None);
        let rows = rises.iter().map(|rise| vec![0; if owns_row(rise) { width } else { 0 }]);
        let full = rows.collect();
        Self { geometry, wanted, model, level, full, rises, sums: vec![0; width] }
    }

    /// Returns the rows of units that must be in the strips, one after the other, for all that are wanted.
    pub(super) fn unit_rows(&self) -> Range<usize> {
        let (unit, late) = (self.geometry.unit_pixels.1, self.late());
        // What lies between strips looks at the last row of the one above.
        let first = ((self.wanted.start + late) / unit).saturating_sub(1);
        let last = (self.wanted.end.max(1) - 1 + late) / unit;
        first..self.geometry.units.1.min(last + 1)
    }

    /// The rows of a strip that wait for the strip below: the last, if it lies between.
    fn late(&self) -> usize {
        usize::from(self.rises.iter().any(Rise::looks_down))
    }

    /// Writes the rows of pixels that can be made once a row of units is in the strips, and are wanted.
    ///
    /// # Errors
    /// Those of the sink.
    pub(super) fn write(
        &mut self,
        unit_row: usize,
        strips: &[Strip],
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let (unit, is_last) = (self.geometry.unit_pixels.1, unit_row + 1 == self.geometry.units.1);
        let late = self.late();
        let start = (unit_row * unit).saturating_sub(late);
        let end = if is_last { self.geometry.height } else { (unit_row + 1) * unit - late };
        let size = self.geometry.width * self.model.channels();
        let rows = start.max(self.wanted.start)..end.min(self.wanted.end);
        if rows.is_empty() {
            return Ok(());
        }
        let out = sink.memory(rows.len() * size);
        for (y, row) in rows.zip(out.chunks_exact_mut(size)) {
            for (number, strip) in strips.iter().enumerate() {
                self.rise(number, unit_row, y, strip);
            }
            self.color(unit_row, y, strips, row);
        }
        sink.take()
    }

    /// Brings a row of a plane to full resolution.
    fn rise(&mut self, number: usize, unit_row: usize, y: usize, strip: &Strip) {
        let plane = &self.geometry.planes[number];
        let first = unit_row * plane.v * plane.side;
        let row = |y: usize, width: usize| strip.row(y as isize - first as isize, width);
        let (width, full) = (plane.width, &mut self.full[number]);
        let last = plane.height - 1;
        // The nearer row, the farther one, and whether that is below.
        let is_below = y % 2 == 1;
        let near = (y / 2).min(last);
        let far = if is_below { (near + 1).min(last) } else { near.saturating_sub(1) };
        match &self.rises[number] {
            Rise::None if self.model == Model::Ycck => {
                full[..width].copy_from_slice(row(y, width));
            }
            Rise::None => {}
            Rise::Columns => double_columns(self.level, row(y, width), doubled(full, width)),
            Rise::Rows => {
                let bias = 1 + u16::from(is_below);
                let full = &mut full[..width];
                double_rows(self.level, row(near, width), row(far, width), bias, full);
            }
            Rise::Both => double_rows_and_columns(
                self.level,
                row(near, width),
                row(far, width),
                &mut self.sums[..width],
                doubled(full, width),
            ),
            Rise::Nearest(columns) => {
                let (_, down) = ratio(self.geometry, plane);
                let samples = row(nearest(y, down).min(last), width);
                for (full, column) in full.iter_mut().zip(columns) {
                    *full = samples[(*column).min(width - 1)];
                }
            }
        }
    }

    /// Makes pixels of rows at full resolution.
    fn color(&mut self, unit_row: usize, y: usize, strips: &[Strip], out: &mut [u8]) {
        let width = self.geometry.width;
        if self.model == Model::Ycck
            && let [y, cb, cr, _] = self.full.as_mut_slice()
        {
            cmyk_from_ycck(self.level, &mut y[..width], &mut cb[..width], &mut cr[..width]);
        }
        let row = |number: usize| match &self.rises[number] {
            Rise::None if self.model != Model::Ycck => {
                let plane = &self.geometry.planes[number];
                let first = unit_row * plane.v * plane.side;
                strips[number].row(y as isize - first as isize, width)
            }
            _ => &self.full[number][..width],
        };
        match self.model {
            Model::Gray => out.copy_from_slice(row(0)),
            Model::YCbCr => rgb_from_ycc(self.level, row(0), row(1), row(2), out),
            Model::Rgb => rgb_from_planes(self.level, row(0), row(1), row(2), out),
            Model::Cmyk | Model::Ycck => {
                rgb_from_cmyk(self.level, row(0), row(1), row(2), row(3), out);
            }
        }
    }
}

/// The first columns of a row, two for each of `width` samples.
fn doubled(row: &mut [u8], width: usize) -> &mut [u8] {
    let end = (2 * width).min(row.len());
    &mut row[..end]
}
