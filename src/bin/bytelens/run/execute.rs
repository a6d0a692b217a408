//! The work on a device: buffers go up, passes run over them, outputs come back. What does not fit goes
//! through them some rows at a time.

use std::collections::{BTreeMap, BTreeSet};

use bytelens::device::gpu::GpuDevice;
use bytelens::kernel::{Call, Dispatch, Like};
use bytelens::{Buffer, DType, DeviceView, Error, Value};

use super::include::has_loops;
use super::job::{FIRST_ROW, Job, Output, Pass};
use super::profile::Profile;
use crate::stop::Stop;

/// Which frame it is, for variables called `time` and `frame`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) frame: u32,
    pub(super) time_secs: f64,
}

/// The buffers of a job on a device.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    job: &'a Job,
    device: GpuDevice,
    is_forced: bool,
    inputs: BTreeMap<String, Buffer>,
    /// Element type and shape of every buffer.
    forms: BTreeMap<String, (DType, Vec<usize>)>,
    /// What is in the device's memory; a buffer that nothing has written yet is not.
    memory: BTreeMap<String, DeviceView>,
    /// What went through the device by rows, and is on the host.
    by_rows: BTreeMap<String, Buffer>,
    pub(super) profile: Profile,
}

impl<'a> Runner<'a> {
    /// Finds the shapes of all buffers, and checks that the device may run the kernels.
    pub(super) fn new(
        job: &'a Job,
        device: GpuDevice,
        is_forced: bool,
        inputs: BTreeMap<String, Buffer>,
        profile: Profile,
    ) -> Result<Self, Stop> {
        for pass in &job.passes {
            if device.report().loop_limit.is_some() && has_loops(&pass.source.text) && !is_forced {
                return Err(Stop::start(format!(
                    "the driver of {} ends loops silently after some 65,000 iterations, and kernel {} \
                     has a loop; use another device or a newer driver, or --force where no invocation \
                     makes so many",
                    device.name(),
                    pass.kernel.name()
                )));
            }
        }
        let mut forms = BTreeMap::new();
        for name in job.buffers.keys() {
            let form = form(job, &inputs, name, &mut BTreeSet::new()).map_err(Stop::usage)?;
            forms.insert(name.clone(), form);
        }
        let (memory, by_rows) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { job, device, is_forced, inputs, forms, memory, by_rows, profile })
    }

    /// Puts the inputs into the device's memory, anew.
    pub(super) fn start(&mut self) -> Result<(), Stop> {
        self.memory.clear();
        let is_whole = |name: &&String| !self.job.rows.contains(name);
        for (name, input) in self.inputs.iter().filter(|(name, _)| is_whole(name)) {
            let upload = || self.device.upload(&input.view());
            let view = self.profile.timed("upload", name, input.view().nbytes(), upload);
            let view = view.map_err(|error| Stop::failed(format!("{name}: {error}")))?;
            self.memory.insert(name.clone(), view);
        }
        Ok(())
    }

    /// Runs all rounds of all passes.
    pub(super) fn run(&mut self, clock: Option<Clock>) -> Result<(), Stop> {
        if let (false, [pass]) = (self.job.rows.is_empty(), &self.job.passes[..]) {
            // Apart from the rest, which the calls of all rows look at.
            let mut profile = std::mem::replace(&mut self.profile, Profile::new(false, None));
            let outcome = self.by_rows(pass, &mut profile);
            self.profile = profile;
            self.by_rows = outcome.map_err(Stop::failed)?;
            return Ok(());
        }
        for round in 0..self.job.repeat {
            if round > 0 {
                self.swap();
            }
            for pass in &self.job.passes {
                self.pass(pass, clock).map_err(Stop::failed)?;
            }
        }
        Ok(())
    }

    /// Lets the swapped buffers trade places.
    pub(super) fn swap(&mut self) {
        for [a, b] in &self.job.swaps {
            let (first, second) = (self.memory.remove(a), self.memory.remove(b));
            self.memory.extend(first.map(|view| (b.clone(), view)));
            self.memory.extend(second.map(|view| (a.clone(), view)));
        }
    }

    /// Brings the outputs back.
    pub(super) fn outputs(&mut self) -> Result<Vec<(&'a Output, Buffer)>, Stop> {
        let mut outputs = Vec::new();
        for output in &self.job.outputs {
            if let Some(array) = self.by_rows.get(&output.buffer) {
                outputs.push((output, array.clone()));
                continue;
            }
            let Some(view) = self.memory.get(&output.buffer) else {
                return Err(Stop::usage(format!("{}: no pass writes it", output.buffer)));
            };
            let download = || view.download();
            let array = self.profile.timed("readback", &output.buffer, view.nbytes(), download);
            outputs.push((output, array.map_err(Stop::failed)?));
        }
        Ok(outputs)
    }

    /// Takes the arrays of the only pass through it, some rows at a time.
    fn by_rows(
        &self,
        pass: &Pass,
        profile: &mut Profile,
    ) -> Result<BTreeMap<String, Buffer>, String> {
        let told = |error: Error| pass.source.mapped(&error.to_string());
        let mut written = BTreeMap::new();
        for binding in pass.storage().filter(|one| one.access().writes()) {
            let name = binding.name().to_owned();
            let input = self.inputs.get(&name).map(|input| input.view().to_contiguous());
            let is_input = input.is_some();
            let array = input.unwrap_or_else(|| {
                let (dtype, shape) = &self.forms[&name];
                Buffer::zeroed(dtype.clone(), shape)
            });
            written.insert(name, (array.map_err(told)?, is_input));
        }
        let names = pass.storage().map(bytelens::kernel::Binding::name);
        let whole: Vec<_> = names.filter_map(|name| self.memory.get_key_value(name)).collect();
        let mut rows = pass.kernel.rows().with(|first, call| {
            let told_first = |call: Call, name: String| {
                call.set(&name, Value::Int(i64::try_from(first).unwrap_or(i64::MAX).into()))
            };
            let call = pass.clocks(FIRST_ROW).into_iter().fold(call, told_first);
            let call = self.settled(pass, call);
            whole.iter().fold(call, |call, (name, view)| call.bind(name, view))
        });
        let read = self.job.rows.iter().filter(|name| !written.contains_key(*name));
        for (name, input) in read.filter_map(|name| self.inputs.get_key_value(name)) {
            rows = rows.bind(name, &input.view());
        }
        let mut bytes = 0;
        for (name, (array, is_input)) in &mut written {
            let view = array.view_mut().map_err(told)?;
            bytes += view.nbytes();
            rows = if *is_input { rows.update(name, view) } else { rows.output(name, view) };
        }
        let device = &self.device;
        let run = || rows.run(device);
        profile.timed("rows", pass.kernel.name(), bytes, run).map_err(told)?;
        Ok(written.into_iter().map(|(name, (array, _))| (name, array)).collect())
    }

    fn pass(&mut self, pass: &Pass, clock: Option<Clock>) -> Result<(), String> {
        let name = pass.kernel.name();
        let told = |error: Error| pass.source.mapped(&error.to_string());
        self.check_apart(pass)?;
        let mut call = self.settled(pass, pass.kernel.call());
        if let Some(Clock { frame, time_secs }) = clock {
            for name in pass.clocks("frame") {
                call = call.set(&name, Value::Int(frame.into()));
            }
            for name in pass.clocks("time") {
                call = call.set(&name, Value::Float(time_secs));
            }
        }
        let mut results = Vec::new();
        for binding in pass.storage() {
            let (variable, buffer) = (binding.name(), pass.buffer_of(binding.name()));
            if !binding.access().writes() {
                let Some(view) = self.memory.get(buffer) else {
                    return Err(format!(
                        "kernel {name}: {variable:?} reads buffer {buffer:?}, which has no input and \
                         which nothing has written yet"
                    ));
                };
                call = call.bind(variable, view);
                continue;
            }
            results.push((variable.to_owned(), buffer.to_owned()));
            let is_swapped = pass.swaps.iter().any(|[_, written]| written == variable);
            call = match self.memory.remove(buffer).filter(|_| !is_swapped) {
                Some(view) => call.update(variable, view),
                None => {
                    let (dtype, shape) = &self.forms[buffer];
                    call.output(variable, Like::Array(dtype.clone(), shape.clone()))
                }
            };
        }
        let mut outputs = self.profile.pass(&self.device, name, call).map_err(told)?;
        for (variable, buffer) in results {
            self.memory.insert(buffer, outputs.take(&variable).map_err(told)?);
        }
        Ok(())
    }

    /// Adds to a call what a pass says of its values, its rounds and its workgroups.
    fn settled(&self, pass: &Pass, call: Call) -> Call {
        let mut call = call.repeat(pass.repeat);
        if self.is_forced || !has_loops(&pass.source.text) {
            call = call.force();
        }
        for (name, value) in &pass.sets {
            call = call.set(name, value.clone());
        }
        for [read, written] in &pass.swaps {
            call = call.swap(read, written);
        }
        match pass.groups {
            Some(groups) => call.dispatch(Dispatch::Groups(groups)),
            None => match self.main_output(pass) {
                Some(output) => call.dispatch(Dispatch::Over(output)),
                None => call,
            },
        }
    }

    /// The variable over which a pass runs: the first that is written and is no input, or the first written.
    fn main_output(&self, pass: &Pass) -> Option<String> {
        let written: Vec<_> = pass.storage().filter(|one| one.access().writes()).collect();
        let is_new = |name: &str| !self.inputs.contains_key(pass.buffer_of(name));
        let new = written.iter().find(|one| is_new(one.name()));
        new.or(written.first()).map(|one| one.name().to_owned())
    }

    /// Refuses a buffer that a pass would write while it sees it through another variable.
    fn check_apart(&self, pass: &Pass) -> Result<(), String> {
        let bound: Vec<_> = pass.storage().collect();
        for (at, one) in bound.iter().enumerate() {
            for other in &bound[at + 1..] {
                let buffer = pass.buffer_of(one.name());
                let writes = one.access().writes() || other.access().writes();
                if writes && buffer == pass.buffer_of(other.name()) {
                    return Err(format!(
                        "kernel {}: buffer {buffer:?} is both {:?} and {:?}, of which one is written; \
                         bind another buffer to one of them",
                        pass.kernel.name(),
                        one.name(),
                        other.name()
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Works out a buffer's element type and shape.
fn form(
    job: &Job,
    inputs: &BTreeMap<String, Buffer>,
    name: &str,
    asked: &mut BTreeSet<String>,
) -> Result<(DType, Vec<usize>), String> {
    if let Some(input) = inputs.get(name) {
        return Ok((input.dtype().clone(), input.shape().to_vec()));
    }
    let memory = job.buffers.get(name).cloned().unwrap_or_default();
    if !asked.insert(name.to_owned()) {
        return Err(format!("{name} is to be like itself"));
    }
    // What is swapped with it has its form.
    let pairs = job.swaps.iter().chain(job.passes.iter().flat_map(|pass| &pass.swaps));
    let partner = || {
        pairs.into_iter().find_map(|[a, b]| match (a == name, b == name) {
            (true, _) => Some(b),
            (_, true) => Some(a),
            _ => None,
        })
    };
    let like = match (&memory.like, &memory.shape) {
        (Some(like), _) => Some(like),
        (None, None) => partner().filter(|other| !asked.contains(*other)),
        (None, Some(_)) => None,
    };
    if let Some(like) = like {
        let (dtype, shape) = form(job, inputs, like, asked)?;
        return Ok((memory.dtype.unwrap_or(dtype), memory.shape.unwrap_or(shape)));
    }
    let Some(shape) = memory.shape else {
        let mend = match job.is_plan {
            true => "give it like = \"NAME\" or type = \"f32[1000]\"".to_owned(),
            false => format!("say --out {name}=FILE:like=NAME or --out {name}=FILE:f32[1000]"),
        };
        return Err(format!("{name} has no shape; {mend}"));
    };
    let declared = || {
        let passes = job.passes.iter();
        let mut bindings = passes.flat_map(|pass| pass.storage().map(move |one| (pass, one)));
        let found = bindings.find(|(pass, one)| pass.buffer_of(one.name()) == name);
        found.and_then(|(_, one)| one.element())
    };
    let dtype = memory.dtype.or_else(declared);
    let dtype =
        dtype.ok_or_else(|| format!("{name} has no element type; say it, as in f32[1000]"))?;
    // A type such as vec4<f32> adds its numbers as an axis.
    let layout = bytelens::Layout::contiguous(dtype, &shape).map_err(|error| error.to_string())?;
    Ok((layout.dtype().clone(), layout.shape().to_vec()))
}
