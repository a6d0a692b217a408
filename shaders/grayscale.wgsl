// Turns colour into grey of the same luminance.

struct GrayscaleParams {
    weights: vec4<f32>,
}

fn grayscale(pixel: vec4<f32>, params: GrayscaleParams) -> vec4<f32> {
    return vec4(vec3(dot(pixel.rgb, params.weights.rgb)), pixel.a);
}
