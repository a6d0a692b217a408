// Four pixels, of which `count` are in the row: for twins that are short. Loads of neighbours meet in one.
//
// Beyond the end of the row the last pixel is computed again: if it is stored at all, then in padding
// that nobody reads.

fn compute_four(at: vec2<i32>, count: i32) {
    let last = at.x + count - 1;
    let a = compute(at);
    let b = compute(vec2(min(at.x + 1, last), at.y));
    let c = compute(vec2(min(at.x + 2, last), at.y));
    let d = compute(vec2(min(at.x + 3, last), at.y));
    store(at, a, b, c, d);
}
