// A copy to memory of its own, in C order from its first byte: four words for each invocation.

@group(0) @binding(1) var<storage, read_write> dst: array<vec4<u32>>;

fn store(item: u32) {
    let at = i32(item) * 16;
    let first = place(at);
    if first.inside && first.left >= 4 * PER_WORD {
        let step = copy.step * PER_WORD;
        dst[item] = vec4(
            following(first.src),
            following(first.src + step),
            following(first.src + 2 * step),
            following(first.src + 3 * step),
        );
    } else {
        dst[item] = vec4(word(at, 0u), word(at + 4, 0u), word(at + 8, 0u), word(at + 12, 0u));
    }
}
