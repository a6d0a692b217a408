// Four samples of f16 are two words. What f16 cannot hold becomes its largest number.

@group(0) @binding(1) var<storage, read_write> dst: array<vec2<u32>>;

const PACK_BYTES = 8;

fn pack(samples: vec4<f32>) -> vec2<u32> {
    let finite = clamp(samples, vec4(-65504.0), vec4(65504.0));
    return vec2(pack2x16float(finite.xy), pack2x16float(finite.zw));
}
