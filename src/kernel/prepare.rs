//! A call checked against its kernel: every name known, every type fitting, every variable bound.
//!
//! What is wrong is said in the order in which a reader would mend it: names, values, what is missing,
//! types, access, memory. Nothing here records.

use super::Kernel;
use super::call::{Call, Given, Like};
use super::fit::{Misfit, fits};
use super::reflect::{Access, Binding, BindingKind, wrong};
use super::settings::{constants, no_value};
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::Layout;

/// What a binding is bound to, found to fit.
pub(super) enum Bound {
    Read(DeviceView),
    Update(DeviceView),
    Output(Layout),
    /// Bytes of a uniform, or of storage that is read.
    Constant(Vec<u8>),
}

impl Bound {
    /// Returns the view that came, where one did.
    pub(super) fn view(&self) -> Option<&DeviceView> {
        match self {
            Self::Read(view) | Self::Update(view) => Some(view),
            Self::Output(_) | Self::Constant(_) => None,
        }
    }

    /// Returns element type and shape, for what has one.
    pub(super) fn layout(&self) -> Option<&Layout> {
        match self {
            Self::Read(view) | Self::Update(view) => Some(view.layout()),
            Self::Output(layout) => Some(layout),
            Self::Constant(_) => None,
        }
    }
}

/// A call that may be recorded: one [`Bound`] for each of the kernel's bindings, in their order.
pub(super) struct Prepared {
    pub(super) bound: Vec<Bound>,
    /// Overrides' keys and values, sorted.
    pub(super) constants: Vec<(String, f64)>,
    /// Outputs and updates in the order in which they were given, as indices of bindings.
    pub(super) results: Vec<usize>,
    /// Pairs of bindings that take turns: read, written.
    pub(super) swaps: Vec<[usize; 2]>,
}

/// Checks a call. Takes what it was given.
pub(super) fn prepare(call: &mut Call, device: &GpuDevice) -> Result<Prepared> {
    let kernel = call.kernel.clone();
    let mut bound: Vec<Option<Bound>> = kernel.bindings().iter().map(|_| None).collect();
    let constants = constants(&kernel, &call.values, &mut bound)?;

    let mut results = Vec::new();
    let mut outputs = Vec::new();
    for (name, given) in std::mem::take(&mut call.given) {
        let at = index_of(&kernel, &name)?;
        if bound[at].is_some() || outputs.iter().any(|(index, _)| *index == at) {
            let problem = format!("binding {name:?} is given twice; give it once");
            return Err(wrong(kernel.name(), problem));
        }
        if !matches!(given, Given::Read(_)) {
            results.push(at);
        }
        match given {
            Given::Read(view) => bound[at] = Some(Bound::Read(view)),
            Given::Update(view) => bound[at] = Some(Bound::Update(view)),
            Given::Output(like) => outputs.push((at, like)),
        }
    }
    for (at, like) in outputs {
        bound[at] = Some(Bound::Output(output(&kernel, at, &like, &bound)?));
    }
    let bound = all_bound(&kernel, bound)?;
    for (binding, bound) in kernel.bindings().iter().zip(&bound) {
        check_access(&kernel, binding, bound)?;
        check_fit(&kernel, binding, bound)?;
        check_place(&kernel, binding, bound, device)?;
    }
    check_aliases(&kernel, &bound)?;
    check_holders(&kernel, &bound)?;
    let swaps = swaps(&kernel, call, &bound)?;
    Ok(Prepared { bound, constants, results, swaps })
}

/// Finds a binding by its name.
pub(super) fn index_of(kernel: &Kernel, name: &str) -> Result<usize> {
    let bindings = kernel.bindings();
    if let Some(at) = bindings.iter().position(|one| one.name == name) {
        return Ok(at);
    }
    let other = kernel.shared.module.naga.global_variables.iter();
    let mut other = other.filter(|(_, variable)| variable.binding.is_some());
    if other.any(|(_, variable)| variable.name.as_deref() == Some(name)) {
        let problem = format!("entry {:?} does not use {name:?}; leave it out", kernel.entry());
        return Err(wrong(kernel.name(), problem));
    }
    let names: Vec<_> = bindings.iter().map(|one| one.name.as_str()).collect();
    let known = format!("kernel {} has {}", kernel.name(), listed(&names));
    Err(Error::unknown("binding", name, names, known))
}

pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Works out element type and shape of an output.
fn output(kernel: &Kernel, at: usize, like: &Like, bound: &[Option<Bound>]) -> Result<Layout> {
    let binding = &kernel.bindings()[at];
    match like {
        Like::Array(dtype, shape) => Layout::contiguous(dtype.clone(), shape),
        Like::Shape(shape) => {
            let element = binding.element().ok_or_else(|| {
                let problem = format!(
                    "output {:?} is {}, which no shape alone describes; give its element type too",
                    binding.name, binding.ty
                );
                wrong(kernel.name(), problem)
            })?;
            Layout::contiguous(element, shape)
        }
        Like::Name(name) => {
            let other = index_of(kernel, name)?;
            match bound[other].as_ref().and_then(Bound::layout) {
                Some(layout) => Layout::contiguous(layout.dtype().clone(), layout.shape()),
                None => {
                    let problem = format!(
                        "output {:?} is to be like {name:?}, which has no view; bind one to it",
                        binding.name
                    );
                    Err(wrong(kernel.name(), problem))
                }
            }
        }
    }
}

/// Refuses a kernel of whose variables one is left without anything.
fn all_bound(kernel: &Kernel, bound: Vec<Option<Bound>>) -> Result<Vec<Bound>> {
    let pairs = kernel.bindings().iter().zip(bound);
    let check = |(binding, bound): (&Binding, Option<Bound>)| {
        bound.ok_or_else(|| {
            let Binding { name, ty, access, .. } = binding;
            if binding.kind == BindingKind::Uniform {
                let mut parts = Vec::new();
                ty.parts(name, 0, &mut parts);
                return no_value(kernel, &parts[0].path, &parts[0].ty.to_string());
            }
            let mend = match access {
                Access::Read => format!("bind a view with .bind({name:?}, …)"),
                Access::Write => format!("add .output({name:?}, …)"),
                Access::ReadWrite => {
                    format!("add .output({name:?}, …), or .update({name:?}, …) with a view")
                }
            };
            let problem =
                format!("binding {name:?} is {ty} ({access}) and has nothing bound; {mend}");
            wrong(kernel.name(), problem)
        })
    };
    pairs.map(check).collect()
}

fn check_access(kernel: &Kernel, binding: &Binding, bound: &Bound) -> Result<()> {
    let Binding { name, access, .. } = binding;
    let problem = match (bound, access.writes()) {
        (Bound::Read(_), true) => format!(
            "binding {name:?} is written by entry {:?}, but the view was bound for reading; add \
             .output({name:?}, …) for memory of its own, or .update({name:?}, …) to write the view",
            kernel.entry()
        ),
        (Bound::Output(_) | Bound::Update(_), false) => format!(
            "binding {name:?} is only read by entry {:?}, so it cannot be an output; bind a view \
             with .bind({name:?}, …)",
            kernel.entry()
        ),
        _ => return Ok(()),
    };
    Err(wrong(kernel.name(), problem))
}

fn check_fit(kernel: &Kernel, binding: &Binding, bound: &Bound) -> Result<()> {
    let Some(layout) = bound.layout() else { return Ok(()) };
    // Nothing is computed for an output without elements.
    if layout.is_empty() && matches!(bound, Bound::Output(_)) {
        return Ok(());
    }
    fits(&binding.ty, layout.dtype(), layout.shape()).map_err(|misfit| {
        let Misfit { of_type, of_view, mend } = misfit;
        let with = |text: String| if text.is_empty() { text } else { format!(" ({text})") };
        let (of_type, of_view) = (with(of_type), with(of_view));
        let what = if matches!(bound, Bound::Output(_)) { "the output" } else { "the view" };
        let Binding { name, ty, .. } = binding;
        let problem =
            format!("binding {name:?} is {ty}{of_type}, but {what} is {layout}{of_view}; {mend}");
        wrong(kernel.name(), problem)
    })
}

/// Checks that a view is in the device's memory and that the device can bind so much.
fn check_place(
    kernel: &Kernel,
    binding: &Binding,
    bound: &Bound,
    device: &GpuDevice,
) -> Result<()> {
    let Binding { name, .. } = binding;
    if let Some(view) = bound.view().filter(|view| !view.device().is_same(device)) {
        let problem = format!(
            "binding {name:?}: the view is in the memory of another device ({}) than the one that runs \
             the kernel; upload it there",
            view.device().name()
        );
        return Err(wrong(kernel.name(), problem));
    }
    if let Some(view) = bound.view() {
        view.check_free()?;
    }
    let limits = device.limits();
    let (limit, hint) = match binding.kind {
        BindingKind::Storage => (
            limits.max_storage_buffer_binding_size,
            "bind a part, or go through it by rows (Kernel::rows, --rows)",
        ),
        BindingKind::Uniform => {
            (limits.max_uniform_buffer_binding_size, "declare it var<storage, read>")
        }
    };
    let bytes = match bound {
        Bound::Constant(bytes) => bytes.len(),
        bound => bound.layout().map_or(0, Layout::nbytes),
    };
    if bytes as u64 > limit {
        return Err(Error::Limit {
            what: format!("kernel {}: binding {name:?} on {}", kernel.name(), device.name()),
            got: format!("{bytes} bytes"),
            limit: format!("{limit} bytes"),
            hint: hint.to_owned(),
        });
    }
    Ok(())
}

/// Refuses memory that is bound both for reading and for writing.
fn check_aliases(kernel: &Kernel, bound: &[Bound]) -> Result<()> {
    let named = || kernel.bindings().iter().zip(bound);
    for (written, one) in named().filter(|(binding, _)| binding.declared_writable) {
        for (read, other) in named().filter(|(binding, _)| !binding.declared_writable) {
            let (Some(one), Some(other)) = (one.view(), other.view()) else { continue };
            if one.shares_memory_with(other) {
                let (written_name, read_name) = (&written.name, &read.name);
                let mend = if written.access.writes() {
                    format!("make {written_name:?} an output of its own with .output")
                } else {
                    format!("declare {written_name:?} var<storage, read>, as it is only read")
                };
                let problem = format!(
                    "bindings {read_name:?} (declared read) and {written_name:?} (declared \
                     read_write) see the same memory, which no device takes in one dispatch; {mend}"
                );
                return Err(wrong(kernel.name(), problem));
            }
        }
    }
    Ok(())
}

/// Refuses to write what others hold.
fn check_holders(kernel: &Kernel, bound: &[Bound]) -> Result<()> {
    for (binding, bound) in kernel.bindings().iter().zip(bound) {
        let Bound::Update(view) = bound else { continue };
        let others = view.other_holders();
        if others > 0 {
            let name = &binding.name;
            let holders = match others {
                1 => "another view holds; drop it".to_owned(),
                others => format!("{others} other views hold; drop them"),
            };
            let problem = format!(
                "binding {name:?} would write memory that {holders}, or take memory of its own with \
                 .output({name:?}, …)"
            );
            return Err(wrong(kernel.name(), problem));
        }
    }
    Ok(())
}

fn swaps(kernel: &Kernel, call: &Call, bound: &[Bound]) -> Result<Vec<[usize; 2]>> {
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for [read, written] in &call.swaps {
        let pair = [index_of(kernel, read)?, index_of(kernel, written)?];
        let (Bound::Read(from), Bound::Output(to)) = (&bound[pair[0]], &bound[pair[1]]) else {
            let problem = format!(
                "swap wants a bound view and an output; {read:?} must come from .bind and \
                 {written:?} from .output"
            );
            return Err(wrong(kernel.name(), problem));
        };
        let same: fn(&Layout) -> (&DType, &[usize]) = |layout| (layout.dtype(), layout.shape());
        if same(from.layout()) != same(to) {
            let problem = format!(
                "swap exchanges {read:?}, which is {}, with {written:?}, which is {to}; make them the \
                 same with .output({written:?}, {read:?})",
                from.layout()
            );
            return Err(wrong(kernel.name(), problem));
        }
        if pairs.iter().flatten().any(|at| pair.contains(at)) {
            let problem =
                format!("swap of {read:?} and {written:?}: one of them is swapped already");
            return Err(wrong(kernel.name(), problem));
        }
        pairs.push(pair);
    }
    Ok(pairs)
}
