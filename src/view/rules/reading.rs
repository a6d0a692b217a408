//! Attributes, index expressions, casts, comparison and lists.

use super::bytes;
use crate::dtype::{ByteOrder, DType};
use crate::layout::{Index, Layout, Slice};
use crate::view::{Value, View, ViewMut};

#[test]
fn x_s_index_expressions_follow_memoryview_and_go_beyond_it() {
    let bytes = bytes();
    let view = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    let rows: [(&str, &str, &[usize], &[u8]); 12] = [
        ("X2", "2, 3", &[], &[11]),
        ("X1", "-1, -1", &[], &[11]),
        ("X5", "1", &[4], &[4, 5, 6, 7]),
        ("X5", "", &[3, 4], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ("X7", "...", &[3, 4], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ("S2", "0:1", &[1, 4], &[0, 1, 2, 3]),
        ("S3", "::2, 1:3", &[2, 2], &[1, 2, 9, 10]),
        ("S1", "::-1, 0", &[3], &[8, 4, 0]),
        ("S5", "2:0:2", &[0, 4], &[]),
        ("beyond", "..., -1", &[3], &[3, 7, 11]),
        ("beyond", "None, 1, newaxis", &[1, 1, 4], &[4, 5, 6, 7]),
        ("beyond", "[1, ::-2]", &[2], &[7, 5]),
    ];
    for (rule, text, shape, values) in rows {
        let index = Index::parse(text).expect(text);
        let part = view.select(&index).expect(text);
        assert_eq!(
            (part.shape(), &*part.to_bytes().expect("memory")),
            (shape, values),
            "{rule}: {text}"
        );
    }
    let empty = view.slice(0, Slice::new(Some(2), Some(0), Some(2))).expect("a step of 2");
    assert_eq!(empty.strides(), [8, 1], "S5: empty slices keep stride × step");
}

#[test]
fn e_values_are_compared_and_not_bytes() {
    let ints = [1_i32, 2];
    let floats = [1.0_f64, 2.0];
    let swapped = [1_i32.swap_bytes(), 2_i32.swap_bytes()];
    let ints = View::from_slice(&ints, &[2]).expect("2");
    let floats = View::from_slice(&floats, &[2]).expect("2");
    let layout = Layout::contiguous(DType::I32.with_order(ByteOrder::Big), &[2]).expect("2");
    let big = View::new(bytemuck::cast_slice(&swapped), layout).expect("8 bytes");
    assert!(ints == floats && (cfg!(target_endian = "big") || ints == big), "E4");
    assert!(ints != ints.newaxis(0).expect("an axis"), "E3");
    let odd = [-0.0_f64, f64::NAN];
    let odd = View::from_slice(&odd, &[2]).expect("2");
    let zero = [0.0_f32];
    let zero = View::from_slice(&zero, &[1]).expect("1");
    assert!(odd.slice(0, ..1).expect("an axis") == zero, "E4: -0.0 == 0.0");
    assert!(odd != odd.clone(), "E4: NaN != NaN");
    let large = [i64::MAX];
    let rounded = [9_223_372_036_854_775_808.0_f64];
    let large = View::from_slice(&large, &[1]).expect("1");
    assert!(large != View::from_slice(&rounded, &[1]).expect("1"), "E4: not rounded");
    let chars = ints.cast(DType::bytes(4)).expect("the same size");
    assert!(chars == chars.clone() && chars != ints, "E6");
}

#[test]
fn t_q_lists_bytes_and_look_ups() {
    let bytes = bytes();
    let view = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    assert_eq!(view.to_bytes_f().expect("memory"), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], "T2");
    let small = view.slice(0, ..1).expect("an axis");
    let rows = [
        (1, "00:01:02:03"),
        (2, "0001:0203"),
        (3, "00:010203"),
        (-3, "000102:03"),
        (0, "00010203"),
    ];
    for (group, hex) in rows {
        assert_eq!(small.hex(":", group).expect("memory"), hex, "T3: {group}");
    }
    let flat = view.reshape(&[12]).expect("12 elements");
    assert_eq!(flat.position(&Value::Float(3.0), 0), Some(3), "Q5");
    assert_eq!((flat.position(&Value::Int(3), 4), flat.count(&Value::Int(3))), (None, 1), "Q5 Q6");
    assert_eq!(flat.iter().rev().count(), 12, "Q4");
    assert_eq!(view.to_string(), "u8[3, 4] [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]");
    assert_eq!(flat.to_string(), "u8[12] [0, 1, 2, …, 9, 10, 11]");
}

#[test]
fn many_axes_live_on_the_heap_and_come_back() {
    let mut layout = Layout::contiguous(DType::U8, &[2, 3]).expect("6 bytes");
    for _ in 0..62 {
        layout = layout.newaxis(1).expect("64 axes or fewer");
    }
    assert!(layout.newaxis(0).is_err(), "a 65th axis");
    assert_eq!(layout.flip(63).expect("an axis").offset(), 2);
    for _ in 0..62 {
        layout = layout.squeeze(1).expect("length 1");
    }
    assert_eq!(layout, Layout::contiguous(DType::U8, &[2, 3]).expect("6 bytes"));
}

#[test]
fn a_attributes_say_what_memoryview_says() {
    let bytes = bytes();
    let flat = View::from_slice(&bytes, &[12]).expect("12 bytes");
    let grid = flat.reshape(&[3, 4]).expect("12 elements");
    let every_second = flat.slice(0, Slice::from(..).by(2)).expect("a step of 2");
    assert_eq!((every_second.nbytes(), every_second.layout().span().len()), (6, 11), "A2");
    let words = flat.cast(DType::I32.with_order(ByteOrder::Little)).expect("3 words");
    assert_eq!(words.dtype().with_order(ByteOrder::NATIVE).format().expect("i"), "i", "A4");
    assert_eq!((words.dtype().size(), words.ndim(), words.shape()), (4, 1, &[3][..]), "A5 A6 A7");
    assert_eq!(grid.strides(), [4, 1], "A7: C strides are filled in");
    let one = flat.index(0, 5).expect("a position");
    assert_eq!((one.ndim(), one.shape(), one.strides(), one.len()), (0, &[][..], &[][..], 1), "A7");
    let hollow = View::from_slice(&bytes[..0], &[0, 3]).expect("no byte");
    // Layout, and whether its elements lie in C order and in Fortran order.
    let rows = [
        ("no axis", &one, true, true),
        ("one axis", &flat, true, true),
        ("a step", &every_second, false, false),
        ("one element of a step", &every_second.slice(0, ..1).expect("an axis"), true, true),
        ("C order", &grid, true, false),
        ("Fortran order", &grid.transpose(), false, true),
        ("no element", &hollow, true, true),
        ("nothing of a step", &every_second.slice(0, ..0).expect("an axis"), true, true),
    ];
    for (what, view, c, f) in rows {
        let layout = view.layout();
        assert_eq!((layout.is_contiguous(), layout.is_f_contiguous()), (c, f), "A9: {what}");
    }
    assert_eq!(grid.shape().first(), Some(&3), "A10");
    assert_eq!((one.shape().first(), hollow.is_empty()), (None, true), "A10: no length, and false");
    assert_eq!(format!("{grid:?}"), "View(u8[3, 4] strides [4, 1] offset 0)", "A11");
}

#[test]
fn x_every_format_code_reads_as_its_value() {
    let bytes: Vec<u8> = (1..=16).collect();
    let one = |at: usize| Value::Int(i128::from(bytes[at]));
    let le = |n: usize| bytes[..n].iter().rev().fold(0, |sum, byte| sum << 8 | i128::from(*byte));
    let rows = [
        ("c", Value::Bytes(vec![1])),
        ("?", Value::Bool(true)),
        ("b", one(0)),
        ("B", one(0)),
        ("<h", Value::Int(le(2))),
        ("<H", Value::Int(le(2))),
        (">H", Value::Int(0x0102)),
        ("<i", Value::Int(le(4))),
        ("<I", Value::Int(le(4))),
        ("<l", Value::Int(le(4))),
        ("<L", Value::Int(le(4))),
        ("<q", Value::Int(le(8))),
        ("<Q", Value::Int(le(8))),
        (">q", Value::Int(0x0102_0304_0506_0708)),
        ("<e", Value::Float(f64::from(half::f16::from_bits(0x0201)))),
        ("<f", Value::Float(f64::from(f32::from_bits(0x0403_0201)))),
        ("<d", Value::Float(f64::from_bits(0x0807_0605_0403_0201))),
        (
            "<Zf",
            Value::Complex([0x0403_0201, 0x0807_0605].map(|bits| f64::from(f32::from_bits(bits)))),
        ),
        ("<Zd", Value::Complex([0x0807_0605_0403_0201, 0x100f_0e0d_0c0b_0a09].map(f64::from_bits))),
        ("3s", Value::Bytes(vec![1, 2, 3])),
        ("(2)B", Value::List(vec![one(0), one(1)])),
        (
            "T{B:a:>H:b:}",
            Value::Struct(vec![("a".into(), one(0)), ("b".into(), Value::Int(0x0203))]),
        ),
    ];
    for (format, value) in rows {
        let dtype = DType::from_format(format).expect(format);
        let size = dtype.size();
        // One byte further on, where nothing is aligned.
        let shifted = [&[0], &bytes[..]].concat();
        let view = View::from_slice(&shifted, &[17]).expect("17 bytes");
        let view = view.slice(0, 1..1 + size).and_then(|part| part.cast(dtype)).expect(format);
        let one = view.index(0, 0).expect("an element");
        assert_eq!(one.to_list().expect("memory"), value, "X8 X9 X11 K14: {format}");
    }
    // Native codes are those of C on this machine.
    for (code, size) in
        [("n", size_of::<isize>()), ("N", size_of::<usize>()), ("P", size_of::<usize>())]
    {
        assert_eq!(DType::from_format(code).expect(code).size(), size, "1.13: {code}");
    }
}

#[test]
fn k_casts_do_what_memoryview_does_and_what_it_refuses() {
    let bytes = bytes();
    let flat = View::from_slice(&bytes, &[12]).expect("12 bytes");
    let grid = flat.reshape(&[3, 4]).expect("12 elements");
    let format = |text: &str| DType::from_format(text).expect(text);
    /// Rule, view, format, and shape and strides of what comes.
    type Row<'r> = (&'r str, &'r View<'r>, &'r str, &'r [usize], &'r [isize]);
    let rows: [Row<'_>; 9] = [
        ("K2", &flat, "@i", &[3], &[4]),
        ("K2: refused there", &flat, "<i", &[3], &[4]),
        ("K2: refused there", &flat, "T{B:a:H:b:x}", &[2], &[6]),
        ("K4: refused there", &flat.cast(DType::I32).expect("3"), "f", &[3], &[4]),
        ("K10: refused there", &grid, "H", &[3, 2], &[4, 2]),
        (
            "K15: refused there",
            &grid.slice(0, Slice::from(..).by(2)).expect("rows"),
            "i",
            &[2, 1],
            &[8, 4],
        ),
        ("K14", &flat.slice(0, 1..9).expect("an axis"), "i", &[2], &[4]),
        ("K13", &flat.slice(0, ..0).expect("an axis"), "i", &[0], &[4]),
        ("K13: refused there", &grid.slice(0, ..0).expect("an axis"), "i", &[0, 1], &[4, 4]),
    ];
    for (rule, view, text, shape, strides) in rows {
        let cast = view.cast(format(text)).expect(rule);
        assert_eq!((cast.shape(), cast.strides()), (shape, strides), "{rule}: {text}");
    }
    assert_eq!(grid.reshape(&[-1]).expect("12").shape(), [12], "K6: many axes to one");
    assert_eq!(grid.reshape(&[2, 6]).expect("12").shape(), [2, 6], "K10: many axes to many");
    let one = flat.slice(0, ..4).and_then(|four| four.cast(DType::U32)?.reshape(&[]));
    assert_eq!(one.expect("K12").ndim(), 0, "K12: one item fits no axis");
    let wide: Vec<isize> = std::iter::once(12).chain(std::iter::repeat_n(1, 63)).collect();
    assert_eq!(flat.reshape(&wide).expect("K11").ndim(), 64, "K11");
    assert!(flat.reshape(&[&wide[..], &[1]].concat()).is_err(), "K11: a 65th axis");
}

#[test]
fn e_t_q_shapes_structs_and_rows() {
    let bytes = bytes();
    let grid = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    assert!(grid != grid.transpose() && grid == grid.transpose().transpose(), "E2 E3");
    let hollow = |shape: &[usize]| {
        let layout = Layout::contiguous(DType::U8, shape).expect("no byte");
        View::new(&[], layout).expect("no byte")
    };
    assert!(hollow(&[2, 0]) == hollow(&[2, 0]) && hollow(&[2, 0]) != hollow(&[0, 2]), "E3");
    assert!(hollow(&[0]) == hollow(&[0]).cast(DType::bytes(1)).expect("the same size"), "E6");
    let pairs =
        grid.cast(DType::from_format("T{>H:a:<H:b:}").expect("a format")).expect("rows of 4");
    assert!(pairs == pairs.clone(), "E5: a struct equals itself, which memoryview denies");
    let swapped =
        grid.cast(DType::from_format("T{<H:a:<H:b:}").expect("a format")).expect("rows of 4");
    assert!(pairs != swapped, "E5: by value");
    assert_eq!(grid.to_bytes().expect("memory"), bytes, "T2 T5");
    let f = grid.transpose();
    assert_eq!(f.to_bytes_f().expect("memory"), bytes, "T2: order A of a view in Fortran order");
    let mut own = bytes.clone();
    let view = ViewMut::from_slice(&mut own, &[12]).expect("12 bytes");
    let (first, second) = (view.as_view(), view.as_view());
    assert!(first == second, "T4: read-only, and as many as wanted");
    let row = Value::List([4, 5, 6, 7].map(Value::Int).into());
    assert_eq!(grid.position(&row, 0), Some(1), "Q3 Q5 beyond: rows are found as lists are");
    assert_eq!(grid.count(&row), 1, "Q6 beyond");
    let rows: Vec<u8> = grid.iter().rev().map(|row| row.get(&[0]).expect("u8")).collect();
    assert_eq!(rows, [8, 4, 0], "Q1 Q2 Q4: iteration goes over the first axis");
}

#[test]
fn beyond_memoryview_views_are_permuted_windowed_split_and_repeated() {
    let bytes = bytes();
    let grid = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    let rows: [(&str, View<'_>, &[usize], &[u8]); 7] = [
        (
            "permute",
            grid.permute(&[1, 0]).expect("2 axes"),
            &[4, 3],
            &[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
        ),
        (
            "swap",
            grid.swap_axes(0, 1).expect("2 axes"),
            &[4, 3],
            &[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
        ),
        ("flip", grid.flip(0).expect("an axis"), &[3, 4], &[8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]),
        ("split", grid.split(1, 3).expect("4").1, &[3, 1], &[3, 7, 11]),
        (
            "squeeze",
            grid.slice(0, 1..2).and_then(|row| row.squeeze(0)).expect("1"),
            &[4],
            &[4, 5, 6, 7],
        ),
        (
            "repeat",
            grid.index(0, 0).and_then(|row| row.broadcast_to(&[2, 4])).expect("4"),
            &[2, 4],
            &[0, 1, 2, 3, 0, 1, 2, 3],
        ),
        (
            "windows",
            grid.index(0, 2).and_then(|row| row.windows(0, 3, 1)).expect("4"),
            &[2, 3],
            &[8, 9, 10, 9, 10, 11],
        ),
    ];
    for (what, view, shape, values) in rows {
        assert_eq!((view.shape(), &*view.to_bytes().expect("memory")), (shape, values), "{what}");
    }
}
