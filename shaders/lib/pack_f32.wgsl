// Four samples of f32 are four words, as they are.

@group(0) @binding(1) var<storage, read_write> dst: array<vec4<f32>>;

const PACK_BYTES = 16;

fn pack(samples: vec4<f32>) -> vec4<f32> {
    return samples;
}
