//! What cannot be written is refused in words that say what to do instead.

use super::super::{EncodeOptions, Format, Subsampling, encode};
use super::{picture, read};
use crate::dtype::DType;
use crate::error::Error;
use crate::image::{Alpha, Image, PixelFormat, Transfer};
use crate::view::Buffer;

fn image<T: crate::dtype::Element>(
    samples: Vec<T>,
    shape: [usize; 3],
    format: PixelFormat,
) -> Image {
    Image::new(Buffer::from_vec(samples, &shape).expect("a buffer"), format).expect("a picture")
}

#[test]
fn options_out_of_range_are_refused() {
    let picture = picture(2, 2, 3, DType::U8);
    for (options, fits) in [
        (EncodeOptions::new(Format::Jpeg).quality(0), false),
        (EncodeOptions::new(Format::Jpeg).quality(1), true),
        (EncodeOptions::new(Format::Jpeg).quality(100), true),
        (EncodeOptions::new(Format::Jpeg).quality(101), false),
        (EncodeOptions::new(Format::Png).compression(9), true),
        (EncodeOptions::new(Format::Png).compression(10), false),
    ] {
        match encode(&picture, &options) {
            Ok(_) => assert!(fits, "{options:?}"),
            Err(error) => assert!(!fits && matches!(error, Error::Param { .. }), "{error}"),
        }
    }
    for way in Subsampling::ALL {
        assert_eq!(Subsampling::from_name(way.name()).expect("its name"), way);
    }
    assert_eq!(Subsampling::from_name("420").expect("a name"), Subsampling::Quads);
    assert!(Subsampling::from_name("4:1:1").is_err());
}

#[test]
fn what_a_format_cannot_hold_is_refused_with_the_way_on() {
    let linear = PixelFormat { transfer: Transfer::Linear, ..PixelFormat::RGB };
    let premultiplied = PixelFormat { alpha: Alpha::Premultiplied, ..PixelFormat::RGBA };
    let rows = [
        (
            Format::Png,
            image(vec![0.5f32; 12], [2, 2, 3], PixelFormat::RGB),
            "convert the image to u8",
        ),
        (
            Format::Jpeg,
            image(vec![0.5f32; 12], [2, 2, 3], PixelFormat::RGB),
            "convert the image to u8",
        ),
        (Format::Jpeg, image(vec![9u8; 16], [2, 2, 4], PixelFormat::RGBA), "set `background`"),
        (Format::Jpeg, image(vec![9u8; 12], [2, 2, 3], linear), "convert to sRGB"),
        (Format::Png, image(vec![9u8; 16], [2, 2, 4], premultiplied), "straight alpha"),
        (Format::Png, image(Vec::<u8>::new(), [0, 5, 3], PixelFormat::RGB), "5x0 pixels"),
        (Format::Jpeg, image(Vec::<u8>::new(), [5, 0, 3], PixelFormat::RGB), "0x5 pixels"),
        (Format::Jpeg, image(vec![0u8; 65_536], [1, 65_536, 1], PixelFormat::GRAY), "over 65535"),
    ];
    for (format, image, hint) in rows {
        let error = encode(&image, &EncodeOptions::new(format)).expect_err(hint);
        assert!(matches!(error, Error::Encode { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[test]
fn a_background_shows_through_where_a_picture_is_transparent() {
    let premultiplied = PixelFormat { alpha: Alpha::Premultiplied, ..PixelFormat::RGBA };
    let gray = PixelFormat::GRAY_ALPHA;
    let rows: [(Image, [u8; 3], &[u16]); 6] = [
        (image(vec![200u8, 0, 0, 0], [1, 1, 4], PixelFormat::RGBA), [1, 2, 3], &[1, 2, 3]),
        (image(vec![200u8, 0, 10, 255], [1, 1, 4], PixelFormat::RGBA), [1, 2, 3], &[200, 0, 10]),
        (image(vec![200u8, 0, 0, 51], [1, 1, 4], PixelFormat::RGBA), [100; 3], &[120, 80, 80]),
        (image(vec![40u8, 0, 0, 51], [1, 1, 4], premultiplied), [100; 3], &[120, 80, 80]),
        (image(vec![200u8, 51], [1, 1, 2], gray), [100; 3], &[120]),
        (image(vec![65_535u16, 0], [1, 1, 2], gray), [0, 1, 255], &[0, 257, 65_535]),
    ];
    for (image, background, expected) in rows {
        let options = EncodeOptions::new(Format::Png).background(background);
        let back = read(&encode(&image, &options).expect("a PNG")).expect("a picture");
        let view = back.view();
        let got: Vec<u16> = match *view.dtype() {
            DType::U8 => view.to_vec::<u8>().expect("u8").into_iter().map(u16::from).collect(),
            _ => view.to_vec::<u16>().expect("u16"),
        };
        assert_eq!(got, expected, "over {background:?}");
        let options = EncodeOptions::new(Format::Jpeg).background(background);
        assert!(read(&encode(&image, &options).expect("a JPEG")).is_ok());
    }
}
