//! Reads the one EXIF tag that changes how a picture is seen: its orientation.
//!
//! It is not an EXIF library: nothing else is read, and no other tag is written. Damaged EXIF data never
//! spoil a picture: what cannot be read counts as upright.

use std::borrow::Cow;

use ::exif::{Error, In, Reader, Tag};

use crate::image::Orientation;

/// Reads the orientation from EXIF data that start with their TIFF header.
pub(super) fn orientation(tiff: &[u8]) -> Orientation {
    let read = Reader::new().continue_on_error(true).read_raw(tiff.to_vec());
    let exif = match read {
        Ok(exif) => exif,
        Err(Error::PartialResult(partial)) => partial.into_inner().0,
        Err(_) => return Orientation::Upright,
    };
    exif.get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .and_then(Orientation::from_exif)
        .unwrap_or_default()
}

/// Returns EXIF data that say that the picture is upright, all else as it was.
pub(super) fn upright(tiff: &[u8]) -> Cow<'_, [u8]> {
    if orientation(tiff) == Orientation::Upright {
        return Cow::Borrowed(tiff);
    }
    let mut bytes = tiff.to_vec();
    set_upright(&mut bytes);
    Cow::Owned(bytes)
}

/// Finds the tag in the first directory (TIFF 6.0, section 2) and sets it to 1; `None` where it is not there.
fn set_upright(bytes: &mut [u8]) -> Option<()> {
    let is_big = bytes.starts_with(b"MM");
    let number = |bytes: &[u8], at: usize, size: usize| {
        let field = bytes.get(at..)?.get(..size)?.iter();
        let add = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if is_big { field.fold(0, add) } else { field.rev().fold(0, add) })
    };
    let directory = number(bytes, 4, 4)?;
    let count = number(bytes, directory, 2)?;
    let mut entries = (0..count).map(|entry| directory + 2 + 12 * entry);
    let entry = entries.find(|at| number(bytes, *at, 2) == Some(0x0112))?;
    let value: [u8; 2] = if is_big { [0, 1] } else { [1, 0] };
    bytes.get_mut(entry + 8..entry + 10)?.copy_from_slice(&value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{orientation, upright};
    use crate::image::Orientation;

    /// EXIF data with the orientation tag alone, in either byte order.
    fn tiff(number: u16, big_endian: bool) -> Vec<u8> {
        let u16 = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let u32 = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let order: &[u8] = if big_endian { b"MM" } else { b"II" };
        let mut bytes = [order, &u16(42), &u32(8), &u16(1)].concat();
        bytes.extend([u16(0x0112), u16(3)].concat());
        bytes.extend([&u32(1)[..], &u16(number), &u16(0), &u32(0)].concat());
        bytes
    }

    #[test]
    fn every_orientation_is_read_in_both_byte_orders_and_the_rest_is_upright() {
        for number in 0..12 {
            let expected = Orientation::from_exif(u32::from(number)).unwrap_or_default();
            for big_endian in [false, true] {
                assert_eq!(orientation(&tiff(number, big_endian)), expected, "{number}");
            }
        }
    }

    #[test]
    fn the_orientation_alone_is_set_upright() {
        for number in 0..12 {
            for big_endian in [false, true] {
                let before = tiff(number, big_endian);
                let after = upright(&before);
                assert_eq!(orientation(&after), Orientation::Upright, "{number}");
                let changed = before.iter().zip(after.iter()).filter(|(a, b)| a != b).count();
                assert_eq!(changed, usize::from((2..9).contains(&number)), "{number}");
            }
        }
    }

    #[test]
    fn damaged_data_are_upright() {
        let whole = tiff(6, true);
        for length in 0..whole.len() - 4 {
            let read = orientation(&whole[..length]);
            assert!([Orientation::Upright, Orientation::NeedsRotate90].contains(&read));
        }
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), Orientation::Upright);
    }
}
