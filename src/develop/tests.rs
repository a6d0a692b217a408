//! The device against the host, over pictures of every structure.

use super::{Developer, Packing};
use crate::codec::jpeg::testing::Sketch;
use crate::codec::jpeg::{Decoder, Scale};
use crate::device::gpu::testing::{gpu, validated};
use crate::limits::Limits;

/// Sampling factors: none, halved across, down and both ways, a quarter, uneven ones, and four components.
const SAMPLINGS: [&[(usize, usize)]; 9] = [
    &[(1, 1)],
    &[(2, 2)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (2, 1)],
    &[(3, 1), (1, 1), (2, 1)],
    &[(2, 2), (1, 1), (1, 1), (2, 2)],
];

fn decoder(file: &[u8]) -> Decoder<'_> {
    Decoder::new(file, &Limits::default()).expect("a head")
}

/// Returns the first sample in which device and host differ.
fn difference(developer: &Developer, file: &[u8], scale: Scale) -> Option<(usize, u8, u8)> {
    let decoder = decoder(file).scale(scale);
    let want = decoder.decode().expect("a picture");
    let got = developer.decode(&decoder).expect("a picture on the device");
    assert_eq!(got.shape(), want.view().shape());
    let got = got.download().expect("pixels").view().to_vec::<u8>().expect("8 bits");
    let want = want.view().to_vec::<u8>().expect("8 bits");
    let mut pairs = got.iter().zip(&want).enumerate();
    pairs.find(|(_, (got, want))| got != want).map(|(at, (got, want))| (at, *got, *want))
}

#[test]
fn the_device_makes_the_pixels_that_the_host_makes_at_every_scale() {
    let developer = Developer::new(&gpu()).expect("a developer");
    for sampling in SAMPLINGS {
        for (width, height) in [(1, 1), (2, 3), (17, 9), (131, 45)] {
            let file = Sketch::new(width, height, sampling, 7).baseline(0);
            for packing in [Packing::Dense, Packing::Sparse, Packing::Smaller] {
                let developer = developer.clone().with_packing(packing);
                for scale in Scale::ALL {
                    let off = difference(&developer, &file, scale);
                    let name = format!("{sampling:?} {width}x{height} {packing:?} {scale:?}");
                    assert_eq!(off, None, "{name}");
                }
            }
        }
    }
}

#[test]
fn pictures_of_other_tools_are_the_same_on_the_device() {
    let developer = Developer::new(&gpu()).expect("a developer");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/codec");
    for name in ["420", "422_33x25", "grey", "progressive_420", "cmyk_adobe", "ycck_adobe"] {
        let file = std::fs::read(format!("{folder}/jpeg_{name}.jpg")).expect(name);
        for scale in Scale::ALL {
            assert_eq!(difference(&developer, &file, scale), None, "{name} {scale:?}");
        }
    }
}

#[test]
fn a_shader_that_is_broken_on_purpose_is_noticed() {
    let file = Sketch::new(40, 40, SAMPLINGS[5], 3).baseline(0);
    let parsed = |text: &str| crate::Kernel::parse("broken", text).expect("a kernel");
    for (from, to) in [("- 15137", "- 15136"), ("* 8192", "* 8191")] {
        let mut developer = Developer::new(&gpu()).expect("a developer");
        let text = developer.blocks.source().replace(from, to);
        developer.blocks = parsed(&text);
        assert!(difference(&developer, &file, Scale::Full).is_some(), "{from} as {to}");
    }
    for (from, to) in [("+ 8 - right", "+ 8"), ("91881", "91880 / 2"), ("a.b << 16u", "a.b << 8u")]
    {
        let mut developer = Developer::new(&gpu()).expect("a developer");
        let text = developer.pixels.source().replace(from, to);
        developer.pixels = parsed(&text).with_entry("make_pixels").expect("an entry");
        assert!(difference(&developer, &file, Scale::Full).is_some(), "{from} as {to}");
    }
}

#[test]
fn coefficients_that_are_not_of_one_picture_are_an_error() {
    let developer = Developer::new(&gpu()).expect("a developer");
    let file = Sketch::new(40, 40, SAMPLINGS[5], 3).baseline(0);
    let good = decoder(&file).coefficients().expect("coefficients");
    let refused = |change: &dyn Fn(&mut crate::codec::jpeg::Coefficients)| {
        let mut coefficients = good.clone();
        change(&mut coefficients);
        developer.develop(&coefficients, Scale::Full).expect_err("refused").to_string()
    };
    let wide = refused(&|one| one.width = 400);
    assert!(wide.contains("blocks of shape [6, 50, 8, 8]"), "{wide}");
    let few = refused(&|one| one.components.truncate(2));
    assert!(few.contains("1, 3 or 4 components"), "{few}");
    let odd = refused(&|one| one.components[0].sampling = (0, 9));
    assert!(odd.contains("sampled by 1 to 4"), "{odd}");
    let factors = refused(&|one| one.components[2].factors = one.components[1].blocks.clone());
    assert!(factors.contains("u16") || factors.contains("[8, 8]"), "{factors}");
}

#[test]
fn what_goes_up_is_the_smaller_packing() {
    let file = Sketch::new(64, 64, SAMPLINGS[5], 3).baseline(0);
    let coefficients = decoder(&file).coefficients().expect("coefficients");
    let bytes = |packing| coefficients.upload_bytes(packing).expect("a number");
    assert_eq!(bytes(Packing::Dense), (64 + 16 + 16) * 128);
    assert!(bytes(Packing::Sparse) < bytes(Packing::Dense));
    assert!(bytes(Packing::Smaller) <= bytes(Packing::Sparse));
}

#[test]
fn both_shaders_are_valid() {
    validated(include_str!("../../shaders/jpeg/blocks.wgsl"));
    validated(include_str!("../../shaders/jpeg/pixels.wgsl"));
}
