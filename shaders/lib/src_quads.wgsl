// A source of f32 whose pixels all start at multiples of 16 bytes: one fetch for a pixel.

@group(0) @binding(0) var<storage, read> src: array<vec4<f32>>;

fn unpack_pixel(address: i32) -> vec4<f32> {
    return src[address >> 4u];
}
