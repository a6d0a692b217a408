//! Some rows of a picture alone.

use super::{SAMPLINGS, sketch};
use crate::codec::jpeg::{Decoder, Scale};
use crate::limits::Limits;

fn decoder(file: &[u8]) -> Decoder<'_> {
    Decoder::new(file, &Limits::default()).expect("a head")
}

fn pixels(decoder: &Decoder<'_>) -> Vec<u8> {
    let image = decoder.decode().expect("a picture");
    image.view().to_vec::<u8>().expect("8 bits")
}

#[test]
fn rows_alone_are_those_of_the_whole_picture_whatever_its_structure() {
    for sampling in SAMPLINGS {
        let sketch = sketch(70, 61, sampling);
        for file in [sketch.baseline(0), sketch.baseline(3), sketch.progressive(0)] {
            for scale in Scale::ALL {
                let decoder = decoder(&file).scale(scale);
                let (width, height) = decoder.size();
                let size = width * decoder.header().channels;
                let whole = pixels(&decoder);
                for first in [0, 1, height / 2, height - 1] {
                    for count in [0, 1, 5, height] {
                        let rows = first..height.min(first + count);
                        let got = pixels(&decoder.clone().rows(rows.clone()));
                        let want = &whole[rows.start * size..rows.end * size];
                        assert!(got == want, "{sampling:?} {scale:?} {rows:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn rows_that_are_not_there_are_an_error_before_memory_is_taken() {
    let file = sketch(20, 20, SAMPLINGS[0]).baseline(0);
    #[expect(clippy::reversed_empty_ranges, reason = "a caller may err")]
    for rows in [0..21, 7..3, 20..usize::MAX, usize::MAX..usize::MAX] {
        let error = decoder(&file).rows(rows).decode().expect_err("refused").to_string();
        assert!(error.contains("a range within 0..20"), "{error}");
    }
    let half = decoder(&file).scale(Scale::Half).rows(0..11).decode();
    assert!(half.expect_err("refused").to_string().contains("0..10"));
}

#[test]
fn what_is_below_is_not_decoded_and_what_is_above_is_where_there_are_no_restarts() {
    let whole = sketch(64, 128, SAMPLINGS[2]);
    for (restart, looks) in [(0, true), (8, false)] {
        let mut file = whole.baseline(restart);
        let data = file.len() * 2 / 3;
        file.truncate(data);
        file.extend([0xff, 0xd9]);
        let decoder = decoder(&file);
        assert!(decoder.decode().is_err(), "the whole is damaged");
        // All intervals must be there, whatever is in them.
        assert_eq!(decoder.rows(0..16).decode().is_ok(), looks, "restart {restart}");
        // The first coded block becomes no code at all.
        let mut above = whole.baseline(restart);
        let start = above.windows(2).position(|two| two == [0xff, 0xda]).expect("a scan") + 14;
        above[start..start + 4].copy_from_slice(&[0xff, 0, 0xff, 0]);
        let below = Decoder::new(&above, &Limits::default()).expect("a head").rows(64..80).decode();
        assert_eq!(below.is_err(), looks, "restart {restart}");
    }
}
