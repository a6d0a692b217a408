//! Every operation of the registry, on pixels that are on the device already.

use std::hint::black_box;

use bytelens::check::pipelines;
use bytelens::op::declare::Spec;
use bytelens::ops::REGISTRY;
use bytelens::{Buffer, Device, Error, Image, Pipeline, PixelFormat};

use super::report::Row;
use super::timing::{Work, in_turns};

/// Measures a plain copy of the picture and each operation, in turns.
///
/// # Errors
/// The first that the device gives.
pub(super) fn measure(
    device: &Device,
    megapixels: f64,
    rounds: usize,
    found: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    let image = picture(megapixels)?;
    let pixels = image.info().width() * image.info().height();
    for entry in REGISTRY {
        let (text, pipeline) = example(entry.spec, device, &image)?;
        let plan = pipeline.plan(image.info(), device.arrangement())?;
        if plan.passes.is_empty() {
            // A view op costs nothing that could be timed.
            continue;
        }
        let moved = image.view().nbytes() + plan.output.layout.nbytes();
        let mut works = [copy(device, &image)?, run(device, pipeline, &image)?];
        let mut times = in_turns(&mut works, rounds)?;
        let (Some(op), Some(copy)) = (times.pop(), times.pop()) else { continue };
        let copy_speed = (2 * image.view().nbytes()) as f64 / copy.median();
        let share = moved as f64 / op.median() / copy_speed;
        found(Row::new("op", text, op).moving(moved).pixels(pixels).share(share));
    }
    Ok(())
}

/// Returns a use of an operation that has something to do for the picture, if there is one.
fn example(spec: &Spec, device: &Device, image: &Image) -> Result<(String, Pipeline), Error> {
    let mut first = None;
    for text in pipelines(spec).into_iter().filter(|text| !text.contains('|')) {
        // An op that looks at the picture does so once: what is timed is what it chose.
        let pipeline = text.parse::<Pipeline>()?.settle(image)?;
        let works = pipeline.plan(image.info(), device.arrangement());
        let works = works.is_ok_and(|plan| !plan.passes.is_empty());
        if works {
            return Ok((pipeline.to_string(), pipeline));
        }
        first.get_or_insert((text, pipeline));
    }
    first.ok_or_else(|| Error::Unsupported {
        what: format!("an example of {}", spec.name),
        instead: "declare a sample for one of its parameters".to_owned(),
    })
}

/// Copies the picture where the device has its pixels.
fn copy<'a>(device: &Device, image: &'a Image) -> Result<Work<'a>, Error> {
    #[cfg(feature = "gpu")]
    if let Some(gpu) = device.as_gpu().cloned() {
        let bytes = image.view().nbytes();
        let room = Buffer::zeroed(bytelens::DType::U8, &[bytes + 4])?;
        let part = gpu.upload(&room.view())?.slice(0, 4..)?;
        return Ok(Box::new(move || {
            black_box(part.to_contiguous()?);
            gpu.wait_idle()
        }));
    }
    debug_assert!(device.is_cpu(), "there are two kinds of device");
    let mut target = image.view().to_contiguous()?;
    Ok(Box::new(move || image.view().copy_to(&mut target.view_mut()?)))
}

/// Runs a pipeline where the device has its pixels.
fn run<'a>(device: &Device, pipeline: Pipeline, image: &'a Image) -> Result<Work<'a>, Error> {
    #[cfg(feature = "gpu")]
    if let Some(gpu) = device.as_gpu().cloned() {
        let plan = pipeline.plan(image.info(), device.arrangement())?;
        let source = image.with_info(plan.source.clone())?;
        let up = gpu.upload(&source.view())?;
        return Ok(Box::new(move || {
            black_box(gpu.run_on(&plan, &up)?);
            gpu.wait_idle()
        }));
    }
    let device = device.clone();
    Ok(Box::new(move || pipeline.run(&device, image).map(|result| drop(black_box(result)))))
}

/// Makes a picture of soft ramps under noise, three by two.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of megapixels that was checked"
)]
fn picture(megapixels: f64) -> Result<Image, Error> {
    let height = (megapixels * 1e6 / 1.5).sqrt().round().max(1.0) as usize;
    let width = height * 3 / 2;
    let mut state = 1u32;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0] / 6
    });
    let ramp = (0..width * height * 3).map(|at| (at / 1000 % 200).to_le_bytes()[0]);
    let samples: Vec<u8> = ramp.zip(noise).map(|(ramp, noise)| ramp + noise).collect();
    Image::new(Buffer::from_vec(samples, &[height, width, 3])?, PixelFormat::RGB)
}
