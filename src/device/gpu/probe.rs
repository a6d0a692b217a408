//! A first question to a device: can it calculate, and does it loop to the end?
//!
//! Drivers have been seen that end loops silently, and such a fault is told by nothing but wrong
//! pixels. One tiny dispatch at opening asks. It is *not* a test of the driver: only what has been
//! met in the wild, or would spoil every op, is asked.

use std::time::Duration;

use crate::device::gpu::fault::{Faults, failed, scoped, wait};
use crate::error::Result;

/// How often the probe loops: more than the known faulty drivers do.
const ROUNDS: u32 = 70_000;

/// The most iterations that a shader may make where the driver was seen to end loops.
pub(super) const LOOP_LIMIT: u32 = 60_000;

/// How many workgroups ask, one after the other or side by side.
const WORKGROUPS: u32 = 4;

const SEED: u32 = 0x8000_1234;

/// Asks the device. Returns the iterations it can be trusted with, where there is an end to them.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) where it calculates wrongly, or not at all.
pub(super) fn probe(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    faults: &Faults,
    name: &str,
) -> Result<Option<u32>> {
    const DURING: &str = "the check at opening";
    let questions = [ROUNDS, SEED, 7, 2.5f32.to_bits(), 3f32.to_bits()];
    let answers = scoped(device, name, DURING, || ask(device, queue, faults, name, &questions))?;
    let mut state = SEED;
    for _ in 0..ROUNDS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    }
    let signed = SEED.cast_signed();
    let expected = [
        (signed / 7).cast_unsigned(),
        (signed >> 3).cast_unsigned(),
        (2.5f32 * 3.0 + 1.0).to_bits(),
        2f32.to_bits(),
        0x4200_4100,
        0x0403_0201,
    ];
    if answers[7] != 0 {
        let problem = "workgroup memory does not start as zeros: the driver is broken";
        return Err(failed(name, DURING, problem));
    }
    if answers[1..7] != expected {
        let problem = format!("wrong arithmetic: {:x?}, not {expected:x?}", &answers[1..7]);
        return Err(failed(name, DURING, problem));
    }
    Ok((answers[0] != state).then_some(LOOP_LIMIT))
}

/// Dispatches `shaders/lib/probe.wgsl` once and reads what it wrote.
fn ask(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    faults: &Faults,
    name: &str,
    questions: &[u32],
) -> Result<[u32; 8]> {
    use wgpu::BufferUsages as Usages;
    let buffer = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("bytelens probe"),
            size: 32,
            usage,
            mapped_at_creation: false,
        })
    };
    let src = buffer(Usages::STORAGE | Usages::COPY_DST);
    let dst = buffer(Usages::STORAGE | Usages::COPY_SRC);
    let answers = buffer(Usages::MAP_READ | Usages::COPY_DST);
    queue.write_buffer(&src, 0, bytemuck::cast_slice(questions));

    let text = include_str!("../../../shaders/lib/probe.wgsl");
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("probe.wgsl"),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("probe"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("probe"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: src.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: dst.as_entire_binding() },
        ],
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &group, &[]);
    // Several, for memory of a workgroup may be used by the next.
    pass.dispatch_workgroups(WORKGROUPS, 1, 1);
    drop(pass);
    encoder.copy_buffer_to_buffer(&dst, 0, &answers, 0, 32);
    let submission = queue.submit([encoder.finish()]);
    answers.map_async(wgpu::MapMode::Read, .., |_| {});
    wait(device, faults, name, "the check at opening", (submission, Duration::from_secs(20)))?;
    let mapped = answers.get_mapped_range(..32);
    let mapped = mapped.map_err(|error| failed(name, "the check at opening", error))?;
    let word = |at: usize| {
        let bytes = [0, 1, 2, 3].map(|byte| mapped[at * 4 + byte]);
        u32::from_le_bytes(bytes)
    };
    Ok([0, 1, 2, 3, 4, 5, 6, 7].map(word))
}
