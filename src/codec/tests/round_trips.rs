//! What is written through any strides is read back: the same samples from PNG, near ones from JPEG.

use super::super::{EncodeOptions, Format, Subsampling, encode};
use super::{jpeg, picture, png, read};
use crate::dtype::DType;
use crate::image::{Image, Orientation, Transfer};
use crate::layout::{Layout, Slice};
use crate::view::Buffer;

/// One picture seen through many layouts, each with its name.
fn layouts(channels: usize, dtype: &DType) -> Vec<(&'static str, Image)> {
    let whole = picture(20, 30, channels, dtype.clone());
    let layout = whole.info().layout.clone();
    let see = |layout: Layout| {
        let buffer = whole.buffer().with_layout(layout).expect("inside the picture");
        Image::new(buffer, whole.format()).expect("a picture")
    };
    let crop = layout.slice(0, 3..17).and_then(|crop| crop.slice(1, 2..25)).expect("a crop");
    let every_other = Slice { step: Some(2), ..Slice::from(..) };
    let mut all = vec![
        ("contiguous", see(layout.clone())),
        ("cropped", see(crop.clone())),
        ("padded rows", see(layout.slice(1, ..29).expect("a slice"))),
        ("mirrored", see(layout.flip(1).expect("a flip"))),
        ("upside down", see(crop.flip(0).expect("a flip"))),
        ("turned", see(crop.swap_axes(0, 1).and_then(|turned| turned.flip(1)).expect("a turn"))),
        ("every other row", see(layout.slice(0, every_other).expect("rows"))),
        (
            "one pixel",
            see(layout.slice(0, 4..5).and_then(|row| row.slice(1, 7..8)).expect("a pixel")),
        ),
        ("one row", see(layout.slice(0, 4..5).expect("a row"))),
        ("one column", see(layout.slice(1, 7..8).expect("a column"))),
    ];
    let planes = Layout::contiguous(dtype.clone(), &[channels, 20, 30]).expect("planes");
    let planar = planes.permute(&[1, 2, 0]).expect("pixels");
    all.push(("planar", see(planar)));
    all
}

#[test]
fn png_keeps_every_sample_of_every_kind_and_layout() {
    for channels in 1..=4 {
        for dtype in [DType::U8, DType::U16] {
            for (name, image) in layouts(channels, &dtype) {
                let back = read(&png(&image)).expect(name);
                let what = format!("{channels} channels of {dtype}, {name}");
                assert_eq!(back.info().layout.dtype(), &dtype, "{what}");
                assert_eq!(back.view().shape(), image.view().shape(), "{what}");
                assert_eq!(
                    back.view().to_bytes().expect("memory"),
                    image.view().to_bytes().expect("memory"),
                    "{what}"
                );
                assert_eq!(back.format(), image.format(), "{what}");
            }
        }
    }
}

#[test]
fn every_compression_level_of_png_keeps_the_samples() {
    let image = picture(17, 23, 3, DType::U16);
    for level in 0..=9 {
        let options = EncodeOptions::new(Format::Png).compression(level);
        let back = read(&encode(&image, &options).expect("a PNG")).expect("a picture");
        assert_eq!(
            back.view().to_bytes().expect("memory"),
            image.view().to_bytes().expect("memory"),
            "level {level}"
        );
    }
}

#[test]
fn jpeg_writes_the_same_file_through_every_layout_as_from_a_copy() {
    for channels in [1, 3] {
        for dtype in [DType::U8, DType::U16] {
            for (name, image) in layouts(channels, &dtype) {
                let copy =
                    Image::new(image.view().to_contiguous().expect("memory"), image.format())
                        .expect(name);
                assert!(jpeg(&image) == jpeg(&copy), "{channels} channels of {dtype}, {name}");
            }
        }
    }
}

#[test]
fn jpeg_comes_near_the_picture_and_16_bits_are_rounded_to_8() {
    let (height, width) = (37, 43);
    let smooth = |at: usize| 20_000 + 400 * (at / 3 % width) + 500 * (at / 3 / width);
    let samples: Vec<u16> =
        (0..height * width * 3).map(|at| u16::try_from(smooth(at)).expect("below 65536")).collect();
    let rounded: Vec<f64> = samples.iter().map(|one| (f64::from(*one) / 257.0).round()).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, 3]).expect("a picture");
    let image = Image::new(buffer, crate::image::PixelFormat::RGB).expect("a picture");
    for subsampling in Subsampling::ALL {
        let options = EncodeOptions::new(Format::Jpeg).quality(100).subsampling(subsampling);
        let back = read(&encode(&image, &options).expect("a JPEG")).expect("a picture");
        let got = back.view().to_vec::<u8>().expect("8 bits");
        let differences =
            got.iter().zip(&rounded).map(|(got, want)| (f64::from(*got) - want).abs());
        let worst = differences.fold(0.0, f64::max);
        assert!(worst <= 3.0, "{subsampling}: {worst}/255");
    }
}

#[test]
fn pictures_are_written_upright() {
    for orientation in Orientation::ALL {
        let stored = picture(6, 9, 3, DType::U8).with_orientation(orientation);
        let back = read(&png(&stored)).expect("a picture");
        let upright = stored.upright().expect("a view");
        assert_eq!(back.info().orientation, Orientation::Upright);
        assert_eq!(back.view().shape(), upright.view().shape(), "{orientation:?}");
        assert_eq!(
            back.view().to_bytes().expect("memory"),
            upright.view().to_bytes().expect("memory"),
            "{orientation:?}"
        );
    }
}

#[test]
fn linear_numbers_stay_linear_in_png() {
    let image = picture(5, 6, 3, DType::U16);
    let mut info = image.info().clone();
    info.format.transfer = Transfer::Linear;
    let linear = image.with_info(info).expect("the same picture");
    let bytes = png(&linear);
    assert!(bytes.windows(8).any(|eight| eight == b"gAMA\x00\x01\x86\xa0"), "a gamma of 1");
    assert_eq!(read(&bytes).expect("a picture").format().transfer, Transfer::Linear);
    let bytes = png(&image);
    assert!(bytes.windows(4).any(|four| four == b"sRGB"));
    assert_eq!(read(&bytes).expect("a picture").format().transfer, Transfer::Srgb);
}

#[test]
fn cmyk_and_ycck_give_the_colours_that_their_inks_leave() {
    use ::jpeg_encoder::{ColorType, Encoder};
    // The encoder stores inks upside down, as Adobe does. Red is all magenta and all yellow.
    let rows: [([u8; 4], [u8; 3]); 4] = [
        ([0, 0, 0, 0], [255, 255, 255]),
        ([0, 255, 255, 0], [255, 0, 0]),
        ([0, 0, 0, 255], [0, 0, 0]),
        ([0, 127, 127, 127], [128, 64, 64]),
    ];
    for (inks, colors) in rows {
        for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let mut bytes = Vec::new();
            let encoder = Encoder::new(&mut bytes, 100);
            encoder.encode(&inks.repeat(16 * 16), 16, 16, kind).expect("a JPEG");
            let got = read(&bytes).expect("a picture").view().to_vec::<u8>().expect("8 bits");
            for (got, want) in got.iter().zip(colors.iter().cycle()) {
                assert!(got.abs_diff(*want) <= 3, "{kind:?} {inks:?}: {got} instead of {want}");
            }
        }
    }
}
