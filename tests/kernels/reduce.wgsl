// The sum of each workgroup's share, many numbers an invocation, then a tree in workgroup memory (after
// Harris, "Optimizing Parallel Reduction in CUDA", 2007).

override LANES: u32 = 64;

@group(0) @binding(0) var<storage, read> numbers: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

var<workgroup> partial: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn reduce(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
) {
    var sum = vec4f(0.0);
    for (var i = group.x * LANES + lane; i < arrayLength(&numbers); i += groups.x * LANES) {
        sum += numbers[i];
    }
    partial[lane] = dot(sum, vec4f(1.0));
    for (var width = LANES / 2u; width > 0u; width >>= 1u) {
        workgroupBarrier();
        if lane < width {
            partial[lane] += partial[lane + width];
        }
    }
    if lane == 0u {
        sums[group.x] = partial[0];
    }
}
