// Inclusive prefix sums of any length in two kernels: each block by itself (after Hillis and Steele,
// "Data Parallel Algorithms", 1986), then what comes before the block is added.

override BLOCK: u32 = 256;

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@group(1) @binding(0) var<storage, read_write> totals: array<u32>;
@group(2) @binding(3) var<storage, read> scanned_totals: array<u32>;

var<workgroup> scratch: array<u32, BLOCK>;

@compute @workgroup_size(BLOCK)
fn scan_blocks(
    @builtin(global_invocation_id) id: vec3u,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) block: vec3u,
) {
    var sum = 0u;
    if id.x < arrayLength(&values) {
        sum = values[id.x];
    }
    scratch[lane] = sum;
    workgroupBarrier();
    for (var reach = 1u; reach < BLOCK; reach <<= 1u) {
        var left = 0u;
        if lane >= reach {
            left = scratch[lane - reach];
        }
        workgroupBarrier();
        sum += left;
        scratch[lane] = sum;
        workgroupBarrier();
    }
    if id.x < arrayLength(&sums) {
        sums[id.x] = sum;
    }
    if lane == BLOCK - 1u {
        totals[block.x] = sum;
    }
}

@compute @workgroup_size(BLOCK)
fn add_totals(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) block: vec3u) {
    if block.x > 0u && id.x < arrayLength(&sums) {
        sums[id.x] += scanned_totals[block.x - 1u];
    }
}
