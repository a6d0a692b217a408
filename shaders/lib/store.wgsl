// Four neighbouring pixels of a row to memory, in whole packs of four samples, so that no two
// invocations ever share a word.

// Samples without gaps, in rows padded to a multiple of four pixels: as many packs as channels.

fn store_packed_1(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    dst[dst_address(at) / PACK_BYTES] = pack(vec4(a.x, b.x, c.x, d.x));
}

fn store_packed_2(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    let first = dst_address(at) / PACK_BYTES;
    dst[first] = pack(vec4(a.xw, b.xw));
    dst[first + 1] = pack(vec4(c.xw, d.xw));
}

fn store_packed_3(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    let first = dst_address(at) / PACK_BYTES;
    dst[first] = pack(vec4(a.xyz, b.x));
    dst[first + 1] = pack(vec4(b.yz, c.xy));
    dst[first + 2] = pack(vec4(c.z, d.xyz));
}

// A pack for each pixel, however few of its samples are used. Rows need no padding.

fn store_each_1(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    store_each_4(at, a, b, c, d);
}

fn store_each_2(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    store_each_4(at, a.xwww, b.xwww, c.xwww, d.xwww);
}

fn store_each_3(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    store_each_4(at, a, b, c, d);
}

fn store_each_4(at: vec2<i32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) {
    let first = dst_address(at) / PACK_BYTES;
    let count = dst_layout.size.x - at.x;
    dst[first] = pack(a);
    if count > 1 {
        dst[first + 1] = pack(b);
    }
    if count > 2 {
        dst[first + 2] = pack(c);
    }
    if count > 3 {
        dst[first + 3] = pack(d);
    }
}
