//! What can be known to be wrong without a device and without the inputs: names that nobody has, and what
//! has no value.

use bytelens::DType;
use bytelens::kernel::{Binding, BindingKind};

use super::job::{FIRST_ROW, Job, Pass, listed};
use super::unknown;
use crate::stop::Stop;

impl Job {
    /// Checks that every variable has what it needs, and every name something that it names.
    pub(super) fn check(&self, has_frames: bool) -> Result<(), Stop> {
        for pass in &self.passes {
            let checked = pass.check(self, has_frames).and_then(|()| pass.check_rows(&self.rows));
            checked.map_err(|problem| {
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
    fn check(&self, job: &Job, has_frames: bool) -> Result<(), String> {
        let settable = self.settable();
        let storage = self.kernel.bindings().iter().map(Binding::name);
        for (name, _) in &self.sets {
            if !self.takes(name) {
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
            let last = name.rsplit('.').next().unwrap_or("");
            let is_told = (has_frames && ["time", "frame"].contains(&last))
                || (!job.rows.is_empty() && last == FIRST_ROW);
            if !is_told && !self.sets.iter().any(|(set, _)| covers(set, &name)) {
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

impl Pass {
    /// Checks what goes by rows: what is written must, for each window would write all of it.
    fn check_rows(&self, rows: &[String]) -> Result<(), String> {
        if rows.is_empty() {
            return Ok(());
        }
        let names = self.storage().map(Binding::name);
        if let Some(name) = rows.iter().find(|row| !names.clone().any(|name| name == *row)) {
            let known = format!("arrays are {}", listed(names.clone()));
            return Err(format!("--rows: {}", unknown("variable", name, names, &known)));
        }
        let is_whole = |one: &&Binding| !rows.iter().any(|row| row == one.name());
        match self.storage().filter(is_whole).find(|one| one.access().writes()) {
            Some(one) => {
                Err(format!("{0:?} is written, so --rows must have it: add {0}", one.name()))
            }
            None => Ok(()),
        }
    }
}

/// Tells whether setting `name` sets `leaf` too.
pub(super) fn covers(name: &str, leaf: &str) -> bool {
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
