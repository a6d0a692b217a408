//! Which GPUs there are, and which one is meant.
//!
//! Asking costs some milliseconds and opens nothing. A machine without any driver has no adapters;
//! that is no error here. Software adapters run on the CPU: they are an oracle for tests and a road
//! for shaders, never anybody's best.

use std::fmt;

use crate::error::{Error, Result};

/// Which GPU is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GpuChoice {
    /// The best real GPU: discrete before integrated before virtual, and none that runs on the CPU.
    #[default]
    Best,
    /// A software Vulkan adapter, such as lavapipe.
    Software,
    /// The adapter of this number, or the first with this in its name, whatever the case.
    Named(String),
}

/// What a GPU is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU that shares the CPU's memory.
    Integrated,
    /// A GPU lent by a host.
    Virtual,
    /// The driver does not say.
    Other,
    /// The CPU, in the clothes of a GPU.
    Software,
}

impl AdapterKind {
    /// Tells whether it has no memory of its own, so that the host sees all that it does.
    #[must_use]
    pub fn shares_host_memory(self) -> bool {
        matches!(self, Self::Integrated | Self::Software)
    }
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Other => "other",
            Self::Software => "software",
        })
    }
}

/// An adapter: a GPU with a driver that could open it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdapterReport {
    /// Its number, for [`GpuChoice::Named`]; none for a device that a caller brought.
    pub index: Option<usize>,
    /// The name its driver gives.
    pub name: String,
    /// The driver, with its version.
    pub driver: String,
    /// The interface to the driver: `vulkan`, `metal` or `dx12`.
    pub backend: &'static str,
    /// What it is made of.
    pub kind: AdapterKind,
    /// The largest part of a buffer that a shader can see, in bytes.
    pub storage_binding_bytes: u64,
    /// The largest buffer, in bytes.
    pub buffer_bytes: u64,
    /// The most workgroups of a dispatch along each axis.
    pub workgroups: u32,
    /// Where a driver is known to end loops silently: the most iterations that are used.
    pub loop_limit: Option<u32>,
}

impl AdapterReport {
    pub(super) fn new(
        index: Option<usize>,
        info: &wgpu::AdapterInfo,
        limits: &wgpu::Limits,
    ) -> Self {
        Self {
            index,
            name: info.name.clone(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: info.backend.to_str(),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
                wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
                wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
                wgpu::DeviceType::Other => AdapterKind::Other,
                wgpu::DeviceType::Cpu => AdapterKind::Software,
            },
            storage_binding_bytes: limits.max_storage_buffer_binding_size,
            buffer_bytes: limits.max_buffer_size,
            workgroups: limits.max_compute_workgroups_per_dimension,
            loop_limit: None,
        }
    }
}

impl fmt::Display for AdapterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {}, {})", self.name, self.kind, self.backend, self.driver)
    }
}

/// Lists the adapters of this machine, in the order of their numbers.
///
/// Empty where no driver is installed.
#[must_use]
pub fn adapters() -> Vec<AdapterReport> {
    found().into_iter().map(|(report, _)| report).collect()
}

/// Lists adapters with their handles.
pub(super) fn found() -> Vec<(AdapterReport, wgpu::Adapter)> {
    if wgpu::Instance::enabled_backend_features().is_empty() {
        return Vec::new();
    }
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12,
        // Never the debugging layers of a debug build: they write to the terminal.
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let adapters = adapters.into_iter().enumerate();
    let report = |index, adapter: &wgpu::Adapter| {
        AdapterReport::new(Some(index), &adapter.get_info(), &adapter.limits())
    };
    adapters.map(|(index, adapter)| (report(index, &adapter), adapter)).collect()
}

/// Returns which adapters are meant, the best first; never none.
///
/// # Errors
/// [`Error::Device`] where there is none of the kind, [`Error::Unknown`] where none has the name.
pub(super) fn choose(choice: &GpuChoice, adapters: &[AdapterReport]) -> Result<Vec<usize>> {
    let none = |problem: &str| Error::Device { device: "gpu".into(), problem: problem.to_owned() };
    let of_kind = |kind| (0..adapters.len()).filter(move |index| adapters[*index].kind == kind);
    match choice {
        GpuChoice::Best => {
            let kinds = [AdapterKind::Discrete, AdapterKind::Integrated, AdapterKind::Virtual];
            let best: Vec<_> = kinds.into_iter().flat_map(of_kind).collect();
            if best.is_empty() {
                return Err(none("no GPU with a driver was found; use the cpu device"));
            }
            Ok(best)
        }
        GpuChoice::Software => {
            let first: Vec<_> = of_kind(AdapterKind::Software).take(1).collect();
            if first.is_empty() {
                return Err(none(
                    "no software Vulkan was found; install Mesa's (mesa-vulkan-drivers), \
                     or use the cpu device",
                ));
            }
            Ok(first)
        }
        GpuChoice::Named(name) => {
            let wanted = name.trim().to_lowercase();
            let number = wanted.parse().ok().filter(|index| *index < adapters.len());
            let holds = |report: &AdapterReport| report.name.to_lowercase().contains(&wanted);
            let named = || adapters.iter().position(holds).filter(|_| !wanted.is_empty());
            number.or_else(named).map(|index| vec![index]).ok_or_else(|| {
                let names = adapters.iter().map(|report| report.name.as_str());
                Error::unknown("gpu", name, names, "run `bytelens devices` for their names")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AdapterKind, AdapterReport, GpuChoice, adapters, choose};

    fn machine(kinds: &[AdapterKind]) -> Vec<AdapterReport> {
        let report = |(index, kind): (usize, &AdapterKind)| AdapterReport {
            index: Some(index),
            name: format!("{kind:?} Adapter"),
            driver: String::new(),
            backend: "vulkan",
            kind: *kind,
            storage_binding_bytes: 1 << 27,
            buffer_bytes: 1 << 28,
            workgroups: 65_535,
            loop_limit: None,
        };
        kinds.iter().enumerate().map(report).collect()
    }

    #[test]
    fn the_best_gpu_is_a_real_one() {
        use AdapterKind::{Discrete, Integrated, Other, Software, Virtual};
        let table: [(&[AdapterKind], &[usize]); 5] = [
            (&[Software, Integrated, Discrete], &[2, 1]),
            (&[Virtual, Integrated], &[1, 0]),
            (&[Discrete, Discrete], &[0, 1]),
            (&[Software, Other], &[]),
            (&[], &[]),
        ];
        for (kinds, expected) in table {
            let chosen = choose(&GpuChoice::Best, &machine(kinds)).unwrap_or_default();
            assert_eq!(chosen, expected, "{kinds:?}");
        }
    }

    #[test]
    fn software_comes_only_by_name() {
        let machine = machine(&[AdapterKind::Discrete, AdapterKind::Software]);
        let named = |name: &str| choose(&GpuChoice::Named(name.into()), &machine).ok();
        assert_eq!(choose(&GpuChoice::Software, &machine).ok(), Some(vec![1]));
        assert_eq!(named("SOFTWARE adapter"), Some(vec![1]));
        assert_eq!(named("1"), Some(vec![1]));
        assert_eq!(named("adapter"), Some(vec![0]));
        for wrong in ["2", "", " ", "radeon"] {
            assert_eq!(named(wrong), None, "{wrong:?}");
        }
        let error = choose(&GpuChoice::Named("Discret Adaptor".into()), &machine);
        let message = error.expect_err("no adapter has this name").to_string();
        assert!(message.contains("did you mean \"Discrete Adapter\"?"), "{message}");
    }

    #[test]
    fn software_vulkan_is_installed_for_the_tests() {
        let adapters = adapters();
        let software = adapters.iter().find(|report| report.kind == AdapterKind::Software);
        let software = software.expect("install Mesa's software Vulkan: see scripts/test");
        assert!(software.storage_binding_bytes >= 128 << 20, "{software:?}");
    }
}
