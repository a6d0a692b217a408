//! Host views into mapped memory, which is lent for writing only and is no slice.
//!
//! Runs that are long enough are copied into it directly; what is finer goes through a block of
//! scratch memory small enough to stay in the cache. Nothing here knows a device or starts a thread.

use crate::error::Result;
use crate::layout::Layout;
use crate::view::{View, ViewMut};

/// Bytes that are gathered at a time.
const BLOCK: usize = 128 << 10;

/// Bytes that lie together and are not worth a detour through scratch memory.
const RUN: usize = 2 << 10;

/// Where mapped memory may start, in bytes.
const ALIGNED: usize = 8;
const _: () = assert!(ALIGNED as u64 == wgpu::MAP_ALIGNMENT, "as wgpu has it");

/// Cuts views, in C order, into chunks of at most so many bytes to be staged or to be written side by
/// side. Where a chunk starts, bytes can be mapped.
pub(super) fn chunks<'a>(views: &[View<'a>], chunk: usize) -> Result<Vec<Vec<View<'a>>>> {
    let [view] = views else { return Ok(vec![views.to_vec()]) };
    let mut view = view.clone();
    while view.ndim() > 1 && view.shape()[0] == 1 {
        view = view.index(0, 0)?;
    }
    if view.nbytes() <= chunk || view.ndim() == 0 {
        return Ok(vec![vec![view]]);
    }
    let count = view.shape()[0];
    let step = (chunk / (view.nbytes() / count)) / ALIGNED * ALIGNED;
    if step == 0 {
        return Ok(vec![vec![view]]);
    }
    let starts = (0..count).step_by(step);
    starts.map(|start| Ok(vec![view.slice(0, start..count.min(start + step))?])).collect()
}

/// Writes views to mapped memory one after the other, and zeros to its end.
pub(super) fn gather_all(views: &[View<'_>], mapped: &mut wgpu::BufferViewMut) -> Result<()> {
    let (mut end, mut scratch) = (0, Vec::new());
    for view in views {
        end = gather(view, mapped, end, &mut scratch)?;
    }
    let rest = mapped.len() - end;
    mapped.slice(end..).copy_from_slice(&[0; 4][..rest]);
    Ok(())
}

/// Writes the elements of a view to mapped memory in C order, from byte `at` on. Returns the byte
/// after the last.
fn gather(
    view: &View<'_>,
    mapped: &mut wgpu::BufferViewMut,
    at: usize,
    scratch: &mut Vec<u8>,
) -> Result<usize> {
    let end = at + view.nbytes();
    if let Some(bytes) = view.as_bytes() {
        mapped.slice(at..end).copy_from_slice(bytes);
        return Ok(end);
    }
    let is_long = |row: &View<'_>| row.nbytes() >= RUN && row.as_bytes().is_some();
    if view.ndim() > 0 && is_long(&view.index(0, 0)?) {
        return view.iter().try_fold(at, |at, row| gather(&row, mapped, at, scratch));
    }
    if view.nbytes() <= BLOCK || view.ndim() == 0 {
        scratch.resize(view.nbytes().max(scratch.len()), 0);
        let block = &mut scratch[..view.nbytes()];
        let layout = Layout::contiguous(view.dtype().clone(), view.shape())?;
        view.copy_to(&mut ViewMut::new(block, layout)?)?;
        mapped.slice(at..end).copy_from_slice(block);
        return Ok(end);
    }
    // Too large for a block: as many indices of the first axis as make one, or one and its axes.
    let count = view.shape()[0];
    let step = (BLOCK / (view.nbytes() / count)).max(1);
    let mut at = at;
    for start in (0..count).step_by(step) {
        let part = match step {
            1 => view.index(0, start.cast_signed())?,
            _ => view.slice(0, start..count.min(start + step))?,
        };
        at = gather(&part, mapped, at, scratch)?;
    }
    Ok(at)
}
