// A matrix and an offset on colour: a twin of op/affine.rs.

struct AffineParams {
    red: vec4<f32>,
    green: vec4<f32>,
    blue: vec4<f32>,
}

fn affine(pixel: vec4<f32>, params: AffineParams) -> vec4<f32> {
    let color = vec3(
        dot(pixel.rgb, params.red.rgb),
        dot(pixel.rgb, params.green.rgb),
        dot(pixel.rgb, params.blue.rgb),
    );
    return vec4(color + vec3(params.red.a, params.green.a, params.blue.a), pixel.a);
}
