//! Tars of pictures by the command: found in folders, made whole or not at all, gone on with.

use std::io::Read;
use std::path::Path;

use bytelens::PixelFormat;
use bytelens::codec::Format;
use tar::{Archive, Builder, Header};

use crate::place::{Place, decoded, picture};

/// A tar of so many pictures, each with a text beside it.
fn tar(count: usize) -> Vec<u8> {
    let png = picture(120, 80, PixelFormat::RGB, Format::Png);
    let mut out = Builder::new(Vec::new());
    let mut put = |name: String, bytes: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        out.append_data(&mut header, name, bytes).expect("a member");
    };
    for number in 0..count {
        put(format!("{number:03}.png"), &png);
        put(format!("{number:03}.txt"), format!("picture {number}").as_bytes());
    }
    out.into_inner().expect("a tar")
}

fn names(bytes: &[u8]) -> Vec<String> {
    let mut archive = Archive::new(bytes);
    let entries = archive.entries().expect("a tar");
    let name = |entry: tar::Entry<'_, &[u8]>| entry.path().expect("a name").display().to_string();
    entries.map(|entry| name(entry.expect("a member"))).collect()
}

#[test]
fn tars_are_found_beside_pictures_and_accounted_for_picture_by_picture() {
    let place = Place::new();
    place.write("in/x/a.tar", &tar(3));
    place.write("in/b.png", &picture(8, 8, PixelFormat::RGB, Format::Png));
    let args = ["batch", "in", "-r", "--out", "out", "--device", "cpu", "--format", "jpeg"];
    let more = ["--do", "resize 60x", "--report", "r.jsonl", "--resume"];
    let run = place.run(&[&args[..], &["--do", "resize 60x", "--dry-run"]].concat());
    assert!(
        run.out.contains("in/x/a.tar/001.png -> out/x/a.tar/001.jpg  120x80 -> 60x40"),
        "{run:?}"
    );
    assert!(run.code == Some(0) && run.out.contains("\n4 pictures, "), "{run:?}");
    let run = place.run(&[&args[..], &more].concat());
    assert_eq!((run.code, &*place.names("out")), (Some(0), "b.jpg x/a.tar"), "{run:?}");
    assert!(run.err.starts_with("4 done, 0 failed, 1 tars in "), "{run:?}");
    let made = &place.files("out")[Path::new("x/a.tar")];
    let want = ["000.jpg", "000.txt", "001.jpg", "001.txt", "002.jpg", "002.txt"];
    assert_eq!(names(made), want);
    let mut archive = Archive::new(&made[..]);
    let mut first = archive.entries().expect("a tar").next().expect("a member").expect("a member");
    let mut bytes = Vec::new();
    first.read_to_end(&mut bytes).expect("its bytes");
    assert_eq!((decoded(&bytes).width(), decoded(&bytes).height()), (60, 40));
    let report = std::fs::read_to_string(place.path("r.jsonl")).expect("a report");
    for line in [
        "\"input\":\"in/x/a.tar/002.png\",\"state\":\"done\"",
        "\"output\":\"out/x/a.tar/002.jpg\"",
        "\"input\":\"in/x/a.tar\",\"state\":\"done\"",
        "\"members\":3",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    let verify = place.run(&["verify", "r.jsonl"]);
    assert_eq!((verify.code, &*verify.err), (Some(0), "4 done, all as the report says\n"));
    let run = place.run(&[&args[..], &more].concat());
    assert!(run.err.starts_with("0 done, 0 failed, 2 done before in "), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_tar_whose_run_is_killed_is_made_again_and_is_the_same() {
    let place = Place::new();
    place.write("in/a.tar", &tar(60));
    let args = ["batch", "in", "--device", "cpu", "--jobs", "2", "--do", "blur 3", "--resume"];
    let run = place.run(&[&args[..], &["--out", "want", "--report", "want.jsonl"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let again = [&args[..], &["--out", "out", "--report", "r.jsonl"]].concat();
    for millis in [10, 30, 60, 100] {
        let mut child = place
            .command()
            .args(&again)
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        std::thread::sleep(std::time::Duration::from_millis(millis));
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        // Whole, or not there.
        if let Some(made) = place.files("out").get(Path::new("a.tar")) {
            assert_eq!(names(made).len(), 120);
        }
    }
    let run = place.run(&again);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(place.files("out") == place.files("want"), "{}", place.names("out"));
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0));
}
