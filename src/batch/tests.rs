//! A shard as a program does it: what comes of pictures, by every way that a plan has for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::temporary::Temporaries;
use super::{
    Account, Budget, Draft, Entry, Existing, Folder, Input, OnError, Output, Plan, Report, Shard,
    State, Stored, Watch, process_shard,
};
use crate::codec::{EncodeOptions, Format, encode};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::image::{Image, PixelFormat};
use crate::view::Buffer;

mod flow;
mod tar;

/// A folder with inputs, and where outputs go.
struct Place {
    root: tempfile::TempDir,
    inputs: Vec<Input>,
}

impl Place {
    /// Makes pictures of these widths, and a damaged one where the width is 0.
    fn new(widths: &[usize]) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let inputs = widths.iter().enumerate().map(|(at, width)| {
            let path = root.path().join(format!("{at}.jpg"));
            let bytes = if *width == 0 { cut(40) } else { jpeg(*width) };
            std::fs::write(&path, bytes).expect("written");
            Input::new(path)
        });
        let inputs = inputs.collect();
        Self { root, inputs }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn folder(&self, name: &str) -> Folder {
        Folder::open(&self.path(name), &Temporaries::default()).expect("a folder")
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn jpeg(width: usize) -> Vec<u8> {
    let sample = |at: usize| u8::try_from(at * at % 251).expect("below 251");
    let samples = (0..width * 8 * 3).map(sample).collect();
    let buffer = Buffer::from_vec(samples, &[8, width, 3]).expect("a buffer");
    let image = Image::new(buffer, PixelFormat::RGB).expect("a picture");
    encode(&image, &EncodeOptions::new(Format::Jpeg)).expect("encoded")
}

fn cut(width: usize) -> Vec<u8> {
    let whole = jpeg(width);
    whole[..whole.len() * 4 / 5].to_vec()
}

fn plan(text: &str) -> Plan {
    Plan::new(text.parse().expect(text))
}

fn budget() -> Budget {
    Budget { threads: 2, ..Budget::new(Device::cpu()) }
}

fn states(entries: &[Entry]) -> Vec<State> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by_key(|entry| &entry.input);
    sorted.iter().map(|entry| entry.state).collect()
}

#[test]
fn a_shard_done_twice_is_the_same_shard() {
    let place = Place::new(&[40, 0, 24]);
    let mut seen = None;
    for _ in 0..2 {
        let report =
            process_shard(place.inputs.clone(), &plan("flip"), &place.folder("out"), &budget());
        assert_eq!(states(&report.entries), [State::Done, State::Failed, State::Done]);
        assert_eq!((report.tally.done, report.tally.failed, report.tally.left), (2, 1, 0));
        assert!(report.stopped.is_none());
        let files = place.names("out").into_iter().map(|name| {
            let bytes = std::fs::read(place.path("out").join(&name)).expect("read");
            (name, bytes)
        });
        let files: Vec<_> = files.collect();
        assert_eq!(files.len(), 2);
        assert_eq!(seen.get_or_insert_with(|| files.clone()), &files);
    }
}

#[test]
fn entries_tell_all_that_accounts_for_a_picture() {
    let place = Place::new(&[40]);
    let report = process_shard(
        place.inputs.clone(),
        &plan("resize 20x4 fit=fill"),
        &place.folder("out"),
        &budget(),
    );
    let entry = &report.entries[0];
    let bytes = std::fs::read(place.path("out/0.jpg")).expect("an output");
    assert_eq!((entry.size_in, entry.size_out), (Some([40, 8]), Some([20, 4])));
    assert_eq!(entry.bytes_out, bytes.len() as u64);
    assert_eq!(entry.output_content, Some(super::ContentHash::of(&bytes)));
    assert_eq!(entry.content, Some(super::ContentHash::of(&jpeg(40))));
    assert_eq!(entry.output.as_deref(), Some(&*place.path("out/0.jpg")));
    assert_eq!((entry.tries, entry.degraded, &entry.reason), (1, false, &None));
    assert!(entry.ms.stages().iter().all(|(_, ms)| *ms >= 0.0));
}

#[test]
fn what_cannot_be_made_goes_where_the_plan_says() {
    let place = Place::new(&[0, 40]);
    let aside: Arc<dyn Output> = Arc::new(place.folder("aside"));
    for (on_error, lenient, want) in [
        (OnError::Fail, false, State::Failed),
        (OnError::Skip, false, State::Skipped),
        (OnError::Quarantine(aside), false, State::Quarantined),
        (OnError::Fail, true, State::Done),
    ] {
        let mut plan = plan("flip");
        (plan.on_error, plan.is_lenient) = (on_error, lenient);
        let report = process_shard(place.inputs.clone(), &plan, &place.folder("out"), &budget());
        assert_eq!(states(&report.entries), [want, State::Done]);
        let damaged = report.entries.iter().find(|entry| entry.input.ends_with("0.jpg"));
        let damaged = damaged.expect("an entry");
        assert!(damaged.reason.as_ref().is_some_and(|text| text.contains("JPEG")), "{damaged:?}");
        assert_eq!(damaged.degraded, lenient);
        assert_eq!(report.tally.degraded, usize::from(lenient));
    }
    assert_eq!(place.names("aside"), ["0.jpg"]);
    assert_eq!(std::fs::read(place.path("aside/0.jpg")).expect("a copy"), cut(40));
    assert!(place.path("0.jpg").exists(), "the input stays");
}

/// Writes a report, and ends the work after so many pictures.
struct Writer {
    report: Report,
    seen: AtomicUsize,
    most: usize,
}

impl Watch for Writer {
    fn is_cancelled(&self) -> bool {
        self.seen.load(Ordering::SeqCst) >= self.most
    }

    fn finished(&self, entry: &Entry) -> Result<()> {
        self.seen.fetch_add(1, Ordering::SeqCst);
        self.report.add(entry)
    }
}

#[test]
fn a_run_goes_on_where_it_ended_and_does_again_what_is_no_longer_so() {
    let place = Place::new(&[16, 24, 0, 32, 40]);
    let path = place.path("report.jsonl");
    let run = |text: &str, most: usize| {
        let before = Account::read(&path).expect("a report");
        let report = Report::open(&path, true).expect("a report");
        let writer = Writer { report, seen: AtomicUsize::new(0), most };
        let shard = Shard::new(place.inputs.clone(), &plan(text)).resume(before);
        let budget = Budget { threads: 1, ..budget() };
        let (tally, stopped) = shard.process(&place.folder("out"), &budget, &writer);
        assert!(stopped.is_none());
        (tally.done, tally.known, tally.failed, tally.left)
    };
    assert_eq!(run("flip", 2), (2, 0, 0, 3));
    assert_eq!(run("flip", 99), (2, 2, 1, 0));
    assert_eq!(run("flip", 99), (0, 4, 1, 0));
    let account = Account::read(&path).expect("a report");
    assert_eq!(account.entries[&place.inputs[2].path].tries, 2, "what fails is tried again");
    // Another output, none, another input, another plan.
    std::fs::write(place.path("out/0.jpg"), b"another's").expect("written");
    assert_eq!(run("flip", 99), (1, 3, 1, 0));
    std::fs::remove_file(place.path("out/1.jpg")).expect("removed");
    assert_eq!(run("flip", 99), (1, 3, 1, 0));
    std::fs::write(place.path("3.jpg"), jpeg(48)).expect("written");
    assert_eq!(run("flip", 99), (1, 3, 1, 0));
    assert_eq!(run("flip | flip", 99), (4, 0, 1, 0));
    // Neither touching a file nor copying it counts.
    let bytes = std::fs::read(place.path("3.jpg")).expect("read");
    std::fs::write(place.path("3.jpg"), bytes).expect("written");
    assert_eq!(run("flip | flip", 99), (0, 4, 1, 0));
}

/// A place for outputs that is full after the first.
#[derive(Debug)]
struct Full(Folder);

impl Output for Full {
    fn path(&self, name: &Path) -> PathBuf {
        self.0.path(name)
    }
    fn exists(&self, name: &Path) -> bool {
        self.0.exists(name)
    }
    fn stored(&self, name: &Path) -> Option<Stored> {
        self.0.stored(name)
    }
    fn create(&self, name: &Path) -> Result<Box<dyn Draft + '_>> {
        if name == Path::new("0.jpg") {
            return self.0.create(name);
        }
        let source = std::io::ErrorKind::StorageFull.into();
        Err(Error::Io { action: "write", path: self.path(name), source })
    }
}

#[test]
fn a_full_place_and_a_report_that_cannot_be_written_end_the_work() {
    let place = Place::new(&[40, 32, 24, 16]);
    let one = Budget { threads: 1, ..budget() };
    let full = Full(place.folder("out"));
    let report = process_shard(place.inputs.clone(), &plan("flip"), &full, &one);
    assert_eq!((report.tally.done, report.tally.failed, report.tally.left), (1, 1, 2));
    assert!(matches!(report.stopped, Some(Error::Io { .. })), "{report:?}");

    struct Deaf;
    impl Watch for Deaf {
        fn finished(&self, _: &Entry) -> Result<()> {
            let source = std::io::ErrorKind::StorageFull.into();
            Err(Error::Io { action: "write", path: "report".into(), source })
        }
    }
    let shard = Shard::new(place.inputs.clone(), &plan("flip"));
    let (tally, stopped) = shard.process(&place.folder("two"), &one, &Deaf);
    assert_eq!((tally.done, tally.left), (1, 3));
    assert!(stopped.is_some());
}

#[test]
fn names_that_meet_late_fail_one_of_two() {
    let place = Place::new(&[40, 32, 40]);
    let mut plan = plan("flip");
    plan.template = Some("{width}.{ext}".parse().expect("a template"));
    let report = process_shard(place.inputs.clone(), &plan, &place.folder("out"), &budget());
    assert_eq!((report.tally.done, report.tally.failed), (2, 1), "{report:?}");
    assert_eq!(place.names("out"), ["32.jpg", "40.jpg"]);
    // The folder of the inputs: none may be replaced.
    plan.template = Some("{width}.jpg".parse().expect("a template"));
    std::fs::rename(place.path("1.jpg"), place.path("32.jpg")).expect("renamed");
    let inputs = vec![Input::new(place.path("32.jpg"))];
    let report = process_shard(inputs, &plan, &place.folder(""), &budget());
    let reason = report.entries[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("replacing the input"), "{reason}");
}

#[test]
fn outputs_that_are_there_stay_where_the_plan_says_so() {
    let place = Place::new(&[40]);
    for (existing, want) in [
        (Existing::Skip, State::Skipped),
        (Existing::Fail, State::Failed),
        (Existing::Replace, State::Done),
    ] {
        let folder = place.folder("out");
        std::fs::write(place.path("out/0.jpg"), b"before").expect("written");
        let mut plan = plan("flip");
        plan.existing = existing;
        let report = process_shard(place.inputs.clone(), &plan, &folder, &budget());
        assert_eq!(states(&report.entries), [want]);
        let is_kept = std::fs::read(place.path("out/0.jpg")).expect("read") == b"before";
        assert_eq!(is_kept, existing != Existing::Replace);
    }
}

#[test]
fn memory_and_time_are_bounded_and_all_is_done_within_them() {
    let place = Place::new(&[400, 800, 400, 16, 16]);
    // Less than any but the smallest needs.
    let small = Budget { memory: Some(1000), ..budget() };
    let report = process_shard(place.inputs.clone(), &plan("blur 2"), &place.folder("a"), &small);
    assert_eq!(report.tally.done, 5);
    let long = Budget { timeout: Some(Duration::from_secs(600)), ..budget() };
    let report = process_shard(place.inputs.clone(), &plan("blur 2"), &place.folder("b"), &long);
    assert_eq!(report.tally.done, 5);
    let none = Budget { timeout: Some(Duration::ZERO), ..budget() };
    let chain = ["blur 400"; 40].join(" | ");
    let report = process_shard(place.inputs.clone(), &plan(&chain), &place.folder("c"), &none);
    assert_eq!((report.tally.done, report.tally.failed), (0, 5), "{report:?}");
    assert!(report.entries[0].reason.as_ref().is_some_and(|text| text.contains("took longer")));
    assert_eq!(place.names("c"), [""; 0]);
}

#[test]
fn what_is_foreseen_is_what_comes() {
    let place = Place::new(&[400, 0]);
    let mut plan = plan("resize 100x | rotate 90");
    plan.template = Some("{stem}-small.{ext}".parse().expect("a template"));
    let shard = Shard::new(place.inputs.clone(), &plan);
    let foreseen: Vec<_> = shard.foresee(Path::new("out"), &Device::cpu()).collect();
    assert_eq!(foreseen[0].output.as_deref(), Some(Path::new("out/0-small.jpg")));
    let estimate = foreseen[0].estimate.as_ref().expect("an estimate");
    assert_eq!((estimate.size_in, estimate.size_out), ([400, 8], Some([2, 100])));
    assert!(estimate.memory > estimate.file + 400 * 8 * 3, "{estimate:?}");
    assert!(foreseen[1].estimate.is_ok(), "a head that is whole tells nothing of damage behind it");
}
