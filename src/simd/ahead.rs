//! Memory asked for before it is read.
//!
//! Where little is done to much, the work on some bytes hides too little of the wait for the next.

/// Asks for all cache lines of bytes that will be read soon.
pub(crate) fn ask_for(bytes: &[u8]) {
    for at in (0..bytes.len()).step_by(64) {
        prefetch(bytes, at);
    }
}

/// Asks for the cache line of an address, `bytes` behind the start of a slice. It need not be one that there
/// is: nothing is read.
#[inline(always)]
pub(super) fn prefetch(slice: &[u8], bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = slice.as_ptr().wrapping_add(bytes).cast();
        // SAFETY: a hint reads nothing and faults at no address; every x86-64 has the instruction.
        #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(address);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, bytes);
}
