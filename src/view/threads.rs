//! Copies and conversions on several threads.
//!
//! Not a pool and not a default: [`View::copy_to`] and [`View::convert_to`] start no thread. Whoever
//! owns the threads of a program says how many may copy.

use super::{View, ViewMut};
use crate::error::Result;
use std::num::NonZeroUsize;

/// Bytes for each thread below which it costs more to start one than it saves. Fewer under Miri,
/// which would walk the rest of the day.
const MIN_BYTES: usize = if cfg!(miri) { 1 << 10 } else { 4 << 20 };

impl View<'_> {
    /// Copies as [`copy_to`](View::copy_to) does, on up to `threads` threads where the view is large
    /// enough that each has 4 MiB to copy.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    /// use std::num::NonZeroUsize;
    ///
    /// let source = Buffer::zeroed(DType::U8, &[3000, 4000])?;
    /// let turned = source.view().transpose();
    /// let mut target = Buffer::zeroed(DType::U8, turned.shape())?;
    /// let threads = NonZeroUsize::new(2).expect("2 is not 0");
    /// turned.copy_to_with_threads(&mut target.view_mut()?, threads)?;
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another shape or element type.
    pub fn copy_to_with_threads(
        &self,
        target: &mut ViewMut<'_>,
        threads: NonZeroUsize,
    ) -> Result<()> {
        let total = self.nbytes();
        in_parts(self, target, threads, &|from, to| from.copy_as_part_of(total, to))
    }

    /// Converts as [`convert_to`](View::convert_to) does, on up to `threads` threads where the larger
    /// side is so large that each has 4 MiB of it.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    /// use std::num::NonZeroUsize;
    ///
    /// let source = Buffer::zeroed(DType::U8, &[3000, 4000])?;
    /// let mut target = Buffer::zeroed(DType::F32, &[3000, 4000])?;
    /// let threads = NonZeroUsize::new(2).expect("2 is not 0");
    /// source.view().convert_to_with_threads(&mut target.view_mut()?, threads)?;
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Another shape, or a type that is no integer or float on one side and not the same on both.
    pub fn convert_to_with_threads(
        &self,
        target: &mut ViewMut<'_>,
        threads: NonZeroUsize,
    ) -> Result<()> {
        in_parts(self, target, threads, &|from, to| from.convert_to(to))
    }
}

/// Copies by `copy` in as many parts as pay.
fn in_parts(
    source: &View<'_>,
    target: &mut ViewMut<'_>,
    threads: NonZeroUsize,
    copy: &(impl Fn(&View<'_>, &mut ViewMut<'_>) -> Result<()> + Sync),
) -> Result<()> {
    let larger = source.nbytes().max(target.nbytes());
    let parts = threads.get().min(larger / MIN_BYTES);
    // What does not fit is refused by the copy.
    if parts < 2 || source.shape() != target.shape() {
        return copy(source, target);
    }
    cut(source, target.reborrow(), parts, copy)
}

/// Cuts the target where it is widest, so that each thread writes a part of memory of its own.
fn cut(
    source: &View<'_>,
    mut target: ViewMut<'_>,
    parts: usize,
    copy: &(impl Fn(&View<'_>, &mut ViewMut<'_>) -> Result<()> + Sync),
) -> Result<()> {
    let axes = (0..source.ndim()).filter(|axis| source.shape()[*axis] > 1);
    let widest = axes.max_by_key(|axis| target.strides()[*axis].unsigned_abs());
    let Some(axis) = widest.filter(|_| parts > 1) else {
        return copy(source, &mut target);
    };
    let here = parts / 2;
    let len = source.shape()[axis];
    // In this order nothing wraps: the quotient is below the length.
    let at = (len / parts * here + len % parts * here / parts).max(1);
    let (low, high) = source.split(axis, at)?;
    let (low_target, high_target) = target.split_at(axis, at)?;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| cut(&high, high_target, parts - here, copy));
        let own = cut(&low, low_target, here, copy);
        other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        own
    })
}

#[cfg(test)]
mod tests {
    use super::MIN_BYTES;
    use crate::dtype::DType;
    use crate::view::{Buffer, View};
    use std::num::NonZeroUsize;

    #[test]
    fn several_threads_copy_what_one_does() {
        let side = MIN_BYTES.isqrt() * 2;
        let bytes: Vec<u8> = (0_u32..)
            .take(side * side)
            .map(|at| at.wrapping_mul(0x9e37_79b1).to_le_bytes()[2])
            .collect();
        for shape in [vec![side * side], vec![side, side], vec![2, 3, side * side / 6]] {
            let used = &bytes[..shape.iter().product()];
            let view = View::from_slice(used, &shape).expect("as many bytes").transpose();
            let expected = view.to_bytes().expect("memory");
            for threads in [1, 2, 3, 7] {
                let mut target =
                    Buffer::zeroed(view.dtype().clone(), view.shape()).expect("memory");
                let threads = NonZeroUsize::new(threads).expect("not 0");
                let mut out = target.view_mut().expect("not shared");
                view.copy_to_with_threads(&mut out, threads).expect("same shape and type");
                assert!(out.as_view().as_bytes() == Some(&*expected), "{shape:?} on {threads}");

                let mut wide = Buffer::zeroed(DType::U32, view.shape()).expect("memory");
                let mut out = wide.view_mut().expect("not shared");
                view.convert_to_with_threads(&mut out, threads).expect("same shape, numbers");
                let numbers = out.as_view().to_vec::<u32>().expect("memory");
                assert!(numbers.iter().copied().eq(expected.iter().map(|byte| u32::from(*byte))));
            }
        }
    }
}
