//! The JPEG decoder as programs use it.

#![cfg(feature = "codecs")]

use bytelens::codec::jpeg::{Decoder, Metadata, Model, Scale, Scratch};
use bytelens::codec::{EncodeOptions, Format, encode};
use bytelens::{Buffer, DType, Error, Image, Limits, Orientation, PixelFormat};

const WIDTH: usize = 203;
const HEIGHT: usize = 117;

fn image() -> Image {
    let sample = |at: usize| {
        let (y, x, c) = (at / 3 / WIDTH, at / 3 % WIDTH, at % 3);
        let sample = (x * (2 + c) + y * 3) % 256 / 2 + (x * y / 50) % 128;
        u8::try_from(sample).expect("below 256")
    };
    let samples = (0..WIDTH * HEIGHT * 3).map(sample).collect();
    let buffer = Buffer::from_vec(samples, &[HEIGHT, WIDTH, 3]).expect("a small picture");
    Image::new(buffer, PixelFormat::RGB).expect("a picture")
}

fn file() -> Vec<u8> {
    encode(&image(), &EncodeOptions::new(Format::Jpeg)).expect("a JPEG")
}

fn decoder(file: &[u8]) -> Decoder<'_> {
    Decoder::new(file, &Limits::default()).expect("a head")
}

/// Puts segments behind the start of a file.
fn with_segments(file: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = file[..2].to_vec();
    for (marker, data) in segments {
        let length = u16::try_from(data.len() + 2).expect("a short segment");
        out.extend([&[0xff, *marker], &length.to_be_bytes()[..], data].concat());
    }
    out.extend(&file[2..]);
    out
}

#[test]
fn the_head_tells_what_is_there() {
    let file = file();
    let decoder = decoder(&file);
    let header = decoder.header();
    assert_eq!((header.width, header.height, header.channels), (WIDTH, HEIGHT, 3));
    assert_eq!(decoder.model(), Model::YCbCr);
    assert_eq!(decoder.sampling(), [(2, 2), (1, 1), (1, 1)]);
    assert!(!decoder.is_progressive());
    assert_eq!(header.orientation, Orientation::Upright);
}

#[test]
fn pictures_are_decoded_at_the_scale_that_is_asked_for_and_look_the_same() {
    let file = file();
    let full = decoder(&file).decode().expect("a picture");
    let mean = |image: &Image| {
        let samples = image.view().to_vec::<u8>().expect("8 bits");
        samples.iter().map(|one| f64::from(*one)).sum::<f64>() / samples.len() as f64
    };
    for (scale, divisor) in Scale::ALL.into_iter().zip([1, 2, 4, 8]) {
        let small = decoder(&file).scale(scale).decode().expect("a picture");
        assert_eq!(small.width(), WIDTH.div_ceil(divisor));
        assert_eq!(small.height(), HEIGHT.div_ceil(divisor));
        assert!((mean(&small) - mean(&full)).abs() < 3.0, "{scale:?}");
    }
    assert_eq!(decoder(&file).scale_for(50, 20).size(), (102, 59));
    assert_eq!(decoder(&file).scale_for(51, 20).size(), (102, 59));
    assert_eq!(decoder(&file).scale_for(52, 20).size(), (WIDTH, HEIGHT));
}

#[test]
fn any_memory_of_the_right_shape_is_decoded_into() {
    let file = file();
    let mut scratch = Scratch::default();
    for scale in Scale::ALL {
        let decoder = decoder(&file).scale(scale);
        let want = decoder.decode().expect("a picture").view().to_bytes().expect("memory");
        let (width, height) = decoder.size();
        let mut packed = Buffer::zeroed(DType::U8, &[height, width, 3]).expect("memory");
        let mut view = packed.view_mut().expect("alone");
        assert!(decoder.decode_into(&mut view, &mut scratch).expect("a picture").is_empty());
        assert_eq!(packed.view().to_bytes().expect("memory"), want);
        // A window of a larger picture, upside down.
        let mut large = Buffer::zeroed(DType::U8, &[height + 7, width + 5, 3]).expect("memory");
        let part = |large: &mut Buffer| -> Vec<u8> {
            let view = large.view_mut().expect("alone").slice(0, 3..3 + height).expect("rows");
            let view = view.slice(1, 1..1 + width).expect("columns").flip(0).expect("rows");
            view.as_view().to_bytes().expect("memory")
        };
        let view = large.view_mut().expect("alone").slice(0, 3..3 + height).expect("rows");
        let view = view.slice(1, 1..1 + width).expect("columns");
        let mut view = view.flip(0).expect("rows");
        decoder.decode_into(&mut view, &mut scratch).expect("a picture");
        drop(view);
        assert_eq!(part(&mut large), want);
        let outside: u64 =
            large.view().to_vec::<u8>().expect("8 bits").iter().map(|v| u64::from(*v)).sum();
        assert_eq!(
            outside,
            want.iter().map(|v| u64::from(*v)).sum::<u64>(),
            "nothing else is written"
        );
    }
    let decoder = decoder(&file);
    let mut wrong = Buffer::zeroed(DType::U8, &[HEIGHT, WIDTH, 4]).expect("memory");
    let answer = decoder.decode_into(&mut wrong.view_mut().expect("alone"), &mut scratch);
    assert!(matches!(answer, Err(Error::Shape { .. })), "{answer:?}");
    let mut wrong = Buffer::zeroed(DType::U16, &[HEIGHT, WIDTH, 3]).expect("memory");
    let answer = decoder.decode_into(&mut wrong.view_mut().expect("alone"), &mut scratch);
    assert!(matches!(answer, Err(Error::DType { .. })), "{answer:?}");
}

#[test]
fn coefficients_are_views_and_lead_to_the_pixels() {
    let file = file();
    let coefficients = decoder(&file).coefficients().expect("coefficients");
    let shapes: Vec<_> =
        coefficients.components.iter().map(|one| one.blocks.shape().to_vec()).collect();
    assert_eq!(shapes, [[16, 26, 8, 8], [8, 13, 8, 8], [8, 13, 8, 8]]);
    // The mean of a block is its first coefficient: the picture of an eighth of the size, in luminance.
    let luma = &coefficients.components[0];
    let factor = i32::from(luma.factors.view().get::<u16>(&[0, 0]).expect("a factor"));
    let small = decoder(&file).scale(Scale::Eighth).decode().expect("a picture");
    for (y, x) in [(0, 0), (3, 7), (14, 25)] {
        let first = i32::from(luma.blocks.view().get::<i16>(&[y, x, 0, 0]).expect("a coefficient"));
        let mean = (first * factor + 4) / 8 + 128;
        let pixel = |c| i32::from(small.view().get::<u8>(&[y, x, c]).expect("a sample"));
        let got = (299 * pixel(0) + 587 * pixel(1) + 114 * pixel(2)) / 1000;
        assert!((got - mean).abs() <= 3, "{y} {x}: {got} and {mean}");
    }
}

#[test]
fn damage_is_an_error_or_a_list() {
    let file = file();
    let cut = &file[..file.len() * 2 / 3];
    assert!(matches!(decoder(cut).decode(), Err(Error::Decode { .. })));
    let salvaged = decoder(cut).lenient(true).salvage().expect("a picture");
    assert_eq!((salvaged.image.width(), salvaged.image.height()), (WIDTH, HEIGHT));
    let told = salvaged.problems.first().expect("a problem").to_string();
    assert!(told.contains("the file ends after"), "{told}");
    let whole = decoder(&file).lenient(true).salvage().expect("a picture");
    assert!(whole.problems.is_empty());
    // The first rows were there.
    let row =
        |image: &Image| image.view().slice(0, 0..8).expect("rows").to_bytes().expect("memory");
    assert_eq!(row(&salvaged.image), row(&whole.image));
}

#[test]
fn metadata_are_kept_whole() {
    let icc =
        |at: u8, of: u8, data: &[u8]| (0xe2, [b"ICC_PROFILE\0", &[at, of][..], data].concat());
    let digest = b"0123456789ABCDEF0123456789ABCDEF";
    let extension = |offset: u32, data: &[u8]| {
        let head = [b"http://ns.adobe.com/xmp/extension/\0", &digest[..]].concat();
        (0xe1, [&head, &7_u32.to_be_bytes()[..], &offset.to_be_bytes(), data].concat())
    };
    let xmp = [b"<x HasExtendedXMP=\"", &digest[..], b"\"/>"].concat();
    let segments = vec![
        icc(2, 3, b"middle"),
        (0xfe, b"one".to_vec()),
        icc(3, 3, b"end"),
        extension(3, b"last"),
        icc(1, 3, b"start"),
        (0xe1, [b"http://ns.adobe.com/xap/1.0/\0", &xmp[..]].concat()),
        extension(0, b"fir"),
        (0xed, b"Photoshop 3.0\08BIM\x04\x04".to_vec()),
        (0xed, b"Photoshop 3.0\0 and more".to_vec()),
        (0xe1, b"Exif\0\0MM\0*\xff\xff\xff\xff".to_vec()),
        (0xfe, b"two".to_vec()),
    ];
    let read = |segments: &[(u8, Vec<u8>)], check: &dyn Fn(&Metadata<'_>)| {
        let bytes = [&with_segments(&file(), segments)[..], b"a second picture"].concat();
        let decoder = decoder(&bytes);
        assert_eq!(decoder.header().orientation, Orientation::Upright, "damaged EXIF data");
        decoder.decode().expect("a picture");
        check(&decoder.metadata().expect("metadata"));
    };
    read(&segments, &|metadata| {
        assert_eq!(metadata.icc.as_deref(), Some(&b"startmiddleend"[..]));
        assert_eq!(metadata.xmp, Some(&xmp[..]));
        assert_eq!(metadata.extended_xmp.as_deref(), Some(&b"firlast"[..]));
        assert_eq!(metadata.photoshop.as_deref(), Some(&b"8BIM\x04\x04 and more"[..]));
        assert_eq!(metadata.exif, Some(&b"MM\0*\xff\xff\xff\xff"[..]));
        assert_eq!(metadata.comments, [&b"one"[..], b"two"]);
        assert_eq!(metadata.rest, b"a second picture");
    });
    // Without one of their parts they are none.
    read(&[&segments[..4], &segments[5..6], &segments[7..]].concat(), &|metadata| {
        assert_eq!((&metadata.icc, &metadata.extended_xmp), (&None, &None));
        assert_eq!(metadata.xmp, Some(&xmp[..]));
    });
}

#[test]
fn limits_are_checked_from_the_head() {
    let file = file();
    let mut limits = Limits::default();
    limits.max_pixels = (WIDTH * HEIGHT - 1) as u64;
    assert!(matches!(Decoder::new(&file, &limits), Err(Error::Limit { .. })));
    limits.max_pixels += 1;
    assert!(Decoder::new(&file, &limits).is_ok());
    limits.max_file_bytes = file.len() as u64 - 1;
    assert!(matches!(Decoder::new(&file, &limits), Err(Error::Limit { .. })));
}
