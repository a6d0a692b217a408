//! Rows of work on a GPU, each done by bytelens and by hand with wgpu.

use std::hint::black_box;
use std::rc::Rc;

use bytelens::device::gpu::{DeviceView, GpuChoice, GpuDevice};
use bytelens::op::param::Light;
use bytelens::ops::blur::Blur;
use bytelens::{Buffer, DType, Error, Image, Kernel, Pipeline, PixelFormat, wgpu};

use super::hand::{Hand, Pool};

/// What is timed: one call is one time.
pub(crate) type Work = Box<dyn FnMut() -> Result<(), Error>>;

type Works = Result<Vec<(&'static str, Work)>, Error>;

/// Work that several tools do.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Bytes that go one way.
    pub(crate) bytes: usize,
    works: fn(&Bench, usize) -> Works,
}

impl Row {
    /// Makes the memory that the work needs; the work itself has been done once.
    pub(crate) fn works(&self, bench: &Bench) -> Works {
        let mut works = (self.works)(bench, self.bytes)?;
        works.iter_mut().try_for_each(|(_, work)| work())?;
        Ok(works)
    }
}

const MIB: usize = 1 << 20;

pub(crate) const ROWS: &[Row] = &[
    Row { name: "round trip 4 KiB", bytes: 4096, works: round_trip },
    Row { name: "round trip 64 MiB", bytes: 64 * MIB, works: round_trip },
    Row { name: "round trip 256 MiB", bytes: 256 * MIB, works: round_trip },
    Row { name: "upload of a crop", bytes: 3000 * 4600 * 3, works: crop },
    Row { name: "saxpy 64 MiB", bytes: 64 * MIB, works: saxpy },
    Row { name: "1000 dispatches", bytes: 1024, works: dispatches },
    // The last: what the driver keeps of so many passes slows what follows.
    Row { name: "500 blurs", bytes: 256, works: blurs },
];

/// A GPU, opened by bytelens and by hand.
pub(crate) struct Bench {
    pub(crate) gpu: GpuDevice,
    hand: Rc<Hand>,
}

impl Bench {
    /// Opens the adapter that `BYTELENS_DEVICE` names, software Vulkan unless set.
    pub(crate) fn open() -> Result<Self, Error> {
        let choice = match std::env::var("BYTELENS_DEVICE") {
            Ok(name) => GpuChoice::Named(name),
            Err(_) => GpuChoice::Software,
        };
        let gpu = GpuDevice::open(&choice)?;
        let hand = Rc::new(Hand::open(gpu.name()));
        Ok(Self { gpu, hand })
    }
}

/// Bytes that no page of is shared.
fn buffer(bytes: usize) -> Result<Buffer, Error> {
    let mut buffer = Buffer::zeroed(DType::U8, &[bytes])?;
    buffer.view_mut()?.fill(7u8)?;
    Ok(buffer)
}

fn raw(buffer: &Buffer) -> Vec<u8> {
    buffer.view().as_bytes().expect("contiguous").to_vec()
}

/// Up to the device and back.
fn round_trip(bench: &Bench, bytes: usize) -> Works {
    let (source, mut back) = (buffer(bytes)?, buffer(bytes)?);
    let (gpu, hand) = (bench.gpu.clone(), Rc::clone(&bench.hand));
    let from = source.clone();
    let ours = move || gpu.upload(&from.view())?.download_into(&mut back.view_mut()?);
    let (gpu, from) = (bench.gpu.clone(), source.clone());
    let mapped = move || {
        let mapped = gpu.upload(&from.view())?.map()?;
        black_box(mapped.view().get::<u8>(&[bytes - 1])?);
        Ok(())
    };
    let pool = hand.pool(bytes as u64);
    let (from, mut target) = (source.clone(), raw(&source));
    let pooled = move || {
        hand.pooled(&pool, from.view().as_bytes().expect("contiguous"), &mut target);
        Ok(())
    };
    let (hand, from) = (Rc::clone(&bench.hand), source.clone());
    let naive = move || {
        black_box(hand.naive(from.view().as_bytes().expect("contiguous")));
        Ok(())
    };
    let (from, mut target) = (raw(&source), raw(&source));
    let memcpy = move || {
        for _ in 0..2 {
            target.copy_from_slice(black_box(&from));
            black_box(&mut target);
        }
        Ok(())
    };
    Ok(vec![
        ("bytelens", Box::new(ours)),
        ("bytelens map", Box::new(mapped)),
        ("pooled", Box::new(pooled)),
        ("naive", Box::new(naive)),
        ("memcpy both ways", Box::new(memcpy)),
    ])
}

/// A cropped 24 megapixel picture, and as many bytes that lie together.
fn crop(bench: &Bench, bytes: usize) -> Works {
    let picture = buffer(6000 * 4000 * 3)?
        .with_layout(bytelens::Layout::contiguous(DType::U8, &[4000, 6000, 3])?)?;
    let layout = picture.layout().slice(0, 500..3500)?.slice(1, 700..5300)?;
    assert_eq!(layout.nbytes(), bytes);
    let cropped = picture.with_layout(layout)?;
    let together = cropped.view().to_contiguous()?;
    let upload = |from: Buffer| -> Work {
        let gpu = bench.gpu.clone();
        Box::new(move || {
            black_box(gpu.upload(&from.view())?);
            gpu.wait_idle()
        })
    };
    Ok(vec![("bytelens", upload(cropped)), ("bytelens, contiguous", upload(together))])
}

/// `y = a x + y`: both arrays up, one kernel, one down.
fn saxpy(bench: &Bench, bytes: usize) -> Works {
    let kernel = Kernel::named("saxpy", SAXPY)?;
    let numbers = |step: usize| {
        let floats = (0..bytes / 4).map(|at| (at * step % 1000) as f32).collect();
        Buffer::from_vec(floats, &[bytes / 4])
    };
    let (x, y, mut out) = (numbers(1)?, numbers(3)?, numbers(5)?);
    let sources = [raw(&x), raw(&y)];
    let gpu = bench.gpu.clone();
    let mut ours = move || {
        let call = kernel.call().bind("x", &gpu.upload(&x.view())?);
        let call = call.update("y", gpu.upload(&y.view())?);
        call.force().run(&gpu)?.get("y")?.download_into(&mut out.view_mut()?)?;
        Ok(out.clone())
    };
    let hand = Rc::clone(&bench.hand);
    let pools: [Pool; 2] = [hand.pool(bytes as u64), hand.pool(bytes as u64)];
    let made = hand.pipeline(SAXPY, &[&pools[0].storage, &pools[1].storage]);
    let mut target = vec![0; bytes];
    hand.saxpy(&pools, &made, [&sources[0], &sources[1]], &mut target);
    assert!(raw(&ours()?) == target, "both compute the same");
    let pooled = move || {
        hand.saxpy(&pools, &made, [&sources[0], &sources[1]], &mut target);
        Ok(())
    };
    Ok(vec![("bytelens", Box::new(move || ours().map(|_| ()))), ("pooled", Box::new(pooled))])
}

const SAXPY: &str = "
    @group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
    @group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
    @compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x < arrayLength(&y) { y[id.x] = 2.5 * x[id.x] + y[id.x]; }
    }";

const INCREMENT: &str = "
    @group(0) @binding(0) var<storage, read_write> words: array<u32>;
    @compute @workgroup_size(256)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { words[id.x] += 1u; }";

/// A thousand dispatches of a kernel in one submission.
fn dispatches(bench: &Bench, bytes: usize) -> Works {
    let kernel = Kernel::named("increment", INCREMENT)?;
    let gpu = bench.gpu.clone();
    let zeros = Buffer::zeroed(DType::U32, &[bytes / 4])?;
    let mut words = Some(gpu.upload(&zeros.view())?);
    let ours = move || {
        // What is updated comes back, so that nothing is uploaded between the rounds.
        let updated: DeviceView = words.take().expect("it came back");
        let call = kernel.call().update("words", updated).repeat(1000).force();
        words = Some(call.run(&gpu)?.take("words")?);
        gpu.wait_idle()
    };
    let hand = Rc::clone(&bench.hand);
    let made = hand.pipeline(INCREMENT, &[&hand.buffer(bytes as u64, wgpu::BufferUsages::STORAGE)]);
    let by_hand = move || {
        hand.dispatch(&made, 1000);
        Ok(())
    };
    Ok(vec![("bytelens", Box::new(ours)), ("pooled", Box::new(by_hand))])
}

/// A pipeline of a thousand passes, in one submission.
fn blurs(bench: &Bench, bytes: usize) -> Works {
    let blur = || Blur::default().sigma(0.6).light(Light::Srgb);
    let pipeline = (0..500).fold(Pipeline::new(), |pipeline, _| pipeline.then(blur()));
    let pixels = Buffer::from_vec(vec![9u8; bytes], &[bytes / 16, 16, 1])?;
    let image = Image::new(pixels, PixelFormat::GRAY)?;
    let plan = pipeline.plan(image.info(), bench.gpu.arrangement())?;
    assert_eq!(plan.passes.len(), 1000);
    let gpu = bench.gpu.clone();
    let up = gpu.upload(&image.view())?;
    let ours = move || {
        black_box(gpu.run_on(&plan, &up)?);
        gpu.wait_idle()
    };
    Ok(vec![("bytelens", Box::new(ours))])
}
