//! Times transfers and small work on a GPU, beside the same written by hand with wgpu.
//!
//! `naive` makes its buffers anew each time, as tutorials do; `pooled` has made all of them before and
//! knows their sizes. `BYTELENS_DEVICE` names the adapter, software Vulkan unless set. Arguments pick
//! rows by name: `cargo bench --bench device -- 'round trip'`.

use std::hint::black_box;

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::op::param::Light;
use bytelens::ops::blur::Blur;
use bytelens::{Buffer, DType, Image, Pipeline, PixelFormat, View, wgpu};
use criterion::{Criterion, Throughput};

use wgpu::BufferUsages as Usages;

fn main() {
    let choice = match std::env::var("BYTELENS_DEVICE") {
        Ok(name) => GpuChoice::Named(name),
        Err(_) => GpuChoice::Software,
    };
    let gpu = GpuDevice::open(&choice).expect("a GPU");
    let hand = Hand::open(gpu.name());
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    for (name, bytes) in [("4 KiB", 4096), ("64 MiB", 64 << 20), ("256 MiB", 256 << 20)] {
        round_trip(&mut criterion, name, bytes, &gpu, &hand);
    }
    strided(&mut criterion, &gpu);
    dispatches(&mut criterion, &gpu, &hand);
}

/// Bytes that no page of is shared.
fn buffer(bytes: usize) -> Buffer {
    let mut buffer = Buffer::zeroed(DType::U8, &[bytes]).expect("memory");
    buffer.view_mut().and_then(|mut view| view.fill(7u8)).expect("bytes");
    buffer
}

fn round_trip(c: &mut Criterion, size: &str, bytes: usize, gpu: &GpuDevice, hand: &Hand) {
    let (source, mut back) = (buffer(bytes), buffer(bytes));
    let view = source.view();
    let mut group = c.benchmark_group(format!("round trip {size}"));
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("bytelens", |b| {
        b.iter(|| {
            let up = gpu.upload(&view).expect("upload");
            up.download_into(&mut back.view_mut().expect("unshared")).expect("download");
        });
    });
    group.bench_function("bytelens map", |b| {
        b.iter(|| {
            let mapped = gpu.upload(&view).and_then(|up| up.map()).expect("map");
            black_box(mapped.view().get::<u8>(&[bytes - 1]).expect("the last"));
        });
    });
    let raw = view.as_bytes().expect("contiguous");
    group.bench_function("naive", |b| b.iter(|| black_box(hand.naive(raw))));
    let pool = hand.pool(bytes as u64);
    let mut target = raw.to_vec();
    group.bench_function("pooled", |b| b.iter(|| hand.pooled(&pool, raw, &mut target)));
    group.bench_function("memcpy both ways", |b| {
        b.iter(|| {
            target.copy_from_slice(black_box(raw));
            black_box(&mut target);
            target.copy_from_slice(black_box(raw));
        });
    });
}

/// A cropped 24 megapixel picture against as many bytes that lie together.
fn strided(c: &mut Criterion, gpu: &GpuDevice) {
    let picture = buffer(6000 * 4000 * 3);
    let whole = picture.view().reshape(&[4000, 6000, 3]).expect("as many");
    let cropped = whole.slice(0, 500..3500).and_then(|view| view.slice(1, 700..5300));
    let cropped = cropped.expect("inside");
    let together = cropped.to_contiguous().expect("memory");
    let mut group = c.benchmark_group("upload of a crop");
    group.throughput(Throughput::Bytes(cropped.nbytes() as u64));
    let mut row = |name: &str, view: &View<'_>| {
        group.bench_function(name, |b| {
            b.iter(|| {
                black_box(gpu.upload(view).expect("upload"));
                gpu.wait_idle().expect("it ends");
            });
        });
    };
    row("strided", &cropped);
    row("contiguous", &together.view());
}

/// A thousand dispatches in one submission.
fn dispatches(c: &mut Criterion, gpu: &GpuDevice, hand: &Hand) {
    let blur = || Blur::default().sigma(0.6).light(Light::Srgb);
    let pipeline = (0..500).fold(Pipeline::new(), |pipeline, _| pipeline.then(blur()));
    let pixels = Buffer::from_vec(vec![9u8; 16 * 16], &[16, 16, 1]).expect("a picture");
    let image = Image::new(pixels, PixelFormat::GRAY).expect("a picture");
    let plan = pipeline.plan(image.info(), gpu.arrangement()).expect("a plan");
    assert_eq!(plan.passes.len(), 1000);
    let up = gpu.upload(&image.view()).expect("upload");
    let mut group = c.benchmark_group("1000 dispatches in one submission");
    group.bench_function("bytelens", |b| {
        b.iter(|| {
            black_box(gpu.run_on(&plan, &up).expect("it runs"));
            gpu.wait_idle().expect("it ends");
        });
    });
    let tiny = hand.tiny();
    group.bench_function("by hand", |b| b.iter(|| hand.dispatch(&tiny, 1000)));
}

/// wgpu, by hand.
struct Hand {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// Buffers made before.
struct Pool {
    upload: wgpu::Buffer,
    storage: wgpu::Buffer,
    readback: wgpu::Buffer,
}

impl Hand {
    /// Opens the adapter of a name.
    fn open(name: &str) -> Self {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        let named = adapters.into_iter().find(|adapter| adapter.get_info().name == name);
        let adapter = named.expect("it was opened before");
        let descriptor = wgpu::DeviceDescriptor {
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).expect("a device");
        Self { device, queue }
    }

    fn buffer(&self, size: u64, usage: Usages) -> wgpu::Buffer {
        let mapped_at_creation = usage.contains(Usages::MAP_WRITE);
        let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation };
        self.device.create_buffer(&descriptor)
    }

    fn submit_and_wait(&self, record: impl FnOnce(&mut wgpu::CommandEncoder)) {
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        record(&mut encoder);
        self.queue.submit([encoder.finish()]);
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("it ends");
    }

    fn naive(&self, bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() as u64;
        let storage = self.buffer(size, Usages::STORAGE | Usages::COPY_DST | Usages::COPY_SRC);
        let readback = self.buffer(size, Usages::MAP_READ | Usages::COPY_DST);
        self.queue.write_buffer(&storage, 0, bytes);
        self.submit_and_wait(|encoder| {
            encoder.copy_buffer_to_buffer(&storage, 0, &readback, 0, size);
        });
        readback.map_async(wgpu::MapMode::Read, .., |_| {});
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("it ends");
        readback.get_mapped_range(..).expect("mapped").to_vec()
    }

    fn pool(&self, size: u64) -> Pool {
        Pool {
            upload: self.buffer(size, Usages::MAP_WRITE | Usages::COPY_SRC),
            storage: self.buffer(size, Usages::STORAGE | Usages::COPY_DST | Usages::COPY_SRC),
            readback: self.buffer(size, Usages::MAP_READ | Usages::COPY_DST),
        }
    }

    fn pooled(&self, pool: &Pool, bytes: &[u8], target: &mut [u8]) {
        let size = bytes.len() as u64;
        pool.upload.get_mapped_range_mut(..).expect("mapped").copy_from_slice(bytes);
        pool.upload.unmap();
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&pool.upload, 0, &pool.storage, 0, size);
        encoder.copy_buffer_to_buffer(&pool.storage, 0, &pool.readback, 0, size);
        self.queue.submit([encoder.finish()]);
        pool.readback.map_async(wgpu::MapMode::Read, .., |_| {});
        pool.upload.map_async(wgpu::MapMode::Write, .., |_| {});
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("it ends");
        target.copy_from_slice(&pool.readback.get_mapped_range(..).expect("mapped"));
        pool.readback.unmap();
    }

    /// A kernel that adds one to 256 words.
    fn tiny(&self) -> (wgpu::ComputePipeline, wgpu::BindGroup) {
        let text = "@group(0) @binding(0) var<storage, read_write> words: array<u32>;
            @compute @workgroup_size(256)
            fn main(@builtin(global_invocation_id) id: vec3<u32>) { words[id.x] += 1u; }";
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let words = self.buffer(1024, Usages::STORAGE);
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: words.as_entire_binding() }],
        });
        (pipeline, group)
    }

    fn dispatch(&self, (pipeline, group): &(wgpu::ComputePipeline, wgpu::BindGroup), times: usize) {
        self.submit_and_wait(|encoder| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[]);
            for _ in 0..times {
                pass.dispatch_workgroups(1, 1, 1);
            }
        });
    }
}
