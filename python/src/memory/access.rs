//! Reading and writing what a window sees: one element, or all of them through the library's copy engine.
//!
//! No Python code runs while bytes are referred to. Where elements share bytes, or pointers lead to them, they are
//! walked one by one.

use bytelens::{Layout, ViewMut};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

use super::window::Place;
use super::{Kept, Single, Window};
use crate::error::raised;

impl Kept<'_, '_> {
    /// Copies one element of 8 bytes or fewer; what is behind it is 0.
    #[inline(always)]
    pub(crate) fn load(&self, one: Single) -> [u8; 8] {
        self.window.element_of(one).map_or([0; 8], |place| {
            // SAFETY: an element of that size lies there (`element_of`).
            unsafe { load(place, one.size) }
        })
    }
}

impl Window {
    /// Copies one element of 8 bytes or fewer; what is behind it is 0.
    ///
    /// # Errors
    ///
    /// A window that has been released. An index outside the layout reads nothing but zeros.
    #[inline(always)]
    pub(crate) fn load(&self, py: Python<'_>, index: &[usize]) -> PyResult<[u8; 8]> {
        let _kept = self.keep(py)?;
        let element = self.place(index).map_or([0; 8], |place| {
            // SAFETY: an element of the layout lies there (`place`) and is of that size.
            unsafe { load(place, self.itemsize()) }
        });
        Ok(element)
    }

    /// Overwrites one element, whose size `bytes` has. An index outside the layout writes nothing.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    pub(crate) fn store(&self, py: Python<'_>, index: &[usize], bytes: &[u8]) -> PyResult<()> {
        let _kept = self.keep(py)?;
        if let Some(place) = self.place(index).filter(|_| bytes.len() == self.itemsize()) {
            // SAFETY: an element of the layout lies there (`place`), of that size; exporters that let
            // their memory be written say so, which views ask before they come here.
            unsafe { place.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        Ok(())
    }

    /// The same of one element of a grid.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn store_at(&self, py: Python<'_>, one: Single, bytes: &[u8]) -> PyResult<()> {
        let _kept = self.keep(py)?;
        if let Some(place) = self.element_of(one).filter(|_| bytes.len() == one.size) {
            // SAFETY: as in `store`.
            unsafe { place.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        Ok(())
    }

    /// Where one element of a grid lies, if it lies in the memory; only for who has a share.
    #[inline(always)]
    fn element_of(&self, one: Single) -> Option<*mut u8> {
        let hold = self.hold.get();
        let end = one.offset.checked_add(one.size)?;
        (end <= hold.len()).then(|| hold.start().as_ptr().wrapping_add(one.offset))
    }

    /// Where the element of an index starts; only for who has a share.
    #[inline(always)]
    fn place(&self, index: &[usize]) -> Option<*mut u8> {
        let start = self.hold.get().start().as_ptr();
        let layout = match &self.place {
            Place::Grid(grid, _) => return Some(start.wrapping_add(grid.get(index)?.offset)),
            Place::Layout(layout) => layout,
        };
        let offset = layout.offset_of(index)?;
        let Some(suboffsets) = &self.suboffsets else { return Some(start.wrapping_add(offset)) };
        let mut place = start.wrapping_add(layout.offset());
        let axes = index.iter().zip(layout.strides()).zip(suboffsets);
        for ((at, stride), suboffset) in axes {
            place = place.wrapping_offset(stride.wrapping_mul(at.cast_signed()));
            if *suboffset >= 0 {
                // SAFETY: the exporter says that a pointer lies there, as the index is within the shape.
                let pointer = unsafe { place.cast::<*mut u8>().read_unaligned() };
                place = pointer.wrapping_offset(*suboffset);
            }
        }
        Some(place)
    }

    /// Works on the bytes of the elements where they lie together in C order; nothing is done elsewhere. No
    /// Python code may run in `work` that could write them.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    pub(crate) fn read_bytes<R>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&[u8]) -> R,
    ) -> PyResult<Option<R>> {
        let _kept = self.keep(py)?;
        let Some(grid) = self.grid().filter(|grid| grid.is_contiguous()) else { return Ok(None) };
        // SAFETY: the elements of the grid lie within the hold's bytes, which are there while `_kept` is, and they
        // lie together: without an element there is no byte.
        let bytes = unsafe {
            let start = self.hold.get().start().as_ptr().add(self.offset());
            std::slice::from_raw_parts(start, grid.nbytes())
        };
        Ok(Some(work(bytes)))
    }

    /// Works on the elements, as a view of the library; they are copied together first where pointers lead
    /// to them. No Python code may run in `work`.
    ///
    /// # Errors
    ///
    /// A window that has been released, or no memory for the copy.
    pub(crate) fn read<R>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(bytelens::View<'_>) -> R,
    ) -> PyResult<R> {
        let _kept = self.keep(py)?;
        self.with_elements(work)
    }

    /// The same while other threads may run Python.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn read_detached<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(bytelens::View<'_>) -> R + Send,
    ) -> PyResult<R> {
        let _kept = self.keep(py)?;
        self.with_elements(|view| py.detach(|| work(view)))
    }

    /// Only for who has a share.
    fn with_elements<R>(&self, work: impl FnOnce(bytelens::View<'_>) -> R) -> PyResult<R> {
        if self.suboffsets.is_some() {
            let bytes = self.gather()?;
            let dtype = self.layout().dtype().clone();
            let layout = Layout::contiguous(dtype, self.shape()).map_err(raised)?;
            return Ok(work(bytelens::View::new(&bytes, layout).map_err(raised)?));
        }
        let hold = self.hold.get();
        // SAFETY: the hold's bytes are there while the share is. What others write meanwhile is bytes again;
        // see the module's last sentence.
        let bytes = unsafe { std::slice::from_raw_parts(hold.start().as_ptr(), hold.len()) };
        Ok(work(bytelens::View::new(bytes, self.layout().clone()).map_err(raised)?))
    }

    /// Overwrites the elements with those of a view of the same shape and element size, whose memory is
    /// somewhere else.
    ///
    /// # Errors
    ///
    /// A window that has been released, or no memory for a copy on the way.
    pub(crate) fn write(&self, py: Python<'_>, source: &bytelens::View<'_>) -> PyResult<()> {
        let _kept = self.keep(py)?;
        if self.layout().is_empty() {
            return Ok(());
        }
        if self.suboffsets.is_some() || !self.layout().is_injective() {
            return self.scatter(&source.to_bytes().map_err(raised)?);
        }
        let span = self.layout().span();
        let Some(layout) = self.layout_within_span(span.start) else { return Ok(()) };
        let start = self.hold.get().start().as_ptr();
        // SAFETY: the span lies within the hold's bytes, which are there while `_kept` is, and for the time
        // of the copy nobody else refers to them: the source lies elsewhere, and no Python code runs.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start.add(span.start), span.len()) };
        let mut target = ViewMut::new(bytes, layout).map_err(raised)?;
        source.copy_to(&mut target).map_err(raised)
    }

    fn layout_within_span(&self, start: usize) -> Option<Layout> {
        let (shape, strides) = (self.layout().shape(), self.layout().strides());
        let offset = self.layout().offset() - start;
        Layout::new(self.layout().dtype().clone(), shape, strides, offset).ok()
    }

    /// Copies the elements together in C order, one after the other.
    fn gather(&self) -> PyResult<Vec<u8>> {
        let size = self.layout().dtype().size();
        let mut bytes = Vec::new();
        let room = bytes.try_reserve_exact(self.layout().nbytes());
        room.map_err(|_| PyMemoryError::new_err("View: no memory for a copy"))?;
        for_each_index(self.layout().shape(), |index| {
            if let Some(place) = self.place(index) {
                // SAFETY: an element of the layout, of `size` bytes; only called with a share.
                bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(place, size) });
            }
        });
        Ok(bytes)
    }

    /// Writes elements that lie together in C order, one after the other.
    fn scatter(&self, bytes: &[u8]) -> PyResult<()> {
        let size = self.layout().dtype().size();
        let mut elements = bytes.chunks_exact(size.max(1));
        for_each_index(self.layout().shape(), |index| {
            if let (Some(place), Some(element)) = (self.place(index), elements.next()) {
                // SAFETY: as in `store`; only called with a share.
                unsafe { place.copy_from_nonoverlapping(element.as_ptr(), size) };
            }
        });
        Ok(())
    }
}

/// Reads an element of 8 bytes or fewer.
///
/// # Safety
///
/// At `place` there are `size` bytes, which are not written meanwhile but by other threads.
#[inline(always)]
unsafe fn load(place: *const u8, size: usize) -> [u8; 8] {
    let mut element = [0; 8];
    // SAFETY: the caller's.
    unsafe {
        match size {
            // Sizes that are known are one instruction.
            1 => element[0] = place.read(),
            4 => element[..4].copy_from_slice(&place.cast::<[u8; 4]>().read()),
            8 => element = place.cast::<[u8; 8]>().read(),
            size => place.copy_to_nonoverlapping(element.as_mut_ptr(), size.min(8)),
        }
    }
    element
}

/// Calls `each` with every index of a shape, in C order.
fn for_each_index(shape: &[usize], mut each: impl FnMut(&[usize])) {
    if shape.contains(&0) {
        return;
    }
    let mut index = vec![0; shape.len()];
    loop {
        each(&index);
        let mut axes = index.iter_mut().zip(shape).rev();
        let advanced = axes.any(|(at, len)| {
            *at += 1;
            if *at == *len {
                *at = 0;
            }
            *at != 0
        });
        if !advanced {
            return;
        }
    }
}
