//! Pools: memory of the device, and mapped memory to write from and to read into.
//!
//! Fresh pages cost more than most ops, so nothing is given back to the driver until a pool holds
//! more than it may. There are three pools for a device:
//!
//! ```text
//!   storage    what shaders read and write      back in the pool when its owner lets go
//!   upload     mapped; copied from              back when its submission is done and it is mapped again
//!   readback   copied to; mapped                back when its bytes have been copied out
//! ```
//!
//! Storage may be handed on while the GPU still works with it: submissions run in order. A lease of
//! it must only outlive the *submitting* of what uses it. Nothing here records or submits work.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::device::gpu::fault::scoped;
use crate::error::{Error, Result};

/// The most bytes that a pool keeps for later. What has waited longest goes first.
const IDLE_BYTES: u64 = 256 << 20;

/// What a pool's memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Storage,
    Upload,
    Readback,
}

impl Purpose {
    fn usage(self) -> wgpu::BufferUsages {
        use wgpu::BufferUsages as Usages;
        match self {
            Self::Storage => {
                Usages::STORAGE | Usages::UNIFORM | Usages::COPY_SRC | Usages::COPY_DST
            }
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
}

/// Buffers of one purpose, to be lent and lent again.
pub(super) struct Pool {
    device: wgpu::Device,
    name: String,
    purpose: Purpose,
    largest: u64,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    /// In the order of their coming back.
    idle: VecDeque<wgpu::Buffer>,
    /// Upload buffers that will be mapped again once the GPU has read them.
    coming: HashMap<u64, wgpu::Buffer>,
    next: u64,
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
    pub(super) fn new(device: &wgpu::Device, name: &str, purpose: Purpose) -> Arc<Self> {
        Arc::new(Self {
            device: device.clone(),
            name: name.to_owned(),
            purpose,
            largest: device.limits().max_buffer_size,
            shelf: Mutex::default(),
        })
    }

    pub(super) fn report(&self) -> PoolReport {
        self.shelf().report
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a buffer of at least `bytes`. An upload buffer comes mapped.
    fn take(&self, bytes: u64) -> Result<wgpu::Buffer> {
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
        let mut shelf = self.shelf();
        // The last to come back is the likeliest to be in a cache.
        let found = shelf.idle.iter().rposition(|buffer| buffer.size() == size);
        if let Some(buffer) = found.and_then(|index| shelf.idle.remove(index)) {
            shelf.report.idle_bytes -= size;
            shelf.report.reused += 1;
            return Ok(buffer);
        }
        drop(shelf);
        let during = format!("allocating {size} bytes");
        let buffer = scoped(&self.device, &self.name, &during, || {
            Ok(self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("bytelens pool"),
                size,
                usage: self.purpose.usage(),
                mapped_at_creation: self.purpose == Purpose::Upload,
            }))
        })?;
        self.shelf().report.created += 1;
        Ok(buffer)
    }

    fn give_back(&self, buffer: wgpu::Buffer) {
        let mut shelf = self.shelf();
        shelf.report.idle_bytes += buffer.size();
        shelf.idle.push_back(buffer);
        while shelf.report.idle_bytes > IDLE_BYTES {
            let Some(oldest) = shelf.idle.pop_front() else { break };
            shelf.report.idle_bytes -= oldest.size();
        }
    }
}

/// Memory of the device, lent from its pool until this is dropped.
#[derive(Debug)]
pub(super) struct Memory {
    buffer: Option<wgpu::Buffer>,
    pool: Arc<Pool>,
    /// Cloned by commands that were recorded and not yet submitted.
    recorded: Arc<()>,
}

impl Memory {
    pub(super) fn take(pool: &Arc<Pool>, bytes: usize) -> Result<Self> {
        let buffer = Some(pool.take(bytes as u64)?);
        Ok(Self { buffer, pool: Arc::clone(pool), recorded: Arc::default() })
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        self.buffer.as_ref().expect("only drop takes the buffer")
    }

    pub(super) fn bytes(&self) -> u64 {
        self.buffer().size()
    }

    /// Returns what keeps it from being lent again; the driver frees it once nothing uses it.
    pub(super) fn recorded(&self) -> Arc<()> {
        Arc::clone(&self.recorded)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // What waits to be submitted would run after whoever the memory was lent to next.
        let is_free = Arc::strong_count(&self.recorded) == 1;
        if let Some(buffer) = self.buffer.take().filter(|_| is_free) {
            self.pool.give_back(buffer);
        }
    }
}

/// Mapped memory on its way to the device or from it. Dropped, it is lost to the pool: only whoever
/// knows that the work went well gives it back.
#[derive(Debug)]
pub(super) struct Staging {
    buffer: wgpu::Buffer,
    pool: Arc<Pool>,
}

impl Staging {
    pub(super) fn take(pool: &Arc<Pool>, bytes: usize) -> Result<Self> {
        Ok(Self { buffer: pool.take(bytes as u64)?, pool: Arc::clone(pool) })
    }

    pub(super) fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// Gives back an upload buffer whose copies were submitted: it is lent again once the GPU has
    /// read it.
    pub(super) fn submitted(self) {
        let mut shelf = self.pool.shelf();
        let ticket = shelf.next;
        shelf.next += 1;
        shelf.coming.insert(ticket, self.buffer.clone());
        drop(shelf);
        // The callback holds no buffer: a buffer that held itself would never be freed.
        let pool: Weak<Pool> = Arc::downgrade(&self.pool);
        self.buffer.map_async(wgpu::MapMode::Write, .., move |mapped| {
            let Some(pool) = pool.upgrade() else { return };
            let buffer = pool.shelf().coming.remove(&ticket);
            if let (Ok(()), Some(buffer)) = (mapped, buffer) {
                pool.give_back(buffer);
            }
        });
    }

    /// Gives back a readback buffer after its bytes were copied out.
    pub(super) fn read(self) {
        self.buffer.unmap();
        self.pool.give_back(self.buffer);
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
