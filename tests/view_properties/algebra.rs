//! View operations one by one, and reshape.

use bytelens::{DType, Layout};

use crate::model::{Model, Random, cases, chain, check, indices};

#[test]
fn view_algebra_is_what_a_list_of_offsets_says() {
    let mut random = Random(7);
    for case in 0..cases(40_000) {
        chain(&mut random, [1, 2, 3, 4, 8][case % 5], 5);
    }
}

#[test]
fn reshape_keeps_the_order_of_elements_or_says_that_a_copy_is_needed() {
    let mut random = Random(13);
    let (mut views, mut refused) = (0, 0);
    for _ in 0..cases(20_000) {
        let (layout, model, _) = chain(&mut random, 2, 3);
        let count = model.offsets.len();
        // Random factors of the count, with a -1 in the place of one of them at times.
        let (mut shape, mut left) = (Vec::new(), count);
        while left > 1 && shape.len() < 7 {
            let factor = (1..=left).filter(|n| left % n == 0).nth(random.below(3)).unwrap_or(left);
            shape.push(factor as isize);
            left /= factor;
        }
        shape.push(left as isize);
        let lens: Vec<usize> = shape.iter().map(|len| len.unsigned_abs()).collect();
        if count > 0 && random.one_in(2) {
            let at = random.below(shape.len());
            shape[at] = -1;
        }
        match layout.reshape(&shape) {
            Ok(reshaped) => {
                let expected = Model { shape: lens, offsets: model.offsets };
                check(
                    &reshaped,
                    &expected,
                    &format!("broadcast or windows, {layout:?} to {shape:?}"),
                );
                views += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains("copy first"), "{layout:?}: {error}");
                // No strides follow: two neighbours along some axis are not evenly apart.
                assert!(!is_strided(&lens, &model.offsets), "{layout:?} to {shape:?} is a view");
                refused += 1;
            }
        }
    }
    assert!(views > cases(5_000) && refused > cases(500), "{views} views, {refused} refused");
}

/// Tells whether one stride for each axis reaches every offset.
fn is_strided(shape: &[usize], offsets: &[usize]) -> bool {
    let Some(first) = offsets.first() else {
        return true;
    };
    let mut inner = offsets.len();
    let mut strides = Vec::new();
    for len in shape {
        inner /= len;
        let second = offsets.get(inner).filter(|_| *len > 1).unwrap_or(first);
        strides.push(*second as isize - *first as isize);
    }
    indices(shape).zip(offsets).all(|(index, offset)| {
        let steps = index.iter().zip(&strides).map(|(at, stride)| *at as isize * stride);
        *first as isize + steps.sum::<isize>() == *offset as isize
    })
}

#[test]
fn a_model_that_counts_wrongly_is_noticed() {
    let layout = Layout::contiguous(DType::U8, &[4, 5]).expect("20 bytes");
    let mut model = Model::contiguous(&[4, 5], 1);
    check(&layout, &model, "as it is");
    model.offsets.swap(3, 4);
    let noticed = std::panic::catch_unwind(|| check(&layout, &model, "two places swapped"));
    assert!(noticed.is_err(), "the comparison can fail");
}
