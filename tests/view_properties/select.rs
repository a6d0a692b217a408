//! Index expressions against the model and against `ndarray`.

use bytelens::{Index, Slice, View};

use crate::model::{Model, Random, cases, chain, check};

/// A random index expression: mostly one that fits, with parts of every kind.
fn expression(random: &mut Random, shape: &[usize]) -> Vec<Index> {
    let mut index = Vec::new();
    // Now and then a part too many, and an ellipsis that stands for some axes in the middle.
    let named = random.below(shape.len() + 1) + usize::from(random.one_in(25));
    let ellipsis = random.below(named + 1);
    for at in 0..named {
        if at == ellipsis && random.one_in(2) || random.one_in(60) {
            index.push(Index::Ellipsis);
        }
        if random.one_in(8) {
            index.push(Index::NewAxis);
        }
        let len = shape.get(at).copied().unwrap_or(2);
        index.push(if random.one_in(3) {
            let reach = len as isize;
            let beyond = isize::from(random.one_in(20));
            Index::At(random.between(-reach - beyond, (reach - 1).max(0) + beyond))
        } else {
            Index::Slice(random.slice(len))
        });
    }
    index
}

/// The expression as Python writes it.
fn python(index: &[Index]) -> String {
    let part = |part: &Index| match part {
        Index::At(at) => at.to_string(),
        Index::Slice(slice) => slice.to_string(),
        Index::Ellipsis => "...".to_owned(),
        Index::NewAxis => "None".to_owned(),
    };
    format!("[{}]", index.iter().map(part).collect::<Vec<_>>().join(", "))
}

impl Model {
    /// Applies an index expression part by part, or says with what words it must be refused.
    fn select(&self, index: &[Index]) -> Result<Self, String> {
        let names = |part: &&Index| matches!(part, Index::At(_) | Index::Slice(_));
        let named = index.iter().filter(names).count();
        let ndim = self.shape.len();
        if named > ndim {
            return Err(format!("{ndim} positions and slices or fewer, got {named}"));
        }
        if index.iter().filter(|part| **part == Index::Ellipsis).count() > 1 {
            return Err("one ellipsis at most".to_owned());
        }
        let (mut out, mut axis, mut own) = (self.clone(), 0, 0);
        for part in index {
            match part {
                Index::Ellipsis => {
                    axis += ndim - named;
                    own += ndim - named;
                }
                Index::NewAxis => {
                    if out.shape.len() == 64 {
                        return Err("64 axes or fewer".to_owned());
                    }
                    out = out.newaxis(axis).expect("within the axes");
                    axis += 1;
                }
                Index::At(at) => {
                    let len = self.shape[own];
                    let range = match len {
                        0 => "an axis that is not empty".to_owned(),
                        _ => format!("a position in -{len}..{len}"),
                    };
                    let refused = format!("select axis {own}: expected {range}, got {at}");
                    out = out.index(axis, *at).ok_or(refused)?;
                    own += 1;
                }
                Index::Slice(slice) => {
                    let refused = format!("select axis {own}: expected a step other than 0, got 0");
                    out = out.slice(axis, *slice).ok_or(refused)?;
                    axis += 1;
                    own += 1;
                }
            }
        }
        Ok(out)
    }
}

#[test]
fn index_expressions_are_what_a_list_of_offsets_says_and_refused_in_its_words() {
    let mut random = Random(23);
    let (mut fitted, mut refused) = (0, 0);
    for case in 0..cases(100_000) {
        let (layout, model, _) = chain(&mut random, [1, 2, 4][case % 3], 2);
        let index = expression(&mut random, &model.shape);
        let text = python(&index);
        assert_eq!(Index::parse(&text).expect(&text), index, "{text} is read as it was meant");
        match (layout.select(&index), model.select(&index)) {
            (Ok(part), Ok(expected)) => {
                // Whether elements are shared was decided before.
                check(&part, &expected, &format!("broadcast or windows, {layout:?} {text}"));
                fitted += 1;
            }
            (Err(error), Err(expected)) => {
                let error = error.to_string();
                assert!(error.contains(&expected), "{text}: {error:?} does not say {expected:?}");
                refused += 1;
            }
            (part, expected) => panic!("{layout:?} {text}: {part:?}, but {expected:?}"),
        }
    }
    assert!(fitted > cases(50_000) && refused > cases(5_000), "{fitted} fitted, {refused} refused");
}

#[test]
fn index_expressions_are_what_ndarray_says() {
    use ndarray::{ArrayD, IxDyn, SliceInfo, SliceInfoElem};
    let mut random = Random(17);
    for _ in 0..cases(100_000) {
        let shape = random.shape(8);
        let count: usize = shape.iter().product();
        let values: Vec<u32> = (0..count as u32).collect();
        let array = ArrayD::from_shape_vec(IxDyn(&shape), values.clone()).expect("as many values");
        let order = random.order(shape.len());
        let array = array.permuted_axes(order.clone());
        let view = View::from_slice(&values, &shape).expect("as many values");
        let view = view.permute(&order).expect("each axis once");
        // At times an axis of length 1 is repeated first, where both know how.
        let mut repeated = array.shape().to_vec();
        repeated.iter_mut().for_each(|len| {
            if *len == 1 && random.one_in(3) {
                *len = 1 + random.below(3);
            }
        });
        let array = array.broadcast(IxDyn(&repeated)).expect("lengths of 1 alone");
        let view = view.broadcast_to(&repeated).expect("lengths of 1 alone");

        let (mut index, mut theirs) = (Vec::new(), Vec::new());
        for len in array.shape() {
            if random.one_in(6) && index.len() + shape.len() < 8 {
                index.push(Index::NewAxis);
                theirs.push(SliceInfoElem::NewAxis);
            }
            if random.one_in(4) && *len > 0 {
                let at = random.between(-(*len as isize), *len as isize - 1);
                index.push(Index::At(at));
                theirs.push(SliceInfoElem::Index(at));
            } else {
                // ndarray takes bounds within the axis, and a negative step runs over the same range.
                let (a, b) = (random.below(len + 1), random.below(len + 1));
                let (low, high) = (a.min(b) as isize, a.max(b) as isize);
                let by = random.between(1, 3);
                theirs.push(SliceInfoElem::Slice {
                    start: low,
                    end: Some(high),
                    step: if random.one_in(2) { by } else { -by },
                });
                let Some(SliceInfoElem::Slice { step, .. }) = theirs.last() else { unreachable!() };
                index.push(Index::Slice(if *step > 0 {
                    Slice::from(low..high).by(by)
                } else if high == 0 {
                    Slice::from(0..0).by(-by)
                } else {
                    Slice {
                        start: Some(high - 1),
                        stop: (low > 0).then(|| low - 1),
                        step: Some(-by),
                    }
                }));
            }
        }
        let ours = view.select(&index).expect("an expression that fits");
        let info = SliceInfo::<_, IxDyn, IxDyn>::try_from(theirs).expect("64 axes or fewer");
        let theirs = array.slice(info);
        assert_eq!(ours.shape(), theirs.shape(), "{shape:?} {order:?} {index:?}");
        let expected: Vec<u32> = theirs.iter().copied().collect();
        assert_eq!(ours.to_vec::<u32>().expect("u32"), expected, "{shape:?} {order:?} {index:?}");
    }
}
