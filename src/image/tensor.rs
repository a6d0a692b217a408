//! Pictures as tensors: the same samples with their axes in the order that a model wants.
//!
//! A tensor is a [`Buffer`]: no type of its own, and nothing of it is known to a model's library. What is
//! turned into one and back shares its bytes; `to_contiguous` makes an order of axes real.

use super::{Image, PixelFormat};
use crate::error::{Error, Result};
use crate::view::Buffer;

/// In which order the axes of a tensor come: N pictures, channels, height, width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorAxes {
    /// `[height, width, channels]`, as pictures are stored.
    Hwc,
    /// `[channels, height, width]`: a plane for each channel.
    Chw,
    /// `[1, height, width, channels]`, as TensorFlow takes batches.
    Nhwc,
    /// `[1, channels, height, width]`, as PyTorch and most of ONNX take batches.
    Nchw,
}

impl TensorAxes {
    /// Whether there is an axis of pictures before the others.
    fn is_batch(self) -> bool {
        matches!(self, Self::Nhwc | Self::Nchw)
    }

    /// Whether channels come before rows.
    fn is_planar(self) -> bool {
        matches!(self, Self::Chw | Self::Nchw)
    }
}

impl Image {
    /// Returns the samples with their axes in another order; no byte moves.
    ///
    /// The numbers are those of the picture: `standardize` and `cast` make those that a model wants. A
    /// picture that is not stored upright comes as it is stored: [`upright`](Self::upright) first.
    ///
    /// ```
    /// use bytelens::image::TensorAxes;
    /// use bytelens::{Buffer, Image, PixelFormat};
    ///
    /// let pixels = Buffer::from_vec(vec![1u8, 2, 3, 4, 5, 6], &[1, 2, 3])?; // two pixels
    /// let image = Image::new(pixels, PixelFormat::RGB)?;
    /// let planes = image.to_tensor(TensorAxes::Nchw)?;
    /// assert_eq!((planes.shape(), &planes.layout().strides()[1..]), (&[1, 3, 1, 2][..], &[1, 6, 3][..]));
    /// let planes = planes.view().to_contiguous()?; // the one copy, plane after plane
    /// assert_eq!(planes.view().to_bytes()?, [1, 4, 2, 5, 3, 6]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that an image made by this module can meet.
    pub fn to_tensor(&self, axes: TensorAxes) -> Result<Buffer> {
        let mut layout = self.info.layout.clone();
        if axes.is_planar() {
            layout = layout.permute(&[2, 0, 1])?;
        }
        if axes.is_batch() {
            layout = layout.newaxis(0)?;
        }
        self.buffer.with_layout(layout)
    }

    /// Sees a tensor as a picture; no byte moves.
    ///
    /// ```
    /// use bytelens::image::TensorAxes;
    /// use bytelens::{Buffer, Image, PixelFormat};
    ///
    /// let batch = Buffer::from_vec((0..24).map(|n| n as f32).collect(), &[2, 3, 2, 2])?;
    /// let second = batch.with_layout(batch.layout().slice(0, 1..2)?)?;
    /// let image = Image::from_tensor(&second, TensorAxes::Nchw, PixelFormat::RGB)?;
    /// assert_eq!(image.view().shape(), [2, 2, 3]);
    /// assert_eq!(image.view().get::<f32>(&[0, 0, 2])?, 20.0);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] where the tensor has not these axes, more or fewer channels than the format, or
    /// several pictures; [`Error::DType`] where an element is none of u8, u16, f16 and f32.
    pub fn from_tensor(tensor: &Buffer, axes: TensorAxes, format: PixelFormat) -> Result<Self> {
        let mut layout = tensor.layout().clone();
        let wanted = if axes.is_batch() { 4 } else { 3 };
        if layout.ndim() != wanted || axes.is_batch() && layout.shape()[0] != 1 {
            let expected = match axes {
                TensorAxes::Hwc => "shape [height, width, channels]",
                TensorAxes::Chw => "shape [channels, height, width]",
                TensorAxes::Nhwc => "shape [1, height, width, channels], one picture: slice it out",
                TensorAxes::Nchw => "shape [1, channels, height, width], one picture: slice it out",
            };
            return Err(Error::shape("tensor", expected, format!("{:?}", layout.shape())));
        }
        if axes.is_batch() {
            layout = layout.squeeze(0)?;
        }
        if axes.is_planar() {
            layout = layout.permute(&[1, 2, 0])?;
        }
        Self::new(tensor.with_layout(layout)?, format)
    }

    /// Copies pictures of one shape and element type into one batch `[pictures, channels, height, width]`.
    ///
    /// ```
    /// use bytelens::{Buffer, Image, PixelFormat};
    ///
    /// let image = |first: u8| {
    ///     let pixels = Buffer::from_vec((first..first + 6).collect(), &[1, 2, 3])?;
    ///     Image::new(pixels, PixelFormat::RGB)
    /// };
    /// let batch = Image::stack(&[image(0)?, image(10)?])?;
    /// assert_eq!(batch.shape(), [2, 3, 1, 2]);
    /// assert_eq!(batch.view().to_bytes()?, [0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] for no picture at all, and for one that is not as the first; [`Error::Limit`] where
    /// there is no memory for all.
    pub fn stack(images: &[Self]) -> Result<Buffer> {
        let Some(first) = images.first() else {
            return Err(Error::shape("stack", "a picture or more", "none"));
        };
        let planes = first.to_tensor(TensorAxes::Chw)?;
        let shape = [&[images.len()], planes.shape()].concat();
        let mut batch = Buffer::zeroed(planes.dtype().clone(), &shape)?;
        let mut target = batch.view_mut()?;
        for (at, image) in images.iter().enumerate() {
            let samples = image.to_tensor(TensorAxes::Chw)?;
            if (samples.shape(), samples.dtype()) != (planes.shape(), planes.dtype()) {
                let words = |buffer: &Buffer| format!("{} {:?}", buffer.dtype(), buffer.shape());
                let expected = format!("{}, as the first", words(&planes));
                return Err(Error::shape(
                    format!("stack, picture {at}"),
                    expected,
                    words(&samples),
                ));
            }
            let at = isize::try_from(at).unwrap_or(isize::MAX);
            samples.view().copy_to(&mut target.reborrow().index(0, at)?)?;
        }
        drop(target);
        Ok(batch)
    }
}
