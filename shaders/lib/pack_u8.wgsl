// Four samples of u8 are a word. Rounds half to even.

@group(0) @binding(1) var<storage, read_write> dst: array<u32>;

const PACK_BYTES = 4;

fn pack(samples: vec4<f32>) -> u32 {
    return pack4xU8(vec4<u32>(round(saturate(samples) * 255.0)));
}
