//! The kernels of this folder, each against what NumPy computes in float64.

use bytelens::device::gpu::GpuDevice;
use bytelens::kernel::{Dispatch, Kernel};
use bytelens::{DType, DeviceView, Value};

use super::{Reference, assert_near, down, gpu, kernel, numbers, worst};

/// Opens the device, a kernel's entry point and its reference.
fn open(name: &str, entry: &str) -> (GpuDevice, Kernel, Reference) {
    let kernel = kernel(&format!("{name}.wgsl"));
    let kernel = kernel.with_entry(entry).expect("an entry point of this name");
    (gpu(), kernel, Reference::open(&format!("{name}.npz")))
}

#[test]
fn bodies_attract_each_other_over_five_rounds() {
    let (device, kernel, reference) = open("nbody", "step");
    let before = reference.upload("before", &device);
    let call = kernel.call().bind("before", &before).output("after", "before").force();
    let call = call.set("params.dt", 0.01).set("params.softening", 0.1);
    let outputs = call.repeat(5).swap("before", "after").run(&device).unwrap();
    let after = outputs.get("after").unwrap().download().unwrap();
    for field in ["position", "velocity"] {
        let got = after.view().field(field).unwrap();
        assert_near(field, &got, &reference.get(&format!("expected_{field}")), 1e-5);
    }
    assert_eq!(
        numbers(&before.download().unwrap().view().field("position").unwrap()),
        numbers(&reference.get("before").field("position").unwrap()),
        "what was bound for reading was not written"
    );
}

#[test]
fn prefix_sums_in_two_kernels_of_any_block_size() {
    let (device, scan, reference) = open("prefix_sum", "scan_blocks");
    let add = scan.with_entry("add_totals").unwrap();
    let values = reference.upload("values", &device);
    let scan_of = |values: &DeviceView, block: u32| {
        let blocks = values.len().div_ceil(block as usize);
        let call = scan.call().bind("values", values).set("BLOCK", block).force();
        let call = call.output("sums", "values").output("totals", (DType::U32, [blocks]));
        call.run(&device).unwrap()
    };
    for block in [256, 64, 32] {
        let mut first = scan_of(&values, block);
        let totals = scan_of(first.get("totals").unwrap(), block);
        let call = add.call().update("sums", first.take("sums").unwrap()).force();
        let call = call.bind("scanned_totals", totals.get("sums").unwrap()).set("BLOCK", block);
        let outputs = call.run(&device).unwrap();
        let sums = outputs.get("sums").unwrap().download().unwrap();
        assert_eq!(sums.view(), reference.get("expected_sums"), "blocks of {block}");
    }
}

#[test]
fn matrices_multiply_in_tiles_of_any_size() {
    let (device, kernel, reference) = open("matmul", "matmul");
    let [a, b] = ["a", "b"].map(|name| reference.upload(name, &device));
    for tile in [None, Some(4), Some(16)] {
        let mut call = kernel.call().bind("a", &a).bind("b", &b).force();
        for (name, size) in [("rows", 33), ("inner", 50), ("columns", 29)] {
            call = call.set(&format!("sizes.{name}"), size);
        }
        if let Some(tile) = tile {
            call = call.set("TILE_SIZE", tile);
        }
        let outputs = call.output("c", (DType::F32, [33, 29])).run(&device).unwrap();
        let c = outputs.get("c").unwrap().download().unwrap();
        assert_near("c", &c.view(), &reference.get("expected_c"), 1e-5);
    }
}

#[test]
fn eight_stages_make_a_fourier_transform() {
    let (device, kernel, reference) = open("fft", "stage");
    let mut values = reference.upload("src", &device);
    for span in (0..8).map(|stage| 1 << stage) {
        let call = kernel.call().bind("src", &values).output("dst", "src").set("span", span);
        let call = call.dispatch(Dispatch::Invocations([128, 1, 1])).force();
        values = call.run(&device).unwrap().take("dst").unwrap();
    }
    let got = values.download().unwrap();
    assert_near("dst", &got.view(), &reference.get("expected_dst"), 1e-5);
}

#[test]
fn life_goes_on_for_ten_rounds() {
    let (device, kernel, reference) = open("game_of_life", "main");
    let cells = reference.upload("cells", &device);
    let call = kernel.call().bind("cells", &cells).output("next", "cells").set("size", [41, 30]);
    let outputs = call.repeat(10).swap("cells", "next").force().run(&device).unwrap();
    let next = outputs.get("next").unwrap().download().unwrap();
    assert_eq!(next.view(), reference.get("expected_next"));
}

#[test]
fn the_mandelbrot_set_is_seen() {
    let (device, kernel, reference) = open("mandelbrot", "mandelbrot");
    let call = kernel.call().output("rounds", [40, 60]).set("max_rounds", 48).force();
    let call = call.set("view.corner", [-2.1, -1.0]).set("view.step", 0.05).set("view.width", 60);
    let outputs = call.run(&device).unwrap();
    let rounds = numbers(&outputs.get("rounds").unwrap().download().unwrap().view());
    let expected = numbers(&reference.get("expected_rounds"));
    // On the rim the last bit of an f32 decides.
    let other = rounds.iter().zip(&expected).filter(|(a, b)| a != b).count();
    assert!(rounds.len() == expected.len() && other <= 24, "{other} of 2400 pixels differ");
}

#[test]
fn bytes_are_counted_four_in_a_word() {
    let (device, kernel, reference) = open("histogram", "histogram");
    let pixels = reference.upload("pixels", &device);
    let call = kernel.call().bind("pixels", &pixels).output("bins", (DType::U32, [256])).force();
    let outputs = call.dispatch(Dispatch::Over("pixels".into())).run(&device).unwrap();
    let bins = outputs.get("bins").unwrap().download().unwrap();
    assert_eq!(bins.view(), reference.get("expected_bins"));
}

#[test]
fn a_bitonic_sort_sorts_in_place() {
    let (device, kernel, reference) = open("bitonic_sort", "exchange_pairs");
    let mut keys = reference.upload("keys", &device);
    for block in (1..10).map(|power| 1_u32 << power) {
        for distance in (0..block.ilog2()).rev().map(|power| 1_u32 << power) {
            let call = kernel.call().update("keys", keys).force();
            let call = call.uniform("exchange", &[block, distance]);
            keys = call.run(&device).unwrap().take("keys").unwrap();
        }
    }
    assert_eq!(keys.download().unwrap().view(), reference.get("expected_keys"));
}

#[test]
fn a_blur_of_bytes_in_two_passes() {
    let (device, rows, reference) = open("blur", "rows");
    let columns = rows.with_entry("columns").unwrap();
    let mut picture = reference.upload("src", &device);
    let weights = reference.upload("weights", &device);
    for pass in [rows, columns] {
        let call = pass.call().bind("src", &picture).bind("weights", &weights).set("radius", 3);
        let call = call.output("dst", "src").set("size", [23, 19]).force();
        picture = call.run(&device).unwrap().take("dst").unwrap();
    }
    let got = picture.download().unwrap();
    let (codes, _) = worst(&got.view(), &reference.get("expected_dst"));
    assert!(codes <= 1.0, "{codes} codes apart");
}

#[test]
fn many_numbers_are_summed_in_two_rounds() {
    let (device, kernel, reference) = open("reduce", "reduce");
    let numbers = reference.upload("numbers", &device);
    for (lanes, groups) in [(64, 8), (256, 4), (32, 16)] {
        let sum_of = |numbers: &DeviceView, groups: u32| {
            let call = kernel.call().bind("numbers", numbers).set("LANES", lanes).force();
            let call = call.output("sums", (DType::F32, [groups as usize]));
            let outputs = call.dispatch(Dispatch::Groups([groups, 1, 1])).run(&device);
            outputs.unwrap().take("sums").unwrap()
        };
        let sum = sum_of(&sum_of(&numbers, groups), 1).download().unwrap();
        assert_near("sum", &sum.view(), &reference.get("expected_sum"), 1e-6);
    }
}

#[test]
fn points_move_though_a_vec3_takes_the_place_of_four() {
    let (device, kernel, reference) = open("motion", "main");
    let points = reference.upload("points", &device);
    let list = |name: &str| {
        let all = numbers(&reference.get(name)).into_iter().map(Value::Float);
        Value::List(all.collect())
    };
    let motion = Value::Struct(vec![
        ("turn".into(), list("columns")),
        ("shift".into(), list("shift")),
        ("scale".into(), Value::Float(1.5)),
    ]);
    let call = kernel.call().bind("points", &points).set("motion", motion).force();
    let outputs = call.output("moved", "points").run(&device).unwrap();
    let moved = outputs.get("moved").unwrap().slice(1, ..3).unwrap().download().unwrap();
    assert_near("moved", &moved.view(), &reference.get("expected_moved"), 1e-6);
}

#[test]
fn a_struct_ends_in_as_many_rows_as_there_are() {
    let (device, kernel, reference) = open("records", "main");
    let table = reference.upload("table", &device);
    let call = kernel.call().bind("table", &table).output("result", [50]).force();
    let outputs = call.run(&device).unwrap();
    let result = outputs.get("result").unwrap().download().unwrap();
    assert_near("result", &result.view(), &reference.get("expected_result"), 1e-6);
    assert_eq!(down::<f32>(outputs.get("result").unwrap()).len(), 50);
}
