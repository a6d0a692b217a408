//! What a device makes of a kernel, kept for the next call.
//!
//! A kernel keeps a bounded number of pipelines, the last used ones; each belongs to a device, an entry
//! point and the overrides' values. They go when the kernel goes.

use std::sync::{Arc, PoisonError};

use naga::back::PipelineConstants;
use naga::back::pipeline_constants::PipelineConstantError;

use super::Kernel;
use super::deep::on_a_deep_stack;
use super::groups::{Workgroup, check_workgroup};
use super::reflect::{ABILITIES, BindingKind, needs, wrong};
use crate::device::gpu::{GpuDevice, Identity};
use crate::error::{Error, Result};

/// The most pipelines that a kernel keeps.
const KEPT: usize = 32;

/// A pipeline with its bind group layouts, and what it was made for.
pub(super) struct Compiled {
    device: Identity,
    entry: usize,
    constants: Vec<(String, u64)>,
    pub(super) pipeline: wgpu::ComputePipeline,
    /// The layouts of the groups that have bindings, by their numbers.
    pub(super) groups: Vec<(u32, wgpu::BindGroupLayout)>,
    pub(super) workgroup: Workgroup,
}

impl Compiled {
    fn is_for(&self, device: &Identity, entry: usize, constants: &[(String, f64)]) -> bool {
        let same = |(a, b): (&(String, u64), &(String, f64))| a.0 == b.0 && a.1 == b.1.to_bits();
        self.device == *device
            && self.entry == entry
            && self.constants.len() == constants.len()
            && self.constants.iter().zip(constants).all(same)
    }
}

/// Returns the kernel as a device runs it, made where it was not made before.
///
/// `constants` are sorted by name.
pub(super) fn compiled(
    kernel: &Kernel,
    device: &GpuDevice,
    constants: &[(String, f64)],
) -> Result<Arc<Compiled>> {
    let kept = || kernel.shared.compiled.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |one: &Arc<Compiled>| one.is_for(&device.identity(), kernel.entry, constants);
    {
        let mut kept = kept();
        if let Some(at) = kept.iter().position(is_it) {
            // The last used is the last in the list.
            let found = kept.remove(at);
            kept.push(Arc::clone(&found));
            return Ok(found);
        }
    }
    // Not under the lock: compiling takes long, and other threads have other devices.
    // In a scope of its own, so that nothing broken is kept.
    let during = format!("kernel {}", kernel.name());
    let made = on_a_deep_stack(|| device.scoped(&during, || compile(kernel, device, constants)));
    let made = Arc::new(made.unwrap_or_else(|error| Err(device.failed(&during, error)))?);
    let mut kept = kept();
    kept.push(Arc::clone(&made));
    if kept.len() > KEPT {
        kept.remove(0);
    }
    Ok(made)
}

/// Returns what one workgroup is, given the overrides' values.
pub(super) fn workgroup(kernel: &Kernel, constants: &[(String, f64)]) -> Result<Workgroup> {
    let module = &kernel.shared.module;
    let entry = kernel.point();
    if module.naga.overrides.is_empty() {
        let point = &module.naga.entry_points[entry.index];
        let used = module.info.get_entry_point(entry.index);
        return Ok(workgroup_of(&module.naga, used, point.workgroup_size));
    }
    let constants: PipelineConstants = constants.iter().cloned().collect();
    let point = Some((naga::ShaderStage::Compute, entry.name.as_str()));
    let (resolved, info) = naga::back::pipeline_constants::process_overrides(
        &module.naga,
        &module.info,
        point,
        &constants,
    )
    .map_err(|error| not_resolved(kernel, error))?;
    let is_it = |point: &naga::EntryPoint| {
        point.stage == naga::ShaderStage::Compute && point.name == entry.name
    };
    let Some(index) = resolved.entry_points.iter().position(is_it) else {
        return Err(wrong(kernel.name(), format!("entry {:?} is gone", entry.name)));
    };
    let size = resolved.entry_points[index].workgroup_size;
    Ok(workgroup_of(&resolved, info.get_entry_point(index), size))
}

fn workgroup_of(
    module: &naga::Module,
    used: &naga::valid::FunctionInfo,
    size: [u32; 3],
) -> Workgroup {
    let shared = module.global_variables.iter().filter(|(handle, variable)| {
        variable.space == naga::AddressSpace::WorkGroup && !used[*handle].is_empty()
    });
    let bytes = shared.map(|(_, variable)| {
        // wgpu counts each variable in whole sixteens.
        let bytes = module.types[variable.ty].inner.size(module.to_ctx());
        u64::from(bytes).next_multiple_of(16)
    });
    Workgroup { size, shared_bytes: bytes.sum() }
}

fn not_resolved(kernel: &Kernel, error: PipelineConstantError) -> Error {
    let named = |key: &str| {
        let found = kernel.overrides().iter().find(|one| one.key == key);
        found.map_or_else(|| key.to_owned(), |one| one.name.clone())
    };
    let problem = match error {
        PipelineConstantError::MissingValue(key) => {
            let name = named(&key);
            format!("override {name:?} has no default; give it a value with .set({name:?}, …)")
        }
        PipelineConstantError::NegativeWorkgroupSize => {
            "@workgroup_size must be 1 or more along each axis; set its overrides so".to_owned()
        }
        PipelineConstantError::ValidationError(error) => {
            let text = error.emit_to_string_with_path(kernel.source(), kernel.name());
            format!("the overrides' values make it invalid\n{}", text.trim_end())
        }
        error => format!("the overrides' values make it invalid: {error}"),
    };
    wrong(kernel.name(), problem)
}

fn compile(kernel: &Kernel, gpu: &GpuDevice, constants: &[(String, f64)]) -> Result<Compiled> {
    let name = kernel.name();
    let device = gpu.wgpu_device();
    check_abilities(kernel, gpu)?;
    let workgroup = workgroup(kernel, constants)?;
    check_workgroup(name, workgroup, gpu.limits())?;
    check_counts(kernel, gpu.limits())?;
    let groups = layouts(kernel, device);
    let pipeline_layout = {
        let last = groups.last().map_or(0, |(group, _)| *group as usize + 1);
        let mut all: Vec<Option<&wgpu::BindGroupLayout>> = vec![None; last];
        for (group, layout) in &groups {
            all[*group as usize] = Some(layout);
        }
        device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &all,
            immediate_size: 0,
        })
    };
    // Safe as it is made: accesses are bounds-checked and loops are bounded.
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(kernel.source().into()),
    });
    let keyed: Vec<(&str, f64)> = constants.iter().map(|(key, value)| (&**key, *value)).collect();
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some(kernel.entry()),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &keyed,
            ..wgpu::PipelineCompilationOptions::default()
        },
        cache: None,
    });
    let constants = constants.iter().map(|(key, value)| (key.clone(), value.to_bits())).collect();
    let (device, entry) = (gpu.identity(), kernel.entry);
    Ok(Compiled { device, entry, constants, pipeline, groups, workgroup })
}

/// Refuses a kernel that needs what the device was not opened with.
fn check_abilities(kernel: &Kernel, gpu: &GpuDevice) -> Result<()> {
    let features = gpu.wgpu_device().features();
    for (capability, feature, what) in ABILITIES {
        if !features.contains(feature) && needs(kernel.source(), capability) {
            return Err(Error::Unsupported {
                what: format!("kernel {}: {what} on {}", kernel.name(), gpu.name()),
                instead: format!(
                    "open the device with wgpu's {feature}, or do without in the WGSL"
                ),
            });
        }
    }
    Ok(())
}

/// Refuses more bindings than the device takes.
fn check_counts(kernel: &Kernel, limits: &wgpu::Limits) -> Result<()> {
    let bindings = kernel.bindings();
    let count = |kind| bindings.iter().filter(|one| one.kind == kind).count();
    let groups = bindings.iter().map(|one| one.group as usize + 1).max().unwrap_or(0);
    let numbers = bindings.iter().map(|one| one.binding as usize + 1).max().unwrap_or(0);
    let table = [
        ("bind groups", groups, limits.max_bind_groups, "number groups from 0"),
        (
            "numbers in a bind group",
            numbers,
            limits.max_bindings_per_bind_group,
            "number bindings from 0",
        ),
        (
            "storage bindings",
            count(BindingKind::Storage),
            limits.max_storage_buffers_per_shader_stage,
            "join some in a struct or an array",
        ),
        (
            "uniform bindings",
            count(BindingKind::Uniform),
            limits.max_uniform_buffers_per_shader_stage,
            "join them in a struct",
        ),
    ];
    for (what, got, limit, hint) in table {
        if got as u64 > u64::from(limit) {
            return Err(Error::Limit {
                what: format!("kernel {}: the number of {what}", kernel.name()),
                got: got.to_string(),
                limit: limit.to_string(),
                hint: hint.to_owned(),
            });
        }
    }
    Ok(())
}

fn layouts(kernel: &Kernel, device: &wgpu::Device) -> Vec<(u32, wgpu::BindGroupLayout)> {
    let bindings = kernel.bindings();
    let groups = bindings.chunk_by(|a, b| a.group == b.group);
    let layout = |bindings: &[super::Binding]| {
        let entries: Vec<_> = bindings
            .iter()
            .map(|one| wgpu::BindGroupLayoutEntry {
                binding: one.binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: match one.kind {
                        BindingKind::Uniform => wgpu::BufferBindingType::Uniform,
                        BindingKind::Storage => {
                            let read_only = !one.declared_writable;
                            wgpu::BufferBindingType::Storage { read_only }
                        }
                    },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(kernel.name()),
            entries: &entries,
        })
    };
    groups.map(|bindings| (bindings[0].group, layout(bindings))).collect()
}
