//! What a picture will need, told from its head: sizes and memory. No pixel is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::names::{self, Job};
use super::picture::{described, scale};
use super::plan::Plan;
use super::source;
use crate::codec::jpeg::Scale;
use crate::codec::{self, Format, Header};
use crate::device::Device;
use crate::error::{Result, reason};
use crate::image::Orientation;
use crate::layout::Layout;

/// What a picture will need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// The bytes of the input.
    pub file: u64,
    /// Width and height of the input as it is stored, in pixels.
    pub size_in: [u64; 2],
    /// Width and height of the output, in pixels; nothing where an op looks at the picture first.
    pub size_out: Option<[u64; 2]>,
    /// The most memory at once, in bytes: the file, the pixels of input and result, what lies between passes,
    /// and room for the output.
    pub memory: u64,
}

/// Estimates what the picture of a head needs.
pub(super) fn estimate(file: u64, header: &Header, plan: &Plan, device: &Device) -> Estimate {
    let size_in = [header.width as u64, header.height as u64];
    let divisor = match scale(header, plan, device).unwrap_or_default() {
        Scale::Full => 1,
        Scale::Half => 2,
        Scale::Quarter => 4,
        Scale::Eighth => 8,
    };
    let sample = header.dtype().size() as u64;
    let pixels = size_in[0].div_ceil(divisor).saturating_mul(size_in[1].div_ceil(divisor));
    let decoded = pixels.saturating_mul(header.channels as u64 * sample);
    let bytes = |layout: &Layout| layout.nbytes() as u64;
    let planned =
        described(header).and_then(|source| plan.pipeline.plan(&source, device.arrangement()));
    let Ok(planned) = planned else {
        // An op that looks first: as much as if nothing became smaller.
        let memory = file.saturating_add(decoded.saturating_mul(3));
        return Estimate { file, size_in, size_out: None, memory };
    };
    let result = bytes(&planned.output.layout);
    // Passes that go through the rows together have nothing in memory between them.
    let between = planned.passes.windows(2).filter(|two| !two[1].rides_on(&two[0]));
    let between = between.map(|two| bytes(&two[0].dst.layout)).max().unwrap_or(0);
    // Twice the result: the output's bytes are no more than its pixels.
    let rows = match header {
        Header { format: Format::Jpeg, orientation: Orientation::Upright, .. } => {
            device.flow_bytes(&planned)
        }
        _ => None,
    };
    let decoded = rows.map_or(decoded, |bytes| decoded.min(bytes as u64));
    let memory = [file, decoded, between, result.saturating_mul(2)];
    let memory = memory.into_iter().fold(0, u64::saturating_add);
    let size_out = Some([planned.output.width() as u64, planned.output.height() as u64]);
    Estimate { file, size_in, size_out, memory }
}

/// What would be done with one input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Foreseen {
    /// The input.
    pub input: PathBuf,
    /// The path of the output; nothing where more must be known for its name.
    pub output: Option<PathBuf>,
    /// What it needs, or why it cannot be done.
    pub estimate: std::result::Result<Estimate, String>,
}

/// Estimates what the picture of a job needs, from the head of its file.
pub(super) fn foresee(
    job: &Job,
    plan: &Plan,
    device: &Device,
) -> std::result::Result<Estimate, String> {
    let (header, file) = head(&job.input, plan).map_err(|error| source::cause(&error))?;
    Ok(estimate(file, &header, plan, device))
}

/// Estimates what each picture of a tar needs, from the head of each.
pub(super) fn foresee_tar(job: &Job, plan: &Plan, device: &Device, out: &Path) -> Vec<Foreseen> {
    let mut all = Vec::new();
    let mut look = || -> io::Result<()> {
        let mut archive = tar::Archive::new(source::open(&job.input)?);
        archive.set_ignore_zeros(true);
        for member in archive.entries_with_seek()? {
            let member = member?;
            let path = member.path()?.into_owned();
            if !member.header().entry_type().is_file() || !names::is_picture(&path) {
                continue;
            }
            let one = Job::member(job, &path, plan);
            let (size, mut start) = (member.size(), Vec::new());
            member.take(HEAD_BYTES).read_to_end(&mut start)?;
            let header = codec::probe(&start, &plan.limits);
            let names = job.output.as_deref().zip(one.output.as_deref());
            let output = names.map(|(tar, own)| out.join(tar).join(own));
            all.push(Foreseen {
                output,
                input: one.input,
                estimate: header
                    .map(|header| estimate(size, &header, plan, device))
                    .map_err(|error| error.to_string()),
            });
        }
        Ok(())
    };
    if let Err(error) = look() {
        let estimate = Err(format!("tar: {}", reason(&error)));
        all.push(Foreseen { input: job.input.clone(), output: None, estimate });
    }
    all
}

/// Enough for the head of nearly every file.
const HEAD_BYTES: u64 = 256 << 10;

/// Reads the head of a file; all of it, where its head is longer than most.
fn head(path: &Path, plan: &Plan) -> Result<(Header, u64)> {
    let mut start = Vec::new();
    let size = path.metadata().ok().filter(std::fs::Metadata::is_file).map(|known| known.len());
    if let Some(size) = size {
        let read = File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut start));
        if let (Ok(_), Ok(header)) = (read, codec::probe(&start, &plan.limits)) {
            return Ok((header, size));
        }
    }
    let bytes = source::read(path, &plan.limits)?;
    Ok((codec::probe(&bytes, &plan.limits)?, bytes.len() as u64))
}
