//! Pictures of any samples become JPEG files that are read without a fault, and coefficients come back from
//! files as they went in.

#![no_main]

use bytelens::codec::jpeg::{Decoder, Encoder};
use bytelens::codec::{EncodeOptions, Format, Subsampling};
use bytelens::{Buffer, Image, Limits, PixelFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[how, quality, restart, width, height], samples)) = bytes.split_first_chunk::<5>()
    else {
        return;
    };
    let (width, height) = (usize::from(width % 70) + 1, usize::from(height % 70) + 1);
    let format = if how & 1 > 0 { PixelFormat::GRAY } else { PixelFormat::RGB };
    let count = width * height * format.channels();
    let samples = samples.iter().copied().chain(std::iter::repeat(128)).take(count).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, format.channels()]).expect("small");
    let image = Image::new(buffer, format).expect("a picture");
    let options = EncodeOptions::new(Format::Jpeg)
        .quality(quality % 100 + 1)
        .subsampling(Subsampling::ALL[usize::from(how >> 1) % 3])
        .progressive(how & 0x10 > 0)
        .optimize(how & 0x20 > 0)
        .restart_interval(u16::from(restart));
    let file = Encoder::new(&options).encode(&image).expect("a small picture is encoded");
    let decoder = Decoder::new(&file, &Limits::default()).expect("a head");
    let salvaged = decoder.clone().lenient(true).salvage().expect("a picture");
    assert!(salvaged.problems.is_empty(), "{:?}", salvaged.problems);
    assert_eq!((salvaged.image.width(), salvaged.image.height()), (width, height));

    // Coded in another way, the coefficients are the same.
    let coefficients = decoder.coefficients().expect("coefficients");
    let other = options.progressive(how & 0x10 == 0);
    let again = Encoder::new(&other).encode_coefficients(&coefficients).expect("coded again");
    let again = Decoder::new(&again, &Limits::default()).expect("a head");
    let again = again.decode().expect("a picture");
    let bytes = |image: &Image| image.view().to_bytes().expect("memory");
    assert!(bytes(&again) == bytes(&salvaged.image));
});
