//! Ops that look at the picture choose, and the chain is then like any other.

use super::Pipeline;
use crate::device::Device;
use crate::error::Result;
use crate::image::Image;
use crate::op::declare::Declared;
use crate::op::look::Chosen;

impl Pipeline {
    /// Returns the chain with every op that looks at the pixels as it chose for this picture; all others
    /// stay. The chain can then be planned, explained and recorded for pictures of this shape.
    ///
    /// What comes before such an op is run on the CPU, so that the choice is the same for every device,
    /// and is run again, unrounded, as part of the whole.
    ///
    /// ```
    /// use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};
    ///
    /// let pixels = Buffer::from_vec(vec![50u8, 100, 150, 200], &[2, 2, 1])?;
    /// let image = Image::new(pixels, PixelFormat::GRAY)?;
    /// let pipeline: Pipeline = "normalize | invert".parse()?;
    /// let settled = pipeline.settle(&image)?;
    /// assert_eq!(settled.explain(&Device::cpu(), image.info())?.plan().passes.len(), 1);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    pub fn settle(&self, image: &Image) -> Result<Self> {
        let mut settled = self.clone();
        for at in 0..settled.ops.len() {
            let Some(eye) = self.ops[at].looks() else { continue };
            self.ops[at].check_params()?;
            let before = Self { ops: settled.ops[..at].to_vec(), limits: self.limits.clone() };
            let choice = eye.choose(&before.run_settled(&Device::cpu(), image)?)?;
            settled.ops[at] = Chosen { op: self.ops[at].boxed(), choice }.boxed();
        }
        Ok(settled)
    }

    /// Tells whether an op of the chain looks at pixels before it knows what to do.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.ops.iter().any(|op| op.looks().is_some())
    }
}
