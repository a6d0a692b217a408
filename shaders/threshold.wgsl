// Turns each channel black below a level, and white from it on.

struct ThresholdParams {
    least: f32,
}

fn threshold(pixel: vec4<f32>, params: ThresholdParams) -> vec4<f32> {
    return vec4(select(vec3(0.0), vec3(1.0), pixel.rgb >= vec3(params.least)), pixel.a);
}
