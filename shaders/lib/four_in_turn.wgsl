// Four pixels, of which `count` are in the row: for twins that loop. A driver's compiler sees the twin once,
// which takes it a quarter of the time; there is no array, so that nothing goes through memory.
//
// Beyond the end of the row there are zeros: if they are stored at all, then in padding that nobody reads.

fn compute_four(at: vec2<i32>, count: i32) {
    var a = vec4(0.0);
    var b = vec4(0.0);
    var c = vec4(0.0);
    var d = vec4(0.0);
    for (var step = 0; step < count; step++) {
        let pixel = compute(vec2(at.x + step, at.y));
        a = select(a, pixel, step == 0);
        b = select(b, pixel, step == 1);
        c = select(c, pixel, step == 2);
        d = select(d, pixel, step == 3);
    }
    store(at, a, b, c, d);
}
