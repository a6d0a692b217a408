// Multiplies alpha.

struct OpacityParams {
    factor: f32,
}

fn opacity(pixel: vec4<f32>, params: OpacityParams) -> vec4<f32> {
    return vec4(pixel.rgb, pixel.a * params.factor);
}
