// A source whose samples may start at any byte.

@group(0) @binding(0) var<storage, read> src: array<u32>;

// Four bytes. They reach over a word's end where they do not start with it.
fn src_word(address: i32) -> u32 {
    let shift = u32(address & 3) * 8u;
    let low = src[address >> 2u];
    let high = src[(address >> 2u) + 1];
    // In two steps, for a shift by 32 bits is no shift.
    return (low >> shift) | ((high << (31u - shift)) << 1u);
}

// One sample in the lower bits, with others above it.
fn src_part(address: i32) -> u32 {
    return src_word(address);
}
