//! `.npy` and `.npz` files: what is seen lies within the file, and can be shown and written.
#![no_main]

use bytelens::npy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Ok(view) = npy::view(file) {
        assert!(view.layout().span().end <= file.len());
        let _ = view.to_string();
        if view.nbytes() < 1 << 16
            && let Ok(again) = npy::to_npy(&view)
        {
            let again = npy::view(&again).expect("what is written can be read").to_bytes();
            assert_eq!(again.ok(), view.to_bytes().ok());
        }
    }
    for member in npy::members(file).unwrap_or_default() {
        let _ = member.layout(file);
    }
});
