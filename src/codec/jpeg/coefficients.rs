//! The halfway house between a file and pixels.

use super::frame::{Component, Frame, Model};
use super::report::Problem;
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
}
