//! Pictures of every structure.

use super::super::decode;
use super::super::geometry::{Scale, ZIGZAG};
use super::super::report::Report;
use super::super::structure::Structure;
use super::super::testing::Sketch;
use super::{SAMPLINGS, picture, pixels, sketch};
use crate::limits::Limits;

/// Whether the coefficients of a file are those of a picture; lone components have no blocks that only
/// fill up units.
fn is_exact(file: &[u8], sketch: &Sketch, has_filling: bool) -> bool {
    let mut report = Report::default();
    let structure = Structure::read(file, &Limits::default(), &mut report).expect("a structure");
    let decoded = decode::coefficients(&structure, &mut report).expect("coefficients");
    decoded.iter().enumerate().all(|(number, ((columns, _), values))| {
        let own = sketch.frame.own_blocks(number);
        sketch.blocks[number].iter().zip(values.as_chunks::<64>().0).enumerate().all(
            |(at, (want, got))| {
                let is_coded = has_filling || (at % columns < own.0 && at / columns < own.1);
                ZIGZAG.iter().zip(want).all(|(place, want)| {
                    let want = if is_coded { *want } else { 0 };
                    got[usize::from(*place)] == want
                })
            },
        )
    })
}

#[test]
fn every_coefficient_is_decoded_whatever_the_scans_and_sampling_factors() {
    for sampling in SAMPLINGS {
        for (width, height) in [(1, 1), (8, 8), (17, 9), (70, 45), (131, 33)] {
            let sketch = sketch(width, height, sampling);
            let each: Vec<Vec<usize>> = (0..sketch.blocks.len()).map(|one| vec![one]).collect();
            let each: Vec<&[usize]> = each.iter().map(Vec::as_slice).collect();
            for restart in [0, 1, 3, 100] {
                let name = format!("{sampling:?}, {width}x{height}, restart {restart}");
                assert!(is_exact(&sketch.baseline(restart), &sketch, true), "baseline {name}");
                let separate = sketch.sequential(&each, restart);
                assert!(is_exact(&separate, &sketch, sampling.len() == 1), "separate {name}");
                let progressive = sketch.progressive(restart);
                // AC coefficients of filling blocks are in no progressive scan.
                let mut bare = sketch.clone();
                for (number, blocks) in bare.blocks.iter_mut().enumerate() {
                    let (own, columns) =
                        (sketch.frame.own_blocks(number), sketch.frame.all_blocks(number).0);
                    for (at, block) in blocks.iter_mut().enumerate() {
                        if at % columns >= own.0 || at / columns >= own.1 {
                            block[1..].fill(0);
                        }
                    }
                }
                assert!(is_exact(&progressive, &bare, true), "progressive {name}");
            }
        }
    }
}

#[test]
fn a_run_of_empty_blocks_ends_with_its_restart_interval() {
    let sketch = sketch(131, 45, SAMPLINGS[0]);
    let mut passes = sketch.passes(3);
    passes.iter_mut().for_each(|pass| pass.overrun = 2);
    let file = sketch.progressive_of(&passes);
    assert!(file != sketch.progressive(3), "no run reaches too far: nothing is tested");
    assert!(is_exact(&file, &sketch, false));
}

#[test]
fn a_wrong_coefficient_is_noticed() {
    let right = sketch(33, 20, SAMPLINGS[4]);
    let mut wrong = right.clone();
    wrong.blocks[1][0][63] += 1;
    assert!(!is_exact(&wrong.baseline(0), &right, true));
    assert!(!is_exact(&wrong.progressive(0), &right, true));
}

#[test]
fn pixels_do_not_depend_on_how_they_are_stored() {
    for sampling in SAMPLINGS {
        for (width, height) in [(1, 1), (2, 3), (16, 16), (17, 33), (131, 40)] {
            let sketch = sketch(width, height, sampling);
            let each: Vec<Vec<usize>> = (0..sketch.blocks.len()).map(|one| vec![one]).collect();
            let each: Vec<&[usize]> = each.iter().map(Vec::as_slice).collect();
            for scale in Scale::ALL {
                let files = [
                    sketch.baseline(0),
                    sketch.baseline(2),
                    sketch.sequential(&each, 0),
                    sketch.progressive(0),
                ];
                let [plain, others @ ..] =
                    files.map(|file| picture(&file, scale, false).expect("a picture"));
                assert_eq!((plain.0, plain.1), (scale.of(width), scale.of(height)));
                for other in others {
                    assert!(plain.2 == other.2, "{sampling:?} {width}x{height} {scale:?}");
                }
            }
        }
    }
}

#[test]
fn odd_sampling_factors_take_the_nearest_sample() {
    for sampling in [[(3, 1), (1, 1), (1, 1)], [(3, 2), (2, 1), (1, 1)], [(4, 1), (1, 1), (2, 1)]] {
        let (width, height) = (70, 45);
        let mut whole = Sketch::new(width, height, &sampling, 7);
        // Named so that no colour is converted.
        for (component, id) in whole.frame.components.iter_mut().zip(*b"RGB") {
            component.id = id;
        }
        let (h_max, v_max) = whole.frame.max_sampling();
        let got = pixels(&whole.baseline(0));
        for (channel, (h, v)) in sampling.into_iter().enumerate() {
            let (w, ht) = ((width * h).div_ceil(h_max), (height * v).div_ceil(v_max));
            let mut alone = Sketch::new(w, ht, &[(1, 1)], 0);
            let (columns, rows) = alone.frame.all_blocks(0);
            let stride = whole.frame.all_blocks(channel).0;
            for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
                alone.blocks[0][y * columns + x] = whole.blocks[channel][y * stride + x];
            }
            let plane = pixels(&alone.baseline(0));
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let near = |at: usize, of: usize, to: usize| (2 * at + 1) * of / (2 * to);
                let want = plane[near(y, v, v_max) * w + near(x, h, h_max)];
                let is_doubled = |of: usize, to: usize| to == 2 * of;
                // Halves are interpolated; that is the matter of other tests.
                if !is_doubled(h, h_max) && !is_doubled(v, v_max)
                    || (h_max / h == 3 || h_max / h == 4)
                {
                    assert_eq!(
                        got[(y * width + x) * 3 + channel],
                        want,
                        "{sampling:?} {channel} {x},{y}"
                    );
                }
            }
        }
    }
}

#[test]
fn reduced_pictures_are_near_the_means_of_the_full_one() {
    // A smooth picture: its lowest frequencies are all it has.
    let mut smooth = Sketch::new(256, 128, &[(2, 2), (1, 1), (1, 1)], 5);
    for blocks in &mut smooth.blocks {
        for (at, block) in blocks.iter_mut().enumerate() {
            let dc = 120 + (at % 16) as i16 * 5;
            *block = [0; 64];
            (block[0], block[1], block[2]) = (dc, 9, -7);
        }
    }
    let (width, _, full, _) = picture(&smooth.baseline(0), Scale::Full, false).expect("a picture");
    for (scale, by) in [(Scale::Half, 2), (Scale::Quarter, 4), (Scale::Eighth, 8)] {
        let (w, h, small, _) = picture(&smooth.baseline(0), scale, false).expect("a picture");
        for (y, x, c) in
            (0..h).flat_map(|y| (0..w).flat_map(move |x| (0..3).map(move |c| (y, x, c))))
        {
            let sum: usize = (0..by * by)
                .map(|at| {
                    usize::from(full[((y * by + at / by) * width + x * by + at % by) * 3 + c])
                })
                .sum();
            let (mean, got) = (sum / (by * by), usize::from(small[(y * w + x) * 3 + c]));
            assert!(mean.abs_diff(got) <= 8, "{scale:?} {x},{y}: {got} and not {mean}");
        }
    }
}
