// Moves each pixel away from middle grey, or towards it.

struct ContrastParams {
    factor: f32,
    pivot: f32,
}

fn contrast(pixel: vec4<f32>, params: ContrastParams) -> vec4<f32> {
    return vec4((pixel.rgb - params.pivot) * params.factor + params.pivot, pixel.a);
}
