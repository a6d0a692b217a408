//! What is not to be seen from outside: every instruction set, and memory that is used as it is.

use super::Encoder;
use crate::codec::{EncodeOptions, Format, Subsampling};
use crate::image::{Image, PixelFormat};
use crate::simd::Level;
use crate::view::Buffer;

fn picture(width: usize, height: usize, channels: usize) -> Image {
    let sample = |at: usize| u8::try_from((at * 37 + at * at / 91) % 256).expect("8 bits");
    let samples = (0..width * height * channels).map(sample).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, channels]).expect("a small picture");
    Image::new(buffer, PixelFormat::from_channels(channels).expect("1 or 3")).expect("a picture")
}

/// The file at a level, of a kind by its number.
fn file(image: &Image, level: Level, subsampling: Subsampling, kind: usize) -> Vec<u8> {
    let options = EncodeOptions::new(Format::Jpeg).quality(93).subsampling(subsampling);
    let options = options.optimize(kind == 1).progressive(kind == 2).restart_interval(9);
    let encoder = Encoder { level, ..Encoder::new(&options) };
    encoder.encode(image).expect("a JPEG")
}

#[test]
fn every_level_writes_the_same_file() {
    for (width, height, channels) in [(1, 1, 3), (333, 47, 3), (600, 33, 1), (129, 130, 3)] {
        let image = picture(width, height, channels);
        for subsampling in Subsampling::ALL {
            for kind in 0..3 {
                let wanted = file(&image, Level::BASELINE, subsampling, kind);
                for level in Level::all() {
                    let got = file(&image, level, subsampling, kind);
                    assert!(got == wanted, "{level} {width}x{height} {subsampling} {kind}");
                }
            }
        }
    }
}

#[test]
fn a_file_of_another_picture_is_another() {
    let [one, other] = [(40, 30), (30, 40)].map(|(width, height)| {
        file(&picture(width, height, 3), Level::best(), Subsampling::Full, 0)
    });
    assert_ne!(one, other);
}

/// Keeps the longest piece that it was handed.
struct Longest(usize);

impl std::io::Write for Longest {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_large_file_is_handed_over_in_small_pieces() {
    let image = picture(1200, 900, 3);
    for kind in 0..3 {
        let options = EncodeOptions::new(Format::Jpeg).quality(100).subsampling(Subsampling::Full);
        let options = options.optimize(kind == 1).progressive(kind == 2);
        let mut longest = Longest(0);
        Encoder::new(&options).write(&image, &mut longest).expect("a JPEG");
        assert!(longest.0 < 150 << 10, "{kind}: {} bytes at once", longest.0);
    }
}
