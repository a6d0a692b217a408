// Matrix product in square tiles, the size of which the caller may choose.

override TILE_SIZE: u32 = 8;

struct Sizes {
    rows: u32,
    inner: u32,
    columns: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(1) @binding(0) var<storage, read> a: array<f32>;
@group(1) @binding(1) var<storage, read> b: array<f32>;
@group(1) @binding(2) var<storage, read_write> c: array<f32>;

// Workgroup memory is as large as the largest tile.
var<workgroup> a_tile: array<array<f32, 16>, 16>;
var<workgroup> b_tile: array<array<f32, 16>, 16>;

@compute @workgroup_size(TILE_SIZE, TILE_SIZE)
fn matmul(
    @builtin(global_invocation_id) global_id: vec3<u32>,
    @builtin(local_invocation_id) local_id: vec3<u32>,
) {
    let row = global_id.y;
    let column = global_id.x;
    var sum: f32 = 0.0;
    let tiles = (sizes.inner + TILE_SIZE - 1u) / TILE_SIZE;
    for (var t: u32 = 0u; t < tiles; t = t + 1u) {
        let a_column = t * TILE_SIZE + local_id.x;
        let b_row = t * TILE_SIZE + local_id.y;
        a_tile[local_id.y][local_id.x] =
            select(0.0, a[row * sizes.inner + a_column], row < sizes.rows && a_column < sizes.inner);
        b_tile[local_id.y][local_id.x] =
            select(0.0, b[b_row * sizes.columns + column], b_row < sizes.inner && column < sizes.columns);
        workgroupBarrier();
        for (var i: u32 = 0u; i < TILE_SIZE; i = i + 1u) {
            sum = sum + a_tile[local_id.y][i] * b_tile[i][local_id.x];
        }
        workgroupBarrier();
    }
    if (row < sizes.rows && column < sizes.columns) {
        c[row * sizes.columns + column] = sum;
    }
}
