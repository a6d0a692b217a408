// Adds noise: a hash of each place chooses values from a table.

struct NoiseParams {
    seed: u32,
    coarse: f32,
    fine: f32,
    monochrome: u32,
}

fn noise(at: vec2<i32>, params: NoiseParams) -> vec4<f32> {
    let hash = noise_hash(vec3(u32(at.x), u32(at.y), params.seed));
    var added = vec3(
        noise_value(hash.x, params),
        noise_value(hash.y, params),
        noise_value(hash.z, params),
    );
    if params.monochrome == 1u {
        added = added.xxx;
    }
    let pixel = load(at);
    return vec4(pixel.rgb + added, pixel.a);
}

fn noise_value(bits: u32, params: NoiseParams) -> f32 {
    let high = bitcast<f32>(tables[bits >> 20u]);
    let low = bitcast<f32>(tables[(bits >> 8u) % 4096u]);
    return params.coarse * high + params.fine * low;
}

// pcg3d of Jarzynski and Olano, "Hash Functions for GPU Rendering", 2020.
fn noise_hash(numbers: vec3<u32>) -> vec3<u32> {
    var v = numbers * 1664525u + 1013904223u;
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v ^= v >> vec3(16u);
    v.x += v.y * v.z;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    return v;
}
