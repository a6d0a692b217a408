// Pictures seen through a map: the twin of op/warp.rs.
//
// `tables` holds five words for each column of the output, then for each row: what it gives to the
// numerators of x and y, as whole number and fraction, and to the denominator; then the filter.

struct WarpParams {
    // What stands beyond a constant edge.
    background: vec4<f32>,
    // The slopes of both numerators.
    slopes: vec4<f32>,
    // The slopes of the denominator.
    horizon_x: f32,
    horizon_y: f32,
    // How far the filter reaches, and the most by which it is widened.
    reach: f32,
    widest: f32,
    // The size of the source.
    width: i32,
    height: i32,
    // Where rows and the weights of the filter begin, and the number of the last weight.
    rows: i32,
    weights: i32,
    last: i32,
    edge: i32,
}

// A place on one axis of the source: the sample before it, how far beyond that it is, and by how much
// the filter is widened.
struct WarpPlace {
    whole: i32,
    part: f32,
    widened: f32,
}

fn warp(at: vec2<i32>, params: WarpParams) -> vec4<f32> {
    let column = u32(at.x) * 5u;
    let row = u32(params.rows) + u32(at.y) * 5u;
    let added = bitcast<f32>(tables[column + 4u]) + bitcast<f32>(tables[row + 4u]);
    let x = warp_place(column, row, added, params.slopes.xy, params);
    let y = warp_place(column + 2u, row + 2u, added, params.slopes.zw, params);
    // Behind the horizon, and so near to it that all is far away, there is nothing.
    if 1.0 + added < 1e-3 || max(abs(x.whole), abs(y.whole)) > 4000000 {
        return params.background;
    }
    let reach = vec2(x.widened, y.widened) * params.reach;
    var first = vec2<i32>(ceil(vec2(x.part, y.part) - reach));
    var last = vec2<i32>(floor(vec2(x.part, y.part) + reach));
    if params.reach == 0.0 {
        first = vec2(0);
        last = vec2(0);
    }
    var sum = vec4(0.0);
    var total = 0.0;
    for (var j = first.y; j <= last.y; j++) {
        let source_y = warp_edge(y.whole + j, params.height, params.edge);
        let weight_y = warp_weight((f32(j) - y.part) * (1.0 / y.widened), params);
        for (var i = first.x; i <= last.x; i++) {
            let source_x = warp_edge(x.whole + i, params.width, params.edge);
            let weight = weight_y * warp_weight((f32(i) - x.part) * (1.0 / x.widened), params);
            var pixel = params.background;
            if source_x >= 0 && source_y >= 0 {
                pixel = load(vec2(source_x, source_y));
            }
            sum += weight * pixel;
            total += weight;
        }
    }
    return sum / total;
}

// The quotient, digit for digit: a first guess in whole numbers, and what is left of the numerator.
fn warp_place(column: u32, row: u32, added: f32, slopes: vec2<f32>, params: WarpParams) -> WarpPlace {
    let whole = bitcast<i32>(tables[column]) + bitcast<i32>(tables[row]);
    let part = bitcast<f32>(tables[column + 1u]) + bitcast<f32>(tables[row + 1u]);
    let denominator = max(1.0 + added, 1e-3);
    let guess = floor(clamp((f32(whole) + part) / denominator, -8e6, 8e6));
    let rest = (f32(whole - i32(guess)) + (part - guess * added)) / denominator;
    let more = floor(rest);
    let position = guess + rest;
    let across = (slopes.x - position * params.horizon_x) / denominator;
    let down = (slopes.y - position * params.horizon_y) / denominator;
    let widened = clamp(sqrt(across * across + down * down), 1.0, params.widest);
    return WarpPlace(i32(guess) + i32(more), rest - more, widened);
}

fn warp_weight(distance: f32, params: WarpParams) -> f32 {
    let at = abs(distance) * 1024.0;
    let before = min(i32(at), params.last - 1);
    let weight = bitcast<f32>(tables[u32(params.weights + before)]);
    let next = bitcast<f32>(tables[u32(params.weights + before + 1)]);
    return weight + (next - weight) * min(at - f32(before), 1.0);
}

// The source sample that stands at an index, or -1 where the constant does: Edge::resolve.
fn warp_edge(at: i32, length: i32, edge: i32) -> i32 {
    if at >= 0 && at < length {
        return at;
    }
    switch edge {
        case 0: {
            let rest = warp_modulo(at, 2 * length);
            return min(rest, 2 * length - 1 - rest);
        }
        case 1: {
            let period = max(2 * length - 2, 1);
            let rest = warp_modulo(at, period);
            return min(rest, 2 * length - 2 - rest);
        }
        case 2: {
            return clamp(at, 0, length - 1);
        }
        case 3: {
            return warp_modulo(at, length);
        }
        default: {
            return -1;
        }
    }
}

// The remainder of `%` has the sign of the dividend.
fn warp_modulo(at: i32, length: i32) -> i32 {
    let rest = at % length;
    return select(rest, rest + length, rest < 0);
}
