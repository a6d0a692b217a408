//! What profiles convert to, beside published numbers and formulas; and profiles that are none.

use super::{Conversion, Side, conversion, from_code_points, named, srgb_encode};
use crate::image::{Color, Profile};

const SRGB: Side<'static> = Side::Named("srgb");

fn matrix(from: Side<'_>, to: Side<'_>) -> [[f64; 3]; 3] {
    match conversion(from, to, Color::Rgb) {
        Ok(Conversion::Matrix(shaper)) => shaper.matrix,
        other => panic!("no matrix: {other:?}"),
    }
}

fn distance(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Published in CSS Color Module Level 4, 17 (the product of two of its matrices), and in ITU-R BT.2087-0.
const SRGB_FROM_P3: [[f64; 3]; 3] = [
    [1.224_940_176_3, -0.224_940_176_3, 0.0],
    [-0.042_056_954_7, 1.042_056_954_7, 0.0],
    [-0.019_637_554_6, -0.078_636_045_6, 1.098_273_600_1],
];
const REC2020_FROM_SRGB: [[f64; 3]; 3] =
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]];

#[test]
fn matrices_are_the_published_ones() {
    let p3 = matrix(Side::Named("display-p3"), SRGB);
    assert!(distance(p3, SRGB_FROM_P3) < 1e-6, "{p3:?}");
    let rec2020 = matrix(SRGB, Side::Named("rec2020"));
    assert!(distance(rec2020, REC2020_FROM_SRGB) < 6e-5, "{rec2020:?}");
    assert!(distance(p3, REC2020_FROM_SRGB) > 0.1, "the comparison can fail");
}

#[test]
fn profiles_say_as_bytes_what_they_say_by_name() {
    for name in ["display-p3", "adobe-rgb", "prophoto", "rec2020"] {
        let profile = named(name, Color::Rgb).expect(name).expect(name);
        assert_eq!(profile.color(), Some(Color::Rgb), "{name}");
        // The bytes have 16 bits behind the point.
        let (bytes, own) = (matrix(Side::Icc(&profile), SRGB), matrix(Side::Named(name), SRGB));
        assert!(distance(bytes, own) < 3e-4, "{name}: {bytes:?} {own:?}");
        let same = conversion(Side::Icc(&profile), Side::Named(name), Color::Rgb).expect(name);
        assert!(same == Conversion::Same, "{name}");
        let gray = named(name, Color::Gray).expect(name).expect(name);
        assert_eq!(gray.color(), Some(Color::Gray), "{name}");
    }
    assert_eq!(named("srgb", Color::Rgb).expect("sRGB"), None);
}

#[test]
fn a_profile_of_another_kind_of_colour_says_nothing() {
    let gray = named("adobe-rgb", Color::Gray).expect("grey").expect("grey");
    let rgb = named("adobe-rgb", Color::Rgb).expect("RGB").expect("RGB");
    for (profile, color, says) in [
        (&gray, Color::Rgb, false),
        (&rgb, Color::Gray, false),
        (&gray, Color::Gray, true),
        (&rgb, Color::Rgb, true),
    ] {
        let got = conversion(Side::Icc(profile), SRGB, color).expect("a profile");
        assert_eq!(got != Conversion::Same, says, "{color:?}");
        let adobe = Side::Named("adobe-rgb");
        let [own, plain] = [Side::Icc(profile), SRGB].map(|from| conversion(from, adobe, color));
        assert_eq!(own.expect("a profile") != plain.expect("sRGB"), says, "{color:?}");
    }
}

#[test]
fn code_points_are_profiles_where_numbers_are_those_of_a_page() {
    for (primaries, transfer, is_profile) in [
        (1, 13, false), // sRGB itself
        (12, 13, true), // Display P3
        (9, 14, true),  // BT.2020, 10 bits
        (9, 16, false), // PQ
        (9, 18, false), // HLG
        (1, 8, true),   // linear
        (0, 13, false), // reserved
        (200, 13, false),
        (12, 200, false),
        (2, 2, false), // unspecified
    ] {
        let profile = from_code_points(primaries, transfer);
        assert_eq!(profile.is_some(), is_profile, "{primaries}/{transfer}");
    }
    let p3 = from_code_points(12, 13).expect("Display P3");
    assert!(distance(matrix(Side::Icc(&p3), SRGB), SRGB_FROM_P3) < 3e-4);
}

/// Writes a profile of version 2 whose one tag is a table of 16 bits (ICC.1:2022, 10.10): each channel is raised
/// to `gamma`, and the cube from there to XYZ is that of sRGB's primaries.
fn table_profile(gamma: f64) -> Vec<u8> {
    const TO_D50: [[f64; 3]; 3] = [
        [0.436_074_7, 0.385_064_9, 0.143_080_4],
        [0.222_504_5, 0.716_878_6, 0.060_616_9],
        [0.013_932_2, 0.097_104_5, 0.714_173_3],
    ];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=65535")]
    let word = |part: f64| ((part * 65_535.0).round() as u16).to_be_bytes();
    let fixed = |whole: i32| (whole << 16).to_be_bytes();
    let mut tag = b"mft2\0\0\0\0\x03\x03\x02\0".to_vec();
    tag.extend([1, 0, 0, 0, 1, 0, 0, 0, 1].iter().flat_map(|whole| fixed(*whole)));
    tag.extend(256_u16.to_be_bytes().iter().chain(&2_u16.to_be_bytes()));
    for _ in 0..3 {
        tag.extend((0..256).flat_map(|at| word((f64::from(at) / 255.0).powf(gamma))));
    }
    // Red runs slowest here.
    for corner in 0..8_u32 {
        let light = [corner >> 2 & 1, corner >> 1 & 1, corner & 1].map(f64::from);
        // In units of 1/32768, so that 1 is half of what a word holds.
        let half = |row: [f64; 3]| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>() / 2.0;
        tag.extend(TO_D50.iter().flat_map(|row| word(half(*row) * 65_536.0 / 65_535.0)));
    }
    for _ in 0..3 {
        tag.extend([word(0.0), word(1.0)].concat());
    }
    let mut bytes = vec![0; 128];
    bytes[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    bytes[12..24].copy_from_slice(b"mntrRGB XYZ ");
    bytes[36..40].copy_from_slice(b"acsp");
    let d50 = [0.9642_f64, 1.0, 0.8249].map(|part| (part * 65_536.0).round());
    #[expect(clippy::cast_possible_truncation, reason = "about 1 in 16 bits")]
    bytes[68..80].copy_from_slice(&d50.map(|part| (part as i32).to_be_bytes()).concat());
    let length = |tag: &Vec<u8>| u32::try_from(tag.len()).expect("short").to_be_bytes();
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(b"A2B0".iter().chain(&144_u32.to_be_bytes()).chain(&length(&tag)));
    bytes.extend(tag);
    let total = length(&bytes);
    bytes[..4].copy_from_slice(&total);
    bytes
}

#[test]
fn a_profile_with_a_table_becomes_a_cube() {
    let profile = Profile::from_icc(&table_profile(2.2));
    let points = match conversion(Side::Icc(&profile), SRGB, Color::Rgb).expect("a table") {
        Conversion::Table(points) => points,
        other => panic!("no cube: {other:?}"),
    };
    assert_eq!(points.len(), 33 * 33 * 33);
    let mut worst = 0.0_f64;
    for (at, point) in points.iter().enumerate() {
        let source = [at % 33, at / 33 % 33, at / 33 / 33].map(|step| step as f64 / 32.0);
        for (got, from) in point.iter().zip(source) {
            let wanted = srgb_encode(from.powf(2.2));
            let off = (f64::from(*got) - wanted).abs();
            worst = worst.max(off);
        }
    }
    // The crate's own table on the way is one of 16 bits.
    assert!(worst < 3e-3, "{worst:?}");
}

#[test]
fn bytes_that_are_no_profile_are_an_error_and_never_a_panic() {
    let table = table_profile(1.8);
    let whole = named("prophoto", Color::Rgb).expect("a profile").expect("a profile");
    for bytes in [whole.bytes(), &table] {
        for end in (0..bytes.len().min(700)).step_by(3).chain([bytes.len() - 1]) {
            let cut = Profile::from_icc(&bytes[..end]);
            let got = conversion(Side::Icc(&cut), SRGB, Color::Rgb);
            assert!(end > 128 || got.is_err(), "{end} bytes: {got:?}");
        }
        // The head, the tags, and the beginning of what they name, wrong in some ways.
        for at in (0..bytes.len().min(450)).step_by(2) {
            for wrong in [0xff, bytes[at] ^ 0x80] {
                let mut changed = bytes.to_vec();
                changed[at] = wrong;
                let _ = conversion(Side::Icc(&Profile::from_icc(&changed)), SRGB, Color::Rgb);
            }
        }
    }
    let error = conversion(Side::Icc(&Profile::from_icc(b"rubbish")), SRGB, Color::Rgb);
    let error = error.expect_err("no profile").to_string();
    assert!(error.starts_with("ICC profile: "), "{error}");
}
