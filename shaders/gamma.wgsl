// Lightens or darkens the middle tones, leaving black and white.

struct GammaParams {
    exponent: f32,
}

fn gamma(pixel: vec4<f32>, params: GammaParams) -> vec4<f32> {
    let size = abs(pixel.rgb);
    // The power of zero is left to nobody's driver.
    let power = select(pow(size, vec3(params.exponent)), vec3(0.0), size == vec3(0.0));
    return vec4(sign(pixel.rgb) * power, pixel.a);
}
