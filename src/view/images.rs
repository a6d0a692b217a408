//! Pictures of the `image` crate as views, and views as its pictures.
//!
//! ```text
//!   ImageBuffer<P, C>   width, height, samples of pixels in rows     ours   [height, width, channels]
//! ```
//!
//! Its pictures are always packed, so that seeing one costs nothing, and a view that goes over is
//! copied once, whatever its strides. Not here: what the numbers mean; that is
//! [`Image`](crate::image::Image).

use super::{Buffer, View, ViewMut};
use crate::dtype::{DType, Element, Kind};
use crate::error::{Error, Result};
use crate::layout::Layout;
use image::{ColorType, DynamicImage, ImageBuffer, Pixel};
use std::ops::{Deref, DerefMut};

/// The layout of a picture's samples.
fn layout_of<P: Pixel<Subpixel: Element>>(width: u32, height: u32) -> Result<Layout> {
    let shape = [height as usize, width as usize, usize::from(P::CHANNEL_COUNT)];
    Layout::contiguous(P::Subpixel::DTYPE, &shape)
}

impl<'a, P, C> TryFrom<&'a ImageBuffer<P, C>> for View<'a>
where
    P: Pixel<Subpixel: Element>,
    C: Deref<Target = [P::Subpixel]>,
{
    type Error = Error;

    /// Sees a picture in place, as rows, columns and channels.
    ///
    /// ```
    /// use bytelens::View;
    /// use image::RgbImage;
    ///
    /// let picture = RgbImage::from_fn(4, 2, |x, y| image::Rgb([x as u8, y as u8, 7]));
    /// let view = View::try_from(&picture)?;
    /// assert_eq!((view.shape(), view.get::<u8>(&[1, 3, 0])?), (&[2, 4, 3][..], 3));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None that a picture made by `image` can meet.
    fn try_from(picture: &'a ImageBuffer<P, C>) -> Result<Self> {
        let layout = layout_of::<P>(picture.width(), picture.height())?;
        Self::new(bytemuck::cast_slice(picture.as_raw()), layout)
    }
}

impl<'a, P, C> TryFrom<&'a mut ImageBuffer<P, C>> for ViewMut<'a>
where
    P: Pixel<Subpixel: Element>,
    C: DerefMut<Target = [P::Subpixel]>,
{
    type Error = Error;

    /// Sees a picture in place, to write it.
    ///
    /// ```
    /// use bytelens::ViewMut;
    /// use image::GrayImage;
    ///
    /// let mut picture = GrayImage::new(4, 2);
    /// ViewMut::try_from(&mut picture)?.index(1, -1)?.fill(9_u8)?; // the last column
    /// assert_eq!(picture.into_raw(), [0, 0, 0, 9, 0, 0, 0, 9]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None that a picture made by `image` can meet.
    fn try_from(picture: &'a mut ImageBuffer<P, C>) -> Result<Self> {
        let layout = layout_of::<P>(picture.width(), picture.height())?;
        Self::new(bytemuck::cast_slice_mut(picture), layout)
    }
}

impl<P: Pixel<Subpixel: Element>> TryFrom<ImageBuffer<P, Vec<P::Subpixel>>> for Buffer {
    type Error = Error;

    /// Takes a picture and its memory, without copying.
    ///
    /// ```
    /// use bytelens::Buffer;
    /// use image::RgbaImage;
    ///
    /// let buffer = Buffer::try_from(RgbaImage::new(640, 480))?;
    /// assert_eq!(buffer.shape(), [480, 640, 4]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None that a picture made by `image` can meet.
    fn try_from(picture: ImageBuffer<P, Vec<P::Subpixel>>) -> Result<Self> {
        let layout = layout_of::<P>(picture.width(), picture.height())?;
        Self::from_owner(std::sync::Arc::new(picture.into_raw()), layout)
    }
}

/// The layout of a picture whose kind of pixel is known when it runs.
fn layout_of_dynamic(picture: &DynamicImage) -> Result<Layout> {
    let color = picture.color();
    let dtype = match color {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => DType::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => DType::U16,
        ColorType::Rgb32F | ColorType::Rgba32F => DType::F32,
        other => {
            return Err(Error::Unsupported {
                what: format!("a picture of {other:?}"),
                instead: "convert it to 8-bit, 16-bit or f32 pixels first".to_owned(),
            });
        }
    };
    let channels = usize::from(color.channel_count());
    Layout::contiguous(dtype, &[picture.height() as usize, picture.width() as usize, channels])
}

impl<'a> TryFrom<&'a DynamicImage> for View<'a> {
    type Error = Error;

    /// Sees a picture in place, as rows, columns and channels of `u8`, `u16` or `f32`.
    ///
    /// ```
    /// use bytelens::{DType, View};
    /// use image::DynamicImage;
    ///
    /// let picture = DynamicImage::new_rgb16(4, 2);
    /// let view = View::try_from(&picture)?;
    /// assert_eq!((view.dtype(), view.shape()), (&DType::U16, &[2, 4, 3][..]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A kind of pixel that a later `image` may add.
    fn try_from(picture: &'a DynamicImage) -> Result<Self> {
        Self::new(picture.as_bytes(), layout_of_dynamic(picture)?)
    }
}

impl TryFrom<DynamicImage> for Buffer {
    type Error = Error;

    /// Takes a picture and its memory, without copying.
    ///
    /// ```
    /// use bytelens::Buffer;
    /// use image::DynamicImage;
    ///
    /// assert_eq!(Buffer::try_from(DynamicImage::new_luma8(4, 2))?.shape(), [2, 4, 1]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A kind of pixel that a later `image` may add.
    fn try_from(picture: DynamicImage) -> Result<Self> {
        match picture {
            DynamicImage::ImageLuma8(picture) => picture.try_into(),
            DynamicImage::ImageLumaA8(picture) => picture.try_into(),
            DynamicImage::ImageRgb8(picture) => picture.try_into(),
            DynamicImage::ImageRgba8(picture) => picture.try_into(),
            DynamicImage::ImageLuma16(picture) => picture.try_into(),
            DynamicImage::ImageLumaA16(picture) => picture.try_into(),
            DynamicImage::ImageRgb16(picture) => picture.try_into(),
            DynamicImage::ImageRgba16(picture) => picture.try_into(),
            DynamicImage::ImageRgb32F(picture) => picture.try_into(),
            DynamicImage::ImageRgba32F(picture) => picture.try_into(),
            other => View::try_from(&other)?.to_contiguous(),
        }
    }
}

impl View<'_> {
    /// Copies rows, columns and channels to a picture of `image`; pixels of one channel may do
    /// without the axis of channels.
    ///
    /// ```
    /// use bytelens::View;
    /// use image::Rgb;
    ///
    /// let planes = View::from_slice(&[1_u8, 2, 3, 4, 5, 6], &[3, 1, 2])?; // red, green, blue
    /// let picture = planes.permute(&[1, 2, 0])?.to_image::<Rgb<u8>>()?;
    /// assert_eq!(picture.get_pixel(1, 0), &Rgb([2, 4, 6]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another element type or number of channels, sides over `u32::MAX`, or no memory for a copy.
    pub fn to_image<P>(&self) -> Result<ImageBuffer<P, Vec<P::Subpixel>>>
    where
        P: Pixel<Subpixel: Element>,
    {
        let channels = usize::from(P::CHANNEL_COUNT);
        let wrong = || {
            let expected = format!("[height, width, {channels}], sides below 2^32");
            Error::shape("to_image", expected, format!("{:?}", self.shape()))
        };
        let (height, width) = match *self.shape() {
            [height, width, own] if own == channels => (height, width),
            [height, width] if channels == 1 => (height, width),
            _ => return Err(wrong()),
        };
        let sides = u32::try_from(width).ok().zip(u32::try_from(height).ok());
        let (width, height) = sides.ok_or_else(wrong)?;
        ImageBuffer::from_raw(width, height, self.to_vec()?).ok_or_else(wrong)
    }

    /// Copies rows, columns and 1 to 4 channels of `u8`, `u16` or `f32` to a picture of `image`.
    ///
    /// ```
    /// use bytelens::View;
    /// use image::DynamicImage;
    ///
    /// let grey = View::from_slice(&[1_u16, 2, 3, 4], &[2, 2])?;
    /// assert!(matches!(grey.to_dynamic_image()?, DynamicImage::ImageLuma16(_)));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A type or a number of channels of which `image` has no picture: grey of `f32`, for one.
    pub fn to_dynamic_image(&self) -> Result<DynamicImage> {
        let channels = if self.ndim() == 2 { 1 } else { self.shape().last().copied().unwrap_or(0) };
        Ok(match (self.dtype().kind(), self.dtype().size(), channels) {
            (Kind::Uint, 1, 1) => DynamicImage::ImageLuma8(self.to_image()?),
            (Kind::Uint, 1, 2) => DynamicImage::ImageLumaA8(self.to_image()?),
            (Kind::Uint, 1, 3) => DynamicImage::ImageRgb8(self.to_image()?),
            (Kind::Uint, 1, 4) => DynamicImage::ImageRgba8(self.to_image()?),
            (Kind::Uint, 2, 1) => DynamicImage::ImageLuma16(self.to_image()?),
            (Kind::Uint, 2, 2) => DynamicImage::ImageLumaA16(self.to_image()?),
            (Kind::Uint, 2, 3) => DynamicImage::ImageRgb16(self.to_image()?),
            (Kind::Uint, 2, 4) => DynamicImage::ImageRgba16(self.to_image()?),
            (Kind::Float, 4, 3) => DynamicImage::ImageRgb32F(self.to_image()?),
            (Kind::Float, 4, 4) => DynamicImage::ImageRgba32F(self.to_image()?),
            _ => {
                let expected = "u8 or u16 of 1 to 4 channels, or f32 of 3 or 4";
                let got = format!("{} of {channels} channels", self.dtype());
                return Err(Error::dtype("to_dynamic_image", expected, got));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::view::{Buffer, View, ViewMut};
    use image::{DynamicImage, GrayImage, Rgb, Rgb32FImage, RgbImage};

    #[test]
    fn pictures_go_over_and_come_back_whatever_their_pixels() {
        let pictures = [
            DynamicImage::new_luma8(5, 3),
            DynamicImage::new_luma_a8(5, 3),
            DynamicImage::new_rgb8(5, 3),
            DynamicImage::new_rgba8(5, 3),
            DynamicImage::new_luma16(5, 3),
            DynamicImage::new_luma_a16(5, 3),
            DynamicImage::new_rgb16(5, 3),
            DynamicImage::new_rgba16(5, 3),
            DynamicImage::new_rgb32f(5, 3),
            DynamicImage::new_rgba32f(5, 3),
            DynamicImage::new_rgb8(0, 3),
        ];
        for empty in pictures {
            let mut own = Buffer::try_from(empty.clone()).expect("a kind that is known");
            let mut view = own.view_mut().expect("not shared");
            let bytes = view.as_bytes_mut().expect("no gaps");
            // No byte that makes a float no number, so that values can be compared.
            (0..100_u8).zip(bytes).for_each(|(number, byte)| *byte = number % 50);
            let picture = own.view().to_dynamic_image().expect("a kind that is known");
            assert_eq!(picture.color(), empty.color());
            let seen = View::try_from(&picture).expect("a kind that is known");
            assert_eq!((seen.layout(), seen.as_bytes()), (own.layout(), own.view().as_bytes()));
            assert_eq!(seen.as_bytes().map(<[u8]>::as_ptr), Some(picture.as_bytes().as_ptr()));
        }
    }

    #[test]
    fn any_layout_becomes_a_picture_or_says_why_not() {
        let mut picture =
            RgbImage::from_fn(4, 2, |x, y| Rgb([x, y, 7].map(|n| n.to_le_bytes()[0])));
        let turned = View::try_from(&picture).expect("3 axes").permute(&[1, 0, 2]).expect("3 axes");
        let turned = turned.flip(0).expect("an axis").to_image::<Rgb<u8>>().expect("3 channels");
        assert_eq!((turned.dimensions(), turned.get_pixel(1, 0)), ((2, 4), &Rgb([3, 1, 7])));
        let mut view = ViewMut::try_from(&mut picture).expect("3 axes");
        view.set(&[1, 0, 2], 9_u8).expect("u8");
        assert_eq!(picture.get_pixel(0, 1), &Rgb([0, 1, 9]));
        let floats = Rgb32FImage::new(2, 2);
        let floats = View::try_from(&floats).expect("3 axes");
        let rows = [
            ("a type", floats.to_image::<Rgb<u8>>().err(), "to_vec: expected f32, got u8"),
            ("channels", floats.to_image::<image::Luma<f32>>().err(), "[height, width, 1]"),
            (
                "grey floats",
                floats.index(2, 0).and_then(|grey| grey.to_dynamic_image()).err(),
                "f32 of 1 channels",
            ),
            (
                "an axis",
                View::from_slice(&[1_u8], &[1])
                    .and_then(|one| one.to_image::<image::Luma<u8>>())
                    .err(),
                "got [1]",
            ),
        ];
        for (what, error, expected) in rows {
            let error = error.expect(what).to_string();
            assert!(error.contains(expected), "{what}: {error:?} does not say {expected:?}");
        }
        let grey = GrayImage::from_raw(1, 2, vec![5, 6]).expect("2 bytes");
        let address = grey.as_ptr();
        let taken = Buffer::try_from(grey).expect("a byte a pixel");
        assert_eq!(taken.view().as_bytes().map(<[u8]>::as_ptr), Some(address), "no byte is copied");
    }
}
