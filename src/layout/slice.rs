//! Ranges with a step along one axis, with Python's meaning.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// A range of indices along one axis, with a step: Python's `start:stop:step`.
///
/// Negative bounds count from the end, bounds beyond the axis are clamped, a negative step walks
/// backwards. Every range of the standard library is a slice of step 1.
///
/// ```
/// use bytelens::Slice;
///
/// assert_eq!(Slice::from(2..-1), Slice::new(Some(2), Some(-1), None));
/// assert_eq!(Slice::from(..).by(-1).to_string(), "::-1");
/// assert_eq!(Slice::from(1..).by(3).positions(8), Some((1, 3, 3)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First index; the end that the step starts from where it is missing.
    pub start: Option<isize>,
    /// Index before which to stop; all of the axis where it is missing.
    pub stop: Option<isize>,
    /// Distance from one index to the next; 1 where it is missing, never 0.
    pub step: Option<isize>,
}

impl Slice {
    /// Makes `start:stop:step`, each of which may be left out.
    ///
    /// ```
    /// use bytelens::Slice;
    ///
    /// assert_eq!(Slice::new(None, Some(-1), Some(2)).to_string(), ":-1:2");
    /// ```
    #[inline]
    pub const fn new(start: Option<isize>, stop: Option<isize>, step: Option<isize>) -> Self {
        Self { start, stop, step }
    }

    /// The same bounds with another step.
    ///
    /// ```
    /// use bytelens::Slice;
    ///
    /// assert_eq!(Slice::from(10..).by(-3), Slice::new(Some(10), None, Some(-3)));
    /// ```
    #[must_use]
    pub const fn by(self, step: isize) -> Self {
        Self { step: Some(step), ..self }
    }

    /// First index, number of indices and step on an axis of `len` elements; nothing if the step is 0.
    ///
    /// The first index of an empty slice is within `0..=len`.
    ///
    /// ```
    /// use bytelens::Slice;
    ///
    /// assert_eq!(Slice::from(-3..).positions(10), Some((7, 3, 1)));
    /// assert_eq!(Slice::from(..).by(-4).positions(10), Some((9, 3, -4))); // 9, 5, 1
    /// assert_eq!(Slice::from(..).by(0).positions(10), None);
    /// ```
    #[inline]
    pub fn positions(&self, len: usize) -> Option<(usize, usize, isize)> {
        let step = self.step.unwrap_or(1);
        // An axis of more elements than isize::MAX has a stride of 0 and is never made.
        let len = isize::try_from(len).unwrap_or(isize::MAX);
        let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
        let clamp = |at: isize| {
            let at = if at < 0 { at.saturating_add(len) } else { at };
            at.clamp(low, high)
        };
        let (first, last) = if step < 0 { (high, low) } else { (low, high) };
        let start = self.start.map_or(first, clamp);
        let stop = self.stop.map_or(last, clamp);
        let distance = if step < 0 { start - stop } else { stop - start };
        if step == 0 {
            return None;
        }
        let count =
            if distance <= 0 { 0 } else { (distance.unsigned_abs() - 1) / step.unsigned_abs() + 1 };
        Some((start.max(0).unsigned_abs(), count, step))
    }
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |part: Option<isize>| part.map_or_else(String::new, |at| at.to_string());
        write!(f, "{}:{}", part(self.start), part(self.stop))?;
        self.step.map_or(Ok(()), |step| write!(f, ":{step}"))
    }
}

/// What may stand for an index in a range. Values beyond `isize` clamp, as any index beyond an axis
/// does.
trait Bound: Copy {
    fn bound(self) -> isize;
}

macro_rules! bounds {
    ($($int:ty),*) => {$(
        impl Bound for $int {
            #[inline]
            fn bound(self) -> isize {
                #[allow(unused_comparisons, reason = "one macro for signed and unsigned types")]
                isize::try_from(self).unwrap_or(if self < 0 { isize::MIN } else { isize::MAX })
            }
        }
        impl From<Range<$int>> for Slice {
            #[inline]
            fn from(range: Range<$int>) -> Self {
                Self::new(Some(range.start.bound()), Some(range.end.bound()), None)
            }
        }
        impl From<RangeFrom<$int>> for Slice {
            #[inline]
            fn from(range: RangeFrom<$int>) -> Self {
                Self::new(Some(range.start.bound()), None, None)
            }
        }
        impl From<RangeTo<$int>> for Slice {
            #[inline]
            fn from(range: RangeTo<$int>) -> Self {
                Self::new(None, Some(range.end.bound()), None)
            }
        }
        impl From<RangeInclusive<$int>> for Slice {
            #[inline]
            fn from(range: RangeInclusive<$int>) -> Self {
                Self::new(Some(range.start().bound()), after(range.end().bound()), None)
            }
        }
        impl From<RangeToInclusive<$int>> for Slice {
            #[inline]
            fn from(range: RangeToInclusive<$int>) -> Self {
                Self::new(None, after(range.end.bound()), None)
            }
        }
    )*};
}

bounds!(i32, i64, isize, u32, u64, usize);

/// The stop that includes `end`; -1 is the last element, so nothing stops there.
fn after(end: isize) -> Option<isize> {
    if end == -1 { None } else { Some(end.saturating_add(1)) }
}

impl From<RangeFull> for Slice {
    #[inline]
    fn from(_: RangeFull) -> Self {
        Self::default()
    }
}
