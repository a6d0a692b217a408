//! Times the JPEG decoder at each scale, beside the crate `zune-jpeg`, which has full size alone, and the encoder
//! beside the crate `jpeg-encoder`.
//!
//! `cargo bench --bench jpeg -- FILE …` decodes these files and encodes their pictures; without one, a picture of
//! 24 megapixels that is made up, at three qualities. Codecs take turns, on one thread, and the tables give
//! the least milliseconds per megapixel: into memory that has been written before, and into new memory.
//! `benches/peers/jpeg.py` has libjpeg-turbo in turns with all.
//!
//! The last table is of pictures developed on a GPU: the best there is, or the one that `BYTELENS_DEVICE` names.
//! It tells the megabytes that go up for each megapixel, and the least milliseconds on the host (pixels; the half
//! that a GPU leaves to it) and on the device (with the upload, and all of it until the device is idle).

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

#[cfg(feature = "gpu")]
use bytelens::Device;
use bytelens::codec::jpeg::{Decoder, Encoder, Scale, Scratch};
use bytelens::codec::{EncodeOptions, Format, Subsampling, encode};
#[cfg(feature = "gpu")]
use bytelens::develop::{Developer, Packing};
#[cfg(feature = "gpu")]
use bytelens::device::gpu::GpuDevice;
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
    // The peer makes colour of grey.
    let mut peer = Buffer::zeroed(DType::U8, &[header.height, header.width, 3])?;
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

/// Develops the picture of a file on the GPU.
#[cfg(feature = "gpu")]
fn develop_row(
    developer: &Developer,
    device: &GpuDevice,
    name: &str,
    file: &[u8],
) -> Result<(), Failure> {
    let decoder = Decoder::new(file, &Limits::default())?;
    let (width, height) = decoder.size();
    let megapixels = (width * height) as f64 / 1e6;
    let coefficients = decoder.coefficients()?;
    let mut shown = [Packing::Dense, Packing::Sparse]
        .map(|packing| coefficients.upload_bytes(packing).map(|bytes| bytes as f64 / 1e6))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let mut least = [f64::INFINITY; 3];
    let mut scratch = Scratch::default();
    let channels = decoder.header().channels;
    let mut pixels = Buffer::zeroed(DType::U8, &[height, width, channels])?;
    for _ in 0..ROUNDS {
        let host = milliseconds(|| {
            decoder.decode_into(&mut pixels.view_mut()?, &mut scratch)?;
            Ok(())
        })?;
        let half = milliseconds(|| {
            black_box(decoder.coefficients()?);
            Ok(())
        })?;
        let developed = milliseconds(|| {
            black_box(developer.develop(&coefficients, Scale::Full)?);
            Ok(device.wait_idle()?)
        })?;
        for (least, time) in least.iter_mut().zip([host, half, developed]) {
            *least = least.min(time);
        }
    }
    shown.extend(least);
    tell(name, megapixels, &shown)
}

#[cfg(feature = "gpu")]
fn developed(files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let device = Device::named(&std::env::var("BYTELENS_DEVICE").unwrap_or("gpu".to_owned()))?;
    let device = device.as_gpu().ok_or("the device must be a GPU")?;
    let developer = Developer::new(device)?;
    let kinds = "MB/MP: dense   sparse  ms/MP: host     half   device";
    writeln!(std::io::stdout(), "\n{:<43} {kinds}", format!("on {}", device.name()))?;
    files.iter().try_for_each(|(name, file)| develop_row(&developer, device, name, file))
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
    files.iter().try_for_each(|(name, file)| encode_row(name, file))?;
    #[cfg(feature = "gpu")]
    developed(&files)?;
    Ok(())
}
