//! `stats::of` beside plain sorting and sums over all samples at once.

use bytelens::stats::{self, Histogram, Options, PERCENTILES, Stats, Summary};
use bytelens::{Buffer, Image, PixelFormat};

use super::{bytes, floats, run};

fn of(image: &Image) -> Stats {
    stats::of(image, &Options::default()).expect("bins are in range")
}

/// The same by the definitions: `numpy.percentile`, `numpy.std`, `numpy.histogram`.
fn plainly(numbers: &[f64], ends: Option<[f64; 2]>, bins: usize) -> Option<Summary> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (min, max, count) = (*sorted.first()?, *sorted.last()?, sorted.len() as f64);
    let mean = sorted.iter().sum::<f64>() / count;
    let variance = sorted.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
    let percentiles = PERCENTILES.map(|percent| {
        let rank = percent / 100.0 * (count - 1.0);
        let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        (percent, low + (high - low) * rank.fract())
    });
    let [mut low, mut high] = ends.unwrap_or([min, max]);
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let mut counts = vec![0; bins];
    for number in &sorted {
        let bin = ((number - low) / (high - low) * bins as f64).floor() as usize;
        counts[bin.min(bins - 1)] += 1;
    }
    let histogram = Histogram { low, high, counts };
    Some(Summary { min, max, mean, deviation: variance.sqrt(), percentiles, histogram })
}

fn near(got: &Summary, want: &Summary) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs().max(1.0);
    let exact = (got.min, got.max, &got.histogram) == (want.min, want.max, &want.histogram);
    let ranked = got.percentiles.iter().zip(&want.percentiles);
    exact
        && close(got.mean, want.mean)
        && close(got.deviation, want.deviation)
        && ranked.clone().all(|(got, want)| got.0 == want.0 && close(got.1, want.1))
}

/// Numbers that come in the same order every time.
fn hashed(at: usize) -> u32 {
    (at as u32).wrapping_mul(2_654_435_761) >> 7
}

#[test]
fn every_number_is_that_of_plain_arithmetic_for_every_element_type_and_layout() {
    let shape = [37, 23, 3];
    let count: usize = shape.iter().product();
    let image = |buffer| Image::new(buffer, PixelFormat::RGB).expect("an image");
    let eight = (0..count).map(|at| (hashed(at) % 256) as u8).collect();
    let deep = (0..count).map(|at| (hashed(at) % 65_536) as u16).collect();
    // Of many sizes and both signs, some alike in their upper 16 bits alone.
    let wild = |at: usize| match at % 5 {
        0 => f32::from_bits(0x3f80_0000 + hashed(at) % 9),
        1 => -(hashed(at) as f32) * 1e-3,
        2 => (hashed(at) % 1000) as f32 * 1e-30,
        _ => hashed(at) as f32 / 1e7 - 1.0,
    };
    let single: Vec<f32> = (0..count).map(wild).collect();
    let half = (0..count).map(|at| half::f16::from_f32(wild(at) / 1e3)).collect();
    let images = [
        image(Buffer::from_vec::<u8>(eight, &shape).expect("fits")),
        image(Buffer::from_vec::<u16>(deep, &shape).expect("fits")),
        image(Buffer::from_vec::<half::f16>(half, &shape).expect("fits")),
        image(Buffer::from_vec(single, &shape).expect("fits")),
    ];
    let ends = [Some([0.0, 256.0]), Some([0.0, 65_536.0]), None, None];
    for (image, ends) in images.iter().zip(ends) {
        for text in ["", "flip | rotate 90 | crop 20x11", "crop 1x1", "crop 2x1"] {
            let image = run(text, image);
            let numbers: Vec<f64> = match image.view().dtype().to_string().as_str() {
                "u8" => {
                    image.view().to_vec::<u8>().expect("u8").into_iter().map(f64::from).collect()
                }
                "u16" => {
                    image.view().to_vec::<u16>().expect("u16").into_iter().map(f64::from).collect()
                }
                "f16" => image
                    .view()
                    .to_vec::<half::f16>()
                    .expect("f16")
                    .into_iter()
                    .map(f64::from)
                    .collect(),
                _ => {
                    image.view().to_vec::<f32>().expect("f32").into_iter().map(f64::from).collect()
                }
            };
            for bins in [1, 10, 256] {
                let got = stats::of(&image, &Options::default().bins(bins)).expect("in range");
                for (at, channel) in got.channels.iter().enumerate() {
                    let own: Vec<f64> = numbers.iter().skip(at).step_by(3).copied().collect();
                    let want = plainly(&own, ends, bins).expect("numbers");
                    let case = format!("{} {text} {bins} bins, {}", got.dtype, channel.name);
                    let summary = channel.summary.as_ref().expect("numbers");
                    assert!(near(summary, &want), "{case}: {summary:?} {want:?}");
                    let other = plainly(&own, ends, bins + 1).expect("numbers");
                    assert!(!near(summary, &other), "{case}: others are noticed");
                    assert_eq!(channel.count, own.len() as u64, "{case}");
                }
            }
        }
    }
}

#[test]
fn a_mean_far_from_zero_costs_the_deviation_nothing() {
    // Naive sums of squares lose all of it.
    let image = floats(&[100, 100, 1], (0..10_000).map(|at| 4e6 + (at % 2) as f32).collect());
    let gray = of(&image).channels[0].summary.clone().expect("numbers");
    assert_eq!((gray.mean, gray.deviation), (4e6 + 0.5, 0.5));
}

#[test]
fn what_is_no_number_is_counted_and_left_out() {
    let odd = vec![1.0, f32::NAN, f32::INFINITY, 3.0, f32::NEG_INFINITY, -f32::NAN];
    let halves = odd.iter().map(|v| half::f16::from_f32(*v)).collect();
    let halves = Buffer::from_vec::<half::f16>(halves, &[2, 3, 1]).expect("fits");
    for image in [floats(&[2, 3, 1], odd), Image::new(halves, PixelFormat::GRAY).expect("an image")]
    {
        let gray = &of(&image).channels[0];
        assert_eq!((gray.count, gray.nan, gray.infinite), (6, 2, 2));
        let summary = gray.summary.as_ref().expect("two numbers");
        assert_eq!((summary.min, summary.max, summary.mean), (1.0, 3.0, 2.0));
        assert_eq!(summary.histogram.counts.iter().sum::<u64>(), 2);
    }
}

#[test]
fn transparent_pixels_count_for_alpha_alone() {
    let opaque = bytes(&[1, 2, 4], vec![10, 20, 30, 255, 50, 60, 70, 1]);
    let mixed = bytes(&[1, 3, 4], vec![10, 20, 30, 255, 99, 99, 99, 0, 50, 60, 70, 1]);
    let (want, got) = (of(&opaque), of(&mixed));
    assert_eq!((want.transparent, got.transparent), (0, 1));
    assert_eq!(got.channels[..3], want.channels[..3]);
    assert_eq!((got.channels[3].name, got.channels[3].count), ("alpha", 3));
    assert_ne!(got.channels[3], want.channels[3]);

    let nothing = of(&floats(&[1, 1, 2], vec![0.5, 0.0]));
    assert_eq!((nothing.channels[0].count, &nothing.channels[0].summary), (0, &None));
    assert!(nothing.channels[1].summary.is_some());
}

#[test]
fn empty_pictures_have_no_numbers_and_bins_have_a_range() {
    for shape in [[0, 4, 3], [4, 0, 3]] {
        for image in [bytes(&shape, Vec::new()), floats(&shape, Vec::new())] {
            assert!(of(&image).channels.iter().all(|one| one.count == 0 && one.summary.is_none()));
        }
    }
    let image = bytes(&[1, 1, 1], vec![5]);
    for bins in [0, 65_537] {
        let error = stats::of(&image, &Options::default().bins(bins)).expect_err("out of range");
        assert!(error.to_string().contains("stats: bins must be in 1..=65536"), "{error}");
    }
}
