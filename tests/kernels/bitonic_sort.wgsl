// One exchange of Batcher's bitonic sort ("Sorting Networks and their Applications", 1968), in place.
// For each block = 2, 4, … n and each distance = block/2, block/4, … 1 it runs once.

@group(0) @binding(0) var<storage, read_write> keys: array<f32>;

struct Exchange { block: u32, distance: u32 }
@group(0) @binding(1) var<uniform> exchange: Exchange;

@compute @workgroup_size(128)
fn exchange_pairs(@builtin(global_invocation_id) id: vec3<u32>) {
    let low = id.x;
    let high = low ^ exchange.distance;
    if (high <= low || high >= arrayLength(&keys)) { return; }
    let rising = (low & exchange.block) == 0u;
    let a = keys[low];
    let b = keys[high];
    if ((a > b) == rising) {
        keys[low] = b;
        keys[high] = a;
    }
}
