//! The model, and random chains of view operations on it and on a layout.

use bytelens::{DType, Layout, Slice};

/// How many of `count` random cases are run: Miri, which interprets each, gets by with few.
pub(crate) const fn cases(count: usize) -> usize {
    if cfg!(miri) { count / 1000 } else { count }
}

/// A small random generator: the same cases in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn between(&mut self, low: isize, high: isize) -> isize {
        low + self.below((high - low + 1) as usize) as isize
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for at in (1..n).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }

    /// Up to `ndim` axes with few enough elements to count them all.
    pub(crate) fn shape(&mut self, ndim: usize) -> Vec<usize> {
        let ndim = self.below(ndim + 1);
        let longest = [9, 9, 9, 7, 5, 3, 3, 2, 2][ndim];
        (0..ndim).map(|_| if self.one_in(25) { 0 } else { 1 + self.below(longest) }).collect()
    }

    pub(crate) fn slice(&mut self, len: usize) -> Slice {
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
pub(crate) struct Model {
    pub(crate) shape: Vec<usize>,
    pub(crate) offsets: Vec<usize>,
}

impl Model {
    pub(crate) fn contiguous(shape: &[usize], size: usize) -> Self {
        let count: usize = shape.iter().product();
        Self { shape: shape.to_vec(), offsets: (0..count).map(|at| at * size).collect() }
    }

    /// Makes a model of `shape` whose element at `index` is this one's element at `source(index)`.
    pub(crate) fn gather(
        &self,
        shape: Vec<usize>,
        source: impl Fn(&[usize]) -> Vec<usize>,
    ) -> Self {
        let offsets = indices(&shape).map(|index| self.at(&source(&index))).collect();
        Self { shape, offsets }
    }

    pub(crate) fn at(&self, index: &[usize]) -> usize {
        let place = index.iter().zip(&self.shape).fold(0, |place, (at, len)| place * len + at);
        self.offsets[place]
    }

    /// The positions that Python's slice takes of an axis, found by walking.
    pub(crate) fn walk(slice: Slice, len: usize) -> Option<Vec<usize>> {
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

    pub(crate) fn slice(&self, axis: usize, slice: Slice) -> Option<Self> {
        let positions = Self::walk(slice, *self.shape.get(axis)?)?;
        let mut shape = self.shape.clone();
        shape[axis] = positions.len();
        Some(self.gather(shape, |index| {
            let mut source = index.to_vec();
            source[axis] = positions[index[axis]];
            source
        }))
    }

    pub(crate) fn index(&self, axis: usize, at: isize) -> Option<Self> {
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

    pub(crate) fn permute(&self, order: &[usize]) -> Option<Self> {
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

    pub(crate) fn newaxis(&self, axis: usize) -> Option<Self> {
        let mut shape = self.shape.clone();
        (axis <= shape.len()).then(|| shape.insert(axis, 1))?;
        Some(Self { shape, offsets: self.offsets.clone() })
    }

    pub(crate) fn broadcast_to(&self, shape: &[usize]) -> Option<Self> {
        let added = shape.len().checked_sub(self.shape.len())?;
        if self.shape.iter().zip(&shape[added..]).any(|(have, want)| have != want && *have != 1) {
            return None;
        }
        Some(self.gather(shape.to_vec(), |index| {
            let own = index[added..].iter().zip(&self.shape);
            own.map(|(at, len)| if *len == 1 { 0 } else { *at }).collect()
        }))
    }

    pub(crate) fn windows(&self, axis: usize, size: usize, step: usize) -> Option<Self> {
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
pub(crate) fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
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
pub(crate) fn step(
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
pub(crate) fn check(layout: &Layout, model: &Model, how: &str) {
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
pub(crate) fn chain(random: &mut Random, size: u32, ops: usize) -> (Layout, Model, usize) {
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
