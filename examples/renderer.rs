//! A headless renderer that draws a scene, has bytelens post-process it, and submits once.
//!
//! Device, encoder and submit are the renderer's: bytelens is told of the device, and records.
//!
//! ```text
//! $ cargo run --example renderer -- out
//! out/renderer.png: 640x480, drawn and post-processed in one submit
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use bytelens::device::gpu::{FrameInfo, GpuDevice, Prepared, requirements};
use bytelens::image::Alpha;
use bytelens::{Image, Pipeline, PixelFormat, codec, wgpu};

const SIZE: [u32; 2] = [640, 480];
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8UnormSrgb;
const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// Triangles of a sphere: two for each quad of its grid, as `renderer.wgsl` makes them.
const VERTICES: u32 = 32 * 48 * 6;
/// Drawn at twice the size and halved, for smooth edges; then softened.
const POST: &str = "resize 640x480 fit=fill | blur 1.2 | contrast 1.15";

struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    scene: wgpu::Texture,
    depth: wgpu::Texture,
    finished: wgpu::Texture,
    pipeline: wgpu::RenderPipeline,
    gpu: GpuDevice,
    post: Prepared,
}

impl Renderer {
    /// Makes a device with what bytelens asks for, and prepares everything that frames need.
    fn new() -> Result<Self, Box<dyn Error>> {
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        let instance = wgpu::Instance::new(descriptor);
        // Any adapter will do here, one on the CPU too.
        let options = wgpu::RequestAdapterOptions::default();
        let adapter = pollster::block_on(instance.request_adapter(&options))?;
        let mine = wgpu::DeviceDescriptor { label: Some("renderer"), ..Default::default() };
        let wanted = requirements(&adapter)?.added_to(mine);
        let (device, queue) = pollster::block_on(adapter.request_device(&wanted))?;

        let gpu = GpuDevice::from_wgpu(device.clone(), queue.clone())?;
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        let scene = texture(&device, FORMAT, SIZE.map(|n| n * 2), usage);
        let depth = texture(&device, DEPTH, SIZE.map(|n| n * 2), usage);
        let finished = texture(&device, FORMAT, SIZE, wgpu::TextureUsages::COPY_DST | usage);
        let drawn = FrameInfo::texture(FORMAT, SIZE.map(|n| n * 2), Alpha::None)?;
        let shown = FrameInfo::texture(FORMAT, SIZE, Alpha::None)?;
        let post = POST.parse::<Pipeline>()?.prepare(&gpu, &drawn, &shown)?;
        let pipeline = pipeline(&device);
        Ok(Self { device, queue, scene, depth, finished, pipeline, gpu, post })
    }

    /// Draws and post-processes a frame in one submit, and reads it back.
    fn frame(&self) -> Result<Image, Box<dyn Error>> {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        self.draw(&mut encoder);
        self.post.record(&mut encoder, &self.scene, &self.finished)?;
        let view = self.gpu.view_of_texture(&mut encoder, &self.finished)?;
        self.queue.submit([encoder.finish()]);

        // The picture comes back without its alpha, which is opaque.
        let rgb = view.slice(2, ..3)?.download()?;
        Ok(Image::new(rgb, PixelFormat::RGB)?)
    }

    fn draw(&self, encoder: &mut wgpu::CommandEncoder) {
        let (scene, depth) = (
            self.scene.create_view(&Default::default()),
            self.depth.create_view(&Default::default()),
        );
        let background = wgpu::Color { r: 0.02, g: 0.03, b: 0.06, a: 1.0 };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("scene"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &scene,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(background),
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &depth,
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(1.0),
                    store: wgpu::StoreOp::Discard,
                }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        pass.set_pipeline(&self.pipeline);
        pass.draw(0..VERTICES, 0..3);
    }
}

fn texture(
    device: &wgpu::Device,
    format: wgpu::TextureFormat,
    [width, height]: [u32; 2],
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

fn pipeline(device: &wgpu::Device) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("renderer.wgsl"));
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("spheres"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vertex"),
            compilation_options: Default::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(true),
            depth_compare: Some(wgpu::CompareFunction::Less),
            stencil: Default::default(),
            bias: Default::default(),
        }),
        multisample: Default::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fragment"),
            compilation_options: Default::default(),
            targets: &[Some(FORMAT.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// Writes the frame into a folder, and returns where.
fn write(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let image = Renderer::new()?.frame()?;
    let file = codec::encode(&image, &codec::EncodeOptions::new(codec::Format::Png))?;
    std::fs::create_dir_all(folder)?;
    let path = folder.join("renderer.png");
    std::fs::write(&path, file)?;
    Ok(path)
}

#[allow(clippy::print_stdout, reason = "an example says what it did")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("out"), PathBuf::from);
    let path = write(&folder)?;
    let [width, height] = SIZE;
    println!("{}: {width}x{height}, drawn and post-processed in one submit", path.display());
    Ok(())
}

#[test]
fn the_spheres_are_in_the_picture_and_lit() {
    let image = Renderer::new().expect("an adapter").frame().expect("a frame");
    let view = image.view();
    assert_eq!(view.shape(), [480, 640, 3]);
    let pixel = |x, y| [0, 1, 2].map(|c| u32::from(view.get::<u8>(&[y, x, c]).expect("inside")));
    // Beside the highlights, where the colours are those of the scene.
    let [red, blue, gold] = [pixel(180, 270), pixel(330, 240), pixel(460, 330)];
    assert!(red[0] > 100 && red[0] > 2 * red[2], "the left one is red: {red:?}");
    assert!(blue[2] > 100 && blue[2] > 3 * blue[0] / 2, "the middle one is blue: {blue:?}");
    assert!(gold[1] > 100 && gold[1] > 3 * gold[2] / 2, "the right one is gold: {gold:?}");
    let corner = pixel(5, 5);
    assert!(corner.iter().all(|sample| *sample < 70), "nothing is in the corner: {corner:?}");
}
