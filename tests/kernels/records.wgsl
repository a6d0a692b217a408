// A head and as many rows as follow it, in one buffer.

struct Row {
    kind: u32,
    value: f32,
}

struct Table {
    scale: f32,
    offset: f32,
    rows: array<Row>,
}

@group(3) @binding(1) var<storage> table: Table;
@group(1) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= arrayLength(&table.rows) { return; }
    let row = table.rows[id.x];
    var value = row.value;
    if row.kind == 1u {
        value = value * table.scale;
    } else if row.kind == 2u {
        value = value + table.offset;
    }
    result[id.x] = value;
}
