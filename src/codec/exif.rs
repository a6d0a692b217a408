//! The few things in EXIF data that change with a picture: its orientation, its size, and its thumbnail.
//!
//! It is not an EXIF library: all other tags are neither read nor judged. Damaged EXIF data never spoil a
//! picture: what cannot be read counts as upright, and what cannot be found is left as it is.

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
    Tiff::new(&mut bytes).set_upright();
    Cow::Owned(bytes)
}

/// Makes EXIF data true of a picture that was written upright in another size: they say so, and the thumbnail,
/// which shows the picture as it was, is wiped out.
pub(super) fn fit(tiff: &mut [u8], [width, height]: [usize; 2]) {
    let mut tiff = Tiff::new(tiff);
    tiff.set_upright();
    tiff.set_size(width, height);
    tiff.wipe_thumbnail();
}

/// EXIF data whose numbers are changed in their places (TIFF 6.0, section 2).
///
/// Every method gives `None` where a place is not there, and has then changed nothing that matters.
struct Tiff<'a> {
    bytes: &'a mut [u8],
    is_big: bool,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a mut [u8]) -> Self {
        let is_big = bytes.starts_with(b"MM");
        Self { bytes, is_big }
    }

    fn set_upright(&mut self) -> Option<()> {
        let entry = self.entry(self.first()?, 0x0112)?;
        self.put(entry, 1)
    }

    /// Sets the sizes that a camera noted, which stand in a directory of their own (EXIF 2.32, 4.6.3).
    fn set_size(&mut self, width: usize, height: usize) -> Option<()> {
        let own = self.values(self.entry(self.first()?, 0x8769)?)?.next()?;
        for (tag, side) in [(0xa002, width), (0xa003, height)] {
            if let Some(entry) = self.entry(own, tag) {
                self.put(entry, side)?;
            }
        }
        Some(())
    }

    /// Cuts the second directory off, and writes over what it points at.
    fn wipe_thumbnail(&mut self) -> Option<()> {
        let first = self.first()?;
        let link = first + 2 + 12 * self.number(first, 2)?;
        let second = self.number(link, 4).filter(|second| *second > 0)?;
        self.bytes.get_mut(link..link + 4)?.fill(0);
        // A JPEG, or strips of pixels: where, and how long.
        for (at, length) in [(0x0201, 0x0202), (0x0111, 0x0117)] {
            let [at, length] = [at, length].map(|tag| self.values(self.entry(second, tag)?));
            let parts: Vec<_> =
                at.into_iter().flatten().zip(length.into_iter().flatten()).collect();
            for (at, length) in parts {
                if let Some(part) = self.bytes.get_mut(at..at.saturating_add(length)) {
                    part.fill(0);
                }
            }
        }
        Some(())
    }

    /// The place of the first directory.
    fn first(&self) -> Option<usize> {
        self.number(4, 4)
    }

    /// The place of a tag's entry in a directory.
    fn entry(&self, directory: usize, tag: usize) -> Option<usize> {
        let count = self.number(directory, 2)?;
        let mut entries = (0..count).map(|entry| directory + 2 + 12 * entry);
        entries.find(|at| self.number(*at, 2) == Some(tag))
    }

    /// The whole numbers of an entry, which stand in it or, where they are many, elsewhere.
    fn values(&self, entry: usize) -> Option<impl Iterator<Item = usize> + '_> {
        let size = self.size(entry)?;
        let count = self.number(entry + 4, 4)?;
        let is_here = count.saturating_mul(size) <= 4;
        let at = if is_here { entry + 8 } else { self.number(entry + 8, 4)? };
        Some((0..count).map_while(move |number| self.number(at + number * size, size)))
    }

    /// Sets an entry of one whole number.
    fn put(&mut self, entry: usize, value: usize) -> Option<()> {
        let size = self.size(entry)?;
        let bytes = u32::try_from(value).ok()?.to_be_bytes();
        let bytes = bytes.get(4 - size..)?;
        let place = self.bytes.get_mut(entry + 8..entry + 8 + size)?;
        place.copy_from_slice(bytes);
        if !self.is_big {
            place.reverse();
        }
        Some(())
    }

    /// The bytes of a number of an entry.
    fn size(&self, entry: usize) -> Option<usize> {
        match self.number(entry + 2, 2)? {
            3 => Some(2),
            4 => Some(4),
            _ => None,
        }
    }

    fn number(&self, at: usize, size: usize) -> Option<usize> {
        let field = self.bytes.get(at..)?.get(..size)?.iter();
        let add = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if self.is_big { field.fold(0, add) } else { field.rev().fold(0, add) })
    }
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
