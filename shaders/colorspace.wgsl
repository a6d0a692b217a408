// Converts colours to the numbers of another space: a mix, a curve, a mix, a curve and a mix.

struct ColorspaceParams {
    before: array<vec4<f32>, 3>,
    light: array<vec4<f32>, 3>,
    after: array<vec4<f32>, 3>,
    decode: vec4<f32>,
    decode_scales: vec4<f32>,
    encode: vec4<f32>,
    encode_scales: vec4<f32>,
    hue: vec4<u32>,
}

fn colorspace(pixel: vec4<f32>, params: ColorspaceParams) -> vec4<f32> {
    var color = pixel.rgb;
    if params.hue.x == 1u {
        color = colorspace_rgb_from_hsv(color);
    }
    color = colorspace_mix(params.before, color);
    color = colorspace_bend(color, params.decode, params.decode_scales);
    color = colorspace_mix(params.light, color);
    color = colorspace_bend(color, params.encode, params.encode_scales);
    color = colorspace_mix(params.after, color);
    if params.hue.y == 1u {
        color = colorspace_hsv_from_rgb(color);
    }
    return vec4(color, pixel.a);
}

fn colorspace_mix(rows: array<vec4<f32>, 3>, v: vec3<f32>) -> vec3<f32> {
    return vec3(dot(rows[0].xyz, v), dot(rows[1].xyz, v), dot(rows[2].xyz, v))
        + vec3(rows[0].w, rows[1].w, rows[2].w);
}

// A line below the cut, a power above: cut, slope, exponent, foot; scale and offset before and after. What
// goes through the origin, without a foot, is mirrored there.
fn colorspace_bend(v: vec3<f32>, curve: vec4<f32>, scales: vec4<f32>) -> vec3<f32> {
    if curve.z == 0.0 {
        return v;
    }
    let mirrored = curve.w == 0.0;
    let x = select(v, abs(v), mirrored);
    let line = x * curve.y + curve.w;
    let power = colorspace_power(max(x, vec3(curve.x)) * scales.x + scales.y, curve.z);
    let bent = select(line, power * scales.z + scales.w, x > vec3(curve.x));
    return select(bent, sign(v) * bent, mirrored);
}

// A driver's power is rough. Differences of cube roots are what colour is, so one step of Newton's method
// follows those; the power of zero is left to nobody's driver.
fn colorspace_power(x: vec3<f32>, exponent: f32) -> vec3<f32> {
    if exponent == 3.0 {
        return x * x * x;
    }
    let none = x == vec3(0.0);
    let some = select(x, vec3(1.0), none);
    var power = pow(some, vec3(exponent));
    if exponent < 0.35 {
        power -= (power * power * power - some) / (3.0 * power * power);
    }
    return select(power, vec3(0.0), none);
}

fn colorspace_hsv_from_rgb(v: vec3<f32>) -> vec3<f32> {
    let most = max(max(v.r, v.g), v.b);
    let range = most - min(min(v.r, v.g), v.b);
    let divisor = select(range, 1.0, range == 0.0);
    let red = (v.g - v.b) / divisor;
    let green = 2.0 + (v.b - v.r) / divisor;
    let blue = 4.0 + (v.r - v.g) / divisor;
    let hue = select(select(blue, green, v.g == most), red, v.r == most) * (1.0 / 6.0);
    let none = most == 0.0;
    let saturation = select(range / select(most, 1.0, none), 0.0, none);
    return vec3(select(hue, hue + 1.0, hue < 0.0), saturation, most);
}

fn colorspace_rgb_from_hsv(v: vec3<f32>) -> vec3<f32> {
    let turns = (v.x * 6.0 + vec3(5.0, 3.0, 1.0)) * (1.0 / 6.0);
    let k = (turns - floor(turns)) * 6.0;
    return v.z - v.z * v.y * clamp(min(k, 4.0 - k), vec3(0.0), vec3(1.0));
}
