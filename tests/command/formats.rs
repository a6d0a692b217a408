//! Every format that is read becomes every format that is written.

use std::path::Path;

use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::{Buffer, DType, Image, Limits, PixelFormat};

use crate::place::{Place, decoded, picture, png};

#[test]
fn formats_become_each_other_and_keep_what_they_hold() {
    let place = Place::new();
    let source = decoded(&png());
    place.write("in/a.png", &png());
    for (format, ending) in [("webp", "webp"), ("tiff", "tif"), ("qoi", "qoi"), ("png", "png")] {
        let args = ["batch", "in", "--out", format, "--format", format, "--device", "cpu"];
        let run = place.run(&[&args[..], &["--lossless"]].concat());
        assert_eq!(run.code, Some(0), "{format}: {run:?}");
        let name = format!("a.{ending}");
        assert_eq!(place.names(format), name);
        // And back, each under its own name.
        let back = format!("{format}-back");
        let args = ["batch", format, "--out", &back, "--format", "png", "--device", "cpu"];
        let run = place.run(&args);
        assert_eq!(run.code, Some(0), "{format}: {run:?}");
        let image = decoded(&place.files(&back)[Path::new("a.png")]);
        let bytes = |image: &Image| image.view().to_bytes().expect("memory");
        assert!(bytes(&image) == bytes(&source), "{format}: other pixels");
        // The same format, where none is named.
        let run = place.run(&["batch", format, "--out", "same", "--device", "cpu"]);
        assert_eq!(run.code, Some(0), "{format}: {run:?}");
        assert!(place.files("same").contains_key(Path::new(&name)), "{format}");
    }
}

#[test]
fn depth_is_kept_and_light_goes_through_floats() {
    let place = Place::new();
    let samples: Vec<u16> = (0..40 * 30 * 3_u16).map(|at| at.wrapping_mul(17)).collect();
    let buffer = Buffer::from_vec(samples, &[30, 40, 3]).expect("a buffer");
    let image = Image::new(buffer, PixelFormat::RGB).expect("a picture");
    let file = codec::encode(&image, &EncodeOptions::new(Format::Png)).expect("a PNG");
    place.write("deep.png", &file);
    for (input, out, args, output, dtype) in [
        ("deep.png", "a", "--format tiff", "deep.tif", DType::U16),
        ("deep.png", "a", "", "deep.png", DType::U16),
        ("deep.png", "a", "--format exr", "deep.exr", DType::F32),
        ("a/deep.exr", "b", "", "deep.exr", DType::F32),
        ("a/deep.exr", "b", "--format png", "deep.png", DType::U16),
        ("a/deep.exr", "b", "--format jpeg --quality 95", "deep.jpg", DType::U8),
        ("deep.png", "b", "--format tiff --do cast_f32", "deep.tif", DType::F32),
        ("deep.png", "b", "--format webp", "deep.webp", DType::U8),
    ] {
        let words = args.split_whitespace().map(|word| word.replace('_', " "));
        let fixed = ["batch", input, "--device", "cpu", "--out", out].map(String::from);
        let args: Vec<String> = fixed.into_iter().chain(words).collect();
        let run = place.run(&args);
        assert_eq!(run.code, Some(0), "{args:?}: {run:?}");
        let image = decoded(&place.files(out)[Path::new(output)]);
        assert_eq!(*image.view().dtype(), dtype, "{args:?}");
    }
    // Light that went out as floats and came back as codes is what it was.
    let back = decoded(&place.files("b")[Path::new("deep.png")]);
    let [a, b] = [&image, &back].map(|image| image.view().to_vec::<u16>().expect("u16"));
    let worst = a.iter().zip(&b).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(6), "{worst:?}");
}

#[test]
fn what_is_only_read_becomes_png() {
    let place = Place::new();
    let rgb =
        decoded(&picture(5, 4, PixelFormat::RGB, Format::Png)).view().to_bytes().expect("bytes");
    let mut ppm = b"P6 5 4 255\n".to_vec();
    ppm.extend(&rgb);
    place.write("in/a.ppm", &ppm);
    place.write("in/b.ppm", &ppm[..40]);
    place.write("bomb.ppm", b"P6 60000 60000 255\n");
    let run = place.run(&["batch", "in", "bomb.ppm", "--out", "out", "--device", "cpu"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(place.names("out"), "a.png");
    assert!(run.err.contains("in/b.ppm: PNM: the file ends before its picture does"), "{run:?}");
    assert!(run.err.contains("bomb.ppm: PNM: the area of 60000x60000 is"), "{run:?}");
    let image = codec::decode(&place.files("out")[Path::new("a.png")], &Limits::default());
    assert!(image.expect("a PNG").view().to_bytes().expect("bytes") == rgb);
}
