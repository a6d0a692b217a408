//! What is common to writing every format: options, their checks, and turning the picture upright.
//!
//! No format's bytes are made here: that is for the module of the format.

use super::pixels::Pixels;
use super::{Format, Notes, jpeg, png};
use crate::error::{Error, Result};
use crate::image::{Alpha, Image};

/// How many colour samples a JPEG keeps for its brightness samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// 4:4:4: every pixel keeps its colour.
    Full,
    /// 4:2:2: two pixels of a row share a colour.
    Rows,
    /// 4:2:0: four pixels share a colour, as nearly all photographs have it.
    #[default]
    Quads,
}

impl Subsampling {
    /// All ways, from the finest to the coarsest.
    pub const ALL: [Self; 3] = [Self::Full, Self::Rows, Self::Quads];

    /// Returns the name as people write it: `4:4:4`, `4:2:2`, `4:2:0`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "4:4:4",
            Self::Rows => "4:2:2",
            Self::Quads => "4:2:0",
        }
    }

    /// Reads the name, with or without its colons.
    ///
    /// # Errors
    /// [`Error::Param`] for any other text.
    pub fn from_name(name: &str) -> Result<Self> {
        let digits: String = name.chars().filter(|one| *one != ':').collect();
        Self::ALL
            .into_iter()
            .find(|one| one.name().replace(':', "") == digits)
            .ok_or_else(|| Error::param("JPEG", "subsampling", "4:4:4, 4:2:2 or 4:2:0", name))
    }
}

impl std::fmt::Display for Subsampling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How a picture is written.
///
/// ```
/// use bytelens::codec::{EncodeOptions, Format, Subsampling};
/// let options = EncodeOptions::new(Format::Jpeg).quality(92).subsampling(Subsampling::Full);
/// assert_eq!(options.background, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// The format to write.
    pub format: Format,
    /// JPEG and lossy WebP: 1 (smallest) to 100 (best); 80 unless told otherwise.
    ///
    /// The scales are those of libjpeg and libwebp. sharp writes 80, Pillow and libvips 75: at 80 a photograph
    /// shows no blocks at arm's length, and beyond 90 files grow faster than anyone can see.
    pub quality: u8,
    /// WebP: whether pixels stay what they are; not, unless told otherwise.
    ///
    /// A photograph is then several times as large. A drawing may be smaller, and has no blurred edges.
    pub lossless: bool,
    /// JPEG: how colour is thinned out; 4:2:0 unless told otherwise, as libjpeg, sharp and Pillow.
    pub subsampling: Subsampling,
    /// JPEG: whether the picture is stored at first coarsely, then finer; not, unless told otherwise.
    ///
    /// Such a file is some percent smaller, and takes about four times as long to write and three times to read.
    pub progressive: bool,
    /// JPEG: whether codes are fitted to the picture; not, unless told otherwise. In a progressive file they always are.
    ///
    /// The file is a few percent smaller, the pixels are the same, and all of the picture's symbols are in memory at
    /// once: four bytes for each.
    pub optimize: bool,
    /// JPEG: after how many units of 8x8 to 16x16 pixels decoding can start anew; 0, which is nowhere, unless told
    /// otherwise. Damage to the file ends there.
    pub restart_interval: u16,
    /// PNG: how hard to look for a smaller file, 0 (stored) to 9 (longest); 4 unless told otherwise.
    ///
    /// The pixels are the same at every level. Level 4 comes within a few percent of level 9 in a
    /// tenth of its time. Level 1 is eight times faster again: as good for photographs, but
    /// drawings and screenshots come out up to three times as large.
    pub compression: u8,
    /// The colour, in sRGB, that shows through a picture with alpha, which is then written without
    /// alpha; none unless told otherwise, and then a format without alpha refuses such a picture.
    pub background: Option<[u8; 3]>,
}

impl EncodeOptions {
    /// Returns the options that are best for most pictures.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            quality: 80,
            lossless: false,
            subsampling: Subsampling::Quads,
            progressive: false,
            optimize: false,
            restart_interval: 0,
            compression: 4,
            background: None,
        }
    }

    /// Sets the quality of a JPEG or a lossy WebP, 1 to 100.
    #[must_use]
    pub const fn quality(self, quality: u8) -> Self {
        Self { quality, ..self }
    }

    /// Sets whether the pixels of a WebP stay what they are.
    #[must_use]
    pub const fn lossless(self, lossless: bool) -> Self {
        Self { lossless, ..self }
    }

    /// Sets how a JPEG thins out colour.
    #[must_use]
    pub const fn subsampling(self, subsampling: Subsampling) -> Self {
        Self { subsampling, ..self }
    }

    /// Sets whether a JPEG is stored coarsely first.
    #[must_use]
    pub const fn progressive(self, progressive: bool) -> Self {
        Self { progressive, ..self }
    }

    /// Sets whether the codes of a JPEG are fitted to its picture.
    #[must_use]
    pub const fn optimize(self, optimize: bool) -> Self {
        Self { optimize, ..self }
    }

    /// Sets after how many units decoding of a JPEG can start anew.
    #[must_use]
    pub const fn restart_interval(self, restart_interval: u16) -> Self {
        Self { restart_interval, ..self }
    }

    /// Sets how hard a PNG is compressed, 0 to 9.
    #[must_use]
    pub const fn compression(self, compression: u8) -> Self {
        Self { compression, ..self }
    }

    /// Sets the colour, in sRGB, that a picture with alpha is laid over.
    #[must_use]
    pub const fn background(self, background: [u8; 3]) -> Self {
        Self { background: Some(background), ..self }
    }

    /// Checks that every option is in its range.
    ///
    /// # Errors
    /// [`Error::Param`] with the option, its range and the value that came.
    pub fn check(&self) -> Result<()> {
        if !(1..=100).contains(&self.quality) {
            return Err(Error::param("JPEG", "quality", "in 1..=100", self.quality));
        }
        if self.compression > 9 {
            return Err(Error::param("PNG", "compression", "in 0..=9", self.compression));
        }
        Ok(())
    }
}

/// Encodes in a format that is no picture of a known format.
fn encode_other(image: &Image, options: &EncodeOptions, notes: &Notes) -> Result<Vec<u8>> {
    let format = options.format;
    #[cfg(feature = "formats")]
    if format.can_be_written() {
        return super::others::encode(image, options, notes);
    }
    #[cfg(not(feature = "formats"))]
    let _ = (image, notes);
    Err(Error::Unsupported {
        what: format!("writing {format}"),
        instead: "choose JPEG, PNG or, with the feature `formats`, WebP, TIFF, QOI or OpenEXR"
            .to_owned(),
    })
}

/// Encodes an image, upright, through whatever strides it has.
///
/// # Errors
/// [`Error::Param`] for an option out of its range; [`Error::Encode`] where the format cannot hold
/// the picture: float samples, but in TIFF and OpenEXR, no pixel at all, premultiplied alpha, but in OpenEXR, in a
/// JPEG alpha, linear numbers or a side over 65,535 pixels; [`Error::Unsupported`] for a format that is only read.
pub fn encode(image: &Image, options: &EncodeOptions) -> Result<Vec<u8>> {
    encode_noted(image, options, &Notes::default())
}

/// Encodes an image with notes that are true of it.
pub(super) fn encode_noted(
    image: &Image,
    options: &EncodeOptions,
    notes: &Notes,
) -> Result<Vec<u8>> {
    options.check()?;
    let format = options.format.name();
    if options.format == Format::Jpeg {
        return jpeg::encode(image, options, notes);
    }
    let upright = image.upright()?;
    if options.format != Format::Png {
        return encode_other(&upright, options, notes);
    }
    let mut pixels = Pixels::gather(format, &upright, &upright.view())?;
    if let Some(background) = options.background {
        pixels.flatten(background);
    }
    if pixels.alpha == Alpha::Premultiplied {
        let problem = "alpha is premultiplied; convert to straight alpha, or set `background`";
        return Err(Error::Encode { format, problem: problem.to_owned() });
    }
    png::encode(pixels, options, notes)
}
