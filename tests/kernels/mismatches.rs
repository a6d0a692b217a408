//! Every way in which a kernel and what is bound to it can be wrong, and what is said about it.
//!
//! The messages are compared with tests/data/kernel-errors.txt, line by line.

use bytelens::device::gpu::GpuDevice;
use bytelens::kernel::{Call, Dispatch, Kernel};
use bytelens::{ByteOrder, DType, DeviceView, Layout, Result, Value};

use super::{brought, gpu, kernel, up};

/// What went wrong, in a row of the table: a name and the message.
type Row = (&'static str, String);

fn said<T>(name: &'static str, result: Result<T>) -> Row {
    let message = match result {
        Ok(_) => "NOTHING WAS SAID".to_owned(),
        Err(error) => error.to_string(),
    };
    (name, message)
}

/// The name of a row that only drivers have that do so.
const ENDS_LOOPS: &str = "a driver that ends loops";

/// A kernel of one variable, for types.
fn of_type(declarations: &str, ty: &str) -> Kernel {
    let is_runtime_sized = ty.starts_with("array") && !ty.contains(", ");
    let used = if is_runtime_sized { "arrayLength(&x)" } else { "x" };
    let text = format!(
        "enable f16;\n{declarations}
        @group(0) @binding(0) var<storage, read> x: {ty};
        @group(0) @binding(1) var<storage, read_write> y: array<u32>;
        @compute @workgroup_size(1) fn main() {{ _ = {used}; y[0] = 1u; }}"
    );
    Kernel::named("typed", &text).unwrap_or_else(|error| panic!("{ty}: {error}"))
}

struct Bench {
    device: GpuDevice,
    saxpy: Kernel,
    floats: DeviceView,
}

const SAXPY: &str = "
struct Params { a: f32, steps: vec2<u32> }
override lanes: u32 = 64;
override bias: f32;
override clamped: bool = false;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read> elsewhere: array<f32>;
@compute @workgroup_size(lanes) fn saxpy(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) && !clamped {
        y[id.x] = params.a * x[id.x] + bias + f32(params.steps.x);
    }
}
@compute @workgroup_size(1) fn other() { y[0] = elsewhere[0]; }
";

impl Bench {
    fn new() -> Self {
        let device = brought().0;
        let saxpy = Kernel::parse("saxpy", SAXPY).unwrap();
        let floats = up(&device, vec![1.0_f32; 12], &[12]);
        Self { device, saxpy, floats }
    }

    /// A call with everything but `x` and `y`.
    fn valued(&self) -> Call {
        self.saxpy.call().set("bias", 1).set("params.a", 2.5).set("params.steps", [1, 2]).force()
    }

    /// A call with everything.
    fn whole(&self) -> Call {
        self.valued().bind("x", &self.floats).output("y", "x")
    }

    fn run(&self, name: &'static str, call: Call) -> Row {
        said(name, call.run(&self.device))
    }

    /// Binds elements of a type and shape to a variable of a WGSL type.
    fn bind(&self, name: &'static str, ty: (&str, &str), dtype: DType, shape: &[usize]) -> Row {
        let bytes = up(&self.device, vec![0_u8; 4096], &[4096]);
        let view = bytes.with_layout(Layout::contiguous(dtype, shape).unwrap()).unwrap();
        let call = of_type(ty.0, ty.1).call().bind("x", &view).output("y", [1]).force();
        self.run(name, call)
    }
}

fn names(bench: &Bench) -> Vec<Row> {
    let Bench { saxpy, floats, .. } = bench;
    let like_x = |call: Call| call.output("y", floats);
    vec![
        bench.run("a name nearly right", like_x(bench.valued().bind("X", floats))),
        bench.run("a name of nothing", like_x(bench.valued().bind("picture", floats))),
        bench.run("a name of another entry", bench.whole().bind("elsewhere", floats)),
        bench.run("bound twice", bench.whole().bind("x", floats)),
        bench.run("an input missing", like_x(bench.valued())),
        bench.run("an output missing", bench.valued().bind("x", floats)),
        bench.run("an output like nothing", bench.valued().bind("x", floats).output("y", "params")),
        bench.run("a value missing", {
            let call = saxpy.call().bind("x", floats).output("y", "x").set("bias", 1).force();
            call.set("params.a", 2.5)
        }),
        bench.run("all values missing", {
            saxpy.call().bind("x", floats).output("y", "x").set("bias", 1).force()
        }),
        bench.run("an override missing", {
            let call = saxpy.call().bind("x", floats).output("y", "x").force();
            call.set("params.a", 2.5).set("params.steps", [1, 2])
        }),
        bench.run("a value for nothing", bench.whole().set("params.b", 1)),
        bench.run("a value for a view", bench.whole().set("x", 1)),
        bench.run("a value for an output", bench.valued().bind("x", floats).set("y", 1)),
        bench.run("set twice", bench.whole().set("params.a", 1)),
        bench.run("overridden twice", bench.whole().set("bias", 1)),
        said("an output of another name", {
            bench.whole().run(&bench.device).and_then(|outputs| outputs.get("x").cloned())
        }),
    ]
}

fn types(bench: &Bench) -> Vec<Row> {
    let floats = ("", "array<f32>");
    let big = DType::F32.with_order(ByteOrder::Big);
    let mixed = "struct Row { id: u32, at: vec3f }";
    let row = |fields: &[(&str, DType, usize)], size| DType::struct_at(fields, size).unwrap();
    let three = DType::array(&DType::F32, &[3]).unwrap();
    let rows = (mixed, "array<Row>");
    let bind =
        |name, ty, dtype: &DType, shape: &[usize]| bench.bind(name, ty, dtype.clone(), shape);
    vec![
        bind("f64 for f32", floats, &DType::F64, &[10]),
        bind("i32 for f32", floats, &DType::I32, &[10]),
        bind("bytes for f32", floats, &DType::U8, &[12]),
        bind("text for f32", floats, &DType::text(3), &[12]),
        bind("another byte order", floats, &big, &[10]),
        bind("no element", floats, &DType::F32, &[0]),
        bind("vec3 from rows of 3", ("", "array<vec3<f32>>"), &DType::F32, &[100, 3]),
        bind("vec3 from a flat array", ("", "array<vec3<f32>>"), &DType::F32, &[96]),
        bind("vec4 from rows of 3", ("", "array<vec4<f32>>"), &DType::F32, &[100, 3]),
        bind("mat3x3 from 3 x 3", ("", "array<mat3x3<f32>>"), &DType::F32, &[10, 3, 3]),
        bind("one mat4x3", ("", "mat4x3<f32>"), &DType::F32, &[4, 3]),
        bind("a fixed length", ("", "array<f32, 16>"), &DType::F32, &[10]),
        bind("a scalar", ("", "f32"), &DType::F32, &[2]),
        bind("five bytes in words", ("", "array<u32>"), &DType::U8, &[5]),
        bind("three halves of words", ("", "array<u32>"), &DType::I16, &[3]),
        bind("an odd number of f16", ("", "array<f16>"), &DType::F16, &[3]),
        bind("numbers for a struct", rows, &DType::F32, &[10, 8]),
        bind(
            "a struct for numbers",
            floats,
            &row(&[("id", DType::U32, 0), ("w", DType::F32, 4)], 8),
            &[4],
        ),
        bind("a field missing", rows, &row(&[("id", DType::U32, 0)], 32), &[4]),
        bind(
            "a field too early",
            rows,
            &row(&[("id", DType::U32, 0), ("at", three.clone(), 4)], 32),
            &[4],
        ),
        bind(
            "a field of another type",
            rows,
            &row(&[("id", DType::F32, 0), ("at", three.clone(), 16)], 32),
            &[4],
        ),
        bind(
            "a struct too short",
            rows,
            &row(&[("id", DType::U32, 0), ("at", three, 16)], 28),
            &[4],
        ),
        bind("bytes that are no whole row", rows, &DType::bytes(30), &[4]),
    ]
}

fn values(bench: &Bench) -> Vec<Row> {
    let whole = || bench.saxpy.call().bind("x", &bench.floats).output("y", "x").force();
    let with = |name, key: &str, value: Value| {
        let mut call = whole();
        if key != "bias" {
            call = call.set("bias", 1);
        }
        bench.run(name, call.set(key, value))
    };
    vec![
        with("a fraction for a u32", "lanes", 2.5.into()),
        with("less than a u32", "lanes", (-1).into()),
        with("a number for a bool", "clamped", 1.into()),
        with("a bool for a number", "lanes", true.into()),
        with("no number", "bias", f64::NAN.into()),
        with("more than an f32", "bias", 1e39.into()),
        with("text", "params.a", Value::Text("2".into())),
        with("a list too long", "params.steps", [1, 2, 3].into()),
        with("a number for a vector", "params.steps", 1.into()),
        with("too many bytes", "params", Value::Bytes(vec![0; 12])),
        with("a struct without a member", "params", Value::Struct(vec![("a".into(), 1.into())])),
        bench.run("no lane", bench.whole().set("lanes", 0)),
        bench.run("more lanes than there are", bench.whole().set("lanes", 1024)),
    ]
}

fn access(bench: &Bench) -> Vec<Row> {
    let Bench { device, saxpy, floats } = bench;
    let alone = || up(device, vec![1.0_f32; 64], &[64]);
    let other = |call: &Kernel| call.with_entry("other").unwrap().call().force();
    let both = alone();
    let held = alone();
    let elsewhere = up(&gpu(), vec![1.0_f32; 12], &[12]);
    let shared = other(saxpy).bind("elsewhere", &both).update("y", both);
    let swapped = |call: Call| call.repeat(2).swap("x", "y");
    vec![
        bench.run("a shared view written", bench.valued().bind("x", floats).bind("y", floats)),
        bench.run("an output that is read", bench.valued().output("x", [12]).output("y", floats)),
        bench.run("read and written", shared),
        bench.run("written while held", {
            other(saxpy).bind("elsewhere", floats).update("y", held.clone())
        }),
        bench.run("a part written", {
            let part = alone().slice(0, 1..9).unwrap();
            other(saxpy).bind("elsewhere", floats).update("y", part)
        }),
        bench.run(
            "memory of another device",
            bench.valued().bind("x", &elsewhere).output("y", [12]),
        ),
        bench.run("swapped with another shape", {
            swapped(bench.valued().bind("x", floats).output("y", (DType::F32, [3])))
        }),
        bench.run("swapped with itself", bench.whole().swap("y", "y")),
        bench.run("swapped twice", swapped(bench.whole()).swap("x", "y")),
        bench.run("swapped with nothing", bench.whole().swap("x", "z")),
        bench.run("more than a binding sees", {
            bench.valued().bind("x", floats).output("y", (DType::F32, [40_000_000]))
        }),
    ]
}

fn dispatches(bench: &Bench) -> Vec<Row> {
    let floats = &bench.floats;
    let written = |workgroup: &str, shared: u32| {
        let text = format!(
            "override n: u32 = 1; var<workgroup> pile: array<u32, {shared}>;
            @group(0) @binding(0) var<storage, read_write> y: array<u32>;
            @compute @workgroup_size({workgroup}) fn main(@builtin(global_invocation_id) id: vec3u) {{
                pile[0] = 1u; y[id.x] = pile[0];
            }}"
        );
        Kernel::named("wide", &text).unwrap().call().output("y", [4]).force()
    };
    let reads = "@group(0) @binding(0) var<storage> x: array<f32>;
        @compute @workgroup_size(1) fn main() { let y = x[0]; }";
    let reads = Kernel::named("reads", reads).unwrap();
    vec![
        bench.run("too many workgroups", {
            let big = (DType::F32, [5_000_000]);
            bench.valued().bind("x", floats).output("y", big)
        }),
        bench.run("too many said", bench.whole().dispatch(Dispatch::Groups([1, 70_000, 1]))),
        bench.run("over a value", bench.whole().dispatch(Dispatch::Over("params".into()))),
        bench.run("over nothing", bench.whole().dispatch(Dispatch::Over("xs".into()))),
        bench.run("nothing to go over", reads.call().bind("x", floats).force()),
        bench.run("a workgroup too long", written("1, 1, 128", 1)),
        bench.run("a workgroup too large", written("32, 32", 1)),
        bench.run("an override too large", written("n", 1).set("n", 512)),
        bench.run("too much shared", written("1", 5000)),
    ]
}

fn texts() -> Vec<Row> {
    let named = |name, text: &str| said(name, Kernel::named("file.wgsl", text));
    vec![
        named("a syntax error", "@compute @workgroup_size(64)\nfn main() {\n    let x = 1 +;\n}\n"),
        named("an unknown name", "@compute @workgroup_size(64)\nfn main() { let x = nothing; }\n"),
        named(
            "a type error",
            "@group(0) @binding(0) var<storage> x: array<f32>;\n@compute @workgroup_size(1)\n\
             fn main() {\n    x[0] = 1.0;\n}\n",
        ),
        named("an extension that is none", "enable warp9;\n"),
        named("subgroups enabled", "enable subgroups;\n"),
        named("no entry point", "fn helper() {}\n"),
        named("nothing", ""),
        said(
            "several entry points",
            Kernel::named("prefix_sum.wgsl", include_str!("prefix_sum.wgsl")),
        ),
        said("another entry point", kernel("blur.wgsl").with_entry("row")),
        named(
            "a texture",
            "@group(0) @binding(0) var picture: texture_2d<f32>;
            @compute @workgroup_size(1) fn main() { _ = textureLoad(picture, vec2u(), 0); }",
        ),
        named("too long a text", &" ".repeat(2 << 20)),
    ]
}

fn devices(bench: &Bench) -> Vec<Row> {
    let Bench { device, saxpy, floats } = bench;
    let halves = "enable f16;
        @group(0) @binding(0) var<storage, read_write> y: array<f16>;
        @compute @workgroup_size(1) fn main() { y[0] = 1.0h; }";
    let halves = Kernel::named("halves", halves).unwrap();
    let mut rows =
        vec![bench.run("f16 where there is none", halves.call().output("y", [2]).force())];
    if device.report().loop_limit.is_some() {
        rows.push(bench.run(ENDS_LOOPS, {
            let call = saxpy.call().bind("x", floats).output("y", "x").set("bias", 1);
            call.set("params.a", 1).set("params.steps", [1, 2])
        }));
    }
    let anonymous = |(name, text): Row| (name, text.replace(device.name(), "DEVICE"));
    rows.into_iter().map(anonymous).collect()
}

fn table() -> String {
    let bench = Bench::new();
    let parts: [(&str, Vec<Row>); 7] = [
        ("names", names(&bench)),
        ("types", types(&bench)),
        ("values", values(&bench)),
        ("access and memory", access(&bench)),
        ("workgroups", dispatches(&bench)),
        ("WGSL", texts()),
        ("devices", devices(&bench)),
    ];
    let mut text = String::new();
    for (title, rows) in parts {
        text += &format!("== {title}\n\n");
        for (name, message) in rows {
            let message = message.replace(bench.device.name(), "DEVICE");
            text += &format!("{name}\n    {}\n\n", message.replace('\n', "\n    "));
        }
    }
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Returns the first line in which two texts differ.
fn difference(expected: &str, got: &str) -> Option<String> {
    let (mut expected, mut got) = (expected.lines(), got.lines());
    for number in 1.. {
        match (expected.next(), got.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => return Some(format!("line {number}: expected {a:?}, got {b:?}")),
        }
    }
    None
}

#[test]
fn every_mismatch_says_what_is_wrong_and_what_to_do() {
    let got = table();
    let mut expected = include_str!("../data/kernel-errors.txt");
    if !got.contains(ENDS_LOOPS) {
        // The last row, which such drivers alone have.
        expected = &expected[..expected.find(ENDS_LOOPS).expect("its row")];
    }
    if let Some(difference) = difference(expected, &got) {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel-errors.txt");
        std::fs::write(&path, &got).unwrap();
        panic!("{difference}; all that was said is in {}", path.display());
    }
    assert!(!got.contains("NOTHING WAS SAID"));
}

#[test]
fn a_changed_message_is_noticed() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    for other in ["a\nc\n", "a\n", "a\nb\nc\n", ""] {
        assert!(difference("a\nb\n", other).is_some(), "{other:?}");
    }
}
