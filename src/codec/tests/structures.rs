//! JPEG files that say the same in unusual ways give the same picture.

use super::{jpeg, picture, read};
use crate::dtype::DType;
use crate::error::Error;

/// Splits a JPEG into its segments, each with its marker; the last one runs to the end.
fn segments(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![bytes[..2].to_vec()];
    let mut at = 2;
    while bytes[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        parts.push(bytes[at..at + length].to_vec());
        at += length;
    }
    parts.push(bytes[at..].to_vec());
    parts
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment");
    [&[0xff, marker], &length.to_be_bytes()[..], data].concat()
}

/// Puts bytes in front of every segment from the third on.
fn with_between(parts: &[Vec<u8>], between: &[u8]) -> Vec<u8> {
    [parts[0].clone(), parts[1..].join(between)].concat()
}

fn insert(parts: &[Vec<u8>], part: Vec<u8>) -> Vec<u8> {
    [&parts[..1], &[part], &parts[1..]].concat().concat()
}

#[test]
fn the_same_picture_said_in_other_ways_is_the_same() {
    for channels in [1, 3] {
        let bytes = jpeg(&picture(21, 35, channels, DType::U8));
        let parts = segments(&bytes);
        let without = |marker: u8| -> Vec<u8> {
            parts.iter().filter(|part| part[1] != marker).cloned().collect::<Vec<_>>().concat()
        };
        let adobe =
            |transform: u8| segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
        let second_start = segment(0xfe, &[b"\xff\xd8\xff\xd9", &bytes[..40]].concat());
        let rows: Vec<(&str, Vec<u8>)> = vec![
            ("fill bytes before markers", with_between(&parts, b"\xff\xff\xff")),
            ("junk between segments", with_between(&parts, b"\0junk\xff\0")),
            ("a comment", insert(&parts, segment(0xfe, b"a comment"))),
            ("a comment that holds a file", insert(&parts, second_start)),
            ("no tables of codes, as in motion JPEG", without(0xc4)),
            ("no JFIF segment", without(0xe0)),
            ("an Adobe segment that JFIF overrides", insert(&parts, adobe(0))),
            ("an Adobe segment", insert(&parts, adobe(1))),
            ("EXIF data that are none", insert(&parts, segment(0xe1, b"Exif\0\0II*\0\xff\xff"))),
            ("a profile cut short", insert(&parts, segment(0xe2, b"ICC_PROFILE\0\x02\x05"))),
            ("a second picture behind the first", [&bytes[..], &bytes[..]].concat()),
        ];
        let expected = read(&bytes).expect("a picture").view().to_bytes().expect("memory");
        for (name, other) in rows {
            let image = read(&other).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                image.view().to_bytes().expect("memory") == expected,
                "{name}, {channels} channels"
            );
        }
    }
}

#[test]
fn rgb_is_known_by_its_adobe_segment_and_by_its_names() {
    use ::jpeg_encoder::{ColorType, Encoder};
    // Written as if red, green and blue were YCbCr, so that nothing is converted.
    let colors = [200u8, 30, 90];
    let mut bytes = Vec::new();
    let encoder = Encoder::new(&mut bytes, 100);
    encoder.encode(&colors.repeat(16 * 16), 16, 16, ColorType::Ycbcr).expect("a JPEG");
    let mut parts = segments(&bytes);
    parts.retain(|part| part[1] != 0xe0);
    let adobe = insert(&parts, segment(0xee, b"Adobe\0\x64\0\0\0\0\0"));
    for part in &mut parts {
        let names: &[(usize, u8)] = match part[1] {
            0xc0 => &[(10, b'R'), (13, b'G'), (16, b'B')],
            0xda => &[(5, b'R'), (7, b'G'), (9, b'B')],
            _ => &[],
        };
        names.iter().for_each(|(at, name)| part[*at] = *name);
    }
    for (name, bytes) in [("Adobe", adobe), ("names", parts.concat())] {
        let got = read(&bytes).expect("a picture").view().to_vec::<u8>().expect("8 bits");
        let worst = got.iter().zip(colors.iter().cycle()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(2), "{name}: {:?} instead of {colors:?}", &got[..3]);
    }
}

#[test]
fn kinds_of_jpeg_that_are_not_read_are_named() {
    let bytes = jpeg(&picture(8, 8, 3, DType::U8));
    let frame =
        segments(&bytes).iter().take_while(|part| part[1] != 0xc0).map(Vec::len).sum::<usize>();
    let rows: [(usize, u8, &str); 6] = [
        (1, 0xc3, "lossless JPEG"),
        (1, 0xc5, "hierarchical JPEG"),
        (1, 0xc9, "arithmetic coding"),
        (1, 0xca, "arithmetic coding"),
        (4, 12, "JPEG with 12 bits"),
        (9, 2, "JPEG with 2 components"),
    ];
    for (at, byte, name) in rows {
        let mut other = bytes.clone();
        other[frame + at] = byte;
        let error = read(&other).expect_err(name);
        assert!(matches!(error, Error::Unsupported { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn the_height_may_come_behind_the_picture() {
    let bytes = jpeg(&picture(21, 35, 3, DType::U8));
    let frame = bytes.windows(2).position(|pair| pair == b"\xff\xc0").expect("a frame");
    let mut open = bytes.clone();
    open[frame + 5..frame + 7].fill(0);
    let text = read(&open).expect_err("no height").to_string();
    assert!(text.contains("height"), "{text}");
    let end = open.len() - 2;
    let told = [&open[..end], &segment(0xdc, &[0, 21]), b"\xff\xd9"].concat();
    let pixels = |bytes: &[u8]| read(bytes).expect("a picture").view().to_bytes().expect("memory");
    assert!(pixels(&told) == pixels(&bytes));
}
