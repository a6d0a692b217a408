//! Times the common ops on the CPU device, beside a plain copy of their input.
//!
//! `cargo bench --bench ops` prints for each op, size and number of threads the time of a run; the
//! rows named `copy` say what one `memcpy` of the same input costs in the same run, and the
//! table at the end gives each op as a multiple of it. Arguments pick rows by name:
//! `cargo bench --bench ops -- blur`.

use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};
use criterion::{BenchmarkId, Criterion, Throughput};

/// Pipelines worth a row, each by itself.
const PIPELINES: [&str; 34] = [
    "resize 1600x",
    "resize 1600x light=srgb",
    "resize 512x512 filter=area",
    "crop 50% | resize 200% enlarge=true",
    "rotate 90 | resize 1600x",
    "blur 2",
    "blur 2 light=srgb",
    "blur 20",
    "blur 200",
    "grayscale",
    "grayscale light=srgb",
    "invert",
    "brightness 1.2 | contrast 1.1 | invert",
    "gamma 2.2",
    "curve 0:0,0.25:0.15,0.75:0.9,1:1",
    "matrix sepia",
    "temperature 5000",
    "hue 40",
    "extend 20",
    "box_blur 5 light=srgb",
    "sharpen 2",
    "convolve 0,-1,0/-1,5,-1/0,-1,0 light=srgb",
    "sobel",
    "median 1",
    "median 2",
    "erode 5",
    "rotate 10",
    "rotate 10 filter=bilinear light=srgb",
    "perspective 5%,5%/95%,0/100%,100%/0,95% filter=bilinear light=srgb",
    "median 15",
    "bilateral 3",
    "denoise",
    "clahe",
    "normalize",
];

/// Sizes in pixels: of a camera, and of a page.
const SIZES: [(&str, usize, usize); 2] = [("24 MP", 6000, 4000), ("1 MP", 1200, 800)];

/// Makes a picture of soft ramps under noise: no run of equal pixels, nothing clipped.
fn picture(width: usize, height: usize) -> Image {
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0] / 6
    });
    let ramp = (0..width * height * 3).map(|at| (at / 1000 % 200).to_le_bytes()[0]);
    let samples: Vec<u8> = ramp.zip(noise).map(|(ramp, noise)| ramp + noise).collect();
    let buffer = Buffer::from_vec(samples, &[height, width, 3]).expect("a sample for each place");
    Image::new(buffer, PixelFormat::RGB).expect("three channels")
}

/// Returns the least time of a few runs: what the work costs when nothing else is in the way.
fn least(mut run: impl FnMut()) -> Duration {
    let mut time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..5).map(|_| time()).min().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the table is what the bench is for")]
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut table = Vec::new();
    for (size, width, height) in SIZES {
        let image = picture(width, height);
        let bytes = image.view().to_bytes().expect("there is memory");
        let mut copy = bytes.clone();
        let mut group = criterion.benchmark_group(size);
        group.sample_size(10).throughput(Throughput::Elements((width * height) as u64));
        group.bench_function("copy", |b| b.iter(|| copy.copy_from_slice(black_box(&bytes))));
        for threads in [1, 2] {
            let device = Device::cpu_with_threads(threads);
            for text in PIPELINES {
                let pipeline: Pipeline = text.parse().expect("a pipeline");
                let ran = Cell::new(false);
                let run = || {
                    ran.set(true);
                    black_box(pipeline.run(&device, &image).expect("the CPU device runs"));
                };
                group.bench_function(BenchmarkId::new(text, threads), |b| b.iter(run));
                if ran.get() {
                    let op = least(run);
                    let memcpy = least(|| copy.copy_from_slice(black_box(&bytes)));
                    table.push((size, text, threads, op, memcpy, width * height));
                }
            }
        }
        group.finish();
    }
    criterion.final_summary();
    println!("{:>6}  {:42} threads  ms/MP  x copy", "size", "pipeline");
    for (size, text, threads, op, memcpy, pixels) in table {
        let per_megapixel = op.as_secs_f64() * 1e9 / pixels as f64;
        let ratio = op.as_secs_f64() / memcpy.as_secs_f64();
        println!("{size:>6}  {text:42} {threads:7}  {per_megapixel:5.2}  {ratio:6.1}");
    }
}
