//! Where each output goes, and which outputs cannot be: known before anything is read.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytelens::codec::Format;

use super::Failure;
use super::inputs::Found;
use crate::stop::{Stop, shown};

/// A picture to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    pub(super) encoding: Encoding,
}

/// What an output is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A picture.
    Picture(Format),
    /// An array of NumPy.
    Npy,
}

impl Encoding {
    /// The extension of its files, without a dot.
    fn extension(self) -> &'static str {
        match self {
            Self::Picture(format) => format.extensions()[0],
            Self::Npy => "npy",
        }
    }
}

/// Names the output of each file; written as `only`, or in the format that its own name says.
pub(super) fn jobs(found: Vec<Found>, out: &Path, only: Option<Encoding>) -> Vec<Job> {
    let job = |found: Found| {
        let own = found.below.extension().and_then(OsStr::to_str).and_then(Format::from_extension);
        let output = out.join(&found.below);
        let (output, encoding) = match (own, only) {
            (Some(own), None) => (output, Encoding::Picture(own)),
            (None, None) => (output, Encoding::Picture(content(&found.path))),
            (Some(own), Some(only)) if only == Encoding::Picture(own) => (output, only),
            (Some(_), Some(only)) => (output.with_extension(only.extension()), only),
            (None, Some(only)) => {
                // What follows the last dot is no extension that is known: it stays in the name.
                let mut name = output.into_os_string();
                name.push(".");
                name.push(only.extension());
                (name.into(), only)
            }
        };
        Job { input: found.path, output, encoding }
    };
    found.into_iter().map(job).collect()
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

/// Takes out the jobs whose outputs have one name, as failures that name the other input.
///
/// A file that is named twice stays, once.
pub(super) fn take_collisions(jobs: &mut Vec<Job>) -> Vec<Failure> {
    let mut by_output: HashMap<PathBuf, Vec<usize>> = HashMap::new();
    for (at, job) in jobs.iter().enumerate() {
        by_output.entry(folded(&job.output)).or_default().push(at);
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
    let mut failures = Vec::new();
    let mut kept = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        match rivals.get(&at) {
            None => kept.push(job.clone()),
            Some(rival) if *rival == at => {}
            Some(rival) => {
                let (rival, output) = (shown(&jobs[*rival].input), shown(&job.output));
                let cause = format!("not done: {rival} would be written to {output} too");
                failures.push(Failure::new(&job.input, cause));
            }
        }
    }
    *jobs = kept;
    failures
}

/// A path as file systems of this kind of machine usually tell names apart.
fn folded(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if cfg!(any(windows, target_os = "macos")) => text.to_lowercase().into(),
        _ => path.to_owned(),
    }
}

/// Checks that no output would take the place of an input.
pub(super) fn refuse_to_replace_inputs(jobs: &[Job]) -> Result<(), Stop> {
    // An input exists, so an output that does not is none; a first run looks no further.
    let existing: Vec<_> =
        jobs.iter().filter(|job| job.output.symlink_metadata().is_ok()).collect();
    if existing.is_empty() {
        return Ok(());
    }
    // An input is both the name it was given and, where that is a link, what the link leads to.
    let names = |job| [entry(job), job.canonicalize().ok()].into_iter().flatten();
    let inputs: HashMap<PathBuf, &Path> = jobs
        .iter()
        .flat_map(|job| names(&job.input).map(|name| (name, job.input.as_path())))
        .collect();
    for job in existing {
        // A link that is replaced leaves what it led to as it was.
        let is_link = job.output.is_symlink();
        let name = if is_link { entry(&job.output) } else { job.output.canonicalize().ok() };
        if let Some(input) = name.and_then(|name| inputs.get(&name)) {
            let (input, output) = (shown(input), shown(&job.output));
            return Err(Stop::usage(format!(
                "{output}: would replace the input {input}; choose another folder for --out"
            )));
        }
    }
    Ok(())
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

    use bytelens::codec::Format;

    use super::{Encoding, Found, jobs, take_collisions};

    fn found(paths: &str) -> Vec<Found> {
        let one = |path: &str| {
            let below = Path::new(path).file_name().expect("a name").into();
            Found { path: path.into(), below }
        };
        paths.split_whitespace().map(one).collect()
    }

    #[test]
    fn outputs_are_named_after_inputs() {
        let [jpeg, png] = [Format::Jpeg, Format::Png].map(Encoding::Picture);
        for (input, format, expected) in [
            ("a.jpg", None, ("out/a.jpg", jpeg)),
            ("x/a.PNG", None, ("out/a.PNG", png)),
            ("a.jpeg", Some(jpeg), ("out/a.jpeg", jpeg)),
            ("a.jpeg", Some(png), ("out/a.png", png)),
            ("a.b.png", Some(jpeg), ("out/a.b.jpg", jpeg)),
            ("scan.2024", Some(jpeg), ("out/scan.2024.jpg", jpeg)),
            ("scan", Some(png), ("out/scan.png", png)),
            ("a.b.jpg", Some(Encoding::Npy), ("out/a.b.npy", Encoding::Npy)),
            ("scan.2024", Some(Encoding::Npy), ("out/scan.2024.npy", Encoding::Npy)),
        ] {
            let jobs = jobs(found(input), Path::new("out"), format);
            assert_eq!((jobs[0].output.to_str(), jobs[0].encoding), (Some(expected.0), expected.1));
        }
    }

    #[test]
    fn inputs_with_one_output_fail_together_and_the_others_stay() {
        for (inputs, kept, failed) in [
            ("a.jpg b.jpg", "a.jpg b.jpg", ""),
            ("a.jpg a.png b.jpg", "b.jpg", "a.jpg a.png"),
            ("x/a.jpg b.png y/a.jpg z/a.jpg", "b.png", "x/a.jpg y/a.jpg z/a.jpg"),
            ("a.jpg a.jpg", "a.jpg", ""),
            ("a.jpg a.jpg a.png", "", "a.jpg a.png"),
        ] {
            let png = Some(Encoding::Picture(Format::Png));
            let mut jobs = jobs(found(inputs), Path::new("out"), png);
            let failures = take_collisions(&mut jobs);
            let text = |paths: Vec<&Path>| {
                let paths: Vec<_> = paths.iter().filter_map(|path| path.to_str()).collect();
                paths.join(" ")
            };
            assert_eq!(text(jobs.iter().map(|job| job.input.as_path()).collect()), kept);
            assert_eq!(text(failures.iter().map(|one| one.path.as_path()).collect()), failed);
        }
    }
}
