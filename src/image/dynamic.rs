//! Pictures of the `image` crate, with what their numbers mean.

use super::{Alpha, Image, PixelFormat, Transfer};
use crate::dtype::Kind;
use crate::error::{Error, Result};
use crate::view::Buffer;
use ::image::DynamicImage;

impl TryFrom<DynamicImage> for Image {
    type Error = Error;

    /// Takes a picture and its memory, without copying: integers as sRGB, floats as linear light,
    /// alpha as straight, which is how the readers of `image` have them.
    ///
    /// ```
    /// use bytelens::{Image, PixelFormat};
    /// use image::DynamicImage;
    ///
    /// let image = Image::try_from(DynamicImage::new_rgba8(6, 4))?;
    /// assert_eq!((image.width(), image.height(), image.format()), (6, 4, PixelFormat::RGBA));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A kind of pixel that a later `image` may add.
    fn try_from(picture: DynamicImage) -> Result<Self> {
        let buffer = Buffer::try_from(picture)?;
        let mut format = PixelFormat::from_channels(buffer.shape()[2])?;
        if buffer.dtype().kind() == Kind::Float {
            format.transfer = Transfer::Linear;
        }
        Self::new(buffer, format)
    }
}

impl TryFrom<&Image> for DynamicImage {
    type Error = Error;

    /// Copies an image, as it should be seen.
    ///
    /// ```
    /// use bytelens::{Buffer, Image, Orientation, PixelFormat};
    /// use image::{DynamicImage, GenericImageView};
    ///
    /// let buffer = Buffer::from_vec(vec![1_u8, 2, 3, 4, 5, 6], &[1, 2, 3])?;
    /// let image = Image::new(buffer, PixelFormat::RGB)?.with_orientation(Orientation::MirroredX);
    /// assert_eq!(DynamicImage::try_from(&image)?.get_pixel(0, 0).0, [4, 5, 6, 255]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Premultiplied alpha, half floats and grey floats, of which `image` has none; no memory.
    fn try_from(image: &Image) -> Result<Self> {
        if image.format().alpha == Alpha::Premultiplied {
            return Err(Error::Unsupported {
                what: "premultiplied alpha in a picture of the image crate".to_owned(),
                instead: "divide the colours by their alpha first".to_owned(),
            });
        }
        image.upright()?.view().to_dynamic_image()
    }
}

#[cfg(test)]
mod tests {
    use crate::dtype::DType;
    use crate::image::{Alpha, Image, PixelFormat, Transfer};
    use crate::view::Buffer;
    use ::image::DynamicImage;

    #[test]
    fn floats_are_light_and_what_image_has_not_is_refused() {
        let linear = Image::try_from(DynamicImage::new_rgb32f(3, 2)).expect("3 channels");
        assert_eq!(linear.format(), PixelFormat { transfer: Transfer::Linear, ..PixelFormat::RGB });
        let back = DynamicImage::try_from(&linear).expect("floats of 3 channels");
        assert_eq!((back.width(), back.height()), (3, 2));
        let premultiplied = PixelFormat { alpha: Alpha::Premultiplied, ..PixelFormat::RGBA };
        let rows = [
            (DType::U8, premultiplied, "premultiplied alpha"),
            (DType::F16, PixelFormat::RGB, "f16 of 3 channels"),
            (DType::F32, PixelFormat::GRAY, "f32 of 1 channels"),
        ];
        for (dtype, format, expected) in rows {
            let buffer = Buffer::zeroed(dtype, &[2, 3, format.channels()]).expect("memory");
            let image = Image::new(buffer, format).expect("the channels of the format");
            let error = DynamicImage::try_from(&image).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error:?} does not say {expected:?}");
        }
    }
}
