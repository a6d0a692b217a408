// Rounds until a point of the plane escapes, for each pixel.

struct View {
    corner: vec2f,
    step: f32,
    width: u32,
}

@id(7) override max_rounds: u32 = 64u;
override escape: f32 = 4.0;

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read_write> rounds: array<u32>;

struct Input {
    @builtin(global_invocation_id) id: vec3u,
}

@compute @workgroup_size(16, 4)
fn mandelbrot(input: Input) {
    let index = input.id.y * view.width + input.id.x;
    if input.id.x >= view.width || index >= arrayLength(&rounds) {
        return;
    }
    let c = view.corner + view.step * vec2f(input.id.xy);
    var z = vec2f();
    var n = 0u;
    loop {
        if n >= max_rounds || dot(z, z) > escape { break; }
        z = vec2f(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;
        continuing { n++; }
    }
    rounds[index] = n;
}
