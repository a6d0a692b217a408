//! What is typed: pipelines, templates of names and what is to be kept are refused, or say the same when written again.
#![no_main]

use bytelens::batch::{Keep, Template};
use bytelens::{Device, DType, ImageInfo, Layout, Limits, Pipeline, PixelFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(keep) = text.parse::<Keep>() {
        assert_eq!(keep.to_string().parse::<Keep>().ok(), Some(keep));
    }
    if let Ok(template) = text.parse::<Template>() {
        assert_eq!(template.to_string().parse::<Template>().ok(), Some(template));
    }
    let Ok(pipeline) = text.parse::<Pipeline>() else { return };
    let written = pipeline.to_string();
    let again: Pipeline = written.parse().expect("what is written can be read");
    assert_eq!(again.to_string(), written, "{text:?}");
    // What it would do to a picture is worked out, or refused, within bounds.
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 16;
    let layout = Layout::contiguous(DType::U8, &[48, 64, 3]).expect("a small picture");
    let picture = ImageInfo::new(layout, PixelFormat::RGB).expect("a picture");
    let _ = pipeline.with_limits(limits).explain(&Device::cpu(), &picture);
});
