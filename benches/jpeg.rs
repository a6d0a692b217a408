//! Times the JPEG decoder at each scale, beside the crate `zune-jpeg`, which has full size alone, and the encoder
//! beside the crate `jpeg-encoder`.
//!
//! `cargo bench --bench jpeg -- FILE …` decodes these files and encodes their pictures; without one, a picture of
//! 24 megapixels that is made up, at three qualities. Codecs take turns, on one thread, and the tables give
//! the least milliseconds per megapixel: into memory that has been written before, and into new memory.
//! `benches/peers/jpeg.py` has libjpeg-turbo in turns with all.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use bytelens::codec::jpeg::{Decoder, Encoder, Scale, Scratch};
use bytelens::codec::{EncodeOptions, Format, Subsampling, encode};
use bytelens::{Buffer, DType, Image, Limits, PixelFormat};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

type Failure = Box<dyn std::error::Error>;

const ROUNDS: usize = 7;

/// Soft ramps under noise that grows from left to right.
fn made_up() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let (width, height) = (6000, 4000);
    let mut state = 1_u32;
    let mut samples = Vec::with_capacity(width * height * 3);
    for at in 0..width * height {
        let (y, x) = (at / width, at % width);
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as usize * x / width / 12;
        for c in 0..3 {
            let ramp = (x / (9 + c) + y / (7 + c)) % 230;
            samples.push(u8::try_from(ramp + noise).unwrap_or(u8::MAX));
        }
    }
    let image = Image::new(Buffer::from_vec(samples, &[height, width, 3])?, PixelFormat::RGB)?;
    let file = |quality: u8| {
        let file = encode(&image, &EncodeOptions::new(Format::Jpeg).quality(quality))?;
        Ok((format!("made up, quality {quality}"), file))
    };
    [60, 85, 95].into_iter().map(file).collect()
}

fn milliseconds(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn row(name: &str, file: &[u8]) -> Result<(), Failure> {
    let limits = Limits::default();
    let header = Decoder::new(file, &limits)?.header();
    let megapixels = header.width as f64 * header.height as f64 / 1e6;
    let memory = |scale| -> Result<(Buffer, Scratch), Failure> {
        let (width, height) = Decoder::new(file, &limits)?.scale(scale).size();
        let mut buffer = Buffer::zeroed(DType::U8, &[height, width, header.channels])?;
        buffer.view_mut()?.fill(1_u8)?;
        Ok((buffer, Scratch::default()))
    };
    let mut reused: Vec<_> = Scale::ALL.into_iter().map(memory).collect::<Result<_, _>>()?;
    let (mut peer, _) = memory(Scale::Full)?;
    let mut least = [f64::INFINITY; 6];
    for _ in 0..ROUNDS {
        for (at, scale) in Scale::ALL.into_iter().enumerate() {
            let (buffer, scratch) = &mut reused[at];
            let time = milliseconds(|| {
                let decoder = Decoder::new(file, &limits)?.scale(scale);
                decoder.decode_into(&mut buffer.view_mut()?, scratch)?;
                Ok(())
            })?;
            least[at] = least[at].min(time);
        }
        least[4] = least[4].min(milliseconds(|| {
            black_box(Decoder::new(file, &limits)?.decode()?);
            Ok(())
        })?);
        least[5] = least[5].min(milliseconds(|| {
            let mut view = peer.view_mut()?;
            let out = view.as_bytes_mut().ok_or("a buffer has no gaps")?;
            JpegDecoder::new(ZCursor::new(file)).decode_into(out)?;
            Ok(())
        })?);
    }
    tell(name, megapixels, &least)
}

fn tell(name: &str, megapixels: f64, least: &[f64]) -> Result<(), Failure> {
    let times: String = least.iter().map(|time| format!(" {:>8.2}", time / megapixels)).collect();
    let name: String = name.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
    writeln!(std::io::stdout(), "{name:<40} {megapixels:>5.1} MP{times}")?;
    Ok(())
}

/// Encodes the picture of a file: plain, with codes fitted, progressive, each by both encoders.
fn encode_row(name: &str, file: &[u8]) -> Result<(), Failure> {
    let image = Decoder::new(file, &Limits::default())?.decode()?;
    let megapixels = image.width() as f64 * image.height() as f64 / 1e6;
    let view = image.view();
    let samples = view.as_bytes().ok_or("a buffer has no gaps")?;
    let sides = [u16::try_from(image.width())?, u16::try_from(image.height())?];
    let color = if image.format().channels() == 1 { ColorType::Luma } else { ColorType::Rgb };
    let mut out = Vec::new();
    for (quality, subsampling, factor) in [
        (85, Subsampling::Quads, SamplingFactor::F_2_2),
        (95, Subsampling::Full, SamplingFactor::F_1_1),
    ] {
        let mut least = [f64::INFINITY; 6];
        for _ in 0..ROUNDS {
            for (at, least) in least.iter_mut().enumerate() {
                let (fitted, progressive) = (at / 2 == 1, at / 2 == 2);
                out.clear();
                *least = least.min(milliseconds(|| {
                    if at % 2 == 0 {
                        let options = EncodeOptions::new(Format::Jpeg)
                            .quality(quality)
                            .subsampling(subsampling)
                            .optimize(fitted)
                            .progressive(progressive);
                        return Ok(Encoder::new(&options).write(&image, &mut out)?);
                    }
                    let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
                    encoder.set_sampling_factor(factor);
                    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
                    encoder.set_optimized_huffman_tables(fitted);
                    encoder.set_progressive(progressive);
                    Ok(encoder.encode(samples, sides[0], sides[1], color)?)
                })?);
            }
        }
        tell(&format!("{name}, {subsampling} q{quality}"), megapixels, &least)?;
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let paths: Vec<String> =
        std::env::args().skip(1).filter(|one| !one.starts_with("--")).collect();
    let read = |path: &String| Ok((path.clone(), std::fs::read(path)?));
    let files = if paths.is_empty() {
        made_up()?
    } else {
        paths.iter().map(read).collect::<Result<_, Failure>>()?
    };
    writeln!(
        std::io::stdout(),
        "{:<49}     full      1/2      1/4      1/8    fresh     zune  ms/MP",
        ""
    )?;
    files.iter().try_for_each(|(name, file)| row(name, file))?;
    let kinds = "plain    (theirs)  fitted (theirs)  progressive (theirs)";
    writeln!(std::io::stdout(), "\n{:<49} {kinds}  ms/MP", "encoding")?;
    files.iter().try_for_each(|(name, file)| encode_row(name, file))
}
