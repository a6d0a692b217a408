// Replaces each channel by the middle value of a square.

struct MedianParams {
    radius: i32,
    height: i32,
}

// After so many samples of the largest square the least and the greatest cannot be the median.
var<private> median_kept: array<vec4<f32>, 26>;

// Finds the median by forgetting: of the samples at hand the least and the greatest are put aside, the
// next one is taken in.
fn median(at: vec2<i32>, params: MedianParams) -> vec4<f32> {
    let side = 2 * params.radius + 1;
    let all = side * side;
    var count = all / 2 + 2;
    for (var k = 0; k < count; k++) {
        median_kept[k] = median_sample(at, k, side, params);
    }
    for (var next = count; next < all; next++) {
        median_part(count);
        median_kept[0] = median_sample(at, next, side, params);
        count--;
    }
    median_part(count);
    return median_kept[1];
}

// Brings the least sample to the front and the greatest to the back.
fn median_part(count: i32) {
    for (var k = 0; k < count / 2; k++) {
        median_order(k, count - 1 - k);
    }
    for (var k = 1; k < (count + 1) / 2; k++) {
        median_order(0, k);
    }
    for (var k = count / 2; k < count - 1; k++) {
        median_order(k, count - 1);
    }
}

fn median_order(low: i32, high: i32) {
    let a = median_kept[low];
    let b = median_kept[high];
    median_kept[low] = min(a, b);
    median_kept[high] = max(a, b);
}

fn median_sample(at: vec2<i32>, k: i32, side: i32, params: MedianParams) -> vec4<f32> {
    let step = vec2(k % side, k / side) - params.radius;
    return window_load(at, step, vec2(params.radius), params.height);
}
