//! What a file says beside its picture: EXIF data and XMP, as bytes.
//!
//! They are taken from one file to another as they are, but for what would no longer be true: which way up the
//! picture is stored, its size, and its thumbnail. Colour profiles are not here: they are a part of the picture
//! ([`ImageInfo::profile`](crate::ImageInfo)).

use super::encode::EncodeOptions;
use super::format::{Format, detect};
#[cfg(feature = "formats")]
use super::others;
use super::{exif, jpeg, png};
use crate::error::Result;
use crate::image::Image;
use crate::limits::Limits;

/// What a file says beside its picture.
///
/// ```
/// use bytelens::codec::{EncodeOptions, Format, Notes, encode_with, notes};
/// use bytelens::{Buffer, Image, Limits, PixelFormat};
///
/// let picture = Image::new(Buffer::from_vec(vec![120_u8; 8 * 6], &[6, 8, 1])?, PixelFormat::GRAY)?;
/// let packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
/// let said = Notes { xmp: Some(packet.to_vec()), ..Notes::default() };
/// let file = encode_with(&picture, &EncodeOptions::new(Format::Png), &said)?;
/// assert_eq!(notes(&file, &Limits::default())?.xmp.as_deref(), Some(&packet[..]));
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// EXIF data: a TIFF file.
    pub exif: Option<Vec<u8>>,
    /// The XMP packet.
    pub xmp: Option<Vec<u8>>,
    /// The XMP that did not fit in the packet, which names its digest. JPEG alone has it.
    pub extended_xmp: Option<Vec<u8>>,
}

impl Notes {
    /// Returns what cannot be written into files of a format; `None` is one that is no picture.
    #[must_use]
    pub fn lost_in(&self, format: Option<Format>) -> Vec<&'static str> {
        let holds = format.is_some_and(Format::holds_notes);
        let rows = [
            (&self.exif, "EXIF", holds),
            (&self.xmp, "XMP", holds),
            (&self.extended_xmp, "extended XMP", format == Some(Format::Jpeg)),
        ];
        rows.into_iter().filter(|(it, _, holds)| it.is_some() && !holds).map(|row| row.1).collect()
    }

    /// Makes them true of a picture that is written upright.
    fn fitted(&self, upright: &Image) -> Self {
        let mut notes = self.clone();
        if let Some(tiff) = &mut notes.exif {
            exif::fit(tiff, [upright.width(), upright.height()]);
        }
        notes.xmp.as_deref_mut().map(set_upright);
        notes
    }
}

/// Sets the orientation in an XMP packet, an attribute or an element with one digit (XMP part 2, tiff).
fn set_upright(packet: &mut [u8]) {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut from = 0;
    while let Some(at) = packet[from..].windows(NAME.len()).position(|window| window == NAME) {
        from += at + NAME.len();
        // Behind `="`, `>`, or a space or two around the sign.
        let value = packet[from..].iter_mut().take(8).find(|byte| !b" =\"'>\r\n\t".contains(byte));
        if let Some(digit) = value.filter(|byte| byte.is_ascii_digit()) {
            *digit = b'1';
        }
    }
}

/// Reads what a file says beside its picture.
///
/// EXIF data are read from JPEG, PNG, WebP and JPEG XL files, XMP from JPEG, PNG (uncompressed, as it shall be
/// there), WebP, GIF and TIFF. The EXIF data of a TIFF file are a part of the file itself, and are not.
///
/// # Errors
/// As [`probe`](super::probe); notes that cannot be read are none.
pub fn notes(bytes: &[u8], limits: &Limits) -> Result<Notes> {
    match detect(bytes)? {
        Format::Jpeg => {
            let metadata = jpeg::Decoder::new(bytes, limits)?.metadata()?;
            Ok(Notes {
                exif: metadata.exif.map(<[u8]>::to_vec),
                xmp: metadata.xmp.map(<[u8]>::to_vec),
                extended_xmp: metadata.extended_xmp,
            })
        }
        Format::Png => png::notes(bytes, limits),
        #[cfg(feature = "formats")]
        other => others::notes(other, bytes, limits),
        #[cfg(not(feature = "formats"))]
        other => Err(super::not_built(other)),
    }
}

/// Encodes an image as [`encode`](super::encode()) does, with what its file shall say beside it.
///
/// JPEG, PNG and WebP hold notes; other formats do without ([`Notes::lost_in`]). EXIF data and XMP come to say that
/// the picture is upright, EXIF data its size, and no thumbnail of what it was stays in them.
///
/// # Errors
/// As [`encode`](super::encode()); further [`Error::Encode`](crate::Error::Encode) for notes that are too long for the
/// format.
pub fn encode_with(image: &Image, options: &EncodeOptions, notes: &Notes) -> Result<Vec<u8>> {
    let upright = image.upright()?;
    super::encode::encode_noted(&upright, options, &notes.fitted(&upright))
}

#[cfg(test)]
mod tests {
    use super::set_upright;

    #[test]
    fn xmp_comes_to_say_that_the_picture_is_upright() {
        for (before, after) in [
            ("<a tiff:Orientation=\"6\"/>", "<a tiff:Orientation=\"1\"/>"),
            ("<a tiff:Orientation = '8' b='8'>", "<a tiff:Orientation = '1' b='8'>"),
            ("<tiff:Orientation>3</tiff:Orientation>", "<tiff:Orientation>1</tiff:Orientation>"),
            ("tiff:Orientation", "tiff:Orientation"),
            ("tiff:Orientation=\"top\" 6", "tiff:Orientation=\"top\" 6"),
            ("exif:Orientation=\"6\"", "exif:Orientation=\"6\""),
        ] {
            let mut packet = before.as_bytes().to_vec();
            set_upright(&mut packet);
            assert_eq!(String::from_utf8(packet).as_deref(), Ok(after));
        }
    }
}
