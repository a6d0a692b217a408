//! The decoder as programs see it.

use std::ops::Range;

use super::coefficients::{Coefficients, ComponentCoefficients};
use super::damaged;
use super::decode::{self, Memory};
use super::frame::Model;
use super::geometry::{Geometry, Scale};
use super::metadata::{self, Metadata};
use super::report::{Problem, Report};
use super::rows::{Sink, Whole};
use super::structure::Structure;
use crate::codec::{Format, Header};
use crate::dtype::DType;
use crate::error::{Error, Result};
#[cfg(feature = "batch")]
use crate::image::ImageInfo;
use crate::image::{Image, PixelFormat, Profile};
use crate::layout::Layout;
use crate::limits::Limits;
use crate::view::{Buffer, ViewMut};

/// How many times the size that is asked for a scaled picture has at least.
///
/// What is thrown away while decoding are means of encoded numbers, not of light, so that a picture that is
/// shrunk further from there is not the one that is shrunk from all pixels: the more of the shrinking the
/// filter is left to do, the nearer.
const MARGIN: usize = 2;

/// Decodes a JPEG.
///
/// Settings are chained; nothing is decoded before [`decode`](Self::decode) or one of its likes.
///
/// ```
/// use bytelens::codec::jpeg::Decoder;
/// use bytelens::codec::{EncodeOptions, Format, encode};
/// use bytelens::{Buffer, Image, Limits, PixelFormat};
///
/// let picture = Image::new(Buffer::from_vec(vec![120_u8; 600 * 400], &[400, 600, 1])?, PixelFormat::GRAY)?;
/// let file = encode(&picture, &EncodeOptions::new(Format::Jpeg))?;
///
/// let decoder = Decoder::new(&file, &Limits::default())?.scale_for(60, 40);
/// assert_eq!(decoder.size(), (150, 100)); // a quarter: at least twice what is wanted
/// let small = decoder.decode()?;
/// assert_eq!(small.view().shape(), [100, 150, 1]);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    limits: Limits,
    head: Structure<'a>,
    model: Model,
    scale: Scale,
    /// The rows that are wanted; all, unless said.
    rows: Option<Range<usize>>,
    is_lenient: bool,
}

/// A picture that may have come from a damaged file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Salvaged {
    /// The picture.
    pub image: Image,
    /// What is wrong with the file, in the order in which it was found; at most a hundred lines.
    pub problems: Vec<Problem>,
}

/// Memory that decoding works in, kept from picture to picture.
///
/// What it grows to is the largest need so far: a strip of a few rows, and the coefficients of a picture
/// whose scans come one over the other.
#[derive(Debug, Default)]
pub struct Scratch(Memory);

impl<'a> Decoder<'a> {
    /// Reads the head of a file: all up to the image data.
    ///
    /// Bytes in front of the first picture are passed over.
    ///
    /// # Errors
    /// [`Error::Decode`] where the head is damaged or cut short, [`Error::Unsupported`] for arithmetic
    /// coding, lossless and hierarchical pictures, samples of more than 8 bits and pixels of two
    /// components, [`Error::Limit`] where file or picture are larger than allowed.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        limits.check_file(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        let head = Structure::read_head(bytes, limits)?;
        let model = head.model()?;
        let limits = limits.clone();
        Ok(Self { bytes, limits, head, model, scale: Scale::Full, rows: None, is_lenient: false })
    }

    /// Sets the scale to decode at.
    ///
    /// Half and quarter size are the inverse transforms of the lowest 4x4 and 2x2 frequencies, an
    /// eighth is the mean of each block. Sides are rounded up.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets the smallest scale at which the picture is at least twice as wide and twice as high as this;
    /// so much is needed for shrinking the rest with a good filter to look the same.
    #[must_use]
    pub fn scale_for(self, width: usize, height: usize) -> Self {
        let size = (self.head.frame.width, self.head.frame.height);
        let scale = Scale::reaching(size, (width, height), MARGIN);
        self.scale(scale)
    }

    /// Sets which rows of the picture to decode, counted at the scale that is set; all of them unless set.
    ///
    /// Rows above are decoded no further than they must be to find the others: not at all where the file has
    /// restart markers, else up to their coefficients. What is below is not decoded. Of each row all columns are.
    #[must_use]
    pub fn rows(mut self, rows: Range<usize>) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Sets whether damaged files are decoded as far as they go.
    ///
    /// What is missing stays grey. [`salvage`](Self::salvage) tells what was wrong.
    #[must_use]
    pub fn lenient(mut self, is_lenient: bool) -> Self {
        self.is_lenient = is_lenient;
        self
    }

    /// Returns what the head says of the picture at full size.
    #[must_use]
    pub fn header(&self) -> Header {
        Header {
            format: Format::Jpeg,
            width: self.head.frame.width,
            height: self.head.frame.height,
            channels: self.model.channels(),
            bit_depth: 8,
            orientation: self.head.orientation(),
        }
    }

    /// Returns how the components of the file are understood. Decoded pixels are grey or RGB.
    #[must_use]
    pub fn model(&self) -> Model {
        self.model
    }

    /// Returns whether the picture is progressive: all of it is stored at first coarsely, then finer.
    #[must_use]
    pub fn is_progressive(&self) -> bool {
        self.head.frame.progressive
    }

    /// Returns the sampling factors of the components, across and down: `[(2, 2), (1, 1), (1, 1)]`
    /// is what is called 4:2:0.
    #[must_use]
    pub fn sampling(&self) -> Vec<(usize, usize)> {
        self.head.frame.components.iter().map(|one| (one.h, one.v)).collect()
    }

    /// Returns the width and height of what is decoded: the picture, or the rows of it that are wanted, at the
    /// scale that is set, before its orientation is applied.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let frame = &self.head.frame;
        let rows = self.rows.as_ref().map_or(self.scale.of(frame.height), ExactSizeIterator::len);
        (self.scale.of(frame.width), rows)
    }

    /// Returns the scale that is set.
    #[must_use]
    pub fn scaled_by(&self) -> Scale {
        self.scale
    }

    /// Reads EXIF data, colour profile, XMP, IPTC data and comments.
    ///
    /// # Errors
    /// As [`Decoder::new`]: segments may stand anywhere in the file.
    pub fn metadata(&self) -> Result<Metadata<'a>> {
        let (structure, _) = self.structure()?;
        Ok(Metadata::new(&structure))
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// [`Error::Decode`] where the file is truncated or damaged; decoding leniently, where nothing can be
    /// made of it. Data that the scale does not need are not looked at. [`Error::Param`] where rows are wanted
    /// that the picture has not.
    pub fn decode(&self) -> Result<Image> {
        self.salvage().map(|salvaged| salvaged.image)
    }

    /// Decodes the picture and returns it with what is wrong with the file; nothing, unless decoding is
    /// [`lenient`](Self::lenient).
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn salvage(&self) -> Result<Salvaged> {
        self.salvage_in(None, &mut Scratch::default())
    }

    /// Decodes the picture as [`salvage`](Self::salvage) does, into memory that nobody holds any longer where
    /// it is of about the size that is needed.
    pub(crate) fn salvage_in(
        &self,
        spare: Option<Buffer>,
        scratch: &mut Scratch,
    ) -> Result<Salvaged> {
        self.check_rows()?;
        let (structure, mut report) = self.structure()?;
        let (width, height) = self.size();
        let channels = self.model.channels();
        let layout = Layout::contiguous(DType::U8, &[height, width, channels])?;
        let is_fit = |spare: &Buffer| {
            let bytes = spare.layout().nbytes();
            spare.other_holders() == 0 && bytes >= layout.nbytes() && bytes / 2 <= layout.nbytes()
        };
        let mut buffer = match spare.filter(is_fit) {
            Some(spare) => spare.with_layout(layout)?,
            None => Buffer::zeroed(DType::U8, &[height, width, channels])?,
        };
        let mut view = buffer.view_mut()?;
        let out = view.as_bytes_mut().ok_or_else(|| damaged("a new buffer has gaps"))?;
        self.pixels(&structure, &mut scratch.0, out, &mut report)?;
        let image = Image::new(buffer, PixelFormat::from_channels(channels)?)?;
        let profile = metadata::icc(&structure).as_deref().map(Profile::from_icc);
        let image = image.with_orientation(structure.orientation()).with_profile(profile);
        Ok(Salvaged { image, problems: report.problems })
    }

    /// Decodes the picture row by row into what `begin` makes of its description, and returns that with what is
    /// wrong with the file. Nothing is decoded where `begin` makes nothing.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and those of `begin` and of the sink.
    #[cfg(feature = "batch")]
    pub(crate) fn pour<S: Sink>(
        &self,
        scratch: &mut Scratch,
        begin: impl FnOnce(ImageInfo) -> Result<Option<S>>,
    ) -> Result<Option<(S, Vec<Problem>)>> {
        self.check_rows()?;
        let (structure, mut report) = self.structure()?;
        let (width, height) = self.size();
        let channels = self.model.channels();
        let layout = Layout::contiguous(DType::U8, &[height, width, channels])?;
        let info = ImageInfo {
            orientation: structure.orientation(),
            profile: metadata::icc(&structure).as_deref().map(Profile::from_icc),
            ..ImageInfo::new(layout, PixelFormat::from_channels(channels)?)?
        };
        let Some(mut sink) = begin(info)? else { return Ok(None) };
        self.rows_to(&structure, &mut scratch.0, &mut sink, &mut report)?;
        Ok(Some((sink, report.problems)))
    }

    /// Decodes the picture into memory of the caller's, of shape `[height, width, channels]` and type
    /// `u8`, and returns what is wrong with the file as [`salvage`](Self::salvage) does.
    ///
    /// Memory that is used again saves up to a third of the time. Rows that lie packed are written
    /// straight to their place; any other strides will do.
    ///
    /// ```
    /// use bytelens::codec::jpeg::{Decoder, Scratch};
    /// # use bytelens::codec::{EncodeOptions, Format, encode};
    /// use bytelens::{Buffer, DType, Image, Limits, PixelFormat};
    /// # let picture = Image::new(Buffer::from_vec(vec![120_u8; 64 * 48], &[48, 64, 1])?, PixelFormat::GRAY)?;
    /// # let file = encode(&picture, &EncodeOptions::new(Format::Jpeg))?;
    ///
    /// let (mut pixels, mut scratch) = (Buffer::zeroed(DType::U8, &[48, 64, 1])?, Scratch::default());
    /// for _ in 0..3 {
    ///     let decoder = Decoder::new(&file, &Limits::default())?;
    ///     decoder.decode_into(&mut pixels.view_mut()?, &mut scratch)?;
    /// }
    /// assert_eq!(pixels.view().get::<u8>(&[7, 7, 0])?, 120);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`decode`](Self::decode); what was written before the error stays. [`Error::Shape`] and
    /// [`Error::DType`] where the memory is not for this picture.
    pub fn decode_into(
        &self,
        out: &mut ViewMut<'_>,
        scratch: &mut Scratch,
    ) -> Result<Vec<Problem>> {
        self.check_rows()?;
        let (width, height) = self.size();
        let shape = [height, width, self.model.channels()];
        if *out.dtype() != DType::U8 {
            return Err(Error::dtype("jpeg decode_into", "u8", out.dtype()));
        }
        if out.shape() != shape {
            let got = format!("{:?}", out.shape());
            return Err(Error::shape("jpeg decode_into", format!("shape {shape:?}"), got));
        }
        let (structure, mut report) = self.structure()?;
        if let Some(bytes) = out.as_bytes_mut() {
            self.pixels(&structure, &mut scratch.0, bytes, &mut report)?;
            return Ok(report.problems);
        }
        let mut packed = vec![0; shape.iter().product()];
        self.pixels(&structure, &mut scratch.0, &mut packed, &mut report)?;
        out.assign(&Buffer::from_bytes(packed, DType::U8, &shape)?.view())?;
        Ok(report.problems)
    }

    /// Decodes to coefficients, the halfway house between file and pixels, always at full size.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn coefficients(&self) -> Result<Coefficients> {
        let (structure, mut report) = self.structure()?;
        let decoded = decode::coefficients(&structure, &mut report)?;
        let components =
            decoded.into_iter().enumerate().map(|(number, ((columns, rows), values))| {
                let zigzag = structure.factors(number);
                let mut factors = vec![0; 64];
                for (factor, place) in zigzag.iter().zip(super::geometry::ZIGZAG) {
                    factors[usize::from(place)] = *factor;
                }
                let component = &structure.frame.components[number];
                Ok(ComponentCoefficients {
                    sampling: (component.h, component.v),
                    blocks: Buffer::from_vec(values, &[rows, columns, 8, 8])?,
                    factors: Buffer::from_vec(factors, &[8, 8])?,
                })
            });
        Ok(Coefficients {
            width: structure.frame.width,
            height: structure.frame.height,
            model: self.model,
            components: components.collect::<Result<_>>()?,
            problems: report.problems,
        })
    }

    /// Refuses rows that the picture has not, before memory is taken for them.
    fn check_rows(&self) -> Result<()> {
        let height = self.scale.of(self.head.frame.height);
        match &self.rows {
            Some(rows) if rows.start > rows.end || rows.end > height => {
                let expected = format!("a range within 0..{height}");
                Err(Error::param("jpeg", "rows", expected, format!("{rows:?}")))
            }
            _ => Ok(()),
        }
    }

    /// Reads the whole file, and starts the list of what is wrong with it.
    fn structure(&self) -> Result<(Structure<'a>, Report)> {
        let mut report = Report { is_lenient: self.is_lenient, ..Report::default() };
        let structure = Structure::read(self.bytes, &self.limits, &mut report)?;
        Ok((structure, report))
    }

    fn pixels(
        &self,
        structure: &Structure<'_>,
        memory: &mut Memory,
        out: &mut [u8],
        report: &mut Report,
    ) -> Result<()> {
        let (width, height) = self.size();
        if out.len() != width * height * self.model.channels() {
            return Err(unlike_its_head());
        }
        self.rows_to(structure, memory, &mut Whole(out), report)
    }

    fn rows_to(
        &self,
        structure: &Structure<'_>,
        memory: &mut Memory,
        sink: &mut dyn Sink,
        report: &mut Report,
    ) -> Result<()> {
        let geometry = Geometry::new(structure, self.scale);
        let rows = self.rows.clone().unwrap_or(0..geometry.height);
        if (geometry.width, rows.len()) != self.size() || rows.end > geometry.height {
            return Err(unlike_its_head());
        }
        if rows.is_empty() {
            return Ok(());
        }
        decode::pixels(structure, &geometry, self.model, rows, memory, sink, report)
    }
}

fn unlike_its_head() -> Error {
    damaged("the picture is not of the size that its head told")
}
