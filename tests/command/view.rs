//! `bytelens view` as a user has it.

use bytelens::{View, npy};

use crate::place::{Place, png};

#[test]
fn files_are_shown_as_what_they_hold_or_as_what_the_caller_says() {
    let place = Place::new();
    let values: Vec<f32> = (0..6_u8).map(f32::from).collect();
    let view = View::from_slice(&values, &[2, 3]).expect("6 numbers");
    place.write("a.npy", &npy::to_npy(&view).expect("a file"));
    place.write("a.png", &png());
    place.write("raw", &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let frame: Vec<u8> = (0..6 * 8 * 3).flat_map(|n: u8| f32::from(n).to_le_bytes()).collect();
    place.write("frame.raw", &frame);
    place.write("arrays.npz", include_bytes!("../../examples/arrays.npz"));
    let rows: [(&[&str], &[&str]); 8] = [
        (
            &["frame.raw", "--dtype", "<f4", "--shape", "6,8,3", "--index", "[2:4, ..., 0]"],
            &[
                "f32[2, 8]",
                "strides  [96, 12] from byte 192: with gaps",
                "[[48, 51, 54, …, 63, 66, 69], [",
            ],
        ),
        (
            &["arrays.npz"],
            &["arrays.npz: grid: u16[2, 3]", "[[0, 1, 2], [3, 4, 5]]", "arrays.npz: line: f64[3]"],
        ),
        (&["a.npy"], &["a.npy: f32[2, 3]", "<f4 (NumPy)", "[[0, 1, 2], [3, 4, 5]]"]),
        (&["a.npy", "--index", "[::-1, 1]"], &["f32[2]", "[4, 1]"]),
        (&["a.png"], &["u8[30, 40, 3]", "C order, no gaps", "3600 bytes"]),
        (&["raw"], &["u8[9]", "[1, 2, 3, …, 7, 8, 9]"]),
        (
            &["raw", "--dtype", ">u2", "--shape", "2,2"],
            &["u16be[2, 2]", "[[258, 772], [1286, 1800]]"],
        ),
        (&["raw", "--offset", "1", "--shape", "-1,4", "--hex"], &["u8[2, 4]", "02 03 04 05"]),
    ];
    for (args, parts) in rows {
        let run = place.run(&[&["view"], args].concat());
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{args:?}: {run:?}");
        for part in parts {
            assert!(run.out.contains(part), "{args:?} shows {part:?}: {run:?}");
        }
        assert!(!run.out.contains('\u{1b}'), "no picture where nobody looks: {run:?}");
    }
}

#[test]
fn a_picture_is_drawn_where_it_is_asked_for() {
    let place = Place::new();
    place.write("a.png", &png());
    place.write("line", &[1, 2, 3]);
    let rows = [
        ("a.png", "always", true),
        ("a.png", "auto", false),
        ("a.png", "never", false),
        ("line", "always", false),
    ];
    for (file, when, is_drawn) in rows {
        let run = place.run(&["view", file, "--picture", when]);
        assert_eq!(
            (run.code, run.out.contains('▀')),
            (Some(0), is_drawn),
            "{file} {when}: {run:?}"
        );
    }
}

#[test]
fn what_does_not_fit_is_said_with_its_numbers() {
    let place = Place::new();
    place.write("raw", &[1, 2, 3]);
    place.write("bad.npy", b"\x93NUMPY\x01\0\xff\xff");
    let rows: [(&[&str], i32, &str); 6] = [
        (&["raw", "--shape", "2,2"], 1, "3 elements"),
        (&["raw", "--dtype", "<u2"], 1, "multiple of 2 bytes"),
        (&["raw", "--index", "5"], 1, "-3..3, got 5"),
        (&["bad.npy"], 1, "ends within its header"),
        (&["gone"], 1, "cannot read"),
        (&["raw", "--index", "x"], 2, "index expression"),
    ];
    for (args, code, part) in rows {
        let run = place.run(&[&["view"], args].concat());
        assert_eq!(run.code, Some(code), "{args:?}: {run:?}");
        assert!(run.err.contains(part), "{args:?} says {part:?}: {run:?}");
    }
}
