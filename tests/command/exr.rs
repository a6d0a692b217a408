//! OpenEXR pictures into kernels and out of them, on software Vulkan.

use std::path::Path;

use bytelens::{DType, npy};

use crate::place::{Place, Run};
use crate::run::typed;

/// Adds nothing: what comes out is what came in.
const COPY: &str = "\
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) { y[id.x] = x[id.x]; }
}
";

fn place() -> Place {
    let place = Place::new();
    place.write("copy.wgsl", COPY.as_bytes());
    place.write("words.wgsl", COPY.replace("f32", "u32").as_bytes());
    for name in ["rgba_depth", "rgba", "gray", "words", "mixed"] {
        place.copy(&format!("tests/data/exr/{name}_7x5.exr"), &format!("{name}.exr"));
    }
    place
}

/// Copies a file to another through the device.
fn copied(place: &Place, kernel: &str, from: &str, to: &str) -> Run {
    typed(place, &format!("{kernel} --in x={from} --out y={to}:like=x"))
}

/// The numbers of an array file that was written, and its shape.
fn numbers(place: &Place, name: &str) -> (Vec<f32>, Vec<usize>) {
    let file = place.files("").remove(Path::new(name)).expect("it was written");
    let array = npy::view(&file).expect("an array");
    (array.to_vec().expect("floats"), array.shape().to_vec())
}

/// What the pixel at x and y has, in the order of the channels.
fn pixel(x: usize, y: usize) -> [f32; 5] {
    let (x, y) = (x as f32, y as f32);
    [x / 8.0, y / 8.0 + 2.0, x * y + 0.25, 1.0 - x / 16.0, 1000.5 + x - y]
}

fn expected(channels: &[usize]) -> Vec<f32> {
    let pixels = (0..5).flat_map(|y| (0..7).map(move |x| pixel(x, y)));
    pixels.flat_map(|pixel| channels.iter().map(move |at| pixel[*at])).collect()
}

#[test]
fn what_the_openexr_library_wrote_is_read_and_written_again() {
    let place = place();
    for (file, said, channels) in [
        ("rgba.exr", ":f32", &[0, 1, 2, 3][..]),
        ("rgba_depth.exr", "", &[0, 1, 2, 3, 4]),
        ("rgba_depth.exr", ":rgb:f32", &[0, 1, 2]),
        ("gray.exr", "", &[4]),
        ("gray.exr", ":rgb", &[4, 4, 4]),
    ] {
        let from = format!("{file}{said}");
        let run = copied(&place, "copy.wgsl", &from, "out.npy");
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{from}: {run:?}");
        let want = (expected(channels), vec![5, 7, channels.len()]);
        assert_eq!(numbers(&place, "out.npy"), want, "{from}");
        let run = copied(&place, "copy.wgsl", &from, "out.exr");
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{from}: {run:?}");
        let run = copied(&place, "copy.wgsl", "out.exr", "again.npy");
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{from}: {run:?}");
        assert_eq!(numbers(&place, "again.npy"), want, "{from}, written and read");
    }
}

#[test]
fn words_stay_words_and_a_missing_alpha_is_one() {
    let place = place();
    let run = copied(&place, "words.wgsl", "words.exr", "out.npy");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let file = place.files("").remove(Path::new("out.npy")).expect("it was written");
    let array = npy::view(&file).expect("an array");
    assert_eq!(array.dtype(), &DType::U32);
    let want: Vec<u32> = (0..5).flat_map(|y| (0..7).map(move |x| x + 10 * y)).collect();
    assert_eq!(array.to_vec::<u32>().expect("words"), want);
    let run = copied(&place, "copy.wgsl", "gray.exr:rgba", "out.npy");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert!(numbers(&place, "out.npy").0.chunks(4).all(|pixel| pixel[3] == 1.0));
}

#[test]
fn what_is_wrong_with_an_openexr_file_is_said() {
    let place = place();
    let whole = std::fs::read(place.path("rgba.exr")).expect("it is there");
    place.write("cut.exr", &whole[..whole.len() / 2]);
    place.write("head.exr", &whole[..40]);
    place.write("text.exr", b"no picture");
    for (from, says) in [
        ("cut.exr", "damaged OpenEXR file"),
        ("head.exr", "damaged OpenEXR file"),
        ("text.exr", "damaged OpenEXR file"),
        ("mixed.exr", "it mixes u32 with floats"),
        ("words.exr:rgb", "it has no channel R, but id"),
    ] {
        let run = copied(&place, "copy.wgsl", from, "out.npy");
        assert_eq!(run.code, Some(1), "{from}: {run:?}");
        assert!(run.err.contains(says), "{from}: {run:?}");
        assert!(!place.names("").contains("out.npy"), "{from}");
    }
    // Damage anywhere is an error or other numbers, and never a panic.
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        place.write("damaged.exr", &damaged);
        let run = copied(&place, "copy.wgsl", "damaged.exr:f32", "out.npy");
        assert!(matches!(run.code, Some(0 | 1)), "byte {at}: {run:?}");
        assert!(!run.err.contains("panicked"), "byte {at}: {run:?}");
    }
}
