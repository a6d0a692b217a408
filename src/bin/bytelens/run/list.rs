//! `--list`: what a kernel wants to be given, as a table.

use bytelens::kernel::BindingKind;

use super::job::{Job, Pass};

/// Returns what the kernels of a job want to be given.
pub(super) fn list(job: &Job) -> String {
    let texts: Vec<_> = job.passes.iter().map(pass).collect();
    texts.join("\n")
}

fn pass(pass: &Pass) -> String {
    let kernel = &pass.kernel;
    let mut text = format!("kernel {}\n", kernel.name());
    let entries = kernel.entries();
    let others = entries.iter().filter(|entry| **entry != kernel.entry()).copied();
    let others: Vec<_> = others.collect();
    let size = match kernel.workgroup_size() {
        Some([x, y, z]) => format!("workgroups of {x} x {y} x {z}"),
        None => "workgroups as an override says".to_owned(),
    };
    text += &format!("entry  {}, {size}", kernel.entry());
    if !others.is_empty() {
        text += &format!("; with --entry also {}", others.join(", "));
    }
    text += "\n\n";
    let mut rows = Vec::new();
    for binding in kernel.bindings() {
        let access = binding.access().to_string();
        let (flag, kind) = match (binding.kind(), binding.access().writes()) {
            (BindingKind::Uniform, _) => ("--set", "uniform".to_owned()),
            (_, true) => ("--out", access),
            (_, false) => ("--in", access),
        };
        rows.push([binding.name().to_owned(), flag.to_owned(), kind, binding.wgsl()]);
        if binding.kind() == BindingKind::Uniform {
            let leaves = super::check::leaves(binding).into_iter();
            for leaf in leaves.filter(|leaf| leaf != binding.name()) {
                rows.push([leaf, "--set".to_owned(), "member".to_owned(), String::new()]);
            }
        }
    }
    for one in kernel.overrides() {
        let kind = if one.is_required() { "override, must be set" } else { "override" };
        let row = [one.name(), "--set", kind, one.wgsl()];
        rows.push(row.map(str::to_owned));
    }
    rows.insert(0, ["name", "flag", "what", "type"].map(str::to_owned));
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [name, flag, what, ty] in &rows {
        let [a, b, c] = widths;
        let line = format!("{name:<a$}  {flag:<b$}  {what:<c$}  {ty}");
        text += line.trim_end();
        text.push('\n');
    }
    text
}
