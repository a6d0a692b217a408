//! Files of the crate's own writers, and what becomes of them when they are cut, claim too much, or are turned.

use ::image::codecs::{bmp, gif, hdr, ico, openexr, pnm, qoi, tga, tiff, webp};
use ::image::{ExtendedColorType as Kind, ImageEncoder};
use std::io::Cursor;

use crate::codec::{EncodeOptions, Format, decode, encode, probe};
use crate::dtype::DType;
use crate::error::Error;
use crate::image::{Image, PixelFormat, Profile, Transfer};
use crate::limits::Limits;
use crate::view::Buffer;

mod lossy;

const WIDTH: u32 = 20;
const HEIGHT: u32 = 12;

/// Noise that no compression makes small, so that a cut is a cut through pixels.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

fn floats(count: usize) -> Vec<u8> {
    noise(count).into_iter().flat_map(|code| (f32::from(code) / 100.0).to_ne_bytes()).collect()
}

/// Writes one file by the crate.
fn written(format: Format, kind: Kind) -> Vec<u8> {
    let count = (WIDTH * HEIGHT * u32::from(kind.channel_count())) as usize;
    let pixels = match kind {
        Kind::L16 | Kind::Rgb16 | Kind::Rgba16 => noise(2 * count),
        Kind::Rgb32F | Kind::Rgba32F => floats(count),
        _ => noise(count),
    };
    let mut file = Cursor::new(Vec::new());
    let out = &mut file;
    let (w, h) = (WIDTH, HEIGHT);
    match format {
        Format::WebP => webp::WebPEncoder::new_lossless(out).write_image(&pixels, w, h, kind),
        Format::Tiff => tiff::TiffEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Qoi => qoi::QoiEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Exr => openexr::OpenExrEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Gif => gif::GifEncoder::new(out).encode(&pixels, w, h, kind),
        Format::Bmp => bmp::BmpEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Pnm => pnm::PnmEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Ico => ico::IcoEncoder::new(out).write_image(&pixels, w, h, kind),
        Format::Tga => tga::TgaEncoder::new(out).write_image(&pixels, w, h, kind),
        _ => {
            let rgb: Vec<f32> = bytemuck::pod_collect_to_vec(&pixels);
            let rgb = rgb.chunks_exact(3).map(|p| ::image::Rgb([p[0], p[1], p[2]]));
            let rgb: Vec<_> = rgb.collect();
            hdr::HdrEncoder::new(out).encode(&rgb, w as usize, h as usize)
        }
    }
    .unwrap_or_else(|error| panic!("{format} {kind:?}: {error}"));
    file.into_inner()
}

/// Every format with the kinds of pixels that are written and read, and the bits of a sample that come of it.
const FILES: &[(Format, Kind, u8)] = &[
    (Format::WebP, Kind::Rgb8, 8),
    (Format::WebP, Kind::Rgba8, 8),
    (Format::Tiff, Kind::L8, 8),
    (Format::Tiff, Kind::Rgb8, 8),
    (Format::Tiff, Kind::L16, 16),
    (Format::Tiff, Kind::Rgba16, 16),
    (Format::Tiff, Kind::Rgb32F, 32),
    (Format::Qoi, Kind::Rgb8, 8),
    (Format::Qoi, Kind::Rgba8, 8),
    (Format::Exr, Kind::Rgb32F, 32),
    (Format::Exr, Kind::Rgba32F, 32),
    (Format::Gif, Kind::Rgba8, 8),
    (Format::Bmp, Kind::L8, 8),
    (Format::Bmp, Kind::Rgb8, 8),
    (Format::Bmp, Kind::Rgba8, 8),
    (Format::Pnm, Kind::L8, 8),
    (Format::Pnm, Kind::Rgb8, 8),
    (Format::Ico, Kind::Rgba8, 8),
    (Format::Tga, Kind::L8, 8),
    (Format::Tga, Kind::Rgb8, 8),
    (Format::Hdr, Kind::Rgb32F, 32),
];

#[test]
fn files_of_every_format_are_read_in_their_own_depth_and_told_by_their_head() {
    for &(format, kind, bits) in FILES {
        let what = format!("{format} {kind:?}");
        let bytes = written(format, kind);
        let header = probe(&bytes, &Limits::default()).expect(&what);
        assert_eq!((header.format, header.bit_depth), (format, bits), "{what}");
        assert_eq!((header.width, header.height), (20, 12), "{what}");
        let image = decode(&bytes, &Limits::default()).expect(&what);
        assert_eq!(image.view().shape(), [12, 20, header.channels], "{what}");
        assert_eq!(*image.view().dtype(), header.dtype(), "{what}");
        assert_eq!(image.format().transfer == Transfer::Linear, bits == 32, "{what}");
        if format == Format::Tiff || format == Format::WebP {
            let samples = image.view().to_bytes().expect("memory");
            let count = samples.len() / header.dtype().size();
            let want = match bits {
                8 => noise(count),
                16 => noise(2 * count),
                _ => floats(count),
            };
            assert!(samples == want, "{what}: other samples");
        }
    }
}

#[test]
fn a_file_that_is_cut_is_a_failure_and_never_a_picture() {
    let mut whole = Vec::new();
    for &(format, kind, _) in FILES {
        let bytes = written(format, kind);
        let step = bytes.len() / 40 + 1;
        for cut in (0..bytes.len() * 9 / 10).step_by(step) {
            match decode(&bytes[..cut], &Limits::default()) {
                Ok(_) => whole.push(format!("{format} {kind:?} cut at {cut} of {}", bytes.len())),
                Err(error) => assert!(
                    matches!(
                        error,
                        Error::Decode { .. } | Error::Unsupported { .. } | Error::Limit { .. }
                    ),
                    "{format} {kind:?}: {error}"
                ),
            }
        }
    }
    assert!(whole.is_empty(), "{whole:#?}");
}

#[test]
fn tiles_of_one_channel_each_are_refused_in_both_byte_orders() {
    for is_big in [false, true] {
        let short = |n: u16| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if is_big { n.to_be_bytes() } else { n.to_le_bytes() };
        let file = |planar: u16| {
            // Where the pixels lie: behind eleven entries and three lists.
            let (lists, pixels) = (8 + 2 + 11 * 12 + 4_u32, 180);
            let one = |tag: u16, value: u16| (tag, 3_u16, 1, [short(value), [0; 2]].concat());
            let list = |tag: u16, kind: u16, at: u32| (tag, kind, 3, long(lists + at).to_vec());
            let entries = [
                one(256, 16),
                one(257, 16),
                list(258, 3, 0),
                one(259, 1),
                one(262, 2),
                one(277, 3),
                one(284, planar),
                one(322, 16),
                one(323, 16),
                list(324, 4, 6),
                list(325, 4, 18),
            ];
            let mut bytes = [if is_big { *b"MM" } else { *b"II" }, short(42)].concat();
            bytes.extend(long(8));
            bytes.extend(short(11));
            for (tag, kind, count, value) in entries {
                bytes.extend([&short(tag)[..], &short(kind), &long(count), &value].concat());
            }
            bytes.extend(long(0));
            (0..3).for_each(|_| bytes.extend(short(8)));
            (0..3).for_each(|at| bytes.extend(long(pixels + 256 * at)));
            (0..3).for_each(|_| bytes.extend(long(256)));
            bytes.resize(pixels as usize, 0);
            bytes.extend(noise(768));
            bytes
        };
        let error = decode(&file(2), &Limits::default()).expect_err("planes").to_string();
        assert!(error.contains("tiles of one channel each"), "{error}");
        let other = decode(&file(1), &Limits::default()).map(drop);
        assert!(!matches!(&other, Err(error) if error.to_string().contains("channel each")));
    }
}

/// 8x6 pixels of RGB in JPEG XL without loss, written by libjxl 0.11: red is 30 x, green 40 y, blue 7 xy.
const JXL: &str = "ff0a283010090800010024034b2833dd3c0b1a85e33f0a0a668918718dd1318c61540c52b1d2317824c9186394ca58b72d05886e8c758ce605e2058839816cf8c39376bb5d76aeba55a77fb6ea6aa053575bc53075b5ab7ea5eb75bfd2751b19b5ab6d54e6761f8b5f491ace5c6ab10204d86fc603a8bf20c676102e0468ac284779c00e926fc601d6e8c4953280ce14049521020ec00a64a884e6b2418514b0892891c0d7264ed6cd70c6945f3ce64c642b3f2b68e3f6a86d69d573c64b550c92ff81d7c5ebae2c268fc5929c59820c4104289e00";

#[test]
fn jpeg_xl_is_read_to_the_sample_and_whole_or_not_at_all() {
    let pair = |at: usize| u8::from_str_radix(&JXL[at..at + 2], 16).expect("digits");
    let bytes: Vec<u8> = (0..JXL.len()).step_by(2).map(pair).collect();
    assert_eq!(Format::from_bytes(&bytes), Some(Format::Jxl));
    let image = decode(&bytes, &Limits::default()).expect("JPEG XL");
    assert_eq!((image.view().shape(), image.view().dtype()), (&[6, 8, 3][..], &DType::U8));
    for (y, x) in (0..6).flat_map(|y| (0..8).map(move |x| (y, x))) {
        let want = [x * 30, y * 40, x * y * 7 % 256];
        let got =
            [0, 1, 2].map(|c| usize::from(image.view().get::<u8>(&[y, x, c]).expect("inside")));
        assert_eq!(got, want, "{x},{y}");
    }
    for cut in 0..bytes.len() {
        assert!(decode(&bytes[..cut], &Limits::default()).is_err(), "cut at {cut}");
    }
    let small = Limits { max_pixels: 47, ..Limits::default() };
    assert!(matches!(decode(&bytes, &small), Err(Error::Limit { .. })));
    for at in 0..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1 << (at % 8);
        let _ = decode(&wrong, &Limits { max_pixels: 1 << 16, ..Limits::default() });
    }
}

#[test]
fn a_byte_that_is_wrong_never_makes_a_panic() {
    for &(format, kind, _) in FILES {
        let bytes = written(format, kind);
        let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
        let places = (0..bytes.len().min(120)).chain((120..bytes.len()).step_by(41));
        for at in places {
            for value in [0, 0xff, bytes[at] ^ 1, bytes[at].wrapping_add(64)] {
                let mut wrong = bytes.clone();
                wrong[at] = value;
                let _ = probe(&wrong, &limits);
                let _ = decode(&wrong, &limits);
            }
        }
    }
}

/// Puts a size into the head of a file that its pixels do not have.
fn claimed(format: Format, kind: Kind, side: u32) -> Vec<u8> {
    let mut bytes = written(format, kind);
    let (big, little) = (side.to_be_bytes(), side.to_le_bytes());
    let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
    match format {
        Format::Gif => [6, 8].into_iter().for_each(|at| put(at, &little[..2])),
        Format::Bmp => [18, 22].into_iter().for_each(|at| put(at, &little)),
        Format::Qoi => [4, 8].into_iter().for_each(|at| put(at, &big)),
        Format::Tga => [12, 14].into_iter().for_each(|at| put(at, &little[..2])),
        Format::WebP => {
            // VP8L: 14 bits each, less 1, behind its signature of one byte.
            let sides = (side - 1) | (side - 1) << 14;
            put(21, &(sides | u32::from(kind == Kind::Rgba8) << 28).to_le_bytes());
        }
        Format::Tiff => {
            let directory = u32::from_le_bytes(bytes[4..8].try_into().expect("4 bytes")) as usize;
            for entry in 0..usize::from(bytes[directory]) {
                let at = directory + 2 + 12 * entry;
                if matches!(bytes[at..at + 2], [0, 1] | [1, 1]) {
                    bytes[at + 2] = 4;
                    bytes[at + 8..at + 12].copy_from_slice(&little);
                }
            }
        }
        Format::Pnm => bytes = format!("P6 {side} {side} 255\n").into_bytes(),
        Format::Hdr => {
            bytes =
                format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {side} +X {side}\n").into_bytes();
        }
        Format::Exr => {
            let most = (side - 1).to_le_bytes();
            for name in [&b"dataWindow\0box2i\0"[..], b"displayWindow\0box2i\0"] {
                let at = bytes.windows(name.len()).position(|part| part == name).expect("there");
                let at = at + name.len() + 4 + 8;
                bytes[at..at + 4].copy_from_slice(&most);
                bytes[at + 4..at + 8].copy_from_slice(&most);
            }
        }
        _ => {}
    }
    bytes
}

#[test]
fn a_bomb_of_every_format_is_refused_by_its_head() {
    for &(format, kind, _) in FILES.iter().filter(|(format, ..)| *format != Format::Ico) {
        let side = if format == Format::WebP { 16_000 } else { 60_000 };
        let bytes = claimed(format, kind, side);
        let limits = Limits { max_pixels: 200 << 20, ..Limits::default() };
        for answer in [probe(&bytes, &limits).map(drop), decode(&bytes, &limits).map(drop)] {
            let error = answer.expect_err("a bomb").to_string();
            // These look first whether the file has as many blocks or strips, or know a cap of their own.
            let is_refused = error.contains(&format!("the area of {side}x{side} is "));
            let counts = matches!(format, Format::Exr | Format::Tiff | Format::Qoi);
            assert!(is_refused || counts, "{format} {kind:?}: {error}");
        }
    }
    // An icon's pictures are a PNG or a BMP, which says its size once more.
    let mut icon = written(Format::Ico, Kind::Rgba8);
    let png = icon.windows(4).position(|part| part == b"IHDR").expect("a PNG") + 4;
    icon[png..png + 8].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    assert!(decode(&icon, &Limits::default()).is_err());
}

fn picture(dtype: &DType, channels: usize) -> Image {
    let bytes = if *dtype == DType::F32 {
        floats(WIDTH as usize * HEIGHT as usize * channels)
    } else {
        noise(WIDTH as usize * HEIGHT as usize * channels * dtype.size())
    };
    let buffer = Buffer::from_bytes(bytes, dtype.clone(), &[12, 20, channels]).expect("a buffer");
    let format = PixelFormat::from_channels(channels).expect("1 to 4");
    let is_light = *dtype == DType::F32;
    let transfer = if is_light { Transfer::Linear } else { Transfer::Srgb };
    Image::new(buffer, PixelFormat { transfer, ..format }).expect("an image")
}

#[test]
fn what_is_written_without_loss_is_read_again() {
    for format in [Format::WebP, Format::Tiff, Format::Qoi, Format::Exr] {
        for channels in 1..=4 {
            for dtype in [DType::U8, DType::U16, DType::F32] {
                let what = format!("{format} {dtype} {channels}");
                let image = picture(&dtype, channels);
                let bytes = match encode(&image, &EncodeOptions::new(format).lossless(true)) {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        let is_float = dtype == DType::F32;
                        assert!(
                            is_float && !matches!(format, Format::Exr | Format::Tiff),
                            "{what}: {error}"
                        );
                        continue;
                    }
                };
                let back = decode(&bytes, &Limits::default()).expect(&what);
                let keeps = dtype == DType::U8 || format == Format::Tiff;
                let is_same_shape = back.view().shape() == image.view().shape();
                if keeps && is_same_shape && format != Format::Exr {
                    assert_eq!(
                        back.view().to_bytes().expect("memory"),
                        image.view().to_bytes().expect("memory"),
                        "{what}"
                    );
                } else {
                    assert_eq!(back.view().shape()[..2], [12, 20], "{what}");
                }
                assert_eq!(back.format().has_alpha(), image.format().has_alpha(), "{what}");
            }
        }
    }
}

#[test]
fn open_exr_holds_light_and_as_much_of_it_as_is_seen() {
    let pixel = |code: u8, alpha: u8| {
        let buffer = Buffer::from_vec(vec![code, code, code, alpha], &[1, 1, 4]).expect("a pixel");
        let image = Image::new(buffer, PixelFormat::RGBA).expect("an image");
        let bytes = encode(&image, &EncodeOptions::new(Format::Exr)).expect("OpenEXR");
        decode(&bytes, &Limits::default()).expect("read").view().to_vec::<f32>().expect("f32")
    };
    // IEC 61966-2-1: code 188 is half the light of 255.
    let got = pixel(188, 255);
    assert!((got[0] - 0.5029).abs() < 1e-3 && got[3] == 1.0, "{got:?}");
    let got = pixel(255, 51);
    assert!((got[0] - 1.0).abs() < 1e-6 && (got[3] - 0.2).abs() < 1e-6, "{got:?}");
    // As others read it.
    let buffer = Buffer::from_vec(vec![255_u8, 255, 255, 51], &[1, 1, 4]).expect("a pixel");
    let image = Image::new(buffer, PixelFormat::RGBA).expect("an image");
    let bytes = encode(&image, &EncodeOptions::new(Format::Exr)).expect("OpenEXR");
    let decoder = openexr::OpenExrDecoder::new(Cursor::new(&bytes)).expect("read");
    let mut stored = [0_u8; 16];
    ::image::ImageDecoder::read_image(decoder, &mut stored).expect("read");
    assert!((f32::from_ne_bytes([stored[0], stored[1], stored[2], stored[3]]) - 0.2).abs() < 1e-6);
}

#[test]
fn a_profile_goes_along_or_is_refused() {
    let mut bytes = vec![0; 128];
    bytes[16..20].copy_from_slice(b"RGB ");
    let profile = Profile::from_icc(&bytes);
    for (format, keeps) in
        [(Format::WebP, true), (Format::Tiff, true), (Format::Qoi, false), (Format::Exr, false)]
    {
        let image = picture(&DType::U8, 3).with_profile(Some(profile.clone()));
        match encode(&image, &EncodeOptions::new(format)) {
            Ok(bytes) => {
                let back = decode(&bytes, &Limits::default()).expect("read");
                assert_eq!(back.info().profile, Some(profile.clone()), "{format}");
                assert!(keeps, "{format}");
            }
            Err(error) => assert!(!keeps && error.to_string().contains("ICC"), "{format}: {error}"),
        }
    }
}

#[test]
fn a_format_that_is_only_read_says_so() {
    for format in Format::ALL.iter().filter(|format| !format.can_be_written()) {
        let error =
            encode(&picture(&DType::U8, 3), &EncodeOptions::new(*format)).expect_err("read");
        assert!(error.to_string().starts_with(&format!("writing {format} is not supported")));
    }
}
