//! Kernels over the rows of host views: against what NumPy's rules give, whatever the window.

use bytelens::kernel::{Kernel, Rows};
use bytelens::{Buffer, DType, Error, Slice, View};

use super::{brought, gpu};

/// What each element becomes, its position on the host included.
const PLACE: &str = "
struct Place { first: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> place: Place;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&y) { y[id.x] += place.scale * x[id.x] + f32(place.first + id.x); }
}";

/// Adds `y`, twice `x` and the element's position along one axis, which is the only one.
fn place<'a>(kernel: &Kernel, x: &View<'a>) -> Rows<'a> {
    let rest = |first: usize, call: bytelens::kernel::Call| {
        let first = u32::try_from(first).unwrap();
        call.set("place.first", first).set("place.scale", 2.0).force()
    };
    kernel.rows().bind("x", x).with(rest)
}

fn sized(rows: Rows<'_>, step: Option<usize>) -> Rows<'_> {
    match step {
        Some(step) => rows.at_a_time(step),
        None => rows,
    }
}

#[test]
fn windows_of_any_size_give_what_one_call_gives() {
    let kernel = Kernel::named("place", PLACE).unwrap();
    let count = 1001;
    // Every second number from the end, so that rows are gathered.
    let numbers: Vec<f32> = (0_u16..2002).map(f32::from).collect();
    let all = View::from_slice(&numbers, &[2 * count]).unwrap();
    let x = all.slice(0, Slice::from(..).by(-2)).unwrap();
    let started: Vec<f32> = (0_u16..1001).map(|at| f32::from(at % 7)).collect();
    let expected: Vec<f32> =
        (0..count).map(|at| started[at] + 2.0 * numbers[2001 - 2 * at] + at as f32).collect();
    let zeros: Vec<f32> = expected.iter().zip(&started).map(|(all, own)| all - own).collect();
    for device in [gpu(), brought().0] {
        for step in [None, Some(1001), Some(5000), Some(500), Some(333), Some(64), Some(0)] {
            // In every second place of what is written, the rest of which stays.
            let mut bytes = vec![-1.0_f32; 2 * count];
            for (at, own) in started.iter().enumerate() {
                bytes[2 * at + 1] = *own;
            }
            let mut target = Buffer::from_vec(bytes, &[count, 2]).unwrap();
            let y = target.view_mut().unwrap().index(1, 1).unwrap();
            let x = x.clone();
            sized(place(&kernel, &x).update("y", y), step).run(&device).unwrap();
            let got = target.view().index(1, 1).unwrap().to_vec::<f32>().unwrap();
            assert_eq!(got, expected, "{step:?} in place");
            let rest = target.view().index(1, 0).unwrap().to_vec::<f32>().unwrap();
            assert!(rest.iter().all(|gap| *gap == -1.0), "{step:?} wrote between the elements");

            let mut target = Buffer::from_vec(started.clone(), &[count]).unwrap();
            let rows = place(&kernel, &x).output("y", target.view_mut().unwrap());
            sized(rows, step).run(&device).unwrap();
            assert_eq!(target.view().to_vec::<f32>().unwrap(), zeros, "{step:?} from zeros");
        }
    }
}

#[test]
fn more_than_the_device_binds_goes_through_in_windows() {
    // 160 MiB of bytes where a binding holds 128; a word has four.
    const INVERT: &str = "
        @group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
        @group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
        @compute @workgroup_size(64) fn main(
            @builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u,
        ) {
            let at = id.x + id.y * groups.x * 64;
            if at < arrayLength(&y) { y[at] = ~x[at]; }
        }";
    let (device, ..) = brought();
    let kernel = Kernel::named("invert", INVERT).unwrap();
    let count = (160 << 20) + 16;
    let bytes: Vec<u8> =
        (0..count).map(|at: u32| (at.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect();
    let source = Buffer::from_bytes(bytes, DType::U8, &[count as usize]).unwrap();
    let x = source.view().cast(DType::U32).unwrap();
    let whole = device
        .upload(&x)
        .and_then(|up| kernel.call().bind("x", &up).output("y", "x").force().run(&device));
    assert!(matches!(whole, Err(Error::Limit { .. })), "it fits: nothing was tested");
    let mut target = Buffer::zeroed(DType::U32, x.shape()).unwrap();
    let rows = kernel.rows().bind("x", &x).output("y", target.view_mut().unwrap());
    rows.with(|_, call| call.force()).run(&device).unwrap();
    let target = target.view();
    let pairs = target.as_bytes().unwrap().iter().zip(x.as_bytes().unwrap());
    assert!(pairs.into_iter().all(|(y, x)| *y == !*x));
}

#[test]
fn rows_that_do_not_go_together_are_refused() {
    let kernel = Kernel::named("place", PLACE).unwrap();
    let (device, ..) = brought();
    let numbers = [0.0_f32; 12];
    let view =
        |shape: &[usize]| View::from_slice(&numbers[..shape.iter().product()], shape).unwrap();
    let said = |x: &View<'_>, shape: &[usize]| {
        let mut y = Buffer::zeroed(DType::F32, shape).unwrap();
        let rows = place(&kernel, x).update("y", y.view_mut().unwrap());
        rows.run(&device).unwrap_err().to_string()
    };
    assert_eq!(
        said(&view(&[12]), &[11]),
        "kernel place: rows of \"y\": expected 12 rows, as \"x\" has, got 11"
    );
    assert_eq!(
        said(&view(&[]), &[1]),
        "kernel place: rows of \"x\": expected at least one axis; bind a single element with .with(…), \
         got none"
    );
    let none = kernel.rows().run(&device).unwrap_err().to_string();
    assert_eq!(none, "kernel place: no view has rows; bind one, or run a call instead");
    let wide = view(&[1]).broadcast_to(&[2, 1 << 26]).unwrap();
    let limit = said(&wide, &[2]);
    assert!(
        limit.starts_with(
            "kernel place: 1 row(s) of \"x\" is 268435456 bytes, over the limit of 134217728"
        ),
        "{limit}"
    );
    // Names and types are the call's to refuse, without rows as well.
    let mut y = Buffer::zeroed(DType::F32, &[0]).unwrap();
    let rows =
        place(&kernel, &view(&[0])).bind("z", &view(&[0])).output("y", y.view_mut().unwrap());
    let unknown = rows.run(&device).unwrap_err().to_string();
    assert!(unknown.contains("\"z\""), "{unknown}");
}
