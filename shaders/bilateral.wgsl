// Smooths and keeps edges: a mean of those neighbours that have a like colour.

struct BilateralParams {
    channels: vec4<f32>,
    scale: f32,
    radius: i32,
    height: i32,
    weights: i32,
}

fn bilateral(at: vec2<i32>, params: BilateralParams) -> vec4<f32> {
    let own = load(at);
    var near = u32(params.weights);
    var sum = vec4(0.0);
    var total = 0.0;
    for (var y = -params.radius; y <= params.radius; y++) {
        for (var x = -params.radius; x <= params.radius; x++) {
            let pixel = window_load(at, vec2(x, y), vec2(params.radius), params.height);
            let difference = (pixel - own) * params.channels;
            // Beyond 80 nothing is left, and drivers need not say what comes of the exponential.
            let apart = min(dot(difference, difference) * params.scale, 80.0);
            let weight = bitcast<f32>(tables[near]) * exp(-apart);
            sum += weight * pixel;
            total += weight;
            near++;
        }
    }
    return sum / total;
}
