// A copy into memory that others share: what lies between the elements stays as it was.

@group(0) @binding(1) var<storage, read_write> dst: array<u32>;

fn store(item: u32) {
    let index = copy.word + item;
    dst[index] = word(copy.first + i32(item) * 4, dst[index]);
}
