//! The work: buffers by name, passes over them, outputs. The command line and plans both become this.
//!
//! Everything that can be known without a device and without the inputs is checked here, with names and
//! suggestions; shapes follow when the inputs have been read.

use std::collections::BTreeMap;
use std::path::Path;

use bytelens::kernel::{Binding, BindingKind};
use bytelens::{DType, Kernel, Value};

use super::args::Args;
use super::format::Format;
use super::include::{self, Source};
use super::spec::{self, FileSpec, Place};
use super::unknown;
use crate::stop::{Stop, shown};

/// All that is to be done.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) buffers: BTreeMap<String, Memory>,
    pub(super) passes: Vec<Pass>,
    pub(super) outputs: Vec<Output>,
    /// Rounds of all passes.
    pub(super) repeat: u32,
    /// Buffers that trade places between rounds and between frames.
    pub(super) swaps: Vec<[String; 2]>,
    /// Where a name is to be mended, for messages: `--in` and so on, or the plan.
    pub(super) is_plan: bool,
}

/// A buffer, before anything is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) input: Option<FileSpec>,
    pub(super) like: Option<String>,
    pub(super) dtype: Option<DType>,
    pub(super) shape: Option<Vec<usize>>,
}

/// One kernel over some of the buffers.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) kernel: Kernel,
    pub(super) source: Source,
    /// For variables whose buffer has another name: the buffer's.
    pub(super) bind: BTreeMap<String, String>,
    pub(super) sets: Vec<(String, Value)>,
    pub(super) groups: Option<[u32; 3]>,
    pub(super) repeat: u32,
    pub(super) swaps: Vec<[String; 2]>,
}

/// A buffer that is written to a file.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) buffer: String,
    pub(super) file: FileSpec,
    pub(super) format: Format,
}

impl Job {
    /// Reads the work from the command line.
    pub(super) fn new(args: &Args) -> Result<Self, Stop> {
        let mut job = match (&args.plan, &args.kernel) {
            (Some(plan), _) => super::plan::read(plan)?,
            (None, Some(kernel)) => Self::of_one(args, kernel)?,
            (None, None) => return Err(Stop::usage("name a kernel, or a --plan")),
        };
        for text in &args.inputs {
            let (name, file) = spec::named_file("in", text)?;
            job.add_input(name, file)?;
        }
        for text in &args.outputs {
            let (name, file) = spec::named_file("out", text)?;
            job.add_output(name, file)?;
        }
        if !args.list {
            job.check(args.frames.is_some())?;
        }
        Ok(job)
    }

    fn of_one(args: &Args, path: &Path) -> Result<Self, Stop> {
        let sets = args.sets.iter().map(|text| spec::setting(text)).collect::<Result<_, _>>()?;
        let swaps =
            args.swaps.iter().map(|text| spec::pair(text)).collect::<Result<Vec<_>, _>>()?;
        let groups = spec::dispatch(&args.dispatch)
            .map_err(|problem| Stop::usage(format!("--dispatch {problem}")))?;
        let (kernel, source) = kernel(path, args.entry.as_deref())?;
        let pass = Pass {
            kernel,
            source,
            bind: BTreeMap::new(),
            sets,
            groups,
            repeat: args.repeat,
            swaps: swaps.clone(),
        };
        Ok(Self {
            buffers: BTreeMap::new(),
            passes: vec![pass],
            outputs: Vec::new(),
            repeat: 1,
            swaps,
            is_plan: false,
        })
    }

    /// Gives a buffer its file.
    pub(super) fn add_input(&mut self, name: String, file: FileSpec) -> Result<(), Stop> {
        self.check_buffer("in", &name)?;
        if file.like.is_some() {
            return Err(Stop::usage(format!("--in {name}: like= is for outputs")));
        }
        let memory = self.buffers.entry(name.clone()).or_default();
        if memory.input.is_some() && !self.is_plan {
            return Err(Stop::usage(format!("--in {name} is given twice")));
        }
        memory.input = Some(file);
        let standard = |memory: &&Memory| {
            memory.input.as_ref().is_some_and(|file| file.place == Place::Standard)
        };
        if self.buffers.values().filter(standard).count() > 1 {
            return Err(Stop::usage("only one input can be standard input"));
        }
        Ok(())
    }

    /// Has a buffer written to a file.
    pub(super) fn add_output(&mut self, name: String, file: FileSpec) -> Result<(), Stop> {
        self.check_buffer("out", &name)?;
        let wrong = |problem: String| Stop::usage(format!("--out {name}: {problem}"));
        let memory = self.buffers.entry(name.clone()).or_default();
        if memory.input.is_some()
            && (file.like.is_some() || file.shape.is_some() || file.dtype.is_some())
        {
            return Err(wrong("it has an input, whose type and shape it has".to_owned()));
        }
        if let Some(like) = &file.like {
            memory.like = Some(like.clone());
        }
        if let Some(shape) = &file.shape {
            let lens = shape.iter().map(|len| usize::try_from(*len).ok()).collect();
            let lens: Option<Vec<usize>> = lens;
            memory.shape =
                Some(lens.ok_or_else(|| wrong("only an input's shape may have a -1".to_owned()))?);
        }
        if let Some(dtype) = &file.dtype {
            memory.dtype = Some(dtype.clone());
        }
        let format = Format::of_output(&file).map_err(wrong)?;
        self.outputs.push(Output { buffer: name, file, format });
        Ok(())
    }

    /// Checks that some pass has a buffer of the name.
    fn check_buffer(&self, flag: &str, name: &str) -> Result<(), Stop> {
        if self.is_plan {
            if self.buffers.contains_key(name) {
                return Ok(());
            }
            let names = self.buffers.keys().map(String::as_str);
            let known = format!("the plan has {}", listed(names.clone()));
            return Err(Stop::usage(format!(
                "--{flag}: {}",
                unknown("buffer", name, names, &known)
            )));
        }
        let kernel = &self.passes[0].kernel;
        let found = kernel.bindings().iter().find(|binding| binding.name() == name);
        let problem = match found {
            Some(binding) if binding.kind() == BindingKind::Uniform => {
                format!("{name:?} is a uniform; set it, as in --set {}=1", leaves(binding)[0])
            }
            Some(binding) if flag == "out" && !binding.access().writes() => {
                let written = kernel.bindings().iter().filter(|one| one.access().writes());
                format!(
                    "{name:?} is not written by the kernel, which writes {}",
                    listed(written.map(Binding::name))
                )
            }
            Some(_) => return Ok(()),
            None => {
                let names = kernel.bindings().iter().map(Binding::name);
                let known = format!("the kernel has {}", listed(names.clone()));
                unknown("variable", name, names, &known)
            }
        };
        Err(Stop::usage(format!("--{flag}: {problem}")))
    }

    fn check(&self, has_frames: bool) -> Result<(), Stop> {
        for pass in &self.passes {
            pass.check(self, has_frames).map_err(|problem| {
                Stop::usage(format!("kernel {}: {problem}", pass.kernel.name()))
            })?;
        }
        let names = || self.buffers.keys().map(String::as_str);
        let known = || format!("there are {}", listed(names()));
        let likes = self.buffers.values().filter_map(|memory| memory.like.as_ref());
        for name in likes.chain(self.swaps.iter().flatten()) {
            if !self.buffers.contains_key(name) {
                return Err(Stop::usage(unknown("buffer", name, names(), &known())));
            }
        }
        if self.outputs.is_empty() {
            let written = self.passes.iter().flat_map(|pass| {
                let written = pass.kernel.bindings().iter().filter(|one| one.access().writes());
                written.map(|one| pass.buffer_of(one.name()))
            });
            let problem = format!("nothing would be kept: add --out {}=FILE", listed(written));
            return Err(Stop::usage(problem));
        }
        Ok(())
    }
}

impl Pass {
    /// The name of the buffer that a variable sees.
    pub(super) fn buffer_of<'a>(&'a self, variable: &'a str) -> &'a str {
        self.bind.get(variable).map_or(variable, String::as_str)
    }

    /// The variables that buffers are bound to.
    pub(super) fn storage(&self) -> impl Iterator<Item = &Binding> {
        let is_set =
            |name: &str| self.sets.iter().any(|(set, _)| set.split('.').next() == Some(name));
        let all = self.kernel.bindings().iter();
        all.filter(move |one| one.kind() == BindingKind::Storage && !is_set(one.name()))
    }

    /// What may be set: overrides, uniforms and their members.
    fn settable(&self) -> Vec<String> {
        let overrides = self.kernel.overrides().iter().map(|one| one.name().to_owned());
        let uniforms =
            self.kernel.bindings().iter().filter(|one| one.kind() == BindingKind::Uniform);
        overrides.chain(uniforms.flat_map(leaves)).collect()
    }

    /// What is called `time` or `frame` and has no value: their full names.
    pub(super) fn clocks(&self, name: &str) -> Vec<String> {
        let is_clock = |one: &String| {
            one.rsplit('.').next() == Some(name)
                && !self.sets.iter().any(|(set, _)| covers(set, one))
        };
        self.settable().into_iter().filter(is_clock).collect()
    }

    fn check(&self, job: &Job, has_frames: bool) -> Result<(), String> {
        let settable = self.settable();
        let storage = self.kernel.bindings().iter().map(Binding::name);
        for (name, _) in &self.sets {
            let root = name.split('.').next().unwrap_or(name);
            let is_known = settable.iter().any(|one| covers(name, one) || covers(one, name))
                || storage.clone().any(|one| one == root);
            if !is_known {
                let names = settable.iter().map(String::as_str);
                let known = format!("there are {}", listed(names.clone()));
                return Err(unknown("override or uniform", name, names, &known));
            }
        }
        for name in self.bind.keys().chain(self.swaps.iter().flatten()) {
            if !storage.clone().any(|one| one == name) {
                let known = format!("it has {}", listed(storage.clone()));
                return Err(unknown("variable", name, storage, &known));
            }
        }
        let required = self.kernel.overrides().iter().filter(|one| one.is_required());
        let required = required.map(|one| one.name().to_owned());
        let uniforms =
            self.kernel.bindings().iter().filter(|one| one.kind() == BindingKind::Uniform);
        for name in required.chain(uniforms.flat_map(leaves)) {
            let clocks = ["time", "frame"];
            let is_clock = has_frames && clocks.contains(&name.rsplit('.').next().unwrap_or(""));
            if !is_clock && !self.sets.iter().any(|(set, _)| covers(set, &name)) {
                let mend = if job.is_plan { "set it in the pass" } else { "add --set" };
                let mend = if job.is_plan { mend.to_owned() } else { format!("{mend} {name}=…") };
                return Err(format!("{name:?} has no value; {mend}"));
            }
        }
        for binding in self.storage() {
            let (name, buffer) = (binding.name(), self.buffer_of(binding.name()));
            if job.buffers.contains_key(buffer) {
                continue;
            }
            let mend = match (job.is_plan, binding.access().writes()) {
                (true, _) => format!("add [buffers.{buffer}], or bind another buffer to it"),
                (false, true) => {
                    format!("add --out {name}=FILE:like=NAME, or a shape as :f32[1000]")
                }
                (false, false) => format!("add --in {name}=FILE"),
            };
            return Err(format!("{name:?} ({binding}) has nothing bound; {mend}"));
        }
        Ok(())
    }
}

/// Tells whether setting `name` sets `leaf` too.
fn covers(name: &str, leaf: &str) -> bool {
    leaf.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names of all numbers, vectors and arrays in a uniform: `params.size`.
pub(super) fn leaves(binding: &Binding) -> Vec<String> {
    fn add(path: String, dtype: &DType, found: &mut Vec<String>) {
        if dtype.fields().is_empty() {
            found.push(path);
            return;
        }
        for field in dtype.fields() {
            add(format!("{path}.{}", field.name()), field.dtype(), found);
        }
    }
    let mut found = Vec::new();
    match binding.element() {
        Some(dtype) => add(binding.name().to_owned(), &dtype, &mut found),
        None => found.push(binding.name().to_owned()),
    }
    found
}

pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Reads a kernel and its imports, and chooses the entry point.
pub(super) fn kernel(path: &Path, entry: Option<&str>) -> Result<(Kernel, Source), Stop> {
    let source = include::read(path).map_err(Stop::failed)?;
    let told = |error: bytelens::Error| Stop::failed(source.mapped(&error.to_string()));
    let kernel = Kernel::parse(&shown(path), &source.text).map_err(told)?;
    let names = kernel.entries();
    let entry = match (entry, names.as_slice()) {
        (Some(entry), _) => entry,
        (None, [only]) => only,
        (None, _) => {
            let problem =
                format!("has several entry points; choose with --entry: {}", names.join(", "));
            return Err(Stop::usage(format!("kernel {} {problem}", kernel.name())));
        }
    };
    let chosen = kernel.with_entry(entry).map_err(|error| match error {
        bytelens::Error::Unknown { .. } => Stop::usage(error),
        error => Stop::failed(error),
    })?;
    Ok((chosen, source))
}
