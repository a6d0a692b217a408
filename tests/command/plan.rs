//! `bytelens run --plan`: several passes over named buffers, on software Vulkan.

use std::path::Path;

use bytelens::npy;

use crate::run::{place, typed, words};

#[test]
fn a_plan_runs_several_passes_over_named_buffers() {
    let place = place();
    place.write("work/start.npy", &words(&[5, 6]));
    let plan = "\
repeat = 3
swap = [['a', 'c']]
[buffers]
a = { in = 'start.npy' }
b = { like = 'a' }
c = { type = 'u32[2]', out = 'end.npy' }
[[passes]]
kernel = '../step.wgsl'
bind = { now = 'a', next = 'b' }
[[passes]]
kernel = '../step.wgsl'
bind = { now = 'b', next = 'c' }
dispatch = [1]
";
    place.write("work/plan.toml", plan.as_bytes());
    let run = typed(&place, "--plan work/plan.toml");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let file = place.files("work").remove(Path::new("end.npy")).expect("written");
    assert_eq!(npy::view(&file).expect("a file").to_vec::<u32>().expect("words"), [11, 12]);
    for (from, to, part) in [
        ("repeat = 3", "repaet = 3", "unknown field `repaet`"),
        ("repeat = 3", "repeat = 0", "repeat must be 1 or more"),
        ("bind = { now = 'a'", "bind = { now = 'd'", "buffers.d"),
        ("bind = { now = 'a'", "bind = { nwo = 'a'", "did you mean \"now\"?"),
        ("like = 'a'", "like = 'bb'", "unknown buffer \"bb\""),
        ("next = 'b' }", "next = 'a' }", "both \"now\" and \"next\""),
        ("dispatch = [1]", "dispatch = 'all'", "dispatch must be"),
    ] {
        place.write("work/plan.toml", plan.replacen(from, to, 1).as_bytes());
        let run = typed(&place, "--plan work/plan.toml");
        assert!(run.err.contains(part), "{to}: {run:?}");
        assert!(matches!(run.code, Some(1 | 2)), "{to}: {run:?}");
    }
}

#[test]
fn what_is_set_on_the_command_line_is_set_in_all_passes_that_have_it() {
    let place = place();
    let kernel = "\
override step: u32 = 1;
@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn main() { x[0] += step; }
";
    place.write("add.wgsl", kernel.as_bytes());
    place.write(
        "double.wgsl",
        kernel.replace("override step: u32 = 1;\n", "").replace("+= step", "*= 2u").as_bytes(),
    );
    place.write("start.npy", &words(&[1]));
    let plan = "\
[buffers]
x = { in = 'start.npy', out = 'end.npy' }
[[passes]]
kernel = 'add.wgsl'
set = { step = 5 }
[[passes]]
kernel = 'double.wgsl'
[[passes]]
kernel = 'add.wgsl'
";
    place.write("plan.toml", plan.as_bytes());
    for (set, want) in [("", 13), (" --set step=10", 32)] {
        let run = typed(&place, &format!("--plan plan.toml{set}"));
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
        let file = place.files("").remove(Path::new("end.npy")).expect("written");
        assert_eq!(npy::view(&file).expect("a file").to_vec::<u32>().expect("words"), [want]);
    }
    let run = typed(&place, "--plan plan.toml --set stop=1");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.err.contains("unknown override or uniform \"stop\"; did you mean \"step\"?"),
        "{run:?}"
    );
}
