//! Decodes JPEG files for `jpeg.py`: asked on standard input, answered with times on standard output.
//!
//! Each line of input is the name of a decoder, a divisor of the size (1, 2, 4, 8) and a path. The file is
//! decoded once, into memory that is kept from line to line; the answer is a line with the milliseconds
//! that this thread was at work, and the width and height.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use bytelens::codec::jpeg::{Decoder, Scale, Scratch};
use bytelens::{Buffer, DType, Limits};
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

fn main() -> Result<(), Failure> {
    let (start, limits, mut scratch) = (Instant::now(), Limits::default(), Scratch::default());
    let mut buffers = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [decoder, divisor, path] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            return Err("usage: DECODER DIVISOR PATH; jpeg.py asks this program".into());
        };
        let file = std::fs::read(path)?;
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
        let buffer = buffers.entry(shape).or_insert_with(|| {
            // Memory that was never written is slower.
            let _ = written.view_mut().and_then(|mut view| view.fill(1_u8));
            written
        });
        let before = seconds(start);
        if decoder == "zune-jpeg" {
            let mut view = buffer.view_mut()?;
            let out = view.as_bytes_mut().ok_or("a buffer has no gaps")?;
            let color = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
            let options = DecoderOptions::default().jpeg_set_out_colorspace(color);
            JpegDecoder::new_with_options(ZCursor::new(&file), options).decode_into(out)?;
        } else {
            let ours = Decoder::new(&file, &limits)?.scale(scale);
            ours.decode_into(&mut buffer.view_mut()?, &mut scratch)?;
        }
        let time = (seconds(start) - before) * 1e3;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{time} {width} {height}")?;
        out.flush()?;
    }
    Ok(())
}
