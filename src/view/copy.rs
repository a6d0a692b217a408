//! The strided copy engine: every copy of elements is one call of [`copy`].
//!
//! It looks for the largest pieces that lie together on both sides, whatever the order of the axes:
//!
//! ```text
//!   drop     axes of length 1
//!   sort     axes by the target's strides, so that it is written in order; mirror negative ones
//!   merge    axes that nest on both sides:   [480, 640] strides [640, 1] ─► [307200] strides [1]
//!   run      the innermost axis, if it lies together on both sides, becomes one run of bytes
//!   area     the axes that the target and the source walk fastest go to a kernel
//! ```
//!
//! Kernels are one scalar source each, compiled twice: for any machine, and for AVX2, chosen when it
//! runs. They write the bytes of elements alone. They read no others either, but where the caller says
//! that nobody writes what lies in the gaps.
//!
//! Not here: checks. Callers have made sure that both sides fit.

#[cfg(not(target_arch = "x86_64"))]
mod any_machine;
mod lines;
mod tiles;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::layout::Layout;
#[cfg(not(target_arch = "x86_64"))]
pub(super) use any_machine::finish_streams;
use bytemuck::Zeroable;
use std::cmp::Reverse;
use std::ptr::NonNull;
#[cfg(target_arch = "x86_64")]
pub(super) use x86::finish_streams;

/// One axis that both sides walk together; distances are in bytes.
#[derive(Clone, Copy, Debug)]
struct Axis {
    len: usize,
    src: isize,
    dst: isize,
}

/// What one kernel call copies: `outer.len × inner.len` runs of `run` bytes.
#[derive(Clone, Copy, Debug)]
struct Area {
    run: usize,
    outer: Axis,
    inner: Axis,
    /// Bytes that the whole copy writes, of which this area may be a part.
    total: usize,
    /// Whether what lies between the runs of the source may be read.
    has_quiet_gaps: bool,
}

impl Axis {
    const ONE: Self = Self { len: 1, src: 0, dst: 0 };

    /// The same positions from the other end, and how far that end is on both sides.
    fn mirrored(self) -> (Self, isize, isize) {
        let last = self.len.cast_signed() - 1;
        let mirrored = Self { len: self.len, src: -self.src, dst: -self.dst };
        (mirrored, last * self.src, last * self.dst)
    }
}

/// Copies with this many axes or fewer allocate nothing.
const INLINE: usize = 8;

/// Copies of so many elements or fewer are done before a kernel would be found for them.
const FEW: usize = 16;

/// Copies and areas of fewer elements are done before memory to work in would be worth its zeros.
const SMALL: usize = 512;

/// Memory that kernels work in: each part is zeroed when it is first asked for, once for all areas of
/// a copy.
#[derive(Default)]
struct Scratch {
    tiles: Option<tiles::Tiles>,
    stretches: Option<tiles::Stretches>,
    stage: Option<lines::Stage>,
}

// Never inlined: what is zeroed lies on the stack for a moment, and kernels would pay for the room.
impl Scratch {
    #[inline(never)]
    fn tiles(&mut self) -> &mut tiles::Tiles {
        self.tiles.get_or_insert_with(Zeroable::zeroed)
    }

    #[inline(never)]
    fn tiles_and_stretches(&mut self) -> (&mut tiles::Tiles, &mut tiles::Stretches) {
        let tiles = self.tiles.get_or_insert_with(Zeroable::zeroed);
        (tiles, self.stretches.get_or_insert_with(Zeroable::zeroed))
    }

    #[inline(never)]
    fn stage(&mut self) -> &mut lines::Stage {
        self.stage.get_or_insert_with(Zeroable::zeroed)
    }
}

/// Copies every element of `source` to the element of the same index of `target`.
///
/// # Safety
///
/// The layouts have the same shape and element size; every element of `source` can be read behind
/// `src`, every element of `target` written behind `dst`; the elements of `target` meet neither each
/// other nor those of `source`. Where `has_quiet_gaps` is set every byte between the first and the last
/// of `source` can be read, and the copy does not write it.
pub(super) unsafe fn copy(
    src: NonNull<u8>,
    source: &Layout,
    has_quiet_gaps: bool,
    dst: NonNull<u8>,
    target: &Layout,
) {
    // SAFETY: the caller's promise.
    unsafe { copy_part(src, source, has_quiet_gaps, dst, target, source.nbytes()) }
}

/// Tells whether a copy of that many bytes is streamed past the cache.
pub(super) fn streams(total: usize) -> bool {
    total >= tiles::STREAM_FROM
}

/// Asks for bytes to be read soon: those as many as `len` from [`AHEAD`] behind `address` on. Machines see a
/// run of reads by themselves, but not soon enough to be as fast as their memory.
#[inline(always)]
pub(super) fn ask_ahead(address: *const u8, len: usize) {
    for at in (0..len).step_by(tiles::LINE) {
        tiles::prefetch(address.wrapping_add(AHEAD + at));
    }
}

/// Bytes from what is read to what is asked for.
const AHEAD: usize = 2048;

/// Copies bytes past the cache; [`finish_streams`] makes them visible to other threads.
///
/// # Panics
///
/// Where both are not equally long.
pub(super) fn stream(from: &[u8], to: &mut [u8]) {
    assert_eq!(from.len(), to.len(), "both sides are equally long");
    // SAFETY: both are as long, and what is borrowed exclusively meets nothing else.
    unsafe { tiles::stream_bytes(from.as_ptr(), to.as_mut_ptr(), from.len()) }
}

/// Copies as [`copy`] does what is a part of a copy of `total` bytes, which decides whether it is
/// streamed.
///
/// # Safety
///
/// As [`copy`].
pub(super) unsafe fn copy_part(
    src: NonNull<u8>,
    source: &Layout,
    has_quiet_gaps: bool,
    dst: NonNull<u8>,
    target: &Layout,
    total: usize,
) {
    let size = source.dtype().size();
    if source.is_empty() || size == 0 {
        return;
    }
    // SAFETY: offsets of layouts that are not empty are where an element starts, behind its pointer.
    let (mut from, mut to) = unsafe {
        (src.as_ptr().cast_const().add(source.offset()), dst.as_ptr().add(target.offset()))
    };
    if source.len() <= FEW {
        let axes = (source.shape(), source.strides(), target.strides());
        // SAFETY: the axes are those of both sides, of elements of `size` bytes.
        unsafe {
            match size {
                1 => return few::<1>(axes, from, to),
                2 => return few::<2>(axes, from, to),
                4 => return few::<4>(axes, from, to),
                8 => return few::<8>(axes, from, to),
                _ => {}
            }
        }
    }
    let mut inline = [Axis::ONE; INLINE];
    let mut heap = Vec::new();
    let axes = if source.ndim() <= INLINE {
        &mut inline[..]
    } else {
        heap.resize(source.ndim(), Axis::ONE);
        &mut heap[..]
    };
    let mut count = 0;
    let strides = source.strides().iter().zip(target.strides());
    for (len, (src, dst)) in source.shape().iter().zip(strides).filter(|(len, _)| **len > 1) {
        let mut axis = Axis { len: *len, src: *src, dst: *dst };
        if axis.dst < 0 {
            // SAFETY: the last position of an axis is an element as the first is, on both sides.
            (axis, from, to) = unsafe { mirror(axis, from, to) };
        }
        axes[count] = axis;
        count += 1;
    }
    count = merge(&mut axes[..count]);
    let run = match axes[..count].last() {
        Some(last) if last.src == last.dst && last.src == size.cast_signed() => {
            count -= 1;
            size * axes[count].len
        }
        _ => size,
    };
    let inner = take(axes, &mut count, |_| 0);
    let mut outer = take(axes, &mut count, |axis| {
        // Where the target runs on, the source's fastest axis goes with it; else the target's.
        if inner.dst == run.cast_signed() { axis.src.unsigned_abs() } else { 0 }
    });
    if outer.src < 0 {
        // SAFETY: as above.
        (outer, from, to) = unsafe { mirror(outer, from, to) };
    }
    let area = Area { run, outer, inner, total, has_quiet_gaps };
    // SAFETY: the same elements as before, in another order.
    unsafe {
        if source.len() < SMALL {
            walk(from, to, &axes[..count], &area, kernel(area.run), None);
        } else {
            walk_with_scratch(from, to, &axes[..count], &area);
        }
    }
    if streams(total) {
        finish_streams();
    }
}

/// Copies elements of `R` bytes one by one, as the axes come: their lengths, and their strides on either
/// side.
///
/// # Safety
///
/// As [`copy`], with the elements given by the axes from `src` and `dst` on.
unsafe fn few<const R: usize>(axes: (&[usize], &[isize], &[isize]), src: *const u8, dst: *mut u8) {
    let put_line = |len: usize, (by, to_by): (isize, isize), src: *const u8, dst: *mut u8| {
        for at in 0..len.cast_signed() {
            // SAFETY: each position of an axis is within both sides by the caller's promise.
            unsafe { lines::put::<R>(src.offset(at * by), dst.offset(at * to_by)) };
        }
    };
    match axes {
        ([len], [by], [to_by]) => put_line(*len, (*by, *to_by), src, dst),
        ([rows, len], [down, by], [to_down, to_by]) => {
            for at in 0..rows.cast_signed() {
                // SAFETY: as above.
                let (from, to) = unsafe { (src.offset(at * down), dst.offset(at * to_down)) };
                put_line(*len, (*by, *to_by), from, to);
            }
        }
        ([len, lens @ ..], [by, bys @ ..], [to_by, to_bys @ ..]) => {
            for at in 0..len.cast_signed() {
                // SAFETY: as above.
                unsafe {
                    few::<R>((lens, bys, to_bys), src.offset(at * by), dst.offset(at * to_by));
                }
            }
        }
        // SAFETY: without axes there is one element.
        _ => unsafe { lines::put::<R>(src, dst) },
    }
}

/// Sorts axes by the target's strides, the widest first, merges those that nest on both sides, and
/// returns how many are left.
fn merge(axes: &mut [Axis]) -> usize {
    axes.sort_by_key(|axis| Reverse(axis.dst));
    let mut count: usize = 0;
    for at in 0..axes.len() {
        let inner = axes[at];
        let len = inner.len.cast_signed();
        match count.checked_sub(1).map(|last| &mut axes[last]) {
            // The products are within the span of each side: an axis of two steps over them.
            Some(outer) if outer.src == inner.src * len && outer.dst == inner.dst * len => {
                *outer = Axis { len: outer.len * inner.len, ..inner };
            }
            _ => {
                axes[count] = inner;
                count += 1;
            }
        }
    }
    count
}

/// Takes the axis with the least `key` out of the first `count`, the last of several.
fn take(axes: &mut [Axis], count: &mut usize, key: impl Fn(&Axis) -> usize) -> Axis {
    let Some(at) = (0..*count).rev().min_by_key(|at| key(&axes[*at])) else {
        return Axis::ONE;
    };
    let axis = axes[at];
    axes.copy_within(at + 1..*count, at);
    *count -= 1;
    axis
}

/// Walks an axis from its other end.
///
/// # Safety
///
/// Every position of the axis is within both sides.
unsafe fn mirror(axis: Axis, src: *const u8, dst: *mut u8) -> (Axis, *const u8, *mut u8) {
    let (axis, from, to) = axis.mirrored();
    // SAFETY: the last position is within both sides by the caller's promise.
    unsafe { (axis, src.offset(from), dst.offset(to)) }
}

type Kernel = unsafe fn(&Area, Option<&mut Scratch>, *const u8, *mut u8);

/// Walks with memory for kernels to work in. Its frame is none that small copies should pay for.
///
/// # Safety
///
/// As [`walk`].
#[inline(never)]
unsafe fn walk_with_scratch(src: *const u8, dst: *mut u8, axes: &[Axis], area: &Area) {
    let mut scratch = Scratch::default();
    // SAFETY: the caller's promise.
    unsafe { walk(src, dst, axes, area, kernel(area.run), Some(&mut scratch)) }
}

/// Walks the axes and calls the kernel for the area at each position.
///
/// # Safety
///
/// As [`copy`], with the elements given by `axes` and `area` from `src` and `dst` on.
unsafe fn walk(
    src: *const u8,
    dst: *mut u8,
    axes: &[Axis],
    area: &Area,
    kernel: Kernel,
    mut scratch: Option<&mut Scratch>,
) {
    let Some((axis, rest)) = axes.split_first() else {
        // SAFETY: the caller's promise is the kernel's.
        return unsafe { kernel(area, scratch, src, dst) };
    };
    for at in 0..axis.len.cast_signed() {
        // SAFETY: each position of the axis is within both sides by the caller's promise.
        unsafe {
            walk(
                src.offset(at * axis.src),
                dst.offset(at * axis.dst),
                rest,
                area,
                kernel,
                scratch.as_deref_mut(),
            )
        };
    }
}

/// The kernel for runs of so many bytes on this machine.
///
/// Each is a function of its own: all in one is one that takes compilers minutes.
fn kernel(run: usize) -> Kernel {
    macro_rules! of_run {
        ($kernel:ident) => {
            match run {
                1 => $kernel::<1>,
                2 => $kernel::<2>,
                3 => $kernel::<3>,
                4 => $kernel::<4>,
                6 => $kernel::<6>,
                8 => $kernel::<8>,
                12 => $kernel::<12>,
                16 => $kernel::<16>,
                _ => copy_long_runs,
            }
        };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
        return of_run!(copy_runs_avx2);
    }
    of_run!(copy_runs_plain)
}

/// # Safety
///
/// As [`copy`] for the runs of the area, of any length.
unsafe fn copy_long_runs(area: &Area, _: Option<&mut Scratch>, src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { lines::long_runs(area, src, dst) }
}

/// # Safety
///
/// As [`copy`] for the runs of the area, which are of `R` bytes, on a machine with AVX2 and BMI2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2")]
unsafe fn copy_runs_avx2<const R: usize>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    // SAFETY: the caller's promise.
    unsafe { copy_runs::<R, true>(area, scratch, src, dst) }
}

/// # Safety
///
/// As [`copy`] for the runs of the area, which are of `R` bytes.
unsafe fn copy_runs_plain<const R: usize>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    // SAFETY: the caller's promise.
    unsafe { copy_runs::<R, false>(area, scratch, src, dst) }
}

/// Chooses by the shape of the area.
///
/// # Safety
///
/// As [`copy`] for the runs of the area, which are of `R` bytes; `WIDE` only on a machine with AVX2.
#[inline(always)]
unsafe fn copy_runs<const R: usize, const WIDE: bool>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    let Area { inner, outer, .. } = area;
    let is_packed = inner.dst == R.cast_signed();
    let is_turned = is_packed && outer.src.unsigned_abs() < inner.src.unsigned_abs();
    // SAFETY: the caller's promise; what each kernel asks of strides is checked beside it.
    unsafe {
        match (inner.len, outer.len) {
            (2, 4..) if is_packed => lines::pixels::<R, 2>(area, scratch, src, dst),
            (3, 4..) if is_packed => lines::pixels::<R, 3>(area, scratch, src, dst),
            (4, 4..) if is_packed => lines::pixels::<R, 4>(area, scratch, src, dst),
            (6, 4..) if is_packed && R <= 4 => lines::pixels::<R, 6>(area, scratch, src, dst),
            (8, 4..) if is_packed && R <= 4 => lines::pixels::<R, 8>(area, scratch, src, dst),
            (_, 2..=8) if is_turned => lines::planes::<R, WIDE>(area, scratch, src, dst),
            (8.., 9..) if is_turned && outer.src == R.cast_signed() => {
                tiles::transpose::<R, WIDE>(area, scratch, src, dst);
            }
            (_, 2..) if is_turned => tiles::blocks::<R>(area, src, dst),
            _ => lines::lines::<R, WIDE>(area, scratch, src, dst),
        }
    }
}
