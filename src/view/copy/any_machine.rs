//! What the copy engine does on machines whose vectors it does not know: what `x86` does, plainly.

use super::Area;
use super::lines::put;
use super::tiles::{LINE, Tile, turn_runs};

/// Transposes `height × width` runs of `R` bytes.
///
/// # Safety
///
/// None is needed: the function of this name for other machines asks for their vectors.
pub(super) unsafe fn turn<const R: usize, const WIDE: bool>(
    source: &Tile,
    target: &mut Tile,
    height: usize,
    width: usize,
) {
    turn_runs::<R>(source, target, height, width);
}

/// Does nothing and says so: such machines transpose by way of tiles.
///
/// # Safety
///
/// None is needed, as above.
pub(super) unsafe fn turn_directly<const R: usize, const WIDE: bool>(
    _area: &Area,
    _src: *const u8,
    _dst: *mut u8,
) -> bool {
    false
}

/// Writes a line.
///
/// # Safety
///
/// A line can be read at `src` and written at `dst`.
pub(super) unsafe fn stream(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { put::<LINE>(src, dst) }
}

/// Does nothing: such machines are left to see for themselves.
pub(super) fn prefetch(_address: *const u8) {}

/// Does nothing: [`stream`] wrote as any store does.
pub(in super::super) fn finish_streams() {}

/// None: such machines copy run by run.
pub(super) const fn runs_in_vector(_run: usize, _apart: usize) -> usize {
    0
}

/// Copies runs that are `apart` bytes from each other and lie together in the target.
///
/// # Safety
///
/// The runs of `R` bytes at `len` positions can be read from `src` and written from `dst` on.
pub(super) unsafe fn gather<const R: usize>(
    len: usize,
    apart: isize,
    src: *const u8,
    dst: *mut u8,
) {
    for at in 0..len {
        // SAFETY: `at` is a position of the line.
        unsafe { put::<R>(src.offset(at.cast_signed() * apart), dst.add(at * R)) };
    }
}
