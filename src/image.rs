//! What the numbers of a picture mean: channels, alpha, transfer curve, which way is up.
//!
//! An [`Image`] is a [`Buffer`] of shape `[height, width, channels]` with a [`PixelFormat`]. Any
//! strides will do: a planar, padded, flipped or cropped picture is an image like any other. This
//! module computes no pixel and knows no file format.

#[cfg(feature = "image")]
mod dynamic;
mod profile;
mod tensor;

pub use profile::Profile;
pub use tensor::TensorAxes;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::view::{Buffer, View};

/// Whether pixels carry one colour channel or three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// One channel of luminance.
    Gray,
    /// Red, green and blue.
    Rgb,
}

/// What the last channel of a pixel says about its coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alpha {
    /// There is no alpha channel: every pixel is opaque.
    None,
    /// Colour is stored as if the pixel were opaque.
    Straight,
    /// Colour is stored multiplied by alpha.
    Premultiplied,
}

/// The curve between stored numbers and light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// The piecewise curve of IEC 61966-2-1.
    Srgb,
    /// Numbers are proportional to light.
    Linear,
}

/// The meaning of a pixel's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// One colour channel or three.
    pub color: Color,
    /// Whether alpha follows, and how colour is stored beside it.
    pub alpha: Alpha,
    /// How numbers relate to light.
    pub transfer: Transfer,
}

impl PixelFormat {
    /// Grey, sRGB-encoded.
    pub const GRAY: Self =
        Self { color: Color::Gray, alpha: Alpha::None, transfer: Transfer::Srgb };
    /// Grey with straight alpha, sRGB-encoded.
    pub const GRAY_ALPHA: Self = Self { alpha: Alpha::Straight, ..Self::GRAY };
    /// Red, green, blue, sRGB-encoded.
    pub const RGB: Self = Self { color: Color::Rgb, ..Self::GRAY };
    /// Red, green, blue and straight alpha, sRGB-encoded.
    pub const RGBA: Self = Self { alpha: Alpha::Straight, ..Self::RGB };

    /// Returns the usual format of pixels with `channels` samples: grey, grey and alpha, RGB, RGBA.
    ///
    /// # Errors
    /// [`Error::Shape`] for any other number of channels.
    pub fn from_channels(channels: usize) -> Result<Self> {
        match channels {
            1 => Ok(Self::GRAY),
            2 => Ok(Self::GRAY_ALPHA),
            3 => Ok(Self::RGB),
            4 => Ok(Self::RGBA),
            _ => Err(Error::shape("pixel format", "1 to 4 channels", channels)),
        }
    }

    /// Returns the number of samples of a pixel, 1 to 4.
    #[must_use]
    pub fn channels(self) -> usize {
        let color = match self.color {
            Color::Gray => 1,
            Color::Rgb => 3,
        };
        color + usize::from(self.has_alpha())
    }

    /// Returns whether the last channel is alpha.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        self.alpha != Alpha::None
    }
}

/// Which way up a stored picture is, with the numbers of the EXIF tag 0x0112.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Orientation {
    /// Stored as it should be seen.
    #[default]
    Upright = 1,
    /// Mirrored left to right.
    MirroredX = 2,
    /// Upside down.
    Rotated180 = 3,
    /// Mirrored top to bottom.
    MirroredY = 4,
    /// Mirrored along the main diagonal.
    Transposed = 5,
    /// To be turned by 90° clockwise.
    NeedsRotate90 = 6,
    /// Mirrored along the other diagonal.
    Transversed = 7,
    /// To be turned by 270° clockwise.
    NeedsRotate270 = 8,
}

impl Orientation {
    /// All orientations, in the order of their EXIF numbers.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::MirroredX,
        Self::Rotated180,
        Self::MirroredY,
        Self::Transposed,
        Self::NeedsRotate90,
        Self::Transversed,
        Self::NeedsRotate270,
    ];

    /// Reads the EXIF number. `None` for a number that the standard does not know.
    #[must_use]
    pub fn from_exif(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|one| u32::from(*one as u8) == number)
    }

    /// Returns the layout through which the stored picture is seen upright.
    ///
    /// Flips come first, then rows and columns trade places; no byte moves.
    ///
    /// # Errors
    /// [`Error::Shape`] where `layout` has fewer than two axes.
    pub fn upright(self, layout: &Layout) -> Result<Layout> {
        let (flip_y, flip_x, transpose) = match self {
            Self::Upright => (false, false, false),
            Self::MirroredX => (false, true, false),
            Self::Rotated180 => (true, true, false),
            Self::MirroredY => (true, false, false),
            Self::Transposed => (false, false, true),
            Self::NeedsRotate90 => (true, false, true),
            Self::Transversed => (true, true, true),
            Self::NeedsRotate270 => (false, true, true),
        };
        let mut upright = layout.clone();
        if flip_y {
            upright = upright.flip(0)?;
        }
        if flip_x {
            upright = upright.flip(1)?;
        }
        if transpose {
            upright = upright.swap_axes(0, 1)?;
        }
        Ok(upright)
    }
}

/// All about an image but its pixels: what an op needs to know before it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageInfo {
    /// Shape `[height, width, channels]`, strides and element type.
    pub layout: Layout,
    /// What the channels mean.
    pub format: PixelFormat,
    /// Which way up the picture is stored.
    pub orientation: Orientation,
    /// What the numbers stand for, where that is not sRGB; every op but `profile` takes them for sRGB.
    pub profile: Option<Profile>,
}

impl ImageInfo {
    /// Describes an upright image, checking that shape and format fit together.
    ///
    /// # Errors
    /// [`Error::Shape`] where the layout is not `[height, width, channels]` with the format's
    /// number of channels; [`Error::DType`] where an element is none of u8, u16, f16 and f32.
    pub fn new(layout: Layout, format: PixelFormat) -> Result<Self> {
        let channels = format.channels();
        if layout.ndim() != 3 || layout.shape()[2] != channels {
            return Err(Error::shape(
                "image",
                format!("shape [height, width, {channels}]"),
                format!("{:?}", layout.shape()),
            ));
        }
        let dtype = layout.dtype();
        if ![DType::U8, DType::U16, DType::F16, DType::F32].contains(dtype) {
            return Err(Error::dtype("image", "u8, u16, f16 or f32 in native byte order", dtype));
        }
        Ok(Self { layout, format, orientation: Orientation::Upright, profile: None })
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.layout.shape()[0]
    }

    /// Returns the number of pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layout.shape()[1]
    }

    /// Returns this description with another layout of the same meaning.
    #[must_use]
    pub fn with_layout(&self, layout: Layout) -> Self {
        Self { layout, ..self.clone() }
    }
}

/// A picture: pixels in a buffer, with their meaning.
#[derive(Clone, Debug)]
pub struct Image {
    buffer: Buffer,
    info: ImageInfo,
}

impl Image {
    /// Wraps a buffer of shape `[height, width, channels]`.
    ///
    /// ```
    /// use bytelens::{Buffer, Image, PixelFormat};
    /// let buffer = Buffer::from_vec(vec![0u8; 4 * 6 * 3], &[4, 6, 3])?;
    /// let image = Image::new(buffer, PixelFormat::RGB)?;
    /// assert_eq!((image.width(), image.height()), (6, 4));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ImageInfo::new`].
    pub fn new(buffer: Buffer, format: PixelFormat) -> Result<Self> {
        let info = ImageInfo::new(buffer.layout().clone(), format)?;
        Ok(Self { buffer, info })
    }

    /// Sets which way up the picture is stored; no pixel moves.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.info.orientation = orientation;
        self
    }

    /// Sets what the numbers stand for, `None` for sRGB; no number changes.
    #[must_use]
    pub fn with_profile(mut self, profile: Option<Profile>) -> Self {
        self.info.profile = profile;
        self
    }

    /// Returns the same bytes seen through another description.
    ///
    /// # Errors
    /// [`Error::Shape`] where the description reaches outside the buffer.
    pub fn with_info(&self, info: ImageInfo) -> Result<Self> {
        Ok(Self { buffer: self.buffer.with_layout(info.layout.clone())?, info })
    }

    /// Returns the picture as it should be seen: a view of the same bytes.
    ///
    /// # Errors
    /// None that an image made by this module can meet.
    pub fn upright(&self) -> Result<Self> {
        let layout = self.info.orientation.upright(&self.info.layout)?;
        self.with_info(ImageInfo {
            orientation: Orientation::Upright,
            ..self.info.with_layout(layout)
        })
    }

    /// Returns all about the image but its pixels.
    #[must_use]
    pub fn info(&self) -> &ImageInfo {
        &self.info
    }

    /// Returns what the channels mean.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.info.format
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.info.height()
    }

    /// Returns the number of pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.info.width()
    }

    /// Returns the bytes and their owner.
    #[must_use]
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Returns the pixels as a view of shape `[height, width, channels]`.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.buffer.view()
    }
}
