//! The work: buffers by name, passes over them, outputs. The command line and plans both become this.
//!
//! Names are looked up as they come; what the whole work lacks is found by `check.rs`, and shapes follow
//! when the inputs have been read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytelens::kernel::{Binding, BindingKind};
use bytelens::{DType, Kernel, Value};

use super::args::Args;
use super::check::{covers, leaves};
use super::format::Format;
use super::include::{self, Source};
use super::spec::{self, FileSpec, Place};
use super::unknown;
use crate::stop::{Stop, shown};

/// What is told how many rows went before, where a kernel goes through its arrays by rows.
pub(super) const FIRST_ROW: &str = "first_row";

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
    /// Buffers that go through the only pass some rows at a time; none where all are there whole.
    pub(super) rows: Vec<String>,
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
            (Some(plan), _) => {
                let mut job = super::plan::read(plan)?;
                args.sets.iter().try_for_each(|text| job.set(text))?;
                job
            }
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
            rows: args.rows.clone(),
            is_plan: false,
        })
    }

    /// Sets something in every pass that has it; what the passes set it to goes.
    fn set(&mut self, text: &str) -> Result<(), Stop> {
        let (name, value) = spec::setting(text)?;
        let mut settable = BTreeSet::new();
        let mut is_known = false;
        for pass in &mut self.passes {
            let here = pass.settable();
            if pass.takes(&name) {
                pass.sets.retain(|(set, _)| !covers(&name, set));
                pass.sets.push((name.clone(), value.clone()));
                is_known = true;
            }
            settable.extend(here);
        }
        if is_known {
            return Ok(());
        }
        let names = settable.iter().map(String::as_str);
        let known = format!("the plan's kernels have {}", listed(names.clone()));
        Err(Stop::usage(format!("--set: {}", unknown("override or uniform", &name, names, &known))))
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
}

impl Pass {
    /// The name of the buffer that a variable sees.
    pub(super) fn buffer_of<'a>(&'a self, variable: &'a str) -> &'a str {
        self.bind.get(variable).map_or(variable, String::as_str)
    }

    /// The variables that buffers are bound to.
    pub(super) fn storage(&self) -> impl Iterator<Item = &Binding> + Clone {
        let is_set =
            |name: &str| self.sets.iter().any(|(set, _)| set.split('.').next() == Some(name));
        let all = self.kernel.bindings().iter();
        all.filter(move |one| one.kind() == BindingKind::Storage && !is_set(one.name()))
    }

    /// What may be set: overrides, uniforms and their members.
    pub(super) fn settable(&self) -> Vec<String> {
        let overrides = self.kernel.overrides().iter().map(|one| one.name().to_owned());
        let uniforms =
            self.kernel.bindings().iter().filter(|one| one.kind() == BindingKind::Uniform);
        overrides.chain(uniforms.flat_map(leaves)).collect()
    }

    /// Tells whether there is something that may be set by this name.
    pub(super) fn takes(&self, name: &str) -> bool {
        let root = name.split('.').next().unwrap_or(name);
        self.settable().iter().any(|one| covers(name, one) || covers(one, name))
            || self.kernel.bindings().iter().any(|one| one.name() == root)
    }

    /// What is called `time`, `frame` or the like and has no value: their full names.
    pub(super) fn clocks(&self, name: &str) -> Vec<String> {
        let is_clock = |one: &String| {
            one.rsplit('.').next() == Some(name)
                && !self.sets.iter().any(|(set, _)| covers(set, one))
        };
        self.settable().into_iter().filter(is_clock).collect()
    }
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
