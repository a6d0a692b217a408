//! Layers at their edges: pictures and layers of one pixel and none, outside, of other channels; text of nothing,
//! too large, in a damaged font. What they are in between is in tests/operations.rs.

use bytelens::op::picture::Picture;
#[cfg(feature = "text")]
use bytelens::ops::text::{Font, Text};
use bytelens::ops::{mask::Mask, overlay::Overlay};
use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat};

/// A picture of floats in which no two samples are the same; its alpha, where it has any, from `alpha`.
fn picture(shape: [usize; 3], alpha: f32) -> Image {
    let channels = shape[2];
    let count: usize = shape.iter().product();
    let sample = |at: usize| match (channels, at % channels) {
        (2, 1) | (4, 3) => alpha,
        _ => at as f32 / count as f32 * 1.5,
    };
    let buffer =
        Buffer::from_vec((0..count).map(sample).collect::<Vec<f32>>(), &shape).expect("memory");
    let format = PixelFormat::from_channels(channels).expect("1 to 4 channels");
    Image::new(buffer, format).expect("an image")
}

fn samples(image: &Image) -> Vec<f32> {
    image.view().to_vec().expect("f32")
}

fn run(text: &str, image: &Image) -> Image {
    let pipeline: Pipeline = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    pipeline.run(&Device::cpu(), image).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// One pixel of orange, half transparent, and four of grey.
const ORANGE: &str = "rgba8:1x1:_4AAgA";
const GRAYS: &str = "gray8:2x2:AECA_w";

#[test]
fn what_lies_outside_or_shows_nothing_changes_no_bit() {
    for shape in [[1, 1, 3], [5, 7, 1], [5, 7, 2], [5, 7, 3], [5, 7, 4], [0, 7, 3], [5, 0, 4]] {
        for alpha in [0.0, 0.3, 1.0] {
            let image = picture(shape, alpha);
            for op in [
                "overlay".to_owned(),
                "mask".to_owned(),
                "text".to_owned(),
                "text \"  \\n \"".to_owned(),
                "text A opacity=0".to_owned(),
                format!("overlay {ORANGE} opacity=0"),
                format!("overlay {ORANGE} blend=dst"),
                format!("overlay {ORANGE} offset=50,0"),
                format!("overlay {ORANGE} offset=0,-50 blend=multiply"),
                "overlay rgba8:2x1:_wAAAAD_AAA tile=0,0".to_owned(),
                "overlay rgba8:0x0:".to_owned(),
            ] {
                let out = run(&op, &image);
                assert_eq!(samples(&out), samples(&image), "{op} {shape:?}");
            }
            let changed = run(&format!("overlay {ORANGE}"), &image);
            let is_empty = image.view().is_empty();
            assert_eq!(samples(&changed) == samples(&image), is_empty, "a change is noticed");
        }
    }
}

#[test]
fn a_picture_gets_alpha_where_something_is_left_to_see_through() {
    for (op, opaque) in [
        ("overlay P", true),
        ("overlay P blend=atop", true),
        ("overlay P blend=plus", true),
        ("overlay P blend=luminosity", true),
        ("overlay P blend=dst-over", true),
        ("overlay P blend=src", false),
        ("overlay P blend=clear", false),
        ("overlay P blend=xor", false),
        ("overlay P blend=dst-atop offset=90,0", false),
        ("mask P", false),
        #[cfg(feature = "text")]
        ("text A", true),
        #[cfg(feature = "text")]
        ("text A background=#ff000080", true),
    ] {
        for channels in 1..=4 {
            let out = run(&op.replace('P', ORANGE), &picture([6, 6, channels], 0.5));
            let want = if opaque { channels } else { channels + channels % 2 };
            assert_eq!(out.format().channels(), want, "{op} of {channels} channels");
            assert!(samples(&out).iter().all(|v| v.is_finite()), "{op} of {channels} channels");
        }
    }
}

#[test]
fn a_pixel_that_is_no_number_spoils_itself_alone() {
    let mut numbers = samples(&picture([5, 7, 4], 0.5));
    numbers[4 * 17..4 * 18].fill(f32::NAN);
    let spoilt = Buffer::from_vec(numbers, &[5, 7, 4]).expect("memory");
    let spoilt = Image::new(spoilt, PixelFormat::RGBA).expect("an image");
    for op in [
        "overlay rgb8:1x1:_4AA tile=0,0 blend=soft-light",
        "mask gray8:2x2:AECA_w",
        #[cfg(feature = "text")]
        "text AAAA size=4",
    ] {
        let (got, want) = (samples(&run(op, &spoilt)), samples(&run(op, &picture([5, 7, 4], 0.5))));
        for at in (0..4 * 35).filter(|at| at / 4 != 17) {
            assert_eq!(got[at], want[at], "{op}: {at}");
        }
    }
}

#[test]
fn a_table_that_is_kept_is_not_taken_for_another() {
    let logo = picture([4, 6, 4], 0.7);
    let pipeline = Pipeline::new().then(
        Overlay::new(&logo)
            .expect("memory")
            .size(bytelens::op::param::ParamValue::parse("50%").expect("a size")),
    );
    let pipeline = pipeline.then(Mask::new(&logo).expect("memory"));
    let device = Device::cpu();
    for shape in [[8, 8, 3], [8, 8, 1], [20, 9, 3], [8, 8, 3], [8, 8, 4]] {
        let image = picture(shape, 0.5);
        let again: Pipeline = pipeline.to_string().parse().expect("what was printed");
        let [got, want] =
            [&pipeline, &again].map(|p| samples(&p.run(&device, &image).expect("runs")));
        assert_eq!(got, want, "{shape:?}");
        assert_eq!(pipeline.to_string(), again.to_string());
    }
}

#[test]
fn a_picture_lies_over_as_it_should_be_seen_whatever_it_is_stored_as() {
    let codes: Vec<u8> = (0..24).map(|at| at * 10).collect();
    let buffer = Buffer::from_vec(codes, &[4, 2, 3]).expect("memory");
    let image = Image::new(buffer, PixelFormat::RGB).expect("an image");
    let turned = image.clone().with_orientation(bytelens::Orientation::NeedsRotate90);
    assert_eq!(Picture::new(&image).expect("memory").size(), Some((2, 4)));
    assert_eq!(Picture::new(&turned).expect("memory").size(), Some((4, 2)));
    let base = picture([4, 4, 3], 1.0);
    let run = |image: &Image| {
        let pipeline = Pipeline::new().then(Overlay::new(image).expect("memory"));
        samples(&pipeline.run(&Device::cpu(), &base).expect("runs"))
    };
    assert_eq!(run(&turned), run(&turned.upright().expect("a view")));
    assert_ne!(run(&turned), run(&image));
}

#[test]
fn grays_mask_in_their_own_numbers() {
    let out = run(&format!("mask {GRAYS}"), &picture([2, 2, 1], 1.0));
    let alpha: Vec<f32> = samples(&out).chunks(2).map(|pixel| pixel[1]).collect();
    for (got, code) in alpha.iter().zip([0.0, 64.0, 128.0, 255.0]) {
        assert!((got - code / 255.0).abs() < 1e-6, "{got} for {code}");
    }
}

#[cfg(feature = "text")]
#[test]
fn fonts_and_texts_that_are_none_are_told_and_large_ones_are_drawn() {
    let image = picture([20, 30, 3], 1.0);
    for (font, want) in [
        ("AAEAAA", "font: it is damaged, or neither TrueType nor OpenType"),
        ("bm90IGEgZm9udA", "font: it is damaged, or neither TrueType nor OpenType"),
    ] {
        let pipeline: Pipeline = format!("text A font={font}").parse().expect("a pipeline");
        let error = pipeline.run(&Device::cpu(), &image).expect_err("no font").to_string();
        assert!(
            error.starts_with(want) && error.ends_with("give another file by font=@FILE"),
            "{error}"
        );
    }
    let open_sans = include_bytes!("../assets/fonts/OpenSans-Regular.ttf");
    let text = |text: &str| Text::default().text(text.to_owned());
    let draw = |text: Text| {
        Pipeline::new().then(text).run(&Device::cpu(), &image).map(|out| samples(&out))
    };
    let given = text("A").font(Font::from_bytes(open_sans));
    assert_eq!(draw(given).expect("a font"), draw(text("A")).expect("the same"));
    // A font that is cut off is an error or is drawn as far as it goes, and nothing else.
    for cut in [100, 5_000, 60_000, 150_000, 217_000] {
        let _ = draw(text("Ag").font(Font::from_bytes(&open_sans[..cut])));
    }
    let size = |size: &str| bytelens::op::param::ParamValue::parse(size).expect("a length");
    for (large, at) in
        [("WWWWWWWW", "60000"), ("W W W", "4000"), ("i", "1"), ("long words", "2000%")]
    {
        let drawn = draw(text(large).size(size(at))).expect("inside the limits");
        assert_eq!(drawn.len(), 20 * 30 * 3, "{large} {at}");
    }
    let error = draw(text("A").size(size("70000"))).expect_err("too large").to_string();
    assert!(error.contains("text: the size") && error.contains("65535 px"), "{error}");
    let many = "many words, over and over. ".repeat(2_000);
    assert_ne!(draw(text(&many)).expect("cut at the picture's edge"), samples(&image));
}

#[cfg(feature = "text")]
#[test]
fn text_runs_in_both_directions() {
    let image = picture([20, 40, 3], 1.0);
    let draw = |text: &str| samples(&run(&format!("text {text} size=16"), &image));
    // An override, which turns any writing around and has no sign of its own.
    assert_eq!(draw("\u{202e}oAo"), draw("oAo"));
    assert_eq!(draw("\u{202e}Ao"), draw("oA"));
    assert_ne!(draw("Ao"), draw("oA"));
    // What the font has no sign for is seen.
    assert_ne!(draw("A\u{5d0}"), draw("A"));
}
