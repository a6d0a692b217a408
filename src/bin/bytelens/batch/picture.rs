//! One picture, from its file to the file of its output.

use std::borrow::Cow;

use bytelens::codec::jpeg::{Decoder, Scale};
use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::image::TensorAxes;
use bytelens::{DType, Device, Image, ImageInfo, Layout, Limits, Pipeline, PixelFormat, npy};

use super::args::Existing;
use super::files::{self, Folder};
use super::interrupt::Interrupt;
use super::names::{Encoding, Job};
use crate::srgb;
use crate::stop::shown;

/// What is done to every picture.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) pipeline: Pipeline,
    /// The pipeline as text for people.
    pub(super) shown: String,
    pub(super) limits: Limits,
    pub(super) quality: u8,
    pub(super) progressive: bool,
    pub(super) optimize: bool,
    pub(super) background: Option<[u8; 3]>,
    /// The axes of arrays.
    pub(super) axes: TensorAxes,
    pub(super) existing: Existing,
    /// Whether JPEG files may be decoded smaller than they are.
    pub(super) reduced: bool,
    /// Whether numbers stay in the picture's own ICC profile.
    pub(super) keep_profile: bool,
}

impl Recipe {
    /// What is done to a picture: where its numbers are not sRGB, they become so first.
    fn pipeline(&self, image: &Image) -> Cow<'_, Pipeline> {
        if self.keep_profile {
            Cow::Borrowed(&self.pipeline)
        } else {
            srgb::first(&self.pipeline, image)
        }
    }

    /// Makes the file of a result.
    fn encode(&self, job: &Job, result: &Image) -> bytelens::Result<Vec<u8>> {
        let format = match job.encoding {
            Encoding::Picture(format) => format,
            Encoding::Npy => return npy::to_npy(&result.upright()?.to_tensor(self.axes)?.view()),
        };
        let options = EncodeOptions::new(format)
            .quality(self.quality)
            .progressive(self.progressive)
            .optimize(self.optimize);
        let options = match (format, self.background) {
            (Format::Jpeg, Some(background)) => options.background(background),
            _ => options,
        };
        codec::encode(result, &options)
    }
}

/// What became of a picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its output has its name. The number is of the pixels that were read.
    Done(u64),
    /// Its output was there before, and stays.
    Skipped,
    /// There is no output, for this cause.
    Failed(String),
    /// There is no output, for the work was interrupted.
    Dropped,
}

/// Does a picture. Interrupted between two steps, it is dropped.
pub(super) fn run(
    job: &Job,
    recipe: &Recipe,
    device: &Device,
    folder: &Folder<'_>,
    interrupt: &Interrupt,
) -> Outcome {
    if recipe.existing != Existing::Replace && job.output.symlink_metadata().is_ok() {
        return match recipe.existing {
            Existing::Fail => Outcome::Failed(format!("{} exists", shown(&job.output))),
            _ => Outcome::Skipped,
        };
    }
    steps(job, recipe, device, folder, interrupt).unwrap_or_else(Outcome::Failed)
}

/// Reads, runs, encodes and writes.
fn steps(
    job: &Job,
    recipe: &Recipe,
    device: &Device,
    folder: &Folder<'_>,
    interrupt: &Interrupt,
) -> Result<Outcome, String> {
    let (image, pixels) = decode(job, recipe, device)?;
    if interrupt.is_set() {
        return Ok(Outcome::Dropped);
    }
    let result = recipe.pipeline(&image).run(device, &image).map_err(text)?;
    // Each step gives back what the next does not need, for memory is what bounds the workers.
    drop(image);
    if interrupt.is_set() {
        return Ok(Outcome::Dropped);
    }
    let bytes = recipe.encode(job, &result).map_err(text)?;
    drop(result);
    if interrupt.is_set() {
        return Ok(Outcome::Dropped);
    }
    folder.write(&job.output, &bytes)?;
    Ok(Outcome::Done(pixels))
}

/// Says what would be done to a picture.
pub(super) fn explain(job: &Job, recipe: &Recipe, device: &Device) -> Result<String, String> {
    let (image, _) = decode(job, recipe, device)?;
    let pipeline = recipe.pipeline(&image).settle(&image).map_err(text)?;
    let explanation = pipeline.explain(device, image.info()).map_err(text)?;
    let input = shown(&job.input);
    Ok(format!("picture {input}\ndo      {}\n{explanation}\n", recipe.shown))
}

/// Reads a picture, upright, and tells how many pixels its file has.
fn decode(job: &Job, recipe: &Recipe, device: &Device) -> Result<(Image, u64), String> {
    let bytes = files::read(&job.input, &recipe.limits)?;
    let read = || {
        if recipe.reduced && Format::from_bytes(&bytes) == Some(Format::Jpeg) {
            return decode_reduced(&bytes, recipe, device);
        }
        let image = codec::decode(&bytes, &recipe.limits)?.upright()?;
        let pixels = image.width() as u64 * image.height() as u64;
        Ok((image, pixels))
    };
    read().map_err(text)
}

/// Reads a JPEG as small as the pipeline leaves the choice.
fn decode_reduced(
    bytes: &[u8],
    recipe: &Recipe,
    device: &Device,
) -> bytelens::Result<(Image, u64)> {
    let decoder = Decoder::new(bytes, &recipe.limits)?;
    let header = decoder.header();
    let shape = [header.height, header.width, header.channels];
    let layout = header.orientation.upright(&Layout::contiguous(DType::U8, &shape)?)?;
    let source = ImageInfo::new(layout, PixelFormat::from_channels(header.channels)?)?;
    let scale = match recipe.pipeline.reduction(device, &source) {
        8 => Scale::Eighth,
        4 => Scale::Quarter,
        2 => Scale::Half,
        _ => Scale::Full,
    };
    let image = decoder.scale(scale).decode()?.upright()?;
    Ok((image, header.width as u64 * header.height as u64))
}

fn text(error: bytelens::Error) -> String {
    error.to_string()
}
