// Sharpens with an unsharp mask.

struct SharpenParams {
    width: i32,
    height: i32,
    amount: f32,
    threshold: f32,
    alpha: f32,
    least_alpha: f32,
}

// The picture on the left, the picture blurred up and down on the right.
fn sharpen_rows(at: vec2<i32>, params: SharpenParams) -> vec4<f32> {
    if at.x < params.width {
        return load(at);
    }
    let own = vec2(at.x - params.width, at.y);
    return weighted_rows(own, SeparableParams(vec4(0.0), params.height));
}

// Blurs the right half to the sides and joins it with the left.
fn sharpen_columns(at: vec2<i32>, params: SharpenParams) -> vec4<f32> {
    let entry = u32(at.x) * 4u;
    let first = bitcast<i32>(tables[entry]);
    let count = i32(tables[entry + 1u]);
    let weights = tables[entry + 2u];
    var blurred = vec4(0.0);
    for (var k = 0; k < count; k++) {
        let x = params.width + separable_wrap(first + k, params.width);
        blurred += bitcast<f32>(tables[weights + u32(k)]) * load(vec2(x, at.y));
    }
    let own = load(at);
    // Colour is compared, not colour times alpha. Without alpha a constant edge is black, not less.
    let divide = params.alpha > 0.0;
    let own_alpha = select(1.0, own.a, divide);
    let blurred_alpha = select(1.0, blurred.a, divide);
    let least = params.least_alpha;
    let difference = own.rgb / max(own_alpha, least) - blurred.rgb / max(blurred_alpha, least);
    let size = max(abs(difference) - params.threshold, vec3(0.0));
    return vec4(own.rgb + params.amount * own_alpha * sign(difference) * size, own.a);
}
