//! Transfers and dispatches written by hand with wgpu, as a careful programmer would.
//!
//! `naive` makes its buffers anew each time, as tutorials do; `pooled` has made all of them before and
//! knows their sizes.

use bytelens::wgpu;

use wgpu::BufferUsages as Usages;

/// wgpu, by hand.
pub(crate) struct Hand {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// Buffers made before.
pub(crate) struct Pool {
    pub(crate) upload: wgpu::Buffer,
    pub(crate) storage: wgpu::Buffer,
    pub(crate) readback: wgpu::Buffer,
}

impl Hand {
    /// Opens the adapter of a name.
    pub(crate) fn open(name: &str) -> Self {
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

    pub(crate) fn buffer(&self, size: u64, usage: Usages) -> wgpu::Buffer {
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

    pub(crate) fn naive(&self, bytes: &[u8]) -> Vec<u8> {
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

    pub(crate) fn pool(&self, size: u64) -> Pool {
        Pool {
            upload: self.buffer(size, Usages::MAP_WRITE | Usages::COPY_SRC),
            storage: self.buffer(size, Usages::STORAGE | Usages::COPY_DST | Usages::COPY_SRC),
            readback: self.buffer(size, Usages::MAP_READ | Usages::COPY_DST),
        }
    }

    pub(crate) fn pooled(&self, pool: &Pool, bytes: &[u8], target: &mut [u8]) {
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
    pub(crate) fn saxpy(
        &self,
        pools: &[Pool; 2],
        made: &Made,
        sources: [&[u8]; 2],
        target: &mut [u8],
    ) {
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
    pub(crate) fn pipeline(&self, text: &str, buffers: &[&wgpu::Buffer]) -> Made {
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

    pub(crate) fn dispatch(&self, made: &Made, times: usize) {
        self.submit_and_wait(|encoder| made.record(encoder, 1, times));
    }
}

/// A pipeline with what is bound to it.
pub(crate) struct Made {
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
