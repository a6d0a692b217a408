// A table for each colour channel, numbers between its entries in proportion: the twin of op/lookup.rs.

struct LookupParams {
    // The number of the first entry, and what the distance from it is multiplied by.
    low: vec4<f32>,
    scale: vec4<f32>,
    // The number of the last entry, and where entries begin.
    last: vec4<f32>,
    starts: vec4<f32>,
}

fn lookup(at: vec2<i32>, params: LookupParams) -> vec4<f32> {
    let pixel = load(at);
    let place = clamp((pixel - params.low) * params.scale, vec4(0.0), params.last);
    // A channel without a curve has a scale of nothing, and its place is the first of another's.
    let before = floor(clamp(place, vec4(0.0), max(params.last - 1.0, vec4(0.0))));
    let part = place - before;
    let index = vec4<u32>(before) + vec4<u32>(params.starts);
    let color = vec3(
        lookup_between(index.x, part.x),
        lookup_between(index.y, part.y),
        lookup_between(index.z, part.z),
    );
    return vec4(select(color, pixel.rgb, params.scale.rgb == vec3(0.0)), pixel.a);
}

fn lookup_between(index: u32, part: f32) -> f32 {
    let entry = bitcast<f32>(tables[index]);
    return entry + (bitcast<f32>(tables[index + 1u]) - entry) * part;
}
