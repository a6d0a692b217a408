//! Where each output goes, and which outputs cannot be: known before anything is read, as far as it can be.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::Input;
use super::plan::{Encoding, Plan};
use super::template::{After, Before};
use crate::codec::Format;
use crate::error::{Error, Result, shown};

/// A picture to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) input: PathBuf,
    /// The path of the input below the folder that was named.
    below: PathBuf,
    /// The path below the output folder, if the input alone decides it: its extension is the output's.
    own: PathBuf,
    /// The place in the list of inputs, from 1.
    index: usize,
    pub(super) encoding: Encoding,
    /// The path of the output below the output folder; none while that is not known.
    pub(super) output: Option<PathBuf>,
}

impl Job {
    fn new(input: Input, index: usize, plan: &Plan) -> Self {
        let Input { path, below } = input;
        let is_plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
        let below: PathBuf = below.components().filter(is_plain).collect();
        if is_tar(&path) {
            // It keeps its name; what its members are written as is theirs to say.
            let (own, output) = (below.clone(), Some(below.clone()));
            let encoding = Encoding::Picture(Format::Png);
            return Self { input: path, below, own, index, encoding, output };
        }
        let (own, encoding) = own_name(&path, below.clone(), plan.encoding);
        let mut job = Self { input: path, below, own, index, encoding, output: None };
        job.output = match &plan.template {
            None => Some(job.own.clone()),
            Some(_) => job.name(plan, None),
        };
        job
    }

    /// Names the output of a member of a tar, which is a picture by its extension: it stays where it is in the tar.
    pub(super) fn member(tar: &Self, path: &Path, plan: &Plan) -> Self {
        let (own, encoding) = own_name(path, path.to_owned(), plan.encoding);
        let below = tar.below.join(path);
        let output = Some(own.clone());
        Self { input: tar.input.join(path), below, own, index: tar.index, encoding, output }
    }

    /// Returns whether the input is a tar.
    pub(super) fn is_tar(&self) -> bool {
        is_tar(&self.input)
    }

    /// The path that a copy of the input has below another folder.
    pub(super) fn own_path(&self) -> &Path {
        &self.below
    }

    /// Names the output; none where more must be known for it.
    pub(super) fn name(&self, plan: &Plan, after: Option<After>) -> Option<PathBuf> {
        let Some(template) = &plan.template else { return self.output.clone() };
        let known = self.encoding.extensions();
        let own = self.own.extension().filter(|own| {
            known
                .iter()
                .any(|known| own.to_str().is_some_and(|own| own.eq_ignore_ascii_case(known)))
        });
        let stem = if own.is_some() { self.own.file_stem() } else { self.own.file_name() };
        let before = Before {
            dir: self.own.parent().unwrap_or(Path::new("")),
            stem: stem.unwrap_or_default(),
            ext: own.unwrap_or(OsStr::new(known[0])),
            index: self.index,
        };
        template.fill(before, after)
    }
}

/// Returns whether a file of a folder is an input, by its extension: a picture, or a tar of pictures.
#[must_use]
pub fn is_input(path: &Path) -> bool {
    is_picture(path) || is_tar(path)
}

/// Whether a file is a tar, by its extension: its members are the pictures.
pub(super) fn is_tar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"))
}

/// Whether a file is a picture, by its extension.
pub(super) fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| Format::from_extension(extension).is_some())
}

/// Names the output after the file; written as `only`, or in the format that its own name says.
fn own_name(path: &Path, below: PathBuf, only: Option<Encoding>) -> (PathBuf, Encoding) {
    let own = below.extension().and_then(OsStr::to_str).and_then(Format::from_extension);
    match (own, only) {
        (Some(own), None) => match Encoding::of(own) {
            same if same == Encoding::Picture(own) => (below, same),
            other => (below.with_extension(other.extensions()[0]), other),
        },
        (None, None) => (below, Encoding::of(content(path))),
        (Some(own), Some(only)) if only == Encoding::Picture(own) => (below, only),
        (Some(_), Some(only)) => (below.with_extension(only.extensions()[0]), only),
        (None, Some(only)) => {
            // What follows the last dot is no extension that is known: it stays in the name.
            let mut name = below.into_os_string();
            name.push(".");
            name.push(only.extensions()[0]);
            (name.into(), only)
        }
    }
}

/// The format that a file starts with. Where it starts with none, decoding will say so.
fn content(path: &Path) -> Format {
    let mut start = Vec::new();
    if path.is_file() {
        // What cannot be read now cannot be read later, and is told of then.
        let _ = std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    }
    Format::from_bytes(&start).unwrap_or(Format::Png)
}

/// Names the outputs; returns the jobs, and those whose outputs have one name, with the reason.
///
/// A file that is named twice stays, once.
pub(super) fn jobs(inputs: Vec<Input>, plan: &Plan) -> (Vec<Job>, Vec<(PathBuf, String)>) {
    let numbered = inputs.into_iter().enumerate();
    let jobs: Vec<_> = numbered.map(|(at, input)| Job::new(input, at + 1, plan)).collect();
    let mut by_output: HashMap<PathBuf, Vec<usize>> = HashMap::new();
    for (at, job) in jobs.iter().enumerate() {
        // Names that are not known yet meet, if they do, when they are.
        let key = job.output.as_deref().map_or_else(|| job.input.clone(), folded);
        by_output.entry(key).or_default().push(at);
    }
    // The first of the others, or the job itself where it is to be dropped without a word.
    let mut rivals: HashMap<usize, usize> = HashMap::new();
    for group in by_output.values().filter(|group| group.len() > 1) {
        let same = |a: usize, b: usize| {
            let real = |at: usize| jobs[at].input.canonicalize();
            jobs[a].input == jobs[b].input || matches!((real(a), real(b)), (Ok(a), Ok(b)) if a == b)
        };
        let (first, others) = (group[0], &group[1..]);
        let rival = others.iter().copied().find(|other| !same(first, *other));
        if let Some(rival) = rival {
            rivals.insert(first, rival);
        }
        for other in others {
            rivals.insert(*other, if same(first, *other) { *other } else { first });
        }
    }
    if rivals.is_empty() {
        return (jobs, Vec::new());
    }
    let mut failures = Vec::new();
    for (at, job) in jobs.iter().enumerate() {
        if let Some(rival) = rivals.get(&at).filter(|rival| **rival != at) {
            let rival = shown(&jobs[*rival].input);
            let output = job.output.as_deref().map(shown).unwrap_or_default();
            let cause = format!("not done: {rival} would be written to {output} too");
            failures.push((job.input.clone(), cause));
        }
    }
    let kept = jobs.into_iter().enumerate().filter(|(at, _)| !rivals.contains_key(at));
    (kept.map(|(_, job)| job).collect(), failures)
}

/// A path as file systems of this kind of machine usually tell names apart.
pub(super) fn folded(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if cfg!(any(windows, target_os = "macos")) => text.to_lowercase().into(),
        _ => path.to_owned(),
    }
}

/// Checks that no output would take the place of an input.
pub(super) fn refuse_to_replace_inputs(jobs: &[Arc<Job>], root: &Path) -> Result<()> {
    let output = |job: &Arc<Job>| job.output.as_deref().map(|output| root.join(output));
    // An input exists, so an output that does not is none; a first run looks no further.
    let existing: Vec<_> =
        jobs.iter().filter_map(output).filter(|output| output.symlink_metadata().is_ok()).collect();
    if existing.is_empty() {
        return Ok(());
    }
    let inputs: HashMap<PathBuf, &Path> =
        jobs.iter().flat_map(|job| names(&job.input).map(|name| (name, &*job.input))).collect();
    for output in existing {
        if let Some(input) = replaced(&output).and_then(|name| inputs.get(&name)) {
            return Err(would_replace(&output, input));
        }
    }
    Ok(())
}

/// An output that would take the place of an input.
pub(super) fn would_replace(output: &Path, input: &Path) -> Error {
    Error::Unsupported {
        what: format!("{}: replacing the input {}", shown(output), shown(input)),
        instead: "choose another folder for the outputs".to_owned(),
    }
}

/// What an input is: the name it was given and, where that is a link, what the link leads to.
pub(super) fn names(input: &Path) -> impl Iterator<Item = PathBuf> {
    [entry(input), input.canonicalize().ok()].into_iter().flatten()
}

/// What a new file takes the place of. A link that is replaced leaves what it led to as it was.
pub(super) fn replaced(output: &Path) -> Option<PathBuf> {
    if output.is_symlink() { entry(output) } else { output.canonicalize().ok() }
}

/// A path with its folder resolved, but not the name itself.
fn entry(path: &Path) -> Option<PathBuf> {
    let folder = match path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Encoding, Input, Plan};
    use super::jobs;
    use crate::codec::Format;
    use crate::pipeline::Pipeline;

    fn inputs(paths: &str) -> Vec<Input> {
        let one = |path: &str| {
            let below = Path::new(path).file_name().expect("a name").into();
            Input { path: path.into(), below }
        };
        paths.split_whitespace().map(one).collect()
    }

    fn plan(encoding: Option<Encoding>, template: Option<&str>) -> Plan {
        let mut plan = Plan::new(Pipeline::new());
        plan.encoding = encoding;
        plan.template = template.map(|text| text.parse().expect(text));
        plan
    }

    #[test]
    fn outputs_are_named_after_inputs() {
        let [jpeg, png] = [Format::Jpeg, Format::Png].map(Encoding::Picture);
        let short = Some("{stem}.{ext}");
        for (input, format, template, expected) in [
            ("a.jpg", None, None, ("a.jpg", jpeg)),
            ("x/a.PNG", None, None, ("a.PNG", png)),
            ("a.jpeg", Some(jpeg), None, ("a.jpeg", jpeg)),
            ("a.jpeg", Some(png), None, ("a.png", png)),
            ("a.b.png", Some(jpeg), None, ("a.b.jpg", jpeg)),
            ("scan.2024", Some(jpeg), None, ("scan.2024.jpg", jpeg)),
            ("scan", Some(png), None, ("scan.png", png)),
            ("a.b.jpg", Some(Encoding::Npy), None, ("a.b.npy", Encoding::Npy)),
            ("scan.2024", Some(Encoding::Npy), None, ("scan.2024.npy", Encoding::Npy)),
            ("a.b.JPG", None, short, ("a.b.JPG", jpeg)),
            ("scan.2024", Some(png), short, ("scan.2024.png", png)),
            ("scan", None, short, ("scan.png", png)),
            ("a.jpg", Some(png), Some("{index}/{stem}"), ("000001/a", png)),
        ] {
            let (jobs, failures) = jobs(inputs(input), &plan(format, template));
            let output = jobs[0].output.as_deref().and_then(Path::to_str);
            assert_eq!((output, jobs[0].encoding), (Some(expected.0), expected.1));
            assert!(failures.is_empty());
        }
    }

    #[test]
    fn inputs_with_one_output_fail_together_and_the_others_stay() {
        for (paths, kept, failed) in [
            ("a.jpg b.jpg", "a.jpg b.jpg", ""),
            ("a.jpg a.png b.jpg", "b.jpg", "a.jpg a.png"),
            ("x/a.jpg b.png y/a.jpg z/a.jpg", "b.png", "x/a.jpg y/a.jpg z/a.jpg"),
            ("a.jpg a.jpg", "a.jpg", ""),
            ("a.jpg a.jpg a.png", "", "a.jpg a.png"),
        ] {
            let png = Some(Encoding::Picture(Format::Png));
            for template in [None, Some("{stem}")] {
                let (jobs, failures) = jobs(inputs(paths), &plan(png, template));
                let text = |paths: Vec<&Path>| {
                    let paths: Vec<_> = paths.iter().filter_map(|path| path.to_str()).collect();
                    paths.join(" ")
                };
                assert_eq!(text(jobs.iter().map(|job| job.input.as_path()).collect()), kept);
                assert_eq!(text(failures.iter().map(|one| one.0.as_path()).collect()), failed);
            }
        }
    }

    #[test]
    fn names_that_are_not_known_meet_later() {
        let (jobs, failures) =
            jobs(inputs("x/a.jpg y/a.jpg x/a.jpg"), &plan(None, Some("{width}")));
        assert_eq!((jobs.len(), failures.len()), (2, 0), "a file named twice stays once");
        assert!(jobs.iter().all(|job| job.output.is_none()));
    }
}
