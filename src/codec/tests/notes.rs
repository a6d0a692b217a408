//! EXIF data and XMP from file to file. What came of them is read by kamadak-exif, from the container on.

use std::io::Cursor;

use ::exif::experimental::Writer;
use ::exif::{Field, In, Reader, Tag, Value};

use super::{picture, read};
use crate::codec::{EncodeOptions, Format, Notes, encode, encode_with, notes};
use crate::dtype::DType;
use crate::image::{Orientation, Profile};
use crate::limits::Limits;

const MAKER: &str = "A camera, with a name too long for its entry";
const THUMBNAIL: &[u8] = b"\xff\xd8 what was cut off, in small \xff\xd9";
const PACKET: &[u8] =
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><r tiff:Orientation='6' dc:creator='Ada'/></x:xmpmeta>";

/// The EXIF data of a camera that was held upright, with a thumbnail.
fn camera(is_little: bool) -> Vec<u8> {
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let fields = [
        field(Tag::Make, Value::Ascii(vec![MAKER.into()])),
        field(Tag::Orientation, Value::Short(vec![6])),
        field(Tag::PixelXDimension, Value::Long(vec![4000])),
        field(Tag::PixelYDimension, Value::Short(vec![3000])),
        field(Tag::ExifVersion, Value::Undefined(b"0232".to_vec(), 0)),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    writer.set_jpeg(THUMBNAIL, In::THUMBNAIL);
    let mut bytes = Cursor::new(Vec::new());
    writer.write(&mut bytes, is_little).expect("EXIF data");
    bytes.into_inner()
}

/// A profile for colour; what else it says is not looked at.
fn profile() -> Profile {
    let mut bytes = [7; 200];
    bytes[16..20].copy_from_slice(b"RGB ");
    Profile::from_icc(&bytes)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn formats() -> impl Iterator<Item = Format> {
    Format::ALL.iter().copied().filter(|format| format.can_be_written())
}

#[test]
fn notes_come_along_and_are_true_of_the_picture_that_was_written() {
    for format in formats().filter(|format| format.holds_notes()) {
        for (is_little, channels) in [(false, 3), (true, 3), (true, 4)] {
            let what = format!("{format} {is_little} {channels}");
            let channels = if format == Format::Jpeg { 3 } else { channels };
            let image = picture(29, 40, channels, DType::U8)
                .with_orientation(Orientation::NeedsRotate90)
                .with_profile(Some(profile()));
            let exif = camera(is_little);
            assert!(holds(&exif, THUMBNAIL), "the thumbnail was there");
            let said = Notes { exif: Some(exif), xmp: Some(PACKET.to_vec()), ..Notes::default() };
            let options = EncodeOptions::new(format);
            let file = encode_with(&image, &options, &said).expect(&what);

            let exif = Reader::new().read_from_container(&mut Cursor::new(&file)).expect(&what);
            let number = |tag| {
                exif.get_field(tag, In::PRIMARY).and_then(|field: &Field| field.value.get_uint(0))
            };
            assert_eq!(number(Tag::Orientation), Some(1), "{what}");
            assert_eq!(number(Tag::PixelXDimension), Some(29), "{what}");
            assert_eq!(number(Tag::PixelYDimension), Some(40), "{what}");
            let maker = exif.get_field(Tag::Make, In::PRIMARY).expect(&what);
            assert_eq!(maker.display_value().to_string(), format!("\"{MAKER}\""), "{what}");
            assert!(exif.fields().all(|field| field.ifd_num == In::PRIMARY), "{what}");
            assert!(!holds(&file, b"what was cut off"), "{what}: the thumbnail is there still");
            assert!(holds(&file, b"tiff:Orientation='1' dc:creator='Ada'"), "{what}");

            let back = notes(&file, &Limits::default()).expect(&what);
            assert_eq!(back.exif.as_deref(), Some(exif.buf()), "{what}");
            assert_eq!(back.xmp.map(|xmp| xmp.len()), Some(PACKET.len()), "{what}");
            // The picture is the one that is written without notes.
            let plain = encode(&image, &options).expect(&what);
            assert!(plain.len() + PACKET.len() < file.len() && !holds(&plain, b"Ada"), "{what}");
            let [with, without] = [&file, &plain].map(|file| read(file).expect(&what));
            assert_eq!(with.info(), without.info(), "{what}");
            let bytes = [with, without].map(|image| image.view().to_bytes().expect("memory"));
            assert!(bytes[0] == bytes[1], "{what}: other pixels");
        }
    }
}

#[test]
fn formats_without_a_place_for_notes_do_without() {
    let said = Notes { exif: Some(camera(true)), xmp: Some(PACKET.to_vec()), ..Notes::default() };
    for format in formats().filter(|format| !format.holds_notes()) {
        let options = EncodeOptions::new(format);
        let image = picture(4, 6, 3, DType::U8);
        let file = encode_with(&image, &options, &said).expect("a file");
        assert_eq!(file, encode(&image, &options).expect("a file"), "{format}");
        assert_eq!(said.lost_in(Some(format)), ["EXIF", "XMP"]);
    }
    assert_eq!(said.lost_in(None), ["EXIF", "XMP"]);
    let long = Notes { extended_xmp: Some(Vec::new()), ..said };
    assert_eq!(long.lost_in(Some(Format::Png)), ["extended XMP"]);
    assert!(long.lost_in(Some(Format::Jpeg)).is_empty());
}

#[test]
fn damaged_notes_are_taken_as_they_are_and_what_is_too_long_is_told() {
    let image = picture(4, 6, 3, DType::U8);
    let whole = camera(false);
    for length in 0..whole.len() {
        let mut exif = whole[..length].to_vec();
        // Links that lead out of the data, or back into them.
        if length % 3 == 0 && length > 8 {
            exif[4..8].copy_from_slice(&u32::try_from(length - 2).expect("short").to_be_bytes());
        }
        let said = Notes { exif: Some(exif), ..Notes::default() };
        let file = encode_with(&image, &EncodeOptions::new(Format::Png), &said).expect("a PNG");
        let back = notes(&file, &Limits::default()).expect("notes").exif.expect("EXIF data");
        assert_eq!(back.len(), length);
    }
    let said = Notes { exif: Some(vec![0; 70_000]), ..Notes::default() };
    let error = encode_with(&image, &EncodeOptions::new(Format::Jpeg), &said).expect_err("long");
    assert!(error.to_string().contains("do not fit in a segment"), "{error}");
}
