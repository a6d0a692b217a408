//! One kernel on many threads and devices, many kernels on one device, encoders of others, faults.

use std::thread;

use bytelens::device::gpu::GpuDevice;
use bytelens::kernel::{Access, Dispatch, Kernel};
use bytelens::{DType, DeviceView, wgpu};

use super::{brought, down, gpu, kernel, up};

const ADD: &str = "
override summand: f32 = 1;
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn add(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&x) { x[id.x] += summand; }
}";

const SCALE: &str = "
override factor: f32 = 2;
@group(0) @binding(0) var<storage> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn scale(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) { y[id.x] = factor * x[id.x]; }
}";

fn add() -> Kernel {
    Kernel::named("add", ADD).unwrap()
}

fn scale() -> Kernel {
    Kernel::named("scale", SCALE).unwrap()
}

fn scaled(device: &GpuDevice, kernel: &Kernel, x: &DeviceView, factor: f64) -> Vec<f32> {
    let call = kernel.call().bind("x", x).output("y", "x").set("factor", factor).force();
    down(call.run(device).unwrap().get("y").unwrap())
}

#[test]
fn a_kernel_tells_what_it_declares() {
    let kernel = kernel("prefix_sum.wgsl");
    assert_eq!(kernel.entries(), ["scan_blocks", "add_totals"]);
    assert_eq!(kernel.workgroup_size(), Some([256, 1, 1]));
    let lines = |kernel: &Kernel| -> Vec<String> {
        let bindings = kernel.bindings().iter().map(ToString::to_string);
        bindings.chain(kernel.overrides().iter().map(ToString::to_string)).collect()
    };
    assert_eq!(
        lines(&kernel),
        [
            "@group(0) @binding(0) var<storage, read> values: array<u32>",
            "@group(0) @binding(1) var<storage, write> sums: array<u32>",
            "@group(1) @binding(0) var<storage, write> totals: array<u32>",
            "override BLOCK: u32",
        ]
    );
    let add = kernel.with_entry("add_totals").unwrap();
    let access: Vec<_> = add.bindings().iter().map(|one| (one.name(), one.access())).collect();
    assert_eq!(access, [("sums", Access::ReadWrite), ("scanned_totals", Access::Read)]);
}

#[test]
fn a_thousand_rounds_are_one_submission() {
    let device = gpu();
    let x = up(&device, vec![0.0_f32; 100], &[100]);
    let outputs = add().call().update("x", x).repeat(1000).force().run(&device).unwrap();
    assert_eq!(down::<f32>(outputs.get("x").unwrap()), [1000.0; 100]);
}

#[test]
fn ping_pong_is_right_after_any_number_of_rounds() {
    let device = gpu();
    let kernel = scale();
    let x = up(&device, vec![1.0_f32; 10], &[10]);
    for rounds in 0..7 {
        let call = kernel.call().bind("x", &x).output("y", "x").swap("x", "y").repeat(rounds);
        let outputs = call.force().run(&device).unwrap();
        let expected = if rounds == 0 { 0.0 } else { f32::powi(2.0, rounds.cast_signed()) };
        assert_eq!(down::<f32>(outputs.get("y").unwrap()), [expected; 10], "{rounds} rounds");
        assert_eq!(down::<f32>(&x), [1.0; 10], "{rounds} rounds leave x alone");
    }
}

#[test]
fn eight_threads_share_a_device_and_a_kernel() {
    let device = gpu();
    let kernel = scale();
    thread::scope(|scope| {
        for worker in 0..8_u8 {
            let (device, kernel) = (&device, &kernel);
            scope.spawn(move || {
                for round in 0..10_u8 {
                    let value = f32::from(worker) * 100.0 + f32::from(round);
                    let x = up(device, vec![value; 777], &[777]);
                    let factor = f64::from(round % 3 + 1);
                    let expected = value * f32::from(round % 3 + 1);
                    assert_eq!(scaled(device, kernel, &x, factor), vec![expected; 777]);
                }
            });
        }
    });
}

#[test]
fn one_kernel_runs_on_two_devices() {
    let kernel = scale();
    for device in [gpu(), brought().0] {
        let x = up(&device, vec![3.0_f32; 5], &[5]);
        assert_eq!(scaled(&device, &kernel, &x, 2.0), [6.0; 5]);
    }
}

#[test]
fn five_hundred_different_kernels_run_in_one_process() {
    let device = gpu();
    for number in 0..500 {
        let text = format!(
            "@group(0) @binding(0) var<storage, read_write> y: array<u32>;
            @compute @workgroup_size(4) fn k{number}(@builtin(global_invocation_id) id: vec3u) {{
                y[id.x] = {number}u + id.x;
            }}"
        );
        let kernel = Kernel::from_wgsl(&text).unwrap();
        let outputs = kernel.call().output("y", (DType::U32, [4])).force().run(&device).unwrap();
        let expected = [number, number + 1, number + 2, number + 3];
        assert_eq!(down::<u32>(outputs.get("y").unwrap()), expected);
    }
}

#[test]
fn more_variants_than_are_kept_are_all_right() {
    let device = gpu();
    let kernel = scale();
    let x = up(&device, vec![1.0_f32; 3], &[3]);
    for factor in (0..40_u8).chain(0..40) {
        assert_eq!(scaled(&device, &kernel, &x, f64::from(factor)), [f32::from(factor); 3]);
    }
}

#[test]
fn reading_and_writing_out_of_bounds_harms_nothing() {
    let device = gpu();
    let wild = Kernel::from_wgsl(
        "@group(0) @binding(0) var<storage> x: array<u32>;
        @group(0) @binding(1) var<storage, read_write> y: array<u32>;
        @compute @workgroup_size(64) fn wild(@builtin(global_invocation_id) id: vec3u) {
            let far = x[id.x + 100000000u] + x[4294967295u - id.x];
            y[id.x * 1000003u + 64u] = 7u + far;
            y[4294967295u - id.x] = 8u;
            y[id.x] = 5u;
        }",
    );
    let wild = wild.unwrap();
    let x = up(&device, (0..64_u32).collect(), &[64]);
    let witness = up(&device, vec![9_u32; 64], &[64]);
    for _ in 0..3 {
        let call = wild.call().bind("x", &x).output("y", "x").force();
        let outputs = call.run(&device).unwrap();
        // A driver may put a wild write on any element of the array, and nowhere else.
        let y = down::<u32>(outputs.get("y").unwrap());
        assert!(y.iter().filter(|one| **one == 5).count() >= 62, "{y:?}");
    }
    assert_eq!(down::<u32>(&x), (0..64).collect::<Vec<_>>());
    assert_eq!(down::<u32>(&witness), [9; 64]);
    let later = up(&device, vec![1.5_f32; 64], &[64]);
    assert_eq!(scaled(&device, &scale(), &later, 2.0), [3.0; 64]);
}

#[test]
fn what_a_wild_write_would_have_changed_is_looked_at() {
    let device = gpu();
    let y = up(&device, vec![9_u32; 64], &[64]);
    let text = "@group(0) @binding(0) var<storage, read_write> y: array<u32>;
        @compute @workgroup_size(1) fn tame() { y[3] = y[2] - 1u; }";
    let call = Kernel::from_wgsl(text).unwrap().call().update("y", y).force();
    let outputs = call.dispatch(Dispatch::Groups([1, 1, 1])).run(&device).unwrap();
    assert_ne!(down::<u32>(outputs.get("y").unwrap()), [9; 64]);
}

#[test]
fn recording_submits_nothing_and_keeps_memory_until_the_caller_has() {
    let (device, wgpu_device, queue) = brought();
    let mut encoder =
        wgpu_device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let x = up(&device, vec![1.0_f32; 2000], &[2000]);
    let call = scale().call().bind("x", &x).output("y", "x").force();
    let mut outputs = call.record(&device, &mut encoder).unwrap();
    // A second call on what the first one makes, in the same encoder.
    let call = add().call().update("x", outputs.take("y").unwrap()).force();
    let mut outputs = call.repeat(3).record(&device, &mut encoder).unwrap();
    let y = outputs.take("x").unwrap();
    assert_ne!(down::<f32>(&y), [5.0; 2000], "nothing has run yet");
    // The recorded call still reads what x was: nobody may get its memory.
    drop(x);
    let others: Vec<_> = (0..4).map(|_| up(&device, vec![-1.0_f32; 2000], &[2000])).collect();
    queue.submit([encoder.finish()]);
    assert_eq!(down::<f32>(&y), [5.0; 2000]);
    assert!(others.iter().all(|other| down::<f32>(other) == [-1.0; 2000]));
}

#[test]
fn parts_of_memory_are_bound_wherever_they_start() {
    let device = gpu();
    let kernel = scale();
    let all = up(&device, (0..200_u16).map(f32::from).collect(), &[200]);
    for start in [0, 1, 3, 8, 64, 101] {
        let part = all.slice(0, start..start + 50).unwrap();
        let expected: Vec<_> = (start..start + 50).map(|i| 2.0 * i as f32).collect();
        assert_eq!(scaled(&device, &kernel, &part, 2.0), expected, "from {start}");
    }
}

#[test]
fn strided_views_are_bound_as_they_are_seen() {
    let device = gpu();
    let all = up(&device, (0..24_u8).map(f32::from).collect(), &[4, 6]);
    let doubled =
        |view: &DeviceView| -> Vec<f32> { down::<f32>(view).iter().map(|one| one * 2.0).collect() };
    let views = [
        all.transpose(),
        all.flip(1).unwrap(),
        all.slice(1, 1..4).unwrap(),
        all.index(1, 2).unwrap(),
        all.index(0, 1).unwrap().newaxis(0).unwrap().broadcast_to(&[3, 6]).unwrap(),
    ];
    for view in views {
        assert_eq!(scaled(&device, &scale(), &view, 2.0), doubled(&view), "{:?}", view.layout());
    }
    // Recorded, the copies and what they need live until the caller has submitted.
    let (device, wgpu_device, queue) = brought();
    let x = up(&device, (0..6_u8).map(f32::from).collect(), &[2, 3]);
    let mut encoder =
        wgpu_device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let call = scale().call().bind("x", &x.transpose()).output("y", "x").force();
    let outputs = call.record(&device, &mut encoder).unwrap();
    queue.submit([encoder.finish()]);
    assert_eq!(down::<f32>(outputs.get("y").unwrap()), [0.0, 6.0, 2.0, 8.0, 4.0, 10.0]);
}

#[test]
fn any_shape_of_the_right_elements_is_gone_over() {
    let device = gpu();
    for shape in [&[][..], &[7], &[3, 50], &[2, 3, 4, 5]] {
        let count = shape.iter().product();
        let x = up(&device, vec![4.0_f32; count], shape);
        let call = scale().call().bind("x", &x).output("y", "x").force();
        let outputs = call.run(&device).unwrap();
        let y = outputs.get("y").unwrap();
        assert_eq!((y.shape(), down::<f32>(y)), (shape, vec![8.0; count]));
    }
}

#[test]
fn a_kernel_that_asks_for_y_gets_rows_whatever_its_workgroup() {
    let device = gpu();
    let text = "@group(0) @binding(0) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(8) fn rows(@builtin(global_invocation_id) id: vec3u) {
            if id.x < 5u { out[id.y * 5u + id.x] = id.y * 100u + id.x; }
        }";
    let kernel = Kernel::from_wgsl(text).unwrap();
    let outputs = kernel.call().output("out", [3, 5]).force().run(&device).unwrap();
    let expected: Vec<u32> = (0..3).flat_map(|y| (0..5).map(move |x| y * 100 + x)).collect();
    assert_eq!(down::<u32>(outputs.get("out").unwrap()), expected);
}

#[test]
fn an_output_without_elements_runs_nothing() {
    let device = gpu();
    let x = up(&device, vec![1.0_f32; 4], &[4]);
    let call = scale().call().bind("x", &x).output("y", (DType::F32, [0])).force();
    let outputs = call.run(&device).unwrap();
    assert_eq!(outputs.get("y").unwrap().shape(), [0]);
}

#[test]
fn rubbish_is_an_error_and_never_a_panic() {
    let text = include_str!("nbody.wgsl");
    let mut cut = 0;
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(7) {
        cut += usize::from(Kernel::from_wgsl(&text[..end]).is_err());
        // A byte that is not there, a bracket that is there twice.
        let twice = format!("{}{}{}", &text[..end], "({[<\u{1}\0é", &text[end..]);
        let _ = Kernel::from_wgsl(&twice);
    }
    assert!(cut > 200, "{cut} texts that end too early were refused");
    let long = 200_000;
    for deep in ["(", "!", "*", "array<", "vec2(", "a.", "{", "/*"] {
        let text = format!("fn f() {{ let x = {}1; }}", deep.repeat(long / deep.len()));
        assert!(Kernel::from_wgsl(&text).is_err(), "{deep}");
    }
    let chain = "else if true {}".repeat(long / 15);
    let chain = format!("@compute @workgroup_size(1) fn f() {{ if true {{}} {chain} }}");
    let error = Kernel::from_wgsl(&chain).expect_err("nobody's stack holds this").to_string();
    assert!(error.contains("more than 500 deep"), "{error}");
}
