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
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn new(bytes: &'a [u8], layout: Layout) -> Result<Self> {
        check_within(&layout, bytes.len())?;
        Ok(Self { base: base_of(bytes), layout, life: PhantomData })
    }

    /// Sees a slice of elements as an array of that shape, in C order.
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
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The bytes of the elements, where they lie in C order without gaps.
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
        Self { base: self.base, layout, life: PhantomData }
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

/// What both views can say about their layout.
macro_rules! facts {
    () => {
        /// The element type.
        pub fn dtype(&self) -> &DType {
            self.layout().dtype()
        }

        /// The number of elements along each axis.
        pub fn shape(&self) -> &[usize] {
            self.layout().shape()
        }

        /// Bytes from one element to the next along each axis.
        pub fn strides(&self) -> &[isize] {
            self.layout().strides()
        }

        /// The number of axes.
        pub fn ndim(&self) -> usize {
            self.layout().ndim()
        }

        /// The number of elements.
        pub fn len(&self) -> usize {
            self.layout().len()
        }

        /// Tells whether there is no element.
        pub fn is_empty(&self) -> bool {
            self.layout().is_empty()
        }

        /// Size in bytes of a contiguous copy.
        pub fn nbytes(&self) -> usize {
            self.layout().nbytes()
        }
    };
}

/// View algebra by way of the layout's method of the same name.
macro_rules! algebra {
    ($this:ident: $Self:ty; $($name:ident($($arg:ident: $type:ty),*), $what:literal;)*) => {$(
        #[doc = concat!($what, "; see [`Layout::", stringify!($name), "`].")]
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
    ($this:ident: $Self:ty) => {
        algebra! { $this: $Self;
            slice(axis: usize, slice: impl Into<Slice>), "Keeps a range of one axis";
            index(axis: usize, at: isize), "Takes one position of an axis, which goes";
            select(index: &[Index]), "Applies an index expression";
            permute(order: &[usize]), "Puts the axes in another order";
            swap_axes(a: usize, b: usize), "Swaps two axes";
            flip(axis: usize), "Walks one axis backwards";
            newaxis(axis: usize), "Puts an axis of length 1 before `axis`";
            squeeze(axis: usize), "Takes away an axis of length 1";
            reshape(shape: &[isize]), "Gives the elements another shape, where strides allow it";
            cast(dtype: DType), "Reads the same bytes as elements of another type";
            field(name: &str), "Takes the same field of every struct";
        }

        /// Reverses the order of the axes.
        #[must_use]
        pub fn transpose($this: $Self) -> Self {
            let layout = $this.layout.transpose();
            $this.through(layout)
        }
    };
}

use {algebra, common_algebra, facts};

impl View<'_> {
    facts!();
    common_algebra!(self: &Self);
    algebra! { self: &Self;
        broadcast_to(shape: &[usize]), "Repeats axes of length 1 and leading axes up to `shape`";
        windows(axis: usize, size: usize, step: usize), "Slides a window along one axis";
    }

    /// Cuts an axis in two before position `at`; see [`Layout::split`].
    ///
    /// # Errors
    ///
    /// Those of the layout's method.
    pub fn split(&self, axis: usize, at: usize) -> Result<(Self, Self)> {
        let (low, high) = self.layout.split(axis, at)?;
        Ok((self.through(low), self.through(high)))
    }
}
