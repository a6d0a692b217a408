// Moves pale colours away from grey, and strong ones less.

struct VibranceParams {
    weights: vec4<f32>,
    amount: f32,
    least: f32,
}

fn vibrance(pixel: vec4<f32>, params: VibranceParams) -> vec4<f32> {
    let luminance = dot(pixel.rgb, params.weights.rgb);
    let most = max(max(pixel.r, pixel.g), pixel.b);
    let fewest = min(min(pixel.r, pixel.g), pixel.b);
    let saturation = min((most - fewest) / max(most, params.least), 1.0);
    let factor = 1.0 + params.amount * (1.0 - saturation);
    return vec4(luminance + (pixel.rgb - luminance) * factor, pixel.a);
}
