// Weighted sums along one axis: the twins of op/separable.rs.
//
// `tables` holds four words for each output index: the first source index (signed, counted modulo
// `length`), the number of weights, where they start in `tables`, and what they leave to one.

struct SeparableParams {
    // What stands where weights are missing.
    background: vec4<f32>,
    // The length of the source along the axis.
    length: i32,
}

fn weighted_rows(at: vec2<i32>, params: SeparableParams) -> vec4<f32> {
    let entry = u32(at.y) * 4u;
    let first = bitcast<i32>(tables[entry]);
    let count = i32(tables[entry + 1u]);
    let weights = tables[entry + 2u];
    var sum = params.background * bitcast<f32>(tables[entry + 3u]);
    for (var k = 0; k < count; k++) {
        let y = separable_wrap(first + k, params.length);
        sum += bitcast<f32>(tables[weights + u32(k)]) * load(vec2(at.x, y));
    }
    return sum;
}

fn weighted_columns(at: vec2<i32>, params: SeparableParams) -> vec4<f32> {
    let entry = u32(at.x) * 4u;
    let first = bitcast<i32>(tables[entry]);
    let count = i32(tables[entry + 1u]);
    let weights = tables[entry + 2u];
    var sum = params.background * bitcast<f32>(tables[entry + 3u]);
    for (var k = 0; k < count; k++) {
        let x = separable_wrap(first + k, params.length);
        sum += bitcast<f32>(tables[weights + u32(k)]) * load(vec2(x, at.y));
    }
    return sum;
}

// The remainder of `%` has the sign of the dividend.
fn separable_wrap(at: i32, length: i32) -> i32 {
    let rest = at % length;
    return select(rest, rest + length, rest < 0);
}
