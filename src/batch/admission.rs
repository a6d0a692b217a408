//! Who may take memory: pictures wait until what they are estimated to need is free.
//!
//! It counts estimates and allocates nothing. A picture that needs more than there is in all goes alone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The memory that pictures share.
#[derive(Debug)]
pub(super) struct Admission {
    bytes: u64,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: u64,
    pictures: usize,
}

/// Memory that a picture may use; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    bytes: u64,
    from: Arc<Admission>,
}

impl Admission {
    /// Shares so many bytes.
    pub(super) fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self { bytes, taken: Mutex::default(), freed: Condvar::new() })
    }

    /// Waits until so many bytes are free, or nobody else has any; none where that is no longer wanted.
    pub(super) fn admit(
        self: &Arc<Self>,
        bytes: u64,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Option<Admitted> {
        let mut taken = self.taken();
        while taken.pictures > 0 && taken.bytes.saturating_add(bytes) > self.bytes {
            if is_cancelled() {
                return None;
            }
            // Short, for who cancels wakes nobody.
            let waited = self.freed.wait_timeout(taken, Duration::from_millis(50));
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        taken.bytes = taken.bytes.saturating_add(bytes);
        taken.pictures += 1;
        Some(Admitted { bytes, from: Arc::clone(self) })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut taken = self.from.taken();
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
        taken.pictures -= 1;
        drop(taken);
        self.from.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Admission;

    #[test]
    fn no_more_is_taken_at_once_than_there_is_but_by_one_that_is_alone() {
        let admission = Admission::new(100);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let (admission, now, most) = (&admission, &now, &most);
                scope.spawn(move || {
                    for round in 0..50 {
                        let bytes = if (worker + round) % 7 == 0 { 250 } else { 30 };
                        let held = admission.admit(bytes, &|| false).expect("not cancelled");
                        let sum = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(sum <= 100 || sum == 250, "{sum} at once");
                        most.fetch_max(sum, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(bytes, Ordering::SeqCst);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 250, "a large one was let in");
        assert_eq!(Arc::strong_count(&admission), 1);
    }

    #[test]
    fn who_waits_can_be_called_back() {
        let admission = Admission::new(100);
        let _held = admission.admit(100, &|| true).expect("free");
        assert!(admission.admit(1, &|| true).is_none());
    }
}
