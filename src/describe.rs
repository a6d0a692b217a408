//! The operations in words, made from their declarations: a list, a Markdown table, a page on one.
//!
//! Nothing is said here of any op: every word comes from its [`Spec`]. This module knows no terminal
//! and no file; it makes text.
//!
//! ```
//! let table = bytelens::describe::markdown_table();
//! assert!(table.contains("| `blur` | Blurs with a Gaussian. |"));
//! ```

mod page;

pub use page::markdown_page;

use std::fmt::Write;

use crate::op::declare::{ParamSpec, Spec};
use crate::op::param::ParamKind;
use crate::ops::REGISTRY;
use crate::pipeline::Pipeline;

/// Returns a line for each op: name, kind, summary, and the parameters with their defaults.
#[must_use]
pub fn list() -> String {
    let width = REGISTRY.iter().map(|entry| entry.spec.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for entry in REGISTRY {
        let Spec { name, kind, .. } = entry.spec;
        // Text in memory takes all that is written to it, here and below.
        let _ = writeln!(text, "{name:<width$}  {:<8}  {}", kind.to_string(), entry.spec.summary());
        let defaults = full_form(entry.spec);
        if let Some(params) = defaults.split_once(' ').map(|(_, params)| params) {
            let _ = writeln!(text, "{:width$}  {params}", "");
        }
    }
    text
}

/// Returns every op as a row of a Markdown table.
#[must_use]
pub fn markdown_table() -> String {
    let mut text = "| op | what it does | kind | parameters and defaults |\n".to_owned();
    text.push_str("|---|---|---|---|\n");
    for entry in REGISTRY {
        let Spec { name, kind, params, .. } = entry.spec;
        let params: Vec<_> = params.iter().map(|param| format!("`{}`", assigned(param))).collect();
        let summary = cell(entry.spec.summary());
        let _ = writeln!(text, "| `{name}` | {summary} | {kind} | {} |", cell(&params.join(" ")));
    }
    text
}

/// Returns all about one op: documentation, each parameter with its default, values and range, and an
/// example.
#[must_use]
pub fn op_text(spec: &Spec) -> String {
    let mut text = format!("{} ({})\n\n", spec.name, spec.kind);
    paragraphs(&mut text, "  ", spec.doc);
    for param in spec.params {
        let _ = writeln!(text, "\n  {}", assigned(param));
        paragraphs(&mut text, "      ", param.doc);
        match (param.kind, param.range) {
            (ParamKind::Choice(names), _) => {
                let width = names.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
                for (name, doc) in names {
                    let _ = writeln!(text, "        {name:<width$}  {}", doc.trim());
                }
            }
            (kind, Some(range)) => {
                let _ = writeln!(text, "      Takes {kind} {range}.");
            }
            (kind, None) => wrapped(&mut text, "      ", &format!("Takes {kind}.")),
        }
    }
    let _ = writeln!(text, "\nExample: {}", example(spec));
    text
}

/// Returns an example in a pipeline's text form: the op with its first parameter, and the first other
/// one that is no number, both at a value that is not their default.
#[must_use]
pub fn example(spec: &Spec) -> String {
    let mut text = spec.name.to_owned();
    let Some((first, others)) = spec.params.split_first() else { return text };
    let shown = other_value(spec, first, "").unwrap_or((first.default)());
    let words = others
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::Choice(_) | ParamKind::Text(_)))
        .find_map(|param| {
            Some([" ", param.name, "=", &other_value(spec, param, &shown)?].concat())
        });
    text.extend([" ", &shown]);
    text.extend(words);
    text
}

/// Finds a value that a parameter takes and that is neither its default nor `taken`: from a space to
/// itself is no example.
fn other_value(spec: &Spec, param: &ParamSpec, taken: &str) -> Option<String> {
    let default = (param.default)();
    let candidates: Vec<String> = match param.kind {
        ParamKind::Choice(names) => names.iter().map(|(name, _)| (*name).to_owned()).collect(),
        // The description of a form has values of that form among its words.
        ParamKind::Text(form) => {
            form.split_whitespace().map(|word| word.trim_end_matches(',').to_owned()).collect()
        }
        ParamKind::Bool => vec!["true".to_owned(), "false".to_owned()],
        ParamKind::Integer | ParamKind::Number => {
            let number: f32 = default.parse().unwrap_or_default();
            // The end of a short range would show nothing but an end.
            let part = param.range.filter(|range| range.high == 1.0).map(|_| "0.25".to_owned());
            let near = (number == 0.0).then_some(part).flatten();
            near.into_iter()
                .chain([(number * 1.5).to_string(), (number + 1.0).to_string()])
                .collect()
        }
    };
    candidates.into_iter().filter(|value| value != taken).find(|value| {
        let text = format!("{} {}={value}", spec.name, param.name);
        // All defaults print as the name alone.
        text.parse::<Pipeline>().is_ok_and(|pipeline| pipeline.to_string() != spec.name)
    })
}

/// Returns the op's text form with every parameter at its default.
fn full_form(spec: &Spec) -> String {
    let params = spec.params.iter().map(|param| format!(" {}", assigned(param)));
    std::iter::once(spec.name.to_owned()).chain(params).collect()
}

/// A parameter with its default, as it is written in a pipeline.
fn assigned(param: &ParamSpec) -> String {
    format!("{}={}", param.name, (param.default)())
}

/// Adds documentation, indented, lines as they are in the source.
fn paragraphs(text: &mut String, indent: &str, doc: &str) {
    for line in doc.trim_end().lines().map(str::trim) {
        let indent = if line.is_empty() { "" } else { indent };
        let _ = writeln!(text, "{indent}{line}");
    }
}

/// Adds a sentence, indented, in lines of at most 80 columns where its words allow.
fn wrapped(text: &mut String, indent: &str, sentence: &str) {
    let mut width = 0;
    for word in sentence.split_whitespace() {
        if width == 0 || width + 1 + word.len() > 80 {
            let separator = if width == 0 { "" } else { "\n" };
            text.extend([separator, indent, word]);
            width = indent.len() + word.len();
        } else {
            text.extend([" ", word]);
            width += 1 + word.len();
        }
    }
    text.push('\n');
}

/// Text as it may stand in a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::{example, full_form, list, markdown_page, markdown_table, op_text};
    use crate::ops::REGISTRY;
    use crate::pipeline::Pipeline;

    #[test]
    fn what_is_shown_of_an_op_can_be_typed() {
        for entry in REGISTRY {
            let name = entry.spec.name;
            for text in [example(entry.spec), full_form(entry.spec)] {
                let pipeline: Pipeline = text.parse().expect("shown, so it can be read");
                assert_eq!(pipeline.ops()[0].spec().name, name, "{text}");
            }
            let pipeline: Pipeline = full_form(entry.spec).parse().expect("defaults are in range");
            assert_eq!(pipeline.to_string(), name, "all defaults are the name alone");
        }
    }

    #[test]
    fn an_example_shows_what_is_not_the_default() {
        for (name, want) in [
            ("blur", "blur 1.5 edge=reflect"),
            ("resize", "resize 800x600 fit=outside"),
            ("crop", "crop 800x600 gravity=north"),
            ("flip", "flip vertical"),
            ("orient", "orient"),
        ] {
            let entry = REGISTRY.iter().find(|entry| entry.spec.name == name);
            assert_eq!(example(entry.expect("it is in the registry").spec), want);
        }
    }

    #[test]
    fn words_are_parted_whatever_their_lengths() {
        for last in 60..80 {
            let mut text = String::new();
            super::wrapped(&mut text, "  ", &format!("{} and on", "x".repeat(last)));
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!((words.len(), words[1..].concat().as_str()), (3, "andon"), "{text}");
            assert!(text.lines().all(|line| line.len() <= 82), "{text}");
            assert!(text.lines().all(|line| !line[2..].contains("  ")), "{text}");
        }
    }

    #[test]
    fn every_op_and_parameter_is_told_of() {
        let (list, table) = (list(), markdown_table());
        let page = markdown_page(|spec| Some(format!("{}.jpg", spec.name)));
        assert_eq!(table.lines().count(), REGISTRY.len() + 2);
        for entry in REGISTRY {
            let text = op_text(entry.spec);
            assert!(list.contains(entry.spec.summary()), "{}", entry.spec.name);
            assert!(table.contains(&format!("| `{}` |", entry.spec.name)), "{}", entry.spec.name);
            assert!(page.contains(&format!("\n## {}\n", entry.spec.name)), "{}", entry.spec.name);
            assert!(page.contains(&format!("({}.jpg)", entry.spec.name)), "{}", entry.spec.name);
            for param in entry.spec.params {
                assert!(page.contains(&format!("| `{}` | `", param.name)), "{}", param.name);
                for shown in [&text, &list, &table] {
                    assert!(shown.contains(&super::assigned(param)), "{shown}");
                }
                let first = param.doc.lines().next().unwrap_or_default().trim();
                assert!(text.contains(first), "{text}");
            }
        }
    }
}
