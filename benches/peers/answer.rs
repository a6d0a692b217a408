//! Runs pipelines for `ops.py`: asked on standard input, answered with times on standard output.
//!
//! Arguments: the file of a packed RGB8 picture, its width, its height, the number of threads. Each
//! line of input is a pipeline; it is run once, and the answer is a line with the milliseconds.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [path, width, height, threads] = &arguments[..] else {
        return Err("usage: answer FILE WIDTH HEIGHT THREADS; ops.py asks this program".into());
    };
    let shape = [height.parse()?, width.parse()?, 3];
    let image = Image::new(Buffer::from_vec(std::fs::read(path)?, &shape)?, PixelFormat::RGB)?;
    let device = Device::cpu_with_threads(threads.parse()?);
    for line in std::io::stdin().lock().lines() {
        let pipeline: Pipeline = line?.parse()?;
        let start = Instant::now();
        black_box(pipeline.run(&device, &image)?);
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", start.elapsed().as_secs_f64() * 1e3)?;
        out.flush()?;
    }
    Ok(())
}
