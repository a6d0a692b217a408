//! Files mapped into memory.
//!
//! A mapped file may change under its reader, which no type of this process can forbid. So there are
//! two doors: [`Foreign::map`](super::Foreign::map) is safe and only copies out;
//! [`Buffer::map`] sees the file in place, and is `unsafe`: the caller answers for its stillness.

use super::{Buffer, Owner};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Maps a file for reading, with the name of the file in what goes wrong; forms no reference.
pub(super) fn map(path: &Path) -> Result<MmapRaw> {
    let failed = |source| Error::Io { action: "map", path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    MmapOptions::new().map_raw_read_only(&file).map_err(failed)
}

/// A file in memory that its mapper has promised to be still.
struct Still(MmapRaw);

impl Owner for Still {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping has `len` readable bytes for as long as it lives, and nobody changes
        // them: the promise of `Buffer::map`, which alone makes this type.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), self.0.len()) }
    }
}

impl Buffer {
    /// Maps a file and sees its bytes in place, read-only, as one axis of `u8`; with
    /// [`npy::layout`](super::npy::layout) and [`with_layout`](Buffer::with_layout) the array of a
    /// `.npy` file, of which no byte is copied.
    ///
    /// ```
    /// use bytelens::Buffer;
    ///
    /// let path = std::env::temp_dir().join("bytelens-buffer-map");
    /// std::fs::write(&path, b"abc")?;
    /// // SAFETY: nobody else knows the file.
    /// let file = unsafe { Buffer::map(&path)? };
    /// assert_eq!(file.view().as_bytes(), Some(&b"abc"[..]));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Safety
    ///
    /// Nobody, in this process or another, may change or cut the file while the buffer or a clone of
    /// it lives. Where that cannot be said, read the file, or use
    /// [`Foreign::map`](super::Foreign::map).
    ///
    /// # Errors
    ///
    /// A file that cannot be opened or mapped.
    pub unsafe fn map(path: &Path) -> Result<Self> {
        let mapped = map(path)?;
        let layout = Layout::contiguous(DType::U8, &[mapped.len()])?;
        Self::from_owner(Arc::new(Still(mapped)), layout)
    }
}

#[cfg(test)]
mod tests {
    use crate::dtype::DType;
    use crate::layout::Layout;
    use crate::view::{Buffer, Foreign, View, npy};

    #[test]
    fn a_mapped_npy_file_is_seen_in_place_and_copied_out() {
        let path = std::env::temp_dir().join(format!("bytelens-{}.npy", std::process::id()));
        let values = [1.0_f32, -2.0, 3.5];
        let file = npy::to_npy(&View::from_slice(&values, &[3]).expect("3")).expect("f32");
        std::fs::write(&path, &file).expect("a file");
        // SAFETY: the file is this test's own, and nobody writes it until it is removed.
        let mapped = unsafe { Buffer::map(&path) }.expect("a mapping");
        let view = mapped.view();
        let layout = npy::layout(view.as_bytes().expect("bytes")).expect("a header");
        let mut array = mapped.with_layout(layout.clone()).expect("within");
        assert_eq!(array.view().to_vec::<f32>().expect("f32"), values);
        assert!(array.view_mut().is_err(), "mapped read-only, and held twice");
        let mut foreign = Foreign::map(&path).expect("a mapping");
        assert_eq!(
            foreign.copy_out(&layout).expect("a copy").view().to_vec::<f32>().expect("f32"),
            values
        );
        assert!(foreign.copy_in(0, &[1]).is_err(), "read-only");
        let beyond = Layout::contiguous(DType::U8, &[file.len() + 1]).expect("small");
        assert!(foreign.copy_out(&beyond).is_err());
        std::fs::remove_file(&path).expect("the file");
        assert!(Foreign::map(&path).expect_err("gone").to_string().contains("cannot map"));
    }
}
