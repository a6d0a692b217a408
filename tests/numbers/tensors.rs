//! `standardize`, `cast`, and pictures as tensors.

use bytelens::image::TensorAxes;
use bytelens::op::pass::Arrangement;
use bytelens::{Buffer, DType, Device, Image, Pipeline, PixelFormat};

use super::{apart, bytes, floats, run, samples};

#[test]
fn a_cast_saturates_and_rounds_half_to_even() {
    let numbers = [-1.0, 0.0, 0.5 / 255.0, 1.5 / 255.0, 2.5 / 255.0, 0.5, 1.0, 7.0, f32::NAN];
    let image = floats(&[1, 9, 1], numbers.to_vec());
    let codes = run("cast u8", &image).view().to_vec::<u8>().expect("u8");
    assert_eq!(codes, [0, 0, 0, 2, 2, 128, 255, 255, 0]);
    let codes = run("cast u16", &image).view().to_vec::<u16>().expect("u16");
    assert_eq!([codes[0], codes[5], codes[6], codes[7], codes[8]], [0, 32_768, 65_535, 65_535, 0]);
    let halves = run("cast f16", &image).view().to_vec::<half::f16>().expect("f16");
    assert_eq!([halves[0], halves[7]].map(half::f16::to_f32), [-1.0, 7.0]);
    assert!(halves[8].is_nan());
    let ramp: Vec<u8> = (0..=255).collect();
    for through in ["u16", "f32", "f16"] {
        let wide = run(&format!("cast {through}"), &bytes(&[16, 16, 1], ramp.clone()));
        let again = run("cast u8", &wide).view().to_vec::<u8>().expect("u8");
        assert_eq!(again, ramp, "{through} keeps every code of 8 bits");
    }
}

#[test]
fn a_cast_sets_the_result_wherever_it_stands_and_costs_no_pass_where_there_is_one() {
    let image = bytes(&[6, 8, 4], (0..192).map(|n| (n * 7 % 256) as u8).collect());
    for (text, dtype, passes) in [
        ("cast f32", DType::F32, 1),
        ("cast u8", DType::U8, 0),
        ("flip | cast u16 | rotate 90", DType::U16, 1),
        ("resize 50% | cast f16", DType::F16, 2),
        ("cast f16 | resize 50%", DType::F16, 2),
        ("cast f32 | invert | cast u16", DType::U16, 1),
        ("invert | cast f32 | channels g", DType::F32, 1),
        ("channels g | cast f32", DType::F32, 1),
        ("cast f32 | channels rgb", DType::F32, 1),
        ("resize 50% | rotate 90 | standardize imagenet | cast f32", DType::F32, 2),
    ] {
        let pipeline: Pipeline = text.parse().expect(text);
        for arrangement in [Arrangement::PlanarRows, Arrangement::PaddedPixels] {
            let plan = pipeline.plan(image.info(), arrangement).expect(text);
            assert_eq!((plan.output.layout.dtype(), plan.passes.len()), (&dtype, passes), "{text}");
        }
        assert_eq!(run(text, &image).view().dtype(), &dtype, "{text}");
        let words = pipeline.explain(&Device::cpu(), image.info()).expect(text).to_string();
        let result = words.lines().find(|line| line.starts_with("result")).expect("a result");
        assert!(result.ends_with(&dtype.to_string()), "{text}: {words}");
    }
    // Nothing is cut off on the way to a result that keeps it.
    let bright = samples(&run("cast f32 | brightness 4 | brightness 0.25", &image));
    let plain = samples(&run("cast f32", &image));
    assert!(apart(&bright, &plain) < 2e-5);
    let cut = run("brightness 4", &image);
    assert!(apart(&samples(&run("brightness 0.25 | cast f32", &cut)), &plain) > 0.1);
}

#[test]
fn standardized_numbers_are_those_of_numpy() {
    // ((x / 255 - mean) / std).transpose(2, 0, 1), in float64, of a picture of two pixels.
    let image = bytes(&[1, 2, 3], vec![0, 128, 255, 64, 32, 16]);
    let out = run("standardize imagenet | cast f32", &image);
    let planes = out.to_tensor(TensorAxes::Chw).and_then(|planes| planes.view().to_contiguous());
    let planes = planes.expect("a tensor").view().to_vec::<f32>().expect("f32");
    let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let mut want = Vec::new();
    for channel in 0..3 {
        for pixel in [[0.0, 128.0, 255.0], [64.0, 32.0, 16.0]] {
            let number: f64 = (pixel[channel] / 255.0 - mean[channel]) / deviation[channel];
            want.push(number as f32);
        }
    }
    assert!(apart(&planes, &want) < 1e-6, "{planes:?} {want:?}");
    assert!(apart(&planes, &[0.0; 6]) > 1.0, "something was done");

    let eight = run("standardize imagenet", &image).view().to_vec::<u8>().expect("u8");
    assert_eq!(eight, [0, 52, 255, 0, 0, 0], "8 bits cut off what is below 0 and above 1");
    let gray = bytes(&[1, 1, 2], vec![128, 7]);
    for (text, channels) in [("standardize 0.5/0.5", 2), ("standardize clip", 4)] {
        let out = run(text, &gray);
        let codes = out.view().to_vec::<u8>().expect("u8");
        assert_eq!((codes.len(), codes[channels - 1]), (channels, 7), "{text}: alpha stays");
    }
    for wrong in ["0.5", "0.5/0", "1,2/3", "0.5/-1", "nan/1", "0.5/0.1/0.2"] {
        let text = format!("standardize {wrong}");
        let error = text.parse::<Pipeline>().expect_err(&text).to_string();
        assert!(error.contains("statistics must be none, imagenet, clip"), "{error}");
    }
}

#[test]
fn tensors_share_the_bytes_of_their_picture_and_come_back() {
    let image = bytes(&[3, 5, 4], (0..60).collect());
    let views = ["crop 2x3", "flip | rotate 90", ""].map(|text| run(text, &image));
    for image in views {
        let [height, width, channels] = [image.height(), image.width(), 4];
        for (axes, shape) in [
            (TensorAxes::Hwc, vec![height, width, channels]),
            (TensorAxes::Chw, vec![channels, height, width]),
            (TensorAxes::Nhwc, vec![1, height, width, channels]),
            (TensorAxes::Nchw, vec![1, channels, height, width]),
        ] {
            let tensor = image.to_tensor(axes).expect("a view");
            assert_eq!(tensor.shape(), shape, "{axes:?}");
            assert!(tensor.other_holders() > 0, "{axes:?}: the bytes are shared");
            let again = Image::from_tensor(&tensor, axes, image.format()).expect("a picture");
            assert_eq!(again.view().layout(), image.view().layout(), "{axes:?}");
            let real = tensor.view().to_contiguous().expect("a copy");
            let again = Image::from_tensor(&real, axes, image.format()).expect("a picture");
            assert_eq!(again.view().to_bytes().ok(), image.view().to_bytes().ok(), "{axes:?}");
        }
    }
}

#[test]
fn what_is_no_picture_or_no_batch_is_named() {
    let batch = Buffer::from_vec(vec![0u8; 24], &[2, 3, 2, 2]).expect("a batch");
    let planes = Buffer::from_vec(vec![0u8; 12], &[3, 2, 2]).expect("planes");
    let doubles = Buffer::from_vec(vec![0f64; 12], &[3, 2, 2]).expect("planes");
    for (tensor, axes, words) in [
        (&batch, TensorAxes::Nchw, "one picture: slice it out, got [2, 3, 2, 2]"),
        (&planes, TensorAxes::Nchw, "shape [1, channels, height, width]"),
        (&planes, TensorAxes::Hwc, "shape [height, width, 3]"),
        (&batch, TensorAxes::Chw, "shape [channels, height, width]"),
        (&doubles, TensorAxes::Chw, "u8, u16, f16 or f32"),
    ] {
        let error = Image::from_tensor(tensor, axes, PixelFormat::RGB).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    }
    let [one, other] =
        [[2, 2, 3], [2, 1, 3]].map(|shape| bytes(&shape, vec![0; shape.iter().product()]));
    let deep = run("cast u16", &one);
    for (images, words) in [
        (&[][..], "a picture or more"),
        (&[one.clone(), other][..], "picture 1"),
        (&[one.clone(), one, deep][..], "picture 2"),
    ] {
        let error = Image::stack(images).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
}
