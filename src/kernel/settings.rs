//! Values that a call sets: which override or which part of which binding each is, and that none is left
//! out.

use std::ops::Range;

use super::prepare::{Bound, listed};
use super::reflect::{BindingKind, wrong};
use super::{Kernel, value};
use crate::error::{Error, Result};
use crate::view::Value;

/// Sorts the values that were set into overrides and the bytes of bindings.
pub(super) fn constants(
    kernel: &Kernel,
    values: &[(String, Value)],
    bound: &mut [Option<Bound>],
) -> Result<Vec<(String, f64)>> {
    let mut overrides: Vec<(String, f64)> = Vec::new();
    let mut written: Vec<(usize, Range<usize>)> = Vec::new();
    for (name, value) in values {
        if let Some(one) = kernel.overrides().iter().find(|one| one.name == *name) {
            let number = value::override_number(one.number, value)
                .map_err(|wrong| not_a_value(kernel, &format!("override {name:?}"), &wrong))?;
            if overrides.iter().any(|(key, _)| *key == one.key) {
                return Err(set_twice(kernel, name));
            }
            overrides.push((one.key.clone(), number));
            continue;
        }
        let path: Vec<_> = name.split('.').collect();
        let at = settable(kernel, name, path[0])?;
        let binding = &kernel.bindings()[at];
        let found = binding.ty.member(&path[1..]);
        let Some((offset, ty)) = found else { return Err(unknown_value(kernel, name)) };
        let range = offset..offset + ty.size();
        let meets = |(other, taken): &(usize, Range<usize>)| {
            *other == at && taken.start < range.end && range.start < taken.end
        };
        if written.iter().any(meets) {
            return Err(set_twice(kernel, name));
        }
        let bytes = bound[at].get_or_insert_with(|| Bound::Constant(vec![0; binding.ty.size()]));
        if let Bound::Constant(bytes) = bytes {
            value::write(ty, value, &mut bytes[range.clone()])
                .map_err(|wrong| not_a_value(kernel, &format!("{name:?}"), &wrong))?;
        }
        written.push((at, range));
    }
    for (at, binding) in kernel.bindings().iter().enumerate() {
        if bound[at].is_none() {
            continue;
        }
        let mut parts = Vec::new();
        binding.ty.parts(&binding.name, 0, &mut parts);
        let covers = |offset: usize| {
            written.iter().any(|(other, range)| *other == at && range.contains(&offset))
        };
        if let Some(part) = parts.iter().find(|part| !covers(part.offset)) {
            return Err(no_value(kernel, &part.path, &part.ty.to_string()));
        }
    }
    overrides.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(overrides)
}

fn set_twice(kernel: &Kernel, name: &str) -> Error {
    wrong(kernel.name(), format!("{name:?} is set twice; set it once"))
}

pub(super) fn no_value(kernel: &Kernel, path: &str, ty: &str) -> Error {
    wrong(kernel.name(), format!("{path:?} is {ty} and has no value; add .set({path:?}, …)"))
}

fn not_a_value(kernel: &Kernel, what: &str, wrong: &value::Wrong) -> Error {
    let (subject, param) = (format!("kernel {}", kernel.name()), what.to_owned());
    Error::param(subject, param, wrong.expected.clone(), &wrong.got)
}

/// Finds the binding that a value may be set in.
fn settable(kernel: &Kernel, name: &str, root: &str) -> Result<usize> {
    let found = kernel.bindings().iter().position(|one| one.name == root);
    let Some(at) = found else { return Err(unknown_value(kernel, name)) };
    let binding = &kernel.bindings()[at];
    if binding.ty.is_runtime_sized() || binding.access.writes() {
        let mend = if binding.access.writes() {
            format!("make it an output with .output({root:?}, …)")
        } else {
            format!("bind a view with .bind({root:?}, …)")
        };
        let problem = format!("binding {root:?} is {}, which takes no value; {mend}", binding.ty);
        return Err(wrong(kernel.name(), problem));
    }
    Ok(at)
}

fn unknown_value(kernel: &Kernel, name: &str) -> Error {
    let mut names: Vec<String> = kernel.overrides().iter().map(|one| one.name.clone()).collect();
    for binding in kernel.bindings().iter().filter(|one| one.kind == BindingKind::Uniform) {
        let mut parts = Vec::new();
        binding.ty.parts(&binding.name, 0, &mut parts);
        names.extend(parts.into_iter().map(|part| part.path));
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let known = format!("kernel {} has {}", kernel.name(), listed(&names));
    Error::unknown("override or uniform", name, names, known)
}
