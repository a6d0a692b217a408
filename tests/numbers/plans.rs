//! Chains of ops drawn at random: what is fused is what its ops make one by one.

use super::{apart, bytes, floats, run, samples};
use bytelens::check::pipelines;
use bytelens::op::declare::{Kind, Spec};
use bytelens::ops::REGISTRY;
use bytelens::{Device, Image, Pipeline};

/// Ops whose result jumps where what reaches them moves by as little as rounding does: chains with one of
/// them say nothing of fusing.
const JUMPING: [&str; 9] =
    ["cast", "threshold", "otsu", "posterize", "trim", "equalize", "clahe", "normalize", "hue"];

/// Whether an op may leave alpha that is none, or is beyond 0 and 1.
fn reaches(op: &str) -> bool {
    let calm = ["blur", "box_blur", "erode", "dilate", "median", "flip", "transpose", "rotate 90"];
    let is_point = REGISTRY.iter().any(|entry| {
        entry.spec.kind == Kind::Point && op.split(' ').next() == Some(entry.spec.name)
    });
    let is_clear = op.contains("transparent") || op.starts_with("opacity");
    let is_calm = is_point && !is_clear || calm.iter().any(|name| op.starts_with(name));
    !is_calm
}

/// A random number below another.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Every op by itself, with each sample of its parameters.
fn alone(wanted: impl Fn(&Spec) -> bool) -> Vec<String> {
    let specs = REGISTRY.iter().map(|entry| entry.spec).filter(|spec| wanted(spec));
    specs.flat_map(pipelines).filter(|text| !text.contains('|')).collect()
}

/// A picture whose numbers are neither near 0 nor near 1.
fn picture(random: &mut Random, channels: usize) -> Image {
    let (height, width) = (9 + random.below(9), 9 + random.below(9));
    let number = |_| 0.2 + random.below(600) as f32 / 1000.0;
    let numbers = (0..height * width * channels).map(number).collect();
    floats(&[height, width, channels], numbers)
}

/// Runs ops one by one, or says that one refuses. The first is the picture itself.
fn one_by_one(ops: &[String], image: &Image) -> Option<Vec<Image>> {
    let mut images = vec![image.clone()];
    for op in ops {
        let pipeline: Pipeline = op.parse().expect(op);
        images.push(pipeline.run(&Device::cpu(), images.last()?).ok()?);
    }
    Some(images)
}

#[test]
fn a_chain_is_what_its_ops_are_one_by_one() {
    let texts = alone(|spec| !JUMPING.contains(&spec.name));
    let mut random = Random(5);
    let (mut compared, mut worst) = (0, (0.0, String::new()));
    while compared < 1500 {
        let channels = 1 + random.below(4);
        let image = picture(&mut random, channels);
        let count = 2 + random.below(4);
        let ops: Vec<String> = (0..count).map(|_| random.pick(&texts).clone()).collect();
        let chain = ops.join(" | ");
        let fused = chain.parse::<Pipeline>().expect(&chain).run(&Device::cpu(), &image).ok();
        let plain = one_by_one(&ops, &image);
        assert_eq!(fused.is_some(), plain.is_some(), "{chain} of {channels}");
        let (Some(fused), Some(images)) = (fused, plain) else { continue };
        // Alpha beyond 0 and 1 is held there where it is stored, and colour under none is gone.
        if images.iter().any(|image| image.format().has_alpha()) && ops.iter().any(|op| reaches(op))
        {
            continue;
        }
        let plain = images.last().expect("the picture at least");
        assert_eq!(fused.info().layout.shape(), plain.info().layout.shape(), "{chain}");
        let off = apart(&samples(&fused), &samples(plain));
        if off > worst.0 {
            worst = (off, format!("{chain} of {channels}"));
        }
        compared += 1;
    }
    assert!(worst.0 < 1e-4, "{worst:?}");
}

#[test]
fn a_chain_reads_as_it_is_written() {
    let texts = alone(|_| true);
    let mut random = Random(6);
    for _ in 0..2000 {
        let ops: Vec<String> =
            (0..1 + random.below(5)).map(|_| random.pick(&texts).clone()).collect();
        let chain = ops.join(" | ");
        let once = chain.parse::<Pipeline>().expect(&chain).to_string();
        assert_eq!(once.parse::<Pipeline>().expect(&once).to_string(), once, "{chain}");
    }
}

#[test]
fn what_moves_pixels_and_what_changes_them_come_in_either_order() {
    let views = ["flip", "flip vertical", "rotate 90", "rotate 180", "rotate 270", "transpose"];
    let points = alone(|spec| spec.kind == Kind::Point);
    let mut random = Random(7);
    for _ in 0..600 {
        let channels = 1 + random.below(4);
        let (height, width) = (1 + random.below(20), 1 + random.below(20));
        let code = |_| random.below(256) as u8;
        let codes = (0..height * width * channels).map(code).collect();
        let image = bytes(&[height, width, channels], codes);
        let (view, point) = (random.pick(&views).to_owned(), random.pick(&points));
        let [one, other] = [format!("{view} | {point}"), format!("{point} | {view}")].map(|text| {
            let result = text.parse::<Pipeline>().expect(&text).run(&Device::cpu(), &image);
            result.map(|image| image.view().to_bytes().expect("memory")).ok()
        });
        assert!(one == other, "{view} and {point} of {channels}");
    }
}

#[test]
fn what_changes_nothing_changes_nothing() {
    let mut random = Random(8);
    for chain in [
        "resize 100%",
        "resize 100%x100% filter=bilinear light=srgb",
        "rotate 90 | rotate 90 | rotate 90 | rotate 90",
        "rotate 270 | rotate 90",
        "rotate 180 | flip | flip vertical",
        "transpose | transpose",
        "invert | invert",
        "brightness 1",
        "contrast 2 | contrast 0.5",
        "saturation 1 | gamma 1 | exposure 0 | blur 0",
        "opacity 1",
        "crop 100%",
    ] {
        for channels in 1..=4 {
            let (height, width) = (1 + random.below(40), 1 + random.below(40));
            let code = |at: usize| {
                let opaque = channels % 2 == 0 && at % channels == channels - 1;
                if opaque { 255 } else { random.below(256) as u8 }
            };
            let codes: Vec<u8> = (0..height * width * channels).map(code).collect();
            let image = bytes(&[height, width, channels], codes.clone());
            let got = run(chain, &image);
            if chain == "opacity 1" && channels % 2 == 1 {
                continue;
            }
            assert_eq!(got.view().to_bytes().expect("memory"), codes, "{chain} of {channels}");
        }
    }
}

#[test]
fn neighbours_that_are_matrices_are_one_step_and_others_stay_apart() {
    let image = floats(&[2, 2, 3], vec![0.5; 12]);
    for (chain, want) in [
        ("contrast 1.1 | invert | contrast 0.9", "scale"),
        ("contrast 1.1 | saturation 1.2 light=srgb | matrix sepia light=srgb", "affine"),
        ("invert | grayscale light=srgb | contrast 2", "affine"),
        ("invert | gamma 2 | invert", "scale > gamma > scale"),
        ("invert | brightness 2", "scale > srgb_decode > scale > srgb_encode"),
    ] {
        let pipeline: Pipeline = chain.parse().expect(chain);
        let plan = pipeline.plan(image.info(), Device::cpu().arrangement()).expect(chain);
        let passes: Vec<String> = plan.passes.iter().map(ToString::to_string).collect();
        assert_eq!(passes, [want], "{chain}");
    }
}
