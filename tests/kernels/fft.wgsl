// One stage of a radix-2 FFT that needs no bit reversal (Stockham's; see Govindaraju et al., "High
// Performance Discrete Fourier Transforms on Graphics Processors", 2008). log2(n) stages make it whole.

@group(0) @binding(0) var<storage, read> src: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> dst: array<vec2f>;
// 1, 2, 4, … n / 2.
@group(0) @binding(2) var<uniform> span: u32;

const PI = 3.14159265358979;

fn times(a: vec2f, b: vec2f) -> vec2f {
    return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

@compute @workgroup_size(64)
fn stage(@builtin(global_invocation_id) id: vec3u) {
    let half = arrayLength(&src) / 2u;
    let i = id.x;
    if i >= half { return; }
    let k = i & (span - 1u);
    let j = ((i - k) << 1u) + k;
    let angle = -PI * f32(k) / f32(span);
    let even = src[i];
    let odd = times(src[i + half], vec2f(cos(angle), sin(angle)));
    dst[j] = even + odd;
    dst[j + span] = even - odd;
}
