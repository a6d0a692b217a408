//! Pools: memory of the device, and mapped memory to write from and to read into.
//!
//! Fresh memory costs more than most ops, so nothing is given back to the driver while no more waits in
//! a pool than was lent lately. There are three pools for a device:
//!
//! ```text
//!   storage    what shaders read and write      back in the pool when its owner lets go
//!   upload     mapped; copied from              back when its submission is done and it is mapped again
//!   readback   copied to; mapped                back when its bytes have been copied out
//! ```
//!
//! Where memory is unified, storage itself is mapped. All three count towards one budget.
//!
//! Storage may be handed on while the GPU still works with it: submissions run in order. A lease of
//! it must only outlive the *submitting* of what uses it. The host may write it where it lies only once
//! that work is done, which the pool is told for each time a buffer comes back: wgpu must not be asked
//! by a request to map that is taken back, for it would answer that request later, when the buffer is
//! in use again. Nothing here records or submits work.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::device::gpu::budget::{Budget, Reserved};
use crate::device::gpu::fault;
use crate::error::{Error, Result};

/// Bytes that a pool may always keep idle. Beyond them it keeps no more than was lately lent at once,
/// and a quarter; what has waited longest goes first.
const ALWAYS: u64 = 256 << 20;

/// The part of the peak that is forgotten each time a buffer comes back.
const FORGOTTEN: u64 = 256;

/// What a pool's memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Storage,
    Upload,
    Readback,
}

/// What storage must allow, whoever made it.
pub(super) const STORAGE_USAGES: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE
    .union(wgpu::BufferUsages::COPY_SRC)
    .union(wgpu::BufferUsages::COPY_DST);

impl Purpose {
    fn usage(self, is_unified: bool) -> wgpu::BufferUsages {
        use wgpu::BufferUsages as Usages;
        match self {
            Self::Storage if is_unified => {
                STORAGE_USAGES | Usages::UNIFORM | Usages::MAP_READ | Usages::MAP_WRITE
            }
            Self::Storage => STORAGE_USAGES | Usages::UNIFORM,
            Self::Upload => Usages::MAP_WRITE | Usages::COPY_SRC,
            Self::Readback => Usages::MAP_READ | Usages::COPY_DST,
        }
    }
}

/// How much memory a device's pools have made, lent again, and hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolReport {
    /// Buffers that were made.
    pub created: u64,
    /// Times that a buffer was lent again.
    pub reused: u64,
    /// Bytes that wait to be lent again.
    pub idle_bytes: u64,
    /// Bytes of all buffers that there are, lent or idle: what the memory budget bounds.
    pub used_bytes: u64,
}

/// A buffer that was made, and where it counts: in the budget and in its pool. A caller's does nowhere.
#[derive(Debug)]
struct Piece {
    buffer: wgpu::Buffer,
    _counted: Option<(Reserved, Made)>,
    /// Whether all is done that was submitted before the buffer came back to its pool.
    at_rest: Arc<AtomicBool>,
}

/// Counts bytes among those that a pool has made and that are still there, until this is dropped.
#[derive(Debug)]
struct Made {
    bytes: u64,
    all: Arc<AtomicU64>,
}

impl Made {
    fn new(all: &Arc<AtomicU64>, bytes: u64) -> Self {
        all.fetch_add(bytes, Ordering::Relaxed);
        Self { bytes, all: Arc::clone(all) }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Buffers of one purpose, to be lent and lent again.
pub(super) struct Pool {
    device: wgpu::Device,
    queue: wgpu::Queue,
    name: String,
    purpose: Purpose,
    /// Whether the host sees storage: then it is mapped, not staged.
    is_unified: bool,
    largest: u64,
    budget: Arc<Budget>,
    /// Bytes of all its buffers, lent or idle.
    made: Arc<AtomicU64>,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    /// In the order of their coming back.
    idle: VecDeque<Piece>,
    /// Upload buffers that will be mapped again once the GPU has read them.
    coming: HashMap<u64, Piece>,
    next: u64,
    /// The most bytes that were lent at once. It sinks a little towards what is lent with each buffer
    /// that comes back, so that large work of long ago is forgotten.
    peak: u64,
    report: PoolReport,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// The size that a request is rounded up to: four steps for each doubling, at least 4 KiB.
fn size_class(bytes: u64) -> u64 {
    let bytes = bytes.max(4096);
    bytes.next_multiple_of((1 << bytes.ilog2()) / 4)
}

impl Pool {
    pub(super) fn new(
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        name: &str,
        purpose: Purpose,
        is_unified: bool,
        budget: &Arc<Budget>,
    ) -> Arc<Self> {
        let pool = Arc::new(Self {
            device: device.clone(),
            queue: queue.clone(),
            name: name.to_owned(),
            purpose,
            is_unified,
            largest: device.limits().max_buffer_size,
            budget: Arc::clone(budget),
            made: Arc::default(),
            shelf: Mutex::default(),
        });
        budget.add(&pool);
        pool
    }

    /// Tells whether the host sees the pool's memory where it lies.
    pub(super) fn is_unified(&self) -> bool {
        self.is_unified
    }

    /// Lets go of all that waits to be lent again.
    pub(super) fn drop_idle(&self) {
        let mut shelf = self.shelf();
        shelf.report.idle_bytes = 0;
        let idle = std::mem::take(&mut shelf.idle);
        drop(shelf);
        drop(idle);
    }

    pub(super) fn report(&self) -> PoolReport {
        self.shelf().report
    }

    /// Tells whether there is memory that will wait to be lent again once the device is done with it.
    pub(super) fn is_coming(&self) -> bool {
        !self.shelf().coming.is_empty()
    }

    /// Returns how many bytes are lent.
    fn lent(&self, shelf: &Shelf) -> u64 {
        // What was just made, or is being freed, may be counted on one side alone.
        self.made.load(Ordering::Relaxed).saturating_sub(shelf.report.idle_bytes)
    }

    fn note_peak(&self, shelf: &mut Shelf) {
        shelf.peak = shelf.peak.max(self.lent(shelf));
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a buffer of at least `bytes`. An upload buffer comes mapped.
    fn take(&self, bytes: u64) -> Result<Piece> {
        // Limits are checked before; a class over the limit falls back to the size itself.
        let exact = bytes.max(16).next_multiple_of(16);
        let size = Some(size_class(bytes)).filter(|size| *size <= self.largest).unwrap_or(exact);
        if size > self.largest {
            return Err(Error::Limit {
                what: format!("a buffer on {}", self.name),
                got: format!("{bytes} bytes"),
                limit: format!("{} bytes", self.largest),
                hint: "use the cpu device".to_owned(),
            });
        }
        if let Some(piece) = self.take_idle(size) {
            return Ok(piece);
        }
        let reserved = self.budget.reserve(size, &self.name)?;
        self.make(size, reserved)
    }

    /// Lends a buffer of exactly this size that waits for it.
    fn take_idle(&self, size: u64) -> Option<Piece> {
        let mut shelf = self.shelf();
        // The last to come back is the likeliest to be in a cache.
        let found = shelf.idle.iter().rposition(|piece| piece.buffer.size() == size);
        let piece = found.and_then(|index| shelf.idle.remove(index))?;
        shelf.report.idle_bytes -= size;
        shelf.report.reused += 1;
        self.note_peak(&mut shelf);
        Some(piece)
    }

    /// Makes a buffer to be lent.
    fn make(&self, size: u64, reserved: Reserved) -> Result<Piece> {
        let buffer = self.allocate(size).or_else(|_| {
            // The driver's memory may be in what nobody uses.
            self.budget.drop_idle();
            fault::poll_quietly(&self.device);
            self.allocate(size)
        })?;
        let made = Made::new(&self.made, size);
        let mut shelf = self.shelf();
        shelf.report.created += 1;
        self.note_peak(&mut shelf);
        drop(shelf);
        let at_rest = Arc::new(AtomicBool::new(true));
        Ok(Piece { buffer, _counted: Some((reserved, made)), at_rest })
    }

    fn allocate(&self, size: u64) -> Result<wgpu::Buffer> {
        fault::allocated(&self.device, &self.name, size, || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("bytelens pool"),
                size,
                usage: self.purpose.usage(self.is_unified),
                mapped_at_creation: self.purpose == Purpose::Upload,
            })
        })
    }

    fn give_back(&self, mut piece: Piece) {
        if self.is_unified && self.purpose == Purpose::Storage {
            // A flag of its own each time: an earlier one may still be set for earlier work.
            let at_rest = Arc::new(AtomicBool::new(false));
            piece.at_rest = Arc::clone(&at_rest);
            self.queue.on_submitted_work_done(move || at_rest.store(true, Ordering::Release));
        }
        let mut shelf = self.shelf();
        shelf.report.idle_bytes += piece.buffer.size();
        shelf.idle.push_back(piece);
        let lent = self.lent(&shelf);
        shelf.peak = shelf.peak.max(lent);
        shelf.peak -= (shelf.peak - lent) / FORGOTTEN;
        let most = (shelf.peak + shelf.peak / 4).max(ALWAYS);
        while shelf.report.idle_bytes > most {
            let Some(oldest) = shelf.idle.pop_front() else { break };
            shelf.report.idle_bytes -= oldest.buffer.size();
        }
    }
}

/// Memory of the device, lent from its pool until this is dropped; or a caller's, which stays theirs.
#[derive(Debug)]
pub(super) struct Memory {
    piece: Option<Piece>,
    pool: Option<Arc<Pool>>,
    /// How many host views look at it where it lies or at what it was.
    holds: AtomicUsize,
    /// Cloned by commands that were recorded and not yet submitted.
    recorded: Arc<()>,
    /// Whether a request to map it is open, or was taken back and may yet be answered.
    is_requested: AtomicBool,
}

impl Memory {
    pub(super) fn take(pool: &Arc<Pool>, bytes: usize) -> Result<Self> {
        Ok(Self::new(pool.take(bytes as u64)?, Some(Arc::clone(pool))))
    }

    /// Takes a buffer that a caller has made.
    pub(super) fn of(buffer: wgpu::Buffer) -> Self {
        Self::new(Piece { buffer, _counted: None, at_rest: Arc::default() }, None)
    }

    fn new(piece: Piece, pool: Option<Arc<Pool>>) -> Self {
        Self {
            piece: Some(piece),
            pool,
            holds: AtomicUsize::new(0),
            recorded: Arc::default(),
            is_requested: AtomicBool::new(false),
        }
    }

    fn piece(&self) -> &Piece {
        self.piece.as_ref().expect("only drop takes the buffer")
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.piece().buffer
    }

    /// Tells whether the device is done with all that others did with it; nobody has used it since it
    /// was taken.
    pub(super) fn is_at_rest(&self) -> bool {
        self.piece().at_rest.load(Ordering::Acquire)
    }

    /// Notes that wgpu was asked to map it, or that it was mapped and is so no more. In between it is
    /// not lent again.
    pub(super) fn set_requested(&self, is_requested: bool) {
        self.is_requested.store(is_requested, Ordering::Release);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.buffer().size()
    }

    /// Returns what keeps it from being lent again; the driver frees it once nothing uses it.
    pub(super) fn recorded(&self) -> Arc<()> {
        Arc::clone(&self.recorded)
    }

    /// Tells whether the host can see it where it lies.
    pub(super) fn is_unified(&self) -> bool {
        self.pool.as_ref().is_some_and(|pool| pool.is_unified())
    }

    /// Takes the host's hold on it; there may be one.
    ///
    /// # Errors
    /// [`Error::Held`] where the host holds it already.
    pub(super) fn hold(&self) -> Result<()> {
        let taken = self.holds.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
        taken.map(|_| ()).map_err(|holders| Error::Held { action: "map", holders })
    }

    pub(super) fn let_go(&self) {
        self.holds.store(0, Ordering::Release);
    }

    /// Refuses to let the device use it while the host holds it.
    ///
    /// # Errors
    /// [`Error::Held`].
    pub(super) fn check_free(&self, action: &'static str) -> Result<()> {
        match self.holds.load(Ordering::Acquire) {
            0 => Ok(()),
            holders => Err(Error::Held { action, holders }),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What waits to be submitted would run after whoever the memory was lent to next.
        let is_free = Arc::strong_count(&self.recorded) == 1 && !*self.is_requested.get_mut();
        if let (Some(piece), Some(pool), true) = (self.piece.take(), &self.pool, is_free) {
            pool.give_back(piece);
        }
    }
}

/// Mapped memory on its way to the device or from it. Dropped, it is lost to the pool: only whoever
/// knows that the work went well gives it back.
#[derive(Debug)]
pub(super) struct Staging {
    piece: Piece,
    pool: Arc<Pool>,
}

impl Staging {
    pub(super) fn take(pool: &Arc<Pool>, bytes: usize) -> Result<Self> {
        Ok(Self { piece: pool.take(bytes as u64)?, pool: Arc::clone(pool) })
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.piece.buffer
    }

    /// Gives back an upload buffer whose copies were submitted: it is lent again once the GPU has
    /// read it.
    pub(super) fn submitted(self) {
        let mut shelf = self.pool.shelf();
        let ticket = shelf.next;
        shelf.next += 1;
        let buffer = self.piece.buffer.clone();
        shelf.coming.insert(ticket, self.piece);
        drop(shelf);
        // The callback holds no buffer: a buffer that held itself would never be freed.
        let pool: Weak<Pool> = Arc::downgrade(&self.pool);
        buffer.map_async(wgpu::MapMode::Write, .., move |mapped| {
            let Some(pool) = pool.upgrade() else { return };
            let piece = pool.shelf().coming.remove(&ticket);
            if let (Ok(()), Some(piece)) = (mapped, piece) {
                pool.give_back(piece);
            }
        });
    }

    /// Gives back a readback buffer after its bytes were copied out.
    pub(super) fn read(self) {
        self.piece.buffer.unmap();
        self.pool.give_back(self.piece);
    }
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn a_size_class_wastes_a_quarter_at_most() {
        for bytes in (1..200_000).step_by(37).chain([1 << 30, (1 << 31) - 4]) {
            let class = size_class(bytes);
            assert!(class >= bytes && class <= (bytes + bytes / 4).max(4096), "{bytes}: {class}");
            assert_eq!(class % 256, 0, "{bytes}: {class}");
        }
    }
}
