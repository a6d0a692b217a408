//! Decodes and encodes JPEG files for `jpeg.py`: asked on standard input, answered with times on standard output.
//!
//! A line `decode DECODER DIVISOR PATH` decodes a file once, at a part of its size (divisors 1, 2, 4, 8), into
//! memory that is kept from line to line; the answer has the milliseconds that this thread was at work, and the
//! width and height. A line `encode ENCODER QUALITY SUBSAMPLING KIND WIDTH HEIGHT CHANNELS PATH OUT` encodes raw
//! samples, kept from line to line as well, to a file `OUT`, or to none if that is `-`; the answer has the
//! milliseconds and the bytes. A kind is `plain`, `optimize` or `progressive`.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use bytelens::codec::jpeg::{Decoder, Encoder, Scale, Scratch};
use bytelens::codec::{EncodeOptions, Format, Subsampling};
use bytelens::{Buffer, DType, Image, Limits, PixelFormat};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

type Failure = Box<dyn std::error::Error>;

/// Returns the seconds that this thread has been at work.
#[cfg(unix)]
fn seconds(_: Instant) -> f64 {
    let told = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    told.tv_sec as f64 + told.tv_nsec as f64 * 1e-9
}

/// Returns the seconds that have passed.
#[cfg(not(unix))]
fn seconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

/// What is kept from line to line.
struct Kept {
    start: Instant,
    scratch: Scratch,
    buffers: HashMap<[usize; 3], Buffer>,
    pictures: HashMap<String, Image>,
    file: Vec<u8>,
}

impl Kept {
    fn decode(&mut self, decoder: &str, divisor: &str, path: &str) -> Result<String, Failure> {
        let (limits, file) = (Limits::default(), std::fs::read(path)?);
        let scale = match divisor {
            "2" => Scale::Half,
            "4" => Scale::Quarter,
            "8" => Scale::Eighth,
            _ => Scale::Full,
        };
        let ours = Decoder::new(&file, &limits)?.scale(scale);
        let ((width, height), channels) = (ours.size(), ours.header().channels);
        let shape = [height, width, channels];
        let mut written = Buffer::zeroed(DType::U8, &shape)?;
        let buffer = self.buffers.entry(shape).or_insert_with(|| {
            // Memory that was never written is slower.
            let _ = written.view_mut().and_then(|mut view| view.fill(1_u8));
            written
        });
        let before = seconds(self.start);
        if decoder == "zune-jpeg" {
            let mut view = buffer.view_mut()?;
            let out = view.as_bytes_mut().ok_or("a buffer has no gaps")?;
            let color = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
            let options = DecoderOptions::default().jpeg_set_out_colorspace(color);
            JpegDecoder::new_with_options(ZCursor::new(&file), options).decode_into(out)?;
        } else {
            let ours = Decoder::new(&file, &limits)?.scale(scale);
            ours.decode_into(&mut buffer.view_mut()?, &mut self.scratch)?;
        }
        Ok(format!("{} {width} {height}", (seconds(self.start) - before) * 1e3))
    }

    fn encode(
        &mut self,
        encoder: &str,
        how: [&str; 3],
        picture: [&str; 4],
    ) -> Result<usize, Failure> {
        let [width, height, channels, path] = picture;
        let shape: [usize; 3] = [height.parse()?, width.parse()?, channels.parse()?];
        if !self.pictures.contains_key(path) {
            let buffer = Buffer::from_bytes(std::fs::read(path)?, DType::U8, &shape)?;
            let format = PixelFormat::from_channels(shape[2])?;
            self.pictures.insert(path.to_owned(), Image::new(buffer, format)?);
        }
        let image = &self.pictures[path];
        let quality = how[0].parse()?;
        self.file.clear();
        if encoder == "bytelens" {
            let options = EncodeOptions::new(Format::Jpeg)
                .quality(quality)
                .subsampling(Subsampling::from_name(how[1])?)
                .optimize(how[2] == "optimize")
                .progressive(how[2] == "progressive");
            Encoder::new(&options).write(image, &mut self.file)?;
        } else {
            let mut encoder = jpeg_encoder::Encoder::new(&mut self.file, quality);
            encoder.set_sampling_factor(match how[1] {
                "4:4:4" => SamplingFactor::F_1_1,
                "4:2:2" => SamplingFactor::F_2_1,
                _ => SamplingFactor::F_2_2,
            });
            encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
            encoder.set_optimized_huffman_tables(how[2] != "plain");
            encoder.set_progressive(how[2] == "progressive");
            let color = if shape[2] == 1 { ColorType::Luma } else { ColorType::Rgb };
            let view = image.view();
            let bytes = view.as_bytes().ok_or("a buffer has no gaps")?;
            let side = |at: usize| u16::try_from(shape[at]);
            encoder.encode(bytes, side(1)?, side(0)?, color)?;
        }
        Ok(self.file.len())
    }
}

fn main() -> Result<(), Failure> {
    let mut kept = Kept {
        start: Instant::now(),
        scratch: Scratch::default(),
        buffers: HashMap::new(),
        pictures: HashMap::new(),
        file: Vec::new(),
    };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split(' ').collect::<Vec<_>>()[..] {
            ["decode", decoder, divisor, path] => kept.decode(decoder, divisor, path)?,
            ["encode", encoder, q, sampling, kind, w, h, c, path, out] => {
                let (how, picture) = ([q, sampling, kind], [w, h, c, path]);
                // The picture is read, and memory written, before.
                kept.encode(encoder, how, picture)?;
                let before = seconds(kept.start);
                let bytes = kept.encode(encoder, how, picture)?;
                let time = (seconds(kept.start) - before) * 1e3;
                if out != "-" {
                    std::fs::write(out, &kept.file)?;
                }
                format!("{time} {bytes}")
            }
            _ => return Err("jpeg.py asks this program; see its first lines".into()),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
