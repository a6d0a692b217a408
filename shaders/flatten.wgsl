// Lays the picture on a colour, and drops alpha.

struct FlattenParams {
    background: vec4<f32>,
}

fn flatten(pixel: vec4<f32>, params: FlattenParams) -> vec4<f32> {
    return vec4(pixel.rgb + params.background.rgb * (1.0 - pixel.a), 1.0);
}
