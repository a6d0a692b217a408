//! `bytelens ops --json`: the declarations, for programs.

use bytelens::describe;
use bytelens::op::declare::{ParamSpec, Spec};
use bytelens::op::param::ParamKind;
use bytelens::ops::REGISTRY;
use serde_json::{Value, json};

use crate::stop::Stop;

/// Returns all that is known of all operations.
pub(super) fn text() -> Result<String, Stop> {
    let ops: Vec<_> = REGISTRY.iter().map(|entry| op(entry.spec)).collect();
    let text = serde_json::to_string_pretty(&json!({ "ops": ops })).map_err(Stop::failed)?;
    Ok(text + "\n")
}

fn op(spec: &Spec) -> Value {
    let params: Vec<_> = spec.params.iter().map(param).collect();
    json!({
        "name": spec.name,
        "kind": spec.kind.to_string(),
        "summary": spec.summary(),
        "doc": lines(spec.doc),
        "example": describe::example(spec),
        "params": params,
    })
}

fn param(param: &ParamSpec) -> Value {
    let (kind, form, values) = match param.kind {
        ParamKind::Number => ("number", None, None),
        ParamKind::Integer => ("integer", None, None),
        ParamKind::Bool => ("boolean", None, None),
        ParamKind::Choice(names) => {
            let values = names.iter().map(|(name, doc)| json!({ "name": name, "doc": lines(doc) }));
            ("choice", None, Some(values.collect::<Vec<_>>()))
        }
        ParamKind::Text(form) => ("text", Some(form), None),
    };
    let mut value = json!({
        "name": param.name,
        "type": kind,
        "default": (param.default)(),
        "doc": lines(param.doc),
    });
    if let Some(range) = &param.range {
        value["minimum"] = json!(range.low);
        value["maximum"] = json!(range.high);
        if !range.unit.is_empty() {
            value["unit"] = json!(range.unit);
        }
    }
    if let Some(form) = form {
        value["form"] = json!(form);
    }
    if let Some(values) = values {
        value["values"] = json!(values);
    }
    value
}

/// Documentation without the indent of the source.
fn lines(doc: &str) -> String {
    doc.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}
