// Conway's game of life on a torus. `size` is width and height.

@group(0) @binding(0) var<storage, read> cells: array<u32>;
@group(0) @binding(1) var<storage, read_write> next: array<u32>;
@group(0) @binding(2) var<uniform> size: vec2<u32>;

fn cell(x: u32, y: u32) -> u32 {
    return cells[(y % size.y) * size.x + (x % size.x)];
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (at.x >= size.x || at.y >= size.y) {
        return;
    }
    let w = size.x - 1u;
    let h = size.y - 1u;
    let neighbours = cell(at.x + w, at.y + h) + cell(at.x, at.y + h) + cell(at.x + 1u, at.y + h)
        + cell(at.x + w, at.y) + cell(at.x + 1u, at.y)
        + cell(at.x + w, at.y + 1u) + cell(at.x, at.y + 1u) + cell(at.x + 1u, at.y + 1u);
    let index = at.y * size.x + at.x;
    switch neighbours {
        case 2u: { next[index] = cells[index]; }
        case 3u: { next[index] = 1u; }
        default: { next[index] = 0u; }
    }
}
