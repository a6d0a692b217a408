//! A renderer that owns device, encoder and submit, and has bytelens record into its frames.
#![cfg(feature = "gpu")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytelens::check::difference;
use bytelens::device::gpu::{FrameInfo, GpuDevice, requirements};
use bytelens::image::{Alpha, Color, Transfer};
use bytelens::op::declare::Kind;
use bytelens::wgpu::{self, TextureFormat as Format};
use bytelens::{Buffer, DType, Device, Image, ImageInfo, Layout, Pipeline, PixelFormat};

/// A device of the caller's own.
struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    gpu: GpuDevice,
    /// How many errors have reached the caller's own handler.
    heard: Arc<AtomicUsize>,
}

fn renderer() -> Renderer {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    let named = std::env::var("BYTELENS_DEVICE").ok();
    let wanted = |one: &wgpu::Adapter| match (one.get_info(), &named) {
        (info, Some(name)) => info.name.contains(name),
        (info, None) => info.device_type == wgpu::DeviceType::Cpu,
    };
    let adapter = adapters.into_iter().find(wanted).expect("software Vulkan: see scripts/test");
    let wanted = requirements(&adapter).expect("compute shaders");
    let wanted =
        wanted.added_to(wgpu::DeviceDescriptor { label: Some("theirs"), ..Default::default() });
    let (device, queue) = pollster::block_on(adapter.request_device(&wanted)).expect("a device");
    let heard = Arc::new(AtomicUsize::new(0));
    let hears = Arc::clone(&heard);
    device.on_uncaptured_error(Arc::new(move |_| {
        hears.fetch_add(1, Ordering::Relaxed);
    }));
    let gpu = GpuDevice::from_wgpu(device.clone(), queue.clone()).expect("enough of everything");
    Renderer { device, queue, gpu, heard }
}

impl Renderer {
    fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    fn submit(&self, encoder: wgpu::CommandEncoder) -> wgpu::SubmissionIndex {
        self.queue.submit([encoder.finish()])
    }

    fn wait(&self) {
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("the device answers");
    }

    fn texture(&self, format: Format, [width, height]: [u32; 2]) -> wgpu::Texture {
        self.device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        })
    }

    /// A texture of these bytes, rows without gaps.
    fn filled(&self, format: Format, size: [u32; 2], bytes: &[u8]) -> wgpu::Texture {
        let texture = self.texture(format, size);
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(size[0] * texel(format)),
            rows_per_image: None,
        };
        self.queue.write_texture(texture.as_image_copy(), bytes, layout, texture.size());
        texture
    }

    /// The bytes of a texture, rows without gaps; nothing of bytelens takes part.
    fn read(&self, texture: &wgpu::Texture) -> Vec<u8> {
        let row = texture.width() * texel(texture.format());
        let padded = row.next_multiple_of(256);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::from(padded * texture.height()),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.encoder();
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(padded),
            rows_per_image: None,
        };
        let target = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
        encoder.copy_texture_to_buffer(texture.as_image_copy(), target, texture.size());
        self.submit(encoder);
        buffer.map_async(wgpu::MapMode::Read, .., |mapped| mapped.expect("mapped"));
        self.wait();
        let mapped = buffer.get_mapped_range(..).expect("mapped");
        mapped.chunks(padded as usize).flat_map(|line| line[..row as usize].to_vec()).collect()
    }
}

fn texel(format: Format) -> u32 {
    format.block_copy_size(None).expect("a plain format")
}

/// Numbers that look like chance and are the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..count).map(next).collect()
}

/// The bytes of a texture with samples in 0..=1, of a format's element type.
fn samples(dtype: &DType, count: usize) -> Vec<u8> {
    let noise = noise(count).into_iter();
    let unit = |byte: u8| f32::from(byte) / 255.0;
    match *dtype {
        DType::U8 => noise.collect(),
        DType::F16 => noise.flat_map(|b| half::f16::from_f32(unit(b)).to_le_bytes()).collect(),
        _ => noise.flat_map(|b| unit(b).to_le_bytes()).collect(),
    }
}

fn info(texture: &wgpu::Texture, alpha: Alpha) -> FrameInfo {
    let size = [texture.width(), texture.height()];
    FrameInfo::texture(texture.format(), size, alpha).expect("a format that is taken")
}

fn pipeline(text: &str) -> Pipeline {
    text.parse().expect("a pipeline")
}

/// The picture that the bytes of a texture are.
fn image(frame: &FrameInfo, bytes: &[u8]) -> Image {
    let described = frame.info();
    let [h, w] = [described.height(), described.width()];
    let dtype = described.layout.dtype().clone();
    let count = bytes.len() / (h * w * dtype.size());
    let mut bytes = bytes.to_vec();
    if frame.is_blue_first() {
        bytes.chunks_mut(4).for_each(|pixel| pixel.swap(0, 2));
    }
    let layout = Layout::contiguous(dtype, &[h, w, count]).expect("a small layout");
    let buffer = Buffer::from_vec(bytes, &[h * w * count * layout.dtype().size()]).expect("bytes");
    let layout = layout.slice(2, ..described.format.channels()).expect("fewer channels");
    let buffer = buffer.with_layout(layout).expect("the same bytes");
    Image::new(buffer, described.format).expect("a picture")
}

const FORMATS: [(Format, Alpha); 12] = [
    (Format::Rgba8Unorm, Alpha::Straight),
    (Format::Rgba8UnormSrgb, Alpha::Straight),
    (Format::Rgba8UnormSrgb, Alpha::Premultiplied),
    (Format::Rgba8UnormSrgb, Alpha::None),
    (Format::Bgra8Unorm, Alpha::None),
    (Format::Bgra8UnormSrgb, Alpha::Straight),
    (Format::Rgba16Float, Alpha::None),
    (Format::Rgba16Float, Alpha::Straight),
    (Format::Rgba32Float, Alpha::Straight),
    (Format::Rgba32Float, Alpha::None),
    (Format::R8Unorm, Alpha::None),
    (Format::R32Float, Alpha::None),
];

const SIZES: [[u32; 2]; 4] = [[1, 1], [7, 5], [65, 3], [2, 70]];

#[test]
fn recorded_pipelines_give_what_running_them_gives_in_every_format() {
    let renderer = renderer();
    for (format, alpha) in FORMATS {
        for size in SIZES {
            let [w, h] = size;
            for (text, [ow, oh]) in [
                ("invert", size),
                ("", size),
                ("blur 1.5 | contrast 1.2", size),
                ("flip | blur 1", size),
                ("blur 1 | rotate 90", [h, w]),
                ("resize 9x4 fit=fill enlarge=true filter=bilinear", [9, 4]),
            ] {
                let what = format!("{text:?} {w}x{h} {format:?} {alpha:?}");
                let (src, dst) = (renderer.texture(format, size), [ow, oh]);
                let frame = info(&src, alpha);
                let dtype = frame.info().layout.dtype();
                let count = (w * h * texel(format)) as usize / dtype.size();
                let mut bytes = samples(dtype, count);
                if alpha == Alpha::Premultiplied {
                    // No colour is more than its alpha.
                    bytes.chunks_mut(4).for_each(|p| p.sort_unstable());
                }
                let (src, dst) =
                    (renderer.filled(format, size, &bytes), renderer.texture(format, dst));
                let out = info(&dst, alpha);
                let pipeline = pipeline(text);
                let want = pipeline.run(&Device::cpu(), &image(&frame, &bytes)).expect(&what);
                let mut encoder = renderer.encoder();
                let recorded =
                    pipeline.record(&mut encoder, &renderer.gpu, (&frame, &src), (&out, &dst));
                recorded.expect(&what);
                renderer.submit(encoder);
                let got = renderer.read(&dst);
                let off = difference(&image(&out, &got), &want, Kind::Pass).expect(&what);
                assert!(off.share <= 1.0, "{what}: {}", off.place);
                if out.has_spare_alpha() && dtype == &DType::U8 {
                    assert!(got.iter().skip(3).step_by(4).all(|a| *a == 255), "{what}: opaque");
                }
            }
        }
    }
    assert_eq!(renderer.heard.load(Ordering::Relaxed), 0);
}

#[test]
fn a_result_of_another_picture_is_noticed() {
    let renderer = renderer();
    let bytes = noise(7 * 5 * 4);
    let src = renderer.filled(Format::Rgba8Unorm, [7, 5], &bytes);
    let frame = info(&src, Alpha::Straight);
    let read = image(&frame, &renderer.read(&src));
    let mut other = bytes.clone();
    other[(4 * 7 + 6) * 4] ^= 2;
    let same = difference(&read, &image(&frame, &bytes), Kind::Pass).expect("one shape");
    let off = difference(&read, &image(&frame, &other), Kind::Pass).expect("one shape");
    assert!(same.share == 0.0 && off.share > 1.0, "{same:?}, {off:?}");
}

#[test]
fn textures_of_any_width_become_views_and_come_back_to_the_byte() {
    let renderer = renderer();
    let formats =
        [Format::R8Unorm, Format::Bgra8UnormSrgb, Format::Rgba16Float, Format::Rgba32Float];
    for format in formats {
        for size in [[1, 1], [3, 2], [63, 4], [64, 5], [65, 3], [300, 2]] {
            let what = format!("{format:?} {size:?}");
            let probe = info(&renderer.texture(format, size), Alpha::None);
            let dtype = probe.info().layout.dtype().clone();
            let count = (size[0] * size[1] * texel(format)) as usize / dtype.size();
            let bytes = samples(&dtype, count);
            let src = renderer.filled(format, size, &bytes);
            let dst = [renderer.texture(format, size), renderer.texture(format, size)];
            let mut encoder = renderer.encoder();
            let view = renderer.gpu.view_of_texture(&mut encoder, &src).expect(&what);
            renderer.gpu.copy_to_texture(&mut encoder, &view, &dst[0]).expect(&what);
            renderer.submit(encoder);
            let down = view.download().expect(&what);
            assert_eq!(down.view().to_bytes().expect(&what), bytes, "{what}: view");
            assert_eq!(renderer.read(&dst[0]), bytes, "{what}: and back");
            // Rows without gaps, which are no rows that the device copies at once.
            let packed = renderer.gpu.upload(&down.view()).expect(&what);
            let mut encoder = renderer.encoder();
            renderer.gpu.copy_to_texture(&mut encoder, &packed, &dst[1]).expect(&what);
            renderer.submit(encoder);
            assert_eq!(renderer.read(&dst[1]), bytes, "{what}: rows one by one");
        }
    }
    assert_eq!(renderer.heard.load(Ordering::Relaxed), 0);
}

#[test]
fn half_of_white_light_is_what_the_format_says() {
    let renderer = renderer();
    for (format, transfer, want) in [
        (Format::Rgba8Unorm, None, 128),
        (Format::Rgba8UnormSrgb, None, 188),
        (Format::Bgra8UnormSrgb, None, 188),
        (Format::Rgba8Unorm, Some(Transfer::Srgb), 188),
        (Format::Rgba8UnormSrgb, Some(Transfer::Linear), 128),
    ] {
        let src = renderer.filled(format, [3, 1], &[255; 12]);
        let dst = renderer.texture(format, [3, 1]);
        let frame = info(&src, Alpha::Straight);
        let frame = transfer.map_or(frame.clone(), |transfer| frame.with_transfer(transfer));
        let half = pipeline("brightness 0.5");
        let mut encoder = renderer.encoder();
        let recorded = half.record(&mut encoder, &renderer.gpu, (&frame, &src), (&frame, &dst));
        recorded.expect("a point op");
        renderer.submit(encoder);
        let pixel = [want, want, want, 255];
        assert_eq!(renderer.read(&dst), pixel.repeat(3), "{format:?} {transfer:?}");
    }
}

#[test]
fn pixels_go_from_one_format_into_another() {
    let renderer = renderer();
    let src = renderer.filled(Format::Bgra8UnormSrgb, [3, 1], &[10, 20, 188, 255].repeat(3));
    let dst = renderer.texture(Format::Rgba32Float, [3, 1]);
    let mut encoder = renderer.encoder();
    let (from, to) = (info(&src, Alpha::None), info(&dst, Alpha::Straight));
    let recorded = Pipeline::new().record(&mut encoder, &renderer.gpu, (&from, &src), (&to, &dst));
    recorded.expect("a copy");
    renderer.submit(encoder);
    let bytes = renderer.read(&dst);
    let got: Vec<f32> =
        bytes.chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    for (at, got) in got.iter().enumerate() {
        // IEC 61966-2-1 of 188, 20 and 10 in 255.
        let want = [0.502_886_5, 0.006_995_41, 0.003_035_27, 1.0][at % 4];
        assert!((got - want).abs() < 2e-5, "sample {at} is {got}, not {want}");
    }
}

#[test]
fn views_and_buffers_are_read_through_their_strides_and_written() {
    let renderer = renderer();
    let base = Buffer::from_vec(noise(6 * 9 * 3), &[6, 9, 3]).expect("a buffer");
    let up = renderer.gpu.upload(&base.view()).expect("uploaded");
    let seen = up.flip(1).and_then(|v| v.slice(0, 1..5)).expect("inside");
    let described = ImageInfo::new(seen.layout().clone(), PixelFormat::RGB).expect("a picture");
    let host = base.view().flip(1).and_then(|v| v.slice(0, 1..5)).expect("inside");
    let host = Image::new(host.to_contiguous().expect("a copy"), PixelFormat::RGB).expect("RGB");
    let text = "blur 1 | invert";
    let want = pipeline(text).run(&Device::cpu(), &host).expect("runs");
    let out = FrameInfo::buffer(&DType::U8, [9, 4], PixelFormat::RGB).expect("a frame");
    let prepared = pipeline(text).prepare(&renderer.gpu, &described.into(), &out);
    let prepared = prepared.expect("prepared");
    let view = renderer.gpu.allocate(&out).expect("memory");
    let buffer = renderer.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: prepared.output_bytes(),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let mut encoder = renderer.encoder();
    prepared.record(&mut encoder, &seen, &view).expect("to a view");
    prepared.record(&mut encoder, &seen, &buffer).expect("to a buffer");
    // A buffer is read as well, into a view again.
    let again = pipeline("invert").prepare(&renderer.gpu, &out, &out).expect("prepared");
    let back = renderer.gpu.allocate(&out).expect("memory");
    again.record(&mut encoder, &buffer, &back).expect("from a buffer");
    renderer.submit(encoder);
    let got = Image::new(view.download().expect("down"), PixelFormat::RGB).expect("RGB");
    let off = difference(&got, &want, Kind::Pass).expect("one shape");
    assert!(off.share <= 1.0, "{}", off.place);
    let turned: Vec<u8> =
        got.view().to_bytes().expect("bytes").iter().map(|byte| 255 - byte).collect();
    assert_eq!(back.download().expect("down").view().to_bytes().expect("bytes"), turned);
}

/// Lets something happen between two submits of the caller. Returns whether the device was polled
/// meanwhile, and by how much wgpu's number of submissions went up.
fn between_submits(
    renderer: &Renderer,
    work: impl FnOnce(&mut wgpu::CommandEncoder),
) -> (bool, u64) {
    let number = |index: wgpu::SubmissionIndex| -> u64 {
        let text = format!("{index:?}");
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    };
    renderer.wait();
    // That this is done is told only to those who poll or submit.
    let told = Arc::new(AtomicUsize::new(0));
    let tells = Arc::clone(&told);
    let marker = renderer.encoder();
    marker.on_submitted_work_done(move || {
        tells.fetch_add(1, Ordering::Relaxed);
    });
    let before = number(renderer.submit(marker));
    let mut encoder = renderer.encoder();
    work(&mut encoder);
    let polled = told.load(Ordering::Relaxed) > 0;
    (polled, number(renderer.submit(encoder)) - before)
}

#[test]
fn recording_submits_polls_and_waits_for_nothing() {
    let renderer = renderer();
    let bytes = noise(33 * 9 * 4);
    let src = renderer.filled(Format::Rgba8Unorm, [33, 9], &bytes);
    let dst = renderer.texture(Format::Rgba8Unorm, [33, 9]);
    let frame = info(&src, Alpha::Straight);
    // The callback of wgpu's own takes a number too: what counts is what nothing makes of it.
    let nothing = between_submits(&renderer, |_| {});
    let recorded = between_submits(&renderer, |encoder| {
        let prepared = pipeline("blur 1 | resize 33x9 fit=fill | rotate 180");
        let prepared = prepared.prepare(&renderer.gpu, &frame, &frame).expect("prepared");
        for _ in 0..20 {
            prepared.record(encoder, &src, &dst).expect("recorded");
            let view = renderer.gpu.view_of_texture(encoder, &src).expect("a view");
            renderer.gpu.copy_to_texture(encoder, &view, &dst).expect("copied");
        }
    });
    assert_eq!(recorded, nothing);
    // What does submit and wait is noticed.
    let waited = between_submits(&renderer, |_| {
        let buffer = Buffer::from_vec(bytes.clone(), &[bytes.len()]).expect("a buffer");
        renderer.gpu.upload(&buffer.view()).and_then(|up| up.download()).expect("there and back");
    });
    assert!(waited.0 && !nothing.0 && waited.1 > nothing.1, "{waited:?}, {nothing:?}");
}

#[test]
fn a_thousand_frames_take_the_memory_of_one() {
    let renderer = renderer();
    let src = renderer.filled(Format::Rgba8UnormSrgb, [40, 30], &noise(40 * 30 * 4));
    let dst = renderer.texture(Format::Rgba8UnormSrgb, [20, 15]);
    let (from, to) = (info(&src, Alpha::None), info(&dst, Alpha::None));
    let small = pipeline("resize 20x15 fit=fill | blur 1 | contrast 1.1");
    let small = small.prepare(&renderer.gpu, &from, &to).expect("prepared");
    let frame = || {
        let mut encoder = renderer.encoder();
        small.record(&mut encoder, &src, &dst).expect("recorded");
        let view = renderer.gpu.view_of_texture(&mut encoder, &dst).expect("a view");
        drop(view);
        renderer.submit(encoder);
    };
    frame();
    renderer.wait();
    let first = renderer.gpu.pools();
    for number in 0..1000 {
        frame();
        // Few frames are ever in flight.
        if number % 3 == 0 {
            renderer.wait();
        }
    }
    renderer.wait();
    let last = renderer.gpu.pools();
    assert!(last.created <= first.created + 4, "{first:?}, then {last:?}");
    assert!(last.idle_bytes <= first.idle_bytes + (4 << 16), "{first:?}, then {last:?}");
    assert!(last.reused >= first.reused + 990, "{first:?}, then {last:?}");
}

#[test]
fn memory_of_a_recording_is_not_lent_before_it_is_submitted() {
    let renderer = renderer();
    let bytes = noise(64 * 16 * 4);
    let src = renderer.filled(Format::Rgba8Unorm, [64, 16], &bytes);
    let dst = renderer.texture(Format::Rgba8Unorm, [64, 16]);
    let frame = info(&src, Alpha::Straight);
    let mut encoder = renderer.encoder();
    let turned = pipeline("blur 1");
    let recorded = turned.record(&mut encoder, &renderer.gpu, (&frame, &src), (&frame, &dst));
    recorded.expect("recorded");
    let dropped = renderer.gpu.view_of_texture(&mut encoder, &src).expect("a view");
    renderer.gpu.copy_to_texture(&mut encoder, &dropped, &dst).expect("copied");
    drop(dropped);
    // All sizes that the recording used, filled by others before the encoder is submitted.
    let sizes = [64 * 16 * 4, 64 * 16 * 16, 16 * 256];
    let others: Vec<_> = sizes
        .into_iter()
        .map(|size| {
            let buffer = Buffer::from_vec(vec![7u8; size], &[size]).expect("a buffer");
            renderer.gpu.upload(&buffer.view()).expect("uploaded")
        })
        .collect();
    renderer.submit(encoder);
    for other in others {
        let down = other.download().expect("down");
        assert!(down.view().to_bytes().expect("bytes").iter().all(|byte| *byte == 7));
    }
    assert_eq!(renderer.read(&dst), bytes);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_recorded() {
    let renderer = renderer();
    let gpu = &renderer.gpu;
    let rgba = renderer.texture(Format::Rgba8Unorm, [4, 4]);
    let small = renderer.texture(Format::Rgba8Unorm, [4, 3]);
    let srgb = renderer.texture(Format::Rgba8UnormSrgb, [4, 4]);
    let [straight, none] = [Alpha::Straight, Alpha::None].map(|alpha| info(&rgba, alpha));
    let grey = FrameInfo::texture(Format::R8Unorm, [4, 4], Alpha::None).expect("grey");
    let prepare = |text: &str, from: &FrameInfo, to: &FrameInfo| {
        let refused = pipeline(text).prepare(gpu, from, to).map(drop);
        refused.expect_err(text).to_string()
    };
    let ready = pipeline("invert").prepare(gpu, &straight, &straight).expect("prepared");
    let buffer = renderer.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 64,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    let in_place = FrameInfo::buffer(&DType::U8, [4, 4], PixelFormat::RGBA).expect("a frame");
    let alone = pipeline("invert").prepare(gpu, &in_place, &in_place).expect("prepared");
    let mut encoder = renderer.encoder();
    let mut record = |from: &wgpu::Texture, to: &wgpu::Texture| {
        ready.record(&mut encoder, from, to).expect_err("it does not fit").to_string()
    };
    let level = |size| FrameInfo::texture(size, [4, 4], Alpha::None).map(drop);
    let rows = [
        (prepare("resize 2x2", &straight, &straight), "expected 2x2 pixels, got 4x4 pixels"),
        (prepare("invert", &none, &grey), "add `grayscale`"),
        (prepare("invert", &straight, &none), "channels rgb"),
        (record(&small, &rgba), "part of a texture of 4x3 pixels"),
        (record(&rgba, &srgb), "format Rgba8Unorm, got Rgba8UnormSrgb"),
        (
            ready
                .record(&mut renderer.encoder(), &buffer, &rgba)
                .expect_err("a buffer")
                .to_string(),
            "expected a texture",
        ),
        (
            alone.record(&mut renderer.encoder(), &buffer, &buffer).expect_err("one").to_string(),
            "one buffer as input and output",
        ),
        (level(Format::Depth32Float).expect_err("depth").to_string(), "Depth32Float"),
        (level(Format::Bc1RgbaUnorm).expect_err("blocks").to_string(), "Bc1RgbaUnorm"),
        (
            FrameInfo::texture(Format::R8Unorm, [4, 4], Alpha::Straight)
                .expect_err("grey")
                .to_string(),
            "alpha must be Alpha::None",
        ),
        (
            FrameInfo::texture(Format::R8Unorm, [0, 4], Alpha::None).expect_err("none").to_string(),
            "an image with pixels",
        ),
    ];
    for (message, part) in rows {
        assert!(message.contains(part), "{message:?} has no {part:?}");
    }
    // What was refused has left nothing in the encoder, and nothing reached the caller's handler.
    renderer.submit(encoder);
    renderer.wait();
    assert_eq!(renderer.heard.load(Ordering::Relaxed), 0);
    // The handler is still the caller's own.
    let _ = renderer.texture(Format::Rgba8Unorm, [0, 0]);
    assert_eq!(renderer.heard.load(Ordering::Relaxed), 1);
    assert_eq!(grey.info().format.color, Color::Gray);
}
