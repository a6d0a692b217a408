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
        assert!(run.err.starts_with(&format!("error: {out}: cannot ")), "{run:?}");
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
    assert!(run.err.contains("in/sub/059.png: cannot write: the folder out has gone\n"), "{run:?}");
    assert!(!place.path("out").exists());
    assert!(!place.names("gone").contains(".tmp"), "{}", place.names("gone"));
}
