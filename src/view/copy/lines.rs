//! Runs one after another: along the target's fastest axis, or a small pixel at a time.
//!
//! Distances that are common are constants, since only then does the compiler shuffle vectors
//! instead of moving runs one by one.

use super::tiles::{LINE, STREAM_FROM, put_part, stream_bytes};
use super::{Area, Axis, Scratch};

#[cfg(not(target_arch = "x86_64"))]
use super::any_machine::{gather, runs_in_vector};
#[cfg(target_arch = "x86_64")]
use super::x86::{gather, runs_in_vector};

/// Copies one run of `R` bytes, aligned or not.
///
/// # Safety
///
/// The run can be read at `src` and written at `dst`.
#[inline(always)]
pub(super) unsafe fn put<const R: usize>(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise; bytes need no alignment.
    unsafe { dst.cast::<[u8; R]>().write_unaligned(src.cast::<[u8; R]>().read_unaligned()) }
}

/// Copies runs of any length.
///
/// # Safety
///
/// As [`super::copy`] for the runs of the area.
pub(super) unsafe fn long_runs(area: &Area, src: *const u8, dst: *mut u8) {
    let streams = area.total >= STREAM_FROM && area.run >= STREAMED_RUN;
    for j in 0..area.outer.len.cast_signed() {
        for i in 0..area.inner.len.cast_signed() {
            // SAFETY: (j, i) is a position of the area.
            unsafe {
                let from = src.offset(j * area.outer.src + i * area.inner.src);
                let to = dst.offset(j * area.outer.dst + i * area.inner.dst);
                match area.run {
                    run if streams => stream_bytes(from, to, run),
                    run @ ..=LINE => put_part(from, to, run),
                    run => from.copy_to_nonoverlapping(to, run),
                }
            }
        }
    }
}

/// Bytes of a run from which on it is streamed: the parts of lines at its ends cost more than they
/// save in shorter ones.
const STREAMED_RUN: usize = 1024;

/// Copies line after line.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes.
#[inline(always)]
pub(super) unsafe fn lines<const R: usize, const WIDE: bool>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    let Area { inner, outer, total, has_quiet_gaps, .. } = *area;
    let streams =
        total >= STREAM_FROM && inner.dst == R.cast_signed() && inner.len * R >= STREAMED_RUN;
    if let Some(scratch) = scratch.filter(|_| streams) {
        let stage = scratch.stage();
        for j in 0..outer.len.cast_signed() {
            // SAFETY: each line of the area.
            unsafe {
                let (from, to) = (src.offset(j * outer.src), dst.offset(j * outer.dst));
                streamed_line::<R, WIDE>(&inner, has_quiet_gaps, stage, from, to);
            }
        }
        return;
    }
    for j in 0..outer.len.cast_signed() {
        // SAFETY: each line of the area.
        unsafe {
            let (from, to) = (src.offset(j * outer.src), dst.offset(j * outer.dst));
            line::<R, WIDE>(&inner, inner.len, has_quiet_gaps, from, to);
        }
    }
}

/// Where runs are gathered before they are streamed: half of the first-level cache or less.
#[derive(Clone, Copy, bytemuck::Zeroable)]
#[repr(align(64))]
pub(super) struct Stage([u8; 4096]);

/// Copies a line by way of a stage from which whole lines of the cache are streamed.
///
/// # Safety
///
/// As [`lines`] for one line; its runs lie together in the target.
#[inline(always)]
unsafe fn streamed_line<const R: usize, const WIDE: bool>(
    inner: &Axis,
    has_quiet_gaps: bool,
    stage: &mut Stage,
    src: *const u8,
    dst: *mut u8,
) {
    let packed = Axis { dst: R.cast_signed(), ..*inner };
    let most = stage.0.len() / R;
    let mut start = 0;
    while start < inner.len {
        let len = most.min(inner.len - start);
        // SAFETY: positions from `start` on, `len` of them, are within the line; their runs fit the
        // stage, which is nobody else's.
        unsafe {
            let from = src.offset(start.cast_signed() * inner.src);
            line::<R, WIDE>(&packed, len, has_quiet_gaps, from, stage.0.as_mut_ptr());
            stream_bytes(stage.0.as_ptr(), dst.add(start * R), len * R);
        }
        start += len;
    }
}

/// Copies a few interleaved lines to lines of their own, a stretch that fits the cache at a time.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes.
#[inline(always)]
pub(super) unsafe fn planes<const R: usize, const WIDE: bool>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    const STRETCH: usize = 1024;
    let quiet = area.has_quiet_gaps;
    let streams = area.total >= STREAM_FROM && area.inner.dst == R.cast_signed();
    let mut stage = scratch.filter(|_| streams).map(Scratch::stage);
    let mut start = 0;
    while start < area.inner.len {
        let len = STRETCH.min(area.inner.len - start);
        let at = start.cast_signed();
        for j in 0..area.outer.len.cast_signed() {
            // SAFETY: positions from `start` on, `len` of them, are within each line of the area.
            unsafe {
                let from = src.offset(j * area.outer.src + at * area.inner.src);
                let to = dst.offset(j * area.outer.dst + at * area.inner.dst);
                match &mut stage {
                    Some(stage) => {
                        let axis = Axis { len, ..area.inner };
                        streamed_line::<R, WIDE>(&axis, quiet, stage, from, to);
                    }
                    None => line::<R, WIDE>(&area.inner, len, quiet, from, to),
                }
            }
        }
        start += len;
    }
}

/// Copies `len` runs along an axis.
///
/// # Safety
///
/// The runs of `R` bytes at `len` positions can be read from `src` and written from `dst` on.
#[inline(always)]
unsafe fn line<const R: usize, const WIDE: bool>(
    axis: &Axis,
    len: usize,
    has_quiet_gaps: bool,
    src: *const u8,
    dst: *mut u8,
) {
    let is_packed = axis.dst == R.cast_signed();
    let may_gather = WIDE && is_packed && len >= 16 && gathers::<R>(axis.src, has_quiet_gaps);
    if len < 8 {
        // Too short for a vector to pay.
        for at in 0..len.cast_signed() {
            // SAFETY: `at` is a position of the axis.
            unsafe { put::<R>(src.offset(at * axis.src), dst.offset(at * axis.dst)) };
        }
        return;
    }
    // SAFETY: the caller's promise; constants are the axis' own distances.
    unsafe {
        match (R, axis.src) {
            (_, 0) if is_packed => repeat::<R>(len, src, dst),
            _ if R > 2 && may_gather => gather::<R>(len, axis.src, src, dst),
            (1, 2) if is_packed => steps::<R, 2>(len, src, dst),
            (1, 3) if is_packed => steps::<R, 3>(len, src, dst),
            (1..=3, 4) if is_packed => steps::<R, 4>(len, src, dst),
            (2 | 3, 6) if is_packed => steps::<R, 6>(len, src, dst),
            (2 | 4 | 6, 8) if is_packed => steps::<R, 8>(len, src, dst),
            (2 | 4, 12) if is_packed => steps::<R, 12>(len, src, dst),
            (4, 16) if is_packed => steps::<R, 16>(len, src, dst),
            (1, -1) if is_packed => steps::<R, -1>(len, src, dst),
            (2, -2) if is_packed => steps::<R, -2>(len, src, dst),
            (3, -3) if is_packed => reversed_wide::<R, 4>(len, src, dst),
            (6, -6) if is_packed => reversed_wide::<R, 8>(len, src, dst),
            (12, -12) if is_packed => reversed_wide::<R, 16>(len, src, dst),
            (4, -4) if is_packed => steps::<R, -4>(len, src, dst),
            (8, -8) if is_packed => steps::<R, -8>(len, src, dst),
            _ if may_gather => gather::<R>(len, axis.src, src, dst),
            _ if is_packed => {
                for at in 0..len {
                    put::<R>(src.offset(at.cast_signed() * axis.src), dst.add(at * R));
                }
            }
            _ => {
                for at in 0..len.cast_signed() {
                    put::<R>(src.offset(at * axis.src), dst.offset(at * axis.dst));
                }
            }
        }
    }
}

/// Tells whether runs so far apart are worth a shuffle, or should be moved one by one: several of them are
/// within a vector, and no loop over constant distances is as fast.
#[inline(always)]
fn gathers<const R: usize>(apart: isize, has_quiet_gaps: bool) -> bool {
    let apart_by = apart.unsigned_abs();
    let fits = R <= 6 && apart_by >= R && runs_in_vector(R, apart_by) >= 2;
    let is_for_loop = R.is_power_of_two() && apart_by.is_power_of_two();
    fits && !is_for_loop && (has_quiet_gaps || apart_by == R)
}

/// Copies runs that are `S` bytes apart in the source and lie together in the target.
///
/// # Safety
///
/// As [`line`].
#[inline(always)]
unsafe fn steps<const R: usize, const S: isize>(len: usize, src: *const u8, dst: *mut u8) {
    for at in 0..len {
        // SAFETY: `at` is a position of the line.
        unsafe { put::<R>(src.offset(at.cast_signed() * S), dst.add(at * R)) };
    }
}

/// Copies runs in reverse as if they were of `W` bytes: what is too much is read of the run before
/// and overwritten by the run after, all of them the line's own.
///
/// # Safety
///
/// As [`line`], with the source going back by `R` and the target on by `R`; `W` is at most `2 * R`.
#[inline(always)]
unsafe fn reversed_wide<const R: usize, const W: usize>(len: usize, src: *const u8, dst: *mut u8) {
    if len == 0 {
        return;
    }
    let (last, step) = (len - 1, -R.cast_signed());
    // SAFETY: position 0 has nothing after it in the source and the last nothing after it in the
    // target, so those are copied exactly; of the others W bytes are within two runs of the line.
    unsafe {
        put::<R>(src, dst);
        for at in 1..last {
            put::<W>(src.offset(at.cast_signed() * step), dst.add(at * R));
        }
        put::<R>(src.offset(last.cast_signed() * step), dst.add(last * R));
    }
}

/// Writes one run again and again.
///
/// # Safety
///
/// A run of `R` bytes can be read at `src`, `len` of them be written from `dst` on.
#[inline(always)]
unsafe fn repeat<const R: usize>(len: usize, src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise.
    let run = unsafe { src.cast::<[u8; R]>().read_unaligned() };
    for at in 0..len {
        // SAFETY: `at` is a position of the line.
        unsafe { dst.add(at * R).cast::<[u8; R]>().write_unaligned(run) };
    }
}

/// Copies pixels of `C` runs that lie together in the target: channels swapped, planes interleaved.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes; `inner.len` is `C` and `inner.dst` is `R`.
#[inline(always)]
pub(super) unsafe fn pixels<const R: usize, const C: usize>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    let Area { outer, total, .. } = *area;
    let is_packed = outer.dst == (R * C).cast_signed();
    let streams = total >= STREAM_FROM && is_packed && outer.len * R * C >= STREAMED_RUN;
    let Some(scratch) = scratch.filter(|_| streams) else {
        // SAFETY: the caller's promise.
        return unsafe { pixels_of::<R, C>(area, src, dst) };
    };
    let stage = scratch.stage();
    let most = stage.0.len() / (R * C);
    let mut start = 0;
    while start < outer.len {
        let len = most.min(outer.len - start);
        let part = Area { outer: Axis { len, ..outer }, ..*area };
        // SAFETY: pixels from `start` on, `len` of them, are within the area; they fit the stage,
        // which is nobody else's.
        unsafe {
            let from = src.offset(start.cast_signed() * outer.src);
            pixels_of::<R, C>(&part, from, stage.0.as_mut_ptr());
            stream_bytes(stage.0.as_ptr(), dst.add(start * R * C), len * R * C);
        }
        start += len;
    }
}

/// Copies pixels to where they belong, or to a stage.
///
/// # Safety
///
/// As [`pixels`].
#[inline(always)]
unsafe fn pixels_of<const R: usize, const C: usize>(area: &Area, src: *const u8, dst: *mut u8) {
    let Area { outer, inner, .. } = area;
    let (run, pixel) = (R.cast_signed(), (R * C).cast_signed());
    // SAFETY: the caller's promise; each call names the area's own distances, as constants where
    // the comparison has found them to be.
    unsafe {
        if outer.dst == pixel && outer.src == pixel && inner.src == -run {
            pixels_at::<R, C>(outer.len, pixel, -run, pixel, src, dst);
        } else if outer.dst == pixel && outer.src == run {
            pixels_at::<R, C>(outer.len, run, inner.src, pixel, src, dst);
        } else {
            pixels_at::<R, C>(outer.len, outer.src, inner.src, outer.dst, src, dst);
        }
    }
}

/// Copies `len` pixels, `apart` bytes from one to the next in the source and `to_next` in the
/// target, whose runs are `between` bytes apart in the source.
///
/// # Safety
///
/// As [`pixels`].
#[inline(always)]
unsafe fn pixels_at<const R: usize, const C: usize>(
    len: usize,
    apart: isize,
    between: isize,
    to_next: isize,
    src: *const u8,
    dst: *mut u8,
) {
    for at in 0..len.cast_signed() {
        // SAFETY: `at` is a position of the outer axis, the C runs are those of the inner.
        unsafe {
            let (from, to) = (src.offset(at * apart), dst.offset(at * to_next));
            let mut pixel = [[0; R]; C];
            for (channel, run) in pixel.iter_mut().enumerate() {
                let from = from.offset(channel.cast_signed() * between);
                *run = from.cast::<[u8; R]>().read_unaligned();
            }
            to.cast::<[[u8; R]; C]>().write_unaligned(pixel);
        }
    }
}
