//! View algebra takes no memory: every allocation of this program is counted.

#![allow(unsafe_code, reason = "an allocator that counts is one")]

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::cell::Cell;
use std::hint::black_box;

use bytelens::{DType, Layout, Slice, View, ViewMut, index};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is done by the system's allocator; a count is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        // A thread that is ending has no count any more.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, start: *mut u8, memory: Memory) {
        // SAFETY: the caller's promise; it came from `alloc`.
        unsafe { System.dealloc(start, memory) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often this thread took memory while something ran.
fn allocations<T>(run: impl FnOnce() -> T) -> usize {
    let before = COUNT.get();
    black_box(run());
    COUNT.get() - before
}

#[test]
fn view_algebra_and_copies_allocate_nothing_up_to_8_axes() {
    let numbers: Vec<u32> = (0..256).collect();
    for ndim in 1..=8 {
        let shape = vec![2; ndim];
        let view = View::from_slice(&numbers[..1 << ndim], &shape).expect("2^n elements");
        let order: Vec<usize> = (0..ndim).rev().collect();
        let flat = [(1 << ndim) as isize];
        let (last, zeros) = (ndim - 1, vec![0; ndim]);
        // A window is one axis more.
        let room = if ndim < 8 { view.clone() } else { view.index(0, 0).expect("an axis") };
        let mut out = vec![0_u32; 1 << ndim];
        let mut target = ViewMut::from_slice(&mut out, &shape).expect("2^n elements");
        let rows = [
            ("clone", allocations(|| view.clone())),
            ("slice", allocations(|| view.slice(last, 1..))),
            ("slice by a step", allocations(|| view.slice(0, Slice::from(..).by(-1)))),
            ("index", allocations(|| view.index(0, -1))),
            ("select", allocations(|| view.select(&index![0, ..., newaxis]))),
            ("permute", allocations(|| view.permute(&order))),
            ("transpose", allocations(|| view.transpose())),
            ("swap axes", allocations(|| view.swap_axes(0, last))),
            ("flip", allocations(|| view.flip(0))),
            ("squeeze", allocations(|| view.slice(0, ..1).and_then(|one| one.squeeze(0)))),
            ("reshape", allocations(|| view.reshape(&flat))),
            ("cast", allocations(|| view.cast(DType::F32))),
            ("cast to bytes", allocations(|| view.cast(DType::U8))),
            ("broadcast", allocations(|| view.broadcast_to(&shape))),
            ("windows", allocations(|| room.windows(0, 1, 1))),
            ("split", allocations(|| view.split(0, 1))),
            ("get", allocations(|| view.get::<u32>(&zeros))),
            ("copy", allocations(|| view.transpose().copy_to(&mut target))),
        ];
        for (what, count) in rows {
            assert_eq!(count, 0, "{what} of {ndim} axes took memory");
        }
    }
}

#[test]
fn the_count_sees_what_is_allocated() {
    let nine = Layout::contiguous(DType::U8, &[2; 9]).expect("512 bytes");
    assert!(allocations(|| nine.clone()) > 0, "9 axes live on the heap");
    assert_eq!(allocations(|| vec![1_u8; 5]), 1);
}
