//! What the numbers of a picture stand for goes into files, and comes back from them.

use super::{jpeg, picture, png, read};
use crate::dtype::DType;
use crate::image::{Color, Profile};

#[test]
fn a_profile_comes_back_from_every_format_and_one_of_another_colour_is_left_out() {
    // Longer than a segment of a JPEG holds, so that it comes in parts.
    let mut bytes: Vec<u8> =
        (0..150_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for (kind, color) in [(b"RGB ", Color::Rgb), (b"GRAY", Color::Gray)] {
        bytes[16..20].copy_from_slice(kind);
        let profile = Profile::from_icc(&bytes);
        for channels in [1, 3] {
            let image = picture(8, 9, channels, DType::U8).with_profile(Some(profile.clone()));
            let fits = (color == Color::Gray) == (channels == 1);
            let wanted = fits.then_some(&profile);
            for (name, file) in [("PNG", png(&image)), ("JPEG", jpeg(&image))] {
                let back = read(&file).expect(name);
                assert!(
                    back.info().profile.as_ref() == wanted,
                    "{name}, {kind:?}, {channels} channels"
                );
            }
        }
    }
    let plain = picture(8, 9, 3, DType::U8);
    assert_eq!(read(&png(&plain)).expect("PNG").info().profile, None);
}

#[test]
fn a_png_says_by_code_points_what_its_numbers_are() {
    let file = png(&picture(4, 4, 3, DType::U8));
    for (codes, is_profile) in
        [([12, 13, 0, 1], true), ([1, 13, 0, 1], false), ([9, 16, 0, 1], false)]
    {
        // Behind the signature and IHDR.
        let mut chunk = b"cICP".to_vec();
        chunk.extend(codes);
        // ISO/IEC 15948, annex D.
        let sum = chunk.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
            })
        });
        let sum = !sum;
        let mut changed = file[..33].to_vec();
        changed.extend(4_u32.to_be_bytes().iter().chain(&chunk).chain(&sum.to_be_bytes()));
        changed.extend(&file[33..]);
        let back = read(&changed).expect("a PNG");
        assert_eq!(back.info().profile.is_some(), is_profile, "{codes:?}");
    }
}
