// Pixels around a pixel, edges and all: the twin of op/window.rs.
//
// `tables` begins with the source row of each row from -radius.y on, and then the source column of each
// column from -radius.x on; -1 where the edge is constant.

fn window_load(at: vec2<i32>, step: vec2<i32>, radius: vec2<i32>, height: i32) -> vec4<f32> {
    let row = bitcast<i32>(tables[u32(at.y + step.y + radius.y)]);
    let columns = height + 2 * radius.y;
    let column = bitcast<i32>(tables[u32(columns + at.x + step.x + radius.x)]);
    if row < 0 || column < 0 {
        return vec4(0.0);
    }
    return load(vec2(column, row));
}
