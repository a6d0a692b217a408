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

// Finds the middle value of a large square three bits at a time, from the highest on: numbers are compared as
// whole numbers of the same order.
fn median_large(at: vec2<i32>, params: MedianParams) -> vec4<f32> {
    let side = 2 * params.radius + 1;
    let middle = vec4<u32>(u32(side * side / 2));
    // The bits found so far, and how many samples lie before all that begin with them.
    var found = vec4(0u);
    var before = vec4(0u);
    for (var shift = 30; shift >= 0; shift -= 3) {
        let by = vec4<u32>(u32(shift));
        var counts = array<vec4<u32>, 7>();
        for (var y = -params.radius; y <= params.radius; y++) {
            for (var x = -params.radius; x <= params.radius; x++) {
                let sample = window_load(at, vec2(x, y), vec2(params.radius), params.height);
                let key = median_key(sample);
                let digit = select(vec4(8u), (key - found) >> by, key >= found);
                counts[0] += select(vec4(0u), vec4(1u), digit < vec4(1u));
                counts[1] += select(vec4(0u), vec4(1u), digit < vec4(2u));
                counts[2] += select(vec4(0u), vec4(1u), digit < vec4(3u));
                counts[3] += select(vec4(0u), vec4(1u), digit < vec4(4u));
                counts[4] += select(vec4(0u), vec4(1u), digit < vec4(5u));
                counts[5] += select(vec4(0u), vec4(1u), digit < vec4(6u));
                counts[6] += select(vec4(0u), vec4(1u), digit < vec4(7u));
            }
        }
        var digit = vec4(0u);
        var passed = vec4(0u);
        for (var k = 0u; k < 7u; k++) {
            let below = before + counts[k] <= middle;
            digit = select(digit, vec4(k + 1u), below);
            passed = select(passed, counts[k], below);
        }
        found += digit << by;
        before += passed;
    }
    let negative = found < vec4(0x80000000u);
    return bitcast<vec4<f32>>(select(found & vec4(0x7fffffffu), ~found, negative));
}

fn median_key(sample: vec4<f32>) -> vec4<u32> {
    let bits = bitcast<vec4<u32>>(sample);
    return select(bits | vec4(0x80000000u), ~bits, bits >= vec4(0x80000000u));
}
