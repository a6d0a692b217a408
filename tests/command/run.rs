//! `bytelens run` as a user has it, on software Vulkan.

use std::path::Path;
use std::time::{Duration, Instant};

use bytelens::{Buffer, DType, PixelFormat, View, codec::Format, npy};

use crate::place::{Place, Run, decoded, picture};

/// y = a x + y, as in the README.
const SAXPY: &str = "\
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
override a: f32 = 1.0;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) { y[id.x] = a * x[id.x] + y[id.x]; }
}
";

/// Words in, words out: the opposite of every byte.
const INVERT: &str = "\
@group(0) @binding(0) var<storage, read> src: array<u32>;
@group(0) @binding(1) var<storage, read_write> dst: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&dst) { dst[id.x] = src[id.x] ^ 0x00ffffffu; }
}
";

/// A picture that depends on the frame alone.
const CLOCK: &str = "\
struct Params { time: f32, frame: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> img: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&img) { img[id.x] = params.time + f32(params.frame) / 255.0; }
}
";

/// Adds one; for rounds.
const STEP: &str = "\
@group(0) @binding(0) var<storage, read> now: array<u32>;
@group(0) @binding(1) var<storage, read_write> next: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&next) { next[id.x] = now[id.x] + 1u; }
}
";

const ENDLESS: &str = "\
@group(0) @binding(0) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(1)
fn main() {
    for (var i = 0u; i < 4000000000u; i += 1u) {
        for (var j = 0u; j < 4000000000u; j += 1u) { y[0] = y[1] + i ^ j; }
    }
}
";

fn numbers(len: u16) -> Vec<f32> {
    (0..len).map(f32::from).collect()
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    npy::to_npy(&View::from_slice(values, &[values.len()]).expect("a view")).expect("a file")
}

pub(crate) fn words(values: &[u32]) -> Vec<u8> {
    npy::to_npy(&View::from_slice(values, &[values.len()]).expect("a view")).expect("a file")
}

fn read_floats(bytes: &[u8]) -> Vec<f32> {
    npy::view(bytes).expect("a file").to_vec().expect("floats")
}

/// A place with the kernels and inputs of these tests.
pub(crate) fn place() -> Place {
    let place = Place::new();
    for (name, text) in [
        ("saxpy.wgsl", SAXPY),
        ("invert.wgsl", INVERT),
        ("clock.wgsl", CLOCK),
        ("step.wgsl", STEP),
        ("endless.wgsl", ENDLESS),
    ] {
        place.write(name, text.as_bytes());
    }
    place.write("x.npy", &floats(&numbers(1000)));
    place.write("y.npy", &floats(&[1.0; 1000]));
    place
}

/// The device that `BYTELENS_DEVICE` names, software Vulkan unless set.
fn device() -> String {
    std::env::var("BYTELENS_DEVICE").unwrap_or_else(|_| "software".to_owned())
}

/// Types a line for that device: words are parted by spaces.
pub(crate) fn typed(place: &Place, line: &str) -> Run {
    let device = device();
    let args: Vec<_> = ["run", "--device", &device].into_iter().chain(line.split(' ')).collect();
    place.run(&args)
}

const ARGS: &str = "saxpy.wgsl --in x=x.npy --in y=y.npy --set a=2.5";

#[test]
fn saxpy_of_two_files_is_right() {
    let place = place();
    let run = typed(&place, &format!("{ARGS} --out y=out.npy"));
    assert_eq!((run.code, run.err.as_str(), run.out.as_str()), (Some(0), "", ""), "{run:?}");
    let expected: Vec<f32> = numbers(1000).iter().map(|x| 2.5 * x + 1.0).collect();
    assert_eq!(read_floats(&place.files("")[Path::new("out.npy")]), expected);
    assert!(!place.names("").contains(".tmp"), "{}", place.names(""));
}

#[test]
fn arrays_come_and_go_in_every_format() {
    let place = place();
    let raw: Vec<u8> = numbers(1000).iter().flat_map(|x| x.to_le_bytes()).collect();
    place.write("x.bin", &raw);
    let doubles: Vec<f64> = (0..1000).map(f64::from).collect();
    let doubles = View::from_slice(&doubles, &[1000]).expect("a view");
    place.write("x64.npy", &npy::to_npy(&doubles).expect("a file"));
    // Each line reads what the lines before it wrote.
    for line in [
        "--in x=x.bin:f32[1000] --out y=a.npz",
        "--in x=x.bin:<f4[-1,10] --out y=a.safetensors",
        "--in x=x64.npy:f32 --out y=a.raw",
        "--in x=x.npy:[10,100] --out y=a.npy",
    ] {
        let line = format!("saxpy.wgsl --in y=y.npy --set a=2.5 {line}");
        let run = typed(&place, &line);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{line}: {run:?}");
    }
    for file in ["a.npz", "a.npz#y", "a.safetensors", "a.safetensors#y", "a.raw:f32", "a.npy"] {
        // y = 0 x + y: what comes out is what was read.
        let line = format!("saxpy.wgsl --in x=x.npy --in y={file} --set a=0 --out y=b.npy");
        let run = typed(&place, &line);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{line}: {run:?}");
        let expected: Vec<f32> = numbers(1000).iter().map(|x| 2.5 * x + 1.0).collect();
        assert_eq!(read_floats(&place.files("")[Path::new("b.npy")]), expected, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn arrays_go_through_pipes() {
    let place = place();
    let line = "cat x.npy | $bytelens run saxpy.wgsl --device DEVICE --in x=- --in y=y.npy --set a=2 \
                --out y=- | $bytelens run saxpy.wgsl --device DEVICE --in x=-:f32 --in y=y.npy \
                --out y=-:raw > out.bin";
    let run = place.shell(&line.replace("DEVICE", &device()));
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let bytes = place.files("").remove(Path::new("out.bin")).expect("written");
    let expected: Vec<u8> =
        numbers(1000).iter().flat_map(|x| (2.0 * x + 2.0).to_le_bytes()).collect();
    assert_eq!(bytes, expected);
}

#[test]
fn pictures_are_arrays() {
    let place = place();
    let source = picture(40, 30, PixelFormat::RGB, Format::Png);
    place.write("photo.png", &source);
    let run = typed(&place, "invert.wgsl --in src=photo.png:rgba --out dst=out.png:like=src");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let (before, after) = (decoded(&source), decoded(&place.files("")[Path::new("out.png")]));
    assert_eq!(after.format(), PixelFormat::RGBA);
    for y in 0..30 {
        for x in 0..40 {
            for channel in 0..3 {
                let was: u8 = before.view().get(&[y, x, channel]).expect("a byte");
                let is: u8 = after.view().get(&[y, x, channel]).expect("a byte");
                assert_eq!(is, 255 - was, "{y} {x} {channel}");
            }
            assert_eq!(after.view().get::<u8>(&[y, x, 3]).expect("alpha"), 255);
        }
    }
    // As floats, and back: the same bytes.
    let line =
        "saxpy.wgsl --in x=photo.png:rgb:f32 --in y=photo.png:f32 --set a=0 --out y=same.png";
    let run = typed(&place, line);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let same = decoded(&place.files("")[Path::new("same.png")]);
    assert!(same.view().equals(&before.view()));
}

#[test]
fn rounds_take_turns_between_two_arrays() {
    let place = place();
    place.write("start.npy", &words(&[0, 10, 20]));
    for rounds in [1, 2, 7] {
        let line = format!(
            "step.wgsl --in now=start.npy --out next=end.npy --swap now=next --repeat {rounds}"
        );
        let run = typed(&place, &line);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
        let file = place.files("").remove(Path::new("end.npy")).expect("written");
        let got = npy::view(&file).expect("a file").to_vec::<u32>().expect("words");
        assert_eq!(got, [rounds, 10 + rounds, 20 + rounds]);
    }
}

#[test]
fn frames_become_files_and_films() {
    let place = place();
    let line =
        "clock.wgsl --frames 3..6 --fps 255 --out img=f/%03d.png:f32[4,6] --out img=film.y4m";
    let run = typed(&place, line);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(place.names("f"), "003.png 004.png 005.png");
    for (name, code) in [("003.png", 6_u8), ("005.png", 10)] {
        let image = decoded(&place.files("f")[Path::new(name)]);
        // frame / 255 seconds, and as much again.
        assert_eq!(image.view().to_vec::<u8>().expect("bytes"), [code; 24], "{name}");
    }
    let film = place.files("").remove(Path::new("film.y4m")).expect("written");
    let head = b"YUV4MPEG2 W6 H4 F255:1 Ip A1:1 Cmono\n";
    assert!(film.starts_with(head), "{:?}", String::from_utf8_lossy(&film[..60]));
    assert_eq!(film.len(), head.len() + 3 * (b"FRAME\n".len() + 24));
    let run = typed(&place, "clock.wgsl --frames 0..2 --out img=one.png:f32[4,6]");
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("frames/%04d.png"), "{run:?}");
}

#[test]
fn a_comparison_passes_or_tells_the_worst_place() {
    let place = place();
    let mut wrong: Vec<f32> = numbers(1000).iter().map(|x| 2.5 * x + 1.0).collect();
    place.write("ref.npy", &floats(&wrong));
    wrong[7] += 0.25;
    wrong[500] = f32::from_bits(wrong[500].to_bits() + 1);
    place.write("wrong.npy", &floats(&wrong));
    let line = format!("{ARGS} --out y=out.npy");
    for (flags, code, parts) in [
        ("--compare ref.npy", 0, &["y is as ref.npy"][..]),
        ("--compare y=ref.npy --ulp 2 --atol 1e-6", 0, &["y is as ref.npy"]),
        (
            "--compare wrong.npy",
            1,
            &["differs from wrong.npy at 2 of 1000", "worst at [7]: got 18.5, expected 18.75"],
        ),
        ("--compare wrong.npy --ulp 1", 1, &["at 1 of 1000", "at [7]"]),
        ("--compare wrong.npy --ulp 1 --atol 0.25", 0, &["is as wrong.npy; worst at [7]"]),
        ("--compare x.npy:[10,100]", 1, &["it is f32[1000], expected f32[10, 100]"]),
        ("--expect-identical --runs 3", 0, &[]),
    ] {
        let run = typed(&place, &format!("{line} {flags}"));
        assert_eq!(run.code, Some(code), "{flags}: {run:?}");
        for part in parts {
            assert!(run.err.contains(part), "{flags} says {part}: {run:?}");
        }
    }
}

#[test]
fn what_a_kernel_wants_is_listed() {
    let place = place();
    let run = place.run(&["run", "saxpy.wgsl", "--list"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let expected = "\
kernel saxpy.wgsl
entry  main, workgroups of 64 x 1 x 1

name  flag   what        type
x     --in   read        array<f32>
y     --out  read_write  array<f32>
a     --set  override    f32
";
    assert_eq!(run.out, expected);
    let run = place.run(&["run", "clock.wgsl", "--list"]);
    assert!(run.out.contains("params.time   --set  member\n"), "{run:?}");
}

#[test]
fn times_are_told_and_written() {
    let place = place();
    let run = typed(&place, &format!("{ARGS} --out y=out.npy --profile --trace trace.json"));
    assert_eq!(run.code, Some(0), "{run:?}");
    for part in ["upload", "pass", "readback", "saxpy.wgsl"] {
        assert!(run.err.contains(part), "{run:?}");
    }
    let trace = place.files("").remove(Path::new("trace.json")).expect("written");
    let trace = String::from_utf8(trace).expect("text");
    assert_eq!(trace.matches("\"ph\":\"X\"").count(), 4, "{trace}");
    let expected: Vec<f32> = numbers(1000).iter().map(|x| 2.5 * x + 1.0).collect();
    assert_eq!(read_floats(&place.files("")[Path::new("out.npy")]), expected);
}

#[test]
fn a_kernel_that_does_not_end_is_stopped_and_leaves_nothing() {
    let place = place();
    let started = Instant::now();
    // The first invocation alone would take years.
    let line = "endless.wgsl --out y=out.npy:u32[2] --dispatch 65535,65535,1 --force --timeout 2";
    let run = typed(&place, line);
    assert!(started.elapsed() < Duration::from_secs(60), "{run:?}");
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.err.starts_with("error: stopped after 2 s: "), "{run:?}");
    assert!(!place.names("").contains("out.npy") && !place.names("").contains(".tmp"));
}

#[cfg(unix)]
#[test]
fn an_interruption_stops_the_worker() {
    let place = place();
    let line = "$bytelens run endless.wgsl --device DEVICE --out y=out.npy:u32[2] --force \
                --dispatch 65535,65535,1 & run=$!; sleep 2; kill -INT $run; wait $run; echo $?";
    let run = place.shell(&line.replace("DEVICE", &device()));
    assert_eq!(run.out, "130\n", "{run:?}");
    assert!(!place.names("").contains("out.npy") && !place.names("").contains(".tmp"));
}

#[test]
fn imports_are_taken_in_and_errors_name_their_lines() {
    let place = place();
    place.write("lib/twice.wgsl", b"// doubles\nfn twice(x: f32) -> f32 { return 2.0 * x; }\n");
    let kernel =
        format!("#import \"lib/twice.wgsl\"\n{}", SAXPY.replace("a * x[id.x]", "twice(x[id.x])"));
    place.write("double.wgsl", kernel.as_bytes());
    let run = typed(&place, "double.wgsl --in x=x.npy --in y=y.npy --out y=out.npy");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let expected: Vec<f32> = numbers(1000).iter().map(|x| 2.0 * x + 1.0).collect();
    assert_eq!(read_floats(&place.files("")[Path::new("out.npy")]), expected);
    place.write("lib/twice.wgsl", b"// doubles\nfn twice(x: f32) -> f32 { return 2.0 * z; }\n");
    let run = typed(&place, "double.wgsl --in x=x.npy --in y=y.npy --out y=out.npy");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("lib/twice.wgsl:2:40"), "{run:?}");
    assert!(run.err.contains("\n2 │ fn twice"), "{run:?}");
    place.write("lib/twice.wgsl", b"#import \"../double.wgsl\"\n");
    let run = typed(&place, "double.wgsl --in x=x.npy --in y=y.npy --out y=out.npy");
    assert!(run.err.contains("double.wgsl → twice.wgsl → double.wgsl"), "{run:?}");
}

/// What is typed after the kernel, the exit code, and what is said.
const RUBBISH: &[(&str, i32, &str)] = &[
    ("--in x=cut.npy --in y=y.npy --out y=out.npy", 1, "cut.npy: NPY: f32[1000] needs 4128 bytes"),
    ("--in x=empty.npy --in y=y.npy --out y=out.npy", 1, "empty.npy: it is empty"),
    ("--in x=gone.npy --in y=y.npy --out y=out.npy", 1, "gone.npy: cannot read: No such file"),
    ("--in x=. --in y=y.npy --out y=out.npy", 1, ".: cannot read: it is a folder"),
    ("--in x=raw.bin --in y=y.npy --out y=out.npy", 1, "say what they are"),
    ("--in x=raw.bin:f32[3] --in y=y.npy --out y=out.npy", 1, "f32[3] needs 12 bytes, it has 7"),
    (
        "--in x=raw.bin:f32 --in y=y.npy --out y=out.npy",
        1,
        "it has 7 bytes, which is no multiple of the 4",
    ),
    ("--in x=x.npy:f23 --in y=y.npy --out y=out.npy", 2, "did you mean \"f32\"?"),
    ("--in x=words.npy --in y=y.npy --out y=out.npy", 1, "u32[1000]"),
    ("--in x=text.npy --in y=y.npy --out y=out.npy", 1, "does not start with"),
    ("--in x=text.npz --in y=y.npy --out y=out.npy", 1, "text.npz: NPZ: "),
    ("--in x=text.safetensors --in y=y.npy --out y=out.npy", 1, "text.safetensors: safetensors: "),
    ("--in x=text.png --in y=y.npy --out y=out.npy", 1, "no picture of a known format"),
    ("--in z=x.npy --in y=y.npy --out y=out.npy", 2, "unknown variable \"z\""),
    ("--in xx=x.npy --in y=y.npy --out y=out.npy", 2, "did you mean \"x\"?"),
    (
        "--in x=x.npy --in y=y.npy --out x=out.npy",
        2,
        "\"x\" is not written by the kernel, which writes y",
    ),
    ("--in x=x.npy --in y=y.npy", 2, "add --out y=FILE"),
    ("--in y=y.npy --out y=out.npy", 2, "add --in x=FILE"),
    ("--in x=x.npy --out y=out.npy", 2, "y has no shape; say --out y=FILE:like=NAME"),
    ("--in x=x.npy --out y=out.npy:like=z", 2, "unknown buffer \"z\""),
    ("--in x=x.npy --out y=out.npy:like=y", 2, "y is to be like itself"),
    ("--in x=x.npy --in y=y.npy --out y=out.xyz", 2, "the extension must say the format"),
    ("--in x=x.npy --in y=y.npy --out y=gone/out.npy", 3, "gone/out.npy: cannot write: "),
    ("--in x=x.npy --in y=y.npy --out y=x.npy/out.npy", 3, "cannot write: "),
    ("--in x=x.npy --in y=y.npy --out y=folder.npy", 3, "folder.npy: is a folder"),
    ("--in x=x.npy --in y=y.npy --out y=out.png", 1, "a picture is of shape"),
    (
        "--in x=x.npy --in y=y.npy --out y=out.npy --set b=1",
        2,
        "unknown override or uniform \"b\"; did you mean \"a\"?",
    ),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --set a=one", 2, "the value is no number"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --set a=1,2", 1, "a list of 2"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --entry mian", 2, "did you mean \"main\"?"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --dispatch 1,2,3,4", 2, "--dispatch must be"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --swap x=q", 2, "unknown variable \"q\""),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --compare gone.npy", 1, "gone.npy: cannot read"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --device cpu", 3, "--device software"),
    ("--in x=x.npy --in y=y.npy --out y=out.npy --device voodoo", 3, "voodoo"),
];

#[test]
fn rubbish_is_said_in_one_line_with_its_code_and_leaves_nothing() {
    let place = place();
    place.write("cut.npy", &floats(&numbers(1000))[..4000]);
    place.write("empty.npy", b"");
    place.write("raw.bin", b"1234567");
    place.write("words.npy", &words(&[1; 1000]));
    for name in ["text.npy", "text.npz", "text.safetensors", "text.png"] {
        place.write(name, b"Dear diary, today I wrote some text.");
    }
    place.write("folder.npy/kept", b"kept");
    let before = place.names("");
    for (line, code, says) in RUBBISH {
        let run = match line.contains("--device") {
            true => place.run(&["run saxpy.wgsl", line].join(" ").split(' ').collect::<Vec<_>>()),
            false => typed(&place, &format!("saxpy.wgsl {line}")),
        };
        assert_eq!(run.code, Some(*code), "{line}: {run:?}");
        assert!(run.err.contains(says), "{line} says {says:?}: {run:?}");
        assert_eq!(run.err.lines().count(), 1, "{line}: {run:?}");
        assert_eq!((place.names(""), run.out.as_str()), (before.clone(), ""), "{line}");
    }
}

#[test]
fn a_kernel_that_is_no_wgsl_is_shown_with_its_line() {
    let place = place();
    for (text, part) in [
        ("", "no entry point"),
        ("fn main() {", "expected"),
        ("@compute @workgroup_size(1) fn main() { let a: u32 = 1.5; }", "bad.wgsl:1:"),
        ("\u{0}\u{1}", "bad.wgsl"),
    ] {
        place.write("bad.wgsl", text.as_bytes());
        let run = typed(&place, "bad.wgsl --out y=out.npy:f32[3]");
        assert_eq!(run.code, Some(1), "{text:?}: {run:?}");
        assert!(run.err.contains(part), "{text:?}: {run:?}");
    }
    place.write("bad.wgsl", b"\xff\xfe");
    assert!(typed(&place, "bad.wgsl --list").err.contains("it is not text"));
    let several = format!("{SAXPY}\n@compute @workgroup_size(1) fn other() {{}}\n");
    place.write("several.wgsl", several.as_bytes());
    let run = typed(&place, "several.wgsl --in x=x.npy --in y=y.npy --out y=out.npy");
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("choose with --entry: main, other"), "{run:?}");
}

#[test]
fn types_of_outputs_are_those_that_were_asked_for() {
    let place = place();
    place.write("now.npy", &words(&[1, 2, 3, 4, 5, 6]));
    let line = "step.wgsl --in now=now.npy:[2,3] --out next=out.npy:u32[3,2]";
    let run = typed(&place, line);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let file = place.files("").remove(Path::new("out.npy")).expect("written");
    let buffer = Buffer::from_bytes(file.clone(), DType::U8, &[file.len()]).expect("bytes");
    let array = buffer.with_layout(npy::layout(&file).expect("a file")).expect("an array");
    assert_eq!((array.dtype(), array.shape()), (&DType::U32, &[3, 2][..]));
    assert_eq!(array.view().to_vec::<u32>().expect("words"), [2, 3, 4, 5, 6, 7]);
}

#[test]
fn the_line_in_the_readme_does_what_it_says() {
    let place = Place::new();
    let readme = include_str!("../../README.md");
    let line = readme.lines().find_map(|line| line.strip_prefix("cargo bytelens run "));
    let line = line.expect("the README has a line");
    for file in ["examples/kernels/sepia.wgsl", "examples/pictures/before.jpg"] {
        assert!(line.contains(file), "{line}");
        place.copy(file, file);
    }
    let line = line.replace("--device software", &format!("--device {}", device()));
    let run = place.run(&["run"].into_iter().chain(line.split(' ')).collect::<Vec<_>>());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let image = decoded(&place.files("")[Path::new("sepia.png")]);
    let pixel: Vec<u8> = image
        .view()
        .index(0, 5)
        .and_then(|row| row.index(0, 5))
        .expect("a pixel")
        .to_vec()
        .expect("bytes");
    assert!(pixel[0] >= pixel[1] && pixel[1] >= pixel[2], "brown: {pixel:?}");
}
