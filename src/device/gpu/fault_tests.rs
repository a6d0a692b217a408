//! Devices that are slow, lost or a caller's own, and memory that somebody holds.

use std::sync::Arc;
use std::time::Duration;

use super::memory::Memory;
use super::testing::{brought, gpu, gpu_adapter, info, opened};
use super::tests::{compare, naive, picture, stored, two_passes};
use super::transfer::Recorder;
use super::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;

/// Submits work to a device that keeps it busy for a good part of a second.
fn occupy(device: &GpuDevice) -> wgpu::SubmissionIndex {
    let mut recorder = Recorder::new(device);
    record_long(device, &mut recorder.encoder, 1024);
    recorder.submit()
}

/// Records work that takes about a millisecond for each workgroup: many invocations, as lavapipe ends each
/// loop after 65,535 rounds.
fn record_long(device: &GpuDevice, encoder: &mut wgpu::CommandEncoder, groups: u32) {
    const LONG: &str = "
        @group(0) @binding(0) var<storage, read_write> sum: u32;
        @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
            var state = id.x;
            for (var step = 0u; step < 60000u; step++) {
                state = (state ^ step) * 1664525u + 1013904223u;
            }
            sum = state;
        }";
    let wgpu = &device.shared.device;
    let source = wgpu::ShaderSource::Wgsl(LONG.into());
    let module = wgpu.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
    let pipeline = wgpu.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let sum = wgpu.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    let bindings = wgpu.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: sum.as_entire_binding() }],
    });
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &bindings, &[]);
    pass.dispatch_workgroups(groups, 1, 1);
}

#[test]
fn a_wait_has_an_end() {
    // A device of its own, which nothing else keeps waiting. What is waited for is the long work itself:
    // lavapipe takes no second submission before the first is done.
    let device = opened();
    let submission = occupy(&device);
    let hurried = device.clone().with_timeout(Duration::from_nanos(1));
    let error = hurried.wait(submission, "a test").expect_err("a nanosecond is too short");
    assert!(error.to_string().contains("no answer within"), "{error}");
    device.wait_idle().expect("it takes a second or a few");
}

#[test]
fn memory_that_the_device_is_yet_to_read_is_not_written() {
    let device = opened();
    // Of another size than what is staged, so that the pool does not lend one for the other.
    let take = || Memory::take(&device.shared.storage, 8192).expect("memory");
    let results: Vec<_> = (0..10).map(|_| take()).collect();
    for (byte, result) in (1u8..).zip(&results) {
        let mut recorder = Recorder::new(&device);
        let filled = recorder.stage(4096, |mapped| {
            mapped.copy_from_slice(&[byte; 4096]);
            Ok(())
        });
        let staged = filled.expect("memory");
        record_long(&device, &mut recorder.encoder, 100);
        recorder.encoder.copy_buffer_to_buffer(staged.buffer(), 0, result.buffer(), 0, 4096);
        // Lent to the next round, while the device is busy with this one and the one before.
        recorder.keep(staged);
        recorder.submit();
    }
    assert!(device.pools().reused >= 9, "{:?}: nothing was tested", device.pools());
    let layout = Layout::contiguous(DType::U8, &[4096]).expect("a small layout");
    for (byte, result) in (1u8..).zip(results) {
        let view = DeviceView::new(&device, Some(Arc::new(result)), layout.clone());
        let bytes = view.download().expect("a download").view().to_bytes().expect("memory");
        assert!(bytes == [byte; 4096], "round {byte} read what a later one wrote");
    }
}

#[test]
fn a_device_of_the_callers_runs_plans_and_keeps_its_handlers() {
    let adapter = gpu_adapter();
    let request = adapter.request_device(&wgpu::DeviceDescriptor::default());
    let (theirs, queue) = pollster::block_on(request).expect("a device");
    let heard = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let hears = heard.clone();
    theirs.on_uncaptured_error(Arc::new(move |_| {
        hears.store(true, std::sync::atomic::Ordering::Relaxed);
    }));
    let device = GpuDevice::from_wgpu(theirs.clone(), queue).expect("the bindings of an op");
    let source = picture(&DType::U8, [4, 5, 4]);
    let plan = two_passes(info(&DType::U8, [4, 5, 4]), &DType::U8);
    let result = device.run(&plan, &source.view()).expect("two passes");
    compare("a caller's device", &result.view(), 1.01, |y, x, c| {
        stored(&DType::U8, naive(&source.view(), [y, x, c]))
    });
    assert!(!heard.load(std::sync::atomic::Ordering::Relaxed));
    // An error of the caller's own still reaches the caller.
    let _ = theirs.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::MAX / 2,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    assert!(heard.load(std::sync::atomic::Ordering::Relaxed));
}

#[test]
fn a_lost_device_is_an_error() {
    let device = opened();
    let source = picture(&DType::U8, [4, 5, 3]);
    let up = device.upload(&source.view()).expect("upload");
    device.shared.device.destroy();
    for _ in 0..2 {
        assert!(matches!(up.download(), Err(Error::Device { .. })));
        assert!(matches!(device.upload(&source.view()), Err(Error::Device { .. })));
        assert!(up.map().is_err());
        assert!(up.flip(0).and_then(|view| view.to_contiguous()).is_err());
        assert!(up.flip(0).and_then(|view| view.copy_to(&up)).is_err());
        assert!(pollster::block_on(up.map_async()).is_err());
        assert!(pollster::block_on(up.download_async()).is_err());
    }
    let plan = two_passes(info(&DType::U8, [4, 5, 3]), &DType::U8);
    assert!(matches!(device.run(&plan, &source.view()), Err(Error::Device { .. })));
    assert!(matches!(device.run_on(&plan, &up), Err(Error::Device { .. })));
}

#[test]
fn a_device_that_is_lost_under_work_gives_errors_and_hangs_nowhere() {
    let device = opened();
    let source = picture(&DType::U8, [300, 200, 3]);
    let plan = two_passes(info(&DType::U8, [300, 200, 3]), &DType::U8);
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            for run in 0..100_000 {
                match device.run(&plan, &source.view()) {
                    Ok(result) => assert_eq!(result.shape(), [300, 200, 3]),
                    Err(error) => return Some((run, error)),
                }
            }
            None
        });
        std::thread::sleep(Duration::from_millis(50));
        device.shared.device.destroy();
        let ended = worker.join().expect("it does not panic");
        assert!(matches!(ended, Some((_, Error::Device { .. }))), "{ended:?}");
    });
}

#[test]
fn futures_come_to_an_end_on_any_executor() {
    for device in [gpu(), brought()] {
        let source = picture(&DType::U16, [40, 30, 3]);
        let up = device.upload(&source.view()).and_then(|up| up.flip(1)).expect("upload");
        let wanted = source.view().flip(1).and_then(|v| v.to_bytes()).expect("memory");
        let down = pollster::block_on(up.download_async()).expect("download");
        assert_eq!(down.view().to_bytes().expect("memory"), wanted);
        let mapped = pollster::block_on(up.map_async()).expect("map");
        assert_eq!(mapped.view().to_bytes().expect("memory"), wanted);
        let hasty = device.clone().with_timeout(Duration::ZERO);
        let up = hasty.upload(&source.view()).expect("upload");
        // No time is given: it ends all the same, one way or the other.
        let _ = pollster::block_on(up.download_async());
    }
}

#[test]
fn while_the_host_holds_memory_the_device_leaves_it_alone() {
    for device in [gpu(), brought()] {
        let source = picture(&DType::U8, [4, 5, 3]);
        let plan = two_passes(info(&DType::U8, [4, 5, 3]), &DType::U8);
        let up = device.upload(&source.view()).expect("upload");
        let other = device.upload(&source.view()).expect("upload");
        let mapped = up.slice(0, 1..3).and_then(|part| part.map()).expect("map");
        let part = source.view().slice(0, 1..3).expect("inside");
        assert!(mapped.view().equals(&part));
        let held = |outcome: Result<()>| matches!(outcome, Err(Error::Held { holders: 1, .. }));
        assert!(held(other.copy_to(&up)));
        assert!(held(up.copy_to(&other)));
        assert!(held(up.map().map(|_| ())));
        assert!(held(up.download().map(|_| ())));
        assert!(held(up.flip(0).and_then(|view| view.to_contiguous()).map(|_| ())));
        assert!(held(device.run_on(&plan, &up).map(|_| ())));
        mapped.release();
        let buffer = up.map().and_then(super::Mapped::into_buffer).expect("map");
        assert!(held(other.copy_to(&up)), "a buffer of it is a hold");
        assert!(buffer.view().equals(&source.view()));
        drop(buffer);
        other.flip(0).and_then(|view| view.copy_to(&up)).expect("nobody holds it");
        let turned = source.view().flip(0).expect("an axis");
        assert!(up.map().expect("map").view().equals(&turned));
        let empty = up.slice(0, 2..2).and_then(|none| none.map()).expect("nothing");
        assert_eq!(empty.view().shape(), [0, 5, 3]);
    }
}

#[test]
fn a_buffer_of_the_callers_is_seen_and_stays_theirs() {
    let device = brought();
    let make = |size, usage| {
        let descriptor =
            wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        device.shared.device.create_buffer(&descriptor)
    };
    let usage = super::memory::STORAGE_USAGES;
    let buffer = make(60, usage);
    let source = picture(&DType::U8, [4, 5, 3]);
    let bytes = source.view().to_bytes().expect("memory");
    device.shared.queue.write_buffer(&buffer, 0, &bytes);
    let layout = Layout::contiguous(DType::U8, &[4, 5, 3]).expect("a layout");
    let view = device.view_of_buffer(&buffer, layout.clone()).expect("it fits");
    assert!(view.download().expect("download").view().equals(&source.view()));
    device.upload(&source.view()).and_then(|up| up.flip(1)?.copy_to(&view)).expect("it fits");
    let created = device.pools();
    drop(view);
    assert_eq!(created.idle_bytes, device.pools().idle_bytes, "it went to a pool");
    let again = device.view_of_buffer(&buffer, layout.clone()).and_then(|view| view.download());
    assert!(again.expect("download").view().equals(&source.view().flip(1).expect("an axis")));

    let long = Layout::contiguous(DType::U8, &[61]).expect("a layout");
    let table = [
        (make(60, usage), long, "within 60 bytes"),
        (make(62, usage), layout.clone(), "whole 4-byte words"),
        (make(60, wgpu::BufferUsages::STORAGE), layout, "COPY_SRC"),
    ];
    for (buffer, layout, message) in table {
        let error = device.view_of_buffer(&buffer, layout).expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}
