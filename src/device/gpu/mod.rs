//! The GPU device: runs plans in compute shaders, through wgpu.
//!
//! ```text
//!   View ─ gather ─► mapped staging ─ copy ─► storage ─ pass ─► storage ─ … ─ copy ─► staging ─► Buffer
//!          transfer.rs   memory.rs            run.rs    assemble.rs                   readback.rs
//! ```
//!
//! It is *not* a pool of threads or an executor: what waits says so, and waits no longer than its
//! timeout. It knows no op; what runs is what the plan names.
//!
//! A renderer that has a device and an encoder of its own records into them: `record.rs` encodes a
//! prepared plan between the caller's buffers and textures, which `frame.rs` describes, and submits,
//! polls and waits for nothing.
//!
//! Invariants: wgpu is called inside an error scope, so that a failure is an `Err` with the name of
//! what ran, never wrong pixels, and the device works on afterwards; no buffer and no dispatch is of
//! size zero; a caller's device keeps its own handlers.

mod adapter;
mod assemble;
mod budget;
mod copy;
mod fault;
#[cfg(test)]
mod fault_tests;
mod frame;
mod gather;
mod kernel_access;
mod mapped;
mod memory;
mod probe;
mod readback;
mod record;
mod requirements;
mod run;
mod run_bands;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod texture;
mod transfer;
mod view;
mod waiter;

pub use adapter::{AdapterKind, AdapterReport, GpuChoice, adapters};
pub use frame::{Frame, FrameInfo};
pub use mapped::Mapped;
pub use memory::PoolReport;
pub use record::Prepared;
pub use requirements::{Requirements, requirements};
pub use view::DeviceView;

pub(crate) use assemble::Shader;
pub(crate) use kernel_access::Identity;
pub(crate) use transfer::Recorder;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::device::memory::HostMemory;
use crate::error::Result;
use crate::op::pass::{Arrangement, PlannedPass};
use assemble::{ENTRY, binding};
use budget::Budget;
use fault::{Faults, failed, scoped};
use memory::{Pool, Purpose};
use waiter::{Finished, Waiter};

/// How long a wait for the device lasts, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Threads that copy to and from a device of our own, at most: more than a few only wait for the bus.
const MOST_THREADS: usize = 4;

/// A GPU. Cloning it is cheap, and clones may be used from any threads at once.
#[derive(Clone)]
pub struct GpuDevice {
    shared: Arc<Shared>,
    timeout: Duration,
    /// How many threads of the host copy what is large.
    threads: NonZeroUsize,
}

struct Shared {
    device: wgpu::Device,
    queue: wgpu::Queue,
    report: AdapterReport,
    limits: wgpu::Limits,
    faults: Faults,
    waiter: Waiter,
    /// One layout for the bindings of every op.
    bindings: wgpu::BindGroupLayout,
    pipeline_layout: wgpu::PipelineLayout,
    pipelines: Mutex<HashMap<Shader, wgpu::ComputePipeline>>,
    budget: Arc<Budget>,
    /// Memory of the host for results.
    host: HostMemory,
    storage: Arc<Pool>,
    upload: Arc<Pool>,
    readback: Arc<Pool>,
}

impl fmt::Debug for GpuDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GpuDevice").field(&self.name()).finish()
    }
}

impl GpuDevice {
    /// Opens a GPU and checks with one tiny dispatch that it can calculate.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) where there is no such GPU, or where it cannot be
    /// opened or calculates wrongly; [`Error::Unknown`](crate::Error::Unknown) where none has the
    /// name.
    pub fn open(choice: &GpuChoice) -> Result<Self> {
        let (reports, handles): (Vec<_>, Vec<_>) = adapter::found().into_iter().unzip();
        let mut outcome = None;
        for index in adapter::choose(choice, &reports)? {
            let opened = Self::open_adapter(&handles[index], &reports[index]);
            if opened.is_ok() {
                return opened;
            }
            // The failure of the best is the one that tells why.
            outcome.get_or_insert(opened);
        }
        outcome.unwrap_or_else(|| Err(failed("gpu", "opening", "no adapter")))
    }

    fn open_adapter(adapter: &wgpu::Adapter, report: &AdapterReport) -> Result<Self> {
        let is_unified = report.kind.shares_host_memory()
            && adapter.features().contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS);
        // What the WGSL of users may need; ops need none of it.
        let mut features = adapter.features() & kernel_access::FEATURES;
        features.set(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS, is_unified);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("bytelens"),
            required_features: features,
            // All that the adapter can, for the defaults stop at bindings of 128 MiB.
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| failed(&report.name, "opening", error))?;
        let faults = Faults::default();
        faults.listen(&device);
        let mut report = report.clone();
        report.loop_limit = probe::probe(&device, &queue, &faults, &report.name)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let gpu = Self::assembled(device, queue, report, faults, is_unified)?;
        Ok(gpu.with_threads(cores.min(MOST_THREADS)))
    }

    /// Takes a device that the caller has made, with the caller's limits and features.
    ///
    /// Nothing is submitted or waited for until work is asked for, and the device's error handlers
    /// stay the caller's.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) where the device was made with less than
    /// [`Requirements::least`] asks for; [`Error::Device`](crate::Error::Device) where it cannot hold
    /// the bindings of an op.
    pub fn from_wgpu(device: wgpu::Device, queue: wgpu::Queue) -> Result<Self> {
        requirements::check(&device)?;
        let mut report = AdapterReport::new(None, &device.adapter_info(), &device.limits());
        if report.kind == AdapterKind::Software {
            // It is not ours to be probed; the fault is known of software adapters alone.
            report.loop_limit = Some(probe::LOOP_LIMIT);
        }
        Self::assembled(device, queue, report, Faults::default(), false)
    }

    fn assembled(
        device: wgpu::Device,
        queue: wgpu::Queue,
        report: AdapterReport,
        faults: Faults,
        is_unified: bool,
    ) -> Result<Self> {
        let (bindings, pipeline_layout) = scoped(&device, &report.name, "opening", || {
            let bindings = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("bytelens op"),
                entries: &binding_entries(),
            });
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("bytelens op"),
                bind_group_layouts: &[Some(&bindings)],
                immediate_size: 0,
            });
            Ok((bindings, layout))
        })?;
        let budget = Budget::new(budget::default_limit(report.kind == AdapterKind::Software));
        let pool =
            |purpose| Pool::new((&device, &queue), &report.name, purpose, is_unified, &budget);
        let shared = Shared {
            limits: device.limits(),
            storage: pool(Purpose::Storage),
            upload: pool(Purpose::Upload),
            readback: pool(Purpose::Readback),
            pipelines: Mutex::default(),
            waiter: Waiter::default(),
            host: HostMemory::default(),
            budget,
            device,
            queue,
            report,
            faults,
            bindings,
            pipeline_layout,
        };
        Ok(Self { shared: Arc::new(shared), timeout: TIMEOUT, threads: NonZeroUsize::MIN })
    }

    /// Sets how long a wait for the device may last, at most; 120 seconds unless set.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many threads of the host copy large views to the device and back, 0 as 1.
    ///
    /// Unless set, it is one for each core and 4 at most; for a device that the caller has made, it is 1:
    /// the copying thread is the one that asks. The other threads live as long as a copy.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Sets how many bytes of memory the device may take, all pools together and for all clones.
    ///
    /// Unless set, it is half of the host's memory for a device that runs on the CPU, whose driver
    /// would take all, and unbounded for others. Work that needs more is refused, or done in parts
    /// where it can be; the device works on.
    #[must_use]
    pub fn with_memory_budget(self, bytes: u64) -> Self {
        self.shared.budget.set_limit(bytes);
        self
    }

    /// Returns how many bytes of memory the device may take.
    #[must_use]
    pub fn memory_budget(&self) -> u64 {
        self.shared.budget.limit()
    }

    /// Returns the name that its driver gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.report.name
    }

    /// Returns what it is, what it can, and what was found wrong with it.
    #[must_use]
    pub fn report(&self) -> &AdapterReport {
        &self.shared.report
    }

    /// Returns how plans for this device must place pixels.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        Arrangement::PaddedPixels
    }

    /// Returns what the memory pools have done so far, all together.
    #[must_use]
    pub fn pools(&self) -> PoolReport {
        let pools = [&self.shared.storage, &self.shared.upload, &self.shared.readback];
        pools.iter().map(|pool| pool.report()).fold(PoolReport::default(), |sum, one| PoolReport {
            created: sum.created + one.created,
            reused: sum.reused + one.reused,
            idle_bytes: sum.idle_bytes + one.idle_bytes,
            used_bytes: self.shared.budget.used(),
        })
    }

    /// Tells whether both are the same wgpu device.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until all that was submitted is done.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) where that takes longer than the timeout, or where the
    /// device has failed.
    pub fn wait_idle(&self) -> Result<()> {
        self.scoped("waiting", || self.wait(self.shared.queue.submit([]), "waiting"))
    }

    /// Runs `work` inside an error scope.
    pub(crate) fn scoped<T>(&self, during: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        scoped(&self.shared.device, self.name(), during, work)
    }

    /// Waits for a submission.
    fn wait(&self, submission: wgpu::SubmissionIndex, during: &str) -> Result<()> {
        let Shared { device, faults, .. } = &*self.shared;
        fault::wait(device, faults, self.name(), during, (submission, self.timeout))
    }

    /// Waits for a submission without blocking the thread that asks.
    fn finished(&self, submission: wgpu::SubmissionIndex, during: &str) -> Result<Finished> {
        let Shared { device, faults, waiter, .. } = &*self.shared;
        waiter.wait(device, faults, self.name(), during, (submission, self.timeout))
    }

    /// Asks the device how it is, without waiting.
    pub(crate) fn poll(&self, during: &str) -> Result<()> {
        let Shared { device, faults, .. } = &*self.shared;
        fault::poll(device, faults, self.name(), during)
    }

    /// Returns the pipeline of a shader, made where it is asked for the first time.
    fn pipeline(&self, shader: Shader, name: &str) -> Result<wgpu::ComputePipeline> {
        let pipelines = || self.shared.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipeline) = pipelines().get(&shader) {
            return Ok(pipeline.clone());
        }
        let device = &self.shared.device;
        let pipeline = self.scoped(name, || {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(name),
                source: wgpu::ShaderSource::Wgsl(shader.text.as_str().into()),
            });
            Ok(device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(name),
                layout: Some(&self.shared.pipeline_layout),
                module: &module,
                entry_point: Some(ENTRY),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            }))
        })?;
        pipelines().insert(shader, pipeline.clone());
        Ok(pipeline)
    }
}

/// The bindings of every op's shader, as [`binding`] numbers them.
fn binding_entries() -> [wgpu::BindGroupLayoutEntry; 6] {
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let uniform = wgpu::BufferBindingType::Uniform;
    [
        (binding::SRC, storage(true)),
        (binding::DST, storage(false)),
        (binding::SRC_LAYOUT, uniform),
        (binding::DST_LAYOUT, uniform),
        (binding::PARAMS, uniform),
        (binding::TABLES, storage(true)),
    ]
    .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    })
}

/// Returns the WGSL text that a planned pass runs as, for those who want to read or validate it.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) where pixels are of a type that shaders do not read.
pub fn shader_text(planned: &PlannedPass) -> Result<String> {
    Ok(assemble::assemble(planned, crate::device::bands::Rows::all(planned.src.height()))?.text)
}
