// Samples of f16.

// Four samples side by side.
fn unpack_pixel(address: i32) -> vec4<f32> {
    return vec4(unpack2x16float(src_word(address)), unpack2x16float(src_word(address + 4)));
}

fn unpack_sample(address: i32) -> f32 {
    return unpack2x16float(src_part(address)).x;
}
