// From stored samples to a working pixel: grey is the same in all three colours, and what has no
// alpha is opaque.

fn pixel_from_1(samples: vec4<f32>) -> vec4<f32> {
    return vec4(samples.xxx, 1.0);
}

fn pixel_from_2(samples: vec4<f32>) -> vec4<f32> {
    return samples.xxxy;
}

fn pixel_from_3(samples: vec4<f32>) -> vec4<f32> {
    return vec4(samples.xyz, 1.0);
}

fn pixel_from_4(samples: vec4<f32>) -> vec4<f32> {
    return samples;
}
