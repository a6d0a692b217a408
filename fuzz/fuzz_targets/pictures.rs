//! Files of every format: any bytes are refused or decoded, and what a head says is what comes of it.
#![no_main]

use bytelens::codec::{self, EncodeOptions, Format};
use bytelens::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 18;
    let header = codec::probe(file, &limits);
    let notes = codec::notes(file, &limits);
    let Ok(image) = codec::decode(file, &limits) else { return };
    let header = header.expect("what is decoded has a head");
    assert_eq!((image.width(), image.height()), (header.width, header.height));
    assert_eq!(*image.view().dtype(), header.dtype());
    // Whatever was read can be written, with what was said beside it, or is refused in words.
    let notes = notes.expect("what is decoded has notes, or none");
    for format in Format::ALL.iter().filter(|format| format.can_be_written()) {
        if let Ok(written) = codec::encode_with(&image, &EncodeOptions::new(*format), &notes) {
            assert!(codec::decode(&written, &Limits::default()).is_ok(), "{format}");
        }
    }
});
