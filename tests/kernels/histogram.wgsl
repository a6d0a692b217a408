// How often each of 256 bytes occurs, four bytes in a word; counted in the workgroup, then in all.

const BINS = 256;

@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read_write> bins: array<atomic<u32>, BINS>;

var<workgroup> local_bins: array<atomic<u32>, BINS>;

@compute @workgroup_size(256)
fn histogram(
    @builtin(global_invocation_id) id: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    atomicStore(&local_bins[lane], 0u);
    workgroupBarrier();
    if id.x < arrayLength(&pixels) {
        let word = unpack4xU8(pixels[id.x]);
        atomicAdd(&local_bins[word.x], 1u);
        atomicAdd(&local_bins[word.y], 1u);
        atomicAdd(&local_bins[word.z], 1u);
        atomicAdd(&local_bins[word.w], 1u);
    }
    workgroupBarrier();
    let count = atomicLoad(&local_bins[lane]);
    if count > 0u {
        atomicAdd(&bins[lane], count);
    }
}
