//! Transposes: the target runs along one axis, the source along the other.
//!
//! ```text
//!   source rows       tile of lines     target rows
//!   a0 a1 a2 a3       a0 b0 c0 d0       a0 b0 c0 d0   one whole line at a time,
//!   b0 b1 b2 b3  ─►   a1 b1 c1 d1  ─►   a1 b1 c1 d1   streamed past the cache
//!   c0 c1 c2 c3       a2 b2 c2 d2       a2 b2 c2 d2   where the copy is large
//!   d0 d1 d2 d3       a3 b3 c3 d3       a3 b3 c3 d3
//! ```
//!
//! Each line of the source is read once into a tile, and each line of the target written once, so
//! that strides of powers of two, whose lines all fall on one set of the cache, cost no more.

use super::lines::put;
use super::{Area, Axis, SMALL, Scratch};
use bytemuck::Zeroable;

#[cfg(not(target_arch = "x86_64"))]
pub(super) use super::any_machine::prefetch;
#[cfg(not(target_arch = "x86_64"))]
use super::any_machine::{stream, turn, turn_directly};
#[cfg(target_arch = "x86_64")]
pub(super) use super::x86::prefetch;
#[cfg(target_arch = "x86_64")]
use super::x86::{stream, turn, turn_directly};

/// Bytes of a cache line, the side of a tile.
pub(super) const LINE: usize = 64;

/// Bytes from which on a copy is streamed: more than it could leave in the cache for its reader.
/// Fewer under Miri, which would walk the rest of the day.
pub(super) const STREAM_FROM: usize = if cfg!(miri) { 4 << 10 } else { 8 << 20 };

/// Runs of `R` bytes on the side of a tile: as many as fill a line, or of those that vectors hold with
/// gaps a multiple of what a pair of vectors holds, so that the last reaches no further than the line.
pub(super) const fn side<const R: usize>() -> usize {
    match R {
        3 => 16,
        6 => 8,
        _ => LINE / R,
    }
}

/// A tile of lines, of which runs whose length is no power of two leave the end unused.
#[derive(Clone, Copy, Zeroable)]
#[repr(align(64))]
pub(super) struct Tile(pub(super) [[u8; LINE]; LINE]);

/// A tile as it was read, and as it is written.
pub(super) type Tiles = [Tile; 2];

/// Bytes that an area's target may span to be written square by square: it stays in the nearest cache
/// until its lines are full.
const COMPACT: usize = 16 << 10;

/// Copies an area whose target runs along `inner` and whose source runs along `outer`.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes, at most 16; `inner.dst` and `outer.src` are
/// `R`; `WIDE` only on a machine with AVX2.
#[inline(always)]
pub(super) unsafe fn transpose<const R: usize, const WIDE: bool>(
    area: &Area,
    scratch: Option<&mut Scratch>,
    src: *const u8,
    dst: *mut u8,
) {
    let (rows, columns) = (area.inner, area.outer);
    let is_compact = columns.dst.unsigned_abs() * columns.len <= COMPACT;
    // SAFETY: the caller's promise.
    if is_compact && unsafe { turn_directly::<R, WIDE>(area, src, dst) } {
        return;
    }
    let Some(scratch) = scratch.filter(|_| rows.len * columns.len >= SMALL) else {
        // SAFETY: the caller's promise.
        return unsafe { blocks::<R>(area, src, dst) };
    };
    let streams = area.total >= STREAM_FROM;
    let is_aligned = side::<R>() * R == LINE
        && dst.addr().is_multiple_of(LINE)
        && columns.dst.unsigned_abs().is_multiple_of(LINE);
    if streams && !is_aligned && rows.len * R >= STRETCH {
        // SAFETY: the caller's promise.
        return unsafe { staged::<R, WIDE>(area, scratch, src, dst) };
    }
    let write = match (streams, is_aligned) {
        (true, true) => Write::Streamed,
        (true, false) => Write::Asking,
        _ => Write::Cached,
    };
    let both = scratch.tiles();
    for (row, column) in tiles::<R>(rows.len, columns.len) {
        // SAFETY: the tile at (row, column) is within the area.
        unsafe {
            let to = dst.offset(column.cast_signed() * columns.dst).add(row * R);
            tile::<R, WIDE>(area, both, (row, column), src, to, columns.dst, write);
        }
    }
}

/// Copies one tile, the target's part of it to `dst`, where lines are `apart` bytes from each other.
///
/// # Safety
///
/// As [`transpose`] for the tile that starts at (row, column) of the area; where it is streamed `dst` and
/// `apart` are multiples of `LINE`.
#[inline(always)]
unsafe fn tile<const R: usize, const WIDE: bool>(
    area: &Area,
    tiles: &mut [Tile; 2],
    (row, column): (usize, usize),
    src: *const u8,
    dst: *mut u8,
    apart: isize,
    write: Write,
) {
    let (rows, columns) = (area.inner, area.outer);
    let side = side::<R>();
    let (height, width) = (side.min(rows.len - row), side.min(columns.len - column));
    let [source, target] = tiles;
    // SAFETY: the caller's promise. The rows of `width` runs lie together in the source, the columns
    // of `height` runs in the target.
    unsafe {
        let (x, y) = (column.cast_signed(), row.cast_signed());
        let from = src.offset(y * rows.src + x * columns.src);
        load(source, from, rows.src, height, width * R, GATHERED * R);
        turn::<R, WIDE>(source, target, height, width);
        store(target, dst, apart, width, height * R, write);
    }
}

/// Bytes of a line of the target that are gathered before they are streamed.
const STRETCH: usize = 512;

/// Lines of the target that are gathered at a time, at most.
const GATHERED: usize = 64;

/// Streams an area whose target lines start anywhere, by way of stretches of several lines: of a
/// stretch only the first and last line of the cache are written in part.
///
/// # Safety
///
/// As [`transpose`].
#[inline(always)]
unsafe fn staged<const R: usize, const WIDE: bool>(
    area: &Area,
    scratch: &mut Scratch,
    src: *const u8,
    dst: *mut u8,
) {
    let (rows, columns) = (area.inner, area.outer);
    let side = side::<R>();
    // Whole tiles, so that none reaches beyond the stage.
    let (height, width) = (STRETCH / R / side * side, GATHERED / side * side);
    let (both, stage) = scratch.tiles_and_stretches();
    for top in (0..rows.len).step_by(height) {
        let bottom = rows.len.min(top + height);
        for left in (0..columns.len).step_by(width) {
            let right = columns.len.min(left + width);
            for row in (top..bottom).step_by(side) {
                for column in (left..right).step_by(side) {
                    let lines = &mut stage.0[column - left..];
                    let to = lines.as_mut_ptr().cast::<u8>().wrapping_add((row - top) * R);
                    // SAFETY: the tile is within the area, and its part of the stage as well: it
                    // holds `width <= GATHERED` columns and `height * R <= STRETCH` bytes of each.
                    unsafe {
                        tile::<R, WIDE>(
                            area,
                            both,
                            (row, column),
                            src,
                            to,
                            STRETCH.cast_signed(),
                            Write::Cached,
                        );
                    }
                }
            }
            for (column, line) in (left.cast_signed()..).zip(&stage.0[..right - left]) {
                // SAFETY: the stretch from `top` to `bottom` of each column is within the target.
                unsafe {
                    let to = dst.offset(column * columns.dst).add(top * R);
                    stream_bytes(line.as_ptr(), to, (bottom - top) * R);
                }
            }
        }
    }
}

/// Stretches of target lines.
#[derive(Clone, Copy, Zeroable)]
#[repr(align(64))]
pub(super) struct Stretches([[u8; STRETCH]; GATHERED]);

/// Copies bytes past the cache, but for the parts of lines at both ends.
///
/// # Safety
///
/// `len` bytes can be read at `src` and written at `dst`; they do not meet.
#[inline(always)]
pub(super) unsafe fn stream_bytes(src: *const u8, dst: *mut u8, len: usize) {
    let head = dst.align_offset(LINE).min(len);
    let lines = (len - head) / LINE;
    let tail = len - head - lines * LINE;
    // SAFETY: head, lines and tail are `len` bytes together; the lines start at a multiple of LINE.
    unsafe {
        put_part(src, dst, head);
        for at in 0..lines {
            stream(src.add(head + at * LINE), dst.add(head + at * LINE));
        }
        put_part(src.add(len - tail), dst.add(len - tail), tail);
    }
}

/// Where the tiles of an area start, block by block. A block is so small that the pages of its rows
/// and columns stay in the translation buffer.
fn tiles<const R: usize>(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let side = side::<R>();
    let block = side * 16;
    (0..rows).step_by(block).flat_map(move |top| {
        (0..columns).step_by(block).flat_map(move |left| {
            let (bottom, right) = (rows.min(top + block), columns.min(left + block));
            let rows = (top..bottom).step_by(side);
            rows.flat_map(move |row| (left..right).step_by(side).map(move |column| (row, column)))
        })
    })
}

/// Moves up to a line of bytes in two moves of a fixed size, which may overlap.
///
/// # Safety
///
/// `len` bytes, at most `LINE`, can be read at `src` and written at `dst`; they do not meet.
#[inline(always)]
pub(super) unsafe fn put_part(src: *const u8, dst: *mut u8, len: usize) {
    /// # Safety
    ///
    /// As for `put_part`; `len` is in `N..=2 * N`.
    #[inline(always)]
    unsafe fn both_ends<const N: usize>(src: *const u8, dst: *mut u8, len: usize) {
        // SAFETY: N bytes from the start and N before the end are within `len`.
        unsafe {
            put::<N>(src, dst);
            put::<N>(src.add(len - N), dst.add(len - N));
        }
    }
    // SAFETY: the caller's promise, and each length is in the range of its arm.
    unsafe {
        match len {
            LINE => put::<LINE>(src, dst),
            32.. => both_ends::<32>(src, dst, len),
            16.. => both_ends::<16>(src, dst, len),
            8.. => both_ends::<8>(src, dst, len),
            4.. => both_ends::<4>(src, dst, len),
            _ => src.copy_to_nonoverlapping(dst, len),
        }
    }
}

/// Reads `count` lines of `len` bytes, and asks for what is `ahead` bytes further on in each: no
/// machine sees by itself that so many lines are walked together.
///
/// # Safety
///
/// `len` is at most `LINE`, `count` too; the lines can be read, `stride` bytes apart from `src` on.
#[inline(always)]
unsafe fn load(
    tile: &mut Tile,
    src: *const u8,
    stride: isize,
    count: usize,
    len: usize,
    ahead: usize,
) {
    for (at, line) in (0..).zip(&mut tile.0[..count]) {
        // SAFETY: the caller's promise.
        let from = unsafe { src.offset(at * stride) };
        prefetch(from.wrapping_add(ahead));
        // SAFETY: the caller's promise.
        unsafe { put_part(from, line.as_mut_ptr(), len) };
    }
}

/// Bytes from what is written of a line of the target to what is asked for.
const SOON: usize = 3 * LINE;

/// How lines of the target are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    /// Past the cache, where a line is whole.
    Streamed,
    /// Into the cache, which is asked for what follows in each line: the next tile or area is likely to
    /// write it, and no machine sees by itself that so many lines go on.
    Asking,
    /// Into the cache, where the lines are already or will all fit.
    Cached,
}

/// Writes `count` lines of `len` bytes.
///
/// # Safety
///
/// `len` is at most `LINE`, `count` too; the lines can be written, `stride` bytes apart from `dst`
/// on. Where they are streamed they all start at multiples of `LINE`, but for those of `len` below
/// `LINE`.
#[inline(always)]
unsafe fn store(tile: &Tile, dst: *mut u8, stride: isize, count: usize, len: usize, write: Write) {
    for (at, line) in (0..).zip(&tile.0[..count]) {
        // SAFETY: the caller's promise.
        unsafe {
            let to = dst.offset(at * stride);
            if write == Write::Streamed && len == LINE {
                stream(line.as_ptr(), to);
            } else {
                put_part(line.as_ptr(), to, len);
                if write == Write::Asking {
                    prefetch(to.wrapping_add(SOON));
                }
            }
        }
    }
}

/// Transposes `height × width` runs of `R` bytes, one by one.
#[inline(always)]
pub(super) fn turn_runs<const R: usize>(
    source: &Tile,
    target: &mut Tile,
    height: usize,
    width: usize,
) {
    match R {
        3 => turn_wide::<R, 4>(source, target, height, width),
        6 => turn_wide::<R, 8>(source, target, height, width),
        12 => turn_wide::<R, 16>(source, target, height, width),
        _ => turn_wide::<R, R>(source, target, height, width),
    }
}

/// Transposes runs of `R` bytes as if they were of `W`: what is too much is overwritten by the next
/// run, or lies behind the last. Moves of a whole register are several times as fast.
#[inline(always)]
fn turn_wide<const R: usize, const W: usize>(
    source: &Tile,
    target: &mut Tile,
    height: usize,
    width: usize,
) {
    let side = side::<R>();
    assert!(height <= side && width <= side && (side - 1) * R + W <= LINE, "within the tiles");
    let (from, to) = (source.0.as_ptr().cast::<u8>(), target.0.as_mut_ptr().cast::<u8>());
    for x in 0..width {
        for y in 0..height {
            // SAFETY: x and y are below `side` and W bytes from the start of the last run end within
            // its line, by the assertion, so both are within their tile.
            unsafe { put::<W>(from.add(y * LINE + x * R), to.add(x * LINE + y * R)) };
        }
    }
}

/// Copies an area of which the source is walked fastest along `outer`, in blocks that fit the cache.
///
/// # Safety
///
/// As [`super::copy`] for the area's runs of `R` bytes.
#[inline(always)]
pub(super) unsafe fn blocks<const R: usize>(area: &Area, src: *const u8, dst: *mut u8) {
    const SIDE: usize = 16;
    let Area { inner, outer, .. } = area;
    for row in (0..inner.len).step_by(SIDE) {
        for column in (0..outer.len).step_by(SIDE) {
            for j in column..outer.len.min(column + SIDE) {
                for i in row..inner.len.min(row + SIDE) {
                    // SAFETY: (j, i) is a position of the area.
                    unsafe { put_at::<R>(inner, i, outer, j, src, dst) };
                }
            }
        }
    }
}

/// Copies the run at position `i` of one axis and `j` of another.
///
/// # Safety
///
/// The run of `R` bytes there can be read from `src` and written from `dst` on.
#[inline(always)]
unsafe fn put_at<const R: usize>(
    a: &Axis,
    i: usize,
    b: &Axis,
    j: usize,
    src: *const u8,
    dst: *mut u8,
) {
    let (i, j) = (i.cast_signed(), j.cast_signed());
    // SAFETY: the caller's promise.
    unsafe {
        put::<R>(src.offset(i * a.src + j * b.src), dst.offset(i * a.dst + j * b.dst));
    }
}
