//! Known answers: pixels whose right value is a matter of arithmetic, not of taste.

use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};

fn run(text: &str, shape: [usize; 3], pixels: Vec<u8>) -> (Vec<usize>, Vec<u8>) {
    let pipeline: Pipeline = text.parse().expect(text);
    let buffer = Buffer::from_vec(pixels, &shape).expect("the shape fits");
    let format = PixelFormat::from_channels(shape[2]).expect("1 to 4 channels");
    let image = Image::new(buffer, format).expect("an image");
    let out = pipeline.run(&Device::cpu(), &image).expect(text);
    (out.view().shape().to_vec(), out.view().to_bytes().expect("memory"))
}

#[test]
fn a_checkerboard_of_black_and_white_halves_to_the_grey_of_half_the_light() {
    let board = |c: usize| {
        (0..64 * 64)
            .flat_map(|at| vec![if (at / 64 + at % 64) % 2 == 0 { 255 } else { 0 }; c])
            .collect()
    };
    for filter in ["area", "bilinear", "bicubic", "mitchell", "lanczos3"] {
        for channels in [1, 3] {
            let text = format!("resize 50% filter={filter}");
            let (shape, pixels) = run(&text, [64, 64, channels], board(channels));
            assert_eq!(shape, [32, 32, channels]);
            let inner = pixels[(8 * 32 + 8) * channels];
            assert_eq!(inner, 188, "{filter}");
            let old = run(&format!("{text} light=srgb"), [64, 64, channels], board(channels)).1;
            assert!((127..=128).contains(&old[(8 * 32 + 8) * channels]), "{filter} {}", old[0]);
        }
    }
}

#[test]
fn transparent_colour_has_no_weight() {
    // Left: opaque green. Right: fully transparent red, which must not show.
    let pixels: Vec<u8> = (0..32 * 32)
        .flat_map(|at| if at % 32 < 15 { [0, 200, 0, 255] } else { [255, 0, 0, 0] })
        .collect();
    for text in ["resize 50%", "blur 2", "blur 30", "resize 75% filter=bilinear light=srgb"] {
        let (_, out) = run(text, [32, 32, 4], pixels.clone());
        for pixel in out.chunks_exact(4) {
            assert!(pixel[0] == 0, "{text}: red shows in {pixel:?}");
            assert!(
                pixel[3] == 0 || (199..=201).contains(&pixel[1]),
                "{text}: {pixel:?} is darker"
            );
        }
    }
}

#[test]
fn point_ops_give_the_codes_of_their_formulas() {
    let all: Vec<u8> = (0..=255).collect();
    for (text, shape, pixels, want) in [
        ("invert", [1, 256, 1], all.clone(), all.iter().map(|c| 255 - c).collect::<Vec<u8>>()),
        ("invert | invert", [1, 256, 1], all.clone(), all.clone()),
        ("brightness 1", [1, 256, 1], all.clone(), all.clone()),
        ("brightness 2", [1, 2, 1], vec![0, 100], vec![0, 138]),
        ("brightness 2 light=srgb", [1, 3, 1], vec![0, 100, 200], vec![0, 200, 255]),
        ("contrast 0 light=linear", [1, 3, 1], vec![0, 100, 255], vec![128; 3]),
        ("contrast 3", [1, 3, 1], vec![50, 100, 160], vec![0, 45, 225]),
        ("gamma 2", [1, 3, 1], vec![0, 65, 255], vec![0, 129, 255]),
        ("grayscale", [1, 1, 3], vec![255, 0, 0], vec![127]),
        ("grayscale weights=rec601 light=srgb", [1, 1, 3], vec![255, 0, 0], vec![76]),
        ("invert", [1, 1, 4], vec![10, 20, 30, 40], vec![245, 235, 225, 40]),
        ("channels a", [1, 1, 4], vec![10, 20, 30, 40], vec![40]),
        ("channels bgr", [1, 1, 4], vec![10, 20, 30, 40], vec![30, 20, 10]),
        ("invert | channels r", [1, 1, 3], vec![10, 20, 30], vec![245]),
        ("grayscale | channels g", [1, 1, 3], vec![255, 0, 0], vec![127]),
        ("blur 1 | channels bgr | grayscale", [1, 1, 3], vec![255, 0, 0], vec![76]),
        ("grayscale | channels rgb", [1, 1, 3], vec![9, 9, 9], vec![9, 9, 9]),
        ("rotate 90", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![4, 1, 5, 2, 6, 3]),
        ("rotate 270", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![3, 6, 2, 5, 1, 4]),
        ("flip", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![3, 2, 1, 6, 5, 4]),
        ("flip vertical", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![4, 5, 6, 1, 2, 3]),
        ("trim", [3, 4, 1], vec![9, 9, 9, 9, 9, 9, 80, 9, 9, 9, 9, 30], vec![80, 9, 9, 30]),
        ("trim 0.1", [3, 4, 1], vec![9, 9, 9, 9, 9, 9, 80, 9, 9, 9, 9, 30], vec![80]),
        (
            "trim margin=1",
            [3, 3, 1],
            vec![9, 9, 9, 9, 99, 9, 9, 9, 9],
            vec![9, 9, 9, 9, 99, 9, 9, 9, 9],
        ),
        ("trim", [1, 3, 1], vec![9, 9, 9], vec![9, 9, 9]),
        ("trim | invert", [1, 3, 2], vec![9, 0, 1, 200, 7, 0], vec![254, 200]),
        ("normalize", [1, 4, 1], vec![50, 100, 150, 200], vec![0, 85, 170, 255]),
        ("normalize", [1, 2, 3], vec![50, 60, 70, 80, 90, 100], vec![0, 51, 102, 153, 204, 255]),
        (
            "normalize per_channel=true",
            [1, 2, 3],
            vec![50, 60, 70, 80, 90, 70],
            vec![0, 0, 70, 255, 255, 70],
        ),
        ("normalize cutoff=25", [1, 4, 1], vec![50, 100, 150, 200], vec![0, 0, 255, 255]),
        ("equalize", [1, 4, 1], vec![10, 10, 20, 200], vec![0, 0, 128, 255]),
        ("otsu", [1, 4, 1], vec![10, 12, 40, 44], vec![0, 0, 255, 255]),
        ("crop 2x1 southeast", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![5, 6]),
        ("transpose", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![1, 4, 2, 5, 3, 6]),
        ("transpose other", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![6, 3, 5, 2, 4, 1]),
        ("exposure 1", [1, 2, 1], vec![0, 100], vec![0, 138]),
        ("posterize 2", [1, 4, 1], vec![0, 127, 128, 255], vec![0, 0, 255, 255]),
        ("threshold 0.5", [1, 3, 1], vec![127, 128, 255], vec![0, 255, 255]),
        ("opacity 0.5", [1, 1, 3], vec![10, 20, 30], vec![10, 20, 30, 128]),
        ("opacity 1 | flatten #102030 | channels r", [1, 1, 1], vec![9], vec![9]),
        ("flatten white light=srgb", [1, 1, 4], vec![0, 0, 0, 51], vec![204; 3]),
        ("flatten", [1, 1, 2], vec![255, 255], vec![255]),
        ("flatten #ff0000", [1, 1, 2], vec![255, 0], vec![255, 0, 0]),
        ("duotone", [1, 1, 1], vec![100], vec![100]),
        ("matrix sepia", [1, 1, 1], vec![100], vec![135, 120, 94]),
        ("saturation 0 | channels g", [1, 1, 3], vec![255, 0, 0], vec![127]),
        ("extend 0,1 background=white", [1, 1, 1], vec![7], vec![255, 7, 255]),
        ("extend 1,0 edge=nearest", [1, 2, 1], vec![1, 2], vec![1, 2, 1, 2, 1, 2]),
        ("erode 1", [1, 4, 1], vec![9, 1, 5, 7], vec![1, 1, 1, 5]),
        ("dilate 1", [1, 4, 1], vec![9, 1, 5, 7], vec![9, 9, 7, 7]),
        ("median 1", [1, 4, 1], vec![9, 1, 5, 7], vec![9, 5, 5, 7]),
        ("invert | rotate 90 | invert", [2, 3, 1], vec![1, 2, 3, 4, 5, 6], vec![4, 1, 5, 2, 6, 3]),
        (
            "resize 4x2 contain background=white",
            [2, 1, 1],
            vec![7, 9],
            vec![255, 255, 7, 255, 255, 255, 9, 255],
        ),
    ] {
        assert_eq!(run(text, shape, pixels).1, want, "{text}");
    }
}
