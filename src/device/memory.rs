//! Host memory for results, used again when they are dropped.
//!
//! The first touch of a fresh page costs more than most ops take for what is on it. So what a device
//! lends for a result or for pixels between stages comes back to it, is kept within bounds, and is
//! lent again for something of like size. It is not cleared: devices
//! write every byte that is seen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::simd::Line;
use crate::view::{Buffer, Owner, zeroed_lines};

/// The most memory that is kept while nobody uses it.
const KEPT_BYTES: usize = 256 << 20;

/// Memory that is lent and comes back. No more of it is kept than was out at once lately: pictures of other sizes
/// would else leave behind what nobody asks for again.
#[derive(Clone, Default)]
pub(super) struct HostMemory(Arc<Mutex<Pool>>);

#[derive(Default)]
struct Pool {
    /// Memory that came back, the latest last.
    spare: Vec<Vec<Line>>,
    /// The bytes that are out.
    lent: usize,
    /// The most that were out at once; long ago counts less and less.
    most: usize,
}

impl HostMemory {
    /// Lends bytes of no meaning, as rows of bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] where memory cannot be had.
    pub(super) fn lend(&self, rows: usize, row_bytes: usize) -> Result<Buffer> {
        let layout = Layout::contiguous(DType::U8, &[rows, row_bytes])?;
        let len = layout.nbytes();
        let lines = match self.take(len.div_ceil(64)) {
            Some(lines) => lines,
            None => zeroed_lines(len.div_ceil(64)).ok_or_else(|| Error::Limit {
                what: "memory for pixels".to_owned(),
                got: format!("{len} bytes"),
                limit: "the free memory".to_owned(),
                hint: "make the picture smaller, or work in parts".to_owned(),
            })?,
        };
        let mut pool = lock(&self.0);
        pool.lent += size_of_val(&lines[..]);
        pool.most = pool.lent.max(pool.most - pool.most / 64);
        drop(pool);
        let lent = Lent { lines, len, home: Arc::downgrade(&self.0) };
        Buffer::from_owner(Arc::new(lent), layout)
    }

    /// Takes memory that is large enough, and less than twice as large.
    fn take(&self, lines: usize) -> Option<Vec<Line>> {
        let spare = &mut lock(&self.0).spare;
        let fits = |kept: &Vec<Line>| kept.len() >= lines && kept.len() / 2 < lines;
        let at = spare.iter().rposition(fits)?;
        Some(spare.remove(at))
    }
}

/// Memory out on loan; it goes home when it is dropped, if home is still there.
struct Lent {
    lines: Vec<Line>,
    len: usize,
    home: Weak<Mutex<Pool>>,
}

impl Owner for Lent {
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }

    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        Some(&mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len])
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else { return };
        let Pool { spare, lent, most } = &mut *lock(&home);
        *lent -= size_of_val(&self.lines[..]);
        spare.push(std::mem::take(&mut self.lines));
        let mut kept: usize = spare.iter().map(|lines| size_of_val(&lines[..])).sum();
        while kept > KEPT_BYTES.min(*most) {
            kept -= size_of_val(&spare.remove(0)[..]);
        }
    }
}

/// Locks; what a thread that panicked left behind is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{HostMemory, KEPT_BYTES, lock};

    #[test]
    fn memory_that_comes_back_is_lent_again_for_what_is_of_like_size() {
        let memory = HostMemory::default();
        let start = |rows| {
            let lent = memory.lend(rows, 1000).expect("there is memory");
            lent.view().as_bytes().expect("rows of bytes").as_ptr()
        };
        let first = start(100);
        assert_eq!(start(100), first);
        assert_eq!(start(60), first, "smaller");
        assert!(memory.take(20 * 1000 / 64).is_none(), "much smaller");
        assert!(memory.take(200 * 1000 / 64).is_none(), "larger");
    }

    #[test]
    fn no_more_is_kept_than_was_out_at_once() {
        let memory = HostMemory::default();
        for rows in [640, 300, 100, 40, 10] {
            drop(memory.lend(rows, 64).expect("there is memory"));
        }
        let kept: Vec<usize> = lock(&memory.0).spare.iter().map(Vec::len).collect();
        assert_eq!(kept, [300, 100, 40, 10]);
        let both = [640, 300].map(|rows| memory.lend(rows, 64).expect("there is memory"));
        drop(both);
        let kept: Vec<usize> = lock(&memory.0).spare.iter().map(Vec::len).collect();
        assert_eq!(kept, [640, 300]);
    }

    #[test]
    fn no_more_is_kept_than_the_bound_and_nothing_once_the_device_is_gone() {
        let memory = HostMemory::default();
        let lent: Vec<_> = (0..5).map(|_| memory.lend(3, KEPT_BYTES / 9)).collect();
        drop(lent);
        assert_eq!(lock(&memory.0).spare.len(), 2);
        let last = memory.lend(10, 10).expect("there is memory");
        drop(memory);
        assert_eq!(last.view().nbytes(), 100);
    }
}
