// Tints a picture like an old photograph. Each word is a pixel of four bytes, red first.
//
//   bytelens run examples/kernels/sepia.wgsl --in src=photo.jpg:rgba --out dst=old.png:like=src

@group(0) @binding(0) var<storage, read> src: array<u32>;
@group(0) @binding(1) var<storage, read_write> dst: array<u32>;

// 0 leaves the picture as it is.
override strength: f32 = 1.0;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= arrayLength(&dst) {
        return;
    }
    let pixel = unpack4x8unorm(src[id.x]);
    let sepia = vec3f(
        dot(pixel.rgb, vec3f(0.393, 0.769, 0.189)),
        dot(pixel.rgb, vec3f(0.349, 0.686, 0.168)),
        dot(pixel.rgb, vec3f(0.272, 0.534, 0.131)),
    );
    dst[id.x] = pack4x8unorm(vec4f(mix(pixel.rgb, sepia, strength), pixel.a));
}
