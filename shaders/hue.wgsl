// Turns the hue of each colour, in OKLab.

struct HueParams {
    cones_from_rgb: array<vec4<f32>, 3>,
    turn: array<vec4<f32>, 3>,
    rgb_from_cones: array<vec4<f32>, 3>,
}

fn hue(pixel: vec4<f32>, params: HueParams) -> vec4<f32> {
    let cones = hue_times(params.cones_from_rgb, pixel.rgb);
    let turned = hue_times(params.turn, sign(cones) * hue_root(abs(cones)));
    return vec4(hue_times(params.rgb_from_cones, turned * turned * turned), pixel.a);
}

// The cube root. A driver's power is rough, and differences of roots are what colour is, so one step
// of Newton's method follows it; the power of zero is left to nobody's driver.
fn hue_root(size: vec3<f32>) -> vec3<f32> {
    let none = size == vec3(0.0);
    let root = pow(select(size, vec3(1.0), none), vec3(1.0 / 3.0));
    let better = root - (root * root * root - size) / (3.0 * root * root);
    return select(better, vec3(0.0), none);
}

fn hue_times(rows: array<vec4<f32>, 3>, v: vec3<f32>) -> vec3<f32> {
    return vec3(dot(rows[0].xyz, v), dot(rows[1].xyz, v), dot(rows[2].xyz, v));
}
