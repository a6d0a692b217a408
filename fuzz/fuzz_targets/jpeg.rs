//! JPEG files: any bytes are refused or decoded, strictly and leniently, at every scale.

#![no_main]

use bytelens::Limits;
use bytelens::codec::jpeg::{Decoder, Scale};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 20;
    // The first byte says how the rest is decoded.
    let Some((how, file)) = bytes.split_first() else { return };
    let Ok(decoder) = Decoder::new(file, &limits) else { return };
    let scale = Scale::ALL[usize::from(how & 3)];
    let decoder = decoder.scale(scale).lenient(how & 4 > 0);
    let header = decoder.header();
    if how & 8 > 0 {
        let _ = decoder.metadata();
        let _ = decoder.coefficients();
    }
    if let Ok(salvaged) = decoder.salvage() {
        let size = (salvaged.image.width(), salvaged.image.height());
        assert_eq!(size, (scale.of(header.width), scale.of(header.height)));
        assert!(how & 4 > 0 || salvaged.problems.is_empty());
        // What is good strictly is the same leniently.
        if how & 4 == 0 {
            let lenient = decoder.lenient(true).salvage().expect("a good file");
            assert!(lenient.problems.is_empty(), "{:?}", lenient.problems);
            let pixels = |image: &bytelens::Image| image.view().to_bytes().expect("memory");
            assert!(pixels(&lenient.image) == pixels(&salvaged.image));
        }
    }
});
