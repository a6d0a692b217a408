//! A pass between two timestamps of the GPU.

use std::sync::mpsc::channel;
use std::time::Duration;

use bytelens::device::gpu::GpuDevice;
use bytelens::kernel::{Call, Outputs};
use bytelens::{Error, wgpu};

/// A device's handles, to time what runs on it.
#[derive(Debug)]
pub(super) struct Stamps {
    device: wgpu::Device,
    queue: wgpu::Queue,
    /// None where the device has no timestamps in encoders.
    query: Option<Query>,
}

#[derive(Debug)]
struct Query {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readable: wgpu::Buffer,
}

/// Two timestamps of 8 bytes.
const BYTES: u64 = 16;

impl Stamps {
    pub(super) fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let needed =
            wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS;
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: BYTES,
                usage,
                mapped_at_creation: false,
            })
        };
        let query = device.features().contains(needed).then(|| Query {
            set: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            readable: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
        });
        Self { device: device.clone(), queue: queue.clone(), query }
    }

    /// Waits until the device has done all that it was given.
    pub(super) fn wait(&self) {
        // A device that has failed says so where its results are asked for.
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
    }

    /// Runs a call, and returns how long the GPU says that it took.
    pub(super) fn timed(
        &self,
        gpu: &GpuDevice,
        call: Call,
    ) -> Result<(Outputs, Option<Duration>), Error> {
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("bytelens run --profile") };
        let mut encoder = self.device.create_command_encoder(&descriptor);
        if let Some(query) = &self.query {
            encoder.write_timestamp(&query.set, 0);
        }
        let outputs = call.record(gpu, &mut encoder)?;
        if let Some(Query { set, resolved, readable }) = &self.query {
            encoder.write_timestamp(set, 1);
            encoder.resolve_query_set(set, 0..2, resolved, 0);
            encoder.copy_buffer_to_buffer(resolved, 0, readable, 0, BYTES);
        }
        self.queue.submit([encoder.finish()]);
        let took = self.query.as_ref().and_then(|query| self.read(&query.readable));
        self.wait();
        Ok((outputs, took))
    }

    fn read(&self, readable: &wgpu::Buffer) -> Option<Duration> {
        let (tell, told) = channel();
        readable.map_async(wgpu::MapMode::Read, .., move |mapped| {
            // Whoever waited has gone.
            let _ = tell.send(mapped.is_ok());
        });
        self.wait();
        if !told.recv().ok()? {
            return None;
        }
        let bytes = readable.get_mapped_range(..).ok()?.to_vec();
        readable.unmap();
        let (first, second) = bytes.split_first_chunk::<8>()?;
        let (first, second) =
            (u64::from_le_bytes(*first), u64::from_le_bytes(*second.first_chunk()?));
        let ticks = second.checked_sub(first)?;
        Some(Duration::from_secs_f64(
            ticks as f64 * f64::from(self.queue.get_timestamp_period()) / 1e9,
        ))
    }
}
