//! Tests with files that are made here: nothing is read from disk.

use super::{EncodeOptions, Format, decode, encode, probe};
use crate::dtype::DType;
use crate::error::Error;
use crate::image::{Image, PixelFormat};
use crate::limits::Limits;
use crate::view::Buffer;

mod damage;
mod notes;
mod options;
mod profiles;
mod round_trips;
mod structures;

/// A picture with smooth parts, edges and all values, the same at every call.
fn picture(height: usize, width: usize, channels: usize, dtype: DType) -> Image {
    let sample = |at: usize| {
        let (y, x, c) = (at / channels / width, at / channels % width, at % channels);
        let wave = (x * (7 + c) + y * (3 + 2 * c)) % 97;
        (wave * 677 + if x / 5 % 2 == y / 4 % 2 { 0 } else { 20_000 } + x * y * 31) % 65_536
    };
    let count = height * width * channels;
    let shape = [height, width, channels];
    let buffer = if dtype == DType::U16 {
        let samples = (0..count).map(|at| u16::try_from(sample(at)).expect("below 65536"));
        Buffer::from_vec(samples.collect(), &shape)
    } else {
        let samples = (0..count).map(|at| u8::try_from(sample(at) / 256).expect("below 256"));
        Buffer::from_vec(samples.collect(), &shape)
    };
    let format = PixelFormat::from_channels(channels).expect("1 to 4 channels");
    Image::new(buffer.expect("a small picture"), format).expect("a picture")
}

fn read(bytes: &[u8]) -> Result<Image, Error> {
    decode(bytes, &Limits::default())
}

fn png(image: &Image) -> Vec<u8> {
    encode(image, &EncodeOptions::new(Format::Png)).expect("a PNG")
}

fn jpeg(image: &Image) -> Vec<u8> {
    encode(image, &EncodeOptions::new(Format::Jpeg)).expect("a JPEG")
}

#[test]
fn formats_are_known_by_signature_and_by_extension() {
    for format in Format::ALL.iter().copied().filter(|format| format.can_be_written()) {
        for extension in format.extensions() {
            assert_eq!(Format::from_extension(extension), Some(format));
            assert_eq!(Format::from_extension(&extension.to_uppercase()), Some(format));
        }
        let image = picture(3, 4, 1, DType::U8);
        let bytes = encode(&image, &EncodeOptions::new(format)).expect("a file");
        assert_eq!(Format::from_bytes(&bytes), Some(format));
        let header = probe(&bytes, &Limits::default()).expect("a header");
        assert_eq!((header.format, header.width, header.height), (format, 4, 3));
    }
    assert_eq!(Format::from_extension("webp").is_some(), cfg!(feature = "formats"));
    assert_eq!(Format::from_extension("docx"), None);
}

#[test]
fn what_is_no_picture_is_told_by_what_it_starts_with() {
    let rows: [(&[u8], &str); 8] = [
        (b"", "image: the file is empty"),
        (
            b"Not a photo",
            "image: no picture of a known format: the file starts with the text \"Not a photo\"",
        ),
        (
            b"\0\x01\x02",
            "image: no picture of a known format: the file starts with the bytes 00 01 02",
        ),
        (b"\xff\xd8", "JPEG: the file ends after 2 bytes, inside its signature"),
        (b"\x89PNG", "PNG: the file ends after 4 bytes, inside its signature"),
        (b"\x89PNG\r\n\x1a\n", "PNG: the file ends after 8 bytes, before its IEND chunk"),
        (
            b"\0\0\0\x1cftypavif",
            "reading AVIF is not supported; convert the file to JPEG or PNG first",
        ),
        (
            b"\0\0\0\x1cftypheic",
            "reading HEIC is not supported; convert the file to JPEG or PNG first",
        ),
    ];
    for (bytes, text) in rows {
        assert_eq!(read(bytes).expect_err(text).to_string(), text);
    }
}

#[test]
fn limits_hold_before_pixels_are_decoded() {
    let image = picture(30, 40, 3, DType::U8);
    for bytes in [png(&image), jpeg(&image)] {
        let rows = [
            (Limits { max_side: 39, ..Limits::default() }, false),
            (Limits { max_side: 40, ..Limits::default() }, true),
            (Limits { max_pixels: 1199, ..Limits::default() }, false),
            (Limits { max_pixels: 1200, ..Limits::default() }, true),
        ];
        for (limits, fits) in rows {
            for answer in [probe(&bytes, &limits).map(|_| ()), decode(&bytes, &limits).map(|_| ())]
            {
                match answer {
                    Ok(()) => assert!(fits, "{limits:?}"),
                    Err(error) => assert!(!fits && matches!(error, Error::Limit { .. }), "{error}"),
                }
            }
        }
        let length = u64::try_from(bytes.len()).expect("a small file");
        let limits = Limits { max_file_bytes: length - 1, ..Limits::default() };
        assert!(matches!(decode(&bytes, &limits), Err(Error::Limit { .. })));
    }
}
