//! How much memory a device may take, all pools together.
//!
//! Drivers that run on the CPU promise any amount and take it from the host until the system ends
//! the process. So what is made is counted here before it is made, and refused over a budget. Memory
//! counts until its handle goes; the driver itself may take until the next poll to free it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::device::gpu::memory::Pool;
use crate::error::{Error, Result};

/// A bound on the memory of a device, and what of it is taken.
#[derive(Debug)]
pub(super) struct Budget {
    limit: AtomicU64,
    used: AtomicU64,
    /// Those who may let go of what nobody uses.
    pools: Mutex<Vec<Weak<Pool>>>,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicU64::new(limit),
            used: AtomicU64::new(0),
            pools: Mutex::default(),
        })
    }

    pub(super) fn add(&self, pool: &Arc<Pool>) {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(pool));
    }

    pub(super) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Counts memory that is about to be made. Pools let go of what is idle where that helps.
    ///
    /// # Errors
    /// [`Error::Limit`] where the budget does not allow it.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64, device: &str) -> Result<Reserved> {
        if !self.try_reserve(bytes) {
            self.drop_idle();
            if !self.try_reserve(bytes) {
                return Err(Error::Limit {
                    what: format!("memory on {device}"),
                    got: format!("{bytes} bytes, with {} bytes in use", self.used()),
                    limit: format!("{} bytes", self.limit()),
                    hint: "let go of device views, raise the budget, or use the cpu device"
                        .to_owned(),
                });
            }
        }
        Ok(Reserved { bytes, budget: Arc::clone(self) })
    }

    fn try_reserve(&self, bytes: u64) -> bool {
        let add = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit());
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    /// Lets go of all memory that waits to be lent again.
    pub(super) fn drop_idle(&self) {
        self.pools().for_each(|pool| pool.drop_idle());
    }

    /// Tells whether there will be more of it once the device has done its work.
    pub(super) fn is_coming(&self) -> bool {
        self.pools().any(|pool| pool.is_coming())
    }

    fn pools(&self) -> impl Iterator<Item = Arc<Pool>> {
        let pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner).clone();
        pools.into_iter().filter_map(|pool| pool.upgrade())
    }
}

/// Memory that counts until this is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    bytes: u64,
    budget: Arc<Budget>,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The budget of a device that nobody has given one: half of the host's memory where the device
/// runs on the CPU, else none of ours.
pub(super) fn default_limit(runs_on_the_cpu: bool) -> u64 {
    let host = if runs_on_the_cpu { host_bytes() } else { None };
    host.map_or(u64::MAX, |bytes| bytes / 2)
}

/// The memory of this machine, or of the control group that the process is in; nothing where the
/// system does not say.
fn host_bytes() -> Option<u64> {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| meminfo(&text));
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max");
    let group = group.ok().and_then(|text| text.trim().parse().ok());
    total.into_iter().chain(group).min()
}

/// Reads `MemTotal` of `/proc/meminfo`, which is in KiB.
fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::{Budget, meminfo};
    use crate::error::Error;

    #[test]
    fn what_was_let_go_may_be_taken_again() {
        let budget = Budget::new(100);
        let first = budget.reserve(60, "toy").expect("60 of 100");
        let error = budget.reserve(41, "toy").expect_err("over the budget");
        let message = error.to_string();
        assert!(matches!(error, Error::Limit { .. }), "{message}");
        for number in ["41 bytes", "60 bytes in use", "limit of 100 bytes"] {
            assert!(message.contains(number), "{message}");
        }
        drop(first);
        let _all = budget.reserve(100, "toy").expect("100 of 100");
        assert!(budget.reserve(u64::MAX, "toy").is_err());
        assert_eq!(budget.used(), 100);
    }

    #[test]
    fn the_hosts_memory_is_read_in_bytes() {
        assert_eq!(meminfo("Foo: 1 kB\nMemTotal:       16 kB\n"), Some(16_384));
        for wrong in ["", "MemTotal: x kB", "MemTotal: 16 MB", "MemTotal: 18446744073709551615 kB"]
        {
            assert_eq!(meminfo(wrong), None, "{wrong:?}");
        }
    }
}
