// Replaces each pixel by a weighted sum of those around it.

struct ConvolveParams {
    across: i32,
    down: i32,
    height: i32,
    weights: i32,
}

fn convolve(at: vec2<i32>, params: ConvolveParams) -> vec4<f32> {
    let radius = vec2(params.across, params.down);
    var weight = u32(params.weights);
    var sum = vec4(0.0);
    for (var y = -radius.y; y <= radius.y; y++) {
        for (var x = -radius.x; x <= radius.x; x++) {
            sum += bitcast<f32>(tables[weight]) * window_load(at, vec2(x, y), radius, params.height);
            weight++;
        }
    }
    return sum;
}
