//! View operations: checked functions from layout to layout that move no byte.
//!
//! ```text
//!   slice    0 1 2 3 4 5  ─ 1..5 by 2 ─►  1 3         flip  0 1 2 ─► 2 1 0
//!   permute  [h, w, c]    ─ [2, 0, 1] ─►  [c, h, w]   index [h, w] ─ row 3 ─► [w]
//!   windows  0 1 2 3 4    ─ 3, step 1 ─►  012 123 234
//! ```
//!
//! Not here: anything that needs a copy. Reshape says so where it would.

use super::axes::check_room;
use super::{Axes, Layout, Slice, checked_nbytes, without_sub_array};
use crate::dtype::DType;
use crate::error::{Error, Result};

impl Layout {
    /// Keeps a range of one axis.
    ///
    /// ```
    /// use bytelens::{DType, Layout, Slice};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.slice(0, 10..20)?.shape(), [10, 640, 3]);
    /// assert_eq!(image.slice(1, -8..)?.shape(), [480, 8, 3]);
    /// let every_second = image.slice(1, Slice::from(..).by(2))?;
    /// assert_eq!((every_second.shape(), every_second.strides()), (&[480, 320, 3][..], &[1920, 6, 1][..]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, or a step of 0.
    #[inline(always)]
    pub fn slice(&self, axis: usize, slice: impl Into<Slice>) -> Result<Self> {
        let len = self.len_of(axis, "slice")?;
        let slice = slice.into();
        let Some((start, count, step)) = slice.positions(len) else {
            return Err(Error::shape(format!("slice axis {axis}"), "a step other than 0", 0));
        };
        let (shape, strides) = (self.shape(), self.strides());
        let moved = if count > 0 && !self.is_empty() { start } else { 0 };
        // Saturates only where fewer than two elements are left, so that it is never walked.
        let stride = strides[axis].saturating_mul(step);
        Ok(Self {
            dtype: self.dtype.clone(),
            axes: Axes::from_fn(shape.len(), |own| {
                if own == axis { (count, stride) } else { (shape[own], strides[own]) }
            }),
            offset: self.offset_at(axis, moved),
        })
    }

    /// Takes one position of an axis, which goes; negative positions count from the end.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let row = image.index(0, -1)?;
    /// assert_eq!((row.shape(), row.offset()), (&[640, 3][..], 479 * 1920));
    /// assert!(image.index(2, 3).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, or a position outside it.
    #[inline(always)]
    pub fn index(&self, axis: usize, at: isize) -> Result<Self> {
        let len = self.len_of(axis, "index")?;
        let from_start = if at < 0 { len.checked_add_signed(at) } else { Some(at.unsigned_abs()) };
        let Some(position) = from_start.filter(|at| *at < len) else {
            let expected = if len == 0 {
                "an axis that is not empty".to_owned()
            } else {
                format!("a position in -{len}..{len}")
            };
            return Err(Error::shape(format!("index axis {axis}"), expected, at));
        };
        let position = if self.is_empty() { 0 } else { position };
        Ok(self.without(axis, self.offset_at(axis, position)))
    }

    /// Puts the axes in another order: axis `i` of the result is axis `order[i]` of this.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let planes = image.permute(&[2, 0, 1])?;
    /// assert_eq!((planes.shape(), planes.strides()), (&[3, 480, 640][..], &[1, 1920, 3][..]));
    /// assert!(image.permute(&[0, 0, 1]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An order that does not name each axis once.
    #[inline(always)]
    pub fn permute(&self, order: &[usize]) -> Result<Self> {
        let (shape, strides) = (self.shape(), self.strides());
        if order.len() != shape.len() {
            return Err(self.not_an_order(order));
        }
        let mut seen = 0_u64;
        for axis in order {
            if *axis >= shape.len() || seen >> axis & 1 == 1 {
                return Err(self.not_an_order(order));
            }
            seen |= 1 << axis;
        }
        Ok(Self {
            dtype: self.dtype.clone(),
            axes: Axes::from_fn(shape.len(), |own| (shape[order[own]], strides[order[own]])),
            offset: self.offset,
        })
    }

    /// Reverses the order of the axes.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.transpose().shape(), [3, 640, 480]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn transpose(&self) -> Self {
        let (shape, strides) = (self.shape(), self.strides());
        let ndim = shape.len();
        Self {
            dtype: self.dtype.clone(),
            axes: Axes::from_fn(ndim, |own| (shape[ndim - 1 - own], strides[ndim - 1 - own])),
            offset: self.offset,
        }
    }

    /// Swaps two axes.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.swap_axes(0, 1)?.strides(), [3, 1920, 1]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist.
    #[inline]
    pub fn swap_axes(&self, a: usize, b: usize) -> Result<Self> {
        self.len_of(a, "swap")?;
        self.len_of(b, "swap")?;
        let (shape, strides) = (self.shape(), self.strides());
        let axes = Axes::from_fn(shape.len(), |own| {
            let old = if own == a {
                b
            } else if own == b {
                a
            } else {
                own
            };
            (shape[old], strides[old])
        });
        Ok(Self { dtype: self.dtype.clone(), axes, offset: self.offset })
    }

    /// Walks one axis backwards.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let mirrored = image.flip(1)?;
    /// assert_eq!((mirrored.strides(), mirrored.offset()), (&[1920, -3, 1][..], 639 * 3));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist.
    #[inline]
    pub fn flip(&self, axis: usize) -> Result<Self> {
        let len = self.len_of(axis, "flip")?;
        let (shape, strides) = (self.shape(), self.strides());
        let axes = Axes::from_fn(shape.len(), |own| {
            let stride = strides[own];
            (shape[own], if own == axis { stride.saturating_neg() } else { stride })
        });
        let last = if self.is_empty() { 0 } else { len - 1 };
        Ok(Self { dtype: self.dtype.clone(), axes, offset: self.offset_at(axis, last) })
    }

    /// Puts an axis of length 1 before `axis`, which may be one past the last.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.newaxis(0)?.shape(), [1, 480, 640, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A place beyond the axes, or a 65th axis.
    #[inline]
    pub fn newaxis(&self, axis: usize) -> Result<Self> {
        if axis > self.ndim() {
            let expected = format!("a place of {} or below", self.ndim());
            return Err(Error::shape("newaxis", expected, axis));
        }
        check_room(self.ndim())?;
        let (shape, strides) = (self.shape(), self.strides());
        let axes = Axes::from_fn(shape.len() + 1, |own| {
            let old = if own < axis { own } else { own.wrapping_sub(1) };
            if own == axis { (1, 0) } else { (shape[old], strides[old]) }
        });
        Ok(Self { dtype: self.dtype.clone(), axes, offset: self.offset })
    }

    /// Takes away an axis of length 1.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// assert_eq!(image.slice(2, 1..2)?.squeeze(2)?.shape(), [480, 640]);
    /// assert!(image.squeeze(0).is_err()); // 480 rows are not 1
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, or of another length.
    #[inline]
    pub fn squeeze(&self, axis: usize) -> Result<Self> {
        let len = self.len_of(axis, "squeeze")?;
        if len != 1 {
            return Err(Error::shape(format!("squeeze axis {axis}"), "length 1", len));
        }
        Ok(self.without(axis, self.offset))
    }

    /// Repeats axes of length 1, and the whole along new leading axes, up to `shape`; read-only.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let row = Layout::contiguous(DType::F32, &[640])?;
    /// let rows = row.broadcast_to(&[480, 640])?;
    /// assert_eq!((rows.strides(), rows.span()), (&[0, 4][..], row.span()));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A shape that this one does not repeat to, or over `isize::MAX` elements.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Self> {
        let Some(added) = shape.len().checked_sub(self.ndim()) else {
            let expected = format!("{} axes or more", self.ndim());
            return Err(Error::shape("broadcast", expected, shape.len()));
        };
        let mut axes = Axes::default();
        for (axis, len) in shape.iter().enumerate() {
            let (have, stride) = match axis.checked_sub(added) {
                Some(own) => (self.shape()[own], self.strides()[own]),
                None => (1, 0),
            };
            if have != *len && have != 1 {
                let context = format!("broadcast axis {axis}");
                return Err(Error::shape(context, format!("length {have}"), len));
            }
            axes.push(*len, if have == *len { stride } else { 0 })?;
        }
        checked_nbytes(axes.shape(), self.dtype.size())?;
        Ok(Self { dtype: self.dtype.clone(), axes, offset: self.offset })
    }

    /// Slides a window of `size` along one axis, `step` at a time; the window is a new last axis.
    ///
    /// Read-only, as windows share elements.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let samples = Layout::contiguous(DType::F32, &[1000])?;
    /// let frames = samples.windows(0, 256, 64)?;
    /// assert_eq!((frames.shape(), frames.strides()), (&[12, 256][..], &[256, 4][..]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, a size of 0 or over the axis, a step of 0, or over `isize::MAX`
    /// elements.
    pub fn windows(&self, axis: usize, size: usize, step: usize) -> Result<Self> {
        let len = self.len_of(axis, "windows")?;
        if size == 0 || size > len {
            let context = format!("windows axis {axis}");
            return Err(Error::shape(context, format!("a size in 1..={len}"), size));
        }
        if step == 0 {
            return Err(Error::shape(format!("windows axis {axis}"), "a step of 1 or more", 0));
        }
        let mut out = self.clone();
        let (shape, strides) = out.axes.parts_mut();
        let stride = strides[axis];
        shape[axis] = (len - size) / step + 1;
        let step = isize::try_from(step).unwrap_or(isize::MAX);
        strides[axis] = stride.saturating_mul(step);
        out.axes.push(size, stride)?;
        checked_nbytes(out.shape(), out.dtype.size())?;
        Ok(out)
    }

    /// Cuts an axis in two before position `at`.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let (left, right) = image.split(1, 100)?;
    /// assert_eq!((left.shape()[1], right.shape()[1], right.offset()), (100, 540, 300));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An axis that does not exist, or a position beyond its end.
    #[inline]
    pub fn split(&self, axis: usize, at: usize) -> Result<(Self, Self)> {
        let len = self.len_of(axis, "split")?;
        if at > len {
            let context = format!("split axis {axis}");
            return Err(Error::shape(context, format!("a position in 0..={len}"), at));
        }
        Ok((self.slice(axis, ..at)?, self.slice(axis, at..)?))
    }

    /// Reads the same bytes as elements of another type.
    ///
    /// A type of the same size always fits. For another size the last axis must lie side by side,
    /// and its bytes must be a multiple of the new size; the other axes may have any strides. The
    /// axes of a sub-array type are added behind.
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let image = Layout::contiguous(DType::U8, &[480, 640, 3])?;
    /// let bytes = Layout::contiguous(DType::U8, &[480, 640, 4])?;
    /// let words = bytes.cast(DType::U32)?;
    /// assert_eq!((words.shape(), words.strides()), (&[480, 640, 1][..], &[2560, 4, 4][..]));
    /// assert!(image.cast(DType::U32).is_err()); // 3 bytes are no word
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A last axis with gaps, bytes that do not divide, or a single element of another size.
    #[inline(always)]
    pub fn cast(&self, dtype: DType) -> Result<Self> {
        if dtype.sub_array().is_some() {
            return self.cast_to_arrays(dtype);
        }
        let (old, new) = (self.dtype.size(), dtype.size());
        let (shape, strides) = (self.shape(), self.strides());
        // Where sizes are the same no axis is another.
        let (mut last, mut len) = (shape.len(), 0);
        if old != new {
            len = self.last_len_as(&dtype)?;
            last -= 1;
        }
        let axes = Axes::from_fn(shape.len(), |own| {
            if own == last { (len, new.cast_signed()) } else { (shape[own], strides[own]) }
        });
        // As many bytes as before, in elements of one byte or more.
        Ok(Self { dtype, axes, offset: self.offset })
    }

    #[cold]
    fn cast_to_arrays(&self, dtype: DType) -> Result<Self> {
        let mut axes = self.axes.clone();
        if self.dtype.size() != dtype.size() {
            let len = self.last_len_as(&dtype)?;
            let (shape, strides) = axes.parts_mut();
            // The last axis is there: its length has just been found.
            let last = shape.len() - 1;
            (shape[last], strides[last]) = (len, dtype.size().cast_signed());
        }
        self.with_inner_axes(axes, dtype)
    }

    /// The length of the last axis in elements of another size.
    #[inline]
    fn last_len_as(&self, dtype: &DType) -> Result<usize> {
        let (old, new) = (self.dtype.size(), dtype.size());
        let Some(last) = self.ndim().checked_sub(1) else {
            let got = format!("{} ({old} bytes); add an axis first", self.dtype);
            return Err(Error::dtype("cast", format!("{new} bytes for {dtype}"), got));
        };
        if !self.has_packed_rows() {
            let expected = format!("elements side by side (stride {old}) to cast to {dtype}");
            let got = format!("stride {}; copy first", self.strides()[last]);
            return Err(Error::shape(format!("cast axis {last}"), expected, got));
        }
        // Cannot wrap unless empty: the bytes of a row are part of nbytes.
        let row = self.shape()[last].saturating_mul(old);
        if row.checked_rem(new) != Some(0) {
            let expected = format!("rows of a multiple of {new} bytes for {dtype}");
            return Err(Error::dtype("cast", expected, format!("rows of {row} bytes")));
        }
        Ok(row / new)
    }

    /// These elements as others that are sub-arrays, whose axes go behind all others.
    fn with_inner_axes(&self, mut axes: Axes, dtype: DType) -> Result<Self> {
        let (dtype, inner) = without_sub_array(dtype);
        axes.push_contiguous(&inner, dtype.size())?;
        checked_nbytes(axes.shape(), dtype.size())?;
        Ok(Self { dtype, axes, offset: self.offset })
    }

    /// The same field of every struct: a view with gaps.
    ///
    /// ```text
    ///   {id: u16, x: f32}   │id│ x  │id│ x  │id│ x  │   field "x":  f32, stride 6, offset 2
    /// ```
    ///
    /// ```
    /// use bytelens::{DType, Layout};
    ///
    /// let points = Layout::contiguous(DType::from_format("T{<H:id:<f:x:}")?, &[100])?;
    /// let x = points.field("x")?;
    /// assert_eq!((x.shape(), x.strides(), x.offset()), (&[100][..], &[6][..], 2));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Elements that are no structs, or a name they do not have.
    pub fn field(&self, name: &str) -> Result<Self> {
        let field = self.dtype.field(name)?;
        let axes = self.axes.clone();
        let mut out = self.with_inner_axes(axes, field.dtype().clone())?;
        if !self.is_empty() {
            // Cannot wrap: the field lies within an element.
            out.offset += field.offset();
        }
        Ok(out)
    }

    #[inline]
    pub(super) fn len_of(&self, axis: usize, op: &str) -> Result<usize> {
        self.shape().get(axis).copied().ok_or_else(|| self.no_axis(axis, op))
    }

    /// The elements from `offset` on along all axes but one, which exists.
    #[inline(always)]
    fn without(&self, axis: usize, offset: usize) -> Self {
        let (shape, strides) = (self.shape(), self.strides());
        let axes = Axes::from_fn(shape.len() - 1, |own| {
            let old = if own < axis { own } else { own + 1 };
            (shape[old], strides[old])
        });
        Self { dtype: self.dtype.clone(), axes, offset }
    }

    /// The offset of position `at` of an axis, which exists.
    #[inline]
    fn offset_at(&self, axis: usize, at: usize) -> usize {
        // The product is within the span, and so is the sum.
        self.offset.wrapping_add_signed(self.strides()[axis].wrapping_mul(at.cast_signed()))
    }

    #[cold]
    fn no_axis(&self, axis: usize, op: &str) -> Error {
        let expected = format!("an axis below {}", self.ndim());
        Error::shape(format!("{op} axis {axis}"), expected, axis)
    }

    #[cold]
    fn not_an_order(&self, order: &[usize]) -> Error {
        let expected = format!("each axis below {} once", self.ndim());
        Error::shape("permute", expected, format!("{order:?}"))
    }
}
