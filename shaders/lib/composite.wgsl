// A layer over a picture: the twins of op/composite.rs.
//
// `tables` holds the pixels of the layer, row by row: red, green, blue and alpha of 8 bits in a word
// (form 0); the same behind the values of the 256 codes of a colour (form 1); four floats (form 2);
// coverage of 8 bits, four a word (form 3); coverage as a float (form 4).

struct CompositeParams {
    // The shares of the layer, x + y * its picture's alpha, and of the picture, z + w * the layer's.
    factors: vec4<f32>,
    // The colour of a layer that is coverage alone.
    color: vec4<f32>,
    // Where the layer starts, and its size.
    left: i32,
    top: i32,
    width: i32,
    height: i32,
    // How far it is to the next copy; 0 where it stands once.
    step_x: i32,
    step_y: i32,
    form: u32,
    opacity: f32,
    // Whether a pixel stays what it is where the layer has nothing.
    keeps: u32,
}

// The layer's pixel on a place of the picture.
fn composite_layer(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    var x = at.x - params.left;
    var y = at.y - params.top;
    if params.step_x > 0 {
        x = x % params.step_x;
        y = y % params.step_y;
    }
    if x < 0 || y < 0 || x >= params.width || y >= params.height {
        return vec4(0.0);
    }
    let number = u32(y) * u32(params.width) + u32(x);
    var pixel = params.color;
    switch params.form {
        case 0u: {
            pixel = vec4<f32>(unpack4xU8(tables[number])) * (1.0 / 255.0);
        }
        case 1u: {
            let codes = unpack4xU8(tables[256u + number]);
            let color = vec3(tables[codes.r], tables[codes.g], tables[codes.b]);
            pixel = vec4(bitcast<vec3<f32>>(color), f32(codes.a) / 255.0);
        }
        case 2u: {
            let first = 4u * number;
            pixel = bitcast<vec4<f32>>(vec4(
                tables[first],
                tables[first + 1u],
                tables[first + 2u],
                tables[first + 3u],
            ));
        }
        case 3u: {
            let code = (tables[number >> 2u] >> ((number & 3u) * 8u)) & 255u;
            pixel.a *= f32(code) / 255.0;
        }
        default: {
            pixel.a *= bitcast<f32>(tables[number]);
        }
    }
    return vec4(pixel.rgb, pixel.a * params.opacity);
}

// Both in their shares, `blended` in that of the layer.
fn composite_mix(
    base: vec4<f32>,
    layer: vec4<f32>,
    blended: vec3<f32>,
    params: CompositeParams,
) -> vec4<f32> {
    let share = layer.a * (params.factors.x + params.factors.y * base.a);
    let rest = base.a * (params.factors.z + params.factors.w * layer.a);
    let alpha = min(share + rest, 1.0);
    // The divisor is 1 where alpha is none, so that no infinity is ever made.
    let some = alpha >= 1e-6;
    let scale = select(0.0, 1.0 / select(1.0, alpha, some), some);
    let mixed = vec4((share * blended + rest * base.rgb) * scale, alpha);
    return select(mixed, base, params.keeps != 0u && layer.a == 0.0);
}

fn composite(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let layer = composite_layer(at, params);
    return composite_mix(load(at), layer, layer.rgb, params);
}

// A colour blended as much as the picture covers.
fn composite_blend(
    base: vec4<f32>,
    layer: vec4<f32>,
    blended: vec3<f32>,
    params: CompositeParams,
) -> vec4<f32> {
    return composite_mix(base, layer, layer.rgb + base.a * (blended - layer.rgb), params);
}

fn blend_multiply(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, base.rgb * layer.rgb, params);
}

fn composite_screen(base: vec3<f32>, layer: vec3<f32>) -> vec3<f32> {
    return base + layer - base * layer;
}

fn blend_screen(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, composite_screen(base.rgb, layer.rgb), params);
}

fn composite_hard_light(base: vec3<f32>, layer: vec3<f32>) -> vec3<f32> {
    let twice = 2.0 * layer;
    return select(composite_screen(base, twice - 1.0), base * twice, layer <= vec3(0.5));
}

fn blend_hard_light(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, composite_hard_light(base.rgb, layer.rgb), params);
}

fn blend_overlay(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, composite_hard_light(layer.rgb, base.rgb), params);
}

fn blend_darken(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, min(base.rgb, layer.rgb), params);
}

fn blend_lighten(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, max(base.rgb, layer.rgb), params);
}

fn blend_color_dodge(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let left = 1.0 - layer.rgb;
    let some = left > vec3(0.0);
    let lit = select(vec3(1.0), min(base.rgb / select(vec3(1.0), left, some), vec3(1.0)), some);
    return composite_blend(base, layer, select(vec3(0.0), lit, base.rgb > vec3(0.0)), params);
}

fn blend_color_burn(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let some = layer.rgb > vec3(0.0);
    let lack = min((1.0 - base.rgb) / select(vec3(1.0), layer.rgb, some), vec3(1.0));
    let burnt = select(vec3(0.0), 1.0 - lack, some);
    return composite_blend(base, layer, select(vec3(1.0), burnt, base.rgb < vec3(1.0)), params);
}

fn blend_soft_light(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let b = base.rgb;
    let low = ((16.0 * b - 12.0) * b + 4.0) * b;
    let lit = select(sqrt(max(b, vec3(0.0))), low, b <= vec3(0.25));
    let by = 2.0 * layer.rgb - 1.0;
    let blended = b + by * select(lit - b, b * (1.0 - b), layer.rgb <= vec3(0.5));
    return composite_blend(base, layer, blended, params);
}

fn blend_difference(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    return composite_blend(base, layer, abs(base.rgb - layer.rgb), params);
}

fn blend_exclusion(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let blended = base.rgb + layer.rgb - 2.0 * base.rgb * layer.rgb;
    return composite_blend(base, layer, blended, params);
}

fn composite_luminosity(color: vec3<f32>) -> f32 {
    return 0.3 * color.r + 0.59 * color.g + 0.11 * color.b;
}

fn composite_saturation(color: vec3<f32>) -> f32 {
    return max(max(color.r, color.g), color.b) - min(min(color.r, color.g), color.b);
}

// SetLum and ClipColor. What is grey to rounding has nothing to clip.
fn composite_with_luminosity(color: vec3<f32>, to: f32) -> vec3<f32> {
    let moved = color + (to - composite_luminosity(color));
    let below = to - min(min(moved.r, moved.g), moved.b);
    let above = max(max(moved.r, moved.g), moved.b) - to;
    let is_low = to - below < 0.0 && below > 1e-5;
    let is_high = to + above > 1.0 && above > 1e-5;
    let low = select(1.0, to / select(1.0, below, is_low), is_low);
    let high = select(1.0, (1.0 - to) / select(1.0, above, is_high), is_high);
    return to + (moved - to) * low * high;
}

// SetSat: the channels from their least to their most, drawn out to 0 to `to`.
fn composite_with_saturation(color: vec3<f32>, to: f32) -> vec3<f32> {
    let range = composite_saturation(color);
    let some = range > 1e-6;
    let scale = select(0.0, to / select(1.0, range, some), some);
    return (color - min(min(color.r, color.g), color.b)) * scale;
}

fn blend_hue(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let color = composite_with_saturation(layer.rgb, composite_saturation(base.rgb));
    let blended = composite_with_luminosity(color, composite_luminosity(base.rgb));
    return composite_blend(base, layer, blended, params);
}

fn blend_saturation(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let color = composite_with_saturation(base.rgb, composite_saturation(layer.rgb));
    let blended = composite_with_luminosity(color, composite_luminosity(base.rgb));
    return composite_blend(base, layer, blended, params);
}

fn blend_color(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let blended = composite_with_luminosity(layer.rgb, composite_luminosity(base.rgb));
    return composite_blend(base, layer, blended, params);
}

fn blend_luminosity(at: vec2<i32>, params: CompositeParams) -> vec4<f32> {
    let base = load(at);
    let layer = composite_layer(at, params);
    let blended = composite_with_luminosity(base.rgb, composite_luminosity(layer.rgb));
    return composite_blend(base, layer, blended, params);
}
