// A factor and an offset for each colour channel: a twin of op/affine.rs.

struct ScaleParams {
    factors: vec4<f32>,
    offsets: vec4<f32>,
}

fn scale(pixel: vec4<f32>, params: ScaleParams) -> vec4<f32> {
    return vec4(pixel.rgb * params.factors.rgb + params.offsets.rgb, pixel.a);
}
