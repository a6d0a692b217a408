// Samples of f32.

// Four samples side by side.
fn unpack_pixel(address: i32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4(
        src_word(address),
        src_word(address + 4),
        src_word(address + 8),
        src_word(address + 12),
    ));
}

fn unpack_sample(address: i32) -> f32 {
    return bitcast<f32>(src_part(address));
}
