//! Lossy WebP: near enough to the picture, whatever its shape, and smaller the less is asked for.

use crate::codec::{EncodeOptions, Format, decode, encode};
use crate::image::{Image, PixelFormat};
use crate::limits::Limits;
use crate::view::Buffer;

/// A picture without sharp edges, as photographs are; alpha grows from left to right.
fn smooth(width: usize, height: usize, channels: usize) -> Image {
    let wave = |at: usize, period: f64| (at as f64 / period).sin() * 60.0;
    let mut samples = Vec::with_capacity(width * height * channels);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        for c in 0..channels {
            let is_alpha = channels.is_multiple_of(2) && c + 1 == channels;
            let color = 128.0 + wave(x + 9 * c, 17.0) + wave(y, 11.0);
            let sample = if is_alpha { (255 * x / width.max(2)) as f64 } else { color };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "8 to 248"
            )]
            samples.push(sample as u8);
        }
    }
    let buffer = Buffer::from_vec(samples, &[height, width, channels]).expect("a buffer");
    let format = PixelFormat::from_channels(channels).expect("1 to 4");
    Image::new(buffer, format).expect("a picture")
}

fn webp(image: &Image, quality: u8) -> Vec<u8> {
    encode(image, &EncodeOptions::new(Format::WebP).quality(quality)).expect("a WebP")
}

fn bytes(image: &Image) -> Vec<u8> {
    image.view().to_bytes().expect("memory")
}

/// Colour in dB where the picture is not transparent, and whether alpha is what it was.
fn compared(image: &Image, back: &Image) -> (f64, bool) {
    let (from, to) = (image.format().channels(), back.format().channels());
    let (mut sum, mut count, mut is_alpha_same) = (0.0, 0.0, true);
    for (a, b) in bytes(image).chunks(from).zip(bytes(back).chunks(to)) {
        let colors = if from < 3 { [0; 3] } else { [0, 1, 2] };
        if from.is_multiple_of(2) {
            is_alpha_same &= a[from - 1] == b[to - 1];
        }
        if !from.is_multiple_of(2) || a[from - 1] > 0 {
            for (at, color) in (0..3).zip(colors) {
                sum += f64::from(a[color].abs_diff(b[at])).powi(2);
                count += 1.0;
            }
        }
    }
    // Where all is transparent there is nothing to be seen.
    let mean: f64 = if count > 0.0 { sum / count } else { 0.0 };
    (20.0 * 255_f64.log10() - 10.0 * mean.log10(), is_alpha_same)
}

#[test]
fn pictures_of_any_shape_come_back_near_what_they_were_with_their_alpha() {
    for channels in 1..=4 {
        for (width, height) in [(96, 64), (97, 63), (1, 1), (1, 40), (33, 1), (15, 17)] {
            let what = format!("{width}x{height}, {channels} channels");
            let image = smooth(width, height, channels);
            let back = decode(&webp(&image, 90), &Limits::default()).expect(&what);
            assert_eq!((back.width(), back.height()), (width, height), "{what}");
            assert_eq!(back.format().has_alpha(), image.format().has_alpha(), "{what}");
            let (db, is_alpha_same) = compared(&image, &back);
            assert!(db > 36.0, "{what}: {db:.1} dB");
            assert!(is_alpha_same, "{what}: another alpha");
        }
    }
}

#[test]
fn quality_is_bought_with_bytes_and_lossless_is_the_picture_itself() {
    let image = smooth(200, 150, 3);
    let made = [10, 50, 80, 100].map(|quality| {
        let file = webp(&image, quality);
        let back = decode(&file, &Limits::default()).expect("a picture");
        (file.len(), compared(&image, &back).0)
    });
    assert!(made.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{made:?}");
    let lossless = EncodeOptions::new(Format::WebP).lossless(true);
    let file = encode(&image, &lossless).expect("a WebP");
    let back = decode(&file, &Limits::default()).expect("a picture");
    assert!(bytes(&back) == bytes(&image) && file.len() > made[2].0, "{}", file.len());
}

#[test]
fn a_side_that_is_too_long_is_refused_by_its_number() {
    let image = smooth(16_384, 1, 3);
    let error = encode(&image, &EncodeOptions::new(Format::WebP)).expect_err("too long");
    assert!(error.to_string().contains("a side of 16384 pixels is over 16383"), "{error}");
    assert!(encode(&image, &EncodeOptions::new(Format::WebP).lossless(true)).is_ok());
    assert!(encode(&smooth(16_383, 1, 3), &EncodeOptions::new(Format::WebP)).is_ok());
}
