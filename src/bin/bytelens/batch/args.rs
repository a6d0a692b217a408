//! The arguments of `bytelens batch`, and what they mean by themselves.

use std::num::NonZero;
use std::path::PathBuf;

use bytelens::batch::{Encoding, Existing as Kept, Keep};
use bytelens::codec::Format;
use bytelens::image::TensorAxes;
use bytelens::op::param::{Fill, ParamValue};
use clap::ValueEnum;

use super::contract::Contract;

/// Runs pictures through a pipeline, into a folder
///
/// Every picture is read, turned upright as its EXIF orientation says, run through the pipeline and
/// written under its own name into the folder. Colour and size are as the pipeline leaves them; notes
/// that cameras put into files (EXIF, GPS) are copied where `--keep` says so.
///
/// An output appears whole or not at all. A picture that fails is named with its cause on standard
/// error, and the others are done. Two inputs that would have one output both fail, before anything is
/// read; `--recursive` keeps pictures of different folders apart. With `--report` every input is accounted for,
/// and a run that was ended, in whatever way, goes on with `--resume`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// Pictures, folders of pictures, and patterns such as 'photos/**/*.jpg'
    ///
    /// Of folders and patterns all files of known formats (JPEG, PNG, WebP, TIFF, GIF, BMP, PNM, QOI, ICO, TGA,
    /// HDR, OpenEXR, JPEG XL) are taken, and tars of them, by their extension; a file that is named is tried whatever its name. Hidden files and folders, and the output folder, are passed
    /// over unless they are named. Quote patterns, or let the shell expand them: both work.
    #[arg(required_unless_present = "files_from", value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,

    /// The folder for the outputs; made where it is missing. `-` is standard output, for one picture
    #[arg(short, long, value_name = "DIR", required_unless_present_any = ["explain", "dry_run"])]
    pub(super) out: Option<PathBuf>,

    /// What to do to each picture: operations with `|` between them
    ///
    /// For example "resize 800x600 fit=cover | blur 2 | grayscale". `bytelens ops` lists the operations,
    /// `bytelens ops resize` tells all about one. `lut @FILE` takes its table from a .cube file or a Hald
    /// picture. Without it pictures are only encoded anew.
    #[arg(long = "do", value_name = "PIPELINE", default_value = "", hide_default_value = true)]
    pub(super) pipeline: String,

    /// The format to write
    #[arg(long, value_enum, default_value_t = OutputFormat::Same)]
    pub(super) format: OutputFormat,

    /// In which order the axes of `.npy` outputs come [default: hwc]
    #[arg(long, value_enum, value_name = "AXES")]
    pub(super) layout: Option<AxisOrder>,

    /// The quality of JPEG and WebP outputs, 1 (smallest) to 100 (best)
    #[arg(long, value_name = "N", default_value_t = 80,
        value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) quality: u8,

    /// Leave the pixels of WebP outputs what they are
    #[arg(long)]
    pub(super) lossless: bool,

    /// Write progressive JPEG: the picture is there at first coarsely, then finer, and files are smaller
    ///
    /// Such a file takes several times as long to write and to read.
    #[arg(long)]
    pub(super) progressive: bool,

    /// Fit the codes of JPEG outputs to each picture: files a few percent smaller, with the same pixels
    #[arg(long)]
    pub(super) optimize: bool,

    /// How hard to look for a smaller PNG, 0 (stored) to 9 (longest); the pixels are the same
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u8).range(0..=9))]
    pub(super) compression: u8,

    /// What shows through transparent pixels in a JPEG: black, white or #rrggbb
    ///
    /// JPEG has no transparency. Without a background, pictures that have it are refused as JPEG.
    #[arg(long, value_name = "COLOR", value_parser = opaque)]
    pub(super) background: Option<[u8; 3]>,

    /// Where to run: auto, cpu, gpu, software, or part of a GPU's name
    ///
    /// `auto` takes a real GPU where there is one, else the cpu. `software` is software Vulkan, for
    /// trying shaders without a GPU. `bytelens devices` lists what there is.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(super) device: String,

    /// How many threads work, each on a picture of its own while there are enough [default: one a core]
    ///
    /// Memory grows with this number, not with the number of pictures.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,

    /// Go down into folders, and keep their tree below the output folder
    #[arg(short, long)]
    pub(super) recursive: bool,

    /// What to do where an output exists already
    ///
    /// An input is never replaced, whatever this says.
    #[arg(long, value_enum, default_value_t = Existing::Replace)]
    pub(super) existing: Existing,

    /// Decode JPEG files smaller where they are to be made much smaller: faster, and much the same
    ///
    /// It counts where the pipeline begins with a `resize` to a size in pixels: what is decoded is a half, a
    /// quarter or an eighth of the picture, never less than twice the size that it is resized to. What is left
    /// out are means of encoded numbers, not of light.
    #[arg(long)]
    pub(super) reduced: bool,

    /// Keep what files say beside their picture: some of exif,icc,xmp, or all, or none
    ///
    /// Without it nothing of it comes along: pictures are turned upright and converted to sRGB, so that outputs look
    /// the same everywhere, and tell nobody where they were taken. `exif` and `xmp` go into JPEG, PNG and WebP; that
    /// other formats do without them is said in the report. They come to say that the picture is upright, and lose
    /// the thumbnail. `icc` leaves numbers in the picture's own profile, and writes it: every op but `profile` takes
    /// numbers for sRGB.
    #[arg(long, value_name = "WHAT", default_value = "none")]
    pub(super) keep: Keep,

    /// Print the plan for the first picture, and write nothing
    #[arg(long)]
    pub(super) explain: bool,

    /// The most pixels a picture may have, read or made on the way [default: 536870912]
    ///
    /// It is checked before memory is taken, so that a small file cannot ask for a large picture.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_pixels: Option<u64>,

    /// Print failures alone: no progress, no summary
    #[arg(short, long)]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) contract: Contract,
}

impl Args {
    /// Returns how many threads may work in all.
    pub(super) fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.jobs.map_or_else(cores, usize::from)
    }
}

const AFTER: &str = "\
Examples:
  bytelens batch photos --out small --do \"resize 512x512\"
  bytelens batch 'scans/**/*.png' --recursive --out web --format jpeg --quality 85
  bytelens batch a.jpg b.jpg --out gray --do \"grayscale\" --device cpu
  bytelens batch photos --out tensors --format npy --layout chw --do \"resize 224x224 | cast f32\"
  bytelens batch photos --explain --do \"resize 50% | blur 2 | contrast 1.2\"

  curl -s https://example.org/a.jpg | bytelens batch - --out - --do \"resize 320x\" --format webp >a.webp
  bytelens batch photos --out web --report web.jsonl --resume --do \"resize 1600x\" && bytelens verify web.jsonl
  find . -name '*.jpg' -print0 | bytelens batch --files-from - --recursive --out /thumbs --do \"resize 320x\"

Exit codes:
  0    all done
  1    some failed; each has a line on standard error
  2    the command line is wrong, or there is no picture; nothing was done
  3    could not start: no such device, no output folder, no report
  4    ended early: no room for outputs, or for the report; --resume goes on
  130  interrupted: outputs that are there are whole; --resume goes on";

/// The format of the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// As the input's extension says; PNG, or OpenEXR for HDR, where that is a format that is only read
    Same,
    /// JPEG, 8-bit
    Jpeg,
    /// PNG, 8-bit or 16-bit as the input
    Png,
    /// WebP, 8-bit; lossy unless `--lossless` is there
    Webp,
    /// TIFF, 8-bit, 16-bit or float as the input
    Tiff,
    /// QOI, 8-bit, fast
    Qoi,
    /// OpenEXR, floats proportional to light
    Exr,
    /// An array of NumPy, of whatever element type the pipeline leaves
    Npy,
}

impl OutputFormat {
    /// Returns the one format of all outputs, or none where each follows its input.
    pub(super) fn only(self) -> Option<Encoding> {
        match self {
            Self::Same => None,
            Self::Jpeg => Some(Encoding::Picture(Format::Jpeg)),
            Self::Png => Some(Encoding::Picture(Format::Png)),
            Self::Webp => Some(Encoding::Picture(Format::WebP)),
            Self::Tiff => Some(Encoding::Picture(Format::Tiff)),
            Self::Qoi => Some(Encoding::Picture(Format::Qoi)),
            Self::Exr => Some(Encoding::Picture(Format::Exr)),
            Self::Npy => Some(Encoding::Npy),
        }
    }
}

/// The order of the axes of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AxisOrder {
    /// Height, width, channels
    Hwc,
    /// Channels, height, width: a plane for each channel
    Chw,
}

impl From<AxisOrder> for TensorAxes {
    fn from(order: AxisOrder) -> Self {
        match order {
            AxisOrder::Hwc => Self::Hwc,
            AxisOrder::Chw => Self::Chw,
        }
    }
}

/// What to do where an output exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Existing {
    /// Replace it, in one step, once the new one is whole
    Replace,
    /// Leave it as it is and count the input as skipped
    Skip,
    /// Leave it as it is and count the input as failed
    Fail,
}

impl From<Existing> for Kept {
    fn from(existing: Existing) -> Self {
        match existing {
            Existing::Replace => Self::Replace,
            Existing::Skip => Self::Skip,
            Existing::Fail => Self::Fail,
        }
    }
}

/// Reads a colour without transparency, in the forms that operations take.
fn opaque(text: &str) -> Result<[u8; 3], String> {
    match Fill::parse(text).map(|fill| fill.rgba) {
        Some([r, g, b, 255]) => Ok([r, g, b]),
        Some(_) => Err("a background cannot be transparent itself".to_owned()),
        None => Err("expected black, white, or hex digits like #f80 or #ff8800".to_owned()),
    }
}
