// Four samples of u16 are two words. Rounds half to even.

@group(0) @binding(1) var<storage, read_write> dst: array<vec2<u32>>;

const PACK_BYTES = 8;

fn pack(samples: vec4<f32>) -> vec2<u32> {
    let whole = vec4<u32>(round(saturate(samples) * 65535.0));
    return whole.xz | (whole.yw << vec2(16u));
}
