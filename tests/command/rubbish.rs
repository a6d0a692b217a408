//! Bad input is a table: what is in the folder, what is typed, the exit code, and the lines that say
//! why. After every row it must hold that no panic was told of, and that no temporary file is left.

use std::path::Path;

use bytelens::PixelFormat;
use bytelens::codec::Format;

use crate::place::{Place, jpeg, picture, png};

/// What a row of bad input has, gets and says.
struct Row {
    /// What it shows, as a sentence.
    what: &'static str,
    /// Makes what is wrong.
    make: fn(&Place),
    /// What is typed after `bytelens batch`; a picture `good.jpg` is always there.
    typed: &'static str,
    code: i32,
    /// Lines, or parts of lines, on standard error.
    says: &'static [&'static str],
    /// The outputs.
    outputs: &'static str,
}

const BAD_INPUT: &[Row] = &[
    Row {
        what: "a truncated JPEG",
        make: |place| place.copy("tests/data/codec/jpeg_truncated.jpg", "bad.jpg"),
        typed: "bad.jpg good.jpg",
        code: 1,
        says: &["bad.jpg: JPEG: the file ends after ", "1 done, 1 failed in "],
        outputs: "good.jpg",
    },
    Row {
        what: "a truncated PNG",
        make: |place| place.copy("tests/data/codec/png_truncated.png", "bad.png"),
        typed: "bad.png good.jpg",
        code: 1,
        says: &["bad.png: PNG: the file ends after "],
        outputs: "good.jpg",
    },
    Row {
        what: "a file of length zero",
        make: |place| place.write("bad.jpg", b""),
        typed: "bad.jpg good.jpg",
        code: 1,
        says: &["bad.jpg: image: the file is empty"],
        outputs: "good.jpg",
    },
    Row {
        what: "text that is named .jpg",
        make: |place| place.write("bad.jpg", b"Dear diary"),
        typed: "bad.jpg good.jpg",
        code: 1,
        says: &[
            "bad.jpg: image: no picture of a known format: the file starts with the text \"Dear diary\"",
        ],
        outputs: "good.jpg",
    },
    Row {
        what: "a PNG with a bad check sum",
        make: |place| place.copy("tests/data/codec/png_bad_crc.png", "bad.png"),
        typed: "bad.png good.jpg",
        code: 1,
        says: &["bad.png: PNG: ", "CRC"],
        outputs: "good.jpg",
    },
    Row {
        what: "a header that claims 60,000x60,000",
        make: |place| place.copy("tests/data/codec/png_60000x60000.png", "bad.png"),
        typed: "bad.png good.jpg",
        code: 1,
        says: &["bad.png: PNG: the area of 60000x60000 is 3600000000 px, over the limit of "],
        outputs: "good.jpg",
    },
    Row {
        what: "a picture over the limit that was asked for",
        make: |_| {},
        typed: "good.jpg --max-pixels 1199",
        code: 1,
        says: &["good.jpg: JPEG: the area of 40x30 is 1200 px, over the limit of 1199 px"],
        outputs: "",
    },
    Row {
        what: "a result over the limit",
        make: |_| {},
        typed: "good.jpg --do resize_60000x60000_fit=fill_enlarge=true",
        code: 1,
        says: &["good.jpg: resize: the area of 60000x60000 is 3600000000 px"],
        outputs: "",
    },
    Row {
        what: "a crop that does not fit one of the pictures",
        make: |place| place.write("small.png", &picture(4, 4, PixelFormat::RGB, Format::Png)),
        typed: "good.jpg small.png --do crop_20x20",
        code: 1,
        says: &["small.png: crop: the rectangle must be inside the picture's 4x4"],
        outputs: "good.jpg",
    },
    Row {
        what: "an input that is not there",
        make: |_| {},
        typed: "gone.jpg good.jpg",
        code: 1,
        says: &["gone.jpg: cannot read: No such file or directory"],
        outputs: "good.jpg",
    },
    Row {
        what: "a pattern without a match",
        make: |_| {},
        typed: "*.png good.jpg",
        code: 1,
        says: &["*.png: no picture has a name of this pattern"],
        outputs: "good.jpg",
    },
    Row {
        what: "nothing but inputs that are not there",
        make: |_| {},
        typed: "gone.jpg",
        code: 1,
        says: &["gone.jpg: cannot read: ", "0 done, 1 failed"],
        outputs: "",
    },
    Row {
        what: "an empty folder",
        make: |place| std::fs::create_dir(place.path("empty.jpg")).expect("a folder"),
        typed: "empty.jpg",
        code: 2,
        says: &["empty.jpg: no picture in this folder", "error: no picture among the inputs"],
        outputs: "",
    },
    Row {
        what: "an empty folder among pictures",
        make: |place| std::fs::create_dir(place.path("empty")).expect("a folder"),
        typed: "empty good.jpg",
        code: 0,
        says: &["empty: no picture in this folder", "1 done, 0 failed"],
        outputs: "good.jpg",
    },
    Row {
        what: "two inputs with one output, of two formats",
        make: |place| place.write("good.png", &png()),
        typed: "good.jpg good.png --format png",
        code: 1,
        says: &[
            "good.jpg: not done: good.png would be written to good.png too",
            "good.png: not done: good.jpg would be written to good.png too",
        ],
        outputs: "",
    },
    Row {
        what: "two inputs with one output, of two folders, and another that is done",
        make: |place| ["x/a.png", "y/a.png"].iter().for_each(|name| place.write(name, &png())),
        typed: "x y good.jpg",
        code: 1,
        says: &[
            "x/a.png: not done: y/a.png would be written to a.png too",
            "y/a.png: not done: x/a.png would be written to a.png too",
            "1 done, 2 failed",
        ],
        outputs: "good.jpg",
    },
    Row {
        what: "an output that would replace its input",
        make: |_| {},
        typed: "good.jpg --out .",
        code: 2,
        says: &["error: ./good.jpg: replacing the input good.jpg is not supported; choose another"],
        outputs: "",
    },
    Row {
        what: "an op that is misspelt",
        make: |_| {},
        typed: "good.jpg --do blurr_2",
        code: 2,
        says: &["error: unknown op \"blurr\"; did you mean \"blur\"?"],
        outputs: "",
    },
    Row {
        what: "a parameter that is misspelt",
        make: |_| {},
        typed: "good.jpg --do blur_sgima=2",
        code: 2,
        says: &["error: unknown parameter of blur \"sgima\"; did you mean \"sigma\"?"],
        outputs: "",
    },
    Row {
        what: "a sigma of -2, although no input exists either",
        make: |_| {},
        typed: "gone.jpg --do blur_-2",
        code: 2,
        says: &["error: blur: sigma must be in 0..=1000 px, got -2"],
        outputs: "",
    },
    Row {
        what: "a quality of 101",
        make: |_| {},
        typed: "good.jpg --quality 101",
        code: 2,
        says: &["'--quality <N>': 101 is not in 1..=100"],
        outputs: "",
    },
    Row {
        what: "a background that is no colour",
        make: |_| {},
        typed: "good.jpg --background mauve",
        code: 2,
        says: &["'--background <COLOR>': expected black, white, or hex digits"],
        outputs: "",
    },
    Row {
        what: "a device that is not there",
        make: |_| {},
        typed: "good.jpg --device abacus",
        code: 3,
        // A driver may add words of its own.
        says: &["abacus"],
        outputs: "",
    },
    Row {
        what: "a file in place of the output folder",
        make: |place| place.write("file", b""),
        typed: "good.jpg --out file",
        code: 3,
        says: &["error: cannot make file: it is not a folder"],
        outputs: "",
    },
    Row {
        what: "an output folder below a file",
        make: |place| place.write("file", b""),
        typed: "good.jpg --out file/out",
        code: 3,
        says: &["error: cannot make the folder file/out: "],
        outputs: "",
    },
    Row {
        what: "a folder in place of an output",
        make: |place| place.write("out/good.jpg/kept.txt", b"kept"),
        typed: "good.jpg",
        code: 1,
        says: &["good.jpg: cannot write out/good.jpg: Is a directory"],
        outputs: "good.jpg/kept.txt",
    },
    Row {
        what: "transparency that a JPEG cannot hold",
        make: |place| {
            place.write("clear.png", &picture(8, 8, PixelFormat::RGBA, Format::Png));
        },
        typed: "clear.png good.jpg --format jpeg",
        code: 1,
        says: &["clear.png: JPEG: the picture has alpha"],
        outputs: "good.jpg",
    },
    Row {
        what: "an output that exists, where that is to be a failure",
        make: |place| place.write("out/good.jpg", b"kept"),
        typed: "good.jpg --existing fail",
        code: 1,
        says: &["good.jpg: out/good.jpg exists"],
        outputs: "good.jpg",
    },
];

#[cfg(unix)]
const BAD_INPUT_ON_UNIX: &[Row] = &[
    Row {
        what: "a link that leads nowhere",
        make: |place| link("gone", &place.path("folder/bad.jpg")),
        typed: "folder good.jpg",
        code: 1,
        says: &["folder/bad.jpg: cannot read: No such file or directory"],
        outputs: "good.jpg",
    },
    Row {
        what: "a pipe that nobody writes into",
        make: |place| assert_eq!(place.shell("mkfifo bad.jpg").code, Some(0)),
        typed: "bad.jpg good.jpg",
        code: 1,
        says: &["bad.jpg: cannot read: it is not a regular file"],
        outputs: "good.jpg",
    },
    Row {
        what: "an output that is a link to a full device: the link is replaced",
        make: |place| link("/dev/full", &place.path("out/good.jpg")),
        typed: "good.jpg",
        code: 0,
        says: &["1 done, 0 failed"],
        outputs: "good.jpg",
    },
    Row {
        what: "an output folder that is a link to a full device",
        make: |place| link("/dev/full", &place.path("full")),
        typed: "good.jpg --out full",
        code: 3,
        says: &["error: cannot make full: it is not a folder"],
        outputs: "",
    },
    Row {
        what: "a link through which the output would replace its input",
        make: |place| link("..", &place.path("here/again")),
        typed: "good.jpg --out here/again",
        code: 2,
        says: &["error: here/again/good.jpg: replacing the input good.jpg is not supported"],
        outputs: "",
    },
];

#[cfg(unix)]
fn link(to: &str, path: &Path) {
    std::fs::create_dir_all(path.parent().expect("inside the place")).expect("a folder");
    std::os::unix::fs::symlink(to, path).expect("a link");
}

#[test]
fn rubbish_in_is_one_line_each_and_the_others_are_done() {
    let rows = BAD_INPUT.iter();
    #[cfg(unix)]
    let rows = rows.chain(BAD_INPUT_ON_UNIX);
    for row in rows {
        let place = Place::new();
        place.write("good.jpg", &jpeg());
        (row.make)(&place);
        let mut args = vec!["batch".to_owned()];
        // Words are parted by spaces; inside a pipeline the table has underscores for them.
        args.extend(row.typed.split(' ').map(|word| word.replace('_', " ")));
        for (flag, value) in [("--out", "out"), ("--device", "cpu")] {
            if !args.iter().any(|word| word == flag) {
                args.extend([flag.to_owned(), value.to_owned()]);
            }
        }
        let run = place.run(&args);
        assert_eq!(run.code, Some(row.code), "{}: {run:?}", row.what);
        for says in row.says {
            let lines = run.err.lines().filter(|line| line.contains(says)).count();
            assert_eq!(lines, 1, "{}: {says:?} in {run:?}", row.what);
        }
        assert_eq!(run.out, "", "{}: nothing but data on standard output", row.what);
        assert_eq!(place.names("out"), row.outputs, "{}", row.what);
        assert!(!place.names("").contains(".tmp"), "{}: {}", row.what, place.names(""));
        let touched = row.code >= 2 && !row.what.contains("folder") && place.path("out").exists();
        assert!(!touched, "{}: nothing is made when nothing is started", row.what);
    }
}
