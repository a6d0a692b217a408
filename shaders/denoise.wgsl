// Takes away noise: a mean of those pixels around whose surroundings look alike.

struct DenoiseParams {
    channels: vec4<f32>,
    scale: f32,
    search: i32,
    patch_reach: i32,
    height: i32,
}

fn denoise(at: vec2<i32>, params: DenoiseParams) -> vec4<f32> {
    let reach = vec2(params.search + params.patch_reach);
    var sum = vec4(0.0);
    var total = 0.0;
    for (var down = -params.search; down <= params.search; down++) {
        for (var across = -params.search; across <= params.search; across++) {
            let step = vec2(across, down);
            var apart = 0.0;
            for (var y = -params.patch_reach; y <= params.patch_reach; y++) {
                for (var x = -params.patch_reach; x <= params.patch_reach; x++) {
                    let own = window_load(at, vec2(x, y), reach, params.height);
                    let other = window_load(at, vec2(x, y) + step, reach, params.height);
                    let difference = (other - own) * params.channels;
                    apart += dot(difference, difference);
                }
            }
            // Beyond 80 nothing is left, and drivers need not say what comes of the exponential.
            let weight = exp(-min(apart * params.scale, 80.0));
            sum += weight * window_load(at, step, reach, params.height);
            total += weight;
        }
    }
    return sum / total;
}
