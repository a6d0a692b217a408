// Changes the exposure by stops.

struct ExposureParams {
    gain: f32,
}

fn exposure(pixel: vec4<f32>, params: ExposureParams) -> vec4<f32> {
    return vec4(pixel.rgb * params.gain, pixel.a);
}
