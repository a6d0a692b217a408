//! What is done to every picture, and what goes on when that cannot be.
//!
//! A plan opens nothing and runs nothing. Its hash stands for all of it that the bytes of an output depend on.

use std::borrow::Cow;
use std::sync::Arc;

use super::hash::ContentHash;
use super::keep::Keep;
use super::output::Output;
use super::template::Template;
use crate::codec::{self, EncodeOptions, Format, Notes};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Image, ImageInfo, PixelFormat, TensorAxes, Transfer};
use crate::limits::Limits;
use crate::ops::cast::{Cast, Stored};
use crate::ops::colorspace::{Colorspace, Space};
use crate::ops::profile::Profile;
use crate::pipeline::Pipeline;
use crate::view::npy;

/// What an output is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A picture.
    Picture(Format),
    /// An array of NumPy.
    Npy,
}

impl Encoding {
    /// The extensions of its files, without their dot, the usual one first.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Picture(format) => format.extensions(),
            Self::Npy => &["npy"],
        }
    }

    /// The format, if it is a picture.
    pub(super) fn format(self) -> Option<Format> {
        match self {
            Self::Picture(format) => Some(format),
            Self::Npy => None,
        }
    }

    /// What is written of a format where none is asked for: itself, or what holds as much if it is only read.
    pub(super) fn of(format: Format) -> Self {
        Self::Picture(match format {
            format if format.can_be_written() => format,
            format if format.is_light() => Format::Exr,
            _ => Format::Png,
        })
    }
}

/// What is done where an output is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced, in one step, once the new one is whole.
    #[default]
    Replace,
    /// It stays, and the input is skipped.
    Skip,
    /// It stays, and the input fails.
    Fail,
}

/// What is done with a picture that cannot be made, for what is in it.
#[derive(Clone, Debug, Default)]
pub enum OnError {
    /// It counts as failed; the others are done.
    #[default]
    Fail,
    /// It counts as skipped.
    Skip,
    /// A copy of it goes to another place, where it can be looked at; the input stays where it is.
    Quarantine(Arc<dyn Output>),
}

/// What is done to every picture of a shard.
///
/// ```
/// use bytelens::batch::{Encoding, Plan};
/// use bytelens::codec::Format;
///
/// let mut plan = Plan::new("resize 512x512".parse()?);
/// let before = plan.hash();
/// plan.encoding = Some(Encoding::Picture(Format::Png));
/// assert_ne!(plan.hash(), before);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The ops.
    pub pipeline: Pipeline,
    /// Caps on what is read and made.
    pub limits: Limits,
    /// What all outputs are written as; none where each follows its input.
    pub encoding: Option<Encoding>,
    /// How pictures are written; its format is passed over, and its background counts for JPEG alone.
    pub encode: EncodeOptions,
    /// The order of the axes of arrays.
    pub axes: TensorAxes,
    /// Whether JPEG files may be decoded smaller than they are, where that will do ([`Pipeline::reduction`]).
    pub is_reduced: bool,
    /// What outputs keep of what their inputs say beside the picture.
    pub keep: Keep,
    /// Whether damaged files are taken as far as they go, and their outputs marked; else they fail.
    pub is_lenient: bool,
    /// How outputs are named; as their inputs, where there is no template.
    pub template: Option<Template>,
    /// What is done where an output is there already.
    pub existing: Existing,
    /// What is done with pictures that cannot be made.
    pub on_error: OnError,
}

impl Plan {
    /// Makes the plan that runs a pipeline and leaves all else as most want it.
    #[must_use]
    pub fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            limits: Limits::default(),
            encoding: None,
            encode: EncodeOptions::new(Format::Jpeg),
            axes: TensorAxes::Hwc,
            is_reduced: false,
            keep: Keep::default(),
            is_lenient: false,
            template: None,
            existing: Existing::Replace,
            on_error: OnError::Fail,
        }
    }

    /// Hashes all that the bytes of an output depend on, with the version of this crate: the same plan over
    /// the same content gives the same output.
    ///
    /// Names, limits and what is done about errors are no part of it, and neither is the device: devices may
    /// differ by a code.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        let EncodeOptions {
            format: _,
            quality,
            lossless,
            subsampling,
            progressive,
            optimize,
            restart_interval,
            compression,
            background,
        } = &self.encode;
        let text = format!(
            "bytelens {}\n{}\n{:?} {:?}\n{quality} {lossless} {subsampling} {progressive} {optimize} \
             {restart_interval} {compression} {background:?}\n{} {} {}",
            env!("CARGO_PKG_VERSION"),
            self.pipeline,
            self.encoding,
            self.axes,
            self.is_reduced,
            self.keep,
            self.is_lenient,
        );
        ContentHash::of(text.as_bytes())
    }

    /// What is run on a picture: where its numbers are not sRGB, they become so first.
    pub(super) fn pipeline(&self, picture: &ImageInfo) -> Cow<'_, Pipeline> {
        match picture.profile {
            Some(_) if !self.keep.icc => {
                Cow::Owned(self.pipeline.clone().preceded_by(Profile::default()))
            }
            _ => Cow::Borrowed(&self.pipeline),
        }
    }

    /// Runs the ops on a picture.
    pub(super) fn run(&self, device: &Device, image: &Image) -> Result<Image> {
        self.pipeline(image.info()).run(device, image)
    }

    /// Makes the file of a result, with as much of the notes as the format holds.
    pub(super) fn encode(
        &self,
        encoding: Encoding,
        result: &Image,
        notes: &Notes,
    ) -> Result<Vec<u8>> {
        match encoding {
            Encoding::Npy => npy::to_npy(&result.upright()?.to_tensor(self.axes)?.view()),
            Encoding::Picture(format) => {
                let codes = if is_light(result) && !format.holds_floats() {
                    Some(codes(result)?)
                } else {
                    None
                };
                let result = codes.as_ref().unwrap_or(result);
                let background = self.encode.background.filter(|_| format == Format::Jpeg);
                let options = EncodeOptions { format, background, ..self.encode.clone() };
                codec::encode_with(result, &options, notes)
            }
        }
    }
}

/// Whether numbers are floats proportional to light, as they come from OpenEXR, HDR and float TIFF files.
fn is_light(image: &Image) -> bool {
    let is_float = [DType::F16, DType::F32].contains(image.view().dtype());
    is_float && image.format().transfer == Transfer::Linear
}

/// Makes codes of light, for formats that hold no floats: sRGB of 16 bits. What is above 1 is cut off.
fn codes(image: &Image) -> Result<Image> {
    let pipeline = Pipeline::new()
        .then(Colorspace::default().to(Space::Srgb))
        .then(Cast::default().to(Stored::U16));
    let codes = pipeline.run(&Device::cpu(), image)?;
    let format = PixelFormat { transfer: Transfer::Srgb, ..codes.format() };
    let info = ImageInfo { format, ..codes.info().clone() };
    codes.with_info(info)
}
