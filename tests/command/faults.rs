//! What happens to the command from outside: full disks, folders that go, readers that go, signals.
#![cfg(unix)]

use std::process::{Command, Stdio};

use bytelens::PixelFormat;
use bytelens::codec::Format;

use crate::place::{Place, Run, decoded, jpeg, picture};

const BATCH: &str = "good.jpg --out out --device cpu";

#[test]
fn a_file_without_read_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    place.write("bad.jpg", &jpeg());
    let bad = place.path("bad.jpg");
    std::fs::set_permissions(&bad, std::fs::Permissions::from_mode(0o000)).expect("changed");
    // Root may read everything, and then there is nothing to be seen here.
    let is_readable = std::fs::File::open(&bad).is_ok();
    let run = place.run(&["batch", "bad.jpg", "good.jpg", "--out", "out", "--device", "cpu"]);
    if is_readable {
        assert_eq!(run.code, Some(0), "{run:?}");
    } else {
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.err.contains("bad.jpg: cannot read: Permission denied"), "{run:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    place.write("large.png", &picture(300, 200, PixelFormat::RGB, Format::Png));
    // A cap on the size of files stands for a full disk: the write fails half-way.
    let run = place.shell(&format!(
        "trap '' XFSZ; ulimit -f 8; exec \"$bytelens\" batch large.png {BATCH} --do contrast"
    ));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("large.png: cannot write out/large.png: File too large\n"), "{run:?}");
    assert_eq!(place.names("out"), "good.jpg");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_in_ends_it_before_it_starts() {
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    for out in ["/proc/bytelens", "/proc/self"] {
        let run = place.run(&["batch", "good.jpg", "--out", out, "--device", "cpu"]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(run.err.starts_with("error: cannot ") && run.err.contains(out), "{run:?}");
        assert_eq!(run.err.lines().count(), 1, "{run:?}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    for (line, code) in [
        ("\"$bytelens\" ops | true", 0),
        ("\"$bytelens\" ops >&-", 0),
        (&*format!("\"$bytelens\" batch {BATCH} 2>&-"), 0),
        (
            &*format!(
                "{{ \"$bytelens\" batch {BATCH} gone.jpg 2>&1; echo $? >code; }} | true; exit $(cat code)"
            ),
            1,
        ),
    ] {
        assert_eq!(place.shell(line).code, Some(code), "{line}");
    }
    #[cfg(target_os = "linux")]
    {
        let run = place.shell("\"$bytelens\" ops >/dev/full");
        assert_eq!(run.code, Some(1));
        assert_eq!(run.err, "error: cannot write to standard output: No space left on device\n");
    }
}

#[test]
fn an_interruption_leaves_whole_outputs_and_no_temporary_file() {
    let source = picture(900, 700, PixelFormat::RGB, Format::Png);
    for (signals, in_order) in [(&["INT"][..], true), (&["TERM"], true), (&["INT", "INT"], false)] {
        let place = Place::new();
        place.write("in/000.png", &source);
        for number in 1..200 {
            let name = place.path(format!("in/{number:03}.png"));
            std::fs::hard_link(place.path("in/000.png"), name).expect("a link");
        }
        let mut command = place.command();
        command.args(["batch", "in", "--out", "out", "--device", "cpu", "--jobs", "2"]);
        command.args(["--do", "blur 8"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        while !place.names("out").contains(".png") {
            let ended = child.try_wait().expect("a child");
            assert!(ended.is_none(), "ended before it was interrupted");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        for signal in signals {
            let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
            assert!(kill.expect("kill").success() || !in_order);
        }
        let run = Run::new(child.wait_with_output().expect("the command ends"));
        assert_eq!(run.code, Some(130), "{signals:?}: {run:?}");
        let outputs = place.files("out");
        assert!((1..200).contains(&outputs.len()), "{signals:?}: {} outputs", outputs.len());
        for (name, bytes) in &outputs {
            assert!(!name.display().to_string().contains(".tmp"), "{signals:?}: {name:?}");
            assert_eq!(decoded(bytes).width(), 900, "{signals:?}: {name:?}");
        }
        if in_order {
            let want = format!("interrupted: {} done, 0 failed, ", outputs.len());
            assert!(run.err.starts_with(&want), "{want}: {run:?}");
            assert!(run.err.contains(" not done in "), "{run:?}");
        }
    }
}

#[test]
fn an_output_folder_that_goes_away_is_not_made_again() {
    let source = picture(900, 700, PixelFormat::RGB, Format::Png);
    let place = Place::new();
    place.write("in/sub/000.png", &source);
    for number in 1..60 {
        let name = place.path(format!("in/sub/{number:03}.png"));
        std::fs::hard_link(place.path("in/sub/000.png"), name).expect("a link");
    }
    let mut command = place.command();
    command.args(["batch", "in", "--out", "out", "--device", "cpu", "--jobs", "2", "--recursive"]);
    command.args(["--do", "blur 8"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    while !place.path("out/sub/001.png").exists() {
        assert!(child.try_wait().expect("a child").is_none(), "ended before the folder went");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // In one step, for files come in while a tree is removed.
    std::fs::rename(place.path("out"), place.path("gone")).expect("moved");
    let run = Run::new(child.wait_with_output().expect("the command ends"));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err.contains("in/sub/059.png: cannot write out/sub/059.png: the folder out has gone\n"),
        "{run:?}"
    );
    assert!(!place.path("out").exists());
    assert!(!place.names("gone").contains(".tmp"), "{}", place.names("gone"));
}

/// Files below a folder that are linked to one picture, for many inputs of little size.
fn many(place: &Place, count: usize) {
    place.write("in/000.png", &picture(300, 200, PixelFormat::RGB, Format::Png));
    for number in 1..count {
        let name = place.path(format!("in/{number:03}.png"));
        std::fs::hard_link(place.path("in/000.png"), name).expect("a link");
    }
}

const CHAIN: &[&str] = &["batch", "in", "--device", "cpu", "--jobs", "2", "--do", "blur 5"];

#[test]
fn a_run_that_is_killed_at_any_moment_goes_on_and_ends_as_one_that_was_not() {
    let place = Place::new();
    many(&place, 120);
    let run = place.run(&[CHAIN, &["--out", "want", "--report", "want.jsonl"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let want = place.files("want");
    let again = [CHAIN, &["--out", "out", "--report", "r.jsonl", "--resume"]].concat();
    let mut state = std::process::id();
    let mut killed = 0;
    for _ in 0..20 {
        let mut child =
            place.command().args(&again).stderr(Stdio::null()).spawn().expect("it runs");
        // Other moments each time, most of them before the end.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(std::time::Duration::from_millis(u64::from(state >> 25)));
        child.kill().expect("SIGKILL");
        killed += usize::from(!child.wait().expect("an end").success());
    }
    assert!(killed > 0, "no run was killed before its end");
    let run = place.run(&again);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(place.files("out") == want, "{} is not {}", place.names("out"), place.names("want"));
    let verify = place.run(&["verify", "r.jsonl"]);
    assert_eq!(verify.code, Some(0), "{verify:?}");
    // It would tell of what is left half-written.
    place.write("out/.bytelens-4294967295-0.tmp", b"half");
    let verify = place.run(&["verify", "r.jsonl"]);
    assert!(verify.err.contains(".bytelens-4294967295-0.tmp: half-written"), "{verify:?}");
    assert_eq!(place.run(&again).code, Some(0));
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0), "the next run removes it");
}

#[test]
fn a_run_that_is_interrupted_goes_on() {
    let place = Place::new();
    many(&place, 60);
    let again = [CHAIN, &["--out", "out", "--report", "r.jsonl", "--resume"]].concat();
    let mut child = place.command().args(&again).stderr(Stdio::piped()).spawn().expect("it runs");
    while !place.names("out").contains(".png") {
        assert!(child.try_wait().expect("a child").is_none(), "ended before it was interrupted");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let kill = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    let run = Run::new(child.wait_with_output().expect("an end"));
    assert_eq!(run.code, Some(130), "{run:?}");
    let verify = place.run(&["verify", "r.jsonl"]);
    assert_eq!(verify.code, Some(1), "{verify:?}");
    assert!(verify.err.contains("in/059.png: unaccounted: "), "{verify:?}");
    let run = place.run(&again);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains(" done before in "), "{run:?}");
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_has_no_room_ends_the_run_and_the_next_goes_on() {
    let place = Place::new();
    for number in 0..40 {
        place.write(format!("in/{number:02}.jpg"), &jpeg());
    }
    let args = "batch in --out out --device cpu --report r.jsonl --resume";
    // A cap on the size of files: outputs have room, the report has not.
    let run = place.shell(&format!("trap '' XFSZ; ulimit -f 16; exec \"$bytelens\" {args}"));
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(
        run.err.contains("error: ended early: cannot write r.jsonl: File too large"),
        "{run:?}"
    );
    let args: Vec<&str> = args.split(' ').collect();
    let run = place.run(&args);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains(" done before in "), "{run:?}");
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0));
}

/// A small disk, where the system lets one be made.
#[cfg(target_os = "linux")]
struct Disk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    fn mount(path: std::path::PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir(&path).ok()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(&path);
        let done = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_the_run_and_the_next_goes_on() {
    let place = Place::new();
    many(&place, 20);
    // Room for some of the pictures. Where no disk can be made, by whoever is not root, there is nothing to see.
    let Some(disk) = Disk::mount(place.path("disk"), "700k") else { return };
    let args = [CHAIN, &["--out", "disk/out", "--report", "r.jsonl", "--resume"]].concat();
    let run = place.run(&args);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.err.contains("No space left on device"), "{run:?}");
    assert!(!place.names("disk/out").contains(".tmp"), "{}", place.names("disk/out"));
    let written = place.files("disk/out").len();
    assert!((1..20).contains(&written), "{written}");
    let more = Command::new("mount").args(["-o", "remount,size=50m"]).arg(&disk.0).status();
    assert!(more.expect("mount").success());
    let run = place.run(&args);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.contains(&format!("{written} done before")), "{written}: {run:?}");
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0));
}
