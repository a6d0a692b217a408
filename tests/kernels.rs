//! Kernels of the kind that people write, from files, against NumPy in float64.
#![cfg(feature = "gpu")]

use std::sync::OnceLock;

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::kernel::{Dispatch, Kernel};
use bytelens::{Buffer, DType};

/// The software device of this process: a missing one fails tests.
fn software() -> GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    let open = || GpuDevice::open(&GpuChoice::Software).expect("software Vulkan: see scripts/test");
    DEVICE.get_or_init(open).clone()
}

const SAXPY: &str = "
    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    override a: f32 = 1.0;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3u) {
        if id.x < arrayLength(&y) { y[id.x] = a * x[id.x]; }
    }";

#[test]
fn a_kernel_runs_on_views_bound_by_name() {
    let device = software();
    let kernel = Kernel::from_wgsl(SAXPY).expect("valid WGSL");
    let x = Buffer::from_vec((0..1000).map(|i| i as f32).collect(), &[1000]).unwrap();
    let x = device.upload(&x.view()).unwrap();
    let call = kernel.call().bind("x", &x).set("a", 2.5).output("y", "x").force();
    let outputs = call.run(&device).expect("it runs");
    let y = outputs.get("y").unwrap().download().unwrap();
    let expected: Vec<f32> = (0..1000).map(|i| 2.5 * i as f32).collect();
    assert_eq!(y.view().to_vec::<f32>().unwrap(), expected);
}
