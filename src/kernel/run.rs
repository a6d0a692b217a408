//! A checked call as commands: bind groups made once, one compute pass for all rounds.

use std::num::NonZeroU64;

use super::Kernel;
use super::call::{Call, Dispatch};
use super::compile::{Compiled, compiled};
use super::fit::elements;
use super::groups::{check_groups, for_invocations, over};
use super::place::{Piece, Placer, piece};
use super::prepare::{Bound, Prepared, index_of, prepare};
use super::reflect::wrong;
use crate::device::gpu::{DeviceView, GpuDevice, Recorder};
use crate::error::{Error, Result};

/// What a call has made, by name: the outputs and the views that were updated, in the order of the call.
#[derive(Clone, Debug)]
pub struct Outputs {
    kernel: String,
    views: Vec<(String, DeviceView)>,
}

impl Outputs {
    /// Returns the view of a name.
    ///
    /// # Errors
    /// [`Error::Unknown`] where no output has the name.
    pub fn get(&self, name: &str) -> Result<&DeviceView> {
        Ok(&self.views[self.index_of(name)?].1)
    }

    /// Takes the view of a name out, so that nothing else holds its memory.
    ///
    /// # Errors
    /// [`Error::Unknown`] where no output has the name.
    pub fn take(&mut self, name: &str) -> Result<DeviceView> {
        Ok(self.views.remove(self.index_of(name)?).1)
    }

    /// Returns all of them with their names, in the order of the call.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &DeviceView)> {
        self.views.iter().map(|(name, view)| (name.as_str(), view))
    }

    fn index_of(&self, name: &str) -> Result<usize> {
        self.views.iter().position(|(one, _)| one == name).ok_or_else(|| {
            let names: Vec<_> = self.iter().map(|(name, _)| name).collect();
            let known = format!("kernel {} has made {}", self.kernel, names.join(", "));
            Error::unknown("output", name, names, known)
        })
    }
}

/// Runs a call in a submission of its own.
pub(super) fn run(call: Call, device: &GpuDevice) -> Result<Outputs> {
    let during = format!("kernel {}", call.kernel.name());
    device.scoped(&during, || {
        let mut recorder = Recorder::new(device);
        let (outputs, used) = encode(call, device, &mut recorder)?;
        recorder.submit();
        drop(used);
        device.poll(&during)?;
        Ok(outputs)
    })
}

/// Records a call in a caller's encoder.
pub(super) fn record(
    call: Call,
    device: &GpuDevice,
    encoder: &mut wgpu::CommandEncoder,
) -> Result<Outputs> {
    let during = format!("kernel {}", call.kernel.name());
    device.scoped(&during, || {
        let encoded = Recorder::within(device, encoder, |recorder| encode(call, device, recorder));
        let (outputs, used) = encoded?;
        // Until the caller submits, none of the memory may be lent to anybody else.
        let recorded: Vec<_> = used.iter().filter_map(DeviceView::recorded).collect();
        encoder.on_submitted_work_done(move || drop(recorded));
        Ok(outputs)
    })
}

/// Refuses a device on which a user's loops would end silently.
fn check_device(call: &Call, device: &GpuDevice) -> Result<()> {
    let Some(limit) = device.report().loop_limit.filter(|_| !call.force) else { return Ok(()) };
    Err(Error::Unsupported {
        what: format!(
            "kernel {} on {}, whose driver ends loops silently after some 65,000 iterations,",
            call.kernel.name(),
            device.name()
        ),
        instead: format!(
            "use another device or a newer driver; or, if no invocation makes more than {limit} \
             iterations in all, say so with .force()"
        ),
    })
}

/// Records a call. Returns the outputs, and all memory that must outlive the submitting.
fn encode(
    mut call: Call,
    device: &GpuDevice,
    recorder: &mut Recorder<'_>,
) -> Result<(Outputs, Vec<DeviceView>)> {
    check_device(&call, device)?;
    let kernel = call.kernel.clone();
    let Prepared { bound, constants, results, swaps } = prepare(&mut call, device)?;
    let compiled = compiled(&kernel, device, &constants)?;
    let groups = groups(&call, &bound, &results, &compiled, device)?;
    let times = if groups.contains(&0) { 0 } else { call.repeat };

    let mut placer = Placer { kernel: &kernel, device, recorder };
    let mut views: Vec<Option<DeviceView>> = Vec::with_capacity(bound.len());
    for (binding, bound) in kernel.bindings().iter().zip(&bound) {
        views.push(placer.view(binding, bound, times)?);
    }
    let constants = placer.constants(&bound)?;
    // The third piece of memory of each pair: two suffice only for what may overwrite what it was given.
    let mut spare: Vec<Option<DeviceView>> = Vec::with_capacity(swaps.len());
    for [_, written] in &swaps {
        let view = views[*written].as_ref().filter(|_| times > 1);
        spare.push(view.map(|view| placer.zeros(view.layout())).transpose()?);
    }

    if times > 0 {
        let bind = |round: u32| -> Result<Vec<(u32, wgpu::BindGroup)>> {
            let mut pieces = pieces(&kernel, &views, &constants)?;
            for ([read, written], spare) in swaps.iter().zip(&spare) {
                let Some(spare) = spare.as_ref().map(piece) else { continue };
                let (first, spare) = (pieces[*written].clone(), spare?);
                let (from, to) = match round {
                    0 => continue,
                    round if round % 2 == 1 => (first, spare),
                    _ => (spare, first),
                };
                pieces[*read] = from;
                pieces[*written] = to;
            }
            Ok(bind_groups(&kernel, &compiled, device, &pieces))
        };
        let rounds = if swaps.is_empty() { 1 } else { times.min(3) };
        let bound: Vec<_> = (0..rounds).map(bind).collect::<Result<_>>()?;
        let descriptor =
            wgpu::ComputePassDescriptor { label: Some(kernel.name()), ..Default::default() };
        let mut pass = recorder.encoder.begin_compute_pass(&descriptor);
        pass.set_pipeline(&compiled.pipeline);
        for round in 0..times {
            // Rounds 1, 2, 3, 4 … take turns between the second and the third set of groups.
            let set =
                if round < rounds { Some(round) } else { (rounds == 3).then(|| 2 - round % 2) };
            if let Some(set) = set {
                for (group, bind_group) in &bound[set as usize] {
                    pass.set_bind_group(*group, bind_group, &[]);
                }
            }
            pass.dispatch_workgroups(groups[0], groups[1], groups[2]);
        }
    }

    let sources = bound.iter().filter_map(Bound::view).cloned();
    let used = views.iter().chain(&spare).flatten().cloned().chain(sources).collect();
    for ([_, written], spare) in swaps.iter().zip(spare) {
        // The first round writes the output, the second the spare, the third the output …
        if let Some(spare) = spare.filter(|_| times % 2 == 0) {
            views[*written] = Some(spare);
        }
    }
    let mut outputs = Vec::with_capacity(results.len());
    for at in results {
        if let Some(view) = views[at].take() {
            outputs.push((kernel.bindings()[at].name.clone(), view));
        }
    }
    Ok((Outputs { kernel: kernel.name().to_owned(), views: outputs }, used))
}

/// Works out how many workgroups run, and checks that the device can.
fn groups(
    call: &Call,
    bound: &[Bound],
    results: &[usize],
    compiled: &Compiled,
    device: &GpuDevice,
) -> Result<[u32; 3]> {
    let kernel = &call.kernel;
    let size = compiled.workgroup.size;
    let over_binding = |at: usize| {
        let binding = &kernel.bindings()[at];
        let layout = bound[at].layout().ok_or_else(|| {
            let name = &binding.name;
            wrong(kernel.name(), format!("the dispatch is over {name:?}, which has no shape"))
        })?;
        let shape = elements(&binding.ty, layout.dtype(), layout.shape());
        Ok(over(&shape, size, kernel.point().is_more_than_1d))
    };
    let groups = match &call.dispatch {
        Dispatch::Groups(groups) => groups.map(u64::from),
        Dispatch::Invocations(invocations) => for_invocations(invocations.map(u64::from), size),
        Dispatch::Over(name) => over_binding(index_of(kernel, name)?)?,
        Dispatch::Auto => match results.iter().find(|at| matches!(bound[**at], Bound::Output(_))) {
            Some(at) => over_binding(*at)?,
            None => over_binding(*results.first().ok_or_else(|| {
                let problem = "nothing is written, so nothing says how many invocations run; \
                               add an output, or say it with .dispatch(…)";
                wrong(kernel.name(), problem)
            })?)?,
        },
    };
    check_groups(kernel.name(), groups, size, device.limits())
}

fn pieces(
    kernel: &Kernel,
    views: &[Option<DeviceView>],
    constants: &[Option<Piece>],
) -> Result<Vec<Piece>> {
    let both = views.iter().zip(constants);
    let found = both.map(|(view, constant)| match (view, constant) {
        (Some(view), _) => piece(view),
        (None, Some(constant)) => Ok(constant.clone()),
        (None, None) => Err(wrong(kernel.name(), "a binding has neither view nor value")),
    });
    found.collect()
}

fn bind_groups(
    kernel: &Kernel,
    compiled: &Compiled,
    device: &GpuDevice,
    pieces: &[Piece],
) -> Vec<(u32, wgpu::BindGroup)> {
    let of_group = |(group, layout): &(u32, wgpu::BindGroupLayout)| {
        let bound = kernel.bindings().iter().zip(pieces);
        let bound = bound.filter(|(binding, _)| binding.group == *group);
        let entries: Vec<_> = bound
            .map(|(binding, piece)| wgpu::BindGroupEntry {
                binding: binding.binding,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &piece.buffer,
                    offset: piece.offset,
                    size: NonZeroU64::new(piece.size),
                }),
            })
            .collect();
        let group_made = device.wgpu_device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(kernel.name()),
            layout,
            entries: &entries,
        });
        (*group, group_made)
    };
    compiled.groups.iter().map(of_group).collect()
}
