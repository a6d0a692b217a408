//! Bytes meet a layout: views that read and write elements in place, and what owns the bytes.
//!
//! ```text
//!   Buffer ── owns bytes, 64-byte aligned, shared by its clones
//!     │
//!     ├─ View    reads: any layout, broadcast and windows too; clones freely
//!     └─ ViewMut reads and writes: injective layouts only, one at a time
//!          │
//!          └─ Typed<T, N>  references to elements, where type, order and alignment fit
//! ```
//!
//! A view is *not* an array library: it computes nothing, it says where elements are and moves them.
//! Every copy goes through one strided copy engine ([`View::copy_to`]).
//!
//! Invariants: the span of a view's layout lies within bytes that stay borrowed as long as the view
//! lives; a [`ViewMut`] is injective and alone has its elements. No reference is ever formed over the
//! span of a strided view, since what lies in its gaps may belong to another [`ViewMut`]: pointers
//! reach elements, references cover contiguous views only.

#![allow(unsafe_code, reason = "the one place, with simd, where bytes become elements")]

mod buffer;
mod convert;
mod copy;
mod display;
mod foreign;
pub mod guide;
mod hold;
#[cfg(feature = "image")]
mod images;
#[cfg(feature = "mmap")]
mod mmap;
mod mutable;
#[cfg(feature = "ndarray")]
mod ndarray;
pub mod npy;
mod owner;
mod read;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod rules;
mod threads;
mod typed;
mod value;

pub use buffer::Buffer;
pub use foreign::{Foreign, Overlapping};
pub use hold::{Growable, Hold};
pub use mutable::ViewMut;
pub use owner::Owner;
pub(crate) use owner::zeroed_lines;
pub use typed::Typed;
pub use value::Value;

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::layout::{Index, Layout, Slice};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Borrowed bytes seen through a [`Layout`].
///
/// ```
/// use bytelens::{View, index};
///
/// let bytes: Vec<u8> = (0..12).collect();
/// let view = View::from_slice(&bytes, &[3, 4])?;
/// let corner = view.select(&index![1.., ..; -1])?;
/// assert_eq!(corner.to_vec::<u8>()?, [7, 6, 5, 4, 11, 10, 9, 8]);
/// assert_eq!(corner.transpose().get::<u8>(&[0, 1])?, 11);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone)]
pub struct View<'a> {
    /// Byte 0 of the owner, valid for reads over the layout's span, for `'a`.
    base: NonNull<u8>,
    layout: Layout,
    /// Whether what lies between the elements may be read as well, for nobody writes it during `'a`.
    has_quiet_gaps: bool,
    life: PhantomData<&'a [u8]>,
}

// SAFETY: a `View<'a>` gives what `&'a [u8]` gives, reads of bytes that nobody writes during `'a`, and
// `&[u8]` is `Send`.
unsafe impl Send for View<'_> {}

// SAFETY: as for `Send`: all access is by reading, and `&[u8]` is `Sync`.
unsafe impl Sync for View<'_> {}

/// Checks that a layout stays within `len` bytes.
fn check_within(layout: &Layout, len: usize) -> Result<()> {
    let end = layout.span().end;
    if end > len {
        let got = format!("{len} bytes");
        return Err(Error::shape(format!("view of {layout:?}"), format!("{end} bytes"), got));
    }
    Ok(())
}

fn base_of(bytes: &[u8]) -> NonNull<u8> {
    NonNull::from(bytes).cast()
}

impl<'a> View<'a> {
    /// Sees `bytes` through a layout.
    ///
    /// ```
    /// use bytelens::{DType, Layout, View};
    ///
    /// let file = [0xff, 0xff, 1, 0, 2, 0, 3, 0]; // two bytes of header
    /// let layout = Layout::contiguous(DType::from_numpy("<u2")?, &[3])?.shifted(2)?;
    /// assert_eq!(View::new(&file, layout.clone())?.to_vec::<u16>()?, [1, 2, 3]);
    /// assert!(View::new(&file[..7], layout).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn new(bytes: &'a [u8], layout: Layout) -> Result<Self> {
        check_within(&layout, bytes.len())?;
        Ok(Self { base: base_of(bytes), layout, has_quiet_gaps: true, life: PhantomData })
    }

    /// Sees a slice of elements as an array of that shape, in C order.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let numbers = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let view = View::from_slice(&numbers, &[2, 3])?;
    /// assert_eq!(view.to_string(), "f32[2, 3] [[1, 2, 3], [4, 5, 6]]");
    /// assert!(View::from_slice(&numbers, &[7]).is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A shape of another number of elements.
    pub fn from_slice<T: Element>(elements: &'a [T], shape: &[usize]) -> Result<Self> {
        let layout = Layout::contiguous(T::DTYPE, shape)?;
        check_count(&layout, elements.len())?;
        Self::new(bytemuck::cast_slice(elements), layout)
    }

    /// Where the elements lie, in bytes from the start of what the view was made of.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1_u16, 2, 3], &[3])?.flip(0)?;
    /// assert_eq!((view.layout().offset(), view.layout().span()), (4, 0..6));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The bytes of the elements, where they lie in C order without gaps.
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let bytes = [1_u8, 2, 3, 4];
    /// let view = View::from_slice(&bytes, &[2, 2])?;
    /// assert_eq!(view.index(0, 1)?.as_bytes(), Some(&bytes[2..]));
    /// assert_eq!(view.index(1, 1)?.as_bytes(), None); // a column has gaps
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        if !self.layout.is_contiguous() {
            return None;
        }
        // SAFETY: the span lies within what `base` may read for 'a (invariant of the type), and a
        // contiguous layout covers each byte of its span with an element, all of which are shared.
        // An empty span is within or one past the bytes, by `check_within`.
        Some(unsafe {
            let start = self.base.as_ptr().add(self.layout.offset());
            std::slice::from_raw_parts(start, self.layout.nbytes())
        })
    }

    /// The same bytes through a layout that view algebra made of this one.
    #[inline]
    fn through(&self, layout: Layout) -> Self {
        debug_assert!(layout.is_empty() || self.layout.span().start <= layout.span().start);
        debug_assert!(layout.is_empty() || self.layout.span().end >= layout.span().end);
        Self { layout, ..*self }
    }
}

/// Checks that a slice has one element for each of the layout.
fn check_count(layout: &Layout, count: usize) -> Result<()> {
    if layout.len() == count {
        return Ok(());
    }
    let expected = format!("{} elements", layout.len());
    Err(Error::shape(format!("view of {layout}"), expected, count))
}

/// Writes an example that starts with a `view` of 3 rows of 4 bytes, 0 to 11.
macro_rules! example {
    (View, $code:literal) => {
        concat!(
            "```\n# use bytelens::{ByteOrder, DType, Slice, View, index};\n",
            "let bytes: Vec<u8> = (0..12).collect();\n",
            "let view = View::from_slice(&bytes, &[3, 4])?;\n",
            $code,
            "\n# Ok::<(), bytelens::Error>(())\n```"
        )
    };
    (ViewMut, $code:literal) => {
        concat!(
            "```\n# use bytelens::{ByteOrder, DType, Slice, ViewMut, index};\n",
            "let mut bytes: Vec<u8> = (0..12).collect();\n",
            "let view = ViewMut::from_slice(&mut bytes, &[3, 4])?;\n",
            $code,
            "\n# Ok::<(), bytelens::Error>(())\n```"
        )
    };
}

/// What both views can say about their layout.
macro_rules! facts {
    ($View:ident) => {
        /// The element type.
        ///
        #[doc = example!($View, "assert_eq!(*view.dtype(), DType::U8);")]
        pub fn dtype(&self) -> &DType {
            self.layout().dtype()
        }

        /// The number of elements along each axis.
        ///
        #[doc = example!($View, "assert_eq!(view.shape(), [3, 4]);")]
        pub fn shape(&self) -> &[usize] {
            self.layout().shape()
        }

        /// Bytes from one element to the next along each axis.
        ///
        #[doc = example!(
            $View,
            "assert_eq!(view.strides(), [4, 1]);\nassert_eq!(view.flip(0)?.strides(), [-4, 1]);"
        )]
        pub fn strides(&self) -> &[isize] {
            self.layout().strides()
        }

        /// The number of axes.
        ///
        #[doc = example!(
            $View,
            "assert_eq!(view.ndim(), 2);\nassert_eq!(view.index(0, 1)?.ndim(), 1);"
        )]
        pub fn ndim(&self) -> usize {
            self.layout().ndim()
        }

        /// The number of elements, of all axes together.
        ///
        #[doc = example!($View, "assert_eq!(view.len(), 12);")]
        pub fn len(&self) -> usize {
            self.layout().len()
        }

        /// Tells whether there is no element.
        ///
        #[doc = example!($View, "assert!(view.slice(1, 2..2)?.is_empty());")]
        pub fn is_empty(&self) -> bool {
            self.layout().is_empty()
        }

        /// Size in bytes of a contiguous copy; gaps do not count.
        ///
        #[doc = example!(
            $View,
            "assert_eq!(view.slice(1, Slice::from(..).by(2))?.nbytes(), 6);"
        )]
        pub fn nbytes(&self) -> usize {
            self.layout().nbytes()
        }
    };
}

/// View algebra by way of the layout's method of the same name.
macro_rules! algebra {
    ($View:ident, $this:ident: $Self:ty;
     $($name:ident($($arg:ident: $type:ty),*), $what:literal, $code:literal;)*) => {$(
        #[doc = concat!($what, "; see [`Layout::", stringify!($name), "`].")]
        ///
        #[doc = example!($View, $code)]
        ///
        /// # Errors
        ///
        /// Those of the layout's method.
        #[inline]
        pub fn $name($this: $Self $(, $arg: $type)*) -> Result<Self> {
            match $this.layout.$name($($arg),*) {
                Ok(layout) => Ok($this.through(layout)),
                Err(error) => Err(error),
            }
        }
    )*};
}

/// The algebra that both views share.
macro_rules! common_algebra {
    ($View:ident, $this:ident: $Self:ty) => {
        algebra! { $View, $this: $Self;
            slice(axis: usize, slice: impl Into<Slice>), "Keeps a range of one axis",
            "let part = view.slice(1, 1..-1)?; // of each row all but the first and the last\n\
             assert_eq!((part.shape(), part.get::<u8>(&[0, 0])?), (&[3, 2][..], 1));";
            index(axis: usize, at: isize), "Takes one position of an axis, which goes",
            "let last = view.index(0, -1)?;\n\
             assert_eq!((last.shape(), last.get::<u8>(&[0])?), (&[4][..], 8));";
            select(index: &[Index]), "Applies an index expression",
            "let part = view.select(&index![1.., ..; -2])?; // two rows, every second byte from the end\n\
             assert_eq!((part.shape(), part.get::<u8>(&[0, 0])?), (&[2, 2][..], 7));";
            permute(order: &[usize]), "Puts the axes in another order",
            "let columns = view.permute(&[1, 0])?;\n\
             assert_eq!((columns.shape(), columns.get::<u8>(&[3, 0])?), (&[4, 3][..], 3));";
            swap_axes(a: usize, b: usize), "Swaps two axes",
            "assert_eq!(view.swap_axes(0, 1)?.shape(), [4, 3]);";
            flip(axis: usize), "Walks one axis backwards",
            "let mirrored = view.flip(1)?;\n\
             assert_eq!(mirrored.get::<u8>(&[0, 0])?, 3);";
            newaxis(axis: usize), "Puts an axis of length 1 before `axis`",
            "assert_eq!(view.newaxis(2)?.shape(), [3, 4, 1]);";
            squeeze(axis: usize), "Takes away an axis of length 1",
            "let row = view.slice(0, 1..2)?;\n\
             assert_eq!(row.squeeze(0)?.shape(), [4]);";
            reshape(shape: &[isize]), "Gives the elements another shape, where strides allow it",
            "let pairs = view.reshape(&[-1, 2])?;\n\
             assert_eq!((pairs.shape(), pairs.get::<u8>(&[5, 1])?), (&[6, 2][..], 11));\n\
             assert!(pairs.transpose().reshape(&[12]).is_err()); // would need a copy";
            cast(dtype: DType), "Reads the same bytes as elements of another type",
            "let words = view.cast(DType::U16.with_order(ByteOrder::Big))?;\n\
             assert_eq!((words.shape(), words.get::<u16>(&[0, 1])?), (&[3, 2][..], 0x0203));";
            field(name: &str), "Takes the same field of every struct",
            "let structs = view.cast(DType::packed_struct(&[(\"id\", DType::U8), (\"at\", DType::bytes(3))])?)?;\n\
             let ids = structs.field(\"id\")?;\n\
             assert_eq!((ids.shape(), ids.get::<u8>(&[2, 0])?), (&[3, 1][..], 8));";
        }

        /// Reverses the order of the axes; see [`Layout::transpose`].
        ///
        #[doc = example!($View, "assert_eq!(view.transpose().shape(), [4, 3]);")]
        #[must_use]
        pub fn transpose($this: $Self) -> Self {
            let layout = $this.layout.transpose();
            $this.through(layout)
        }
    };
}

use {algebra, common_algebra, example, facts};

impl View<'_> {
    facts!(View);
    common_algebra!(View, self: &Self);
    algebra! { View, self: &Self;
        broadcast_to(shape: &[usize]), "Repeats axes of length 1 and leading axes up to `shape`",
        "let row = view.index(0, 0)?;\n\
         assert_eq!(row.broadcast_to(&[2, 4])?.to_bytes()?, [0, 1, 2, 3, 0, 1, 2, 3]);";
        windows(axis: usize, size: usize, step: usize), "Slides a window along one axis",
        "let row = view.index(0, 0)?;\n\
         assert_eq!(row.windows(0, 3, 1)?.to_bytes()?, [0, 1, 2, 1, 2, 3]);";
    }

    /// Cuts an axis in two before position `at`; see [`Layout::split`].
    ///
    /// ```
    /// use bytelens::View;
    ///
    /// let view = View::from_slice(&[1_u8, 2, 3, 4, 5], &[5])?;
    /// let (low, high) = view.split(0, 2)?;
    /// assert_eq!((low.to_bytes()?, high.to_bytes()?), (vec![1, 2], vec![3, 4, 5]));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the layout's method.
    pub fn split(&self, axis: usize, at: usize) -> Result<(Self, Self)> {
        let (low, high) = self.layout.split(axis, at)?;
        Ok((self.through(low), self.through(high)))
    }
}
