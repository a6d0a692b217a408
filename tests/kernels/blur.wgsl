// A separable blur of RGBA bytes, a pixel in a word: rows with one entry point, columns with the other.

override radius: i32 = 2;

@group(0) @binding(0) var<storage, read> src: array<u32>;
@group(0) @binding(1) var<storage, read_write> dst: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<uniform> size: vec2i;

fn pixel(at: vec2i) -> vec4f {
    let inside = clamp(at, vec2i(0), size - 1);
    return unpack4x8unorm(src[inside.y * size.x + inside.x]);
}

fn blur(at: vec2i, along: vec2i) {
    if any(at >= size) { return; }
    var sum = vec4f();
    for (var k = -radius; k <= radius; k++) {
        sum += weights[abs(k)] * pixel(at + k * along);
    }
    dst[at.y * size.x + at.x] = pack4x8unorm(sum);
}

@compute @workgroup_size(8, 8) fn rows(@builtin(global_invocation_id) id: vec3u) {
    blur(vec2i(id.xy), vec2i(1, 0));
}

@compute @workgroup_size(8, 8) fn columns(@builtin(global_invocation_id) id: vec3u) {
    blur(vec2i(id.xy), vec2i(0, 1));
}
