//! The planes of a picture at a scale, for who makes samples and pixels of coefficients elsewhere.

use super::coefficients::Coefficients;
use super::frame::Component;
use super::geometry::{self, Geometry, Scale};
use super::rows::{self, Ratio, Rise};
use crate::error::{Error, Result};

/// A component at a scale.
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
        let plane = |(number, plane): (usize, &geometry::Plane)| {
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
                ratio: rows::ratio(&geometry, plane).into(),
            })
        };
        let planes = geometry.planes.iter().enumerate().map(plane).collect::<Result<_>>()?;
        Ok(([geometry.height, geometry.width], planes))
    }
}
