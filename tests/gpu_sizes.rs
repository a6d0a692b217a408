//! What does not fit the GPU device as a whole, against the CPU device and against itself.

#![cfg(feature = "gpu")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::{Buffer, DType, Device, Error, Image, Pipeline, PixelFormat};

/// Held by each test: the memory of the process is measured, and one at a time needs less of it.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gpu() -> GpuDevice {
    let choice = std::env::var("BYTELENS_DEVICE").map_or(GpuChoice::Software, GpuChoice::Named);
    GpuDevice::open(&choice).expect("tests need Mesa's software Vulkan: see scripts/test")
}

fn picture(height: usize, width: usize, format: PixelFormat) -> Image {
    let channels = format.channels();
    let sample = |at: usize| {
        let (y, x, c) = (at / (width * channels), at / channels % width, at % channels);
        u8::try_from((x * 7 + y * 13 + x * y / 5 + c * 80) % 256).expect("a byte")
    };
    let samples = (0..height * width * channels).map(sample).collect();
    let pixels = Buffer::from_vec(samples, &[height, width, channels]).expect("a picture");
    Image::new(pixels, format).expect("a picture")
}

fn bytes(image: &Image) -> Vec<u8> {
    image.view().to_bytes().expect("memory")
}

const CHAINS: [&str; 20] = [
    "invert",
    "blur 3",
    "blur 3 edge=wrap",
    "blur 2 edge=wrap | flip vertical",
    "blur 5 edge=reflect",
    "resize 50x40 fit=fill | grayscale",
    "resize 70x300 fit=fill enlarge=true | rotate 90",
    "blur 1 | flip vertical | blur 2",
    "blur 2 | rotate 90 | blur 2 | rotate 180",
    "rotate 90 | crop 70x80 | blur 2",
    "blur 1 | crop 60x70 gravity=south | blur 1 | flip",
    "crop 100x120 | flip vertical | gamma 2 | channels r",
    "convolve 1,2,1/0.5,-3,1/2,0,1/1,1,1/0,2,0 edge=reflect",
    "sobel edge=wrap | flip vertical",
    "median 2 | erode 3",
    "median 5 edge=wrap",
    "open 2 | blur 1",
    "sharpen 1.5 edge=wrap",
    "sharpen 2 | sobel edge=constant",
    "bilateral 1.5 edge=nearest | denoise",
];

/// Less than the whole of any of the chains takes, and more than some rows.
const BUDGET: u64 = 1400 << 10;

#[test]
fn bands_of_rows_give_the_same_pixels_as_the_whole() {
    let _alone = alone();
    let (whole, bands) = (gpu(), gpu().with_memory_budget(BUDGET));
    for format in [PixelFormat::RGB, PixelFormat::RGBA, PixelFormat::GRAY] {
        let image = picture(211, 150, format);
        for chain in CHAINS {
            let pipeline: Pipeline = chain.parse().expect(chain);
            let run = |gpu: &GpuDevice| {
                pipeline
                    .run(&Device::from(gpu.clone()), &image)
                    .map_err(|e| format!("{chain}: {e}"))
            };
            let (all, parts) = (run(&whole).expect("it fits"), run(&bands).expect("a band fits"));
            assert_eq!(all.view().shape(), parts.view().shape(), "{chain}");
            assert!(bytes(&all) == bytes(&parts), "{chain} of {format:?} differs");

            let plan = pipeline.plan(image.info(), bands.arrangement()).expect(chain);
            let source = image.with_info(plan.source.clone()).expect("view ops");
            let up = bands.upload(&source.view()).expect("it fits");
            let there = bands.run_on(&plan, &up).and_then(|result| result.download());
            let there = there.map_err(|e| format!("{chain}: {e}")).expect("a band fits");
            assert!(
                there.view().equals(&all.view()),
                "{chain} of {format:?} on the device differs"
            );
        }
    }
    assert!(bands.pools().used_bytes <= BUDGET);
    assert!(whole.pools().used_bytes > BUDGET, "the chains would have fitted: nothing was tested");
}

#[test]
fn a_picture_larger_than_a_binding_is_right_to_the_byte() {
    let _alone = alone();
    // 200 MiB where a binding holds 128.
    let image = picture(12_800, 16_384, PixelFormat::GRAY);
    let gpu = gpu();
    let invert: Pipeline = "invert".parse().expect("an op");
    let result = invert.run(&Device::from(gpu.clone()), &image).expect("in bands");
    let (got, from) = (bytes(&result), bytes(&image));
    assert!(got.iter().zip(&from).all(|(got, from)| *got == 255 - *from), "invert differs");
    drop((got, from, result));

    let resize: Pipeline = "resize 400x filter=area light=srgb".parse().expect("an op");
    let mine = bytes(&resize.run(&Device::from(gpu), &image).expect("in bands"));
    let theirs = bytes(&resize.run(&Device::cpu(), &image).expect("on the CPU"));
    assert_eq!(mine.len(), theirs.len());
    let worst = mine.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "{worst:?} codes apart");
}

#[test]
fn what_is_over_the_budget_is_refused_with_the_numbers_and_the_device_works_on() {
    let _alone = alone();
    let gpu = gpu().with_memory_budget(8 << 20);
    assert_eq!(gpu.memory_budget(), 8 << 20);
    let upload =
        |mib: usize| gpu.upload(&Buffer::zeroed(DType::U8, &[mib << 20]).expect("memory").view());
    let held = upload(4).expect("4 of 8 MiB");
    for _ in 0..3 {
        let error = upload(6).expect_err("4 + 6 is over 8");
        assert!(matches!(error, Error::Limit { .. }), "{error}");
        let message = error.to_string();
        for number in ["6291456 bytes", "with 4194304 bytes in use", "limit of 8388608 bytes"] {
            assert!(message.contains(number), "{message}");
        }
    }
    upload(1).and_then(|view| view.download()).expect("4 + 1 fits");
    drop(held);
    upload(6).expect("what is idle makes way");
}

#[test]
fn ten_thousand_small_runs_take_no_more_memory_than_some() {
    let _alone = alone();
    let device = Device::from(gpu());
    let image = picture(16, 16, PixelFormat::RGB);
    let pipeline: Pipeline = "invert".parse().expect("an op");
    let run = |times: usize| {
        for _ in 0..times {
            pipeline.run(&device, &image).expect("a small run");
        }
    };
    run(1000);
    let before = resident_bytes();
    run(9000);
    let after = resident_bytes();
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + (48 << 20), "{before} bytes, then {after}");
    }
}

/// The memory of this process; nothing where the system does not say.
fn resident_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
