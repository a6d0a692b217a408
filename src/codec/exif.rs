//! Reads the one EXIF tag that changes how a picture is seen: its orientation.
//!
//! It is not an EXIF library: nothing else is read, and nothing is written. Damaged EXIF data never
//! spoil a picture: what cannot be read counts as upright.

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

#[cfg(test)]
mod tests {
    use super::orientation;
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
    fn damaged_data_are_upright() {
        let whole = tiff(6, true);
        for length in 0..whole.len() - 4 {
            let read = orientation(&whole[..length]);
            assert!([Orientation::Upright, Orientation::NeedsRotate90].contains(&read));
        }
        assert_eq!(orientation(b"MM\0*\xff\xff\xff\xff"), Orientation::Upright);
    }
}
