//! Views against two references that are not ours: a model that keeps a list of offsets and knows no
//! stride, and `ndarray`.

#![allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]

use bytelens::{DType, Index, Layout, Slice, View, ViewMut};

/// How many of `count` random cases are run: Miri, which interprets each, gets by with few.
const fn cases(count: usize) -> usize {
    if cfg!(miri) { count / 1000 } else { count }
}

/// A small random generator: the same cases in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn between(&mut self, low: isize, high: isize) -> isize {
        low + self.below((high - low + 1) as usize) as isize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for at in (1..n).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }

    /// Up to `ndim` axes with few enough elements to count them all.
    fn shape(&mut self, ndim: usize) -> Vec<usize> {
        let ndim = self.below(ndim + 1);
        let longest = [9, 9, 9, 7, 5, 3, 3, 2, 2][ndim];
        (0..ndim).map(|_| if self.one_in(25) { 0 } else { 1 + self.below(longest) }).collect()
    }

    fn slice(&mut self, len: usize) -> Slice {
        let reach = len as isize + 2;
        let mut bound = || {
            if self.one_in(3) { None } else { Some(self.between(-reach, reach)) }
        };
        let (start, stop) = (bound(), bound());
        let step = if self.one_in(2) { None } else { Some(self.between(-3, 3)) };
        Slice { start, stop, step }
    }
}

/// The offset of every element, in C order: what a layout means, without its arithmetic.
#[derive(Clone, Debug)]
struct Model {
    shape: Vec<usize>,
    offsets: Vec<usize>,
}

impl Model {
    fn contiguous(shape: &[usize], size: usize) -> Self {
        let count: usize = shape.iter().product();
        Self { shape: shape.to_vec(), offsets: (0..count).map(|at| at * size).collect() }
    }

    /// Makes a model of `shape` whose element at `index` is this one's element at `source(index)`.
    fn gather(&self, shape: Vec<usize>, source: impl Fn(&[usize]) -> Vec<usize>) -> Self {
        let offsets = indices(&shape).map(|index| self.at(&source(&index))).collect();
        Self { shape, offsets }
    }

    fn at(&self, index: &[usize]) -> usize {
        let place = index.iter().zip(&self.shape).fold(0, |place, (at, len)| place * len + at);
        self.offsets[place]
    }

    /// The positions that Python's slice takes of an axis, found by walking.
    fn walk(slice: Slice, len: usize) -> Option<Vec<usize>> {
        let (len, step) = (len as isize, slice.step.unwrap_or(1));
        if step == 0 {
            return None;
        }
        let wrap = |at: isize| if at < 0 { at + len } else { at };
        let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
        let start =
            slice.start.map_or(if step < 0 { high } else { low }, |at| wrap(at).clamp(low, high));
        let stop =
            slice.stop.map_or(if step < 0 { low } else { high }, |at| wrap(at).clamp(low, high));
        let mut positions = Vec::new();
        let mut at = start;
        while if step < 0 { at > stop } else { at < stop } {
            positions.push(at as usize);
            at += step;
        }
        Some(positions)
    }

    fn slice(&self, axis: usize, slice: Slice) -> Option<Self> {
        let positions = Self::walk(slice, *self.shape.get(axis)?)?;
        let mut shape = self.shape.clone();
        shape[axis] = positions.len();
        Some(self.gather(shape, |index| {
            let mut source = index.to_vec();
            source[axis] = positions[index[axis]];
            source
        }))
    }

    fn index(&self, axis: usize, at: isize) -> Option<Self> {
        let len = *self.shape.get(axis)? as isize;
        let at = usize::try_from(if at < 0 { at + len } else { at })
            .ok()
            .filter(|at| (*at as isize) < len)?;
        let mut shape = self.shape.clone();
        shape.remove(axis);
        Some(self.gather(shape, |index| {
            let mut source = index.to_vec();
            source.insert(axis, at);
            source
        }))
    }

    fn permute(&self, order: &[usize]) -> Option<Self> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.shape.len()) {
            return None;
        }
        let shape = order.iter().map(|axis| self.shape[*axis]).collect();
        Some(self.gather(shape, |index| {
            let mut source = vec![0; index.len()];
            order.iter().zip(index).for_each(|(axis, at)| source[*axis] = *at);
            source
        }))
    }

    fn newaxis(&self, axis: usize) -> Option<Self> {
        let mut shape = self.shape.clone();
        (axis <= shape.len()).then(|| shape.insert(axis, 1))?;
        Some(Self { shape, offsets: self.offsets.clone() })
    }

    fn broadcast_to(&self, shape: &[usize]) -> Option<Self> {
        let added = shape.len().checked_sub(self.shape.len())?;
        if self.shape.iter().zip(&shape[added..]).any(|(have, want)| have != want && *have != 1) {
            return None;
        }
        Some(self.gather(shape.to_vec(), |index| {
            let own = index[added..].iter().zip(&self.shape);
            own.map(|(at, len)| if *len == 1 { 0 } else { *at }).collect()
        }))
    }

    fn windows(&self, axis: usize, size: usize, step: usize) -> Option<Self> {
        let len = *self.shape.get(axis)?;
        let count = (len.checked_sub(size)?).checked_div(step)? + 1;
        let mut shape = self.shape.clone();
        shape[axis] = (size > 0).then_some(count)?;
        shape.push(size);
        Some(self.gather(shape, |index| {
            let (inner, outer) = index.split_last().expect("windows add an axis");
            let mut source = outer.to_vec();
            source[axis] = outer[axis] * step + inner;
            source
        }))
    }
}

/// Every index of a shape in C order.
fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let shape = shape.to_vec();
    let count: usize = shape.iter().product();
    (0..count).map(move |mut place| {
        let mut index = vec![0; shape.len()];
        for (at, len) in index.iter_mut().zip(&shape).rev() {
            *at = place % len;
            place /= len;
        }
        index
    })
}

/// One random operation on both; the name of the operation with what came of each.
fn step(
    random: &mut Random,
    layout: &Layout,
    model: &Model,
) -> (String, Option<Layout>, Option<Model>) {
    // Now and then an axis that does not exist.
    let ndim = model.shape.len();
    let beyond = random.one_in(20) || ndim == 0;
    let axis = random.below(ndim + usize::from(beyond));
    let len = model.shape.get(axis).copied().unwrap_or(0);
    let reach = len as isize;
    match random.below(9) {
        0 | 1 => {
            let slice = random.slice(len);
            let name = format!("slice {axis} {slice}");
            (name, layout.slice(axis, slice).ok(), model.slice(axis, slice))
        }
        2 => {
            let at = random.between(-reach - 1, reach);
            (format!("index {axis} {at}"), layout.index(axis, at).ok(), model.index(axis, at))
        }
        3 => {
            let mut order = random.order(ndim);
            if random.one_in(15) && ndim > 0 {
                order[0] = random.below(ndim + 1);
            }
            (format!("permute {order:?}"), layout.permute(&order).ok(), model.permute(&order))
        }
        4 => {
            let back = Slice { step: Some(-1), ..Slice::default() };
            (format!("flip {axis}"), layout.flip(axis).ok(), model.slice(axis, back))
        }
        5 => {
            let place = random.below(ndim + 2);
            if ndim == 8 {
                return (format!("none at {place}"), Some(layout.clone()), Some(model.clone()));
            }
            (format!("newaxis {place}"), layout.newaxis(place).ok(), model.newaxis(place))
        }
        6 => {
            let all: Vec<usize> = (0..ndim).collect();
            let back: Vec<usize> = all.iter().rev().copied().collect();
            ("transpose".to_owned(), Some(layout.transpose()), model.permute(&back))
        }
        7 if model.offsets.len() < 500 && ndim < 8 => {
            let mut shape = model.shape.clone();
            if random.one_in(2) {
                shape.insert(0, 1 + random.below(3));
            }
            for len in &mut shape {
                if *len == 1 || random.one_in(15) {
                    *len = random.below(4);
                }
            }
            (
                format!("broadcast {shape:?}"),
                layout.broadcast_to(&shape).ok(),
                model.broadcast_to(&shape),
            )
        }
        8 if model.offsets.len() < 500 && ndim < 8 => {
            let (size, step) = (random.below(len + 2), random.below(4));
            let name = format!("windows {axis} {size} {step}");
            (name, layout.windows(axis, size, step).ok(), model.windows(axis, size, step))
        }
        _ => ("nothing".to_owned(), Some(layout.clone()), Some(model.clone())),
    }
}

/// What the layout says of itself is what the offsets say.
fn check(layout: &Layout, model: &Model, how: &str) {
    let size = layout.dtype().size();
    assert_eq!(layout.shape(), model.shape, "{how}");
    assert_eq!(layout.len(), model.offsets.len(), "{how}");
    for (index, offset) in indices(&model.shape).zip(&model.offsets) {
        assert_eq!(layout.offset_of(&index), Some(*offset), "{how} at {index:?}");
    }
    let low = model.offsets.iter().min().copied();
    let high = model.offsets.iter().max().map(|high| high + size);
    let span = low.zip(high).map_or(layout.offset()..layout.offset(), |(low, high)| low..high);
    assert_eq!(layout.span(), span, "{how}");
    let together = model.offsets.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(size));
    assert_eq!(layout.is_contiguous(), together, "{how}: contiguous {layout:?}");
    let reversed: Vec<usize> = (0..model.shape.len()).rev().collect();
    let f_order = model.permute(&reversed).expect("each axis once").offsets;
    let together = f_order.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(size));
    assert_eq!(layout.is_f_contiguous(), together, "{how}: f-contiguous {layout:?}");
    let mut sorted = model.offsets.clone();
    sorted.sort_unstable();
    let apart = sorted.windows(2).all(|pair| pair[1] - pair[0] >= size);
    assert!(apart || !layout.is_injective(), "{how}: {layout:?} is called injective");
    let repeats = how.contains("broadcast") || how.contains("windows");
    assert!(repeats || layout.is_injective(), "{how}: {layout:?} is not called injective");
}

/// A random chain of view operations on a random contiguous layout, checked after each.
fn chain(random: &mut Random, size: u32, ops: usize) -> (Layout, Model, usize) {
    let shape = random.shape(8);
    let dtype = DType::bytes(size);
    let mut layout = Layout::contiguous(dtype, &shape).expect("a small layout");
    let mut model = Model::contiguous(&shape, size as usize);
    let bytes = layout.nbytes();
    let mut how = format!("{shape:?}");
    for _ in 0..random.below(ops + 1) {
        let (name, next, expected) = step(random, &layout, &model);
        how = format!("{how} | {name}");
        assert_eq!(next.is_some(), expected.is_some(), "{how}: one of both is an error, {next:?}");
        if let (Some(next), Some(expected)) = (next, expected) {
            (layout, model) = (next, expected);
            check(&layout, &model, &how);
        }
    }
    (layout, model, bytes)
}

#[test]
fn view_algebra_is_what_a_list_of_offsets_says() {
    let mut random = Random(7);
    for case in 0..cases(40_000) {
        chain(&mut random, [1, 2, 3, 4, 8][case % 5], 5);
    }
}

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
fn a_model_that_counts_wrongly_is_noticed() {
    let layout = Layout::contiguous(DType::U8, &[4, 5]).expect("20 bytes");
    let mut model = Model::contiguous(&[4, 5], 1);
    check(&layout, &model, "as it is");
    model.offsets.swap(3, 4);
    let noticed = std::panic::catch_unwind(|| check(&layout, &model, "two places swapped"));
    assert!(noticed.is_err(), "the comparison can fail");
}

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
