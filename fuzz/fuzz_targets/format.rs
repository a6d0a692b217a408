//! Format strings: whatever is read is written again, and read as the same type.
#![no_main]

use bytelens::{ByteOrder, DType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for read in [DType::from_format, DType::from_numpy] {
        let Ok(dtype) = read(text) else { continue };
        let _ = (dtype.to_string(), dtype.wgsl(), dtype.is_native());
        assert_eq!(dtype.with_order(ByteOrder::Big).size(), dtype.size());
        if let Ok(format) = dtype.format() {
            let again = DType::from_format(&format).expect("what is written can be read");
            assert_eq!(again.size(), dtype.size(), "{text:?} as {format:?}");
        }
        if let Ok(numpy) = dtype.numpy() {
            let again = DType::from_numpy(&numpy).expect("what is written can be read");
            assert_eq!(again.size(), dtype.size(), "{text:?} as {numpy:?}");
        }
    }
    let _ = text.parse::<DType>();
});
