// Asks a device to calculate: see device/gpu/probe.rs for the right answers.
//
// `src` holds how often to loop, two integers and two floats by their bits. They come from memory so
// that no compiler can know the answers beforehand.

@group(0) @binding(0) var<storage, read> src: array<u32>;
@group(0) @binding(1) var<storage, read_write> dst: array<u32>;

// Zero at the start of every workgroup, says the standard.
var<workgroup> shared_words: array<u32, 1024>;

@compute @workgroup_size(1)
fn main() {
    // Before anything is written there; then something is, for the workgroup after this.
    var left = 0u;
    for (var i = 0u; i < 1024u; i++) {
        left |= shared_words[i];
        shared_words[i] = src[1];
    }
    // Some drivers end a loop silently after 65,535 rounds.
    var state = src[1];
    for (var i = 0u; i < src[0]; i++) {
        state = state * 1664525u + 1013904223u;
    }
    let a = bitcast<f32>(src[3]);
    let b = bitcast<f32>(src[4]);
    // Workgroups write the same, but for what one of them found.
    if left != 0u {
        dst[7] = left;
    }
    dst[0] = state;
    dst[1] = bitcast<u32>(bitcast<i32>(src[1]) / bitcast<i32>(src[2]));
    dst[2] = bitcast<u32>(bitcast<i32>(src[1]) >> 3u);
    dst[3] = bitcast<u32>(a * b + 1.0);
    dst[4] = bitcast<u32>(round(a));
    dst[5] = pack2x16float(vec2(a, b));
    dst[6] = pack4xU8(vec4(1u, 2u, 3u, 4u) + vec4(src[0] - src[0]));
}
