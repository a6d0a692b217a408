//! The command as a user has it: the built program, over folders that each test makes for itself.
#![cfg(feature = "cli")]

mod contract;
#[cfg(feature = "gpu")]
mod exr;
mod faults;
mod formats;
mod many;
mod notes;
mod numbers;
mod place;
#[cfg(feature = "gpu")]
mod plan;
#[cfg(feature = "gpu")]
mod rows;
mod rubbish;
#[cfg(feature = "gpu")]
mod run;
mod tar;
mod view;

use std::ffi::OsStr;
use std::path::Path;

use bytelens::PixelFormat;
use bytelens::codec::Format;

use place::{Place, Run, decoded, jpeg, picture, png};

#[test]
fn names_stay_what_they_are() {
    let long = format!("{}.png", "n".repeat(251));
    for name in ["a b.png", "fjörd ☃ 写真.png", "-dash.png", "quote\"'.png", "UPPER.PNG", &long]
    {
        let place = Place::new();
        place.write(Path::new("in").join(name), &png());
        let run = place.run(&["batch", "in", "--out", "out here", "--device", "cpu"]);
        assert_eq!(run.code, Some(0), "{name}: {run:?}");
        assert_eq!(place.names("out here"), name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let (good, bad) = (OsStr::from_bytes(b"\xff good.png"), OsStr::from_bytes(b"\xfe\nbad.png"));
    place.write(good, &png());
    place.write(bad, b"text");
    let flags = ["--out", "out", "--device", "cpu"].map(OsStr::new);
    let run = place.run(&[&[OsStr::new("batch"), good, bad], &flags[..]].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.starts_with("\u{fffd}\\nbad.png: image: no picture"), "{run:?}");
    let outputs = place.files("out");
    assert_eq!(outputs.into_keys().collect::<Vec<_>>(), [Path::new(good)]);
}

#[test]
fn folders_patterns_and_trees() {
    for (typed, outputs) in [
        ("in", "a.jpg b.png"),
        ("in --recursive", "a.jpg b.png x/c.jpg x/y/d.png"),
        ("in/x in/b.png", "b.png c.jpg"),
        ("in/**/*.png", "b.png d.png"),
        ("in/**/*.png -r", "b.png x/y/d.png"),
        ("in/?.{jpg,png} --format png", "a.png b.png"),
        ("in in/a.jpg in/../in/a.jpg", "a.jpg b.png"),
        (". --recursive", "in/a.jpg in/b.png in/x/c.jpg in/x/y/d.png"),
    ] {
        let place = Place::new();
        for name in ["in/a.jpg", "in/x/c.jpg"] {
            place.write(name, &jpeg());
        }
        for name in ["in/b.png", "in/x/y/d.png", "in/.hidden.png"] {
            place.write(name, &png());
        }
        place.write("in/notes.txt", b"not a picture");
        let mut args = vec!["batch", "--out", "out", "--device", "cpu", "--background", "#fff"];
        args.extend(typed.split(' '));
        // The second time the output folder is there, and is not taken for an input.
        for round in ["first", "second"] {
            let run = place.run(&args);
            assert_eq!(run.code, Some(0), "{typed}, {round} time: {run:?}");
            assert_eq!(place.names("out"), outputs, "{typed}, {round} time");
        }
    }
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let place = Place::new();
    for number in 0..6 {
        place.write(format!("in/{number}.jpg"), &jpeg());
        place.write(format!("in/{number}.png"), &png());
    }
    let mut seen = None;
    for jobs in ["1", "1", "2", "7", "64"] {
        let args =
            ["batch", "in", "--out", "out", "--device", "cpu", "--recursive", "--jobs", jobs];
        let run =
            place.run(&[&args[..], &["--do", "resize 20x20 | blur 1.5 | contrast 1.2"]].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.err.starts_with("12 done, 0 failed in "), "{run:?}");
        let files = place.files("out");
        assert_eq!(files.len(), 12);
        assert_eq!(seen.get_or_insert_with(|| files.clone()), &files, "{jobs} jobs");
    }
}

#[test]
fn existing_outputs_are_replaced_or_kept_as_asked() {
    for (existing, code, summary, is_kept) in [
        ("replace", 0, "1 done, 0 failed in ", false),
        ("skip", 0, "0 done, 0 failed, 1 skipped in ", true),
        ("fail", 1, "0 done, 1 failed in ", true),
    ] {
        let place = Place::new();
        place.write("a.jpg", &jpeg());
        place.write("out/a.jpg", b"before");
        let args = ["batch", "a.jpg", "--out", "out", "--device", "cpu", "--existing", existing];
        let run = place.run(&args);
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(run.err.contains(summary), "{run:?}");
        assert_eq!(place.files("out")[Path::new("a.jpg")] == b"before", is_kept, "{existing}");
    }
}

#[test]
fn pictures_come_out_upright_in_the_format_asked_for() {
    let place = Place::new();
    place.copy("tests/data/exif/orientation_6.jpg", "turned.jpg");
    place.write("clear.png", &picture(9, 5, PixelFormat::RGBA, Format::Png));
    place.write("noext", &png());
    let flags = ["--out", "out", "--device", "cpu"];
    for (args, name, format, size) in [
        (&["turned.jpg"][..], "turned.jpg", Format::Jpeg, (24, 16)),
        (&["turned.jpg", "--format", "png"], "turned.png", Format::Png, (24, 16)),
        (&["turned.jpg", "--do", "crop 10x16"], "turned.jpg", Format::Jpeg, (10, 16)),
        (
            &["clear.png", "--format", "jpeg", "--background", "#fff"],
            "clear.jpg",
            Format::Jpeg,
            (9, 5),
        ),
        (&["clear.png"], "clear.png", Format::Png, (9, 5)),
        (&["noext"], "noext", Format::Png, (40, 30)),
        (&["noext", "--format", "jpeg"], "noext.jpg", Format::Jpeg, (40, 30)),
    ] {
        let run = place.run(&[&["batch"], args, &flags].concat());
        assert_eq!(run.code, Some(0), "{args:?}: {run:?}");
        let bytes = place.files("out").remove(Path::new(name)).unwrap_or_default();
        assert_eq!(Format::from_bytes(&bytes), Some(format), "{args:?}");
        let image = decoded(&bytes);
        assert_eq!((image.width(), image.height()), size, "{args:?}");
        assert_eq!(image.info().orientation, bytelens::Orientation::Upright);
    }
}

#[test]
fn the_quality_is_that_asked_for() {
    let place = Place::new();
    place.write("a.jpg", &picture(200, 200, PixelFormat::RGB, Format::Jpeg));
    let size = |quality: &str| {
        let args = ["batch", "a.jpg", "--out", "out", "--device", "cpu", "--quality", quality];
        assert_eq!(place.run(&args).code, Some(0));
        place.files("out")[Path::new("a.jpg")].len()
    };
    assert!(size("10") < size("50") && size("50") < size("95"));
}

#[test]
fn files_of_another_kind_are_smaller_and_hold_the_same_picture() {
    let place = Place::new();
    place.copy("examples/photos/coffee.jpg", "a.jpg");
    let made = |folder: &str, more: &[&str]| {
        let args = ["batch", "a.jpg", "--out", folder, "--do", "resize 200x200", "--device", "cpu"];
        assert_eq!(place.run(&[&args, more].concat()).code, Some(0), "{more:?}");
        place.files(folder)[Path::new("a.jpg")].clone()
    };
    let pixels = |file: &[u8]| decoded(file).view().to_bytes().expect("memory");
    let plain = made("plain", &[]);
    for kind in ["--progressive", "--optimize"] {
        let file = made(&kind[2..], &[kind]);
        assert!(file.len() < plain.len(), "{kind}");
        assert!(pixels(&file) == pixels(&plain), "{kind}");
    }
}

#[test]
fn a_table_comes_from_the_file_that_is_named() {
    let place = Place::new();
    place.copy("examples/photos/chelsea.png", "cat.png");
    // Red and blue trade places.
    let points = "0 0 0\n0 0 1\n0 1 0\n0 1 1\n1 0 0\n1 0 1\n1 1 0\n1 1 1\n";
    place.write("swap.cube", format!("LUT_3D_SIZE 2\n{points}").as_bytes());
    for (folder, pipeline) in [("a", "lut @swap.cube | flip"), ("b", "channels bgr | flip")] {
        let run =
            place.run(&["batch", "cat.png", "--out", folder, "--do", pipeline, "--device", "cpu"]);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    let [a, b] = ["a", "b"].map(|folder| place.files(folder));
    assert_eq!(a.values().collect::<Vec<_>>(), b.values().collect::<Vec<_>>());
    for (file, want) in [("none.cube", "cannot read"), ("cat.png", "must be a cube of 2 to 129")] {
        let pipeline = format!("lut @{file}");
        let run = place.run(&["batch", "cat.png", "--out", "c", "--do", &pipeline]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.err.contains(&format!("lut @{file}: ")) && run.err.contains(want), "{run:?}");
    }
}

#[test]
fn a_picture_is_laid_over_from_the_file_that_is_named() {
    let place = Place::new();
    place.copy("examples/photos/chelsea.png", "cat.png");
    place.write("my logo.png", &picture(30, 20, PixelFormat::RGBA, Format::Png));
    let chain = "resize 200x200 | blur 2 | saturation 1.2 | sharpen";
    let run = |folder: &str, more: &str| {
        let chain = format!("{chain}{more}");
        let run =
            place.run(&["batch", "cat.png", "--out", folder, "--do", &chain, "--device", "cpu"]);
        assert_eq!(run.code, Some(0), "{more}: {run:?}");
        decoded(&place.files(folder)[Path::new("cat.png")])
    };
    let before = run("a", "");
    let over = " | overlay \"@my logo.png\" gravity=southeast opacity=0.5";
    let after = run("b", over);
    assert_eq!(after.view().shape(), before.view().shape());
    let (height, width) = (after.height(), after.width());
    let [before_view, after_view] = [before.view(), after.view()];
    let mut changed = 0;
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let same = (0..3).all(|c| {
            let at = [y, x, c];
            before_view.get::<u8>(&at).expect("inside")
                == after_view.get::<u8>(&at).expect("inside")
        });
        let inside = y >= height - 20 && x >= width - 30;
        assert!(same || inside, "{x},{y} is not under the logo");
        changed += usize::from(!same);
    }
    assert!(changed > 200, "{changed} pixels of 600 changed");
    // The logo masks as well as it covers, and a file that is none is named.
    let masked = run("c", " | mask \"@my logo.png\" by=alpha");
    assert_eq!(masked.format().channels(), 4);
    place.write("notes.txt", b"not a picture");
    for (file, want) in [("none.png", "cannot read"), ("notes.txt", "no picture")] {
        let pipeline = format!("overlay @{file}");
        let run = place.run(&["batch", "cat.png", "--out", "d", "--do", &pipeline]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(
            run.err.contains(&format!("overlay @{file}: ")) && run.err.contains(want),
            "{run:?}"
        );
    }
}

#[test]
fn a_plan_is_explained_and_nothing_is_written() {
    let place = Place::new();
    place.write("bad.png", b"");
    place.write("good.png", &png());
    let args = ["batch", "bad.png", "good.png", "--explain", "--device", "cpu"];
    let run = place.run(&[&args[..], &["--do", "resize 50%|flip"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("picture good.png\ndo      resize 50% | flip\n"), "{run:?}");
    for part in ["source  40x30 rgb u8", "pass 1", "result  20x15 rgb u8", "device  cpu"] {
        assert!(run.out.contains(part), "{part}: {run:?}");
    }
    assert_eq!(run.err, "bad.png: image: the file is empty\n");
    assert_eq!(place.names(""), "bad.png good.png");
}

#[test]
fn a_machine_without_a_gpu_says_that_it_ran_on_the_cpu() {
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    let mut command = place.command();
    // A loader of drivers that finds none.
    command.env("VK_DRIVER_FILES", "none").env("VK_ICD_FILENAMES", "none");
    let run = Run::new(command.args(["batch", "good.jpg", "--out", "out"]).output().expect("run"));
    assert_eq!(run.code, Some(0), "{run:?}");
    #[cfg(target_os = "linux")]
    assert!(run.err.contains(" on cpu ("), "{run:?}");
    assert!(run.err.trim_end().contains("): "), "the reason follows: {run:?}");
    let mut command = place.command();
    command.env("VK_DRIVER_FILES", "none").env("VK_ICD_FILENAMES", "none").arg("devices");
    let run = Run::new(command.output().expect("run"));
    assert_eq!(run.code, Some(0), "{run:?}");
    for line in ["cpu ", "gpu ", "auto "] {
        assert!(run.out.lines().any(|shown| shown.starts_with(line)), "{run:?}");
    }
}

#[test]
fn quiet_leaves_failures_alone() {
    let place = Place::new();
    place.write("good.jpg", &jpeg());
    let run =
        place.run(&["batch", "good.jpg", "gone.jpg", "--out", "out", "--device", "cpu", "-q"]);
    assert_eq!(run.err, "gone.jpg: cannot read: No such file or directory\n");
}

#[test]
fn every_op_is_told_of() {
    let place = Place::new();
    let list = place.run(&["ops"]);
    let table = place.run(&["ops", "--markdown"]);
    assert_eq!(table.out, bytelens::describe::markdown_table());
    for entry in bytelens::ops::REGISTRY {
        let name = entry.spec.name;
        assert!(list.out.lines().any(|line| line.starts_with(name)), "{name}: {}", list.out);
        let run = place.run(&["ops", name]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{name}");
        assert_eq!(run.out, bytelens::describe::op_text(entry.spec));
    }
    let run = place.run(&["ops", "resise"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("did you mean \"resize\"?"), "{run:?}");
}

#[test]
fn a_bench_tells_every_pass_of_the_registry_in_a_table_and_as_json() {
    let place = Place::new();
    let args = ["bench", "--device", "cpu", "--megapixels", "0.01", "--rounds", "1"];
    let run = place.run(&[&args[..], &["--json", "bench.json"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let json = std::fs::read_to_string(place.path("bench.json")).expect("it was written");
    for name in ["invert", "resize", "blur"] {
        assert!(run.out.contains(&format!("\n{name} ")), "{name}: {}", run.out);
        assert!(
            json.contains(&format!("\"name\": \"{name} "))
                || json.contains(&format!("\"name\": \"{name}\""))
        );
    }
    assert!(json.contains("\"bytelens\": ") && json.contains("\"median_secs\": "), "{json}");
    let run = place.run(&["bench", "--megapixels", "none"]);
    assert_eq!(run.code, Some(2), "{run:?}");
}

#[test]
fn every_flag_has_help_and_exit_codes_are_listed() {
    let place = Place::new();
    let mut commands = vec!["batch", "verify", "ops", "devices", "stats", "check", "bench"];
    commands.extend(cfg!(feature = "gpu").then_some("run"));
    for command in commands {
        let run = place.run(&[command, "--help"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.out.contains("Examples:\n"), "{command}: {}", run.out);
        let lines: Vec<_> = run.out.lines().collect();
        for (at, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with("  -") || line.starts_with("      --"))
        {
            let has_text = line.contains("  Print") || lines[at + 1].trim_start().len() > 10;
            assert!(has_text, "{command}: {line}");
        }
    }
    let run = place.run(&["batch", "--help"]);
    assert!(
        ["  0    ", "  1    ", "  2    ", "  3    ", "  4    ", "  130  "]
            .iter()
            .all(|c| run.out.contains(c))
    );
    assert_eq!(place.run(&["--version"]).out, format!("bytelens {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(place.run::<&str>(&[]).code, Some(2));
    assert_eq!(place.run(&["bach"]).code, Some(2));
}

#[test]
fn outputs_are_srgb_unless_their_profile_is_to_be_kept() {
    let place = Place::new();
    place.copy("examples/photos/chelsea.png", "cat.png");
    let run = |input: &str, out: &str, args: &[&str]| {
        let done = place.run(&[&["batch", input, "--out", out, "--device", "cpu"], args].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        decoded(&std::fs::read(place.path(out).join("cat.png")).expect(out))
    };
    let p3 = run("cat.png", "p3", &["--do", "profile display-p3"]);
    assert!(p3.info().profile.is_some());
    let kept = run("p3/cat.png", "kept", &["--keep", "icc", "--do", "flip"]);
    assert_eq!(kept.info().profile, p3.info().profile);
    let srgb = run("p3/cat.png", "srgb", &[]);
    assert_eq!(srgb.info().profile, None);
    let original = decoded(&std::fs::read(place.path("cat.png")).expect("a file"))
        .view()
        .to_vec::<u8>()
        .expect("u8");
    let furthest = |image: &bytelens::Image| {
        let samples = image.view().to_vec::<u8>().expect("u8");
        samples.iter().zip(&original).map(|(a, b)| a.abs_diff(*b)).max()
    };
    assert!(furthest(&srgb) <= Some(1), "{:?}", furthest(&srgb));
    assert!(furthest(&p3) > Some(8), "the comparison can fail: {:?}", furthest(&p3));
}

#[test]
fn reduced_pictures_are_of_the_same_size_and_look_the_same() {
    let place = Place::new();
    let astronaut = "examples/photos/astronaut.jpg";
    place.copy(astronaut, "in/upright.jpg");
    place.copy("tests/data/exif/orientation_6.jpg", "in/turned.jpg");
    place.write("in/picture.png", &png());
    let args =
        ["batch", "in", "--device", "cpu", "--format", "png", "--do", "resize 60x60", "--out"];
    for (out, more) in [("full", &[][..]), ("reduced", &["--reduced"])] {
        let run = place.run(&[&args[..], &[out], more].concat());
        assert_eq!(run.code, Some(0), "{out}: {run:?}");
    }
    let (full, reduced) = (place.files("full"), place.files("reduced"));
    assert_eq!(full.len(), 3);
    for (name, bytes) in &full {
        let [want, got] = [bytes, &reduced[name]].map(|bytes| decoded(bytes));
        assert_eq!(want.view().shape(), got.view().shape(), "{}", name.display());
        let samples = |image: &bytelens::Image| image.view().to_vec::<u8>().expect("8 bits");
        let (want, got) = (samples(&want), samples(&got));
        let squares = want.iter().zip(&got).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        let mean = squares.sum::<f64>() / want.len() as f64;
        // 35 dB; most pictures come nearer.
        assert!(mean < 20.0, "{}: a mean square of {mean}", name.display());
        let is_same = mean == 0.0;
        assert_eq!(is_same, !name.ends_with("upright.png"), "{}: {mean}", name.display());
    }
}
