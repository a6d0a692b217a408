// Reduces each channel to so many levels.

struct PosterizeParams {
    steps: f32,
}

fn posterize(pixel: vec4<f32>, params: PosterizeParams) -> vec4<f32> {
    return vec4(round(pixel.rgb * params.steps) / params.steps, pixel.a);
}
