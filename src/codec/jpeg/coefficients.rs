//! The halfway house between a file and pixels.

use super::frame::{Component, Frame, Model};
use super::geometry::{Geometry, Scale};
use super::report::Problem;
use super::rows::{Ratio, Rise};
use crate::error::{Error, Result};
use crate::view::Buffer;

/// The coefficients of a picture: what is left when the entropy coding is undone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Coefficients {
    /// The width of the picture in pixels.
    pub width: usize,
    /// The height of the picture in pixels.
    pub height: usize,
    /// How the components are to be understood.
    pub model: Model,
    /// One for each component, in the order of the frame header.
    pub components: Vec<ComponentCoefficients>,
    /// What is wrong with the file; nothing, unless decoding is lenient.
    pub problems: Vec<Problem>,
}

/// The coefficients of one component, as they are stored: quantised.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ComponentCoefficients {
    /// The sampling factors, across and down.
    pub sampling: (usize, usize),
    /// `i16` of shape `[rows of blocks, columns of blocks, 8, 8]`: in a block vertical frequencies come
    /// first, then horizontal ones. Blocks that only fill up units of interleaved scans are among them.
    pub blocks: Buffer,
    /// `u16` of shape `[8, 8]`: what each coefficient is to be multiplied by.
    pub factors: Buffer,
}

/// A component at a scale, for who makes its samples and pixels elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    /// The samples on a side of a block: 8, 4, 2 or 1.
    pub(crate) side: usize,
    /// The rows and columns of blocks.
    pub(crate) blocks: [usize; 2],
    /// The rows and columns of samples that are of the picture.
    pub(crate) size: [usize; 2],
    /// How it comes to full resolution.
    pub(crate) rise: Rise,
    /// The pixels to the samples, across and down.
    pub(crate) ratio: [Ratio; 2],
}

impl Coefficients {
    /// Returns the frame that these are the coefficients of; no component has a table.
    pub(super) fn frame(&self, progressive: bool) -> Frame {
        let component = |(id, one): (u8, &ComponentCoefficients)| {
            let (h, v) = one.sampling;
            Component { id, h, v, table: 0 }
        };
        let components = (1..).zip(&self.components).map(component).collect();
        Frame { progressive, width: self.width, height: self.height, components }
    }

    /// Returns the size of the picture at a scale, rows first, and its planes.
    ///
    /// # Errors
    /// [`Error::Shape`] where the blocks of a component are not as many as the picture has.
    pub(crate) fn planes(&self, scale: Scale) -> Result<([usize; 2], Vec<Plane>)> {
        let frame = self.frame(false);
        let sampling = |one: &Component| (1..=4).contains(&one.h) && (1..=4).contains(&one.v);
        if !matches!(frame.components.len(), 1 | 3 | 4) || !frame.components.iter().all(sampling) {
            let expected = "1, 3 or 4 components, sampled by 1 to 4";
            let got: Vec<_> = self.components.iter().map(|one| one.sampling).collect();
            return Err(Error::shape("JPEG coefficients", expected, format!("{got:?}")));
        }
        let geometry = Geometry::of_frame(&frame, |_| [1; 64], scale);
        let plane = |(number, plane): (usize, &super::geometry::Plane)| {
            let (columns, rows) = frame.all_blocks(number);
            let shape = self.components[number].blocks.shape();
            if shape != [rows, columns, 8, 8] {
                let expected = format!("blocks of shape [{rows}, {columns}, 8, 8]");
                return Err(Error::shape("JPEG coefficients", expected, format!("{shape:?}")));
            }
            Ok(Plane {
                side: plane.side,
                blocks: [rows, columns],
                size: [plane.height, plane.width],
                rise: Rise::new(&geometry, plane),
                ratio: super::rows::ratio(&geometry, plane).into(),
            })
        };
        let planes = geometry.planes.iter().enumerate().map(plane).collect::<Result<_>>()?;
        Ok(([geometry.height, geometry.width], planes))
    }
}
