// Replaces each channel by the middle value of a square.

struct MedianParams {
    radius: i32,
    height: i32,
}

// Goes up from the least value, one value a round, until half the samples and one are behind. The CPU sorts
// a part of them instead; arrays that shaders index by a variable are slow, and the answer is the same.
fn median(at: vec2<i32>, params: MedianParams) -> vec4<f32> {
    let side = 2 * params.radius + 1;
    let middle = vec4<f32>(f32(side * side / 2 + 1));
    var value = vec4(-3.4e38);
    var behind = vec4(0.0);
    for (var round = 0; round <= side * side / 2; round++) {
        var next = vec4(3.4e38);
        var equal = vec4(0.0);
        for (var y = -params.radius; y <= params.radius; y++) {
            for (var x = -params.radius; x <= params.radius; x++) {
                let sample = window_load(at, vec2(x, y), vec2(params.radius), params.height);
                let beyond = sample > value;
                equal = select(equal, equal + 1.0, sample == next);
                equal = select(equal, vec4(1.0), beyond & (sample < next));
                next = select(next, sample, beyond & (sample < next));
            }
        }
        let short = behind < middle;
        value = select(value, next, short);
        behind = select(behind, behind + equal, short);
    }
    return value;
}
