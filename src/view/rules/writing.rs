//! Assignment, owners and holds, and threads.

use super::bytes;
use crate::dtype::DType;
use crate::error::Error;
use crate::layout::{Index, Layout};
use crate::view::{Buffer, Growable, Owner, Typed, Value, View, ViewMut};
use std::sync::Arc;

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
fn c_b_views_of_views_share_one_hold_on_the_root() {
    let root = Buffer::from_vec(bytes(), &[12]).expect("12 bytes");
    let part = root.view().slice(0, 2..8).expect("an axis").layout().clone();
    let inner = root.with_layout(part).expect("within the bytes");
    let innermost = inner.view().slice(0, 1..).expect("an axis").layout().clone();
    let innermost = inner.with_layout(innermost).expect("within the bytes");
    assert_eq!(root.other_holders(), 2, "C6 C7: all of them hold the root");
    drop((root, inner));
    assert_eq!(
        innermost.view().to_bytes().expect("memory"),
        [3, 4, 5, 6, 7],
        "C7: made from released"
    );
    assert_eq!(innermost.other_holders(), 0, "C7");
    // What lives on is a view of its own, whose own views do not die with it.
    let kept: Vec<u8>;
    let first = {
        kept = bytes();
        let view = View::from_slice(&kept, &[12]).expect("12 bytes");
        view.index(0, 11).expect("a position")
    };
    assert_eq!(first.get::<u8>(&[]).expect("u8"), 11, "B8 L2: released in any order");
}

#[test]
fn c_r_owners_say_whether_they_can_be_written() {
    struct Text(&'static str);
    impl Owner for Text {
        fn bytes(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
    let layout = Layout::contiguous(DType::U8, &[3]).expect("3 bytes");
    let mut text = Buffer::from_owner(Arc::new(Text("abc")), layout).expect("3 bytes");
    assert_eq!(text.view().get::<u8>(&[2]).expect("u8"), b'c', "R1 R6: any type with bytes");
    let error = text.view_mut().expect_err("read-only").to_string();
    assert!(error.contains("read-only buffer of u8[3]"), "C3 A3 B1 R5 W1: {error}");
    // The owner is told once, when the last view goes.
    let owner: Arc<dyn Owner> = Arc::new(vec![1_u8, 2, 3]);
    let layout = Layout::contiguous(DType::U8, &[3]).expect("3 bytes");
    let buffer = Buffer::from_owner(Arc::clone(&owner), layout).expect("3 bytes");
    let second = buffer.clone();
    drop(buffer);
    assert_eq!(Arc::strong_count(&owner), 2, "R2");
    drop(second);
    assert_eq!(Arc::strong_count(&owner), 1, "R2");
}

#[test]
fn x_w_a_view_without_axes_is_one_element() {
    let mut bytes = bytes();
    let mut view = ViewMut::from_slice(&mut bytes, &[12]).expect("12 bytes");
    view.reborrow().index(0, 3).and_then(|mut one| one.set(&[], 7_u8)).expect("W11");
    let one = view.as_view().index(0, 3).expect("a position");
    assert_eq!(one.get::<u8>(&[]).expect("u8"), 7, "X6: m0[()]");
    let same = one.select(&[Index::Ellipsis]).expect("X6: m0[...]");
    assert_eq!((same.ndim(), same.to_list().expect("memory")), (0, Value::Int(7)), "X6 T1");
    assert!(one.select(&[Index::At(0)]).is_err() && one.get::<u8>(&[0]).is_err(), "X6");
    assert_eq!((one.iter().count(), one.position(&Value::Int(7), 0)), (0, None), "Q2 Q3 Q5 Q6");
    let added = one.newaxis(0).expect("an axis");
    assert_eq!(added.to_bytes().expect("memory"), [7], "beyond: newaxis");
}

#[test]
fn w_sub_views_are_assigned_by_type_and_shape() {
    let mut bytes = bytes();
    let mut view = ViewMut::from_slice(&mut bytes, &[3, 4]).expect("12 bytes");
    let of = |text: &str| Index::parse(text).expect(text);
    view.set(&[2, 3], 99_u8).expect("W12: m[2, 3] = 99");
    let row = [50_u8, 51, 52, 53];
    let row = View::from_slice(&row, &[4]).expect("4 bytes");
    view.reborrow().index(0, 1).and_then(|mut part| part.assign(&row)).expect("W12: m[1] = row");
    let corner = view.reborrow().select(&of("0:2, 2:")).expect("a corner");
    { corner }.fill(0_u8).expect("W12: m[0:2, 2:] = 0");
    assert_eq!(
        view.as_view().to_bytes().expect("memory"),
        [0, 1, 0, 0, 50, 51, 0, 0, 8, 9, 10, 99]
    );
    // W4 to W9: another type is never stored, whatever its size, and what is empty still is checked.
    let signed = row.cast(DType::I8).expect("the same size");
    let empty = row.slice(0, ..0).expect("an axis");
    let refused = [
        ("W4", view.set(&[0, 0], 1_i8), "set: expected u8, got i8"),
        ("W5", view.fill(1.0_f32), "fill: expected u8, got f32"),
        ("W9", view.assign(&signed), "copy: expected u8, got i8"),
        (
            "W9",
            view.assign(&row.slice(0, ..3).expect("an axis")),
            "broadcast axis 1: expected length 3, got 4",
        ),
        ("W13", view.assign(&empty), "broadcast axis 1: expected length 0, got 4"),
    ];
    for (rule, result, expected) in refused {
        let error = result.expect_err(rule).to_string();
        assert!(error.contains(expected), "{rule}: {error:?} does not say {expected:?}");
    }
    // W6: any truth value; W7: bytes of their length, as another type of the same elements.
    let mut flags = Buffer::zeroed(DType::BOOL, &[2]).expect("2 bytes");
    let truth = View::from_slice(&[0_u8, 2], &[2])
        .expect("2")
        .cast(DType::BOOL)
        .map(|view| view.to_bytes());
    let truth = truth.expect("the same size").expect("memory");
    let truth = View::new(&truth, flags.layout().clone()).expect("2 bytes");
    flags.view_mut().and_then(|mut flags| flags.assign(&truth)).expect("W6");
    let list = Value::List(vec![Value::Bool(false), Value::Bool(true)]);
    assert_eq!(flags.view().to_list().expect("memory"), list, "W6");
}

#[test]
fn w_overlap_is_right_in_any_number_of_axes() {
    let rows = [
        ("1:, :", ":-1, :", [0, 1, 2, 0, 1, 2, 3, 4, 5]),
        (":-1, :", "1:, :", [3, 4, 5, 6, 7, 8, 6, 7, 8]),
        ("1:, 1:", ":-1, :-1", [0, 1, 2, 3, 0, 1, 6, 3, 4]),
        ("::-1, ::-1", "...", [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("1:, :", "0, :", [0, 1, 2, 0, 1, 2, 0, 1, 2]),
        (":, 0", ":, 2", [2, 1, 2, 5, 4, 5, 8, 7, 8]),
    ];
    for (target, source, expected) in rows {
        let mut bytes: Vec<u8> = (0..9).collect();
        let mut view = ViewMut::from_slice(&mut bytes, &[3, 3]).expect("9 bytes");
        let of = |text: &str| Index::parse(text).expect(text);
        view.copy_within(&of(source), &of(target)).expect("W10");
        assert_eq!(bytes, expected, "W10 in two axes: m[{target}] = m[{source}]");
    }
}

#[test]
fn l_views_go_from_thread_to_thread() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<View<'_>>();
    is_shared::<ViewMut<'_>>();
    is_shared::<Typed<'_, f32, 2>>();
    is_shared::<Buffer>();
    is_shared::<Growable>();
    let bytes = bytes();
    let shared = View::from_slice(&bytes, &[12]).expect("12 bytes");
    std::thread::scope(|scope| {
        for at in 0..8_usize {
            let shared = &shared;
            scope.spawn(move || {
                let part = shared.slice(0, at..).expect("L5: eight slice one view at once");
                assert_eq!(part.get::<u8>(&[0]).ok(), u8::try_from(at).ok());
            });
        }
    });
    let owner = Growable::from(bytes);
    let hold = owner.hold().expect("the first");
    let other = hold.clone();
    hold.release();
    other.release();
    assert_eq!(owner.holders(), 0, "L1: released by name, or by the end of a block");
}
