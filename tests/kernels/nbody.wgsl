// One step of gravity, all pairs, in tiles through workgroup memory (after Nyland, Harris and Prins,
// "Fast N-Body Simulation with CUDA", GPU Gems 3, chapter 31). Leapfrog: kick, then drift.

struct Body {
    position: vec3<f32>,
    mass: f32,
    velocity: vec3<f32>,
}

struct Params {
    dt: f32,
    softening: f32,
}

const TILE: u32 = 32u;

@group(0) @binding(0) var<storage, read> before: array<Body>;
@group(0) @binding(1) var<storage, read_write> after: array<Body>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> tile: array<vec4<f32>, TILE>;

fn pull(on: vec3<f32>, other: vec4<f32>) -> vec3<f32> {
    let away = other.xyz - on;
    let square = dot(away, away) + params.softening * params.softening;
    return away * (other.w * inverseSqrt(square * square * square));
}

@compute @workgroup_size(TILE)
fn step(
    @builtin(global_invocation_id) global: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let count = arrayLength(&before);
    let me = min(global.x, count - 1u);
    let here = before[me].position;
    var force = vec3<f32>(0.0);
    for (var base = 0u; base < count; base += TILE) {
        let other = base + local.x;
        if (other < count) {
            tile[local.x] = vec4<f32>(before[other].position, before[other].mass);
        } else {
            tile[local.x] = vec4<f32>(0.0);
        }
        workgroupBarrier();
        for (var i = 0u; i < TILE; i++) {
            force += pull(here, tile[i]);
        }
        workgroupBarrier();
    }
    if (global.x < count) {
        var body = before[me];
        body.velocity += force * params.dt;
        body.position += body.velocity * params.dt;
        after[me] = body;
    }
}
