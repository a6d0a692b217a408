//! Pictures as arrays in files, and what their numbers are.

use bytelens::codec::Format;
use bytelens::{Buffer, PixelFormat, npy};

use super::place::{Place, decoded, picture, png};

#[test]
fn results_are_written_as_arrays_of_any_element_type_and_order() {
    let place = Place::new();
    place.write("in/a.png", &png());
    place.write("in/b.b.jpg", &picture(9, 7, PixelFormat::GRAY, Format::Jpeg));
    let source = decoded(&png());
    for (layout, text, name, shape) in [
        ("", "", "u8", [30, 40, 3]),
        ("--layout hwc", "cast u16", "u16", [30, 40, 3]),
        ("--layout chw", "rotate 90", "u8", [3, 40, 30]),
        ("--layout chw", "resize 20x | standardize clip | cast f32", "f32", [3, 15, 20]),
        ("--layout chw", "grayscale | cast f16", "f16", [1, 30, 40]),
    ] {
        let args =
            ["batch", "in", "--out", "out", "--device", "cpu", "--format", "npy", "--do", text];
        let layout: Vec<&str> = layout.split_whitespace().collect();
        let run = place.run(&[&args[..], &layout].concat());
        assert_eq!(run.code, Some(0), "{text}: {run:?}");
        assert_eq!(place.names("out"), "a.npy b.b.npy");
        let files = place.files("out");
        let array = npy::view(&files[std::path::Path::new("a.npy")]).expect("an array");
        assert_eq!(
            (array.dtype().to_string().as_str(), array.shape()),
            (name, &shape[..]),
            "{text}"
        );
        if text == "rotate 90" {
            // Column 2, row 3 of the picture is row 2 of the turned one, from the right.
            let want = source.view().get::<u8>(&[3, 2, 1]).expect("inside");
            assert_eq!(array.get::<u8>(&[1, 2, 29 - 3]).expect("inside"), want);
            assert_ne!(
                array.get::<u8>(&[1, 2, 3]).expect("inside"),
                want,
                "noise tells places apart"
            );
        }
    }
    let run = place.run(&["batch", "in", "--out", "out", "--layout", "chw"]);
    assert_eq!((run.code, run.err.lines().count()), (Some(2), 1), "{run:?}");
    assert!(run.err.contains("--layout is for --format npy"), "{run:?}");
    let run =
        place.run(&["batch", "in/a.png", "--out", "out", "--do", "cast f32", "--device", "cpu"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.starts_with("in/a.png: PNG: samples of type f32"), "{run:?}");
}

#[test]
fn a_plan_with_a_cast_says_so() {
    let place = Place::new();
    place.write("a.png", &png());
    for (text, line) in [
        ("resize 10x10 | standardize imagenet | cast f16", "result  10x8 rgb f16"),
        ("cast f32", "pass 1  cast: copy"),
        ("colorspace lab | blur 1 light=srgb", "colorspace > weighted"),
    ] {
        let run = place.run(&["batch", "a.png", "--explain", "--device", "cpu", "--do", text]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.out.contains(line), "{text}: {}", run.out);
    }
}

/// An array of floats as a file.
fn array(samples: Vec<f32>, shape: &[usize]) -> Vec<u8> {
    npy::to_npy(&Buffer::from_vec(samples, shape).expect("fits").view()).expect("an array")
}

#[test]
fn statistics_are_told_as_a_table_and_as_json() {
    let place = Place::new();
    place.write("in/a.png", &picture(4, 2, PixelFormat::RGBA, Format::Png));
    place.write("b.npy", &array(vec![0.5, f32::NAN, 1.5, f32::INFINITY], &[2, 2]));
    let run = place.run(&["stats", "in", "b.npy"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines[0], "in/a.png: 4x2 rgb+alpha u8");
    assert_eq!(words(lines[1])[..5], ["min", "max", "mean", "deviation", "1%"]);
    assert_eq!(words(lines[5])[0], "alpha");
    assert_eq!(lines[6], "b.npy: 2x2 gray f32");
    assert_eq!(words(lines[8])[..5], ["gray", "0.5000", "1.5000", "1", "0.5000"]);
    assert!(lines[8].ends_with("1 no number  1 without bound"), "{}", run.out);

    let run = place.run(&["stats", "b.npy", "in", "--json", "--bins", "2"]);
    let objects: Vec<serde_json::Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let gray = &objects[0]["channels"][0];
    assert_eq!(
        (&gray["nan"], &gray["mean"], &gray["percentiles"]["25"]),
        (&1.into(), &1.0.into(), &0.75.into())
    );
    assert_eq!(gray["histogram"]["counts"], serde_json::json!([1, 1]));
    assert_eq!((&objects[1]["alpha"], &objects[1]["width"]), (&"straight".into(), &4.into()));
    assert_eq!(objects[1]["channels"].as_array().map(Vec::len), Some(4));

    let run = place.run(&["stats", "b.npy", "--json", "--do", "cast u8", "--device", "cpu"]);
    let object: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!((&object["dtype"], &object["channels"][0]["max"]), (&"u8".into(), &255.0.into()));
}

#[test]
fn what_has_no_statistics_gets_a_line() {
    let place = Place::new();
    place.write("good.png", &png());
    place.write("bad.png", b"no picture at all");
    place.write("five.npy", &array(vec![0.0; 10], &[1, 2, 5]));
    place.write("cut.npy", &array(vec![0.0; 10], &[1, 10])[..60]);
    place.write(
        "doubles.npy",
        &npy::to_npy(&Buffer::from_vec(vec![0f64], &[1, 1]).expect("fits").view())
            .expect("written"),
    );
    place.write("empty/notes.txt", b"");
    for (args, code, line) in [
        ("bad.png good.png", 1, "bad.png: image: no picture"),
        ("gone.png", 1, "gone.png: cannot read: No such file"),
        ("five.npy", 1, "five.npy: pixel format: expected 1 to 4 channels, got 5"),
        ("cut.npy", 1, "cut.npy: "),
        ("doubles.npy", 1, "doubles.npy: image: expected u8, u16, f16 or f32"),
        ("good.png --max-pixels 100", 1, "good.png: "),
        ("good.png --do crop=", 2, "error: "),
        ("good.png --do resize --device nothing-like-it", 3, "error: "),
        ("empty", 2, "empty: no picture in this folder"),
    ] {
        let run = place.run(&[&["stats"], &args.split(' ').collect::<Vec<_>>()[..]].concat());
        assert_eq!(run.code, Some(code), "{args}: {run:?}");
        assert!(run.err.starts_with(line), "{args}: {run:?}");
        assert!(run.err.lines().count() <= 2, "{args}: {run:?}");
        assert_eq!(
            run.out.contains("good.png: 40x30 rgb u8"),
            args.starts_with("bad"),
            "{args}: {run:?}"
        );
    }
    for args in ["--bins 0 --json", "--bins 65537 --json", "--bins 4"] {
        let run =
            place.run(&[&["stats", "good.png"], &args.split(' ').collect::<Vec<_>>()[..]].concat());
        assert_eq!(run.code, Some(2), "{args}: {run:?}");
    }
}
