//! What is refused, row by row: every message with the numbers that show why.

use crate::dtype::{ByteOrder, DType};
use crate::error::Error;
use crate::layout::{Index, Layout, Slice};
use crate::view::{Buffer, Growable, Value, View, ViewMut};

#[test]
fn every_kind_of_bad_input_is_an_error_with_its_numbers() {
    let bytes: Vec<u8> = (0..12).collect();
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
    ];
    for (rule, error, expected) in rows {
        let error = error.expect(expected).to_string();
        assert!(error.contains(expected), "{rule}: {error:?} does not say {expected:?}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "Miri ends where there is no memory left")]
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

    let error = Buffer::zeroed(DType::U8, &[usize::MAX / 4]).expect_err("no memory").to_string();
    assert!(error.contains("the free memory"), "{error}");

    let layout = Layout::contiguous(DType::U8, &[usize::MAX, 0]).expect("no byte");
    let hollow = View::new(&byte, layout).expect("no byte");
    assert_eq!(hollow.to_string(), "u8[18446744073709551615, 0] [[], [], [], …, [], [], []]");
    assert!(hollow.to_list().is_err(), "T1");
    assert_eq!(hollow.count(&Value::List(Vec::new())), usize::MAX);
    assert!(hollow == hollow.clone());
}

/// A four-byte number that starts where none may.
const ODD: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

#[test]
fn what_cannot_be_referred_to_is_read_by_value() {
    #[repr(align(8))]
    struct Still([u8; 12]);
    let still = Still(ODD);
    let odd = Layout::new(DType::U32, &[2], &[4], 1).expect("9 bytes");
    let odd = View::new(&still.0, odd).expect("within");
    let steps = Layout::new(DType::U16, &[3], &[3], 0).expect("8 bytes");
    let steps = View::new(&still.0, steps).expect("within");
    let foreign =
        if ByteOrder::NATIVE == ByteOrder::Big { ByteOrder::Little } else { ByteOrder::Big };
    let foreign = DType::U32.with_order(foreign);
    let name = foreign.to_string();
    let swapped = Layout::contiguous(foreign, &[3]).expect("12 bytes");
    let swapped = View::new(&still.0, swapped).expect("within");
    let rows = [
        ("a start that is not aligned", odd.typed::<u32, 1>().err(), "at multiples of 4 bytes"),
        ("a start that is not aligned", odd.typed::<u32, 1>().err(), "strides [4]; use get"),
        ("a stride that is not aligned", steps.typed::<u16, 1>().err(), "strides [3]; use get"),
        ("another byte order", swapped.typed::<u32, 1>().err(), name.as_str()),
    ];
    for (what, error, expected) in rows {
        let error = error.expect(what).to_string();
        assert!(error.contains(expected), "{what}: {error:?} does not say {expected:?}");
    }
    assert_eq!(odd.get::<u32>(&[1]).expect("u32").to_le(), 0x0807_0605_u32.to_le());
    assert_eq!(steps.get::<u16>(&[1]).expect("u16").to_ne_bytes(), [3, 4]);
    assert_eq!(
        swapped.get::<u32>(&[0]).expect("u32"),
        u32::from_ne_bytes(ODD[..4].try_into().expect("4")).swap_bytes()
    );
}

#[test]
fn what_is_held_does_not_change() {
    let mut owner = Growable::from(vec![1, 2, 3]);
    let holds = [owner.hold().expect("shared"), owner.hold().expect("shared")];
    let rows = [
        ("grow", owner.extend(&[4]).err(), "grow refused: held by 2 views"),
        ("resize", owner.resize(1).err(), "resize refused: held by 2 views"),
        ("write", owner.bytes_mut().err(), "write refused: held by 2 views"),
        ("alone", owner.hold_alone().err(), "hold alone refused: held by 2 views"),
    ];
    for (what, error, expected) in rows {
        assert_eq!(error.expect(what).to_string(), expected);
    }
    drop(holds);
    owner.extend(&[4]).expect("free");
    let mut buffer = Buffer::from_vec(vec![0_u8; 4], &[4]).expect("4 bytes");
    let hold = buffer.clone();
    let error = buffer.view_mut().expect_err("held").to_string();
    assert_eq!(error, "write refused: held by 1 view");
    drop(hold);
    buffer.view_mut().expect("free");
}

#[test]
fn what_two_sides_do_not_share_is_said_for_both() {
    let bytes = ODD;
    let view = View::from_slice(&bytes, &[3, 4]).expect("12 bytes");
    let mut own = ODD;
    let mut target = ViewMut::from_slice(&mut own, &[4, 3]).expect("12 bytes");
    let text = view.cast(DType::text(1)).expect("rows of 4");
    let mut texts = Buffer::zeroed(DType::F32, &[3, 1]).expect("12 bytes");
    let mut texts = texts.view_mut().expect("not shared");
    let two = std::num::NonZeroUsize::new(2).expect("not 0");
    let rows = [
        ("copy", view.copy_to(&mut target).err(), "copy: expected shape [4, 3], got [3, 4]"),
        (
            "threads",
            view.copy_to_with_threads(&mut target, two).err(),
            "copy: expected shape [4, 3], got [3, 4]",
        ),
        (
            "convert",
            view.convert_to(&mut target).err(),
            "convert: expected shape [4, 3], got [3, 4]",
        ),
        (
            "convert",
            text.convert_to(&mut texts).err(),
            "an integer or a float, or the same type twice, got text1",
        ),
        ("to_vec", view.to_vec::<u16>().err(), "to_vec: expected u8, got u16"),
        ("value", view.value(&[0]).err(), "value: expected 2 positions, got 1"),
        ("value", view.value(&[0, 4]).err(), "index axis 0: expected a position in -4..4, got 4"),
        ("flip", view.flip(2).err(), "flip axis 2: expected an axis below 2, got 2"),
        ("swap", view.swap_axes(0, 5).err(), "swap axis 5: expected an axis below 2, got 5"),
        ("newaxis", view.newaxis(3).err(), "newaxis: expected a place of 2 or below, got 3"),
        ("squeeze", view.squeeze(7).err(), "squeeze axis 7: expected an axis below 2, got 7"),
        ("split", view.split(2, 0).err(), "split axis 2: expected an axis below 2, got 2"),
        ("windows", view.windows(9, 1, 1).err(), "windows axis 9: expected an axis below 2, got 9"),
        ("broadcast", view.broadcast_to(&[4]).err(), "broadcast: expected 2 axes or more, got 1"),
        (
            "ellipses",
            view.select(&[Index::Ellipsis; 2]).err(),
            "one ellipsis at most, got two or more",
        ),
        (
            "cast",
            view.index(0, 0).and_then(|row| row.index(0, 0)?.cast(DType::U16)).err(),
            "u8 (1 bytes); add an axis first",
        ),
        ("assign", target.assign(&view).err(), "broadcast axis 0: expected length 3, got 4"),
        (
            "within",
            target.copy_within(&[Index::At(9)], &[]).err(),
            "select axis 0: expected a position in -4..4, got 9",
        ),
        (
            "split",
            target.reborrow().split_at(0, 5).err(),
            "split axis 0: expected a position in 0..=4, got 5",
        ),
        (
            "writable",
            ViewMut::new(&mut [0; 2], Layout::new(DType::U8, &[3], &[0], 0).expect("1 byte")).err(),
            "writable view: expected elements that share no byte",
        ),
        (
            "writable",
            ViewMut::new(&mut [0; 2], Layout::contiguous(DType::U8, &[3]).expect("3")).err(),
            "expected 3 bytes, got 2 bytes",
        ),
        (
            "owner",
            Buffer::from_bytes(vec![0; 2], DType::U8, &[2])
                .and_then(|two| two.with_layout(Layout::contiguous(DType::U8, &[3])?))
                .err(),
            "expected 3 bytes, got 2 bytes",
        ),
    ];
    for (what, error, expected) in rows {
        let error = error.expect(what).to_string();
        assert!(error.contains(expected), "{what}: {error:?} does not say {expected:?}");
    }
}
