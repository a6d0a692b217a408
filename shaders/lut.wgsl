// Looks colours up in a cube: the corners of the tetrahedron that a colour lies in are mixed.

struct LutParams {
    low: vec4<f32>,
    scale: vec4<f32>,
    side: u32,
    amount: f32,
}

fn lut(at: vec2<i32>, params: LutParams) -> vec4<f32> {
    let pixel = load(at);
    let last = f32(params.side - 1u);
    let place = clamp((pixel.rgb - params.low.rgb) * params.scale.rgb, vec3(0.0), vec3(last));
    let before = min(floor(place), vec3(last - 1.0));
    let part = place - before;
    let steps = vec3(1u, params.side, params.side * params.side);
    let first = dot(vec3<u32>(before), steps);
    // From the corner nearest to black along the longest way first, then the next.
    let high = max(max(part.r, part.g), part.b);
    let low = min(min(part.r, part.g), part.b);
    let middle = part.r + part.g + part.b - high - low;
    var second = steps.b;
    if part.r > part.g && part.r > part.b {
        second = steps.r;
    } else if part.g > part.b {
        second = steps.g;
    }
    // All but the shortest way.
    var third = steps.r + steps.g;
    if part.r <= part.g && part.r <= part.b {
        third = steps.g + steps.b;
    } else if part.g <= part.b {
        third = steps.r + steps.b;
    }
    let color = lut_point(first) * (1.0 - high)
        + lut_point(first + second) * (high - middle)
        + lut_point(first + third) * (middle - low)
        + lut_point(first + steps.r + steps.g + steps.b) * low;
    return vec4(pixel.rgb + (color - pixel.rgb) * params.amount, pixel.a);
}

fn lut_point(number: u32) -> vec3<f32> {
    let at = number * 3u;
    return vec3(
        bitcast<f32>(tables[at]),
        bitcast<f32>(tables[at + 1u]),
        bitcast<f32>(tables[at + 2u]),
    );
}
