//! `bytelens stats`: what the numbers of pictures are.
//!
//! One picture at a time; a picture that fails is a line, and the others are told of.

mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytelens::stats::{self, MAX_BINS, Options, Stats};
use bytelens::{Buffer, DType, Device, Image, Limits, Pipeline, PixelFormat, batch, codec, npy};

use crate::batch::{Failure, inputs, tables};
use crate::srgb;
use crate::stop::{SOME_FAILED, Stop, print, say, shown};

/// Tells what the numbers of pictures are: range, mean, deviation, percentiles
///
/// Numbers are those that are stored, or that the pipeline leaves, which converts pictures with an ICC profile to
/// sRGB first: codes of 8 and 16 bits as they are. Fully
/// transparent pixels count for alpha alone; what is no number or has no bound is counted and left out of
/// the rest. `.npy` files of shape [height, width] or [height, width, channels] are pictures here.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bytelens stats photos
  bytelens stats photo.jpg --do \"resize 224x224 | standardize imagenet | cast f32\"
  bytelens stats 'scans/**/*.png' --json --bins 16 > stats.jsonl

Exit codes:
  0  all done
  1  some failed; each has a line on standard error
  2  the command line is wrong, or there is no picture
  3  there is no such device")]
pub(crate) struct Args {
    /// Pictures, folders of pictures, and patterns such as 'photos/**/*.jpg'
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,

    /// What to do to each picture first: operations with `|` between them
    #[arg(long = "do", value_name = "PIPELINE", default_value = "", hide_default_value = true)]
    pipeline: String,

    /// Print an object of JSON for each picture, a line each, with histograms
    #[arg(long)]
    json: bool,

    /// The bins of each histogram
    #[arg(long, value_name = "N", default_value_t = 256, requires = "json",
        value_parser = clap::value_parser!(u32).range(1..=MAX_BINS as i64))]
    bins: u32,

    /// Where the pipeline runs: auto, cpu, gpu, software, or part of a GPU's name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    device: String,

    /// Go down into folders
    #[arg(short, long)]
    recursive: bool,

    /// The most pixels a picture may have, read or made on the way [default: 536870912]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_pixels: Option<u64>,
}

/// Runs `bytelens stats`.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let mut limits = Limits::default();
    limits.max_pixels = args.max_pixels.unwrap_or(limits.max_pixels);
    let text = tables::put_in(&args.pipeline, &limits).map_err(Stop::usage)?;
    let pipeline: Pipeline = text.parse().map_err(Stop::usage)?;
    let pipeline = pipeline.with_limits(limits.clone());
    let options = Options::default().bins(args.bins as usize);

    let found = inputs::find(&args.inputs, &[], args.recursive, &[]);
    for (path, hint) in &found.empty {
        say(&format!("{}: {hint}", shown(path)));
    }
    if found.pictures.is_empty() && found.failures.is_empty() {
        return Err(Stop::usage("no picture among the inputs"));
    }
    // Without a pipeline nothing runs anywhere.
    let device = if pipeline.ops().is_empty() { "cpu" } else { &args.device };
    let device = Device::named(device).map_err(Stop::start)?;
    for failure in &found.failures {
        say(&failure.to_string());
    }
    let mut failed = found.failures.len();
    for picture in &found.pictures {
        let path = &picture.path;
        match of(path, &limits, &pipeline, &device, &options) {
            Ok(stats) if args.json => print(&format!("{}\n", table::json(path, &stats)))?,
            Ok(stats) => print(&table::text(path, &stats))?,
            Err(cause) => {
                failed += 1;
                say(&Failure::new(path, cause).to_string());
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

fn of(
    path: &Path,
    limits: &Limits,
    pipeline: &Pipeline,
    device: &Device,
    options: &Options,
) -> Result<Stats, String> {
    let bytes = batch::read(path, limits).map_err(|error| batch::cause(&error))?;
    let work = || {
        let image = read(bytes, limits)?;
        // Without a pipeline the numbers are those of the file, whatever they stand for.
        let is_plain = pipeline.ops().is_empty();
        let result = if is_plain {
            image.clone()
        } else {
            srgb::first(pipeline, &image).run(device, &image)?
        };
        drop(image);
        stats::of(&result, options)
    };
    work().map_err(|error: bytelens::Error| error.to_string())
}

/// Reads a picture, upright, or an array as one.
fn read(bytes: Vec<u8>, limits: &Limits) -> bytelens::Result<Image> {
    if !bytes.starts_with(b"\x93NUMPY") {
        return codec::decode(&bytes, limits)?.upright();
    }
    let layout = npy::layout(&bytes)?;
    let layout = if layout.ndim() == 2 { layout.newaxis(2)? } else { layout };
    let channels = layout.shape().get(2).copied().unwrap_or_default();
    let count = bytes.len();
    let array = Buffer::from_bytes(bytes, DType::U8, &[count])?.with_layout(layout)?;
    Image::new(array, PixelFormat::from_channels(channels)?)
}
