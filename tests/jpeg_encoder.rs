//! The JPEG encoder as programs use it, against the files of libjpeg-turbo: see tests/data/README.md.

#![cfg(feature = "codecs")]
#![expect(clippy::cast_possible_truncation, reason = "tests make small numbers")]

use std::path::Path;

use bytelens::codec::jpeg::{Coefficients, Decoder, Density, Encoder, Metadata};
use bytelens::codec::{self, EncodeOptions, Format, Subsampling};
use bytelens::{Buffer, Error, Image, Limits, Orientation, PixelFormat};

const KINDS: [&str; 3] = ["plain", "optimize", "progressive"];

/// Samples as `made_up` in tests/reference/files.py makes them.
fn made_up(source: &str, width: usize, height: usize, channels: usize) -> Image {
    let sample = |at: usize| {
        let (y, x, c) = (at / channels / width, at / channels % width, at % channels);
        let hash = (x * 73_856_093) ^ (y * 19_349_663) ^ (c * 83_492_791);
        let mixed = (hash as u32).wrapping_mul(2_654_435_761) >> 24;
        match source {
            "soft" => ((x * (2 + c) + y * 3) % 256 / 2 + x * y / 50 % 128) as u8,
            "noise" => mixed as u8,
            _ => (mixed >> 7) as u8 * 255,
        }
    };
    let samples = (0..width * height * channels).map(sample).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, channels]).expect("a small picture");
    Image::new(buffer, PixelFormat::from_channels(channels).expect("1 or 3")).expect("a picture")
}

fn options(quality: u8, sampling: &str, kind: &str, restart: u16) -> EncodeOptions {
    EncodeOptions::new(Format::Jpeg)
        .quality(quality)
        .subsampling(Subsampling::from_name(sampling).expect("a subsampling"))
        .optimize(kind == "optimize")
        .progressive(kind == "progressive")
        .restart_interval(restart)
}

fn encoded(image: &Image, options: &EncodeOptions) -> Vec<u8> {
    Encoder::new(options).encode(image).expect("a JPEG")
}

fn decoder(file: &[u8]) -> Decoder<'_> {
    Decoder::new(file, &Limits::default()).expect("a head")
}

fn pixels(file: &[u8]) -> Vec<u8> {
    decoder(file).decode().expect("a picture").view().to_vec().expect("8 bits")
}

/// The check sum of zlib, PNG and others.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ ((crc & 1) * 0xedb8_8320))
    })
}

fn rows() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/jpeg/manifest.txt");
    let text = std::fs::read_to_string(path).expect("a manifest");
    text.lines().skip(1).map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// The length and check sum of the file for a row, with a quality that is `off`.
fn file_of_row(row: &[String], off: u8) -> [String; 2] {
    let number = |at: usize| row[at].parse::<usize>().expect("a number");
    let image = made_up(&row[0], number(1), number(2), number(3));
    let quality = row[4].parse::<u8>().expect("a quality") + off;
    let restart = row[7].parse().expect("an interval");
    let file = encoded(&image, &options(quality, &row[5], &row[6], restart));
    [file.len().to_string(), format!("{:08x}", crc32(&file))]
}

#[test]
fn files_are_those_of_libjpeg_turbo_byte_for_byte() {
    let rows = rows();
    assert!(rows.len() > 200, "the manifest was read");
    for row in &rows {
        assert_eq!(file_of_row(row, 0), row[8..], "{row:?}");
    }
}

#[test]
fn a_file_that_is_not_that_of_libjpeg_turbo_is_noticed() {
    let row = &rows()[50];
    assert_ne!(file_of_row(row, 1), row[8..], "{row:?}");
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn the_small_files_of_the_decoder_are_written_again_to_the_byte() {
    let data = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/codec");
        std::fs::read(folder.join(name)).expect(name)
    };
    let image = codec::decode(&data("rgb8.png"), &Limits::default()).expect("a picture");
    let rows = [
        ("jpeg_444.jpg", "4:4:4", "plain", 0),
        ("jpeg_422.jpg", "4:2:2", "plain", 0),
        ("jpeg_420.jpg", "4:2:0", "plain", 0),
        ("jpeg_progressive.jpg", "4:4:4", "progressive", 0),
        ("jpeg_restart.jpg", "4:4:4", "plain", 2),
    ];
    for (name, sampling, kind, restart) in rows {
        assert!(encoded(&image, &options(92, sampling, kind, restart)) == data(name), "{name}");
    }
}

#[test]
fn every_kind_of_file_holds_the_same_picture_and_comes_near_what_was_encoded() {
    for (width, height) in [(1, 1), (7, 9), (17, 33), (64, 48), (131, 97), (2, 200)] {
        for (channels, sampling) in [(1, "4:2:0"), (3, "4:4:4"), (3, "4:2:2"), (3, "4:2:0")] {
            let image = made_up("soft", width, height, channels);
            let plain = pixels(&encoded(&image, &options(100, sampling, "plain", 0)));
            for (kind, restart) in KINDS.iter().flat_map(|kind| [(kind, 0), (kind, 3)]) {
                let file = encoded(&image, &options(100, sampling, kind, restart));
                assert_eq!(decoder(&file).is_progressive(), *kind == "progressive");
                let what = format!("{width}x{height}x{channels} {sampling} {kind} {restart}");
                assert!(pixels(&file) == plain, "{what}");
            }
            let want = image.view().to_vec::<u8>().expect("8 bits");
            let off: f64 = plain.iter().zip(&want).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
            let most = if sampling == "4:4:4" || channels == 1 { 1.0 } else { 25.0 };
            assert!(off / want.len() as f64 <= most, "{width}x{height} {sampling}: {off}");
        }
    }
}

#[test]
fn metadata_come_out_as_they_went_in() {
    let mut xmp = b"<x:xmpmeta xmpNote:HasExtendedXMP=\"".to_vec();
    xmp.extend(b"0123456789ABCDEF0123456789ABCDEF\"/>");
    let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let long = |length: usize| (0..length).map(|at| (at * 7 % 251) as u8).collect::<Vec<u8>>();
    let mut metadata = Metadata::default();
    metadata.exif = Some(tiff);
    metadata.icc = Some(long(200_000).into());
    metadata.xmp = Some(&xmp);
    metadata.extended_xmp = Some(long(150_000));
    metadata.photoshop = Some(long(70_000).into());
    metadata.comments = vec![b"one", b"", b"another"];
    for kind in KINDS {
        let encoder = Encoder::new(&options(80, "4:2:0", kind, 0)).metadata(&metadata);
        let encoder = encoder.density(Density::PerInch(300, 150));
        let file = encoder.encode(&made_up("soft", 40, 30, 3)).expect("a JPEG");
        let mut got = decoder(&file).metadata().expect("metadata");
        assert_eq!(decoder(&file).header().orientation, Orientation::Upright, "pixels are upright");
        assert!(tiff.iter().zip(got.exif.expect("EXIF")).filter(|(a, b)| a != b).count() == 1);
        got.exif = metadata.exif;
        assert!(got == metadata, "{kind}");
        assert_eq!(file[13..18], [1, 1, 44, 0, 150], "300 and 150 pixels an inch");
    }
    let image = made_up("soft", 4, 3, 3);
    let comment = long(65_534);
    type Set<'a> = &'a dyn Fn(&mut Metadata<'_>);
    let rows: [(&str, Set<'_>); 3] = [
        ("16777216 bytes", &|metadata| metadata.icc = Some(long(16_777_216).into())),
        ("HasExtendedXMP", &|metadata| metadata.extended_xmp = Some(long(9))),
        ("65534 bytes", &|_| {}),
    ];
    for (hint, set) in rows {
        let mut metadata = Metadata::default();
        metadata.comments = if hint.starts_with("65534") { vec![&comment] } else { vec![] };
        set(&mut metadata);
        let encoder = Encoder::new(&EncodeOptions::new(Format::Jpeg)).metadata(&metadata);
        let text = encoder.encode(&image).expect_err(hint).to_string();
        assert!(text.contains(hint), "{text}");
    }
}

/// Takes so many bytes and no more.
struct Narrow(usize);

impl std::io::Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(std::io::Error::other("the disk is full")) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_is_an_error_wherever_it_does() {
    let image = made_up("noise", 300, 200, 3);
    for kind in KINDS {
        let options = options(90, "4:2:0", kind, 0);
        let length = encoded(&image, &options).len();
        let encoder = Encoder::new(&options);
        for room in [0, 1, 300, length / 2, length - 1] {
            let error = encoder.write(&image, &mut Narrow(room)).expect_err("no room");
            assert!(matches!(error, Error::Encode { .. }), "{error}");
            assert!(error.to_string().contains("the disk is full"), "{error}");
        }
        encoder.write(&image, &mut Narrow(length)).expect("room");
    }
}

fn same(one: &Coefficients, other: &Coefficients) -> bool {
    let bytes = |buffer: &Buffer| buffer.view().to_bytes().expect("memory");
    one.components.len() == other.components.len()
        && one.components.iter().zip(&other.components).all(|(one, other)| {
            bytes(&one.blocks) == bytes(&other.blocks)
                && bytes(&one.factors) == bytes(&other.factors)
                && one.sampling == other.sampling
        })
}

#[test]
fn coefficients_are_written_as_they_are_whatever_they_are() {
    let mut state = 1_u64;
    let mut random = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for (channels, sampling) in [(1, "4:2:0"), (3, "4:4:4"), (3, "4:2:0")] {
        let image = made_up("soft", 60, 50, channels);
        let file = encoded(&image, &options(50, sampling, "plain", 0));
        for round in 0..12 {
            let mut coefficients = decoder(&file).coefficients().expect("coefficients");
            for component in &mut coefficients.components {
                let shape = component.blocks.shape().to_vec();
                // Some are sparse, some rich, and numbers of up to 14 bits.
                let (chance, bits) = (1 + random(64), 1 + random(14));
                let value = |at: usize, random: &mut dyn FnMut(u64) -> u64| {
                    let is_there = random(64) < chance || at == 63 && round % 3 == 0;
                    let most = random(bits) as i16 + 1;
                    let value = (random(1 << most) as i16) * (1 - 2 * random(2) as i16);
                    if is_there { value } else { 0 }
                };
                let count = shape.iter().product();
                let values = (0..count).map(|at| value(at % 64, &mut random)).collect();
                component.blocks = Buffer::from_vec::<i16>(values, &shape).expect("blocks");
            }
            for (kind, restart) in KINDS.iter().flat_map(|kind| [(kind, 0), (kind, 5)]) {
                let encoder = Encoder::new(&options(80, sampling, kind, restart));
                let again = encoder.encode_coefficients(&coefficients).expect("a JPEG");
                let got = decoder(&again).coefficients().expect("coefficients");
                // A scan of one component has none of the blocks that only fill up units.
                let is_whole = channels == 1 || *kind != "progressive" || sampling == "4:4:4";
                assert!(!is_whole || same(&got, &coefficients), "{sampling} {kind} {restart}");
                assert_eq!(decoder(&again).size(), (60, 50));
            }
        }
    }
}

#[test]
fn a_file_of_another_kind_has_the_same_coefficients() {
    let image = made_up("noise", 70, 50, 3);
    let plain = encoded(&image, &options(90, "4:2:0", "plain", 0));
    for kind in ["optimize", "progressive"] {
        let want = encoded(&image, &options(90, "4:2:0", kind, 0));
        let encoder = Encoder::new(&options(1, "4:4:4", kind, 0));
        let coefficients = decoder(&plain).coefficients().expect("coefficients");
        assert!(encoder.encode_coefficients(&coefficients).expect("a JPEG") == want, "{kind}");
        let other = encoded(&image, &options(89, "4:2:0", kind, 0));
        let other = decoder(&other).coefficients().expect("coefficients");
        assert!(!same(&coefficients, &other));
    }
}

#[test]
fn files_of_every_colour_keep_their_pixels_when_they_are_written_again() {
    let names =
        ["444", "422_33x25", "grey", "progressive_420", "restart", "cmyk_adobe", "ycck_adobe"];
    for name in names {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/codec");
        let file = std::fs::read(path.join(format!("jpeg_{name}.jpg"))).expect(name);
        for kind in KINDS {
            let coefficients = decoder(&file).coefficients().expect("coefficients");
            let encoder = Encoder::new(&options(80, "4:2:0", kind, 0));
            let again = encoder.encode_coefficients(&coefficients).expect("a JPEG");
            assert_eq!(decoder(&again).model(), decoder(&file).model(), "{name} {kind}");
            assert!(pixels(&again) == pixels(&file), "{name} {kind}");
        }
    }
}

#[test]
fn coefficients_that_do_not_fit_are_refused() {
    let file = encoded(&made_up("soft", 60, 50, 3), &options(80, "4:2:0", "plain", 0));
    type Change<'a> = &'a dyn Fn(&mut Coefficients);
    let rows: [(&str, Change<'_>); 5] = [
        ("it must be 1, 3 or 4", &|all| all.components.truncate(2)),
        ("component 0 needs 14x8 blocks", &|all| all.height = 111),
        ("0x50 pixels", &|all| all.width = 0),
        ("64 factors", &|all| {
            all.components[0].factors = Buffer::from_vec(vec![0_u16; 64], &[8, 8]).expect("64");
        }),
        ("no code can say", &|all| {
            let blocks = &mut all.components[1].blocks;
            let mut view = blocks.view_mut().expect("alone");
            view.set(&[1, 1, 3, 3], i16::MIN).expect("a coefficient");
        }),
    ];
    for (hint, change) in rows {
        let mut coefficients = decoder(&file).coefficients().expect("coefficients");
        change(&mut coefficients);
        let encoder = Encoder::new(&EncodeOptions::new(Format::Jpeg));
        let error = encoder.encode_coefficients(&coefficients).expect_err(hint);
        assert!(error.to_string().contains(hint), "{error}");
    }
}
