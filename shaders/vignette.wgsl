// Darkens the picture towards its corners.

struct VignetteParams {
    amount: f32,
    start: f32,
    scale: f32,
    width: i32,
}

fn vignette(at: vec2<i32>, params: VignetteParams) -> vec4<f32> {
    let across = bitcast<f32>(tables[u32(at.x)]);
    let down = bitcast<f32>(tables[u32(params.width + at.y)]);
    let t = clamp((sqrt(across + down) - params.start) * params.scale, 0.0, 1.0);
    let pixel = load(at);
    return vec4(pixel.rgb * (1.0 - params.amount * t * t * (3.0 - 2.0 * t)), pixel.a);
}
