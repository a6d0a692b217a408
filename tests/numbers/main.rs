//! Numbers of pictures: in other colour spaces, as tensors, and what they are in all.

#![allow(clippy::cast_possible_truncation, reason = "test data are made of small numbers")]

mod colors;
mod plans;
mod statistics;
mod tensors;

use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};

/// A picture of floats, of the usual format.
fn floats(shape: &[usize], samples: Vec<f32>) -> Image {
    let format = PixelFormat::from_channels(shape[2]).expect("1 to 4 channels");
    Image::new(Buffer::from_vec(samples, shape).expect("the shape fits"), format).expect("an image")
}

/// A picture of bytes, of the usual format.
fn bytes(shape: &[usize], samples: Vec<u8>) -> Image {
    let format = PixelFormat::from_channels(shape[2]).expect("1 to 4 channels");
    Image::new(Buffer::from_vec(samples, shape).expect("the shape fits"), format).expect("an image")
}

fn run(text: &str, image: &Image) -> Image {
    let pipeline: Pipeline = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    pipeline.run(&Device::cpu(), image).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn samples(image: &Image) -> Vec<f32> {
    image.view().to_vec().expect("f32")
}

/// The largest difference, relative to numbers above 1; no number beside a number is endless.
fn apart(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    let pairs = got.iter().zip(want);
    let difference = |(got, want): (&f32, &f32)| (got - want).abs() / want.abs().max(1.0);
    pairs.map(difference).fold(0.0, |most, one| if one <= most { most } else { one })
}
