//! Pictures against references that are not ours: float64 NumPy and SciPy, see tests/data/README.md.

#![cfg(feature = "codecs")]
#![allow(clippy::print_stdout, reason = "the worst case is printed, for those who ask")]

use std::path::{Path, PathBuf};

use bytelens::{DType, Device, Image, Limits, Pipeline, codec};

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)
}

fn rows(folder: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(data(folder).join("manifest.txt")).expect("a manifest");
    let rows = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    rows.map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

fn read(folder: &str, file: &str) -> Image {
    let bytes = std::fs::read(data(folder).join(file)).expect(file);
    codec::decode(&bytes, &Limits::default()).expect(file)
}

/// Returns samples as fractions of full scale, colour multiplied by alpha where there is any: colour
/// that nobody sees is of no account.
fn samples(image: &Image) -> Vec<f64> {
    let view = image.view();
    let channels = view.shape()[2];
    let mut samples: Vec<f64> = match *view.dtype() {
        DType::U8 => {
            view.to_vec::<u8>().expect("u8").iter().map(|c| f64::from(*c) / 255.0).collect()
        }
        _ => view.to_vec::<u16>().expect("u16").iter().map(|c| f64::from(*c) / 65_535.0).collect(),
    };
    if channels.is_multiple_of(2) {
        for pixel in samples.chunks_mut(channels) {
            let alpha = pixel[channels - 1];
            pixel[..channels - 1].iter_mut().for_each(|sample| *sample *= alpha);
        }
    }
    samples
}

/// Returns the peak signal-to-noise ratio in dB and the largest difference in 1/255.
fn compare(got: &Image, want: &Image) -> (f64, f64) {
    assert_eq!(got.view().shape(), want.view().shape());
    let (got, want) = (samples(got), samples(want));
    let differences = got.iter().zip(&want).map(|(a, b)| (a - b).abs());
    let square = differences.clone().map(|d| d * d).sum::<f64>() / got.len() as f64;
    (-10.0 * square.log10(), differences.fold(0.0, f64::max) * 255.0)
}

/// Runs every row of a manifest; returns the failures and prints the worst of all.
fn check(
    folder: &str,
    pipeline: impl Fn(&[String]) -> String,
    passes: impl Fn(&Image, f64, f64) -> bool,
) -> Vec<String> {
    let device = Device::cpu();
    let mut failures = Vec::new();
    let mut worst = (f64::INFINITY, 0.0f64);
    for row in rows(folder) {
        let text = pipeline(&row);
        let source = read(folder, &row[0]);
        let got = text.parse::<Pipeline>().and_then(|p| p.run(&device, &source)).expect(&text);
        let (psnr, most) = compare(&got, &read(folder, &row[1]));
        worst = (worst.0.min(psnr), worst.1.max(most));
        if !passes(&source, psnr, most) {
            failures.push(format!("{} {text}: {psnr:.1} dB, at most {most:.2}/255", row[0]));
        }
    }
    println!("{folder}: at least {:.1} dB, at most {:.3}/255", worst.0, worst.1);
    failures
}

fn resize(row: &[String]) -> String {
    let [_, _, width, height, filter, light] = row else { panic!("six cells: {row:?}") };
    format!("resize {width}x{height} fit=fill enlarge=true filter={filter} light={light}")
}

fn blur(row: &[String]) -> String {
    let [_, _, sigma, edge, light] = row else { panic!("five cells: {row:?}") };
    format!("blur {sigma} edge={edge} light={light}")
}

#[test]
fn every_filter_is_within_50_db_of_the_float64_reference() {
    let failures = check("resize", resize, |_, psnr, most| psnr >= 50.0 && most <= 1.0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_blur_is_within_one_255th_of_scipy() {
    let failures = check("blur", blur, |_, _, most| most <= 1.0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_reference_for_another_filter_or_sigma_is_noticed() {
    let wrong = |row: &[String]| resize(row).replace("filter=lanczos3", "filter=mitchell");
    assert!(!check("resize", wrong, |_, psnr, _| psnr >= 50.0).is_empty());
    let wrong = |row: &[String]| blur(row).replace("blur 2 ", "blur 2.1 ");
    assert!(!check("blur", wrong, |_, _, most| most <= 1.0).is_empty());
}

#[test]
fn every_exif_orientation_comes_out_upright() {
    let want = read("exif", "upright.png");
    for row in rows("exif") {
        let image = read("exif", &row[0]);
        assert_eq!(image.info().orientation as u8, row[1].parse::<u8>().expect("a number"));
        let upright = "orient".parse::<Pipeline>().and_then(|p| p.run(&Device::cpu(), &image));
        let (_, most) = compare(&upright.expect("a view op"), &want);
        assert!(most <= 4.0, "{}: {most}", row[0]);
    }
}
