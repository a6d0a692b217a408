// Multiplies the light of each pixel.

struct BrightnessParams {
    factor: f32,
}

fn brightness(pixel: vec4<f32>, params: BrightnessParams) -> vec4<f32> {
    return vec4(pixel.rgb * params.factor, pixel.a);
}
