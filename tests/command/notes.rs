//! What pictures say beside themselves is kept where that is asked for, and what is not kept is told.

use std::io::Cursor;
use std::path::Path;

use bytelens::codec::{self, EncodeOptions, Format, Notes};
use exif::experimental::Writer;
use exif::{Field, In, Reader, Tag, Value};
use serde_json::Value as Json;

use crate::place::{Place, decoded, jpeg};

const PACKET: &[u8] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><r dc:creator='Ada'/></x:xmpmeta>";

/// A photograph of 40x30 pixels that is stored on its side.
fn photograph() -> Vec<u8> {
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let fields = [
        field(Tag::Make, Value::Ascii(vec![b"Camera".to_vec()])),
        field(Tag::Orientation, Value::Short(vec![1])),
        field(Tag::PixelXDimension, Value::Long(vec![40])),
        field(Tag::PixelYDimension, Value::Long(vec![30])),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut exif = Cursor::new(Vec::new());
    writer.write(&mut exif, false).expect("EXIF data");
    let exif = Some(exif.into_inner());
    let notes = Notes { exif, xmp: Some(PACKET.to_vec()), ..Notes::default() };
    let options = EncodeOptions::new(Format::Jpeg);
    let mut file = codec::encode_with(&decoded(&jpeg()), &options, &notes).expect("a JPEG");
    // What is written is upright: the tag is set here. It is of type 3, and there is one of it.
    let tag = b"\x01\x12\0\x03\0\0\0\x01\0\x01";
    let at = file.windows(tag.len()).position(|window| window == tag).expect("the tag");
    file[at + 9] = 6;
    file
}

/// The number of a tag in a file.
fn number(file: &[u8], tag: Tag) -> Option<u32> {
    let exif = Reader::new().read_from_container(&mut Cursor::new(file)).ok()?;
    exif.get_field(tag, In::PRIMARY)?.value.get_uint(0)
}

#[test]
fn notes_are_kept_where_that_is_asked_for_and_what_is_not_kept_is_told() {
    let place = Place::new();
    place.write("a.jpg", &photograph());
    for (keep, format, has_exif, has_xmp, not_kept) in [
        ("none", "jpeg", false, false, ""),
        ("exif", "jpeg", true, false, ""),
        ("all", "jpeg", true, true, ""),
        ("xmp", "png", false, true, ""),
        ("exif,xmp", "png", true, true, ""),
        ("exif,xmp", "webp", true, true, ""),
        ("exif,xmp", "qoi", false, false, "EXIF XMP"),
        ("xmp", "tiff", false, false, "XMP"),
        ("exif", "npy", false, false, "EXIF"),
    ] {
        let (out, report) = (format!("{keep}-{format}"), format!("{keep}-{format}.jsonl"));
        let run = place.run(&[
            "batch",
            "a.jpg",
            "--device",
            "cpu",
            "--do",
            "resize 15x",
            "--out",
            &out,
            "--format",
            format,
            "--keep",
            keep,
            "--report",
            &report,
        ]);
        assert_eq!(run.code, Some(0), "{out}: {run:?}");
        let file = place.files(&out).into_values().next().expect("an output");
        let told = ([Tag::Orientation, Tag::PixelXDimension, Tag::PixelYDimension])
            .map(|tag| number(&file, tag));
        let want = if has_exif { [Some(1), Some(15), Some(20)] } else { [None; 3] };
        assert_eq!(told, want, "{out}");
        let is_there = file.windows(PACKET.len()).any(|window| window == PACKET);
        assert_eq!(is_there, has_xmp, "{out}");
        if format != "npy" {
            assert_eq!((decoded(&file).width(), decoded(&file).height()), (15, 20), "{out}");
        }
        let text = std::fs::read_to_string(place.path(&report)).expect("a report");
        let line: Json = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
        let words: Vec<_> = not_kept.split_whitespace().collect();
        assert_eq!(line["not_kept"].as_array().map_or(0, Vec::len), words.len(), "{out}: {line}");
        let are_told = words.iter().zip(0..).all(|(word, at)| line["not_kept"][at] == **word);
        assert!(are_told, "{out}: {line}");
        assert_eq!(run.err.contains("which their format does not hold"), !words.is_empty());
    }
    let run = place.run(&["batch", "a.jpg", "--out", "x", "--keep", "gps"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("some of exif, icc and xmp"), "{run:?}");
    // Another choice is another plan.
    let again =
        ["batch", "a.jpg", "--out", "r", "--device", "cpu", "--report", "r.jsonl", "--resume"];
    for (keep, says) in
        [("exif", "1 done, 0 failed in"), ("exif", "1 done before"), ("all", "1 done, ")]
    {
        let run = place.run(&[&again[..], &["--keep", keep]].concat());
        assert!(run.code == Some(0) && run.err.contains(says), "{keep}: {run:?}");
    }
    assert!(place.files("r").contains_key(Path::new("a.jpg")));
}
