//! How much of a picture a chain needs that begins with making it smaller.

use super::Pipeline;
use crate::device::Device;
use crate::image::ImageInfo;
use crate::layout::Layout;

/// How many times the size that it is shrunk to a picture must have, so that it may have been shrunk before
/// by a lesser filter.
const MARGIN: f64 = 2.0;

/// By how much pictures can be decoded smaller than they are.
const REDUCTIONS: [usize; 3] = [8, 4, 2];

impl Pipeline {
    /// Returns by how much an upright picture of this shape may be decoded smaller, in width and height
    /// alike, so that the chain makes a picture of the same size of it that looks much the same: 8, 4, 2, or 1.
    ///
    /// It is more than 1 where the first op is a `resize` to a size in pixels, with a filter, to less than
    /// half of what is decoded; and where both sides are multiples of it, so that every pixel
    /// stays where it is.
    ///
    /// ```
    /// use bytelens::{DType, Device, ImageInfo, Layout, Pipeline, PixelFormat};
    ///
    /// let photo = ImageInfo::new(Layout::contiguous(DType::U8, &[4000, 6000, 3])?, PixelFormat::RGB)?;
    /// let reduction = |text: &str| -> Result<usize, bytelens::Error> {
    ///     Ok(text.parse::<Pipeline>()?.reduction(&Device::cpu(), &photo))
    /// };
    /// assert_eq!(reduction("resize 512x512 | blur 2")?, 4);
    /// assert_eq!(reduction("blur 2 | resize 512x512")?, 1);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[must_use]
    pub fn reduction(&self, device: &Device, source: &ImageInfo) -> usize {
        let shrinks = self.ops.first().map_or(1.0, |op| op.shrinks(source));
        let fits = |by: &usize| {
            *by as f64 * MARGIN <= shrinks
                && self.makes(device, source).is_some_and(|shape| {
                    let reduced = reduced(source, *by);
                    reduced.and_then(|reduced| self.makes(device, &reduced)) == Some(shape)
                })
        };
        REDUCTIONS.into_iter().find(fits).unwrap_or(1)
    }

    /// Returns the shape of what the chain makes of an image, if it can be run.
    fn makes(&self, device: &Device, source: &ImageInfo) -> Option<Vec<usize>> {
        let plan = self.plan(source, device.arrangement()).ok()?;
        Some(plan.output.layout.shape().to_vec())
    }
}

/// Describes an image that has been made smaller; none where a side is no multiple.
fn reduced(source: &ImageInfo, by: usize) -> Option<ImageInfo> {
    let (height, width) = (source.height(), source.width());
    if !height.is_multiple_of(by) || !width.is_multiple_of(by) {
        return None;
    }
    let shape = [height / by, width / by, source.format.channels()];
    let layout = Layout::contiguous(source.layout.dtype().clone(), &shape).ok()?;
    Some(source.with_layout(layout))
}

#[cfg(test)]
mod tests {
    use crate::device::Device;
    use crate::dtype::DType;
    use crate::image::{ImageInfo, PixelFormat};
    use crate::layout::Layout;
    use crate::pipeline::Pipeline;

    #[test]
    fn what_is_decoded_is_at_least_twice_what_the_first_resize_makes() {
        for (text, (width, height), want) in [
            ("resize 375x250", (6000, 4000), 8),
            ("resize 376x250 fit=fill", (6000, 4000), 4),
            ("resize 512x512 | rotate 90", (6000, 4000), 4),
            ("resize 512x512 fit=cover", (6000, 4000), 2),
            ("resize 100x", (6000, 4000), 8),
            ("resize x100", (6004, 4004), 4),
            ("resize x100", (6001, 4000), 1),
            ("resize 10% ", (6000, 4000), 1),
            ("resize 100x100 filter=nearest", (6000, 4000), 1),
            ("resize 3001x3001", (6000, 4000), 1),
            ("resize 1500x1000", (6000, 4000), 2),
            ("blur 2 | resize 100x100", (6000, 4000), 1),
            ("", (6000, 4000), 1),
        ] {
            let pipeline: Pipeline = text.trim().parse().expect("the row is well formed");
            let layout = Layout::contiguous(DType::U8, &[height, width, 3]).expect("a layout");
            let source = ImageInfo::new(layout, PixelFormat::RGB).expect("a picture");
            assert_eq!(
                pipeline.reduction(&Device::cpu(), &source),
                want,
                "{text} {width}x{height}"
            );
        }
    }
}
