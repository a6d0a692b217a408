// A source whose pixels and samples are only asked for at multiples of 4 bytes.

@group(0) @binding(0) var<storage, read> src: array<u32>;

// Four bytes.
fn src_word(address: i32) -> u32 {
    return src[address >> 2u];
}

// One sample in the lower bits, with others above it.
fn src_part(address: i32) -> u32 {
    return src[address >> 2u];
}
