//! Copies and conversions between layouts.

use bytelens::{DType, Layout, Slice, View, ViewMut};

use crate::model::{Random, cases, chain, indices};

#[test]
fn copies_between_any_two_layouts_move_each_element_and_no_other_byte() {
    let mut random = Random(11);
    for case in 0..cases(40_000) {
        let size = [1, 2, 3, 4, 6, 8, 12, 16][case % 8];
        let (source, model, nbytes) = chain(&mut random, size, 5);
        let size = size as usize;
        let bytes: Vec<u8> = (0..nbytes + 3).map(|_| random.next() as u8).collect();
        // One to three bytes further on, so that nothing is aligned.
        let shift = random.below(4);
        let source = source.shifted(shift).expect("a small layout");
        let view = View::new(&bytes, source.clone()).expect("within the bytes");
        let expected: Vec<&[u8]> =
            model.offsets.iter().map(|at| &bytes[at + shift..][..size]).collect();
        assert_eq!(view.to_bytes().expect("memory"), expected.concat(), "{source:?} to bytes");

        // A target with gaps, permuted and flipped.
        let order = random.order(model.shape.len());
        let gaps: Vec<usize> = order.iter().map(|_| 1 + random.below(2)).collect();
        let room: Vec<usize> =
            order.iter().zip(&gaps).map(|(axis, gap)| model.shape[*axis] * gap).collect();
        let mut target = Layout::contiguous(source.dtype().clone(), &room).expect("a small layout");
        let total = target.nbytes();
        let mut back = vec![0; order.len()];
        for (at, axis) in order.iter().enumerate() {
            back[*axis] = at;
            target =
                target.slice(at, Slice::from(..).by(gaps[at] as isize)).expect("a step of 1 or 2");
            if random.one_in(3) {
                target = target.flip(at).expect("the axis exists");
            }
        }
        let target = target.permute(&back).expect("each axis once");
        let mut out = vec![0xaa; total];
        let mut expected_out = out.clone();
        for (index, element) in indices(&model.shape).zip(&expected) {
            let at = target.offset_of(&index).expect("the shapes are equal");
            expected_out[at..at + size].copy_from_slice(element);
        }
        let mut view_mut = ViewMut::new(&mut out, target.clone()).expect("injective, within");
        view.copy_to(&mut view_mut).expect("same shape and type");
        assert_eq!(out, expected_out, "{source:?} to {target:?}");
    }
}

/// Tells whether a copy of the view holds each element where C order has it.
fn check_copy(view: &View<'_>, bytes: &[u8], how: &str) {
    let size = view.dtype().size();
    let copied = view.to_bytes().expect("memory");
    for (index, element) in indices(view.shape()).zip(copied.chunks_exact(size)) {
        let at = view.layout().offset_of(&index).expect("within the shape");
        assert_eq!(element, &bytes[at..at + size], "{how} {view:?} at {index:?}");
    }
}

#[test]
fn large_transposes_planes_and_pixels_are_right_at_every_size_of_run() {
    let mut random = Random(19);
    let shapes: [&[usize]; 7] =
        [&[64, 64], &[70, 130], &[33, 100, 1], &[5, 300], &[300, 5], &[40, 30, 3], &[50, 21, 4]];
    for size in [1, 2, 3, 4, 5, 6, 8, 12, 16] {
        for shape in shapes {
            let layout = Layout::contiguous(DType::bytes(size), shape).expect("a small layout");
            let bytes: Vec<u8> = (0..layout.nbytes()).map(|_| random.next() as u8).collect();
            let view = View::new(&bytes, layout).expect("as many bytes");
            for _ in 0..6 {
                let mut turned = view.permute(&random.order(shape.len())).expect("each axis once");
                for axis in 0..shape.len() {
                    if random.one_in(3) {
                        turned = turned.flip(axis).expect("the axis exists");
                    }
                    if random.one_in(5) {
                        let by = random.between(2, 3);
                        turned = turned.slice(axis, Slice::from(..).by(by)).expect("a step");
                    }
                }
                check_copy(&turned, &bytes, "turned");
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "the library's own tests stream less for Miri")]
fn streamed_copies_are_right() {
    // All over the 8 MB from which copies are streamed; sides that fit lines of the cache and others.
    let shapes: [(u32, &[usize]); 9] = [
        (1, &[2048, 4160]),
        (1, &[3001, 2999]),
        (2, &[2048, 2080]),
        (2, &[1501, 3001]),
        (3, &[1701, 1801]),
        (4, &[1050, 2048]),
        (6, &[1301, 1203]),
        (12, &[901, 811]),
        (5, &[1501, 1301]),
    ];
    for (size, shape) in shapes {
        let layout = Layout::contiguous(DType::bytes(size), shape).expect("9 MB");
        let bytes: Vec<u8> =
            (0..layout.nbytes()).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
        let view = View::new(&bytes, layout).expect("as many bytes");
        let rows = [
            ("transposed", view.transpose()),
            ("a quarter turn", view.transpose().flip(0).expect("an axis")),
            ("the other quarter turn", view.transpose().flip(1).expect("an axis")),
            ("rows reversed", view.flip(0).expect("an axis")),
            ("columns reversed", view.flip(1).expect("an axis")),
            ("without the first column", view.slice(1, 1..).expect("an axis")),
        ];
        for (what, view) in rows {
            check_parts(&view, what);
        }
    }
    let layout = Layout::contiguous(DType::U8, &[3000, 3001, 4]).expect("36 MB");
    let bytes: Vec<u8> =
        (0..layout.nbytes()).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
    let view = View::new(&bytes, layout).expect("as many bytes");
    check_parts(&view.slice(2, ..3).expect("an axis"), "without the last channel");
    check_parts(&view.index(2, 1).expect("an axis"), "one channel");
    check_parts(&view.flip(2).expect("an axis"), "channels reversed");
    check_parts(&view.permute(&[0, 2, 1]).expect("3 axes"), "rows of planes");
    let planes = Layout::contiguous(DType::U8, &[3, 3000, 3001]).expect("27 MB");
    let planes = View::new(&bytes[..planes.nbytes()], planes).expect("as many bytes");
    check_parts(&planes.permute(&[1, 2, 0]).expect("3 axes"), "planes to pixels");
}

/// Tells whether a copy that is streamed is what copies of its parts are, which are too small for it.
fn check_parts(view: &View<'_>, how: &str) {
    let whole = view.to_bytes().expect("memory");
    assert!(whole.len() > 8 << 20, "{how}: {view:?} is too small to be streamed");
    let len = view.shape()[0];
    let at = |part: usize| (len * part / 16) as isize;
    let parts = (0..16).map(|part| view.slice(0, at(part)..at(part + 1)).expect("an axis"));
    let parts: Vec<_> = parts.map(|part| part.to_bytes().expect("memory")).collect();
    assert!(
        parts.iter().all(|part| part.len() < 8 << 20) && whole == parts.concat(),
        "{how} {view:?}"
    );
}

#[test]
fn conversions_round_half_to_even_and_saturate() {
    let values =
        [0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 127.5, 254.5, 300.0, -300.0, 1e30, -1e30, f64::NAN];
    let source = View::from_slice(&values, &[values.len()]).expect("as many values");
    macro_rules! check {
        ($($type:ty),*) => {$({
            let mut out = [<$type>::default(); 13];
            let mut target = ViewMut::from_slice(&mut out, &[13]).expect("13");
            source.convert_to(&mut target).expect("numbers");
            assert_eq!(out, values.map(|value| value.round_ties_even() as $type));
            // And back, a byte order away, where no rounding is left to do.
            let swapped = DType::F64.with_order(bytelens::ByteOrder::Big);
            let mut back = bytelens::Buffer::zeroed(swapped, &[13]).expect("104 bytes");
            let out_view = View::from_slice(&out, &[13]).expect("13");
            out_view.convert_to(&mut back.view_mut().expect("not shared")).expect("numbers");
            assert_eq!(back.view().to_vec::<f64>().expect("f64"), out.map(|value| value as f64));
        })*};
    }
    check!(u8, u16, u32, u64, i8, i16, i32, i64);
}
