//! Index expressions: positions, slices, an ellipsis and new axes, several axes at once.
//!
//! The [`index!`](crate::index!) macro writes them in Rust, [`Index::parse`] reads them as Python
//! writes them. The semantics are NumPy's basic indexing:
//!
//! ```text
//!   shape [480, 640, 3]      [10, ..., newaxis, ::-1]
//!     10       takes one position of axis 0, which goes
//!     ...      keeps axis 1, and all that nothing else names
//!     newaxis  adds an axis of length 1
//!     ::-1     walks axis 2 backwards            ─►  shape [640, 1, 3]
//! ```

use super::{Layout, Slice};
use crate::error::{Error, Result};

/// One part of an index expression.
///
/// ```
/// use bytelens::{DType, Index, Layout, Slice};
///
/// let volume = Layout::contiguous(DType::U8, &[4, 5, 6])?;
/// let parts = [Index::At(-1), Index::Ellipsis, Index::Slice(Slice::from(..2)), Index::NewAxis];
/// assert_eq!(volume.select(&parts)?.shape(), [5, 2, 1]);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// One position of an axis, which goes; negative positions count from the end.
    At(isize),
    /// A range of an axis, which stays.
    Slice(Slice),
    /// All axes that the other parts do not name; at most once.
    Ellipsis,
    /// A new axis of length 1.
    NewAxis,
}

impl<T> From<T> for Index
where
    Slice: From<T>,
{
    fn from(range: T) -> Self {
        Self::Slice(range.into())
    }
}

macro_rules! positions {
    ($($int:ty),*) => {$(
        impl From<$int> for Index {
            /// A position; one beyond `isize` is beyond every axis and clamps.
            fn from(at: $int) -> Self {
                Self::At(isize::try_from(at).unwrap_or(isize::MAX))
            }
        }
    )*};
}

positions!(i32, isize, u32, usize);

impl Layout {
    /// Applies an index expression; axes that it does not name are kept whole.
    ///
    /// ```
    /// use bytelens::{DType, Layout, index};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let blue = image.select(&index![10..20, ..; 2, -1])?;
    /// assert_eq!((blue.shape(), blue.offset()), (&[10, 320][..], 10 * 1920 + 2));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// More positions and slices than axes, two ellipses, a position outside its axis, a step of 0,
    /// or more than 64 axes.
    pub fn select(&self, index: &[Index]) -> Result<Self> {
        let is_named = |part: &&Index| matches!(part, Index::At(_) | Index::Slice(_));
        let named = index.iter().filter(is_named).count();
        let Some(unnamed) = self.ndim().checked_sub(named) else {
            let expected = format!("{} positions and slices or fewer", self.ndim());
            return Err(Error::shape("select", expected, named));
        };
        if index.iter().filter(|part| **part == Index::Ellipsis).count() > 1 {
            return Err(Error::shape("select", "one ellipsis at most", "two or more"));
        }
        let mut out = self.clone();
        // `source` counts axes of this layout, for messages; `axis` those of the result.
        let (mut source, mut axis) = (0, 0);
        for part in index {
            let naming = |error| in_axis(error, source);
            match part {
                Index::At(at) => out = out.index(axis, *at).map_err(naming)?,
                Index::Slice(slice) => out = out.slice(axis, *slice).map_err(naming)?,
                Index::NewAxis => out = out.newaxis(axis)?,
                Index::Ellipsis => {}
            }
            source += match part {
                Index::At(_) | Index::Slice(_) => 1,
                Index::Ellipsis => unnamed,
                Index::NewAxis => 0,
            };
            axis += match part {
                Index::At(_) => 0,
                Index::Slice(_) | Index::NewAxis => 1,
                Index::Ellipsis => unnamed,
            };
        }
        Ok(out)
    }
}

/// Names the axis as the caller counts it: positions before it have taken axes away.
fn in_axis(error: Error, axis: usize) -> Error {
    match error {
        Error::Shape { expected, got, .. } => {
            Error::shape(format!("select axis {axis}"), expected, got)
        }
        other => other,
    }
}

impl Index {
    /// Reads an index expression as Python writes it: `10:20, ..., None, -1`, in brackets or not.
    ///
    /// ```
    /// use bytelens::{Index, index};
    ///
    /// assert_eq!(Index::parse("[10:20, ..., newaxis, ::-1]")?, index![10..20, ..., newaxis, ..; -1]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A part that is no integer, slice, `...`, `None` or `newaxis`; the part is named.
    pub fn parse(text: &str) -> Result<Vec<Self>> {
        let text = text.trim();
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if inner.trim().is_empty() {
            return Ok(Vec::new());
        }
        // One comma may follow the last part, as in Python's `(1,)`.
        let inner = inner.trim_end();
        inner.strip_suffix(',').unwrap_or(inner).split(',').map(parse_part).collect()
    }
}

fn parse_part(part: &str) -> Result<Index> {
    let part = part.trim();
    let wrong = || {
        let expected = "an integer, start:stop:step, ... or newaxis";
        Error::param("index expression", "each part", expected, format!("{part:?}"))
    };
    match part {
        "..." => return Ok(Index::Ellipsis),
        "None" | "newaxis" => return Ok(Index::NewAxis),
        _ => {}
    }
    let number = |text: &str| text.trim().parse().map_err(|_| wrong());
    let mut bounds = [None; 3];
    let mut count = 0;
    for text in part.split(':') {
        let bound = bounds.get_mut(count).ok_or_else(wrong)?;
        *bound = if text.trim().is_empty() { None } else { Some(number(text)?) };
        count += 1;
    }
    match (count, bounds) {
        (1, [Some(at), ..]) => Ok(Index::At(at)),
        (1, _) => Err(wrong()),
        (_, [start, stop, step]) => Ok(Index::Slice(Slice { start, stop, step })),
    }
}

/// Writes an index expression: an array of [`Index`] for `select`.
///
/// Parts are positions, ranges, ranges with a step after `;`, `...` and `newaxis`.
///
/// ```
/// use bytelens::{Index, Slice, index};
///
/// assert_eq!(
///     index![3, 1..-1; 2, ..., newaxis],
///     [
///         Index::At(3),
///         Index::Slice(Slice::new(Some(1), Some(-1), Some(2))),
///         Index::Ellipsis,
///         Index::NewAxis,
///     ]
/// );
/// ```
#[macro_export]
macro_rules! index {
    (@ [$($done:expr,)*]) => { [$($done,)*] };
    (@ [$($done:expr,)*] ... $(, $($rest:tt)*)?) => {
        $crate::index!(@ [$($done,)* $crate::Index::Ellipsis,] $($($rest)*)?)
    };
    (@ [$($done:expr,)*] newaxis $(, $($rest:tt)*)?) => {
        $crate::index!(@ [$($done,)* $crate::Index::NewAxis,] $($($rest)*)?)
    };
    (@ [$($done:expr,)*] $range:expr; $step:expr $(, $($rest:tt)*)?) => {
        $crate::index!(
            @ [$($done,)* $crate::Index::Slice($crate::Slice::from($range).by($step)),]
            $($($rest)*)?
        )
    };
    (@ [$($done:expr,)*] $part:expr $(, $($rest:tt)*)?) => {
        $crate::index!(@ [$($done,)* $crate::Index::from($part),] $($($rest)*)?)
    };
    ($($parts:tt)*) => { $crate::index!(@ [] $($parts)*) };
}
