// Shows edges: the length of the slope at each pixel.

struct SobelParams {
    scale: f32,
    height: i32,
}

fn sobel(at: vec2<i32>, params: SobelParams) -> vec4<f32> {
    let a = sobel_load(at, -1, -1, params);
    let b = sobel_load(at, 0, -1, params);
    let c = sobel_load(at, 1, -1, params);
    let d = sobel_load(at, -1, 0, params);
    let f = sobel_load(at, 1, 0, params);
    let g = sobel_load(at, -1, 1, params);
    let h = sobel_load(at, 0, 1, params);
    let i = sobel_load(at, 1, 1, params);
    let x = (c - a) + 2.0 * (f - d) + (i - g);
    let y = (g - a) + 2.0 * (h - b) + (i - c);
    return vec4(sqrt(x * x + y * y).rgb * params.scale, load(at).a);
}

fn sobel_load(at: vec2<i32>, x: i32, y: i32, params: SobelParams) -> vec4<f32> {
    return window_load(at, vec2(x, y), vec2(1), params.height);
}
