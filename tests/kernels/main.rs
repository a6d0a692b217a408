//! Kernels: what they compute against NumPy, what they refuse and how they say so, and what they share.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod algorithms;
mod mismatches;
mod rows;
mod sharing;

use std::path::Path;
use std::sync::OnceLock;

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::kernel::Kernel;
use bytelens::{Buffer, DType, DeviceView, Element, Kind, View, npy, wgpu};

/// The device of this process, the one that `BYTELENS_DEVICE` names or software Vulkan: a missing one
/// fails tests.
fn gpu() -> GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    let choice = std::env::var("BYTELENS_DEVICE").map_or(GpuChoice::Software, GpuChoice::Named);
    let open = || GpuDevice::open(&choice).expect("software Vulkan: see scripts/test");
    DEVICE.get_or_init(open).clone()
}

/// A device as a renderer would bring it, with wgpu's default limits and no feature, so that what it
/// refuses is the same on every machine.
fn brought() -> (GpuDevice, wgpu::Device, wgpu::Queue) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let name = gpu().name().to_owned();
    let adapter = adapters.into_iter().find(|one| one.get_info().name == name);
    let adapter = adapter.expect("it was opened before");
    let request = adapter.request_device(&wgpu::DeviceDescriptor::default());
    let (device, queue) = pollster::block_on(request).expect("a device");
    let gpu = GpuDevice::from_wgpu(device.clone(), queue.clone()).expect("it binds what ops bind");
    (gpu, device, queue)
}

/// Reads a kernel of this folder.
fn kernel(file: &str) -> Kernel {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kernels").join(file);
    let text = std::fs::read_to_string(path).expect("a kernel's file");
    Kernel::parse(file, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Uploads elements.
fn up<T: Element>(device: &GpuDevice, elements: Vec<T>, shape: &[usize]) -> DeviceView {
    device.upload(&Buffer::from_vec(elements, shape).unwrap().view()).unwrap()
}

/// Downloads elements.
fn down<T: Element>(view: &DeviceView) -> Vec<T> {
    view.download().unwrap().view().to_vec().unwrap()
}

/// The arrays of a file that tests/reference/kernels.py has made.
struct Reference(Vec<u8>);

impl Reference {
    fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/kernels").join(name);
        Self(std::fs::read(path).expect("run tests/reference/kernels.py"))
    }

    fn get(&self, name: &str) -> View<'_> {
        let members = npy::members(&self.0).unwrap();
        let member = members.iter().find(|one| one.name() == name).expect("an array of this name");
        View::new(&self.0, member.layout(&self.0).unwrap()).unwrap()
    }

    fn upload(&self, name: &str, device: &GpuDevice) -> DeviceView {
        device.upload(&self.get(name)).unwrap()
    }
}

/// Reads numbers of any type as f64, complex ones as two.
fn numbers(view: &View<'_>) -> Vec<f64> {
    let pairs = match (view.dtype().kind(), view.dtype().size()) {
        (Kind::Complex, 8) => Some(DType::F32),
        (Kind::Complex, _) => Some(DType::F64),
        _ => None,
    };
    let view = pairs.map_or_else(|| view.clone(), |number| view.cast(number).unwrap());
    let mut all = Buffer::zeroed(DType::F64, view.shape()).unwrap();
    view.convert_to(&mut all.view_mut().unwrap()).unwrap();
    all.view().to_vec().unwrap()
}

/// Returns the largest difference, and how much of it the largest number expected is.
fn worst(got: &View<'_>, expected: &View<'_>) -> (f64, f64) {
    let (got, expected) = (numbers(got), numbers(expected));
    assert_eq!(got.len(), expected.len(), "as many numbers as expected");
    let largest = expected.iter().fold(0.0_f64, |largest, one| largest.max(one.abs()));
    let apart = got.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    // What is no number is as far off as can be.
    let worst =
        apart.fold(0.0, |worst, one| if one.is_nan() { f64::INFINITY } else { worst.max(one) });
    (worst, worst / largest)
}

/// Checks that all numbers are within a part of the largest.
fn assert_near(name: &str, got: &View<'_>, expected: &View<'_>, within: f64) {
    let (worst, relative) = worst(got, expected);
    assert!(relative <= within, "{name}: {worst} apart, {relative} of the largest, over {within}");
}

#[test]
fn a_wrong_number_is_noticed() {
    let expected = [1.0_f64, -4.0, 2.0];
    let expected = View::from_slice(&expected, &[3]).unwrap();
    for (got, far) in [([1.0_f32, -4.0, 2.0], 0.0), ([1.0, -4.0, 2.5], 0.125)] {
        assert_eq!(worst(&View::from_slice(&got, &[3]).unwrap(), &expected).1, far);
    }
    let got = [f32::NAN, -4.0, 2.0];
    assert_eq!(worst(&View::from_slice(&got, &[3]).unwrap(), &expected).1, f64::INFINITY);
}
