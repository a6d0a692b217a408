//! The contract of `bytelens batch`: nothing is lost, whatever happens, and all of it can be looked up.

use std::path::Path;

use bytelens::PixelFormat;
use bytelens::codec::Format;
use serde_json::Value;

use crate::place::{Place, Run, decoded, jpeg, picture, png};

/// Words typed after `bytelens batch`, on the CPU.
fn batch(place: &Place, typed: &str) -> Run {
    let words = typed.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('_', " "));
    let args: Vec<String> =
        ["batch", "--device", "cpu"].map(String::from).into_iter().chain(words).collect();
    place.run(&args)
}

/// The lines of a report about pictures, by the names of their inputs.
fn lines(place: &Place, report: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(place.path(report)).expect("a report");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let mut lines: Vec<Value> = lines.filter(|line: &Value| line["run"].is_null()).collect();
    lines.sort_by_key(|line| line["input"].to_string());
    lines
}

#[test]
fn a_report_accounts_for_every_input_and_verify_agrees() {
    let place = Place::new();
    place.write("in/a.jpg", &jpeg());
    place.write("in/b.png", &png());
    place.copy("tests/data/codec/jpeg_truncated.jpg", "in/c.jpg");
    let run = batch(&place, "in gone.jpg --out out --report r.jsonl --do resize_20x --json");
    assert_eq!(run.code, Some(1), "{run:?}");
    let summary: Value = serde_json::from_str(&run.out).expect("one object");
    assert_eq!((&summary["done"], &summary["failed"]), (&2.into(), &2.into()));
    let lines = lines(&place, "r.jsonl");
    let states: Vec<_> = lines.iter().map(|line| line["state"].as_str()).collect();
    assert_eq!(states, [Some("failed"), Some("done"), Some("done"), Some("failed")]);
    let a = &lines[1];
    assert_eq!(a["input"], "in/a.jpg");
    assert_eq!(a["output"], "out/a.jpg");
    assert_eq!(a["size_in"], serde_json::json!([40, 30]));
    assert_eq!(a["size_out"], serde_json::json!([20, 15]));
    assert_eq!(a["tries"], 1);
    assert_eq!(a["content"].as_str().map(str::len), Some(64));
    for stage in ["read", "decode", "run", "encode", "write"] {
        assert!(a["ms"][stage].as_f64().is_some_and(|ms| ms >= 0.0), "{stage}: {a}");
    }
    let verify = place.run(&["verify", "r.jsonl"]);
    assert_eq!((verify.code, verify.err.lines().count()), (Some(1), 3), "{verify:?}");
    assert!(verify.err.contains("in/c.jpg: failed: JPEG: "), "{verify:?}");

    // What failed is mended, and the run goes on.
    place.write("in/c.jpg", &jpeg());
    let run = batch(&place, "in --out out --report r.jsonl --resume --do resize_20x");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.err.starts_with("1 done, 0 failed, 2 done before in "), "{run:?}");
    place.write("gone.jpg", &jpeg());
    let run = batch(&place, "gone.jpg --out out --report r.jsonl --resume --do resize_20x");
    assert_eq!(run.code, Some(0), "{run:?}");
    let verify = place.run(&["verify", "r.jsonl"]);
    assert_eq!(verify.code, Some(0), "{verify:?}");
    assert_eq!(verify.err, "4 done, all as the report says\n");

    // From anywhere, and in JSON: what is changed, missing or in no line.
    place.write("in/a.jpg", &picture(8, 8, PixelFormat::RGB, Format::Jpeg));
    std::fs::remove_file(place.path("out/b.png")).expect("removed");
    place.write("in/new.png", &png());
    place.write("out/stray.txt", b"");
    let mut command = place.command();
    command.current_dir("/").args(["verify", "--json"]).arg(place.path("r.jsonl"));
    let verify = Run::new(command.output().expect("the command runs"));
    assert_eq!(verify.code, Some(1), "{verify:?}");
    let object: Value = serde_json::from_str(&verify.out).expect("one object");
    let findings = object["findings"].as_array().expect("a list");
    let found = findings.iter().map(|one| (one["path"].as_str(), one["kind"].as_str()));
    let found: Vec<_> = found.map(|(path, kind)| format!("{path:?} {kind:?}")).collect();
    assert_eq!(
        found,
        [
            r#"Some("in/a.jpg") Some("changed")"#,
            r#"Some("in/new.png") Some("unaccounted")"#,
            r#"Some("out/b.png") Some("missing")"#,
            r#"Some("out/stray.txt") Some("unaccounted")"#,
        ]
    );
}

#[test]
fn damaged_files_among_good_ones_are_set_aside_one_by_one() {
    let place = Place::new();
    let (good, whole) = (jpeg(), jpeg());
    for number in 0..60 {
        place.write(format!("in/{number:02}.jpg"), &good);
        if number % 6 == 0 {
            let cut = whole.len() * (10 + number) / 80;
            place.write(format!("in/{number:02}x.jpg"), &whole[..cut]);
        }
    }
    for (on_error, code, word, copies) in [
        ("fail", 1, "10 failed", 0),
        ("skip", 0, "10 skipped", 0),
        ("quarantine=bad", 0, "10 quarantined", 10),
    ] {
        let out = &on_error[..4];
        let run = batch(&place, &format!("in --out {out} --on-error {on_error}"));
        assert_eq!(run.code, Some(code), "{on_error}: {run:?}");
        let last = run.err.lines().last().expect("a summary");
        assert!(last.starts_with("60 done, ") && last.contains(word), "{on_error}: {last}");
        assert_eq!(run.err.lines().count(), 11, "{on_error}: a line each: {run:?}");
        assert_eq!(place.files(out).len(), 60);
        assert_eq!(place.files("bad").len(), copies);
        assert_eq!(place.files("in").len(), 70, "no input goes away");
    }
    let run = batch(&place, "in --out lenient --lenient --report r.jsonl");
    let degraded = lines(&place, "r.jsonl");
    let degraded = degraded.iter().filter(|line| line["degraded"] == true).count();
    assert!(degraded > 3, "{degraded}: {run:?}");
    assert!(run.err.contains(&format!("{degraded} of the done degraded")), "{run:?}");
    let run = batch(&place, "in --out x --on-error quarantine=in");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("lies in it"), "{run:?}");
}

#[test]
fn names_follow_a_template_and_collisions_are_known_before() {
    let place = Place::new();
    for name in ["in/a.jpg", "in/x/a.jpg", "in/x/b.jpg"] {
        place.write(name, &jpeg());
    }
    for (template, more, outputs) in [
        ("{dir}/{stem}-{width}x{height}.{ext}", "-r", "a-20x15.jpg x/a-20x15.jpg x/b-20x15.jpg"),
        ("{index}.{ext}", "-r --format png", "000001.png 000002.png 000003.png"),
        ("thumbs/{stem}", "", "thumbs/a"),
    ] {
        let args = ["batch", "in", "--out", "out", "--device", "cpu", "--do", "resize 20x"];
        let more: Vec<&str> = more.split_whitespace().collect();
        let run = place.run(&[&args[..], &["--name", template], &more].concat());
        assert_eq!(run.code, Some(0), "{template}: {run:?}");
        assert_eq!(place.names("out"), outputs, "{template}");
        std::fs::remove_dir_all(place.path("out")).expect("removed");
    }
    let run = batch(&place, "in -r --out out --name {stem}.jpg");
    assert_eq!((run.code, place.names("out").as_str()), (Some(1), "b.jpg"), "{run:?}");
    assert!(run.err.contains("in/a.jpg: not done: in/x/a.jpg would be written to a.jpg too"));
    // The same content has the same hash, which is known once it is read: one of them is written.
    let run = batch(&place, "in -r --out late --name {hash}.jpg");
    assert_eq!((run.code, place.files("late").len()), (Some(1), 1), "{run:?}");
    assert!(run.err.contains(" was written to late/"), "{run:?}");
    let run = batch(&place, "in --out out --name {stm}.jpg");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("did you mean \"stem\"?"), "{run:?}");
}

#[test]
fn a_dry_run_tells_what_would_be_done_and_writes_nothing() {
    let place = Place::new();
    place.write("in/a.jpg", &jpeg());
    place.write("in/bad.jpg", b"none");
    let run = batch(&place, "in --out out --dry-run --do resize_20x");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.starts_with("in/a.jpg -> out/a.jpg  40x30 -> 20x15  0.0 MiB\n"), "{run:?}");
    assert!(run.out.contains("1 pictures, 0.0 MP") && run.out.contains("1 cannot be done"));
    assert!(run.err.starts_with("in/bad.jpg: image: no picture of a known format"), "{run:?}");
    let run = batch(&place, "in/a.jpg --dry-run --json");
    let objects: Vec<Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&objects[0]["input"], &objects[1]["pictures"]), (&"in/a.jpg".into(), &1.into()));
    assert_eq!(place.names(""), "in/a.jpg in/bad.jpg");
}

#[test]
fn lists_of_files_are_read_from_files_and_from_standard_input() {
    use std::io::Write;
    let place = Place::new();
    for name in ["x/a b.jpg", "y/a b.jpg", "y/two\nlines.jpg"] {
        place.write(name, &jpeg());
    }
    place.write("list", b"x/a b.jpg\r\ny/a b.jpg\n\n");
    let run = batch(&place, "--files-from list --recursive --out out");
    assert_eq!(
        (run.code, place.names("out").as_str()),
        (Some(0), "x/a b.jpg y/a b.jpg"),
        "{run:?}"
    );
    let mut command = place.command();
    command.args(["batch", "--files-from", "-", "--out", "two", "--device", "cpu"]);
    command.args(["--report", "r.jsonl"]).stdin(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("the command runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"x/a b.jpg\0y/two\nlines.jpg\0").expect("written");
    drop(input);
    let run = Run::new(child.wait_with_output().expect("an end"));
    assert_eq!(
        (run.code, place.names("two").as_str()),
        (Some(0), "a b.jpg two\nlines.jpg"),
        "{run:?}"
    );
    assert_eq!(place.run(&["verify", "r.jsonl"]).code, Some(0));
    for (typed, code, says) in [
        ("--files-from none --out out", 2, "cannot read: No such file"),
        ("--files-from empty --out out", 2, "no picture among the inputs"),
        ("--out out", 2, "required"),
    ] {
        place.write("empty", b"\n");
        let run = batch(&place, typed);
        assert_eq!(run.code, Some(code), "{typed}: {run:?}");
        assert!(run.err.contains(says), "{typed}: {run:?}");
    }
}

#[test]
fn bounds_on_memory_and_time_hold() {
    let place = Place::new();
    for number in 0..6 {
        place.write(format!("in/{number}.png"), &picture(200, 100, PixelFormat::RGB, Format::Png));
    }
    let run = batch(&place, "in --out out --memory 100kB --do blur_2");
    assert_eq!((run.code, place.files("out").len()), (Some(0), 6), "{run:?}");
    let chain = ["blur_9"; 60].join("_|_");
    let run = batch(&place, &format!("in --out late --timeout 0.01 --do {chain}"));
    assert_eq!((run.code, place.names("late").as_str()), (Some(1), ""), "{run:?}");
    assert!(run.err.contains("in/0.png: took longer than 0.01 s"), "{run:?}");
    for typed in
        ["in --out x --memory lots", "in --out x --timeout 0", "in --out x --on-error stop"]
    {
        assert_eq!(batch(&place, typed).code, Some(2), "{typed}");
    }
}

#[test]
fn a_report_is_not_written_over_and_belongs_to_one_run() {
    let place = Place::new();
    place.write("a.jpg", &jpeg());
    place.write("torn.jsonl", b"{\"run\":{\"inp");
    place.write("other.jsonl", b"a shopping list\n");
    for (typed, code, says) in [
        ("a.jpg --out out --report torn.jsonl", 3, "it is there already; --resume goes on with it"),
        ("a.jpg --out out --report torn.jsonl --resume", 0, "1 done"),
        ("a.jpg --out out --report torn.jsonl --resume", 0, "1 done before"),
        ("a.jpg --out out --report other.jsonl --resume", 3, "line 1 is none of a report"),
        ("a.jpg --out out --report no/r.jsonl", 3, "cannot write no/r.jsonl: "),
        ("a.jpg --out out --resume", 2, "--report"),
    ] {
        let run = batch(&place, typed);
        assert_eq!(run.code, Some(code), "{typed}: {run:?}");
        assert!(run.err.contains(says), "{typed}: {run:?}");
    }
    let report = std::fs::File::open(place.path("torn.jsonl")).expect("a report");
    report.lock().expect("a lock");
    let run = batch(&place, "a.jpg --out out --report torn.jsonl --resume");
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.err.contains("another run is writing it"), "{run:?}");
    for (report, code) in [("none.jsonl", 3), ("a.jpg", 3)] {
        assert_eq!(place.run(&["verify", report]).code, Some(code), "{report}");
    }
    assert_eq!(decoded(&place.files("out")[Path::new("a.jpg")]).width(), 40);
}

#[test]
fn a_contact_sheet_shows_pictures_and_failures() {
    let place = Place::new();
    place.write("in/a.jpg", &jpeg());
    place.write("in/bad.png", b"none");
    let run = batch(&place, "in --out out --html sheet.html --format png");
    assert_eq!(run.code, Some(1), "{run:?}");
    let page = std::fs::read_to_string(place.path("sheet.html")).expect("a page");
    assert_eq!(
        page.matches("<img src=\"data:image/jpeg;base64,/9j/").count(),
        2,
        "before and after"
    );
    for part in
        ["1 done, 1 failed", "<td>in/bad.png<td>image: no picture", ">decode</span>", "out/a.png"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let run = batch(&place, "in/a.jpg --out out --html no/sheet.html");
    assert_eq!(
        (run.code, run.err.contains("cannot write no/sheet.html")),
        (Some(1), true),
        "{run:?}"
    );
}

#[cfg(unix)]
#[test]
fn one_picture_goes_through_a_pipe() {
    let place = Place::new();
    place.write("a.jpg", &jpeg());
    let flags = "--device cpu --do 'resize 20x'";
    for (line, format) in [
        ("<a.jpg \"$bytelens\" batch - --out -", Format::Jpeg),
        ("\"$bytelens\" batch a.jpg --out - --format png", Format::Png),
    ] {
        let run = place.shell(&format!("{line} {flags} >out"));
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{line}: {run:?}");
        let bytes = std::fs::read(place.path("out")).expect("an output");
        assert_eq!((Format::from_bytes(&bytes), decoded(&bytes).width()), (Some(format), 20));
    }
    for (line, code, says) in [
        ("echo no | \"$bytelens\" batch - --out -", 1, "standard input: image: no picture"),
        ("\"$bytelens\" batch none.jpg --out -", 1, "none.jpg: cannot read"),
        ("\"$bytelens\" batch - --out out.d", 2, "goes to standard output"),
        ("\"$bytelens\" batch a.jpg a.jpg --out -", 2, "takes one picture"),
        ("\"$bytelens\" batch a.jpg --out - --report r", 2, "outputs that are files"),
    ] {
        let run = place.shell(&format!("{line} {flags}"));
        assert_eq!((run.code, run.out.as_str()), (Some(code), ""), "{line}: {run:?}");
        assert!(run.err.contains(says), "{line}: {run:?}");
    }
}
