//! A chain of ops: as text or as values, checked, planned, explained and run.
//!
//! ```
//! use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};
//!
//! let pipeline: Pipeline = "resize 4x4 fit=fill | grayscale".parse()?;
//! assert_eq!(pipeline.to_string(), "resize 4x4 fit=fill | grayscale");
//!
//! let pixels = Buffer::from_vec(vec![188u8; 8 * 8 * 3], &[8, 8, 3])?;
//! let image = Image::new(pixels, PixelFormat::RGB)?;
//! let small = pipeline.run(&Device::cpu(), &image)?;
//! assert_eq!(small.view().shape(), [4, 4, 1]);
//! assert_eq!(small.view().get::<u8>(&[3, 3, 0])?, 188);
//! # Ok::<(), bytelens::Error>(())
//! ```
//!
//! This module joins ops and devices, which never see each other. It computes no pixel.

mod explain;
mod look;
mod plan;
pub mod quotes;
#[cfg(feature = "gpu")]
mod record;
mod reduce;
mod text;

pub use explain::Explanation;

use crate::device::Device;
#[cfg(feature = "batch")]
use crate::device::Flow;
use crate::error::Result;
use crate::image::{Image, ImageInfo};
use crate::limits::Limits;
use crate::op::Op;
use crate::op::pass::{Arrangement, Plan};

/// A chain of ops, run from first to last.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    ops: Vec<Box<dyn Op>>,
    limits: Limits,
}

impl Pipeline {
    /// Makes an empty chain, which leaves an image as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an op at the end.
    ///
    /// ```
    /// use bytelens::{Pipeline, ops::{blur::Blur, flip::Flip}};
    /// let pipeline = Pipeline::new().then(Blur::default().sigma(2.0)).then(Flip::default());
    /// assert_eq!(pipeline.to_string(), "blur 2 | flip");
    /// ```
    #[must_use]
    pub fn then(mut self, op: impl Op + 'static) -> Self {
        self.ops.push(Box::new(op));
        self
    }

    /// Adds an op in front of all others.
    ///
    /// ```
    /// use bytelens::{Pipeline, ops::{blur::Blur, flip::Flip}};
    /// let pipeline = Pipeline::new().then(Flip::default()).preceded_by(Blur::default().sigma(2.0));
    /// assert_eq!(pipeline.to_string(), "blur 2 | flip");
    /// ```
    #[must_use]
    pub fn preceded_by(mut self, op: impl Op + 'static) -> Self {
        self.ops.insert(0, Box::new(op));
        self
    }

    /// Sets the caps that sizes are checked against while planning.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the ops.
    #[must_use]
    pub fn ops(&self) -> &[Box<dyn Op>] {
        &self.ops
    }

    /// Plans the passes for an image of this shape and format; no pixel is read.
    ///
    /// # Errors
    /// [`Error::Param`](crate::Error::Param) where a parameter is out of its range or does not fit
    /// the image, [`Error::Limit`](crate::Error::Limit) where a size on the way is over a cap.
    pub fn plan(&self, source: &ImageInfo, arrangement: Arrangement) -> Result<Plan> {
        plan::plan(&self.ops, source, arrangement, &self.limits)
    }

    /// Says what would run for an image of this shape and format, where, and why there.
    ///
    /// # Errors
    /// As [`Pipeline::plan`].
    pub fn explain(&self, device: &Device, source: &ImageInfo) -> Result<Explanation> {
        let plan = self.plan(source, device.arrangement())?;
        Ok(Explanation::new(source.clone(), plan, device))
    }

    /// Runs the chain and waits for the result.
    ///
    /// Where view ops are all, the result shares the image's bytes.
    ///
    /// # Errors
    /// As [`Pipeline::plan`], and [`Error::Device`](crate::Error::Device) where the device fails; then
    /// there is no result at all.
    pub fn run(&self, device: &Device, image: &Image) -> Result<Image> {
        if self.looks() {
            return self.settle(image)?.run_settled(device, image);
        }
        self.run_settled(device, image)
    }

    /// Starts to run the chain on rows of a picture as they come. Nothing where device and plan want the whole.
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    #[cfg(feature = "batch")]
    pub(crate) fn flow(&self, device: &Device, source: &ImageInfo) -> Result<Option<Flow>> {
        if self.looks() {
            return Ok(None);
        }
        device.flow(self.plan(source, device.arrangement())?)
    }

    /// Runs a chain of which no op looks at pixels first.
    fn run_settled(&self, device: &Device, image: &Image) -> Result<Image> {
        let plan = self.plan(image.info(), device.arrangement())?;
        if plan.passes.is_empty() {
            return image.with_info(plan.output);
        }
        let source = image.with_info(plan.source.clone())?;
        let buffer = device.run(&plan, &source.view())?;
        let ImageInfo { format, orientation, profile, .. } = plan.output;
        Ok(Image::new(buffer, format)?.with_orientation(orientation).with_profile(profile))
    }
}
