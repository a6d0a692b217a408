// Samples of u16: 65535 is 1.

// Four samples side by side.
fn unpack_pixel(address: i32) -> vec4<f32> {
    let words = vec2(src_word(address), src_word(address + 4));
    return vec4<f32>((words.xxyy >> vec4(0u, 16u, 0u, 16u)) & vec4(0xffffu)) / 65535.0;
}

fn unpack_sample(address: i32) -> f32 {
    return f32(src_part(address) & 0xffffu) / 65535.0;
}
