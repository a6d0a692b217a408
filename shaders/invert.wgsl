// Turns the picture into its negative.

struct InvertParams {
    white: f32,
}

fn invert(pixel: vec4<f32>, params: InvertParams) -> vec4<f32> {
    return vec4(params.white - pixel.rgb, pixel.a);
}
