//! Stages that hand on rows, run together for some rows of the result at a time.
//!
//! Between two stages lies what the first has made: four times the bytes of an 8-bit picture and more. Where
//! that is much, each thread takes some rows of the result through all stages, so that no more of it is ever
//! in memory than those rows need. Rows at the seams are made twice; where that would be many of them, and
//! where little lies between, stages run one after the other over the whole.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stage::Stage;
use super::{CpuDevice, lock, stages};
use crate::device::bands::{Band, Room, Rows, cut};
use crate::error::{Error, Result};
use crate::op::pass::PlannedPass;
use crate::view::{Buffer, View};

/// What may lie between stages as a whole.
const WHOLE_BYTES: usize = 512 << 20;

/// What lies between stages, and of the source, for the rows of one part.
const PART_BYTES: u64 = 256 << 20;

impl CpuDevice {
    /// Runs passes that hand on rows, part by part. Nothing where they are better run as a whole.
    ///
    /// # Errors
    /// [`Error::Limit`] where memory cannot be had.
    pub(super) fn run_in_parts(
        &self,
        passes: &[PlannedPass],
        source: &View<'_>,
    ) -> Result<Option<Buffer>> {
        let ends: Vec<&PlannedPass> =
            stages(passes).into_iter().filter_map(<[PlannedPass]>::last).collect();
        let Some((last, before)) = ends.split_last() else { return Ok(None) };
        let between: usize = before.iter().map(|end| end.dst.layout.nbytes()).sum();
        if between <= WHOLE_BYTES {
            return Ok(None);
        }
        let room = Room { binding: u64::MAX, together: PART_BYTES };
        let Ok(bands) = cut(passes, room) else { return Ok(None) };
        if is_wasteful(&bands) {
            return Ok(None);
        }
        let height = last.dst.height();
        let row_bytes = last.dst.layout.nbytes() / height.max(1);
        let mut memory = self.memory.lend(height, row_bytes)?;
        let mut pixels = memory.view_mut()?;
        let mut rest = pixels.as_bytes_mut().expect("memory is lent as one run of bytes");
        let mut parts = Vec::with_capacity(bands.len());
        for band in &bands {
            let (part, others) = rest.split_at_mut(band.rows.len() * row_bytes);
            parts.push(Mutex::new(Some((band, part))));
            rest = others;
        }
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<Error>> = Mutex::new(None);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((band, part)) = parts.get(at).and_then(|part| lock(part).take()) else {
                    break;
                };
                if let Err(error) = self.run_part(passes, band, source, part) {
                    lock(&failure).get_or_insert(error);
                    break;
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads.min(parts.len()) {
                scope.spawn(work);
            }
            work();
        });
        drop(parts);
        drop(pixels);
        let failure = lock(&failure).take();
        failure.map_or(Ok(Some(memory)), Err)
    }

    /// Makes some rows of the result.
    fn run_part(
        &self,
        passes: &[PlannedPass],
        band: &Band,
        source: &View<'_>,
        out: &mut [u8],
    ) -> Result<()> {
        let mut local: Vec<PlannedPass> =
            band.passes.iter().map(|pass| pass.planned.clone()).collect();
        // The source is there as a whole, and read as it lies.
        local[0].src = passes[0].src.clone();
        let mut memory: Option<Buffer> = None;
        let mut first = 0;
        let mut scratch = self.scratch();
        let mut out = Some(out);
        for passes in stages(&local) {
            let stage = Stage::new(passes, self.level);
            let (end, at_hand) = (first + passes.len(), band.passes[first].src);
            let start = band.passes[end - 1].dst.first;
            let seen = match &memory {
                Some(memory) => Some(memory.with_layout(passes[0].src.layout.clone())?),
                None => None,
            };
            let (source, at_hand) = match &seen {
                Some(seen) => (seen.view(), at_hand),
                None => (source.clone(), Rows::all(source.shape()[0])),
            };
            if end == local.len() {
                let out = out.take().unwrap_or_default();
                stage.run_band(&source, at_hand, start, out, &mut scratch, self.level);
            } else {
                let mut made = self.memory.lend(stage.rows(), stage.row_bytes())?;
                let mut pixels = made.view_mut()?;
                let bytes = pixels.as_bytes_mut().expect("memory is lent as one run of bytes");
                stage.run_band(&source, at_hand, start, bytes, &mut scratch, self.level);
                drop(pixels);
                drop(source);
                memory = Some(made);
            }
            first = end;
        }
        self.give_back(scratch);
        Ok(())
    }
}

/// Whether more than half as many rows again would be made as there are.
fn is_wasteful(bands: &[Band]) -> bool {
    let passes = bands.first().map_or(0, |band| band.passes.len());
    (0..passes).any(|pass| {
        let ends = bands.iter().map(|band| band.passes[pass].dst);
        let (made, height) =
            ends.fold((0, 0), |(made, _), rows: Rows| (made + rows.count, rows.height));
        made > height + height / 2
    })
}

#[cfg(test)]
mod tests {
    use super::{Band, CpuDevice, Room, cut};
    use crate::device::bands;
    use crate::image::{Image, PixelFormat};
    use crate::view::Buffer;
    use crate::{Device, Pipeline};

    #[test]
    fn parts_are_what_the_whole_is_wherever_the_seams_are() {
        let device = CpuDevice::with_threads(2);
        let (height, width) = (131, 40);
        let sample = |at: usize| (at * 37 % 251 + at / 900 % 5).to_le_bytes()[0];
        let samples = (0..height * width * 3).map(sample).collect();
        let buffer = Buffer::from_vec(samples, &[height, width, 3]).expect("a small picture");
        let image = Image::new(buffer, PixelFormat::RGB).expect("a picture");
        let mut runs = 0;
        for text in [
            "blur 1 | median 2 | blur 2",
            "median 1 | flip vertical | blur 1",
            "blur 1 | crop 30x90 south | median 2 | invert",
            "blur 3 edge=wrap | median 1 | resize 50%",
            "resize 80x | median 2 | sharpen 1",
        ] {
            let pipeline: Pipeline = text.parse().expect(text);
            let plan = pipeline.plan(image.info(), device.arrangement()).expect(text);
            let want = pipeline.run(&Device::cpu(), &image).expect(text);
            let source = image.view();
            for passes in bands::stages(&plan) {
                if passes.len() < plan.passes.len() {
                    continue;
                }
                for together in [60_000, 200_000, u64::MAX] {
                    let room = Room { binding: u64::MAX, together };
                    let Ok(parts) = cut(passes, room) else { continue };
                    let last = passes.last().expect("a pass");
                    let row_bytes = last.dst.layout.nbytes() / last.dst.height();
                    let mut out = vec![0; last.dst.layout.nbytes()];
                    for band in &parts {
                        let Band { rows, .. } = band;
                        let bytes = &mut out[rows.start * row_bytes..rows.end * row_bytes];
                        device.run_part(passes, band, &source, bytes).expect(text);
                    }
                    let got = Buffer::from_bytes(
                        out,
                        last.dst.layout.dtype().clone(),
                        last.dst.layout.shape(),
                    );
                    let got = got.expect("all rows").with_layout(plan.output.layout.clone());
                    let got = got.expect("a result").view().to_vec::<u8>().expect("codes");
                    let want = want.view().to_vec::<u8>().expect("codes");
                    assert!(got == want, "{text} in {} parts", parts.len());
                    runs += usize::from(parts.len() > 1);
                }
            }
        }
        assert!(runs >= 5, "{runs} runs in parts");
    }
}
