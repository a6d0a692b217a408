//! `--plan`: the work as a TOML file. The schema is the structs below, and the help text's example.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytelens::Value;
use serde::Deserialize;

use super::job::{Job, Memory, Pass, kernel};
use super::spec::{FileSpec, Place};
use crate::stop::{Stop, reason, shown};

/// A plan, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// Rounds of all passes.
    #[serde(default = "once")]
    repeat: u32,
    /// Buffers that trade places between rounds.
    #[serde(default)]
    swap: Vec<[String; 2]>,
    buffers: BTreeMap<String, Described>,
    passes: Vec<Step>,
}

/// A buffer: what is read into it, what it is like, where it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    /// As `--in` has it, without the name.
    r#in: Option<String>,
    /// As `--out` has it, without the name.
    out: Option<String>,
    /// Another buffer, whose type and shape this one has.
    like: Option<String>,
    /// Type and shape: `f32[480,640]`.
    r#type: Option<String>,
}

/// One kernel over the buffers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    kernel: PathBuf,
    entry: Option<String>,
    /// Variable to buffer.
    #[serde(default)]
    bind: BTreeMap<String, String>,
    #[serde(default)]
    set: BTreeMap<String, toml::Value>,
    #[serde(default)]
    dispatch: Groups,
    /// Rounds of this pass alone.
    #[serde(default = "once")]
    repeat: u32,
    /// Variables that trade places between its rounds.
    #[serde(default)]
    swap: Vec<[String; 2]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "dispatch must be \"auto\" or up to three numbers, as [8, 8, 1]")]
enum Groups {
    #[default]
    Unsaid,
    Named(Auto),
    Numbers(Vec<u32>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Auto {
    Auto,
}

fn once() -> u32 {
    1
}

/// Reads a plan. Its paths are relative to its folder.
pub(super) fn read(path: &Path) -> Result<Job, Stop> {
    let failed = |problem: String| Stop::usage(format!("{}: {problem}", shown(path)));
    let text = std::fs::read(path).map_err(|e| failed(format!("cannot read: {}", reason(&e))))?;
    let text = String::from_utf8(text).map_err(|_| failed("it is not text".to_owned()))?;
    let plan: Plan =
        toml::from_str(&text).map_err(|e| failed(e.to_string().trim_end().to_owned()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    if plan.passes.is_empty() {
        return Err(failed("there is no pass; add [[passes]]".to_owned()));
    }
    if plan.repeat == 0 || plan.passes.iter().any(|step| step.repeat == 0) {
        return Err(failed("repeat must be 1 or more".to_owned()));
    }
    let names = plan.buffers.keys().map(|name| (name.clone(), Memory::default()));
    let mut job = Job {
        buffers: names.collect(),
        passes: Vec::new(),
        outputs: Vec::new(),
        rows: Vec::new(),
        repeat: plan.repeat,
        swaps: plan.swap,
        is_plan: true,
    };
    for (name, described) in plan.buffers {
        buffer(&mut job, &name, described, folder)
            .map_err(|problem| failed(format!("buffers.{name}: {problem}")))?;
    }
    for step in plan.passes {
        let (kernel, source) = kernel(&folder.join(&step.kernel), step.entry.as_deref())?;
        let told = |problem: String| failed(format!("pass {}: {problem}", shown(&step.kernel)));
        let sets =
            step.set.iter().map(|(name, value)| Ok((name.clone(), read_value(name, value)?)));
        let sets = sets.collect::<Result<Vec<_>, String>>().map_err(told)?;
        let groups = match step.dispatch {
            Groups::Unsaid | Groups::Named(Auto::Auto) => None,
            Groups::Numbers(numbers) => {
                let text: Vec<_> = numbers.iter().map(u32::to_string).collect();
                let groups = super::spec::dispatch(&text.join(","));
                groups.map_err(|problem| told(format!("dispatch {problem}")))?
            }
        };
        let (bind, repeat, swaps) = (step.bind, step.repeat, step.swap);
        job.passes.push(Pass { kernel, source, bind, sets, groups, repeat, swaps });
    }
    Ok(job)
}

fn buffer(job: &mut Job, name: &str, described: Described, folder: &Path) -> Result<(), String> {
    let file = |text: &str| {
        let mut file = FileSpec::parse(text)?;
        if let Place::File(path) = &mut file.place {
            *path = folder.join(&path);
        }
        Ok::<_, String>(file)
    };
    if let Some(text) = &described.r#type {
        let typed = FileSpec::parse(&format!(":{text}"))?;
        let lens = typed.shape.unwrap_or_default();
        let lens: Option<Vec<usize>> = lens.iter().map(|len| usize::try_from(*len).ok()).collect();
        let memory = job.buffers.entry(name.to_owned()).or_default();
        memory.dtype = typed.dtype;
        memory.shape = Some(lens.ok_or("type must be as f32[480,640], without -1")?);
    }
    if let Some(like) = described.like {
        job.buffers.entry(name.to_owned()).or_default().like = Some(like);
    }
    let told = |stop: Stop| stop.to_string();
    if let Some(text) = described.r#in {
        job.add_input(name.to_owned(), file(&text)?).map_err(told)?;
    }
    if let Some(text) = described.out {
        job.add_output(name.to_owned(), file(&text)?).map_err(told)?;
    }
    Ok(())
}

fn read_value(name: &str, value: &toml::Value) -> Result<Value, String> {
    match value {
        toml::Value::Integer(int) => Ok(Value::Int((*int).into())),
        toml::Value::Float(float) => Ok(Value::Float(*float)),
        toml::Value::Boolean(truth) => Ok(Value::Bool(*truth)),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| read_value(name, item));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        _ => Err(format!("set {name}: must be a number, true or false, or a list of them")),
    }
}

/// The files that a plan writes, for whoever must know no more than that.
pub(super) fn outputs(path: &Path) -> Option<Vec<PathBuf>> {
    let text = std::fs::read_to_string(path).ok()?;
    let plan: Plan = toml::from_str(&text).ok()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let files = plan.buffers.values().filter_map(|buffer| buffer.out.as_deref());
    let places = files.filter_map(|text| FileSpec::parse(text).ok()).map(|file| file.place);
    let paths = places.filter_map(|place| match place {
        Place::File(path) => Some(folder.join(path)),
        _ => None,
    });
    Some(paths.collect())
}
