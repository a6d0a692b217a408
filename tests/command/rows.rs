//! `bytelens run --rows`: arrays larger than what the device takes at once, on software Vulkan.

use std::path::Path;

use bytelens::{View, npy};

use crate::run::{floats, place, typed};

/// A table for all rows, and the number of each row.
const ROWS: &str = "\
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> first_row: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= arrayLength(&y) { return; }
    y[id.x] += 10.0 * x[id.x] + table[id.x % 3u] + 1000.0 * f32(first_row + id.x / 3u);
}
";

#[test]
fn arrays_go_through_a_kernel_by_rows() {
    let place = place();
    // More than one window: 96 MiB for the widest.
    let rows = 8 << 20;
    let array = |of: &dyn Fn(usize) -> f32| {
        let numbers: Vec<f32> = (0..rows * 3).map(of).collect();
        npy::to_npy(&View::from_slice(&numbers, &[rows, 3]).expect("as many")).expect("a file")
    };
    place.write("rows.wgsl", ROWS.as_bytes());
    place.write("wide.npy", &array(&|at| (at % 7) as f32));
    place.write("start.npy", &array(&|at| (at % 5) as f32));
    place.write("table.npy", &floats(&[1.0, 2.0, 3.0]));
    let line = "rows.wgsl --in x=wide.npy --in table=table.npy --in y=start.npy --out y=end.npy";
    let run = typed(&place, &format!("{line} --rows x,y"));
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let file = place.files("").remove(Path::new("end.npy")).expect("it was written");
    let end = npy::view(&file).expect("a file");
    assert_eq!(end.shape(), [rows, 3]);
    let expected = |at: usize| {
        let sum = (at % 5) as f32 + 10.0 * (at % 7) as f32 + (at % 3 + 1) as f32;
        sum + 1000.0 * (at / 3) as f32
    };
    let wrong = end.to_vec::<f32>().expect("floats").into_iter().enumerate();
    let mut wrong = wrong.map(|(at, got)| (at, got, expected(at)));
    let wrong = wrong.find(|(_, got, right)| (got - right).abs() > 1e-6 * right.abs());
    assert_eq!(wrong, None);

    for (line, code, says) in [
        ("--rows x", 2, "\"y\" is written, so --rows must have it: add y"),
        ("--rows x,z", 2, "--rows: unknown variable \"z\""),
        ("--rows x,y,table", 1, "rows of \"table\""),
        ("--rows x,y --repeat 2", 2, "--repeat"),
    ] {
        let run = typed(
            &place,
            &format!(
                "rows.wgsl --in x=wide.npy --in table=table.npy --in y=start.npy --out y=no.npy {line}"
            ),
        );
        assert_eq!(run.code, Some(code), "{line}: {run:?}");
        assert!(run.err.contains(says), "{line}: {run:?}");
    }
    assert!(!place.names("").contains("no.npy"), "{}", place.names(""));
}
