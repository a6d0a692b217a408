//! Owned bytes with a layout, shared without copying.

use super::owner::Aligned;
use super::read::no_memory_for;
use super::{Owner, View, ViewMut, check_count};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::layout::Layout;
use std::fmt::{Debug, Formatter};
use std::sync::Arc;

/// Owned bytes and the layout to see them through.
///
/// A clone shares the bytes and is a hold on them: while there is more than one, they can be read and
/// not written. Dropping a hold releases it.
///
/// ```
/// use bytelens::{Buffer, DType, Error};
///
/// let mut buffer = Buffer::zeroed(DType::U16, &[2, 2])?;
/// let hold = buffer.clone();
/// assert!(matches!(buffer.view_mut(), Err(Error::Held { holders: 1, .. })));
/// drop(hold);
/// buffer.view_mut()?.fill(5_u16)?;
/// assert_eq!(buffer.view().to_vec::<u16>()?, [5; 4]);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone)]
pub struct Buffer {
    owner: Arc<dyn Owner>,
    layout: Layout,
}

impl Buffer {
    /// Makes a buffer of zeros in C order, which starts at a multiple of 64 bytes.
    ///
    /// # Errors
    ///
    /// More than 64 axes, more than `isize::MAX` bytes, or more than there is memory for.
    pub fn zeroed(dtype: DType, shape: &[usize]) -> Result<Self> {
        let layout = Layout::contiguous(dtype, shape)?;
        let nbytes = layout.nbytes();
        let owner = Aligned::zeroed(nbytes)
            .ok_or_else(|| no_memory_for(format!("a buffer of {layout}"), nbytes))?;
        Ok(Self { owner: Arc::new(owner), layout })
    }

    /// Takes a vector of elements as an array of that shape in C order, without copying.
    ///
    /// # Errors
    ///
    /// A shape of another number of elements.
    pub fn from_vec<T: Element>(elements: Vec<T>, shape: &[usize]) -> Result<Self> {
        let layout = Layout::contiguous(T::DTYPE, shape)?;
        check_count(&layout, elements.len())?;
        Ok(Self { owner: Arc::new(elements), layout })
    }

    /// Takes bytes as an array of that element type and shape in C order, without copying.
    ///
    /// # Errors
    ///
    /// A shape that needs another number of bytes.
    pub fn from_bytes(bytes: Vec<u8>, dtype: DType, shape: &[usize]) -> Result<Self> {
        let layout = Layout::contiguous(dtype, shape)?;
        if layout.nbytes() != bytes.len() {
            let expected = format!("{} bytes", layout.nbytes());
            return Err(Error::shape(format!("buffer of {layout}"), expected, bytes.len()));
        }
        Ok(Self { owner: Arc::new(bytes), layout })
    }

    /// Sees the bytes of any owner through a layout: a hold on the owner.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the owner's bytes.
    pub fn from_owner(owner: Arc<dyn Owner>, layout: Layout) -> Result<Self> {
        View::new(owner.bytes(), layout.clone())?;
        Ok(Self { owner, layout })
    }

    /// Sees the same bytes through another layout, sharing them.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn with_layout(&self, layout: Layout) -> Result<Self> {
        Self::from_owner(Arc::clone(&self.owner), layout)
    }

    /// Where the elements lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The element type.
    pub fn dtype(&self) -> &DType {
        self.layout.dtype()
    }

    /// The number of elements along each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// How many other holds share the bytes.
    pub fn other_holders(&self) -> usize {
        Arc::strong_count(&self.owner) - 1
    }

    /// Reads the elements.
    ///
    /// # Panics
    ///
    /// If the owner gives fewer bytes than it did when the buffer was made; none of ours does.
    pub fn view(&self) -> View<'_> {
        View::new(self.owner.bytes(), self.layout.clone()).expect("owners do not shrink")
    }

    /// Reads and writes the elements.
    ///
    /// # Errors
    ///
    /// Bytes that others hold, an owner that is read-only, or a layout whose elements share bytes.
    pub fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        let holders = self.other_holders();
        let Some(owner) = Arc::get_mut(&mut self.owner) else {
            return Err(Error::Held { action: "write", holders });
        };
        let Some(bytes) = owner.bytes_mut() else {
            return Err(Error::Unsupported {
                what: format!("writing to a read-only buffer of {}", self.layout),
                instead: "copy it first".to_owned(),
            });
        };
        ViewMut::new(bytes, self.layout.clone())
    }
}

impl Debug for Buffer {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer")
            .field("layout", &self.layout)
            .field("other_holders", &self.other_holders())
            .finish_non_exhaustive()
    }
}
