//! All operations on one page of Markdown, with a picture of each.

use std::fmt::Write;

use super::{cell, example, paragraphs};
use crate::op::declare::{ParamSpec, Spec};
use crate::op::param::ParamKind;
use crate::ops::REGISTRY;

/// Returns a page of all ops in Markdown: documentation, parameters, an example, and a picture of what the
/// example does, in a file that `picture` names; none where it names none.
#[must_use]
pub fn markdown_page(picture: impl Fn(&Spec) -> Option<String>) -> String {
    let mut text =
        "# Operations\n\nMade from the declarations by `bytelens ops --page`. ".to_owned();
    text.push_str(
        "On the left of each picture is what came, on the right what the example made of it.\n\n",
    );
    let link = |name: &str| format!("[{name}](#{name})");
    let links: Vec<_> = REGISTRY.iter().map(|entry| link(entry.spec.name)).collect();
    text.extend([&links.join(" · "), "\n"]);
    text.extend(REGISTRY.iter().map(|entry| section(entry.spec, picture(entry.spec))));
    text
}

fn section(spec: &Spec, picture: Option<String>) -> String {
    // Text in memory takes all that is written to it.
    let mut text = format!("\n## {}\n\n*{}.* ", spec.name, spec.kind);
    paragraphs(&mut text, "", spec.doc);
    if !spec.params.is_empty() {
        text.push_str("\n| parameter | default | takes | |\n|---|---|---|---|\n");
    }
    for param in spec.params {
        let ParamSpec { name, doc, default, .. } = param;
        let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let (default, takes) = (default(), cell(&takes(param)));
        let _ = writeln!(text, "| `{name}` | `{}` | {takes} | {} |", cell(&default), cell(&doc));
    }
    let _ = writeln!(text, "\nExample: `{}`", example(spec));
    if let Some(file) = picture {
        let _ = writeln!(text, "\n![before and after {}]({file})", spec.name);
    }
    text
}

fn takes(param: &ParamSpec) -> String {
    match (param.kind, param.range) {
        (ParamKind::Choice(names), _) => {
            let names: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
            names.join(", ")
        }
        (kind, Some(range)) => format!("{kind} {range}"),
        (kind, None) => kind.to_string(),
    }
}
