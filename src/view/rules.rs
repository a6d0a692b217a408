//! The rules of Python's memoryview, by their numbers in its reference, and bad input, row by row.

use crate::dtype::{ByteOrder, DType};
use crate::error::Error;
use crate::layout::{Index, Layout, Slice};
use crate::view::{Buffer, Growable, Value, View, ViewMut};

fn bytes() -> Vec<u8> {
    (0..12).collect()
}

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
fn every_kind_of_bad_input_is_an_error_with_its_numbers() {
    let bytes = bytes();
    let view = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    let max = usize::MAX;
    let wide = Layout::new(DType::U8, &[1], &[0], max / 2 - 1).expect("the last byte but one");
    let words = view.cast(DType::U16).expect("rows of 4 bytes");
    let rows = [
        ("X4", view.index(0, 3).err(), "index axis 0: expected a position in -3..3, got 3"),
        ("X3", view.select(&[Index::At(0); 3]).err(), "select: expected 2 positions"),
        ("X4", view.select(&[Index::At(0), Index::At(9)]).err(), "select axis 1"),
        ("S1", view.slice(0, Slice::from(..).by(0)).err(), "a step other than 0, got 0"),
        ("axis", view.slice(3, ..).err(), "slice axis 3: expected an axis below 2, got 3"),
        (
            "K3",
            view.transpose().cast(DType::U16).err(),
            "cast axis 1: expected elements side by side",
        ),
        ("K5", view.cast(DType::bytes(3)).err(), "rows of a multiple of 3 bytes"),
        ("K5", view.cast(DType::bytes(0)).err(), "rows of a multiple of 0 bytes"),
        ("K8", view.reshape(&[-1, -1]).err(), "one -1 at most"),
        ("K8", view.reshape(&[-2, 6]).err(), "lengths of 0 or more"),
        ("K8", view.reshape(&[isize::MAX, isize::MAX]).err(), "12 elements"),
        ("K9", view.reshape(&[5, 2]).err(), "reshape: expected 12 elements, got [5, 2]"),
        ("copy", view.transpose().reshape(&[12]).err(), "copy first"),
        ("squeeze", view.squeeze(0).err(), "squeeze axis 0: expected length 1, got 3"),
        (
            "broadcast",
            view.broadcast_to(&[3, 5]).err(),
            "broadcast axis 1: expected length 4, got 5",
        ),
        ("broadcast", view.broadcast_to(&[max, max, 3, 4]).err(), "bytes or fewer"),
        ("windows", view.windows(0, 4, 1).err(), "a size in 1..=3, got 4"),
        ("windows", view.windows(0, 2, 0).err(), "a step of 1 or more"),
        ("split", view.split(0, 4).err(), "a position in 0..=3, got 4"),
        ("permute", view.permute(&[0, 0]).err(), "each axis below 2 once, got [0, 0]"),
        ("type", view.get::<u16>(&[0, 0]).err(), "get: expected u8, got u16"),
        ("X4", view.get::<u8>(&[3, 0]).err(), "an index within [3, 4], got [3, 0]"),
        ("field", view.field("x").err(), "a struct, got u8"),
        ("typed", words.typed::<u16, 1>().err(), "typed: expected 1 axes, got 2"),
        ("typed", view.typed::<i8, 2>().err(), "typed: expected i8, got u8"),
        ("C5", Layout::contiguous(DType::U8, &[1; 65]).err(), "64 axes or fewer, got 65"),
        ("size", Layout::contiguous(DType::U8, &[max, max]).err(), "bytes or fewer"),
        ("size", Layout::contiguous(DType::U64, &[max / 8]).err(), "bytes or fewer"),
        ("before", Layout::new(DType::U8, &[3], &[-1], 1).err(), "every element at byte 0"),
        ("beyond", Layout::new(DType::U8, &[3], &[isize::MAX], 0).err(), "elements beyond it"),
        ("beyond", Layout::new(DType::U8, &[3], &[isize::MIN], 0).err(), "elements beyond it"),
        ("beyond", Layout::new(DType::U8, &[1], &[0], max).err(), "elements beyond it"),
        ("beyond", wide.shifted(2).err(), "elements beyond it"),
        (
            "strides",
            Layout::new(DType::U8, &[1], &[], 0).err(),
            "a stride for each of 1 axes, got 0",
        ),
        ("owner", View::new(&bytes, wide).err(), "got 12 bytes"),
        ("count", View::from_slice(&bytes, &[13]).err(), "13 elements, got 12"),
        ("bytes", Buffer::from_bytes(bytes.clone(), DType::F32, &[4]).err(), "16 bytes, got 12"),
        ("memory", Buffer::zeroed(DType::U8, &[max / 4]).err(), "the free memory"),
    ];
    for (rule, error, expected) in rows {
        let error = error.expect(expected).to_string();
        assert!(error.contains(expected), "{rule}: {error:?} does not say {expected:?}");
    }
}

#[test]
fn w_assignment_broadcasts_and_overlap_is_right() {
    let mut bytes = bytes();
    let mut view = ViewMut::from_slice(&mut bytes, &[12]).expect("12 bytes");
    let of = |text: &str| Index::parse(text).expect(text);
    // W10: m[2:5] = m[0:3], m[::-1] = m.
    view.copy_within(&of("0:3"), &of("2:5")).expect("equal shapes");
    assert_eq!(view.as_view().to_bytes().expect("memory"), [0, 1, 0, 1, 2, 5, 6, 7, 8, 9, 10, 11]);
    view.copy_within(&of("::-1"), &of("")).expect("equal shapes");
    assert_eq!(view.as_view().to_bytes().expect("memory"), [11, 10, 9, 8, 7, 6, 5, 2, 1, 0, 1, 0]);
    let row = [7_u8, 8, 9];
    let row = View::from_slice(&row, &[3]).expect("3 bytes");
    let mut grid = view.reborrow().reshape(&[4, 3]).expect("12 elements");
    grid.assign(&row).expect("broadcasts");
    assert_eq!(bytes, [7, 8, 9].repeat(4));
    // W1, C8: repeated elements cannot be written.
    let repeated = Layout::new(DType::U8, &[4], &[0], 0).expect("one byte");
    let error = ViewMut::new(&mut bytes, repeated).expect_err("not injective").to_string();
    assert!(error.contains("share no byte"), "{error}");
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
fn struct_fields_are_views_that_can_be_written() {
    let point = DType::from_format("T{<H:id:(2)>f:at:}").expect("a format");
    let mut buffer = Buffer::zeroed(point, &[3]).expect("30 bytes");
    let mut view = buffer.view_mut().expect("not shared");
    let mut at = view.reborrow().field("at").expect("a field");
    assert_eq!(
        (at.shape(), at.strides(), at.dtype().to_string()),
        (&[3, 2][..], &[10, 4][..], "f32be".into())
    );
    at.set(&[2, 1], 1.5_f32).expect("an element");
    view.field("id").expect("a field").fill(7_u16).expect("u16");
    assert_eq!(
        buffer.view().to_bytes().expect("memory")[20..],
        [7, 0, 0, 0, 0, 0, 0x3f, 0xc0, 0, 0]
    );
    assert!(buffer.view() == buffer.view(), "a struct equals itself");
}

#[test]
fn c_held_bytes_do_not_grow_and_say_how_many_hold_them() {
    let mut owner = Growable::from(b"abc".to_vec());
    let hold = owner.hold_alone().expect("the first");
    assert!(matches!(owner.hold_alone(), Err(Error::Held { holders: 1, .. })));
    let layout = Layout::contiguous(DType::U8, &[3]).expect("3 bytes");
    let buffer = hold.into_buffer(layout).expect("within the bytes");
    let second = buffer.clone();
    drop(buffer);
    let error = owner.extend(b"d").expect_err("held").to_string();
    assert_eq!(error, "grow refused: held by 1 view", "C7 C8: the last view holds it");
    drop(second);
    owner.extend(b"d").expect("free");
    assert_eq!(owner.bytes(), b"abcd");
}

#[test]
fn c_a_hold_alone_refuses_every_other_until_all_of_it_is_gone() {
    let owner = Growable::from(b"abc".to_vec());
    let alone = owner.hold_alone().expect("the first");
    let part = alone.clone();
    for (what, refused) in [("hold", owner.hold()), ("hold alone", owner.hold_alone())] {
        let error = refused.expect_err(what).to_string();
        assert_eq!(error, format!("{what} refused: held by 2 views"), "R3");
    }
    alone.release();
    assert!(owner.hold().is_err(), "R3 C7: a part of it is left");
    drop(part);
    let (one, two) = (owner.hold().expect("free"), owner.hold().expect("not alone"));
    assert!(matches!(owner.hold_alone(), Err(Error::Held { holders: 2, .. })), "R3");
    drop((one, two));
    owner.hold_alone().expect("free again");
}

#[test]
fn views_larger_than_memory_and_time_are_refused_or_answered_at_once() {
    let byte = [7_u8];
    let one = View::from_slice(&byte, &[1]).expect("a byte");
    let endless = one.broadcast_to(&[1 << 60]).expect("a view");
    let errors = [
        ("to_bytes", endless.to_bytes().err()),
        ("to_bytes_f", endless.to_bytes_f().err()),
        ("to_vec", endless.to_vec::<u8>().err()),
        ("to_contiguous", endless.to_contiguous().err()),
        ("hex", endless.hex("", 0).err()),
        ("to_list", endless.to_list().err()),
    ];
    for (what, error) in errors {
        let error = error.expect(what);
        assert!(matches!(error, Error::Limit { .. }), "{what}: {error}");
        let text = error.to_string();
        assert!(text.contains("u8[1152921504606846976]") && text.contains("bytes"), "{text}");
    }
    assert_eq!(endless.to_string(), "u8[1152921504606846976] [7, 7, 7, …, 7, 7, 7]");
    assert!(endless == endless.clone());
    assert_eq!(endless.count(&Value::Int(7)), 1 << 60);
    assert_eq!(endless.position(&Value::Int(8), 5), None);
    assert_eq!(endless.position(&Value::Int(7), 5), Some(5));

    let layout = Layout::contiguous(DType::U8, &[usize::MAX, 0]).expect("no byte");
    let hollow = View::new(&byte, layout).expect("no byte");
    assert_eq!(hollow.to_string(), "u8[18446744073709551615, 0] [[], [], [], …, [], [], []]");
    assert!(hollow.to_list().is_err(), "T1");
    assert_eq!(hollow.count(&Value::List(Vec::new())), usize::MAX);
    assert!(hollow == hollow.clone());
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
