//! Bytes that can grow, and holds that keep them from it.
//!
//! ```text
//!   Growable ──hold()──► Hold ──► View      grow: refused, "held by 1 view"
//!                        drop               grow: done
//! ```
//!
//! What `bytearray` does for `memoryview`, in types: a [`Hold`] is a counted reference, so bytes that
//! are held cannot move; the owner says how many hold it. It is *not* a lock: nobody waits.

use super::read::no_memory_for;
use super::{Buffer, Owner, View};
use crate::error::{Error, Result};
use crate::layout::Layout;
use std::sync::{Arc, Mutex, PoisonError};

/// Owned bytes that grow while nobody holds them.
///
/// ```
/// use bytelens::{Error, Growable};
///
/// let mut bytes = Growable::from(b"abc".to_vec());
/// let hold = bytes.hold()?;
/// assert!(matches!(bytes.extend(b"def"), Err(Error::Held { holders: 1, .. })));
/// assert_eq!(hold.bytes(), b"abc");
/// hold.release();
/// bytes.extend(b"def")?;
/// assert_eq!(bytes.bytes(), b"abcdef");
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Growable {
    shared: Arc<Shared>,
}

/// Keeps the bytes of a [`Growable`] from growing, moving and being freed, until it is dropped.
///
/// A clone is a hold too; clones of a hold that is alone are one holder's.
///
/// ```
/// use bytelens::{DType, Growable, Layout};
///
/// let bytes = Growable::from(vec![1, 2, 3, 4]);
/// let hold = bytes.hold()?;
/// let words = hold.view(Layout::contiguous(DType::from_format("<H")?, &[2])?)?;
/// assert_eq!(words.to_vec::<u16>()?, [0x0201, 0x0403]);
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hold {
    shared: Arc<Shared>,
}

/// Bytes with a count of who shares them: the owner, and every hold.
#[derive(Debug, Default)]
struct Shared {
    bytes: Vec<u8>,
    /// Whether the holds that there are, if any, are one holder's alone. Locked while a first hold is
    /// taken, so that of two threads that ask at once one is refused.
    alone: Mutex<bool>,
}

impl Owner for Shared {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Growable {
    fn from(bytes: Vec<u8>) -> Self {
        Self { shared: Arc::new(Shared { bytes, alone: Mutex::default() }) }
    }
}

impl Growable {
    /// All the bytes.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// assert_eq!(Growable::from(b"abc".to_vec()).bytes(), b"abc");
    /// ```
    pub fn bytes(&self) -> &[u8] {
        &self.shared.bytes
    }

    /// How many holds there are.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let bytes = Growable::from(vec![1]);
    /// let hold = bytes.hold()?;
    /// assert_eq!(bytes.holders(), 1);
    /// hold.release();
    /// assert_eq!(bytes.holders(), 0);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.shared) - 1
    }

    /// Takes a hold, of which there may be several.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let bytes = Growable::from(vec![1]);
    /// let (one, other) = (bytes.hold()?, bytes.hold()?);
    /// assert_eq!(bytes.holders(), 2);
    /// assert_eq!(one.bytes(), other.bytes());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that somebody holds alone.
    pub fn hold(&self) -> Result<Hold> {
        let mut alone = self.shared.alone.lock().unwrap_or_else(PoisonError::into_inner);
        match self.holders() {
            holders @ 1.. if *alone => Err(Error::Held { action: "hold", holders }),
            _ => {
                *alone = false;
                Ok(Hold { shared: Arc::clone(&self.shared) })
            }
        }
    }

    /// Takes the only hold: until it and all made of it are gone, every other is refused.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let bytes = Growable::from(b"abc".to_vec());
    /// let alone = bytes.hold_alone()?;
    /// assert!(bytes.hold().is_err() && bytes.hold_alone().is_err());
    /// alone.release();
    /// assert!(bytes.hold().is_ok());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that are held already.
    pub fn hold_alone(&self) -> Result<Hold> {
        let mut alone = self.shared.alone.lock().unwrap_or_else(PoisonError::into_inner);
        match self.holders() {
            0 => {
                *alone = true;
                Ok(Hold { shared: Arc::clone(&self.shared) })
            }
            holders => Err(Error::Held { action: "hold alone", holders }),
        }
    }

    /// Adds bytes at the end.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let mut bytes = Growable::from(vec![1]);
    /// bytes.extend(&[2, 3])?;
    /// let _hold = bytes.hold()?;
    /// let error = bytes.extend(&[4]).unwrap_err().to_string();
    /// assert_eq!(error, "grow refused: held by 1 view");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that are held, or more than there is memory for; nothing changes then.
    pub fn extend(&mut self, more: &[u8]) -> Result<()> {
        let bytes = self.free("grow")?;
        let needed = bytes.len().saturating_add(more.len());
        bytes.try_reserve(more.len()).map_err(|_| no_memory(needed))?;
        bytes.extend_from_slice(more);
        Ok(())
    }

    /// Cuts or fills up with zeros to `len` bytes.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let mut bytes = Growable::from(vec![1, 2, 3]);
    /// bytes.resize(2)?;
    /// bytes.resize(4)?;
    /// assert_eq!(bytes.bytes(), [1, 2, 0, 0]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that are held, or more than there is memory for; nothing changes then.
    pub fn resize(&mut self, len: usize) -> Result<()> {
        let bytes = self.free("resize")?;
        let more = len.saturating_sub(bytes.len());
        bytes.try_reserve(more).map_err(|_| no_memory(len))?;
        bytes.resize(len, 0);
        Ok(())
    }

    /// The bytes for writing.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let mut bytes = Growable::from(vec![1, 2, 3]);
    /// bytes.bytes_mut()?[0] = 9;
    /// assert_eq!(bytes.bytes(), [9, 2, 3]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that are held.
    pub fn bytes_mut(&mut self) -> Result<&mut [u8]> {
        Ok(self.free("write")?)
    }

    fn free(&mut self, action: &'static str) -> Result<&mut Vec<u8>> {
        let holders = self.holders();
        let shared = Arc::get_mut(&mut self.shared).ok_or(Error::Held { action, holders })?;
        Ok(&mut shared.bytes)
    }
}

fn no_memory(bytes: usize) -> Error {
    no_memory_for("growable bytes".to_owned(), bytes)
}

impl Hold {
    /// All the bytes.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let bytes = Growable::from(vec![1, 2]);
    /// assert_eq!(bytes.hold()?.bytes(), [1, 2]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn bytes(&self) -> &[u8] {
        &self.shared.bytes
    }

    /// Sees the bytes through a layout.
    ///
    /// ```
    /// use bytelens::{DType, Growable, Layout};
    ///
    /// let bytes = Growable::from(vec![1, 2, 3, 4]);
    /// let hold = bytes.hold()?;
    /// let grid = hold.view(Layout::contiguous(DType::U8, &[2, 2])?)?;
    /// assert_eq!(grid.get::<u8>(&[1, 0])?, 3);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn view(&self, layout: Layout) -> Result<View<'_>> {
        View::new(&self.shared.bytes, layout)
    }

    /// Makes a buffer that shares the bytes and goes on holding them.
    ///
    /// ```
    /// use bytelens::{DType, Growable, Layout};
    ///
    /// let mut bytes = Growable::from(vec![1, 2]);
    /// let buffer = bytes.hold()?.into_buffer(Layout::contiguous(DType::U8, &[2])?)?;
    /// assert!(bytes.extend(&[3]).is_err()); // the buffer holds them
    /// drop(buffer);
    /// assert!(bytes.extend(&[3]).is_ok());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the bytes.
    pub fn into_buffer(self, layout: Layout) -> Result<Buffer> {
        Buffer::from_owner(self.shared as Arc<dyn Owner>, layout)
    }

    /// Lets go now, as dropping does.
    ///
    /// ```
    /// use bytelens::Growable;
    ///
    /// let mut bytes = Growable::from(vec![1]);
    /// let hold = bytes.hold()?;
    /// hold.release();
    /// bytes.extend(&[2])?;
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    pub fn release(self) {}
}
