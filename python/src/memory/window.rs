//! A layout over held memory, and a share of the hold. What is done with the memory stands in `access.rs`.

use std::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};

use bytelens::Layout;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::prelude::*;

use super::count::Count;
use super::grid::Grid;
use super::hold::{Hold, Lent};

/// The bit of a window's state that says it has been released; the others count its consumers.
const RELEASED: usize = 1 << (usize::BITS - 1);

/// Part of the memory of a hold, seen through a layout of opaque elements.
///
/// It has a share of the hold until it is released or dropped.
#[derive(Debug)]
pub(crate) struct Window {
    pub(super) hold: ManuallyDrop<Py<Hold>>,
    pub(super) place: Place,
    /// As the buffer protocol has them; strides then lead to pointers, which are followed.
    pub(super) suboffsets: Option<Box<[isize]>>,
    state: Count,
}

/// Where the elements lie.
#[derive(Debug)]
pub(super) enum Place {
    /// On few axes, with the same as a layout once somebody has asked for it.
    Grid(Grid, OnceLock<Box<Layout>>),
    /// On more axes, or where pointers lead.
    Layout(Box<Layout>),
}

impl Place {
    #[inline(always)]
    fn new(layout: Layout, has_suboffsets: bool) -> Self {
        match Grid::of(&layout).filter(|_| !has_suboffsets) {
            Some(grid) => Self::Grid(grid, OnceLock::new()),
            None => Self::Layout(Box::new(layout)),
        }
    }
}

/// A share of a window's hold for the time of an operation, in which the interpreter is attached.
pub(crate) struct Kept<'w, 'py> {
    pub(super) window: &'w Window,
    py: Python<'py>,
}

impl Kept<'_, '_> {
    /// Makes a window of the same memory, which takes over the share.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory.
    pub(crate) fn into_window(
        self,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Window> {
        check_within(self.window.hold.get(), &layout)?;
        Ok(self.seen(Place::new(layout, suboffsets.is_some()), suboffsets))
    }

    /// Makes a window of a grid in the same memory, which takes over the share.
    ///
    /// # Errors
    ///
    /// A grid that reaches beyond the memory, which none does that was made of the window's.
    #[inline(always)]
    pub(crate) fn into_grid(self, grid: Grid) -> PyResult<Window> {
        if grid.span().end > self.window.hold.get().len() && !grid.is_empty() {
            return Err(PyValueError::new_err(format!("View: {grid:?} reaches beyond the memory")));
        }
        Ok(self.seen(Place::Grid(grid, OnceLock::new()), None))
    }

    #[inline(always)]
    fn seen(self, place: Place, suboffsets: Option<Box<[isize]>>) -> Window {
        let hold = ManuallyDrop::new(self.window.hold.clone_ref(self.py));
        std::mem::forget(self);
        Window { hold, place, suboffsets, state: Count::new(0) }
    }
}

impl Drop for Kept<'_, '_> {
    fn drop(&mut self) {
        self.window.hold.get().leave(self.py);
    }
}

impl Window {
    /// Takes over the one share that came with a hold.
    ///
    /// # Errors
    ///
    /// A layout that reaches beyond the memory.
    pub(crate) fn new(
        hold: Py<Hold>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Self> {
        let within = check_within(hold.get(), &layout);
        let place = Place::new(layout, suboffsets.is_some());
        let hold = ManuallyDrop::new(hold);
        let window = Self { hold, place, suboffsets, state: Count::new(0) };
        // Within the hold, as all that follows relies on; else it is dropped, with the share.
        within.map(|()| window)
    }

    /// Sees the same memory through another layout, with a share of its own.
    ///
    /// # Errors
    ///
    /// A window that has been released, or a layout that reaches beyond the memory.
    pub(crate) fn through(
        &self,
        py: Python<'_>,
        layout: Layout,
        suboffsets: Option<Box<[isize]>>,
    ) -> PyResult<Self> {
        self.keep(py)?.into_window(layout, suboffsets)
    }

    /// Keeps the memory, even if the window is released meanwhile.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn keep<'py>(&self, py: Python<'py>) -> PyResult<Kept<'_, 'py>> {
        if self.is_released() || !self.hold.get().enter(py) {
            return Err(released());
        }
        Ok(Kept { window: self, py })
    }

    /// Makes a share that outlives the window and goes to other threads.
    ///
    /// # Errors
    ///
    /// A window that has been released.
    pub(crate) fn lend(&self, py: Python<'_>) -> PyResult<Arc<Lent>> {
        self.check()?;
        Hold::lend(self.hold.bind(py)).ok_or_else(released)
    }

    pub(crate) fn hold(&self) -> &Py<Hold> {
        &self.hold
    }

    pub(crate) fn layout(&self) -> &Layout {
        match &self.place {
            Place::Layout(layout) => layout,
            Place::Grid(grid, made) => made.get_or_init(|| {
                Box::new(grid.layout().expect("a grid is part of a layout that was checked"))
            }),
        }
    }

    /// The elements as a grid, where they are on few axes and nothing has to be followed.
    #[inline(always)]
    pub(crate) fn grid(&self) -> Option<&Grid> {
        match &self.place {
            Place::Grid(grid, _) => Some(grid),
            Place::Layout(_) => None,
        }
    }

    #[inline(always)]
    pub(crate) fn shape(&self) -> &[usize] {
        match &self.place {
            Place::Grid(grid, _) => grid.shape(),
            Place::Layout(layout) => layout.shape(),
        }
    }

    #[inline(always)]
    pub(crate) fn strides(&self) -> &[isize] {
        match &self.place {
            Place::Grid(grid, _) => grid.strides(),
            Place::Layout(layout) => layout.strides(),
        }
    }

    /// Bytes of an element.
    #[inline(always)]
    pub(crate) fn itemsize(&self) -> usize {
        match &self.place {
            Place::Grid(grid, _) => grid.size,
            Place::Layout(layout) => layout.dtype().size(),
        }
    }

    /// Byte at which the element with index 0 on every axis starts, from the start of the hold.
    #[inline(always)]
    pub(crate) fn offset(&self) -> usize {
        match &self.place {
            Place::Grid(grid, _) => grid.offset,
            Place::Layout(layout) => layout.offset(),
        }
    }

    /// Bytes of a contiguous copy.
    pub(crate) fn nbytes(&self) -> usize {
        match &self.place {
            Place::Grid(grid, _) => grid.nbytes(),
            Place::Layout(layout) => layout.nbytes(),
        }
    }

    pub(crate) fn suboffsets(&self) -> Option<&[isize]> {
        self.suboffsets.as_deref()
    }

    /// # Errors
    ///
    /// A window that has been released.
    #[inline(always)]
    pub(crate) fn check(&self) -> PyResult<()> {
        if self.is_released() { Err(released()) } else { Ok(()) }
    }

    #[inline(always)]
    pub(crate) fn is_released(&self) -> bool {
        self.state.get() >= RELEASED
    }

    /// Gives the share back; once is enough.
    ///
    /// # Errors
    ///
    /// A window that consumers still use.
    pub(crate) fn release(&self, py: Python<'_>) -> PyResult<()> {
        let end = |state: usize| if state == 0 { Some(RELEASED) } else { None };
        match self.state.change(py, end) {
            Ok(_) => self.hold.get().leave(py),
            Err(RELEASED..) => {}
            Err(consumers) => {
                let s = if consumers == 1 { "" } else { "s" };
                let message =
                    format!("View has {consumers} exported buffer{s}; release them first");
                return Err(PyBufferError::new_err(message));
            }
        }
        Ok(())
    }

    /// Counts one more consumer, which keeps the window from being released.
    pub(super) fn add_consumer(&self, py: Python<'_>) -> PyResult<()> {
        let more = |state: usize| if state >= RELEASED { None } else { Some(state + 1) };
        self.state.change(py, more).map(|_| ()).map_err(|_| released())
    }

    pub(super) fn remove_consumer(&self, py: Python<'_>) {
        let _ = self.state.change(py, |state| state.checked_sub(1));
    }

    /// The element with index 0 on every axis, where nothing has to be followed.
    pub(super) fn first(&self) -> *mut u8 {
        self.hold.get().start().as_ptr().wrapping_add(self.offset())
    }

    /// The addresses of the first and behind the last byte of an element, where nothing has to be followed.
    pub(crate) fn addresses(&self) -> Option<std::ops::Range<usize>> {
        let start = self.hold.get().start().as_ptr().addr();
        let span = self.layout().span();
        self.suboffsets.is_none().then(|| start + span.start..start + span.end)
    }
}

fn check_within(hold: &Hold, layout: &Layout) -> PyResult<()> {
    if layout.span().end <= hold.len() || layout.is_empty() {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("View: {layout:?} reaches beyond {} bytes", hold.len())))
}

impl Drop for Window {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: windows are parts of views. Those that became objects are dropped by the interpreter, the others
        // where they were made, with the interpreter attached; what goes to other threads is `Lent`. The hold is
        // taken once, and not looked at again.
        let (py, hold) = unsafe { (Python::assume_attached(), ManuallyDrop::take(&mut self.hold)) };
        if !self.is_released() {
            hold.get().leave(py);
        }
        hold.drop_ref(py);
    }
}

#[cold]
pub(crate) fn released() -> PyErr {
    PyValueError::new_err("operation forbidden on released View object")
}
