// Where pixels lie: the layouts of both ends of a pass, in bytes.

struct ImageLayout {
    // Width and height in pixels.
    size: vec2<i32>,
    // From a pixel to the next in its row, and to the one below it.
    strides: vec2<i32>,
    // The first of the rows that are bound, and the one after the last.
    rows: vec2<i32>,
    // Where pixel (0, 0) starts, modulo 2^32: it need not be bound.
    offset: i32,
    // From a channel to the next.
    channel: i32,
}

@group(0) @binding(2) var<uniform> src_layout: ImageLayout;
@group(0) @binding(3) var<uniform> dst_layout: ImageLayout;
@group(0) @binding(5) var<storage, read> tables: array<u32>;

// The byte where a source pixel starts.
fn src_address(at: vec2<i32>) -> i32 {
    return src_layout.offset + src_row(at.y) * src_layout.strides.y + at.x * src_layout.strides.x;
}

// The byte where a pixel of the destination starts.
fn dst_address(at: vec2<i32>) -> i32 {
    return dst_layout.offset + at.y * dst_layout.strides.y + at.x * dst_layout.strides.x;
}
