// Maps a range of numbers to another, with a power between.

struct LevelsParams {
    low: f32,
    scale: f32,
    least: f32,
    most: f32,
    exponent: f32,
    range: f32,
    base: f32,
}

fn levels(pixel: vec4<f32>, params: LevelsParams) -> vec4<f32> {
    var t = clamp((pixel.rgb - params.low) * params.scale, vec3(params.least), vec3(params.most));
    if params.exponent != 1.0 {
        let size = abs(t);
        // The power of zero is left to nobody's driver.
        let power = select(pow(size, vec3(params.exponent)), vec3(0.0), size == vec3(0.0));
        t = sign(t) * power;
    }
    return vec4(t * params.range + params.base, pixel.a);
}
