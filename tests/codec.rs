//! Odd files made by other tools, against the samples that those tools read: see tests/data/README.md.

#![cfg(feature = "codecs")]

use std::path::{Path, PathBuf};

use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::{Error, Image, Limits, Orientation};

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)
}

/// The cells of a manifest's lines, without its first line.
fn rows(folder: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(data(folder).join("manifest.txt")).expect("a manifest");
    let rows = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    rows.map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

fn bytes(folder: &str, file: &str) -> Vec<u8> {
    std::fs::read(data(folder).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn decode(bytes: &[u8]) -> Result<Image, Error> {
    codec::decode(bytes, &Limits::default())
}

/// Says how the picture of a row differs from what is expected, or gives the largest difference.
fn differs(image: &Image, row: &[String]) -> Result<u32, String> {
    let view = image.view();
    let bits = 8 * view.dtype().size();
    let [height, width, channels] = view.shape() else { return Err("no picture".to_owned()) };
    let got = [width, height, channels, &bits].map(ToString::to_string);
    if got[..] != row[2..6] {
        return Err(format!("{got:?} instead of {:?}", &row[2..6]));
    }
    let want = bytes("codec", &row[6]);
    let (got, want): (Vec<u32>, Vec<u32>) = if bits == 16 {
        let got = view.to_vec::<u16>().expect("u16").into_iter().map(u32::from).collect();
        let pairs = want.chunks_exact(2);
        (got, pairs.map(|two| u32::from(u16::from_le_bytes([two[0], two[1]]))).collect())
    } else {
        let got = view.to_vec::<u8>().expect("u8").into_iter().map(u32::from).collect();
        (got, want.into_iter().map(u32::from).collect())
    };
    if got.len() != want.len() {
        return Err(format!("{} samples instead of {}", got.len(), want.len()));
    }
    let worst = got.iter().zip(&want).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
    let within: u32 = row[7].parse().expect("a number");
    if worst > within { Err(format!("off by {worst}, more than {within}")) } else { Ok(worst) }
}

#[test]
fn files_of_other_tools_are_read_as_those_tools_read_them() {
    let mut failures = Vec::new();
    for row in rows("codec") {
        let file = bytes("codec", &row[0]);
        let wrong = match (row[1].as_str(), decode(&file)) {
            ("ok", Ok(image)) => differs(&image, &row).err(),
            ("decode", Err(Error::Decode { .. })) | ("limit", Err(Error::Limit { .. })) => None,
            (status, answer) => Some(format!("expected {status}, got {answer:?}")),
        };
        failures.extend(wrong.map(|wrong| format!("{}: {wrong}", row[0])));
        let probed = codec::probe(&file, &Limits::default());
        if row[1] == "ok" {
            let header = probed.expect("the header of a good file");
            let got = [header.width, header.height, header.channels, header.bit_depth.into()];
            assert_eq!(got.map(|one| one.to_string())[..], row[2..6], "{}: probed", row[0]);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_wrong_sample_is_noticed() {
    let mut row = rows("codec").into_iter().find(|row| row[0] == "rgb8.png").expect("rgb8.png");
    let image = decode(&bytes("codec", "rgb8.png")).expect("a picture");
    assert_eq!(differs(&image, &row), Ok(0));
    row[6] = "expected/palette8.png.raw".to_owned();
    assert!(differs(&image, &row).is_err(), "other samples");
    row[2] = "31".to_owned();
    assert!(differs(&image, &row).is_err(), "another width");
}

#[test]
fn every_orientation_comes_out_upright() {
    let upright = decode(&bytes("exif", "upright.png"))
        .expect("a picture")
        .view()
        .to_bytes()
        .expect("memory");
    let mut seen = Vec::new();
    for row in rows("exif") {
        let file = bytes("exif", &row[0]);
        let image = decode(&file).expect("a picture");
        let orientation = Orientation::from_exif(row[1].parse().expect("a number"));
        assert_eq!(Some(image.info().orientation), orientation, "{}", row[0]);
        let header = codec::probe(&file, &Limits::default()).expect("a header");
        assert_eq!(Some(header.orientation), orientation, "{}", row[0]);
        assert_eq!([image.width(), image.height()].map(|one| one.to_string())[..], row[2..4]);
        // Moved by the view, and by writing the file again.
        let moved = image.upright().expect("a view").view().to_bytes().expect("memory");
        let written = codec::encode(&image, &EncodeOptions::new(Format::Png)).expect("a PNG");
        for got in [moved, decode(&written).expect("a picture").view().to_bytes().expect("memory")]
        {
            let worst = got.iter().zip(&upright).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(4), "{}: off by {worst:?}", row[0]);
            assert_eq!(got.len(), upright.len(), "{}", row[0]);
        }
        seen.push(image.info().orientation);
    }
    assert!(Orientation::ALL.iter().all(|one| seen.contains(one)), "a file for each: {seen:?}");
}
