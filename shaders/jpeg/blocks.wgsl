// From quantised coefficients to samples: the transforms of simd/inverse.rs, number for number.
//
// A workgroup makes the samples of eight blocks that lie side by side, eight invocations a block.

struct Blocks {
    // The blocks of a row and the rows of them.
    columns: u32,
    rows: u32,
    // The words of a row of samples.
    stride: u32,
    // Whether only what is not zero is stored.
    is_sparse: u32,
}

@group(0) @binding(0) var<uniform> blocks: Blocks;
// What each coefficient is multiplied by, row by row.
@group(0) @binding(1) var<uniform> factors: array<vec4<i32>, 16>;
// All coefficients of each block, row by row, two in a word. If sparse: value and place of each that is
// not zero, in the lower and the upper half of a word.
@group(0) @binding(2) var<storage, read> coefficients: array<u32>;
// If sparse: where each block's words start, and where the last one's end.
@group(0) @binding(3) var<storage, read> starts: array<u32>;
// Four samples in a word.
@group(0) @binding(4) var<storage, read_write> samples: array<u32>;

// Eight blocks of dequantised coefficients, then what the first pass leaves of them.
var<workgroup> square: array<i32, 512>;

// A number cut to 16 bits as CPUs wrap it.
fn wrapped(value: i32) -> i32 {
    return (value << 16u) >> 16u;
}

fn dequantised(place: u32, value: i32) -> i32 {
    return wrapped(value * factors[place / 4u][place % 4u]);
}

// Fills the square with the coefficients of this workgroup's blocks.
fn load(lane: u32, group: vec3<u32>) {
    let own = lane / 8u;
    let row = lane % 8u;
    let column = group.x * 8u + own;
    let is_there = column < blocks.columns;
    let block = group.y * blocks.columns + column;
    let start = own * 64u + row * 8u;
    if blocks.is_sparse == 0u && is_there {
        for (var k = 0u; k < 4u; k += 1u) {
            let word = bitcast<i32>(coefficients[block * 32u + row * 4u + k]);
            square[start + 2u * k] = dequantised(row * 8u + 2u * k, wrapped(word));
            square[start + 2u * k + 1u] = dequantised(row * 8u + 2u * k + 1u, word >> 16u);
        }
    } else {
        for (var k = 0u; k < 8u; k += 1u) {
            square[start + k] = 0;
        }
    }
    workgroupBarrier();
    if blocks.is_sparse != 0u && is_there {
        for (var at = starts[block] + row; at < starts[block + 1u]; at += 8u) {
            let word = coefficients[at];
            let place = word >> 16u;
            square[own * 64u + place] = dequantised(place, wrapped(bitcast<i32>(word)));
        }
    }
    workgroupBarrier();
}

// Cuts bits off, rounding, and saturates to 16.
fn cut(value: i32, shift: u32) -> i32 {
    return clamp((value + (1i << (shift - 1u))) >> shift, -32768, 32767);
}

// One pass over eight numbers, `step` apart.
fn eight(start: u32, step: u32, shift: u32) -> array<i32, 8> {
    let x0 = square[start];
    let x1 = square[start + step];
    let x2 = square[start + 2u * step];
    let x3 = square[start + 3u * step];
    let x4 = square[start + 4u * step];
    let x5 = square[start + 5u * step];
    let x6 = square[start + 6u * step];
    let x7 = square[start + 7u * step];
    let even2 = x2 * 4433 + x6 * (4433 - 15137);
    let even3 = x2 * (4433 + 6270) + x6 * 4433;
    let even0 = (x0 + x4) * 8192;
    let even1 = (x0 - x4) * 8192;
    let even = vec4(even0 + even3, even1 + even2, even1 - even2, even0 - even3);
    let sum73 = wrapped(x7 + x3);
    let sum51 = wrapped(x5 + x1);
    let turn3 = sum73 * (9633 - 16069) + sum51 * 9633;
    let turn4 = sum73 * 9633 + sum51 * (9633 - 3196);
    let odd = vec4(
        x7 * -7373 + x1 * (12299 - 7373) + turn4,
        x5 * -20995 + x3 * (25172 - 20995) + turn3,
        x5 * (16819 - 20995) + x3 * -20995 + turn4,
        x7 * (2446 - 7373) + x1 * -7373 + turn3,
    );
    let above = even + odd;
    let below = even - odd;
    return array(
        cut(above.x, shift), cut(above.y, shift), cut(above.z, shift), cut(above.w, shift),
        cut(below.w, shift), cut(below.z, shift), cut(below.y, shift), cut(below.x, shift),
    );
}

// One pass over four numbers, `step` apart.
fn four(start: u32, step: u32, shift: u32) -> vec4<i32> {
    let x0 = square[start];
    let x1 = square[start + step];
    let x2 = square[start + 2u * step];
    let x3 = square[start + 3u * step];
    let odd0 = x1 * (4433 + 6270) + x3 * 4433;
    let odd1 = x1 * 4433 + x3 * (4433 - 15137);
    let even0 = (x0 + x2) * 8192;
    let even1 = (x0 - x2) * 8192;
    return vec4(
        cut(even0 + odd0, shift), cut(even1 + odd1, shift),
        cut(even1 - odd1, shift), cut(even0 - odd0, shift),
    );
}

// Four samples of their distances from grey.
fn packed(distances: vec4<i32>) -> u32 {
    let codes = vec4<u32>(clamp(distances + 128, vec4(0), vec4(255)));
    return codes.x | codes.y << 8u | codes.z << 16u | codes.w << 24u;
}

// The distance from grey of eight times it, rounded.
fn eighth(eightfold: i32) -> i32 {
    return (eightfold + 4) >> 3u;
}

@compute @workgroup_size(64)
fn transform_8(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    load(lane, group);
    let block = lane / 8u;
    let own = lane % 8u;
    let column = eight(block * 64u + own, 8u, 11u);
    // A column is read and written by one invocation alone.
    for (var k = 0u; k < 8u; k += 1u) {
        square[block * 64u + k * 8u + own] = column[k];
    }
    workgroupBarrier();
    let row = eight(lane * 8u, 1u, 18u);
    let at = (group.y * 8u + own) * blocks.stride + (group.x * 8u + block) * 2u;
    samples[at] = packed(vec4(row[0], row[1], row[2], row[3]));
    samples[at + 1u] = packed(vec4(row[4], row[5], row[6], row[7]));
}

@compute @workgroup_size(64)
fn transform_4(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    load(lane, group);
    let block = lane / 8u;
    let own = lane % 8u;
    if own < 4u {
        let column = four(block * 64u + own, 8u, 11u);
        for (var k = 0u; k < 4u; k += 1u) {
            square[block * 64u + k * 8u + own] = column[k];
        }
    }
    workgroupBarrier();
    if own < 4u {
        let row = four(lane * 8u, 1u, 18u);
        samples[(group.y * 4u + own) * blocks.stride + group.x * 8u + block] = packed(row);
    }
}

// Two samples of a row of a block.
fn two(block: u32, row: u32) -> vec2<i32> {
    let start = block * 64u;
    let mean = square[start];
    let across = square[start + 1u];
    let down = select(square[start + 8u], -square[start + 8u], row == 1u);
    let both = select(square[start + 9u], -square[start + 9u], row == 1u);
    return vec2(eighth(mean + across + down + both), eighth(mean - across + down - both));
}

@compute @workgroup_size(64)
fn transform_2(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    load(lane, group);
    if lane < 8u {
        let word = lane % 4u;
        let row = lane / 4u;
        let at = (group.y * 2u + row) * blocks.stride + group.x * 4u + word;
        samples[at] = packed(vec4(two(word * 2u, row), two(word * 2u + 1u, row)));
    }
}

@compute @workgroup_size(64)
fn transform_1(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    load(lane, group);
    if lane < 2u {
        let start = lane * 256u;
        let means = vec4(square[start], square[start + 64u], square[start + 128u], square[start + 192u]);
        let at = group.y * blocks.stride + group.x * 2u + lane;
        samples[at] = packed((means + 4) >> vec4(3u));
    }
}
