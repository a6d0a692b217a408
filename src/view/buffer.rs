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
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// let buffer = Buffer::zeroed(DType::F32, &[2, 3])?;
    /// assert_eq!(buffer.view().to_vec::<f32>()?, [0.0; 6]);
    /// assert!(Buffer::zeroed(DType::F32, &[usize::MAX / 16]).is_err()); // no memory for it
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    /// ```
    /// use bytelens::Buffer;
    ///
    /// let buffer = Buffer::from_vec(vec![1_i16, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(buffer.view().get::<i16>(&[1, 0])?, 3);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// let buffer = Buffer::from_bytes(vec![0, 1, 0, 2], DType::from_format(">H")?, &[2])?;
    /// assert_eq!(buffer.view().to_vec::<u16>()?, [1, 2]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    /// ```
    /// use bytelens::{Buffer, DType, Layout, Owner};
    /// use std::sync::Arc;
    ///
    /// struct Library; // bytes of somebody else
    /// impl Owner for Library {
    ///     fn bytes(&self) -> &[u8] {
    ///         b"\x01\x02\x03"
    ///     }
    /// }
    /// let buffer = Buffer::from_owner(Arc::new(Library), Layout::contiguous(DType::U8, &[3])?)?;
    /// assert_eq!(buffer.view().to_bytes()?, [1, 2, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
    /// ```
    /// use bytelens::Buffer;
    ///
    /// let picture = Buffer::from_vec((0..24_u8).collect(), &[2, 4, 3])?;
    /// let green = picture.with_layout(picture.layout().index(2, 1)?)?; // shares the bytes
    /// assert_eq!(green.view().to_bytes()?, [1, 4, 7, 10, 13, 16, 19, 22]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn with_layout(&self, layout: Layout) -> Result<Self> {
        Self::from_owner(Arc::clone(&self.owner), layout)
    }

    /// Where the elements lie.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// assert!(Buffer::zeroed(DType::U8, &[4, 4])?.layout().is_contiguous());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The element type.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// assert_eq!(*Buffer::from_vec(vec![1.0_f64], &[1])?.dtype(), DType::F64);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn dtype(&self) -> &DType {
        self.layout.dtype()
    }

    /// The number of elements along each axis.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// assert_eq!(Buffer::zeroed(DType::U8, &[4, 5])?.shape(), [4, 5]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// How many other holds share the bytes.
    ///
    /// ```
    /// use bytelens::{Buffer, DType};
    ///
    /// let buffer = Buffer::zeroed(DType::U8, &[4])?;
    /// let hold = buffer.clone();
    /// assert_eq!(buffer.other_holders(), 1);
    /// drop(hold);
    /// assert_eq!(buffer.other_holders(), 0);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn other_holders(&self) -> usize {
        Arc::strong_count(&self.owner) - 1
    }

    /// Reads the elements.
    ///
    /// ```
    /// use bytelens::Buffer;
    ///
    /// let buffer = Buffer::from_vec(vec![1_u8, 2, 3, 4], &[2, 2])?;
    /// let (one, other) = (buffer.view(), buffer.view().transpose()); // as many as wanted
    /// assert_eq!(one.get::<u8>(&[0, 1])?, other.get::<u8>(&[1, 0])?);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the owner gives fewer bytes than it did when the buffer was made; none of ours does.
    pub fn view(&self) -> View<'_> {
        View::new(self.owner.bytes(), self.layout.clone()).expect("owners do not shrink")
    }

    /// Reads and writes the elements.
    ///
    /// ```
    /// use bytelens::Buffer;
    ///
    /// let mut buffer = Buffer::from_vec(vec![1_u8, 2, 3, 4], &[2, 2])?;
    /// buffer.view_mut()?.index(1, 0)?.fill(9_u8)?;
    /// assert_eq!(buffer.view().to_bytes()?, [9, 2, 9, 4]);
    /// let _hold = buffer.clone();
    /// assert!(buffer.view_mut().is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
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
