//! Times transfers and small work on a GPU, beside the same written by hand with wgpu.
//!
//! `naive` makes its buffers anew each time, as tutorials do; `pooled` has made all of them before and
//! knows their sizes. `BYTELENS_DEVICE` names the adapter, software Vulkan unless set. Arguments pick
//! rows by name: `cargo bench --bench device -- 'round trip'`.

use std::hint::black_box;

use bytelens::device::gpu::{GpuChoice, GpuDevice};
use bytelens::op::param::Light;
use bytelens::ops::blur::Blur;
use bytelens::{Buffer, DType, Image, Kernel, Pipeline, PixelFormat, View, wgpu};
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
    saxpy(&mut criterion, &gpu, &hand);
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

/// `y = a x + y` with 64 MiB in each array: both up, one kernel, one down.
fn saxpy(c: &mut Criterion, gpu: &GpuDevice, hand: &Hand) {
    const BYTES: usize = 64 << 20;
    let kernel = Kernel::named("saxpy", SAXPY).expect("valid WGSL");
    let numbers = |offset: u8| {
        let bytes = buffer(BYTES).view().to_vec::<u8>().expect("memory");
        let floats = bytes.iter().take(BYTES / 4).map(|byte| f32::from(byte + offset)).collect();
        Buffer::from_vec(floats, &[BYTES / 4]).expect("as many")
    };
    let (x, y, mut out) = (numbers(0), numbers(1), numbers(2));
    let mut group = c.benchmark_group("saxpy 64 MiB");
    group.throughput(Throughput::Bytes(BYTES as u64));
    group.bench_function("bytelens", |b| {
        b.iter(|| {
            let (x, y) = (gpu.upload(&x.view()), gpu.upload(&y.view()));
            let call = kernel.call().bind("x", &x.expect("upload")).update("y", y.expect("upload"));
            let outputs = call.force().run(gpu).expect("it runs");
            let target = &mut out.view_mut().expect("unshared");
            outputs.get("y").and_then(|y| y.download_into(target)).expect("download");
        });
    });
    let pools = [hand.pool(BYTES as u64), hand.pool(BYTES as u64)];
    let made = hand.pipeline(SAXPY, &[&pools[0].storage, &pools[1].storage]);
    let raw = |buffer: &Buffer| buffer.view().as_bytes().expect("contiguous").to_vec();
    let (raw_x, raw_y) = (raw(&x), raw(&y));
    let mut target = vec![0; BYTES];
    group.bench_function("pooled", |b| {
        b.iter(|| hand.saxpy(&pools, &made, [&raw_x, &raw_y], &mut target));
    });
    assert!(raw(&out) == target, "both compute the same");
}

const SAXPY: &str = "
    @group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
    @group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
    @compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x < arrayLength(&y) { y[id.x] = 2.5 * x[id.x] + y[id.x]; }
    }";

const INCREMENT: &str = "
    @group(0) @binding(0) var<storage, read_write> words: array<u32>;
    @compute @workgroup_size(256)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { words[id.x] += 1u; }";

/// A thousand dispatches in one submission: of a pipeline of small blurs, and of a kernel by bytelens
/// and by hand.
fn dispatches(c: &mut Criterion, gpu: &GpuDevice, hand: &Hand) {
    let blur = || Blur::default().sigma(0.6).light(Light::Srgb);
    let pipeline = (0..500).fold(Pipeline::new(), |pipeline, _| pipeline.then(blur()));
    let pixels = Buffer::from_vec(vec![9u8; 16 * 16], &[16, 16, 1]).expect("a picture");
    let image = Image::new(pixels, PixelFormat::GRAY).expect("a picture");
    let plan = pipeline.plan(image.info(), gpu.arrangement()).expect("a plan");
    assert_eq!(plan.passes.len(), 1000);
    let up = gpu.upload(&image.view()).expect("upload");
    let mut group = c.benchmark_group("1000 dispatches in one submission");
    group.bench_function("500 blurs", |b| {
        b.iter(|| {
            black_box(gpu.run_on(&plan, &up).expect("it runs"));
            gpu.wait_idle().expect("it ends");
        });
    });
    let kernel = Kernel::named("increment", INCREMENT).expect("valid WGSL");
    let zeros = Buffer::zeroed(DType::U32, &[256]).expect("memory");
    group.bench_function("bytelens", |b| {
        let mut words = Some(gpu.upload(&zeros.view()).expect("upload"));
        b.iter(|| {
            // What is updated comes back, so that nothing is uploaded between the rounds.
            let updated = words.take().expect("it came back");
            let call = kernel.call().update("words", updated).repeat(1000).force();
            let mut outputs = call.run(gpu).expect("it runs");
            words = Some(outputs.take("words").expect("an output"));
            gpu.wait_idle().expect("it ends");
        });
    });
    let words = hand.buffer(1024, Usages::STORAGE);
    let made = hand.pipeline(INCREMENT, &[&words]);
    group.bench_function("by hand", |b| b.iter(|| hand.dispatch(&made, 1000)));
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

    /// Both arrays up, the kernel, the second one down: in buffers, and with a pipeline, made before.
    fn saxpy(&self, pools: &[Pool; 2], made: &Made, sources: [&[u8]; 2], target: &mut [u8]) {
        let size = target.len() as u64;
        for (pool, source) in pools.iter().zip(sources) {
            pool.upload.get_mapped_range_mut(..).expect("mapped").copy_from_slice(source);
            pool.upload.unmap();
        }
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for pool in pools {
            encoder.copy_buffer_to_buffer(&pool.upload, 0, &pool.storage, 0, size);
        }
        made.record(&mut encoder, u32::try_from(size / 16 / 256).expect("few groups"), 1);
        let [_, pool] = pools;
        encoder.copy_buffer_to_buffer(&pool.storage, 0, &pool.readback, 0, size);
        self.queue.submit([encoder.finish()]);
        pool.readback.map_async(wgpu::MapMode::Read, .., |_| {});
        pools.iter().for_each(|pool| pool.upload.map_async(wgpu::MapMode::Write, .., |_| {}));
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("it ends");
        target.copy_from_slice(&pool.readback.get_mapped_range(..).expect("mapped"));
        pool.readback.unmap();
    }

    /// A pipeline and what it binds in its one group, in that order.
    fn pipeline(&self, text: &str, buffers: &[&wgpu::Buffer]) -> Made {
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
        let mut entries = Vec::with_capacity(buffers.len());
        for (binding, buffer) in (0..).zip(buffers) {
            let resource = buffer.as_entire_binding();
            entries.push(wgpu::BindGroupEntry { binding, resource });
        }
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Made { pipeline, group }
    }

    fn dispatch(&self, made: &Made, times: usize) {
        self.submit_and_wait(|encoder| made.record(encoder, 1, times));
    }
}

/// A pipeline with what is bound to it.
struct Made {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
}

impl Made {
    fn record(&self, encoder: &mut wgpu::CommandEncoder, groups: u32, times: usize) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        for _ in 0..times {
            pass.dispatch_workgroups(groups, 1, 1);
        }
    }
}
