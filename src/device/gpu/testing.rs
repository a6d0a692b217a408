//! What tests of shaders and of the GPU device share: naga, toy twins, plans made by hand.

use std::sync::{Arc, OnceLock};

use crate::device::gpu::{GpuChoice, GpuDevice};
use crate::dtype::DType;
use crate::image::{ImageInfo, Orientation, PixelFormat};
use crate::layout::Layout;
use crate::op::param::Light;
use crate::op::pass::{Arrangement, Channels, Pass, Plan, Plane, PlannedPass, Reads, Space, Step};
use crate::op::twin::{ParamBlock, ParamLayout, Params, PassTwin, PointTwin};

/// Parses and validates WGSL without a device.
///
/// # Panics
/// With naga's message, line and column where the text is not valid.
pub(crate) fn validated(text: &str) -> naga::Module {
    let module = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{}\n{text}", error.emit_to_string(text)));
    // f16 in pairs as u32 is what every adapter has that is not WebGL.
    let capabilities = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    naga::valid::Validator::new(
        naga::valid::ValidationFlags::all(),
        naga::valid::Capabilities::default() | capabilities,
    )
    .validate(&module)
    .unwrap_or_else(|error| panic!("{}\n{text}", error.emit_to_string(text)));
    module
}

/// Compares a struct of Rust with the WGSL struct of the same name: each WGSL field must be there at
/// the same offset, Rust may have more only to fill up, and both must be of one size.
///
/// # Panics
/// Where they differ, or where the module has no such struct.
pub(crate) fn assert_same_layout(module: &naga::Module, block: &ParamLayout) {
    let name = block.name;
    let found = module.types.iter().find(|(_, one)| one.name.as_deref() == Some(name));
    let Some((_, naga::Type { inner: naga::TypeInner::Struct { members, span }, .. })) = found
    else {
        panic!("there is no struct {name} in the WGSL");
    };
    assert_eq!(*span as usize, block.size, "size of {name}");
    let offset_of = |wanted: &str| {
        let member = members.iter().find(|member| member.name.as_deref() == Some(wanted));
        member.map(|member| member.offset as usize)
    };
    for member in members {
        let field = member.name.as_deref().unwrap_or_default();
        assert!(block.fields.iter().any(|(one, _)| *one == field), "{name}.{field} is not in Rust");
    }
    for (field, offset) in block.fields {
        let in_wgsl = offset_of(field);
        let fills = field.starts_with("padding") && in_wgsl.is_none();
        assert!(fills || in_wgsl == Some(*offset), "{name}.{field}: {in_wgsl:?}, not {offset}");
    }
}

/// The device that every test here runs on, opened once for each process.
///
/// # Panics
/// As [`opened`].
pub(crate) fn gpu() -> GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    DEVICE.get_or_init(opened).clone()
}

/// The device that `BYTELENS_DEVICE` names, software Vulkan unless set; for one test alone.
///
/// # Panics
/// Where there is none: a missing adapter fails tests.
pub(crate) fn opened() -> GpuDevice {
    let choice = std::env::var("BYTELENS_DEVICE").map_or(GpuChoice::Software, GpuChoice::Named);
    GpuDevice::open(&choice).expect("software Vulkan: see scripts/test")
}

/// The adapter of that device, for tests that make devices of a caller's own.
///
/// # Panics
/// Where there is none.
pub(crate) fn gpu_adapter() -> wgpu::Adapter {
    use crate::device::gpu::adapter;
    let index = gpu().report().index;
    let mut found = adapter::found().into_iter();
    found.find(|(report, _)| report.index == index).expect("it was opened before").1
}

/// That device as a caller would bring it: with default limits, and memory that is not mapped.
///
/// # Panics
/// As [`gpu`].
pub(crate) fn brought() -> GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    DEVICE.get_or_init(brought_anew).clone()
}

/// Such a device for one test alone.
///
/// # Panics
/// As [`gpu`].
pub(crate) fn brought_anew() -> GpuDevice {
    let request = gpu_adapter().request_device(&wgpu::DeviceDescriptor::default());
    let (device, queue) = pollster::block_on(request).expect("a device");
    GpuDevice::from_wgpu(device, queue).expect("the bindings of an op")
}

/// Parameters of the toy twins.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(crate) struct ToyParams {
    pub(crate) factor: f32,
    pub(crate) summand: f32,
    pub(crate) shift: i32,
}

impl ParamBlock for ToyParams {
    const LAYOUT: ParamLayout = ParamLayout {
        name: "ToyParams",
        size: size_of::<Self>(),
        fields: &[("factor", 0), ("summand", 4), ("shift", 8)],
    };
}

const TOY: &str = "struct ToyParams { factor: f32, summand: f32, shift: i32 }

fn toy_scale(pixel: vec4<f32>, params: ToyParams) -> vec4<f32> {
    return vec4(pixel.rgb * params.factor + params.summand, pixel.a);
}

// The pixel `shift` to the right, the last one where there is none; tables[0] is added.
fn toy_shift(at: vec2<i32>, params: ToyParams) -> vec4<f32> {
    let x = min(at.x + params.shift, src_layout.size.x - 1);
    return load(vec2(x, at.y)) + bitcast<f32>(tables[0]);
}
";

/// A point twin: colour times `factor` plus `summand`.
pub(crate) static SCALE: PointTwin = PointTwin {
    name: "toy_scale",
    wgsl: TOY,
    params: ToyParams::LAYOUT,
    by_channel: false,
    row: |_, _| {},
};

/// A pass twin: the pixel `shift` to the right, plus the first number of the tables.
pub(crate) static SHIFT: PassTwin =
    PassTwin { name: "toy_shift", wgsl: TOY, params: ToyParams::LAYOUT, rows: |_| {} };

/// A pass twin whose WGSL is broken.
pub(crate) static BROKEN: PassTwin = PassTwin {
    name: "toy_broken",
    wgsl: "struct ToyParams { factor: f32 }
fn toy_broken(at: vec2<i32>, params: ToyParams) -> vec4<f32> { return vec3(1.0); }
",
    params: ToyParams::LAYOUT,
    rows: |_| {},
};

/// A step of the toy point twin.
pub(crate) fn scale(factor: f32, summand: f32, output: Channels) -> Step {
    let params = Params::new(&ToyParams { factor, summand, shift: 0 });
    Step { twin: &SCALE, params, affine: None, output }
}

/// A pass of a toy pass twin, from and to a size.
pub(crate) fn pass(twin: &'static PassTwin, shift: i32, add: f32, size: [usize; 2]) -> Pass {
    Pass {
        twin,
        params: Params::new(&ToyParams { factor: 1.0, summand: 0.0, shift }),
        tables: Arc::from([add.to_bits()]),
        size,
        reads: Reads::SameRow,
        loops: 0,
        space: Space::straight(Light::Srgb),
    }
}

/// An image in C order.
pub(crate) fn info(dtype: &DType, shape: [usize; 3]) -> ImageInfo {
    let format = PixelFormat::from_channels(shape[2]).expect("1 to 4 channels");
    let layout = Layout::contiguous(dtype.clone(), &shape).expect("a small layout");
    ImageInfo { layout, format, orientation: Orientation::Upright, profile: None }
}

/// A plan of passes one after the other, each of the size of the one before, the last one to `dtype`.
pub(crate) fn plan(
    source: ImageInfo,
    passes: Vec<(Vec<Step>, Option<Pass>, Vec<Step>)>,
    dtype: &DType,
) -> Plan {
    let arrangement = Arrangement::PaddedPixels;
    let channels = Channels::from(source.format);
    let (height, width) = (source.height(), source.width());
    let count = passes.len();
    let mut planned: Vec<PlannedPass> = Vec::new();
    for (index, (load, pass, store)) in passes.into_iter().enumerate() {
        let layout = if index + 1 == count {
            arrangement.last(height, width, channels, dtype)
        } else {
            arrangement.between(height, width, channels)
        };
        let dst = Plane { layout: layout.expect("a small layout"), channels };
        let first = Plane { layout: source.layout.clone(), channels };
        let src = planned.last().map_or(first, |before| before.dst.clone());
        planned.push(PlannedPass { op: "toy", src, load, pass, store, dst });
    }
    let last = planned.last().map_or(&source.layout, |last| &last.dst.layout);
    let output = source.with_layout(last.clone());
    Plan { source, passes: planned, output }
}
