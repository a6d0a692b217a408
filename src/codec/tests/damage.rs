//! Damaged files: an error and never a panic, and no picture from a file that is cut short.

use super::{jpeg, picture, png, read};
use crate::dtype::DType;
use crate::error::Error;
use ::jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Small JPEG files of every structure that is read, each with its name.
fn jpegs() -> Vec<(&'static str, Vec<u8>)> {
    let image = picture(21, 35, 3, DType::U8);
    let samples = image.view().to_bytes().expect("memory");
    let write = |set: &dyn Fn(&mut Encoder<&mut Vec<u8>>)| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 70);
        set(&mut encoder);
        encoder.encode(&samples, 35, 21, ColorType::Rgb).expect("a JPEG");
        bytes
    };
    vec![
        ("baseline", jpeg(&image)),
        ("grey", jpeg(&picture(21, 35, 1, DType::U8))),
        ("4:4:4", write(&|encoder| encoder.set_sampling_factor(SamplingFactor::F_1_1))),
        ("restarts", write(&|encoder| encoder.set_restart_interval(2))),
        ("progressive", write(&|encoder| encoder.set_progressive(true))),
        (
            "progressive with restarts",
            write(&|encoder| {
                encoder.set_progressive(true);
                encoder.set_restart_interval(3);
            }),
        ),
    ]
}

fn pngs() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("grey", png(&picture(5, 7, 1, DType::U8))),
        ("RGB and alpha, 16 bits", png(&picture(4, 6, 4, DType::U16))),
    ]
}

#[test]
fn whole_files_are_read_and_so_are_they_with_bytes_behind_their_end() {
    for (name, mut bytes) in jpegs().into_iter().chain(pngs()) {
        let before = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        bytes.extend([0, 0xff, 0xd8, 0xff, 1, 2, 3]);
        let after = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            before.view().to_bytes().expect("memory"),
            after.view().to_bytes().expect("memory"),
            "{name}"
        );
    }
}

#[test]
fn a_scan_for_each_component_gives_the_picture_of_one_scan_for_all() {
    let samples = picture(21, 35, 3, DType::U8).view().to_bytes().expect("memory");
    let factors = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
    ];
    for factor in factors {
        let write = |separate: bool| {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 70);
            // The crate writes separate scans where it optimises their tables, and joint ones where not.
            encoder.set_optimized_huffman_tables(separate);
            encoder.set_sampling_factor(factor);
            encoder.encode(&samples, 35, 21, ColorType::Rgb).expect("a JPEG");
            read(&bytes).unwrap_or_else(|error| panic!("{factor:?}: {error}"))
        };
        let [joint, separate] = [false, true].map(|separate| write(separate).view().to_bytes());
        assert!(joint.expect("memory") == separate.expect("memory"), "{factor:?}");
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for (name, bytes) in jpegs().into_iter().chain(pngs()) {
        for length in 0..bytes.len() {
            let answer = read(&bytes[..length]);
            assert!(
                matches!(answer, Err(Error::Decode { .. })),
                "{name} of {length} bytes: {answer:?}"
            );
        }
    }
}

#[test]
fn image_data_that_end_too_early_are_an_error_though_the_end_marker_stands() {
    for (name, bytes) in jpegs() {
        let scans = bytes.windows(2).rposition(|pair| pair == b"\xff\xda").expect("a scan");
        let data = scans + 2 + usize::from(bytes[scans + 3]);
        for length in data..bytes.len() - 3 {
            let cut = [&bytes[..length], b"\xff\xd9"].concat();
            // A cut through a stuffed byte leaves another stream that is as long.
            if cut[length - 1] != 0xff {
                assert!(read(&cut).is_err(), "{name} of {length} bytes of {}", bytes.len());
            }
        }
    }
}

#[test]
fn any_flipped_bit_of_a_png_is_an_error() {
    for (name, bytes) in pngs() {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(read(&flipped).is_err(), "{name}: bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn a_missing_or_doubled_restart_interval_is_an_error() {
    let (_, bytes) = jpegs().remove(3);
    let places: Vec<usize> = (0..bytes.len() - 1)
        .filter(|at| bytes[*at] == 0xff && (0xd0..=0xd7).contains(&bytes[at + 1]))
        .collect();
    for pair in places.windows(2) {
        let without = [&bytes[..pair[0]], &bytes[pair[1]..]].concat();
        assert!(read(&without).is_err(), "without {pair:?}");
        let doubled = [&bytes[..pair[1]], &bytes[pair[0]..]].concat();
        assert!(read(&doubled).is_err(), "with {pair:?} twice");
    }
}

#[test]
fn no_damage_makes_the_decoders_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    for (name, bytes) in jpegs().into_iter().chain(pngs()) {
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << random(8);
            let _ = read(&flipped);
        }
        for _ in 0..400 {
            let mut garbled = bytes.clone();
            for _ in 0..=random(6) {
                let at = random(garbled.len());
                match random(4) {
                    0 => garbled[at] = u8::try_from(random(256)).expect("below 256"),
                    1 => garbled[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                    2 => drop(garbled.drain(at..(at + random(40)).min(garbled.len() - 1).max(at))),
                    _ => {
                        let piece = garbled[at..(at + random(40)).min(garbled.len())].to_vec();
                        garbled.splice(at..at, piece);
                    }
                }
            }
            if let Ok(image) = read(&garbled) {
                assert!(image.width() * image.height() > 0, "{name}");
            }
        }
    }
}
