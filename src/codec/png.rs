//! PNG, through the `png` crate, with the check sums on.
//!
//! The chunks are walked here first, so that the header's limits are checked before anything is
//! allocated and a cut file is told with its place; inflating, filters, interlacing and CRCs are
//! the crate's. Animations give their first picture; text other than XMP, and backgrounds, are ignored.

use std::borrow::Cow;
use std::io::Cursor;

use ::png::{BitDepth, ColorType, DecodeOptions, Decoder, DeflateCompression, Encoder, Filter};
use ::png::{DecodingError, Info, Reader, ScaledFloat, SrgbRenderingIntent, Transformations};

use super::encode::EncodeOptions;
use super::pixels::Pixels;
use super::{Format, Header, Notes, exif};
use crate::error::{Error, Result};
use crate::icc;
use crate::image::{Image, Orientation, PixelFormat, Profile, Transfer};
use crate::limits::Limits;
use crate::view::Buffer;

const FORMAT: &str = "PNG";
const SIGNATURE_BYTES: usize = 8;

fn damaged(problem: impl Into<String>) -> Error {
    Error::Decode { format: FORMAT, problem: problem.into() }
}

/// One chunk: its kind and its data.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

/// Walks over the chunks, up to `IEND` and with it.
#[derive(Clone)]
struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// Takes `length` bytes of what `part` names, or tells where the file ends.
    fn take(&mut self, length: usize, part: impl FnOnce() -> String) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else {
            let problem = format!("the file ends after {} bytes, {}", self.bytes.len(), part());
            return Err(damaged(problem));
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// Reads the next chunk's length and kind.
    fn head(&mut self) -> Result<(usize, [u8; 4])> {
        let start = self.at;
        let head = self.take(8, || "before its IEND chunk".to_owned())?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let kind = [head[4], head[5], head[6], head[7]];
        if length > i32::MAX.unsigned_abs() || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(damaged(format!("there is no valid chunk at byte {start}")));
        }
        Ok((usize::try_from(length).unwrap_or(usize::MAX), kind))
    }

    /// Reads the next chunk, past its check sum.
    fn next(&mut self) -> Result<Chunk<'a>> {
        let start = self.at;
        let (length, kind) = self.head()?;
        let place = || format!("inside the {} chunk at byte {start}", kind.escape_ascii());
        let data = self.take(length, place)?;
        self.take(4, place)?;
        Ok(Chunk { kind, data })
    }
}

/// What the chunks say of the picture.
struct Head {
    header: Header,
    transfer: Transfer,
    profile: Numbers,
}

/// What says what the numbers stand for.
enum Numbers {
    /// Nothing, or that they are sRGB.
    Srgb,
    /// The code points of a cICP chunk: primaries and curve.
    Codes(u8, u8),
    /// The profile of an iCCP chunk.
    Icc,
}

/// Reads the chunks up to the image data, or up to the end of the file where `whole`.
fn read_head(bytes: &[u8], limits: &Limits, whole: bool) -> Result<Head> {
    let mut chunks = Chunks { bytes, at: SIGNATURE_BYTES };
    let first = chunks.next()?;
    let mut header = match &first {
        Chunk { kind: [b'I', b'H', b'D', b'R'], data } => read_header(data, limits)?,
        Chunk { kind, .. } => {
            let problem = format!("the first chunk is {}, not IHDR", kind.escape_ascii());
            return Err(damaged(problem));
        }
    };
    // Of several chunks that say what numbers stand for, this is their rank (PNG, 3rd edition, 4.3).
    let (mut code_points, mut icc, mut srgb, mut gamma) = (None, false, false, None);
    let mut image_data = false;
    loop {
        // The head of a file may end inside its image data, which is not looked at then.
        if !whole && chunks.clone().head()?.1 == *b"IDAT" {
            break;
        }
        let Chunk { kind, data } = chunks.next()?;
        match &kind {
            b"IDAT" => image_data = true,
            b"tRNS" if !image_data && header.channels % 2 == 1 => header.channels += 1,
            b"gAMA" if data.len() == 4 => {
                gamma = Some(u32::from_be_bytes([data[0], data[1], data[2], data[3]]));
            }
            b"sRGB" => srgb = true,
            b"iCCP" => icc = true,
            b"cICP" if data.len() == 4 => code_points = Some((data[0], data[1])),
            b"eXIf" => header.orientation = exif::orientation(data),
            b"IEND" if image_data => break,
            b"IEND" => return Err(damaged("there is no image data before the IEND chunk")),
            _ => {}
        }
    }
    let profile = match code_points {
        Some((primaries, curve)) => Numbers::Codes(primaries, curve),
        None if icc => Numbers::Icc,
        None => Numbers::Srgb,
    };
    // A gamma of 1 says that numbers are proportional to light, unless a chunk of more weight speaks.
    let linear = matches!(profile, Numbers::Srgb) && !srgb && gamma == Some(LINEAR_GAMMA);
    let transfer = if linear { Transfer::Linear } else { Transfer::Srgb };
    Ok(Head { header, transfer, profile })
}

/// What a gAMA chunk holds for linear numbers: 1, in units of 1/100,000.
const LINEAR_GAMMA: u32 = 100_000;

/// Reads the IHDR chunk.
fn read_header(data: &[u8], limits: &Limits) -> Result<Header> {
    let &[w0, w1, w2, w3, h0, h1, h2, h3, depth, color, _, _, _] = data else {
        return Err(damaged(format!("the IHDR chunk has {} bytes, not 13", data.len())));
    };
    let width = u32::from_be_bytes([w0, w1, w2, w3]);
    let height = u32::from_be_bytes([h0, h1, h2, h3]);
    let largest = i32::MAX.unsigned_abs();
    if !(1..=largest).contains(&width) || !(1..=largest).contains(&height) {
        return Err(damaged(format!("the header claims a size of {width}x{height} pixels")));
    }
    limits.check_size(FORMAT, u64::from(width), u64::from(height))?;
    let channels = match (color, depth) {
        (0, 1 | 2 | 4 | 8 | 16) => 1,
        (2, 8 | 16) | (3, 1 | 2 | 4 | 8) => 3,
        (4, 8 | 16) => 2,
        (6, 8 | 16) => 4,
        _ => {
            let problem = format!("there is no color type {color} with {depth} bits");
            return Err(damaged(problem));
        }
    };
    let side = |side: u32| {
        usize::try_from(side).map_err(|_| damaged(format!("a side of {side} pixels is too long")))
    };
    Ok(Header {
        format: Format::Png,
        width: side(width)?,
        height: side(height)?,
        channels,
        bit_depth: depth.max(8),
        orientation: Orientation::Upright,
    })
}

/// Reads what a PNG holds.
pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Header> {
    Ok(read_head(bytes, limits, false)?.header)
}

/// What a chunk of text starts with that holds an XMP packet, uncompressed (XMP part 3, 1.1.5).
const XMP: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";

/// Reads what a PNG says beside its picture: such chunks may stand anywhere.
pub(super) fn notes(bytes: &[u8], limits: &Limits) -> Result<Notes> {
    read_head(bytes, limits, true)?;
    let mut notes = Notes::default();
    let mut chunks = Chunks { bytes, at: SIGNATURE_BYTES };
    loop {
        let Chunk { kind, data } = chunks.next()?;
        match &kind {
            b"eXIf" => notes.exif = Some(data.to_vec()),
            b"iTXt" if data.starts_with(XMP) => notes.xmp = Some(data[XMP.len()..].to_vec()),
            b"IEND" => return Ok(notes),
            _ => {}
        }
    }
}

/// Decodes a PNG.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Image> {
    let Head { header, transfer, profile } = read_head(bytes, limits, true)?;
    let Header { width, height, channels, bit_depth, orientation, .. } = header;
    let mut options = DecodeOptions::default();
    options.set_ignore_checksums(false);
    options.set_skip_ancillary_crc_failures(false);
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(!matches!(profile, Numbers::Icc));
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    // The crate's cap on its own memory must leave room for a row of the widest picture.
    let depth_bytes = usize::from(bit_depth / 8);
    let row_bytes = width.saturating_mul(4 * depth_bytes);
    decoder
        .set_limits(::png::Limits { bytes: row_bytes.saturating_mul(4).saturating_add(64 << 20) });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(|error| told(&error))?;
    let size = width
        .checked_mul(height)
        .and_then(|pixels| pixels.checked_mul(channels * depth_bytes))
        .ok_or_else(|| damaged(format!("{width}x{height} pixels do not fit into memory")))?;
    if reader.output_buffer_size() != Some(size) {
        return Err(damaged("the tRNS chunk does not fit the picture"));
    }
    let shape = [height, width, channels];
    let buffer = if bit_depth == 16 {
        let mut samples = vec![0u16; size / 2];
        read_pixels(&mut reader, &header, bytemuck::cast_slice_mut(&mut samples))?;
        samples.iter_mut().for_each(|sample| *sample = u16::from_be(*sample));
        Buffer::from_vec(samples, &shape)?
    } else {
        let mut samples = vec![0u8; size];
        read_pixels(&mut reader, &header, &mut samples)?;
        Buffer::from_vec(samples, &shape)?
    };
    let format = PixelFormat { transfer, ..PixelFormat::from_channels(channels)? };
    let profile = match profile {
        Numbers::Srgb => None,
        Numbers::Codes(primaries, curve) => icc::from_code_points(primaries, curve),
        Numbers::Icc => {
            let profile = reader.info().icc_profile.as_deref().map(Profile::from_icc);
            Some(profile.ok_or_else(|| damaged("the profile in the iCCP chunk cannot be read"))?)
        }
    };
    Ok(Image::new(buffer, format)?.with_orientation(orientation).with_profile(profile))
}

/// Reads the first picture, and what follows it for the sake of its check sums.
fn read_pixels(
    reader: &mut Reader<Cursor<&[u8]>>,
    header: &Header,
    samples: &mut [u8],
) -> Result<()> {
    let frame = reader.next_frame(samples).map_err(|error| told(&error))?;
    if frame.buffer_size() != samples.len() {
        let (width, height) = (frame.width, frame.height);
        let whole = format!("{}x{}", header.width, header.height);
        let problem = format!("the first frame has {width}x{height} pixels, not {whole}");
        return Err(damaged(problem));
    }
    reader.finish().map_err(|error| told(&error))
}

/// Says what the crate found wrong, in words for people.
fn told(error: &DecodingError) -> Error {
    let text = error.to_string();
    // The crate names a chunk as `ChunkType { type: IDAT, critical: true, … }`.
    let plain = match (text.split_once("ChunkType { type: "), text.split_once('}')) {
        (Some((before, named)), Some((_, after))) => {
            let kind = named.split(',').next().unwrap_or_default();
            format!("{before}{kind}{after}")
        }
        _ => text,
    };
    damaged(plain.trim_end_matches('.'))
}

/// Encodes packed pixels.
pub(super) fn encode(
    mut pixels: Pixels<'_>,
    options: &EncodeOptions,
    notes: &Notes,
) -> Result<Vec<u8>> {
    let refuse = |problem: String| Error::Encode { format: FORMAT, problem };
    pixels.make_big_endian();
    let side = |side: usize| {
        u32::try_from(side)
            .ok()
            .filter(|side| *side <= i32::MAX.unsigned_abs())
            .ok_or_else(|| refuse(format!("a side of {side} pixels is over 2147483647")))
    };
    let mut bytes = Vec::new();
    let failed = |error: ::png::EncodingError| refuse(error.to_string());
    let mut info = Info::with_size(side(pixels.width)?, side(pixels.height)?);
    info.icc_profile = pixels.profile.as_ref().map(|profile| Cow::Borrowed(profile.bytes()));
    info.exif_metadata = notes.exif.as_deref().map(Cow::Borrowed);
    let mut encoder = Encoder::with_info(&mut bytes, info).map_err(failed)?;
    encoder.set_color(match pixels.channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    });
    encoder.set_depth(if pixels.depth == 2 { BitDepth::Sixteen } else { BitDepth::Eight });
    match pixels.transfer {
        _ if pixels.profile.is_some() => {}
        Transfer::Srgb => encoder.set_source_srgb(SrgbRenderingIntent::Perceptual),
        Transfer::Linear => encoder.set_source_gamma(ScaledFloat::from_scaled(LINEAR_GAMMA)),
    }
    let (deflate, filter) = match options.compression {
        0 => (DeflateCompression::NoCompression, Filter::NoFilter),
        1 => (DeflateCompression::FdeflateUltraFast, Filter::Adaptive),
        level => (DeflateCompression::Level(level), Filter::Adaptive),
    };
    encoder.set_deflate_compression(deflate);
    encoder.set_filter(filter);
    let mut writer = encoder.write_header().map_err(failed)?;
    if let Some(packet) = &notes.xmp {
        writer.write_chunk(::png::chunk::iTXt, &[XMP, packet].concat()).map_err(failed)?;
    }
    writer.write_image_data(&pixels.bytes).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
