// The least or greatest sample of a run along one axis: the twins of op/extremes.rs.

struct ExtremesParams {
    // How far the run reaches to both sides.
    radius: i32,
    // The length of the source along the axis.
    length: i32,
    // 1 for the greatest, -1 for the least.
    sign: f32,
}

fn extreme_rows(at: vec2<i32>, params: ExtremesParams) -> vec4<f32> {
    let first = max(at.y - params.radius, 0);
    let last = min(at.y + params.radius, params.length - 1);
    var most = load(vec2(at.x, first)) * params.sign;
    for (var y = first + 1; y <= last; y++) {
        most = max(most, load(vec2(at.x, y)) * params.sign);
    }
    return most * params.sign;
}

fn extreme_columns(at: vec2<i32>, params: ExtremesParams) -> vec4<f32> {
    let first = max(at.x - params.radius, 0);
    let last = min(at.x + params.radius, params.length - 1);
    var most = load(vec2(first, at.y)) * params.sign;
    for (var x = first + 1; x <= last; x++) {
        most = max(most, load(vec2(x, at.y)) * params.sign);
    }
    return most * params.sign;
}
