//! Index expressions: what is selected lies within what it was selected from.
#![no_main]

use bytelens::{DType, Index, Layout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(index) = Index::parse(text) else { return };
    let layout = Layout::contiguous(DType::U16, &[4, 3, 1, 5, 2]).expect("240 bytes");
    for layout in [layout.clone(), layout.transpose(), layout.flip(0).expect("an axis")] {
        if let Ok(part) = layout.select(&index) {
            assert!(part.span().end <= 240);
            assert!(part.len() <= layout.len());
            assert!(part.is_injective());
        }
    }
});
