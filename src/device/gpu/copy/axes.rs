//! The axes that both sides of a copy walk together, and the windows that a shader can see of them.
//!
//! ```text
//!   mirror   axes on which the target runs backwards
//!   sort     axes by the target's strides, so that an address finds its element by division
//!   merge    axes that nest on both sides
//!   unit     the largest of 4, 2 and 1 bytes that neither side ever cuts
//!   windows  halves of halves, until both sides fit a binding and 31 bits
//! ```
//!
//! Arithmetic only: nothing here knows a device.

use std::ops::Range;

use crate::layout::Layout;

/// One axis that both sides walk together; distances are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) len: usize,
    pub(super) src: isize,
    pub(super) dst: usize,
}

/// A copy of at least one element, as axes from the target's slowest to its fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joint {
    pub(super) axes: Vec<Axis>,
    /// The bytes where the first element starts on either side.
    pub(super) src: usize,
    pub(super) dst: usize,
    /// Bytes that are copied together.
    pub(super) unit: usize,
}

impl Joint {
    /// Joins two layouts of one shape and element size, the target injective, neither empty.
    pub(super) fn new(src: &Layout, dst: &Layout) -> Self {
        let mut joint = Self { axes: Vec::new(), src: src.offset(), dst: dst.offset(), unit: 1 };
        let strides = src.strides().iter().zip(dst.strides());
        for (len, (src, dst)) in src.shape().iter().zip(strides).filter(|(len, _)| **len > 1) {
            let mut axis = Axis { len: *len, src: *src, dst: dst.unsigned_abs() };
            if *dst < 0 {
                // From the other end, which is an element as the first is.
                let last = len.cast_signed() - 1;
                joint.src = joint.src.wrapping_add_signed(last * src);
                joint.dst = joint.dst.wrapping_add_signed(last * dst);
                axis.src = -src;
            }
            joint.axes.push(axis);
        }
        joint.axes.sort_by_key(|axis| std::cmp::Reverse(axis.dst));
        let size = src.dtype().size();
        if size > 1 || joint.axes.is_empty() {
            joint.axes.push(Axis { len: size, src: 1, dst: 1 });
        }
        joint.merge();
        joint.widen();
        joint
    }

    fn merge(&mut self) {
        let mut merged: Vec<Axis> = Vec::with_capacity(self.axes.len());
        for inner in self.axes.drain(..) {
            match merged.last_mut() {
                Some(outer)
                    if outer.src == inner.src * inner.len.cast_signed()
                        && outer.dst == inner.dst * inner.len =>
                {
                    *outer = Axis { len: outer.len * inner.len, ..inner };
                }
                _ => merged.push(inner),
            }
        }
        self.axes = merged;
    }

    /// Copies larger units where bytes lie together and the target cuts none.
    fn widen(&mut self) {
        let Some((run, outer)) = self.axes.split_last_mut() else { return };
        if (run.src, run.dst) != (1, 1) {
            return;
        }
        let fits = |unit: &usize| {
            let starts = self.dst.is_multiple_of(*unit) && run.len.is_multiple_of(*unit);
            starts && outer.iter().all(|axis| axis.dst.is_multiple_of(*unit))
        };
        self.unit = [4, 2].into_iter().find(fits).unwrap_or(1);
        let len = run.len / self.unit;
        *run = Axis { len, src: self.unit.cast_signed(), dst: self.unit };
        if len == 1 && self.axes.len() > 1 {
            self.axes.pop();
        }
    }

    /// Tells whether the source never cuts a multiple of `n` bytes.
    pub(super) fn src_is_aligned(&self, n: usize) -> bool {
        let strides = self.axes.iter().map(|axis| axis.src.unsigned_abs());
        strides.chain([self.src]).all(|bytes| bytes.is_multiple_of(n))
    }

    /// Tells whether units of the fastest axis lie side by side on the target, and on both sides.
    pub(super) fn is_dense(&self) -> (bool, bool) {
        let last = self.axes.last().map(|axis| (axis.src, axis.dst));
        let dense = last.is_some_and(|(_, dst)| dst == self.unit);
        (dense, dense && last.is_some_and(|(src, _)| src == self.unit.cast_signed()))
    }

    /// The bytes of the source that are read, from the first to the last.
    pub(super) fn src_span(&self) -> Range<usize> {
        let (mut start, mut end) = (self.src, self.src + self.unit);
        for axis in &self.axes {
            let reach = (axis.len - 1) * axis.src.unsigned_abs();
            if axis.src < 0 { start -= reach } else { end += reach }
        }
        start..end
    }

    /// The bytes of the target that are written, from the first to the last.
    pub(super) fn dst_span(&self) -> Range<usize> {
        let reach: usize = self.axes.iter().map(|axis| (axis.len - 1) * axis.dst).sum();
        self.dst..self.dst + reach + self.unit
    }

    /// Cuts the copy into parts of which neither side spans more than `most` bytes.
    pub(super) fn windows(self, most: usize) -> Vec<Self> {
        let (src, dst) = (self.src_span().len(), self.dst_span().len());
        if src.max(dst) <= most {
            return vec![self];
        }
        let reach = |axis: &Axis| {
            let stride = if src > dst { axis.src.unsigned_abs() } else { axis.dst };
            (axis.len - 1) * stride
        };
        let longest = (0..self.axes.len()).max_by_key(|index| reach(&self.axes[*index]));
        let Some(longest) = longest.filter(|index| self.axes[*index].len > 1) else {
            return vec![self];
        };
        let (mut low, mut high) = (self.clone(), self);
        let axis = &mut high.axes[longest];
        let half = axis.len / 2;
        axis.len -= half;
        high.src = high.src.wrapping_add_signed(half.cast_signed() * axis.src);
        high.dst += half * axis.dst;
        low.axes[longest].len = half;
        let mut windows = low.windows(most);
        windows.extend(high.windows(most));
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Joint};
    use crate::dtype::DType;
    use crate::layout::Layout;

    fn joint(dtype: DType, shape: &[usize], src: &[isize], at: usize, dst: &[isize]) -> Joint {
        let src = Layout::new(dtype.clone(), shape, src, at).expect("a source");
        let dst = match dst {
            [] => Layout::contiguous(dtype, shape),
            dst => Layout::new(dtype, shape, dst, 0),
        };
        Joint::new(&src, &dst.expect("a target"))
    }

    #[test]
    fn what_lies_together_becomes_one_run_of_the_widest_units() {
        let axis = |len, src, dst| Axis { len, src, dst };
        let table: [(Joint, usize, &[Axis]); 7] = [
            (joint(DType::U8, &[2, 3, 4], &[12, 4, 1], 5, &[]), 4, &[axis(6, 4, 4)]),
            (
                joint(DType::U8, &[2, 3, 3], &[30, 3, 1], 0, &[]),
                1,
                &[axis(2, 30, 9), axis(9, 1, 1)],
            ),
            (joint(DType::U16, &[2, 3], &[30, 2], 0, &[]), 2, &[axis(2, 30, 6), axis(3, 2, 2)]),
            (joint(DType::F32, &[5, 7], &[4, 20], 0, &[]), 4, &[axis(5, 4, 28), axis(7, 20, 4)]),
            (joint(DType::F64, &[3], &[24], 8, &[]), 4, &[axis(3, 24, 8), axis(2, 4, 4)]),
            (joint(DType::U8, &[4], &[0], 0, &[]), 1, &[axis(4, 0, 1)]),
            (joint(DType::F32, &[], &[], 12, &[]), 4, &[axis(1, 4, 4)]),
        ];
        for (joint, unit, axes) in table {
            assert_eq!((joint.unit, &joint.axes[..]), (unit, axes));
        }
    }

    #[test]
    fn a_target_that_runs_backwards_is_written_forwards() {
        let src = Layout::contiguous(DType::U16, &[3, 2]).expect("a source");
        let dst = src.flip(0).and_then(|layout| layout.flip(1)).expect("two axes");
        let joint = Joint::new(&src, &dst);
        assert_eq!((joint.src, joint.dst), (10, 0));
        assert_eq!(joint.axes, [Axis { len: 6, src: -2, dst: 2 }]);
        assert_eq!((joint.src_span(), joint.dst_span()), (0..12, 0..12));
    }

    #[test]
    fn windows_are_small_and_all_together_everything() {
        for joint in [
            joint(DType::F32, &[50, 70], &[4, 200], 0, &[]),
            joint(DType::U8, &[9, 11, 3], &[-33, 3, 1], 8 * 33, &[]),
            joint(DType::U16, &[40], &[-6], 39 * 6, &[10]),
        ] {
            let units = |joint: &Joint| joint.axes.iter().map(|axis| axis.len).product::<usize>();
            let (all, src, dst) = (units(&joint), joint.src_span(), joint.dst_span());
            for most in [16, 100, 1000, 1 << 20] {
                let windows = joint.clone().windows(most);
                assert_eq!(windows.iter().map(units).sum::<usize>(), all);
                for window in &windows {
                    let (from, to) = (window.src_span(), window.dst_span());
                    assert!(from.len() <= most && to.len() <= most, "{window:?}");
                    assert!(src.start <= from.start && from.end <= src.end, "{window:?}");
                    assert!(dst.start <= to.start && to.end <= dst.end, "{window:?}");
                }
            }
        }
    }
}
