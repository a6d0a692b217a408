//! Every operation against float64 answers of SciPy and of the published formulas, on float pictures
//! that reach beyond 0..1: see tests/data/README.md.

#![allow(clippy::print_stdout, reason = "the worst case is printed, for those who ask")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytelens::op::declare::Kind;
use bytelens::ops::REGISTRY;
use bytelens::{Buffer, DType, Device, Image, Pipeline, PixelFormat, View, npy};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ops")
}

/// Returns source, expected picture and pipeline of each case.
fn cases() -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(folder().join("manifest.txt")).expect("a manifest");
    let cells = |line: &str| {
        let mut cells = line.splitn(3, ' ').map(str::to_owned);
        std::array::from_fn(|_| cells.next().expect(line))
    };
    let cases = text.lines().skip(1).filter(|line| !line.is_empty()).map(cells);
    cases.filter(|case| cfg!(feature = "text") || !case[2].starts_with("text ")).collect()
}

fn image(shape: &[usize], samples: Vec<f32>) -> Image {
    let format = PixelFormat::from_channels(shape[2]).expect("1 to 4 channels");
    Image::new(Buffer::from_vec(samples, shape).expect("the shape fits"), format).expect("an image")
}

fn read(file: &str) -> Image {
    let bytes = std::fs::read(folder().join(file)).expect(file);
    let view = npy::view(&bytes).expect(file);
    image(view.shape(), view.to_vec().expect("f32"))
}

fn run(text: &str, source: &Image) -> Image {
    let pipeline: Pipeline = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    pipeline.run(&Device::cpu(), source).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns samples with colour multiplied by alpha where there is any: colour that nobody sees is of no
/// account.
fn samples(view: &View<'_>) -> Vec<f64> {
    let channels = view.shape()[2];
    let mut samples: Vec<f64> = match *view.dtype() {
        DType::U8 => parts(&view.to_vec::<u8>().expect("u8"), 255.0),
        DType::U16 => parts(&view.to_vec::<u16>().expect("u16"), 65_535.0),
        DType::F16 => parts(&view.to_vec::<half::f16>().expect("f16"), 1.0),
        _ => parts(&view.to_vec::<f32>().expect("f32"), 1.0),
    };
    if channels.is_multiple_of(2) {
        for pixel in samples.chunks_mut(channels) {
            let alpha = pixel[channels - 1];
            pixel[..channels - 1].iter_mut().for_each(|sample| *sample *= alpha);
        }
    }
    samples
}

/// Returns numbers as parts of what stands for 1.
fn parts<T: Copy + Into<f64>>(numbers: &[T], whole: f64) -> Vec<f64> {
    numbers.iter().map(|number| (*number).into() / whole).collect()
}

/// Returns the largest difference, relative to numbers above 1.
fn difference(got: &Image, want: &Image, case: &str) -> f64 {
    assert_eq!(got.view().shape(), want.view().shape(), "{case}");
    let pairs = samples(&got.view()).into_iter().zip(samples(&want.view()));
    pairs.map(|(got, want)| (got - want).abs() / want.abs().max(1.0)).fold(0.0, f64::max)
}

/// What the twins may be off in single precision: STYLE.md, "How far two results may be apart".
const ALLOWED: f64 = 2e-5;

/// Text is drawn in 256 steps of coverage, on a grid of 256 places in a pixel each way: two of those.
fn allowed(text: &str) -> f64 {
    if text.starts_with("text ") { 2.0 / 255.0 } else { ALLOWED }
}

#[test]
fn every_operation_is_within_2e_5_of_float64() {
    let mut worst: BTreeMap<String, f64> = BTreeMap::new();
    let mut failures = Vec::new();
    for [source, expected, text] in cases() {
        let off = difference(&run(&text, &read(&source)), &read(&expected), &text);
        let name = text.split(' ').next().unwrap_or_default().to_owned();
        let most = worst.entry(name).or_default();
        *most = most.max(off);
        if off.is_nan() || off > allowed(&text) {
            failures.push(format!("{text} of {source}: {off:.2e}"));
        }
    }
    for (name, off) in &worst {
        println!("{name}: {off:.1e}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_answer_for_another_parameter_is_noticed() {
    for (text, other) in [
        ("exposure 1.5", "exposure 1.5001"),
        ("hue 75", "hue 75.01"),
        ("temperature 3200", "temperature 3201"),
        ("median 2 edge=symmetric", "median 2 edge=nearest"),
        ("median 5 edge=wrap", "median 5 edge=reflect"),
        ("bilateral 3 tolerance=0.3", "bilateral 3 tolerance=0.32"),
        ("denoise 0.1", "denoise 0.11"),
        ("sharpen 2 threshold=0.05", "sharpen 2 threshold=0.051"),
        ("open 1", "close 1"),
        ("rotate 33", "rotate 33.01"),
        ("rotate 40 edge=reflect", "rotate 40 edge=symmetric"),
        ("normalize cutoff=5", "normalize cutoff=6"),
        ("equalize per_channel=true", "equalize"),
        ("otsu", "otsu 0.05"),
        ("clahe 2.5", "clahe 2.6"),
        ("vignette 0.7", "vignette 0.7 start=0.251"),
        ("noise 0.1 seed=7", "noise 0.1 seed=8"),
        ("colorspace lab", "colorspace oklab"),
        ("colorspace srgb from=ycbcr", "colorspace srgb from=ycbcr weights=rec601"),
        ("standardize imagenet", "standardize clip"),
        ("cast u8", "cast u16"),
    ] {
        let case = cases().into_iter().find(|case| case[2] == text);
        let [source, expected, _] = case.unwrap_or_else(|| panic!("{text}: no such case"));
        let off = difference(&run(other, &read(&source)), &read(&expected), other);
        assert!(off > ALLOWED, "{other} passes for {text}: {off:.2e}");
    }
}

#[test]
fn an_answer_for_another_layer_is_noticed() {
    for (text, other) in [
        (" blend=multiply", " blend=screen"),
        (" blend=hard-light", " blend=overlay"),
        (" blend=hue", " blend=color"),
        (" blend=atop", " blend=dst-atop"),
        ("opacity=0.6", "opacity=0.601"),
        ("offset=2,-3", "offset=2,-2"),
        ("tile=2,1", "tile=2,2"),
        ("size=9x9", "size=9x6"),
        ("by=alpha", "by=luminance"),
        (" light=linear gravity=southeast", " gravity=southeast"),
        #[cfg(feature = "text")]
        ("text AB", "text BA"),
        #[cfg(feature = "text")]
        ("size=5 align=right", "size=5 align=left"),
        #[cfg(feature = "text")]
        ("width=14", "width=40"),
        #[cfg(feature = "text")]
        ("line_spacing=2", "line_spacing=1.5"),
    ] {
        // In grey some modes are one.
        let mut found = cases().into_iter().filter(|case| case[2].contains(text));
        let case = found.find(|[source, ..]| source == "rgb.npy");
        let [source, expected, found] = case.unwrap_or_else(|| panic!("{text}: no such case"));
        let other = found.replacen(text, other, 1);
        let (got, want) = (run(&other, &read(&source)), read(&expected));
        let same = got.view().shape() == want.view().shape();
        assert!(
            !same || difference(&got, &want, &other) > allowed(&found),
            "{other} passes for {text}"
        );
    }
}

#[test]
fn every_point_and_pass_op_has_an_answer_that_is_not_ours() {
    // `resize` and `blur` have folders of their own: tests/references.rs.
    let elsewhere = ["resize", "blur", if cfg!(feature = "text") { "" } else { "text" }];
    let cases = cases();
    for entry in REGISTRY.iter().filter(|entry| entry.spec.kind != Kind::View) {
        let name = entry.spec.name;
        let has = cases.iter().any(|case| case[2].split(' ').next() == Some(name));
        assert!(has || elsewhere.contains(&name), "{name}");
    }
}

#[test]
fn light_above_one_survives_every_op_that_does_not_say_otherwise() {
    let source = image(&[6, 6, 3], vec![3.0; 108]);
    // These say so: they cut, add, or leave nothing of the number.
    let cut = ["threshold", "otsu", "sobel", "invert", "noise"];
    for entry in REGISTRY.iter().filter(|entry| !cut.contains(&entry.spec.name)) {
        let out = run(entry.spec.name, &source);
        let most = out.view().to_vec::<f32>().expect("f32").into_iter().fold(0.0, f32::max);
        assert!((most - 3.0).abs() < 1e-4, "{} makes {most} of 3", entry.spec.name);
    }
    let cut = run("levels clamp=true", &source).view().to_vec::<f32>().expect("f32");
    assert!(cut.iter().all(|v| *v == 1.0), "a cut is noticed");
}

#[test]
fn what_is_no_number_spoils_its_own_surroundings_and_nothing_else() {
    // A pixel that is no number and one without bound, in opposite corners of a picture of 0.5.
    let mut samples = vec![0.5; 40 * 40 * 3];
    samples[..3].fill(f32::NAN);
    samples[40 * 40 * 3 - 3..].fill(f32::INFINITY);
    let source = image(&[40, 40, 3], samples);
    let even = image(&[40, 40, 3], vec![0.5; 40 * 40 * 3]);
    for entry in REGISTRY {
        // A row that goes through a table of weights as one: the middle row is far from both corners.
        let text = entry.spec.name;
        let (out, want) = (run(text, &source), run(text, &even));
        let middle = |image: &Image| -> Vec<f32> {
            let view = image.view();
            let rows =
                view.slice(0, 18..22).and_then(|view| view.slice(1, 18..22)).expect("inside");
            rows.to_vec().expect("f32")
        };
        assert_eq!(middle(&out), middle(&want), "{text}");
    }
}

#[test]
fn every_op_keeps_the_element_type_and_nothing_of_16_bits_is_lost_on_the_way() {
    let codes: Vec<u16> = (0..=65_535).step_by(7).collect();
    let shape = [1, codes.len(), 1];
    let source = Buffer::from_vec(codes.clone(), &shape).expect("a row");
    let source = Image::new(source, PixelFormat::GRAY).expect("an image");
    for text in [
        "exposure 1 | exposure -1 | levels gamma=1",
        "curve | levels",
        "extend 0 | matrix",
        "erode 0 | median 0 | sharpen 0",
        "transpose | transpose",
    ] {
        let out = run(text, &source);
        let got = out.view().to_vec::<u16>().expect("still 16 bits");
        for (got, want) in got.iter().zip(&codes) {
            // One stop up cuts the upper half of the light only when it is stored.
            assert!(got.abs_diff(*want) <= 1, "{text}: {want} became {got}");
        }
    }
}

#[test]
fn a_radius_of_nothing_changes_nothing_and_any_picture_is_large_enough() {
    for shape in [[1, 1, 1], [1, 9, 3], [9, 1, 2], [3, 2, 4]] {
        let count: usize = shape.iter().product();
        let source = image(&shape, (0..count).map(|at| (at % 11) as f32 / 10.0).collect());
        let before = source.view().to_vec::<f32>().expect("f32");
        for text in [
            "extend 0",
            "box_blur 0",
            "sharpen 0",
            "sharpen amount=0",
            "median 0",
            "erode 0",
            "dilate 0",
            "open 0",
            "close 0",
            "convolve 1",
            "matrix",
            "hue",
            "curve",
            "levels",
        ] {
            let after = run(text, &source).view().to_vec::<f32>().expect("f32");
            let same = before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(same && before.len() == after.len(), "{text} of {shape:?}");
        }
        for text in [
            "extend 100 edge=wrap",
            "extend 100 edge=reflect",
            "box_blur 1000",
            "sharpen 20",
            "median 3 edge=constant",
            "erode 1000",
            "dilate 1000",
            "open 77",
            "sobel",
            "convolve 1,0,2/0,1,0/0,0,5 edge=wrap",
        ] {
            let out = run(text, &source);
            let finite = out.view().to_vec::<f32>().expect("f32").iter().all(|v| v.is_finite());
            assert!(finite, "{text} of {shape:?}");
        }
    }
}
