//! The encoder as programs see it.
//!
//! A picture goes through in two halves, as in the decoder, the other way round. `forward` makes coefficients of
//! pixels that `source` hands over. `sequential` and `progressive` make `symbols` of them, which `codes` and
//! `bits` turn to bytes; `headers` are around those. What always holds: with the same options a file is that of
//! libjpeg-turbo, byte for byte; memory is bounded by a few rows of pixels unless codes are to be fitted to the
//! picture, which needs all of its symbols at once.

use std::borrow::Cow;
use std::io::Write;

use super::coefficients::Coefficients;
use super::frame::{Component, Frame};
use super::metadata::Metadata;
use super::segments::marker;
use crate::codec::Notes;
use crate::codec::encode::{EncodeOptions, Subsampling};
use crate::error::Result;
use crate::image::{Color, Image};
use crate::simd::Level;

mod band;
mod bits;
mod codes;
mod forward;
mod headers;
mod progressive;
mod quality;
mod scans;
mod sequential;
mod source;
mod symbols;
#[cfg(test)]
mod tests;
mod transcode;

use forward::Forward;
use scans::{Scans, send};
use sequential::Sequential;
use source::Source;

/// A block of coefficients, in zigzag order.
type Block = [i16; 64];

/// How large a pixel is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Density {
    /// No size, but a shape: so many pixels across are as long as so many down.
    Ratio(u16, u16),
    /// Pixels per inch, across and down.
    PerInch(u16, u16),
    /// Pixels per centimetre, across and down.
    PerCentimetre(u16, u16),
}

/// Encodes a JPEG.
///
/// Quality, sampling and the kind of file are those of [`EncodeOptions`]; its format is not looked at. A
/// sequential file whose codes are not fitted is written as it is made, some rows at a time.
///
/// ```
/// use bytelens::codec::jpeg::{Decoder, Density, Encoder, Metadata};
/// use bytelens::codec::{EncodeOptions, Format};
/// use bytelens::{Buffer, Image, Limits, PixelFormat};
///
/// let picture = Image::new(Buffer::from_vec(vec![120_u8; 60 * 40 * 3], &[40, 60, 3])?, PixelFormat::RGB)?;
/// let options = EncodeOptions::new(Format::Jpeg).quality(90).progressive(true);
/// let mut metadata = Metadata::default();
/// metadata.comments.push(b"all grey");
///
/// let encoder = Encoder::new(&options).metadata(&metadata).density(Density::PerInch(300, 300));
/// let file = encoder.encode(&picture)?;
///
/// let decoder = Decoder::new(&file, &Limits::default())?;
/// assert!(decoder.is_progressive());
/// assert_eq!(decoder.metadata()?.comments, [b"all grey"]);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder<'a> {
    options: EncodeOptions,
    metadata: Metadata<'a>,
    density: Density,
    level: Level,
}

impl<'a> Encoder<'a> {
    /// Makes an encoder with these options.
    #[must_use]
    pub fn new(options: &EncodeOptions) -> Self {
        Self {
            options: options.clone(),
            metadata: Metadata::default(),
            density: Density::Ratio(1, 1),
            level: Level::best(),
        }
    }

    /// Sets what the file carries beside its picture: as it was read from another file, or as it was put together.
    ///
    /// Pictures are written upright, so that an orientation in the EXIF data is set to upright. What lay behind the
    /// end of another file ([`Metadata::rest`]) is not written.
    #[must_use]
    pub fn metadata(mut self, metadata: &Metadata<'a>) -> Self {
        self.metadata = metadata.clone();
        self
    }

    /// Sets how large a pixel is meant to be; square and no more unless told otherwise.
    #[must_use]
    pub fn density(mut self, density: Density) -> Self {
        self.density = density;
        self
    }

    /// Encodes an image, upright, through whatever strides it has.
    ///
    /// # Errors
    /// As [`codec::encode`](crate::codec::encode()), and [`Error::Encode`](crate::Error::Encode) where metadata do not
    /// fit: EXIF data, XMP or a comment over 65,533 bytes less their signature, a profile over 16 MB.
    pub fn encode(&self, image: &Image) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(image, &mut bytes)?;
        Ok(bytes)
    }

    /// Encodes an image to a writer, which is handed some tens of kilobytes at a time.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and [`Error::Encode`](crate::Error::Encode) where the writer fails: what it has
    /// taken by then is no whole file.
    pub fn write(&self, image: &Image, out: &mut dyn Write) -> Result<()> {
        self.options.check()?;
        let upright = image.upright()?;
        let source = Source::new(&upright, self.options.background)?;
        let frame = self.frame(&source);
        let factors = quality::factors(self.options.quality);
        let tables = factors.map(|table| table.map(u16::from));
        let mut head = Vec::new();
        headers::start(&mut head, self.density)?;
        headers::metadata(&mut head, &self.metadata_of(&upright, frame.components.len()))?;
        let tables = &tables[..frame.components.len().min(2)];
        headers::frame(&mut head, &frame, tables)?;
        send(out, &head)?;
        let mut forward = Forward::new(source, &frame, &factors, self.level);
        if self.options.progressive {
            let stores = forward.gathered(&frame)?;
            self.scans(&frame).progressive(&stores, out)?;
        } else {
            let fill = |row: usize, first: usize, coder: &mut Sequential| {
                if first == 0 {
                    forward.strip(row)?;
                }
                coder.parts.iter_mut().for_each(|part| forward.fill(first, part));
                Ok(())
            };
            self.scans(&frame).sequential(self.options.optimize, fill, out)?;
        }
        send(out, &[0xff, marker::EOI])
    }

    /// What the file carries: where the program gave no profile, that of the picture, if it is for such colour.
    fn metadata_of<'m>(&'m self, image: &'m Image, components: usize) -> Metadata<'m> {
        let color = if components == 1 { Color::Gray } else { Color::Rgb };
        let own = image.info().profile.as_ref().filter(|own| own.color() == Some(color));
        let mut metadata = self.metadata.clone();
        metadata.icc = metadata.icc.or_else(|| own.map(|own| Cow::Borrowed(own.bytes())));
        metadata
    }

    /// What the scans of a file have in common.
    fn scans<'f>(&self, frame: &'f Frame) -> Scans<'f> {
        let restart_interval = usize::from(self.options.restart_interval);
        Scans { frame, restart_interval, level: self.level }
    }

    /// Describes a picture as it is to be coded.
    fn frame(&self, source: &Source<'_>) -> Frame {
        let (h, v) = match self.options.subsampling {
            _ if source.channels == 1 => (1, 1),
            Subsampling::Full => (1, 1),
            Subsampling::Rows => (2, 1),
            Subsampling::Quads => (2, 2),
        };
        let component = |number: usize| {
            let (h, v) = if number == 0 { (h, v) } else { (1, 1) };
            let id = u8::try_from(number + 1).unwrap_or(u8::MAX);
            Component { id, h, v, table: table_of(number) }
        };
        Frame {
            progressive: self.options.progressive,
            width: source.width,
            height: source.height,
            components: (0..source.channels).map(component).collect(),
        }
    }
}

/// Returns the number of the tables of a component.
fn table_of(component: usize) -> usize {
    component.min(1)
}

/// Encodes an image with options and notes.
pub(in crate::codec) fn encode(
    image: &Image,
    options: &EncodeOptions,
    notes: &Notes,
) -> Result<Vec<u8>> {
    let metadata = Metadata {
        exif: notes.exif.as_deref(),
        xmp: notes.xmp.as_deref(),
        extended_xmp: notes.extended_xmp.clone(),
        ..Metadata::default()
    };
    Encoder::new(options).metadata(&metadata).encode(image)
}

impl Encoder<'_> {
    /// Writes coefficients as they are: nothing of the picture changes. Codes are fitted to them.
    ///
    /// With those of a decoded file this is what `jpegtran` does: a smaller file, a progressive one, one with
    /// restart markers. Of the options that is what counts.
    ///
    /// ```
    /// use bytelens::codec::jpeg::{Decoder, Encoder};
    /// # use bytelens::codec::{EncodeOptions, Format, encode};
    /// # use bytelens::{Buffer, Image, Limits, PixelFormat};
    /// # let picture = Image::new(Buffer::from_vec(vec![120_u8; 64 * 48], &[48, 64, 1])?, PixelFormat::GRAY)?;
    /// # let file = encode(&picture, &EncodeOptions::new(Format::Jpeg))?;
    ///
    /// let decoder = Decoder::new(&file, &Limits::default())?;
    /// let options = EncodeOptions::new(Format::Jpeg).progressive(true);
    /// let encoder = Encoder::new(&options).metadata(&decoder.metadata()?);
    /// let smaller = encoder.encode_coefficients(&decoder.coefficients()?)?;
    /// assert!(smaller.len() < file.len());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Encode`](crate::Error::Encode) where shapes do not fit the size of the picture, units have over ten
    /// blocks, or numbers are larger than codes can say.
    pub fn encode_coefficients(&self, coefficients: &Coefficients) -> Result<Vec<u8>> {
        let (frame, tables, stores) = transcode::stores(coefficients, self.options.progressive)?;
        let mut out = Vec::new();
        transcode::start(&mut out, self.density, coefficients.model)?;
        headers::metadata(&mut out, &self.metadata)?;
        headers::frame(&mut out, &frame, &tables)?;
        if self.options.progressive {
            self.scans(&frame).progressive(&stores, &mut out)?;
        } else {
            let fill = |row: usize, first: usize, coder: &mut Sequential| {
                transcode::fill(&stores, row, first, frame.units().0, coder);
                Ok(())
            };
            self.scans(&frame).sequential(true, fill, &mut out)?;
        }
        out.extend([0xff, marker::EOI]);
        Ok(out)
    }
}
