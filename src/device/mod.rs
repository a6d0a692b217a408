//! Who runs passes. This layer names no op: it is given a [`Plan`] and runs what is in it.
//!
//! The CPU device is always there. The GPU device (feature `gpu`) runs the same plan in compute
//! shaders. What a device does not do: choose ops, compute weights, read or write files.

mod bands;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod memory;

use std::fmt;

use crate::error::{Error, Result};
use crate::op::pass::{Arrangement, Plan};
use crate::view::{Buffer, View};
use cpu::CpuDevice;
#[cfg(feature = "batch")]
pub(crate) use cpu::Flow;
#[cfg(feature = "gpu")]
use gpu::{GpuChoice, GpuDevice};

/// A device, and why it is the one.
#[derive(Clone, Debug)]
pub struct Device {
    kind: Kind,
    reason: String,
}

#[derive(Clone, Debug)]
enum Kind {
    Cpu(CpuDevice),
    #[cfg(feature = "gpu")]
    Gpu(GpuDevice),
}

impl Device {
    /// Returns the CPU device, on all cores.
    #[must_use]
    pub fn cpu() -> Self {
        Self::from_cpu(CpuDevice::new(), "asked for by name")
    }

    /// Returns the CPU device on so many threads; callers with images side by side want one each.
    #[must_use]
    pub fn cpu_with_threads(threads: usize) -> Self {
        Self::from_cpu(CpuDevice::with_threads(threads), "asked for by name")
    }

    /// Returns a real GPU if there is one, else the CPU.
    ///
    /// Software Vulkan is never taken: it is slower than the CPU device on the same cores.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(feature = "gpu")]
        let reason = match GpuDevice::open(&GpuChoice::Best) {
            Ok(gpu) => {
                return Self { kind: Kind::Gpu(gpu), reason: "the best GPU found".to_owned() };
            }
            // The way on that the error names, the CPU, is being taken.
            Err(Error::Device { problem, .. }) => match problem.split_once(';') {
                Some((cause, _)) => cause.to_owned(),
                None => problem,
            },
            Err(error) => error.to_string(),
        };
        #[cfg(not(feature = "gpu"))]
        let reason = "built without the feature `gpu`";
        Self::from_cpu(CpuDevice::new(), reason)
    }

    /// Returns the device of a name: `auto`, `cpu`, `gpu` (a real one), `software` (Vulkan on the
    /// CPU), or part of an adapter's name.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no such device, or it fails its first
    /// test.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::best()),
            "cpu" => Ok(Self::cpu()),
            _ => Self::gpu_named(name),
        }
    }

    #[cfg(feature = "gpu")]
    fn gpu_named(name: &str) -> Result<Self> {
        let choice = match name {
            "gpu" => GpuChoice::Best,
            "software" => GpuChoice::Software,
            name => GpuChoice::Named(name.to_owned()),
        };
        let gpu = GpuDevice::open(&choice)?;
        Ok(Self { kind: Kind::Gpu(gpu), reason: "asked for by name".to_owned() })
    }

    #[cfg(not(feature = "gpu"))]
    fn gpu_named(name: &str) -> Result<Self> {
        Err(Error::Unsupported {
            what: format!("the device {name:?} in a build without the feature `gpu`"),
            instead: "use `cpu`, or build with the feature".to_owned(),
        })
    }

    fn from_cpu(cpu: CpuDevice, reason: impl Into<String>) -> Self {
        Self { kind: Kind::Cpu(cpu), reason: reason.into() }
    }

    /// Returns why this device is the one.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns whether this is the CPU device.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        matches!(self.kind, Kind::Cpu(_))
    }

    /// Returns the GPU device, where this is one.
    #[cfg(feature = "gpu")]
    #[must_use]
    pub fn as_gpu(&self) -> Option<&GpuDevice> {
        match &self.kind {
            Kind::Cpu(_) => None,
            Kind::Gpu(gpu) => Some(gpu),
        }
    }

    /// Returns how this device wants pixels to lie, for planning.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        match &self.kind {
            Kind::Cpu(cpu) => cpu.arrangement(),
            #[cfg(feature = "gpu")]
            Kind::Gpu(gpu) => gpu.arrangement(),
        }
    }

    /// Starts to run a plan on rows as they come. Nothing where this device wants the whole for it.
    ///
    /// # Errors
    /// [`Error::Limit`] where memory cannot be had.
    #[cfg(feature = "batch")]
    pub(crate) fn flow(&self, plan: Plan) -> Result<Option<Flow>> {
        match &self.kind {
            Kind::Cpu(cpu) => cpu.flow(plan),
            #[cfg(feature = "gpu")]
            Kind::Gpu(_) => Ok(None),
        }
    }

    /// Returns the most bytes of a source that are held at a time, where a plan is run on rows as they come.
    #[cfg(feature = "batch")]
    pub(crate) fn flow_bytes(&self, plan: &Plan) -> Option<usize> {
        match &self.kind {
            Kind::Cpu(cpu) => cpu.flow_bytes(plan),
            #[cfg(feature = "gpu")]
            Kind::Gpu(_) => None,
        }
    }

    /// Runs a plan on pixels of the plan's source layout, and waits for the result.
    ///
    /// # Errors
    /// [`Error::Device`] where the device fails; then there is no result.
    /// [`Error::Limit`] where the device cannot hold so much.
    pub fn run(&self, plan: &Plan, source: &View<'_>) -> Result<Buffer> {
        match &self.kind {
            Kind::Cpu(cpu) => cpu.run(plan, source),
            #[cfg(feature = "gpu")]
            Kind::Gpu(gpu) => gpu.run(plan, source),
        }
    }
}

#[cfg(feature = "gpu")]
impl From<GpuDevice> for Device {
    fn from(gpu: GpuDevice) -> Self {
        Self { kind: Kind::Gpu(gpu), reason: "brought by the caller".to_owned() }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Cpu(cpu) => write!(f, "{cpu}"),
            #[cfg(feature = "gpu")]
            Kind::Gpu(gpu) => write!(f, "{}", gpu.name()),
        }
    }
}
