// From stored numbers to the numbers an op computes in, and back: the twins of op/space.rs.

struct SpaceParams {
    // Alpha below this is taken for none: it would be stored as 0.
    least_alpha: f32,
}

// The curve of IEC 61966-2-1, mirrored for negative numbers.
fn srgb_decode(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    let size = abs(pixel.rgb);
    let low = size / 12.92;
    let high = pow((size + 0.055) / 1.055, vec3(2.4));
    return vec4(sign(pixel.rgb) * select(high, low, size <= vec3(0.04045)), pixel.a);
}

fn srgb_encode(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    let size = abs(pixel.rgb);
    let low = size * 12.92;
    let high = 1.055 * pow(size, vec3(1.0 / 2.4)) - 0.055;
    return vec4(sign(pixel.rgb) * select(high, low, size <= vec3(0.0031308)), pixel.a);
}

fn premultiply(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    return vec4(pixel.rgb * pixel.a, pixel.a);
}

fn unpremultiply(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    // Divided by alpha as it is: a filter that overshoots does so in colour and alpha alike. Where
    // alpha is none the divisor is 1, so that no infinity is ever made.
    let some = pixel.a >= params.least_alpha;
    let scale = select(0.0, 1.0 / select(1.0, pixel.a, some), some);
    return vec4(pixel.rgb * scale, clamp(pixel.a, 0.0, 1.0));
}

fn swap_red_blue(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    return pixel.bgra;
}

fn opaque(pixel: vec4<f32>, params: SpaceParams) -> vec4<f32> {
    return vec4(pixel.rgb, 1.0);
}
