//! One picture, from its file to the bytes of its output. Nothing is written here.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admission::{Admission, Admitted};
use super::entry::Times;
use super::estimate::estimate;
use super::hash::ContentHash;
use super::names::Job;
use super::plan::{Encoding, Plan};
use super::source::{self, Source};
use crate::codec::jpeg::{self, Decoder, Problem, Scale, Scratch};
use crate::codec::{self, Format, Header};
use crate::device::{Device, Flow};
use crate::error::{Error, Result};
use crate::image::{Image, ImageInfo, Orientation, PixelFormat};
use crate::layout::Layout;
use crate::view::Buffer;

/// What a picture is made with.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) job: Arc<Job>,
    pub(super) plan: Arc<Plan>,
    pub(super) device: Device,
    pub(super) admission: Option<Arc<Admission>>,
    pub(super) source: Arc<dyn Source>,
    /// The content of which a whole output is there already.
    pub(super) known: Option<ContentHash>,
}

/// What is known of a picture so far, whatever becomes of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) content: Option<ContentHash>,
    pub(super) bytes_in: u64,
    pub(super) size_in: Option<[u64; 2]>,
    pub(super) size_out: Option<[u64; 2]>,
    /// What is wrong with the input, where an output is made of it all the same.
    pub(super) damage: Option<String>,
    /// The notes that were to be kept and that the output's format does not hold.
    pub(super) lost: Vec<&'static str>,
    pub(super) ms: Times,
}

/// Memory that is used again from picture to picture: fresh pages cost a third of a decode.
#[derive(Debug, Default)]
pub(super) struct Kept {
    file: Vec<u8>,
    pixels: Option<Buffer>,
    scratch: Scratch,
}

/// Why there are no bytes of an output.
#[derive(Debug)]
pub(super) enum Halt {
    /// Nobody wants it any longer.
    Cancelled,
    /// It is there already.
    Known,
    /// The input could not be read.
    Unread(String),
    /// It cannot be made, for what is in the input and in the plan.
    Failed(String),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Makes the bytes of an output. Between two stages it looks whether that is still wanted.
pub(super) fn make(
    task: &Task,
    facts: &mut Facts,
    kept: &mut Kept,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Halt> {
    let Task { job, plan, device, .. } = task;
    let still = || if is_cancelled() { Err(Halt::Cancelled) } else { Ok(()) };

    let started = Instant::now();
    let read = task.source.read_into(&job.input, &plan.limits, &mut kept.file);
    read.map_err(|error| match error {
        Error::Io { .. } => Halt::Unread(source::cause(&error)),
        error => Halt::Failed(source::cause(&error)),
    })?;
    facts.bytes_in = kept.file.len() as u64;
    let content = ContentHash::of(&kept.file);
    facts.content = Some(content);
    facts.ms.read = elapsed(started);
    if task.known == Some(content) {
        return Err(Halt::Known);
    }
    still()?;

    let _admitted = admit(task, &kept.file, is_cancelled)?;
    let result = match flow(&kept.file, plan, device, facts, &mut kept.scratch)? {
        Some(result) => result,
        None => {
            let started = Instant::now();
            let Kept { file, pixels, scratch } = kept;
            let image = decode(file, plan, device, facts, pixels, scratch)?;
            facts.ms.decode = elapsed(started);
            still()?;
            let started = Instant::now();
            let result = plan.run(device, &image)?;
            facts.ms.run = elapsed(started);
            result
        }
    };
    facts.size_out = Some([result.width() as u64, result.height() as u64]);
    still()?;

    let started = Instant::now();
    let notes = plan.keep.notes(&kept.file, &plan.limits)?;
    facts.lost = notes.lost_in(job.encoding.format());
    let bytes = plan.encode(job.encoding, &result, &notes)?;
    facts.ms.encode = elapsed(started);
    still()?;
    Ok(bytes)
}

/// Waits until the picture's memory is free.
fn admit(
    task: &Task,
    file: &[u8],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Option<Admitted>, Halt> {
    let Some(admission) = &task.admission else { return Ok(None) };
    let header = codec::probe(file, &task.plan.limits)?;
    let bytes = estimate(file.len() as u64, &header, &task.plan, &task.device).memory;
    let admitted = admission.admit(bytes, is_cancelled).ok_or(Halt::Cancelled)?;
    Ok(Some(admitted))
}

/// The rows of a picture on their way from the decoder into the ops.
#[derive(Debug)]
struct Feed(Flow);

impl jpeg::Sink for Feed {
    fn memory(&mut self, bytes: usize) -> &mut [u8] {
        self.0.memory(bytes)
    }

    fn take(&mut self) -> Result<()> {
        self.0.take()
    }
}

/// Decodes a picture and runs the ops on its rows as they come, so that it is never in memory as a whole.
/// Nothing where format, orientation, device or ops want the whole.
fn flow(
    bytes: &[u8],
    plan: &Plan,
    device: &Device,
    facts: &mut Facts,
    scratch: &mut Scratch,
) -> Result<Option<Image>> {
    if Format::from_bytes(bytes) != Some(Format::Jpeg) {
        return Ok(None);
    }
    let started = Instant::now();
    let decoder = Decoder::new(bytes, &plan.limits)?.lenient(plan.is_lenient);
    let header = decoder.header();
    facts.size_in = Some([header.width as u64, header.height as u64]);
    let decoder = decoder.scale(scale(&header, plan, device)?);
    let begin = |info: ImageInfo| match info.orientation {
        Orientation::Upright => Ok(plan.pipeline(&info).flow(device, &info)?.map(Feed)),
        _ => Ok(None),
    };
    let Some((Feed(flow), problems)) = decoder.pour(scratch, begin)? else { return Ok(None) };
    facts.damage = damage(&problems);
    facts.ms.run = milliseconds(flow.busy());
    facts.ms.decode = milliseconds(started.elapsed().saturating_sub(flow.busy()));
    flow.finish().map(Some)
}

/// Reads a picture, upright.
fn decode(
    bytes: &[u8],
    plan: &Plan,
    device: &Device,
    facts: &mut Facts,
    pixels: &mut Option<Buffer>,
    scratch: &mut Scratch,
) -> Result<Image> {
    let size = |width: usize, height: usize| Some([width as u64, height as u64]);
    if Format::from_bytes(bytes) != Some(Format::Jpeg) {
        let image = codec::decode(bytes, &plan.limits)?;
        facts.size_in = size(image.width(), image.height());
        return image.upright();
    }
    let decoder = Decoder::new(bytes, &plan.limits)?.lenient(plan.is_lenient);
    let header = decoder.header();
    facts.size_in = size(header.width, header.height);
    let decoder = decoder.scale(scale(&header, plan, device)?);
    let salvaged = decoder.salvage_in(pixels.take(), scratch)?;
    facts.damage = damage(&salvaged.problems);
    *pixels = Some(salvaged.image.buffer().clone());
    salvaged.image.upright()
}

/// Says what is wrong with a file, in one line.
fn damage(problems: &[Problem]) -> Option<String> {
    let (first, others) = problems.split_first()?;
    Some(match others.len() {
        0 => format!("JPEG: {first}"),
        more => format!("JPEG: {first} (and {more} more)"),
    })
}

/// Returns how small a JPEG may be decoded.
pub(super) fn scale(header: &Header, plan: &Plan, device: &Device) -> Result<Scale> {
    if !plan.is_reduced || header.format != Format::Jpeg {
        return Ok(Scale::Full);
    }
    Ok(match plan.pipeline.reduction(device, &described(header)?) {
        8 => Scale::Eighth,
        4 => Scale::Quarter,
        2 => Scale::Half,
        _ => Scale::Full,
    })
}

/// Describes the picture of a file, upright.
pub(super) fn described(header: &Header) -> Result<ImageInfo> {
    let shape = [header.height, header.width, header.channels];
    let layout = Layout::contiguous(header.dtype(), &shape)?;
    let layout = header.orientation.upright(&layout)?;
    ImageInfo::new(layout, PixelFormat::from_channels(header.channels)?)
}

/// Milliseconds, to a hundredth.
pub(super) fn elapsed(since: Instant) -> f64 {
    milliseconds(since.elapsed())
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

/// Makes the bytes of an output of those of an input, by nobody else's memory and time.
pub(super) fn convert(bytes: &[u8], plan: &Plan, device: &Device) -> Result<Vec<u8>> {
    plan.limits.check_file(bytes.len() as u64)?;
    let (mut facts, mut kept) = (Facts::default(), Kept::default());
    let image = decode(bytes, plan, device, &mut facts, &mut kept.pixels, &mut kept.scratch)?;
    let result = plan.run(device, &image)?;
    drop(image);
    let own = || Format::from_bytes(bytes).map_or(Encoding::Picture(Format::Png), Encoding::of);
    let notes = plan.keep.notes(bytes, &plan.limits)?;
    plan.encode(plan.encoding.unwrap_or_else(own), &result, &notes)
}

/// Says what would be done to a picture.
pub(super) fn explain(input: &Path, plan: &Plan, device: &Device) -> Result<String, String> {
    let text = |error: Error| error.to_string();
    let bytes = source::read(input, &plan.limits).map_err(|error| source::cause(&error))?;
    let mut kept = Kept::default();
    let image =
        decode(&bytes, plan, device, &mut Facts::default(), &mut kept.pixels, &mut kept.scratch);
    let image = image.map_err(text)?;
    let pipeline = plan.pipeline(image.info()).settle(&image).map_err(text)?;
    Ok(pipeline.explain(device, image.info()).map_err(text)?.to_string())
}
