//! What an operation is. This layer names none; they live in [`crate::ops`].
//!
//! An op declares itself ([`declare`]) with typed parameters ([`param`]) and *lowers*, for an image
//! of a certain shape and format, to one of three things ([`pass`]): a new layout, a change to each
//! pixel, or passes. Lowering is arithmetic on the host: no pixel is read, no device is known. What
//! runs later are [`twin`]s, in working numbers ([`space`], [`rows`]).

pub mod affine;
pub mod composite;
pub mod declare;
pub mod extremes;
pub mod histogram;
pub mod look;
pub mod lookup;
pub mod param;
pub mod pass;
pub mod picture;
pub mod resample;
pub mod rows;
pub mod separable;
pub mod space;
pub mod taps;
pub mod twin;
pub mod warp;
pub mod window;

use crate::dtype::DType;
use crate::error::Result;
use crate::image::ImageInfo;
use declare::Declared;
use look::Looks;
use pass::Lowered;

/// An operation on images.
pub trait Op: Declared {
    /// Says what is to be done to an image of this shape and format.
    ///
    /// Parameters have been checked against their ranges before.
    ///
    /// # Errors
    /// [`Error::Param`](crate::Error::Param) where a parameter does not fit this image.
    fn lower(&self, input: &ImageInfo) -> Result<Lowered>;

    /// Returns the part of the op that looks at the pixels before it knows what to do; most have none.
    fn looks(&self) -> Option<&dyn Looks> {
        None
    }

    /// Returns the element type that the result is to have, where the op says so. Of a chain the last op that
    /// does decides.
    fn stores(&self) -> Option<DType> {
        None
    }

    /// Returns by how much an image of this shape is shrunk at least, across and down, where an image that
    /// was shrunk before, by less, would do as well; 1 where it would not.
    fn shrinks(&self, input: &ImageInfo) -> f64 {
        let _ = input;
        1.0
    }
}

impl Clone for Box<dyn Op> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}
