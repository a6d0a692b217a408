//! What a WGSL text declares: entry points, bindings and how each entry uses them, overrides.
//!
//! naga parses and validates; what it says is turned into plain values once. A text that is wrong is
//! an error that shows the line with a caret. No device is asked.

use std::fmt;

use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};

use super::deep::{MAX_SOURCE, on_a_deep_stack};
use super::wgsl::{Number, Wgsl};
use crate::error::{Error, Result};

/// The deepest that blocks may lie in each other: what holds them is dropped on anybody's stack.
const MAX_DEPTH: usize = 500;

/// What a binding is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindingKind {
    /// `var<storage>`: views are bound to it.
    Storage,
    /// `var<uniform>`: values are set in it.
    Uniform,
}

/// What an entry point does with a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads only.
    Read,
    /// It writes only.
    Write,
    /// It does both.
    ReadWrite,
}

impl Access {
    /// Tells whether it writes.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Self::Read
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "read_write",
        })
    }
}

/// A variable of the WGSL that memory is bound to, as one entry point uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub(super) name: String,
    pub(super) group: u32,
    pub(super) binding: u32,
    pub(super) kind: BindingKind,
    pub(super) access: Access,
    /// Declared `read_write`, whatever the entry point does with it.
    pub(super) declared_writable: bool,
    pub(super) ty: Wgsl,
}

impl Binding {
    /// Returns the variable's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of its bind group.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.group
    }

    /// Returns its number in the bind group.
    #[must_use]
    pub fn binding(&self) -> u32 {
        self.binding
    }

    /// Returns what is bound to it.
    #[must_use]
    pub fn kind(&self) -> BindingKind {
        self.kind
    }

    /// Returns what the entry point does with it, which may be less than it was declared for.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// Returns its type as WGSL writes it.
    #[must_use]
    pub fn wgsl(&self) -> String {
        self.ty.to_string()
    }

    /// Returns the element type that a host has for one of its elements, gaps included; none where
    /// there is none.
    #[must_use]
    pub fn element(&self) -> Option<crate::dtype::DType> {
        match &self.ty {
            Wgsl::Array { of, .. } => of.dtype(),
            ty => ty.dtype(),
        }
    }
}

impl fmt::Display for Binding {
    /// Writes it as WGSL declares it: `@group(0) @binding(1) var<storage, read> x: array<f32>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, group, binding, access, ty, .. } = self;
        write!(f, "@group({group}) @binding({binding}) ")?;
        match self.kind {
            BindingKind::Uniform => write!(f, "var<uniform> {name}: {ty}"),
            BindingKind::Storage => write!(f, "var<storage, {access}> {name}: {ty}"),
        }
    }
}

/// A constant of the WGSL that may be given another value before the kernel is compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    pub(super) name: String,
    /// The key that wgpu knows it by.
    pub(super) key: String,
    pub(super) number: Number,
    pub(super) required: bool,
}

impl Override {
    /// Returns its name, or its `@id` where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its type as WGSL writes it.
    #[must_use]
    pub fn wgsl(&self) -> &'static str {
        self.number.name()
    }

    /// Tells whether it has no default, so that it must be set.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "override {}: {}", self.name, self.number.name())?;
        if self.required { f.write_str(" (must be set)") } else { Ok(()) }
    }
}

/// A text that was parsed and found valid.
pub(super) struct Module {
    pub(super) naga: naga::Module,
    pub(super) info: ModuleInfo,
    pub(super) entries: Vec<Entry>,
    pub(super) overrides: Vec<Override>,
}

/// A compute entry point.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Its index among all entry points of the module.
    pub(super) index: usize,
    /// In the order of groups and bindings; variables that it does not use are left out.
    pub(super) bindings: Vec<Binding>,
    /// What it uses that no view can be bound to: name and type in words.
    pub(super) foreign: Vec<(String, &'static str)>,
    /// It asks for the second or third number of an invocation's id.
    pub(super) is_more_than_1d: bool,
}

/// Parses a text and finds out what it declares. `name` is how messages call it.
pub(super) fn module(name: &str, source: &str) -> Result<Module> {
    if source.len() > MAX_SOURCE {
        return Err(Error::Limit {
            what: format!("kernel {name}: the WGSL text"),
            got: format!("{} bytes", source.len()),
            limit: format!("{MAX_SOURCE} bytes"),
            hint: "pass tables as bindings".to_owned(),
        });
    }
    let parsed = on_a_deep_stack(|| validated(name, source));
    let (naga, info) = parsed.unwrap_or_else(|error| {
        Err(wrong(name, format!("the WGSL could not be parsed: {error}; please report the text")))
    })?;
    let compute =
        |(_, entry): &(usize, &naga::EntryPoint)| entry.stage == naga::ShaderStage::Compute;
    let points = naga.entry_points.iter().enumerate().filter(compute);
    let entries: Vec<_> = points.map(|(index, point)| entry(&naga, &info, index, point)).collect();
    if entries.is_empty() {
        let problem = "there is no entry point; put @compute @workgroup_size(64) in front of a fn";
        return Err(wrong(name, problem));
    }
    let overrides = naga.overrides.iter().filter_map(|(_, one)| overridable(&naga, one)).collect();
    Ok(Module { naga, info, entries, overrides })
}

pub(super) fn wrong(name: &str, problem: impl Into<String>) -> Error {
    Error::Kernel { kernel: name.to_owned(), problem: problem.into() }
}

fn validated(name: &str, source: &str) -> Result<(naga::Module, ModuleInfo)> {
    let shown = |text: String| wrong(name, format!("the WGSL is wrong\n{}", text.trim_end()));
    let module = naga::front::wgsl::parse_str(source).map_err(|error| {
        let mut text = error.emit_to_string_with_path(source, name);
        if error.message().contains("`subgroups`") {
            text.truncate(text.trim_end().len());
            text += "\nleave the line out: subgroup built-ins work without it";
        }
        shown(text)
    })?;
    let functions = module.functions.iter().map(|(_, function)| function);
    let points = module.entry_points.iter().map(|point| &point.function);
    if functions.chain(points).any(|function| depth(&function.body) > MAX_DEPTH) {
        let problem =
            format!("blocks lie more than {MAX_DEPTH} deep in each other; make functions");
        return Err(wrong(name, problem));
    }
    // What a device lacks is told when a device is there.
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::all());
    let info = validator
        .validate(&module)
        .map_err(|error| shown(error.emit_to_string_with_path(source, name)))?;
    Ok((module, info))
}

/// Returns how deep blocks lie in each other.
fn depth(block: &naga::Block) -> usize {
    let inner = block.iter().map(|statement| match statement {
        naga::Statement::Block(block) => depth(block),
        naga::Statement::If { accept, reject, .. } => depth(accept).max(depth(reject)),
        naga::Statement::Switch { cases, .. } => {
            cases.iter().map(|case| depth(&case.body)).max().unwrap_or(0)
        }
        naga::Statement::Loop { body, continuing, .. } => depth(body).max(depth(continuing)),
        _ => 0,
    });
    1 + inner.max().unwrap_or(0)
}

/// The abilities of a device that a text may need: each with wgpu's feature and a name for it.
pub(super) const ABILITIES: [(Capabilities, wgpu::Features, &str); 5] = [
    (Capabilities::SHADER_FLOAT16, wgpu::Features::SHADER_F16, "f16"),
    (Capabilities::FLOAT64, wgpu::Features::SHADER_F64, "f64"),
    (Capabilities::SHADER_INT64, wgpu::Features::SHADER_INT64, "64-bit integers"),
    (Capabilities::SUBGROUP, wgpu::Features::SUBGROUP, "subgroup operations"),
    (Capabilities::SHADER_FLOAT32_ATOMIC, wgpu::Features::SHADER_FLOAT32_ATOMIC, "atomics of f32"),
];

/// Tells whether a valid text would not be valid without an ability, be it enabled or used.
pub(super) fn needs(source: &str, ability: Capabilities) -> bool {
    let capabilities = Capabilities::all() - ability;
    let options = naga::front::wgsl::Options { parse_doc_comments: false, capabilities };
    let parsed = naga::front::wgsl::Frontend::new_with_options(options).parse(source);
    let validate = |module| Validator::new(ValidationFlags::all(), capabilities).validate(&module);
    !parsed.is_ok_and(|module| validate(module).is_ok())
}

fn entry(
    module: &naga::Module,
    info: &ModuleInfo,
    index: usize,
    point: &naga::EntryPoint,
) -> Entry {
    let uses = info.get_entry_point(index);
    let mut bindings = Vec::new();
    let mut foreign = Vec::new();
    for (handle, variable) in module.global_variables.iter() {
        let used = uses[handle];
        if used.is_empty() {
            continue;
        }
        let name = variable.name.clone().unwrap_or_else(|| "_".to_owned());
        let (kind, declared_writable) = match variable.space {
            naga::AddressSpace::Uniform => (BindingKind::Uniform, false),
            naga::AddressSpace::Storage { access } => {
                (BindingKind::Storage, access.contains(naga::StorageAccess::STORE))
            }
            naga::AddressSpace::Handle => {
                foreign.push((name, "a texture or sampler"));
                continue;
            }
            naga::AddressSpace::Immediate => {
                foreign.push((name, "an immediate"));
                continue;
            }
            _ => continue,
        };
        let ty = Wgsl::from_naga(module, variable.ty);
        let (Some(place), Some(ty)) = (&variable.binding, ty) else {
            foreign.push((name, "an array of bindings"));
            continue;
        };
        // Asking how long an array is reads none of it.
        let writes = used.intersects(GlobalUse::WRITE | GlobalUse::ATOMIC);
        let reads = used.intersects(GlobalUse::READ | GlobalUse::ATOMIC);
        let access = match (reads, writes) {
            (_, false) => Access::Read,
            (false, true) => Access::Write,
            (true, true) => Access::ReadWrite,
        };
        let (group, binding) = (place.group, place.binding);
        bindings.push(Binding { name, group, binding, kind, access, declared_writable, ty });
    }
    bindings.sort_by_key(|binding| (binding.group, binding.binding));
    let is_more_than_1d = reads_beyond_x(module, &point.function);
    Entry { name: point.name.clone(), index, bindings, foreign, is_more_than_1d }
}

/// Tells whether a function takes `.y` or `.z` of an id that it is given.
///
/// An id that is handed on whole is taken to be read as `.x`: then a 1-D kernel is what it looks like.
fn reads_beyond_x(module: &naga::Module, function: &naga::Function) -> bool {
    use naga::{BuiltIn, Expression};
    let is_id = |binding: &Option<naga::Binding>| {
        let id = [BuiltIn::GlobalInvocationId, BuiltIn::WorkGroupId, BuiltIn::LocalInvocationId];
        matches!(binding, Some(naga::Binding::BuiltIn(built_in)) if id.contains(built_in))
    };
    let argument = |index: u32| function.arguments.get(index as usize);
    let expressions = &function.expressions;
    let is_id_vector = |handle: naga::Handle<Expression>| match expressions[handle] {
        Expression::FunctionArgument(index) => {
            argument(index).is_some_and(|argument| is_id(&argument.binding))
        }
        Expression::AccessIndex { base, index } => {
            let Expression::FunctionArgument(argued) = expressions[base] else { return false };
            let Some(argument) = argument(argued) else { return false };
            match &module.types[argument.ty].inner {
                naga::TypeInner::Struct { members, .. } => {
                    members.get(index as usize).is_some_and(|member| is_id(&member.binding))
                }
                _ => false,
            }
        }
        _ => false,
    };
    expressions.iter().any(|(_, expression)| match expression {
        Expression::AccessIndex { base, index: 1 | 2 } => is_id_vector(*base),
        Expression::Swizzle { size, vector, pattern } => {
            let taken = &pattern[..*size as usize];
            is_id_vector(*vector) && taken.iter().any(|one| *one != naga::SwizzleComponent::X)
        }
        _ => false,
    })
}

fn overridable(module: &naga::Module, one: &naga::Override) -> Option<Override> {
    let id = one.id.map(|id| id.to_string());
    let name = one.name.clone().or_else(|| id.clone())?;
    let Some(Wgsl::Number(number)) = Wgsl::from_naga(module, one.ty) else { return None };
    Some(Override {
        key: id.unwrap_or_else(|| name.clone()),
        name,
        number,
        required: one.init.is_none(),
    })
}
