//! The device on software Vulkan, against plain loops on the host.

use half::f16;

use super::budget::Budget;
use super::memory::{Memory, Pool, Purpose};
use super::testing::{BROKEN, SHIFT, brought, brought_anew, gpu, info, opened, pass, plan, scale};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::ImageInfo;
use crate::layout::{Layout, Slice};
use crate::op::pass::{Channels, Plan};
use crate::view::{Buffer, View, ViewMut};

const DTYPES: [DType; 4] = [DType::U8, DType::U16, DType::F16, DType::F32];

/// Numbers that look like chance and are the same each time.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_le_bytes()[3]
        })
        .collect()
}

/// An image of any type with samples in 0..=1.
pub(super) fn picture(dtype: &DType, shape: [usize; 3]) -> Buffer {
    let raw = bytes(shape.iter().product());
    let unit = raw.iter().map(|byte| f32::from(*byte) / 255.0);
    let buffer = if *dtype == DType::U8 {
        Buffer::from_vec(raw, &shape)
    } else if *dtype == DType::U16 {
        Buffer::from_vec(raw.iter().map(|byte| u16::from(*byte) * 257).collect(), &shape)
    } else if *dtype == DType::F16 {
        Buffer::from_vec(unit.map(f16::from_f32).collect(), &shape)
    } else {
        Buffer::from_vec(unit.collect(), &shape)
    };
    buffer.expect("a small picture")
}

/// Reads one sample as a working number.
fn sample(view: &View<'_>, index: [usize; 3]) -> f32 {
    let dtype = view.dtype();
    let read = if *dtype == DType::U8 {
        view.get::<u8>(&index).map(|v| f32::from(v) / 255.0)
    } else if *dtype == DType::U16 {
        view.get::<u16>(&index).map(|v| f32::from(v) / 65535.0)
    } else if *dtype == DType::F16 {
        view.get::<f16>(&index).map(f32::from)
    } else {
        view.get::<f32>(&index)
    };
    read.expect("an index inside")
}

/// The step from one stored number to the next, as a working number.
fn unit(dtype: &DType) -> f32 {
    if *dtype == DType::U8 {
        1.0 / 255.0
    } else if *dtype == DType::U16 {
        1.0 / 65535.0
    } else if *dtype == DType::F16 {
        1.0 / 1024.0
    } else {
        1e-6
    }
}

/// What a stored number becomes of a working one.
pub(super) fn stored(dtype: &DType, v: f32) -> f32 {
    if *dtype == DType::U8 {
        (v.clamp(0.0, 1.0) * 255.0).round_ties_even() / 255.0
    } else if *dtype == DType::U16 {
        (v.clamp(0.0, 1.0) * 65535.0).round_ties_even() / 65535.0
    } else if *dtype == DType::F16 {
        f16::from_f32(v).to_f32()
    } else {
        v
    }
}

/// Tells whether a channel of an image is alpha, which the toy point twin leaves alone.
fn is_alpha(channels: usize, channel: usize) -> bool {
    channels.is_multiple_of(2) && channel + 1 == channels
}

/// Compares a result with `expected(y, x, channel)` in every element.
pub(super) fn compare(
    what: &str,
    result: &View<'_>,
    ulps: f32,
    expected: impl Fn(usize, usize, usize) -> f32,
) {
    let [height, width, channels] = [0, 1, 2].map(|axis| result.shape()[axis]);
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                let (got, want) = (sample(result, [y, x, c]), expected(y, x, c));
                let near = (got - want).abs() <= ulps * unit(result.dtype()) * want.abs().max(1.0);
                assert!(near, "{what}: [{y}, {x}, {c}] is {got}, not {want}");
            }
        }
    }
}

#[test]
fn bytes_come_back_as_they_went_whatever_the_strides() {
    let devices = [gpu(), brought()];
    let base = Buffer::from_vec(bytes(9 * 11 * 4), &[9, 11, 4]).expect("a buffer");
    let view = base.view();
    let views = [
        ("whole", view.clone()),
        ("cropped", view.slice(0, 2..7).and_then(|v| v.slice(1, 3..10)).expect("inside")),
        ("flipped", view.flip(0).and_then(|v| v.flip(1)).expect("two axes")),
        ("permuted", view.permute(&[2, 1, 0]).expect("three axes")),
        ("one channel", view.slice(2, 1..2).expect("inside")),
        ("every third", view.slice(1, Slice::from(..).by(3)).expect("inside")),
        ("broadcast", view.slice(0, 0..1).and_then(|v| v.broadcast_to(&[5, 11, 4])).expect("1")),
        ("one", view.slice(0, 4..5).and_then(|v| v.slice(1, 4..5)).expect("inside")),
        ("empty", view.slice(1, 3..3).expect("inside")),
    ];
    for (device, (name, view)) in devices.iter().flat_map(|d| views.iter().map(move |v| (d, v))) {
        let up = device.upload(view).expect(name);
        assert_eq!(up.shape(), view.shape(), "{name}");
        assert_eq!(
            up.download().expect(name).view().to_bytes().expect("memory"),
            view.to_bytes().expect("memory"),
            "{name}"
        );
        let (mine, theirs) = (up.flip(0).expect(name), view.flip(0).expect(name));
        assert_eq!(
            mine.download().expect(name).view().to_bytes().expect("memory"),
            theirs.to_bytes().expect("memory"),
            "{name}"
        );
    }
}

#[test]
fn a_download_goes_where_a_host_view_says() {
    let device = gpu();
    let base = picture(&DType::U16, [4, 5, 3]);
    let up = device.upload(&base.view()).expect("upload");
    let mut target = Buffer::zeroed(DType::U16, &[4, 7, 3]).expect("a buffer");
    let mut writable = target.view_mut().expect("unshared");
    let mut inner = writable.reborrow().slice(1, 1..6).and_then(|v| v.flip(0)).expect("inside");
    up.download_into(&mut inner).expect("download");
    let seen = target.view().slice(1, 1..6).and_then(|v| v.flip(0)).expect("inside");
    assert_eq!(seen.to_bytes().expect("memory"), base.view().to_bytes().expect("memory"));
    let edge = target.view().slice(1, ..1).expect("inside");
    assert!(
        edge.to_bytes().expect("memory").iter().all(|byte| *byte == 0),
        "written beside the target"
    );
}

#[test]
fn a_download_of_another_shape_or_type_is_refused() {
    let device = gpu();
    let up = device.upload(&picture(&DType::U8, [2, 3, 1]).view()).expect("upload");
    let mut small = [0u8; 4];
    let mut target = ViewMut::from_slice(&mut small, &[2, 2, 1]).expect("a view");
    assert!(matches!(up.download_into(&mut target), Err(Error::Shape { .. })));
    let mut wide = [0u16; 6];
    let mut target = ViewMut::from_slice(&mut wide, &[2, 3, 1]).expect("a view");
    assert!(matches!(up.download_into(&mut target), Err(Error::DType { .. })));
}

#[test]
fn views_too_large_for_one_block_or_chunk_come_back_whole() {
    // Each of these is larger than a block of scratch, the second in a single row; the third is
    // larger than a few chunks of staging.
    let tall = Buffer::from_vec(bytes(700 * 500), &[700, 500]).expect("a buffer");
    let long = Buffer::from_vec(bytes(900_000), &[1, 900_000]).expect("a buffer");
    let large = Buffer::from_vec(bytes(40_000_003), &[40_000_003]).expect("a buffer");
    let square = large.view().slice(0, ..6001 * 6001).and_then(|v| v.reshape(&[6001, 6001]));
    let square = square.expect("as many");
    let views = [
        large.view(),
        square.slice(1, 1..6000).expect("inside"),
        square.slice(1, ..100).and_then(|v| v.flip(0)).expect("inside"),
        tall.view().flip(1).expect("two axes"),
        tall.view().transpose(),
        tall.view().slice(1, 1..499).expect("inside"),
        long.view().slice(1, Slice::from(..).by(-3)).expect("inside"),
    ];
    for (device, view) in [gpu(), brought()].iter().flat_map(|d| views.iter().map(move |v| (d, v)))
    {
        let down = device.upload(view).and_then(|up| up.download()).expect("round trip");
        assert!(
            down.view().to_bytes().expect("memory") == view.to_bytes().expect("memory"),
            "{:?}",
            view.layout()
        );
    }
}

#[test]
fn every_type_becomes_every_type_at_every_width() {
    let device = gpu();
    for src in &DTYPES {
        for dst in &DTYPES {
            for channels in 1..=4 {
                for width in 1..=9 {
                    let source = picture(src, [3, width, channels]);
                    let info = info(src, [3, width, channels]);
                    let plan = plan(info, vec![(vec![], None, vec![])], dst);
                    let result = device.run(&plan, &source.view()).expect("identity");
                    assert_eq!(result.shape(), source.shape());
                    let what = format!("{src} to {dst}, {channels} channels, width {width}");
                    // Types that hold the number hold it to the bit; f16 may round either way.
                    compare(
                        &what,
                        &result.view(),
                        if *dst == DType::F16 { 1.0 } else { 0.25 },
                        |y, x, c| stored(dst, sample(&source.view(), [y, x, c])),
                    );
                }
            }
        }
    }
}

/// A plan of two passes with steps on either side: see [`naive`].
pub(super) fn two_passes(info: ImageInfo, dst: &DType) -> Plan {
    let channels = Channels::from(info.format);
    let size = [info.height(), info.width()];
    let step = |factor, summand| scale(factor, summand, channels);
    let first = (vec![step(0.5, 0.1)], Some(pass(&SHIFT, 1, 0.125, size)), vec![]);
    let second =
        (vec![step(0.75, 0.0)], Some(pass(&SHIFT, 2, -0.0625, size)), vec![step(1.0, 0.05)]);
    plan(info, vec![first, second], dst)
}

/// The same in a plain loop over one sample: shifts right by 1 and 2, clamped at the edge.
pub(super) fn naive(source: &View<'_>, [y, x, c]: [usize; 3]) -> f32 {
    let [width, channels] = [source.shape()[1], source.shape()[2]];
    let step = |v: f32, factor, summand| {
        if is_alpha(channels, c) { v } else { v * factor + summand }
    };
    let x = ((x + 2).min(width - 1) + 1).min(width - 1);
    let first = step(sample(source, [y, x, c]), 0.5, 0.1) + 0.125;
    step(step(first, 0.75, 0.0) - 0.0625, 1.0, 0.05)
}

#[test]
fn passes_and_steps_run_in_order() {
    let device = gpu();
    for src in &DTYPES {
        for dst in &DTYPES {
            for channels in 1..=4 {
                let source = picture(src, [5, 7, channels]);
                let plan = two_passes(info(src, [5, 7, channels]), dst);
                let result = device.run(&plan, &source.view()).expect("two passes");
                let what = format!("{src} to {dst}, {channels} channels");
                compare(&what, &result.view(), 1.01, |y, x, c| {
                    stored(dst, naive(&source.view(), [y, x, c]))
                });
            }
        }
    }
}

#[test]
fn sources_of_any_strides_are_read_where_they_lie() {
    let device = gpu();
    type See = fn(&View<'_>) -> Result<Layout>;
    for dtype in &DTYPES {
        let base = picture(dtype, [8, 10, 4]);
        let up = device.upload(&base.view()).expect("upload");
        let table: [(&str, See); 7] = [
            ("cropped", |v| Ok(v.slice(0, 1..6)?.slice(1, 3..8)?.layout().clone())),
            ("flipped", |v| Ok(v.flip(0)?.flip(1)?.layout().clone())),
            ("turned", |v| Ok(v.swap_axes(0, 1)?.flip(0)?.layout().clone())),
            ("channels backwards", |v| Ok(v.flip(2)?.layout().clone())),
            ("one channel", |v| Ok(v.slice(2, 2..3)?.layout().clone())),
            ("two channels apart", |v| Ok(v.slice(2, Slice::from(..).by(2))?.layout().clone())),
            ("planar", |v| Ok(v.reshape(&[4, 8, 10])?.permute(&[1, 2, 0])?.layout().clone())),
        ];
        for (name, see) in table {
            let layout = see(&base.view()).expect(name);
            let seen = base.with_layout(layout.clone()).expect(name);
            let shape = [0, 1, 2].map(|axis| layout.shape()[axis]);
            let plan = two_passes(info(dtype, shape), dtype);
            let view = seen.view();
            let what = format!("{dtype}, {name}");
            let expected = |y, x, c| stored(dtype, naive(&view, [y, x, c]));
            // Once gathered by the host, once read by the shader through its strides.
            let gathered = device.run(&plan, &view).expect(&what);
            compare(&what, &gathered.view(), 1.01, expected);
            let on_device = up.with_layout(layout).expect(&what);
            let result = device.run_on(&plan, &on_device).and_then(|view| view.download());
            compare(&what, &result.expect(&what).view(), 1.01, expected);
        }
    }
}

#[test]
fn a_result_is_seen_through_the_plans_last_view() {
    let device = gpu();
    let source = picture(&DType::U8, [6, 9, 3]);
    let mut plan = two_passes(info(&DType::U8, [6, 9, 3]), &DType::U8);
    let turned = plan.output.layout.swap_axes(0, 1).and_then(|l| l.flip(0));
    plan.output.layout = turned.and_then(|l| l.slice(1, 1..5)).expect("inside");
    let result = device.run(&plan, &source.view()).expect("two passes");
    assert_eq!(result.shape(), [9, 4, 3]);
    assert!(result.layout().is_contiguous());
    compare("turned", &result.view(), 1.01, |y, x, c| {
        stored(&DType::U8, naive(&source.view(), [x + 1, 8 - y, c]))
    });
}

#[test]
fn a_plan_without_passes_gives_the_source() {
    let device = gpu();
    let source = picture(&DType::F16, [3, 5, 2]);
    let plan = plan(info(&DType::F16, [3, 5, 2]), vec![], &DType::F16);
    let view = source.view();
    assert_eq!(
        device.run(&plan, &view).expect("a copy").view().to_bytes().expect("memory"),
        view.to_bytes().expect("memory")
    );
    let up = device.upload(&view).expect("upload");
    let same = device.run_on(&plan, &up).and_then(|view| view.download()).expect("the same");
    assert_eq!(same.view().to_bytes().expect("memory"), view.to_bytes().expect("memory"));
}

#[test]
fn empty_images_dispatch_nothing() {
    let device = gpu();
    for shape in [[0, 5, 3], [4, 0, 3], [0, 0, 1]] {
        let source = picture(&DType::U8, shape);
        let plan = two_passes(info(&DType::U8, shape), &DType::U8);
        assert_eq!(device.run(&plan, &source.view()).expect("nothing").shape(), shape);
        let up = device.upload(&source.view()).expect("nothing");
        let down = device.run_on(&plan, &up).and_then(|view| view.download()).expect("nothing");
        assert_eq!(down.shape(), shape);
    }
}

#[test]
fn a_source_that_the_plan_was_not_made_for_is_refused() {
    let device = gpu();
    let plan = two_passes(info(&DType::U8, [4, 5, 3]), &DType::U8);
    let run = |dtype: &DType, shape| device.run(&plan, &picture(dtype, shape).view());
    assert!(matches!(run(&DType::U8, [4, 6, 3]), Err(Error::Shape { .. })));
    assert!(matches!(run(&DType::U16, [4, 5, 3]), Err(Error::DType { .. })));
}

#[test]
fn a_broken_shader_is_an_error_and_the_device_works_on() {
    let device = gpu();
    let source = picture(&DType::U8, [4, 5, 3]);
    let broken = (vec![], Some(pass(&BROKEN, 0, 0.0, [4, 5])), vec![]);
    let broken = plan(info(&DType::U8, [4, 5, 3]), vec![broken], &DType::U8);
    let good = two_passes(info(&DType::U8, [4, 5, 3]), &DType::U8);
    for _ in 0..3 {
        let error = device.run(&broken, &source.view()).expect_err("the shader is broken");
        let Error::Device { problem, .. } = &error else { panic!("{error}") };
        assert!(problem.contains("toy_broken"), "{problem}");
        // The line is the twin's own.
        assert!(problem.contains(":2:"), "{problem}");
        let result = device.run(&good, &source.view()).expect("the device works on");
        compare("after an error", &result.view(), 1.01, |y, x, c| {
            stored(&DType::U8, naive(&source.view(), [y, x, c]))
        });
    }
}

#[test]
fn loops_longer_than_the_driver_can_be_trusted_with_are_refused() {
    let device = gpu();
    let source = picture(&DType::U8, [1, 1, 3]);
    let mut plan = two_passes(info(&DType::U8, [1, 1, 3]), &DType::U8);
    if let Some(pass) = &mut plan.passes[0].pass {
        pass.loops = 15_001;
    }
    let outcome = device.run(&plan, &source.view());
    match device.report().loop_limit {
        Some(60_000) => assert!(matches!(outcome, Err(Error::Limit { .. }))),
        limit => assert!(limit.is_none() && outcome.is_ok(), "{limit:?}"),
    }
}

#[test]
fn a_row_that_is_larger_than_a_binding_is_refused_before_it_is_uploaded() {
    let device = opened();
    let limit = usize::try_from(device.report().storage_binding_bytes).expect("64 bits");
    let plan = two_passes(info(&DType::U8, [2, limit + 1, 1]), &DType::U8);
    // Broadcast, so that the test needs no such memory.
    let pixel = picture(&DType::U8, [1, 1, 1]);
    let view = pixel.view().broadcast_to(&[2, limit + 1, 1]).expect("axes of 1");
    let error = device.run(&plan, &view).expect_err("over the limit");
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    assert!(error.to_string().contains("use the cpu device"), "{error}");
    assert_eq!(device.pools().created, 0);
}

#[test]
fn work_after_work_uses_the_same_memory() {
    let device = opened();
    let source = picture(&DType::U8, [64, 100, 3]);
    let plan = two_passes(info(&DType::U8, [64, 100, 3]), &DType::U8);
    let run = || device.run(&plan, &source.view()).expect("two passes");
    run();
    let first = device.pools();
    for _ in 0..20 {
        run();
    }
    let last = device.pools();
    assert_eq!(first.created, last.created, "{first:?}, then {last:?}");
    assert_eq!(first.idle_bytes, last.idle_bytes, "{first:?}, then {last:?}");
    assert!(last.reused >= first.reused + 20 * 4, "{first:?}, then {last:?}");
}

#[test]
fn staging_makes_do_with_what_the_budget_leaves() {
    let device = brought_anew().with_memory_budget(8 << 20);
    let source = Buffer::from_vec(bytes(7 << 20), &[7 << 20]).expect("a buffer");
    for _ in 0..3 {
        let up = device.upload(&source.view()).expect("7 of 8 MiB, and staging");
        let error = device.upload(&source.view()).expect_err("twice 7 is over 8");
        assert!(matches!(error, Error::Limit { .. }), "{error}");
        let down = up.download().expect("staging again");
        assert!(down.view().as_bytes() == source.view().as_bytes());
        assert!(device.pools().used_bytes <= 8 << 20, "{:?}", device.pools());
    }
}

#[test]
fn a_pool_keeps_what_was_lent_at_once_and_forgets_what_was_long_ago() {
    let device = gpu();
    let budget = Budget::new(u64::MAX);
    let handles = (&device.shared.device, &device.shared.queue);
    let pool = Pool::new(handles, device.name(), Purpose::Storage, false, &budget);
    let take = |mib: usize| Memory::take(&pool, mib << 20).expect("some memory");
    let large = || drop([take(100), take(100), take(100)]);
    let idle = || pool.report().idle_bytes >> 20;
    large();
    assert!(idle() > 256, "{}", idle());
    for _ in 0..40 {
        large();
        drop([take(1), take(1), take(1)]);
    }
    assert_eq!(pool.report().created, 6, "work after work uses the same memory");
    // What has waited longest goes.
    for _ in 0..400 {
        drop(take(1));
    }
    assert!(idle() <= 256, "{}", idle());
    let held = take(1);
    assert_eq!(pool.report().created, 6);
    drop(held);
}

#[test]
fn threads_share_a_device() {
    let device = gpu();
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let device = device.clone();
            scope.spawn(move || {
                for round in 0..5 {
                    let shape = [3 + thread, 5 + round, 1 + (thread + round) % 4];
                    let source = picture(&DType::U16, shape);
                    let plan = two_passes(info(&DType::U16, shape), &DType::U8);
                    let result = device.run(&plan, &source.view()).expect("two passes");
                    compare("threads", &result.view(), 1.01, |y, x, c| {
                        stored(&DType::U8, naive(&source.view(), [y, x, c]))
                    });
                }
            });
        }
    });
}

#[test]
fn dispatches_over_the_limit_of_an_axis_are_folded() {
    let device = gpu();
    // Over 65,535 tiles, in one column of pixels.
    let rows = 65_536 * 16 + 5;
    let source = Buffer::from_vec(bytes(rows), &[rows, 1, 1]).expect("a buffer");
    let plan = two_passes(info(&DType::U8, [rows, 1, 1]), &DType::U8);
    let result = device.run(&plan, &source.view()).expect("two passes");
    compare("folded", &result.view(), 1.01, |y, x, c| {
        stored(&DType::U8, naive(&source.view(), [y, x, c]))
    });
}
