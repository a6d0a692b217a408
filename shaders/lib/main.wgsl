// The entry point of every op's shader: an invocation computes four neighbouring pixels of a row.
//
// A workgroup is a tile of 64 x 16 pixels. Tiles are numbered, and their numbers folded over two
// dimensions, so that no dimension of a dispatch grows over its limit.

@compute @workgroup_size(16, 16)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let size = dst_layout.size;
    let across = (u32(size.x) + 63u) / 64u;
    let tile = group.x + group.y * groups.x;
    let corner = vec2(tile % across, tile / across) * vec2(64u, 16u);
    let at = vec2<i32>(corner + local.xy * vec2(4u, 1u)) + vec2(0, dst_layout.rows.x);
    if at.x >= size.x || at.y >= dst_layout.rows.y {
        return;
    }
    compute_four(at, min(4, size.x - at.x));
}
