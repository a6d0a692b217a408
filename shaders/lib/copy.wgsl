// Copies elements from one layout to another: see device/gpu/copy.rs, which adds the constants, `Copy`
// and `place`.
//
// An invocation writes whole words, so that no two share one. It asks where each of its units (of
// UNIT bytes) comes from; mostly the first is all that needs asking, for the others follow it.

// Where a unit of the target comes from.
struct Place {
    // The byte of the source.
    src: i32,
    // How many units follow on the fastest axis side by side, this one included.
    left: i32,
    // Whether the copy writes here at all.
    inside: bool,
}

const PER_WORD = 4 / UNIT;

// A word of units that follow each other.
fn following(address: i32) -> u32 {
    if RUN {
        return src_word(address);
    }
    var bits = 0u;
    for (var unit = 0; unit < PER_WORD; unit++) {
        bits = inserted(bits, unit, address + unit * copy.step);
    }
    return bits;
}

// A word at any bytes of the target; what is not written stays as it was.
fn word(at: i32, before: u32) -> u32 {
    let first = place(at);
    if first.inside && first.left >= PER_WORD {
        return following(first.src);
    }
    var bits = before;
    for (var unit = 0; unit < PER_WORD; unit++) {
        let one = place(at + unit * UNIT);
        if one.inside {
            bits = inserted(bits, unit, one.src);
        }
    }
    return bits;
}

fn inserted(bits: u32, unit: i32, address: i32) -> u32 {
    return insertBits(bits, src_part(address), u32(unit * UNIT * 8), u32(UNIT * 8));
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let item = (group.x + group.y * groups.x) * 256u + local;
    if item < copy.items {
        store(item);
    }
}
