//! Orient: the picture the right way up.

use crate::error::Result;
use crate::image::{ImageInfo, Orientation};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::pass::Lowered;

op! {
    /// Turns the picture upright, as its EXIF orientation says.
    ///
    /// The command does this to every picture before the first op; here it is for pipelines that
    /// are run on images decoded by hand. A picture that is upright stays as it is.
    pub struct Orient: "orient", View {}
}

impl Op for Orient {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let layout = input.orientation.upright(&input.layout)?;
        let upright = ImageInfo { orientation: Orientation::Upright, ..input.with_layout(layout) };
        Ok(Lowered::View(upright))
    }
}
