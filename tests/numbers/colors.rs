//! `colorspace`: there and back, by the numbers that others publish, and at the edges.

use bytelens::image::Transfer;
use bytelens::{Image, PixelFormat};

use super::{apart, bytes, floats, run, samples};

const SPACES: [&str; 10] = [
    "lab",
    "oklab",
    "hsv",
    "ycbcr",
    "ycbcr weights=rec601",
    "ycbcr-limited",
    "ycbcr-limited weights=rec601",
    "linear",
    "display-p3",
    "rec2020",
];

fn back(space: &str) -> String {
    let (name, weights) = space.split_once(' ').unwrap_or((space, ""));
    format!("colorspace srgb from={name} {weights}").trim().to_owned()
}

/// Colours between two numbers, alpha between 0 and 1.
fn between(low: f32, high: f32, channels: usize) -> Image {
    let sample = |at: usize| match at % channels {
        3 => (at % 7) as f32 / 6.0,
        _ => ((at * 7919) % 1009) as f32 / 1008.0 * (high - low) + low,
    };
    floats(&[31, 29, channels], (0..31 * 29 * channels).map(sample).collect())
}

#[test]
fn there_and_back_is_the_same_picture_whatever_the_gamut() {
    for space in SPACES {
        // Out of gamut, above white and below black sums of large numbers are small, and the curve is
        // steepest there.
        let wild = if space.ends_with("lab") { 2e-4 } else { 3e-5 };
        for (low, high, allowed) in [(0.0, 1.0, 2e-5), (-0.3, 2.5, wild)] {
            for channels in [3, 4] {
                let image = between(low, high, channels);
                let there = run(&format!("colorspace {space}"), &image);
                let off = apart(&samples(&run(&back(space), &there)), &samples(&image));
                assert!(off <= allowed, "{space}, {channels} channels of {low}..{high}: {off:.1e}");
                let wrong = if space == "oklab" { "lab" } else { "oklab" };
                let wrong = run(&format!("colorspace srgb from={wrong}"), &there);
                let off = apart(&samples(&wrong), &samples(&image));
                assert!(off > 1e-2, "{space}: another way back is noticed");
            }
        }
    }
}

#[test]
fn all_of_srgb_lies_in_0_to_1_and_integers_keep_it() {
    // Codes of 8 bits by which a colour of 8 bits is off at most, and of 16 for colours of 16.
    for (space, within_8, within_16) in [
        ("lab", 21, 23),
        ("oklab", 24, 28),
        ("hsv", 3, 3),
        ("ycbcr", 1, 238),
        ("ycbcr weights=rec601", 1, 228),
        ("ycbcr-limited", 2, 2),
        ("linear", 1, 2),
        ("display-p3", 4, 4),
        ("rec2020", 12, 18),
    ] {
        let steps = [0u8, 1, 37, 64, 128, 200, 254, 255];
        let color = |at: usize| [at / 64, at / 8 % 8, at % 8].map(|step| steps[step]);
        let codes: Vec<u8> = (0..512).flat_map(color).collect();
        let image = bytes(&[8, 64, 3], codes.clone());
        let there = run(&format!("colorspace {space} | cast f32"), &image);
        // Full-range differences of pure blue and red are half a code of 8 bits beyond, as in JPEG.
        let most = if space.starts_with("ycbcr") { 1.0 + 0.5 / 255.0 } else { 1.0 } + 1e-6;
        let inside = samples(&there).iter().all(|v| (-1e-6..=most).contains(v));
        assert!(inside, "{space}");
        let there = run(&format!("colorspace {space}"), &image);
        let got = run(&back(space), &there).view().to_vec::<u8>().expect("u8");
        let off = got.iter().zip(&codes).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(within_8), "{space}: {off:?} codes of 8 bits");
        let deep = run("cast u16", &image);
        let there = run(&format!("colorspace {space}"), &deep);
        let got = run(&back(space), &there).view().to_vec::<u16>().expect("u16");
        let off = got.iter().zip(&codes).map(|(a, b)| a.abs_diff(u16::from(*b) * 257)).max();
        assert!(off <= Some(within_16), "{space}: {off:?} codes of 16 bits");
    }
}

#[test]
fn known_colors_have_the_numbers_that_others_publish() {
    // OpenCV's documentation and cvtColor for Lab; JFIF, BT.601 and BT.709 tables for Y'CbCr.
    for (text, rgb, want) in [
        ("colorspace lab", [255, 0, 0], [136, 208, 195]),
        ("colorspace lab", [0, 255, 0], [224, 42, 211]),
        ("colorspace lab", [0, 0, 255], [82, 207, 20]),
        ("colorspace lab", [255, 255, 255], [255, 128, 128]),
        ("colorspace lab", [0, 0, 0], [0, 128, 128]),
        ("colorspace lab", [119, 119, 119], [128, 128, 128]),
        ("colorspace ycbcr weights=rec601", [255, 0, 0], [76, 85, 255]),
        ("colorspace ycbcr weights=rec601", [0, 0, 255], [29, 255, 107]),
        ("colorspace ycbcr-limited weights=rec601", [255, 0, 0], [81, 90, 240]),
        ("colorspace ycbcr-limited", [255, 255, 255], [235, 128, 128]),
        ("colorspace ycbcr-limited", [0, 0, 0], [16, 128, 128]),
        ("colorspace ycbcr-limited", [255, 0, 0], [63, 102, 240]),
        ("colorspace hsv", [0, 255, 0], [85, 255, 255]),
        ("colorspace hsv", [0, 0, 255], [170, 255, 255]),
        ("colorspace hsv", [40, 40, 40], [0, 0, 40]),
        ("colorspace linear", [188, 0, 255], [128, 0, 255]),
        ("colorspace display-p3", [255, 0, 0], [234, 51, 35]),
    ] {
        let got = run(text, &bytes(&[1, 1, 3], rgb.to_vec())).view().to_vec::<u8>().expect("u8");
        assert_eq!(got, want, "{text} of {rgb:?}");
    }
}

#[test]
fn grey_stays_grey_between_spaces_of_red_green_and_blue_and_gets_colors_elsewhere() {
    let ramp = floats(&[1, 9, 1], (0..9).map(|n| n as f32 / 6.0 - 0.2).collect());
    for space in SPACES {
        let plain = ["linear", "display-p3", "rec2020"].contains(&space);
        let there = run(&format!("colorspace {space}"), &ramp);
        assert_eq!(there.view().shape()[2], if plain { 1 } else { 3 }, "{space}");
        let again = run(&back(space), &there);
        let want = if plain { ramp.clone() } else { run("channels rgb", &ramp) };
        assert!(apart(&samples(&again), &samples(&want)) < 2e-5, "{space}");
        if !plain {
            let neutral = if space == "hsv" { [0.0; 2] } else { [128.0 / 255.0; 2] };
            let numbers = samples(&there);
            let colors: Vec<f32> = numbers
                .chunks(3)
                .flat_map(
                    |pixel| if space == "hsv" { [0.0, pixel[1]] } else { [pixel[1], pixel[2]] },
                )
                .collect();
            assert!(apart(&colors, &neutral.repeat(9)) < 1e-6, "{space}: grey has no colour");
        }
    }
}

#[test]
fn alpha_and_neighbours_are_left_alone() {
    let transparent = floats(&[1, 2, 4], vec![0.2, 0.4, 0.6, 0.0, 0.2, 0.4, 0.6, 0.5]);
    for space in SPACES {
        let there = samples(&run(&format!("colorspace {space}"), &transparent));
        assert_eq!([there[3], there[7]], [0.0, 0.5], "{space}");
        assert_eq!(there[..3], there[4..7], "{space}: straight alpha, so colour is what it is");

        let odd = vec![f32::NAN, 0.5, f32::INFINITY, 0.2, 0.4, 0.6, f32::NEG_INFINITY, 0.0, 0.0];
        let spoilt = samples(&run(&format!("colorspace {space}"), &floats(&[1, 3, 3], odd)));
        let clean =
            samples(&run(&format!("colorspace {space}"), &floats(&[1, 1, 3], vec![0.2, 0.4, 0.6])));
        assert_eq!(spoilt[3..6], clean, "{space}: no number spoils its own pixel alone");
        assert!(spoilt[..3].iter().any(|v| !v.is_finite()), "{space}");
    }
}

#[test]
fn auto_is_what_the_format_says_and_numbers_are_left_as_they_are() {
    let light = PixelFormat { transfer: Transfer::Linear, ..PixelFormat::RGB };
    let half = floats(&[1, 1, 3], vec![0.5, 0.25, 0.125]);
    let marked = Image::new(half.buffer().clone(), light).expect("an image");
    for (text, image, same_as) in [
        ("colorspace lab", &marked, "colorspace lab from=linear"),
        ("colorspace srgb", &marked, "colorspace srgb from=linear"),
        ("colorspace from=oklab", &marked, "colorspace linear from=oklab"),
        ("colorspace", &marked, ""),
        ("colorspace", &half, ""),
        ("colorspace from=hsv", &half, "colorspace srgb from=hsv"),
    ] {
        let (got, want) = (run(text, image), run(same_as, &half));
        assert_eq!(got.format().transfer, image.format().transfer, "{text}");
        assert!(apart(&samples(&got), &samples(&want)) < 1e-6, "{text}");
    }
}
