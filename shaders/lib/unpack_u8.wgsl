// Samples of u8: 255 is 1.

// Four samples side by side.
fn unpack_pixel(address: i32) -> vec4<f32> {
    return vec4<f32>(unpack4xU8(src_word(address))) / 255.0;
}

fn unpack_sample(address: i32) -> f32 {
    return f32(src_part(address) & 0xffu) / 255.0;
}
