// Turns and moves points. A vec3 takes the place of four numbers in arrays and matrices.

struct Motion {
    turn: mat3x3<f32>,
    shift: vec3<f32>,
    scale: f32,
}

@group(0) @binding(0) var<uniform> motion: Motion;
@group(0) @binding(1) var<storage, read> points: array<vec3<f32>>;
@group(0) @binding(2) var<storage, read_write> moved: array<vec3<f32>>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x;
    if (i < arrayLength(&points)) {
        moved[i] = motion.scale * (motion.turn * points[i]) + motion.shift;
    }
}
