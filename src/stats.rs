//! What the numbers of a picture are: range, mean, percentiles, histogram, for each channel.
//!
//! Numbers are those that are stored: codes of 8 and 16 bits as they are, 0 to 255 or 65535, encoded or not.
//! Pixels that are fully transparent have a colour that nobody sees, and are left out of every channel but
//! alpha. What is no number, or has no bound, is counted and left out of the rest. All is exact but for the
//! rounding of f64, and takes memory for a row and some counters, whatever the size of the picture: codes are
//! counted one by one, floats are ranked by their bits in two readings.
//!
//! ```
//! use bytelens::{Buffer, Image, PixelFormat, stats};
//!
//! let pixels = Buffer::from_vec(vec![10u8, 20, 30, 60], &[2, 2, 1])?;
//! let image = Image::new(pixels, PixelFormat::GRAY)?;
//! let gray = stats::of(&image, &stats::Options::default())?.channels[0].summary.clone();
//! let gray = gray.expect("there are numbers");
//! assert_eq!((gray.min, gray.max, gray.mean), (10.0, 60.0, 30.0));
//! assert_eq!(gray.percentiles[3], (50.0, 25.0)); // between the two in the middle
//! assert_eq!(gray.histogram.counts[20], 1);
//! # Ok::<(), bytelens::Error>(())
//! ```

mod codes;
mod floats;
mod summary;

use std::ops::Range;

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::image::{Color, Image, PixelFormat};

pub use summary::{Histogram, Summary};

/// The percentiles of a [`Summary`].
pub const PERCENTILES: [f64; 7] = [1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0];

/// The most bins of a histogram: one for each code of 16 bits.
pub const MAX_BINS: usize = 1 << 16;

/// What is counted, and how finely.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The bins of each histogram, 1 to [`MAX_BINS`]; 256 unless told otherwise.
    pub bins: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { bins: 256 }
    }
}

impl Options {
    /// Sets the bins of each histogram.
    #[must_use]
    pub fn bins(self, bins: usize) -> Self {
        Self { bins, ..self }
    }
}

/// What the numbers of a picture are.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// The number of pixels in a row.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// The element type.
    pub dtype: DType,
    /// What the channels mean.
    pub format: PixelFormat,
    /// How many pixels are fully transparent, and left out of all channels but alpha.
    pub transparent: u64,
    /// Each channel, in the order in which they are stored.
    pub channels: Vec<Channel>,
}

/// What the numbers of a channel are.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// `gray`, or `red`, `green` and `blue`; and `alpha`.
    pub name: &'static str,
    /// How many samples were looked at.
    pub count: u64,
    /// How many of them are no number.
    pub nan: u64,
    /// How many have no bound.
    pub infinite: u64,
    /// What is known of the others; nothing where there are none.
    pub summary: Option<Summary>,
}

/// Looks at every pixel of a picture.
///
/// # Errors
/// [`Error::Param`] for no bins or more than [`MAX_BINS`].
pub fn of(image: &Image, options: &Options) -> Result<Stats> {
    let Options { bins } = *options;
    if !(1..=MAX_BINS).contains(&bins) {
        return Err(Error::param("stats", "bins", format!("in 1..={MAX_BINS}"), bins));
    }
    let mut channels = match *image.view().dtype() {
        DType::U8 => codes::of::<u8>(image, bins)?,
        DType::U16 => codes::of::<u16>(image, bins)?,
        DType::F16 => codes::of::<half::f16>(image, bins)?,
        _ => floats::of(image, bins)?,
    };
    let format = image.format();
    let names: &[&str] = match (format.color, format.has_alpha()) {
        (Color::Gray, false) => &["gray"],
        (Color::Gray, true) => &["gray", "alpha"],
        (Color::Rgb, false) => &["red", "green", "blue"],
        (Color::Rgb, true) => &["red", "green", "blue", "alpha"],
    };
    for (channel, name) in channels.iter_mut().zip(names) {
        channel.name = name;
    }
    // Of colour what is transparent does not count.
    let pixels = image.width() as u64 * image.height() as u64;
    let transparent = pixels - channels[0].count;
    let dtype = image.view().dtype().clone();
    let (width, height) = (image.width(), image.height());
    Ok(Stats { width, height, dtype, format, transparent, channels })
}

/// Goes through the pixels of a picture: `each` sees a row of them.
fn for_each_row<T: Element>(image: &Image, mut each: impl FnMut(&[T])) -> Result<()> {
    let view = image.view();
    for y in 0..image.height() {
        each(&view.index(0, isize::try_from(y).unwrap_or(isize::MAX))?.to_vec::<T>()?);
    }
    Ok(())
}

/// Returns which channels of a pixel count: where alpha is nothing, alpha alone.
fn counted<T: Copy>(
    format: PixelFormat,
    pixel: &[T],
    is_nothing: impl Fn(T) -> bool,
) -> Range<usize> {
    let last = pixel.len() - 1;
    if format.has_alpha() && is_nothing(pixel[last]) { last..last + 1 } else { 0..last + 1 }
}
