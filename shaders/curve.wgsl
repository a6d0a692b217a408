// Bends the tones along a smooth curve through points.

struct CurveParams {
    cubics: array<vec4<f32>, 8>,
    starts: array<vec4<f32>, 2>,
    first: f32,
    last: f32,
    slope_before: f32,
    slope_after: f32,
}

fn curve(pixel: vec4<f32>, params: CurveParams) -> vec4<f32> {
    let color = vec3(
        curve_at(pixel.r, params),
        curve_at(pixel.g, params),
        curve_at(pixel.b, params),
    );
    return vec4(color, pixel.a);
}

fn curve_at(v: f32, params: CurveParams) -> f32 {
    let inside = clamp(v, params.first, params.last);
    var cubics = params.cubics;
    var starts = params.starts;
    var cubic = cubics[0];
    var start = params.first;
    for (var k = 1u; k < 8u; k++) {
        let next = starts[k / 4u][k % 4u];
        if inside >= next {
            cubic = cubics[k];
            start = next;
        }
    }
    let t = inside - start;
    let y = ((cubic.w * t + cubic.z) * t + cubic.y) * t + cubic.x;
    let before = min(v - params.first, 0.0) * params.slope_before;
    return y + before + max(v - params.last, 0.0) * params.slope_after;
}
