use super::{Between, CopyHead, Joint, bind, shader};
use crate::device::gpu::testing::{assert_same_layout, gpu, validated};
use crate::device::gpu::transfer::Recorder;
use crate::device::gpu::{DeviceView, GpuDevice};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::layout::{Layout, Slice};
use crate::op::twin::ParamLayout;
use crate::view::{Buffer, View, ViewMut};

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(256)).expect("a byte")).collect()
    }
}

/// A type of so many bytes.
fn dtype(size: usize) -> DType {
    match size {
        1 => DType::U8,
        2 => DType::U16,
        4 => DType::F32,
        8 => DType::F64,
        16 => DType::C128,
        size => DType::bytes(u32::try_from(size).expect("a small size")),
    }
}

/// A layout of chance: axes in any order, in either direction, with gaps, from any byte.
fn strided(chance: &mut Chance, dtype: &DType, shape: &[usize]) -> Layout {
    let mut order: Vec<usize> = (0..shape.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, chance.below(at + 1));
    }
    let mut strides = vec![0isize; shape.len()];
    let (mut extent, mut offset) = (dtype.size(), chance.below(9));
    for axis in order {
        let gap = [0, 0, 0, 1, 2, 4, 16][chance.below(7)];
        let stride = extent + gap;
        let reach = (shape[axis] - 1) * stride;
        extent += reach;
        strides[axis] = stride.cast_signed();
        if chance.below(3) == 0 {
            strides[axis] = -stride.cast_signed();
            offset += reach;
        }
    }
    Layout::new(dtype.clone(), shape, &strides, offset).expect("a small layout")
}

/// How many layouts of chance a rank is tried with: each makes shaders, which take their time.
fn rounds(rank: usize) -> usize {
    if rank == 2 { 2 } else { 1 }
}

fn bytes_of(view: &View<'_>) -> Vec<u8> {
    view.to_bytes().expect("memory")
}

fn up(device: &GpuDevice, bytes: &[u8], layout: &Layout) -> Result<DeviceView> {
    let raw = Buffer::from_vec(bytes.to_vec(), &[bytes.len()])?;
    device.upload(&raw.view())?.with_layout(layout.clone())
}

#[test]
fn a_strided_copy_is_what_the_host_copies_for_every_rank_and_element_size() {
    let device = gpu();
    let mut chance = Chance(7);
    for size in [1, 2, 3, 4, 5, 6, 8, 12, 16] {
        for rank in 0..=6 {
            for _ in 0..rounds(rank) {
                let shape: Vec<usize> = (0..rank).map(|_| 1 + chance.below(5)).collect();
                let dtype = dtype(size);
                let (src, dst) =
                    (strided(&mut chance, &dtype, &shape), strided(&mut chance, &dtype, &shape));
                let from = chance.bytes(src.span().end);
                let mut to = chance.bytes(dst.span().end + 5);
                let host = View::new(&from, src.clone()).expect("inside");
                let source = up(&device, &from, &src).expect("upload");

                let fresh = source.to_contiguous().and_then(|view| view.download());
                let what = format!("{src:?} to {dst:?}");
                assert!(bytes_of(&fresh.expect(&what).view()) == bytes_of(&host), "{what}");

                let target = up(&device, &to, &dst).expect("upload");
                source.copy_to(&target).expect(&what);
                let all = Layout::contiguous(DType::U8, &[to.len()]).expect("bytes");
                let whole = target.with_layout(all).and_then(|view| view.download());
                host.copy_to(&mut ViewMut::new(&mut to, dst).expect("injective")).expect("fits");
                assert!(bytes_of(&whole.expect(&what).view()) == to, "{what}");
            }
        }
    }
}

#[test]
fn a_run_is_copied_by_a_shader_as_by_the_device() {
    let device = gpu();
    let size = (2 << 20) + 40;
    let from = Chance(5).bytes(size + 8);
    let layout = |offset| Layout::new(DType::U32, &[size / 4], &[4], offset).expect("a run");
    for (src, dst, between) in [
        (4, 0, Between::Fresh),
        (0, 0, Between::Fresh),
        (4, 8, Between::Kept),
        (8, 0, Between::Kept),
    ] {
        let mut to = vec![0xa5_u8; size + 8];
        let (source, target) = (
            up(&device, &from, &layout(src)).expect("upload"),
            up(&device, &to, &layout(dst)).expect("upload"),
        );
        let mut recorder = Recorder::new(&device);
        let memory = [&source, &target].map(|view| &**view.memory().expect("it has elements"));
        let joint = Joint::new(source.layout(), target.layout());
        device.record_by_shader(&mut recorder, memory, joint, between).expect("a copy");
        recorder.submit();
        let whole = Layout::contiguous(DType::U8, &[to.len()]).expect("bytes");
        let whole =
            target.with_layout(whole).and_then(|view| view.download()).expect("it is there");
        to[dst..dst + size].copy_from_slice(&from[src..src + size]);
        let (got, read) =
            (bytes_of(&whole.view()), if between == Between::Kept { to.len() } else { size });
        assert!(got[..read] == to[..read], "from {src} to {dst}");
    }
}

#[test]
fn views_of_pictures_are_copied_as_the_host_copies_them() {
    let device = gpu();
    let picture = Chance(3).bytes(61 * 47 * 3);
    let picture = Buffer::from_vec(picture, &[61, 47, 3]).expect("a picture");
    let up = device.upload(&picture.view()).expect("upload");
    type Change = (&'static str, fn(&Layout) -> Result<Layout>);
    let changes: [Change; 9] = [
        ("whole", |l| Ok(l.clone())),
        ("cropped", |l| l.slice(0, 3..50)?.slice(1, 5..42)),
        ("flipped", |l| l.flip(1)),
        ("turned", |l| l.swap_axes(0, 1)?.flip(0)),
        ("planes", |l| l.permute(&[2, 0, 1])),
        ("green", |l| l.index(2, 1)),
        ("every third", |l| l.slice(1, Slice::from(..).by(-3))),
        ("repeated", |l| l.slice(0, 7..8)?.broadcast_to(&[40, 47, 3])),
        ("windows", |l| l.windows(0, 5, 2)),
    ];
    for (name, change) in changes {
        let layout = change(picture.layout()).expect(name);
        let mine = up.with_layout(layout.clone()).and_then(|view| view.to_contiguous());
        let mine = mine.and_then(|view| view.download()).expect(name);
        let theirs = picture.with_layout(layout).expect(name);
        assert!(bytes_of(&mine.view()) == bytes_of(&theirs.view()), "{name}");
    }
}

#[test]
fn a_copy_within_its_own_memory_reads_before_it_writes() {
    let device = gpu();
    let up = device.upload(&Buffer::from_vec((0..10u8).collect(), &[10]).expect("10").view());
    let up = up.expect("upload");
    up.flip(0).and_then(|view| view.copy_to(&up)).expect("the same memory");
    let down = up.download().expect("download");
    assert_eq!(bytes_of(&down.view()), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn windows_that_share_words_leave_each_others_bytes() {
    let device = gpu();
    let mut chance = Chance(5);
    let src = strided(&mut chance, &DType::U8, &[23, 9, 7]);
    let bytes = chance.bytes(src.span().end);
    let source = up(&device, &bytes, &src).expect("upload");
    let host = View::new(&bytes, src).expect("inside");
    let dst = Layout::contiguous(DType::U8, host.shape()).expect("C order");
    for most in [100, 400, 1500] {
        let target = up(&device, &chance.bytes(dst.nbytes()), &dst).expect("upload");
        let windows = Joint::new(source.layout(), &dst).windows(most);
        assert!(windows.len() > 1);
        let mut recorder = Recorder::new(&device);
        let memory = [&source, &target].map(|view| &**view.memory().expect("elements"));
        let recorded = device.record_windows(&mut recorder, memory, &windows, Between::Kept);
        recorded.expect("windows");
        recorder.submit();
        assert!(bytes_of(&target.download().expect("down").view()) == bytes_of(&host), "{most}");
    }
}

#[test]
fn a_target_that_does_not_fit_is_refused() {
    let device = gpu();
    let of = |dtype: &DType, shape: &[usize]| {
        let buffer = Buffer::zeroed(dtype.clone(), shape).expect("a small buffer");
        device.upload(&buffer.view()).expect("upload")
    };
    let source = of(&DType::U8, &[3, 4]);
    let refused = |target: &DeviceView| source.copy_to(target).expect_err("it does not fit");
    assert!(matches!(refused(&of(&DType::U8, &[4, 3])), Error::Shape { .. }));
    assert!(matches!(refused(&of(&DType::I8, &[3, 4])), Error::DType { .. }));
    let shared = of(&DType::U8, &[1, 4]).broadcast_to(&[3, 4]).expect("an axis of 1");
    assert!(matches!(refused(&shared), Error::Shape { .. }));
    let empty = source.slice(0, 1..1).expect("none");
    empty.copy_to(&empty).expect("nothing to do");
    assert_eq!(empty.to_contiguous().expect("nothing").shape(), [0, 4]);
}

#[test]
fn constants_are_laid_out_alike_in_rust_and_wgsl() {
    let layout = Layout::contiguous(DType::U8, &[3, 4]).expect("a layout");
    let turned = layout.transpose();
    let joint = Joint::new(&turned, &Layout::contiguous(DType::U8, &[4, 3]).expect("C order"));
    for between in [Between::Fresh, Between::Kept] {
        let module = validated(&shader(&joint, between).text);
        let size = bind(&joint, between, 32).constants.len();
        let head = |field| match field {
            "src" => std::mem::offset_of!(CopyHead, src),
            "step" => std::mem::offset_of!(CopyHead, step),
            "first" => std::mem::offset_of!(CopyHead, first),
            "word" => std::mem::offset_of!(CopyHead, word),
            "items" => std::mem::offset_of!(CopyHead, items),
            _ => size_of::<CopyHead>(),
        };
        let names = ["src", "step", "first", "word", "items", "axes"];
        let fields: Vec<_> = names.map(|name| (name, head(name))).to_vec();
        let fields: &'static [_] = Box::leak(fields.into_boxed_slice());
        assert_same_layout(&module, &ParamLayout { name: "Copy", size, fields });
    }
}
