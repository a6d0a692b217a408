//! A plan run on rows as they come, from the top down.
//!
//! Of the source no more is in memory than some rows of the result need, and those are still in cache when they
//! are read: who decodes a file pours its rows in. Only for plans of one stage, on one thread.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::stage::{Scratch, Stage};
use super::{CpuDevice, stages};
use crate::device::bands::{self, Rows};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Image, ImageInfo};
use crate::layout::Layout;
use crate::op::pass::{Plan, PlannedPass, Reads};
use crate::op::rows::RowBlock;
use crate::view::{Buffer, View};

/// Bytes of a source from which on it is taken row by row though there are more threads: what they gain is not
/// worth its memory.
const LARGE: usize = 256 << 20;

/// Bytes of the source that a block of rows of the result may need, where fewer rows need less.
const BLOCK_BYTES: usize = 16 << 20;

/// The most rows that are expected to come at a time: those of the tallest unit of a JPEG.
const COMING: usize = 32;

/// A plan that is being run on rows as they come.
#[derive(Debug)]
pub(crate) struct Flow {
    device: CpuDevice,
    plan: Plan,
    scratch: Scratch,
    /// Rows of the source: those that are held, then room.
    window: Vec<u8>,
    /// Which rows of the source are held.
    held: Range<usize>,
    /// The rows that room was asked for.
    coming: usize,
    /// The result, and how many of its rows are made.
    memory: Buffer,
    made: usize,
    steps: Steps,
    busy: Duration,
}

impl CpuDevice {
    /// Returns the most bytes of a source that are held at a time, where a plan is run on rows as they come: it
    /// has one stage, and its source is one run of 8-bit pixels.
    pub(crate) fn flow_bytes(&self, plan: &Plan) -> Option<usize> {
        self.steps(plan).map(|steps| steps.bytes)
    }

    fn steps(&self, plan: &Plan) -> Option<Steps> {
        let source = &plan.source.layout;
        let packed = Layout::contiguous(DType::U8, source.shape());
        let is_packed = packed.is_ok_and(|packed| packed == *source) && source.nbytes() > 0;
        let is_one = stages(&plan.passes).len() == 1 && bands::stages(plan).len() == 1;
        let knows_rows = |first: &&PlannedPass| {
            let reads = first.pass.as_ref().map(|pass| pass.reads);
            first.src.layout == *source && reads != Some(Reads::Anywhere)
        };
        let first = plan.passes.first().filter(knows_rows);
        let is_wanted = self.threads == 1 || source.nbytes() >= LARGE;
        (is_wanted && is_packed && is_one && first.is_some()).then(|| Steps::of(plan)).flatten()
    }

    /// Starts to run a plan on rows as they come. Nothing where it is [no such plan](Self::flow_bytes).
    ///
    /// # Errors
    /// [`Error::Limit`] where memory cannot be had.
    pub(crate) fn flow(&self, plan: Plan) -> Result<Option<Flow>> {
        let Some(steps) = self.steps(&plan) else { return Ok(None) };
        let stage = Stage::new(&plan.passes, self.level);
        let memory = self.memory.lend(stage.rows(), stage.row_bytes())?;
        let mut scratch = self.scratch();
        scratch.forget_rows();
        Ok(Some(Flow {
            device: self.clone(),
            plan,
            scratch,
            window: Vec::new(),
            held: 0..0,
            coming: 0,
            memory,
            made: 0,
            steps,
            busy: Duration::ZERO,
        }))
    }
}

/// The blocks of rows in which a result is made.
#[derive(Clone, Copy, Debug)]
struct Steps {
    /// Rows of a block.
    rows: usize,
    /// Rows of the result.
    height: usize,
    /// The most bytes of the source that are held for a block.
    bytes: usize,
}

impl Steps {
    /// Finds blocks that need no more than is wanted to be held. Nothing where one needs rows that lie above
    /// those of the block before, or are not one run.
    fn of(plan: &Plan) -> Option<Self> {
        let dst = plan.passes.last().map(|last| &last.dst).filter(|dst| dst.layout.nbytes() > 0)?;
        let height = dst.height();
        let row = plan.source.layout.nbytes() / plan.source.height();
        let mut rows = RowBlock::ROWS;
        loop {
            let mut steps = Self { rows, height, bytes: 0 };
            let (mut before, mut most) = (0..0, 0);
            for first in (0..height).step_by(rows) {
                let needed = steps.needed(plan, first)?;
                if needed.start < before.start || needed.end < before.end {
                    return None;
                }
                most = most.max(needed.len());
                before = needed;
            }
            if rows == 1 || most * row <= BLOCK_BYTES {
                steps.bytes = 2 * (most + COMING) * row;
                return Some(steps);
            }
            rows /= 2;
        }
    }

    /// Returns which rows of the source the block from a row of the result on needs.
    fn needed(&self, plan: &Plan, first: usize) -> Option<Range<usize>> {
        let Rows { first, count, height } =
            bands::rows_read(plan.passes.first()?, &self.block(first), true);
        (first + count <= height).then_some(first..first + count)
    }

    /// Whether there is a block from a row of the result on, and all it needs of the source lies above `end`.
    fn is_ready(&self, plan: &Plan, first: usize, end: usize) -> bool {
        first < self.height && self.needed(plan, first).is_some_and(|needed| needed.end <= end)
    }

    fn block(&self, first: usize) -> Range<usize> {
        first..self.height.min(first + self.rows)
    }
}

impl Flow {
    /// Returns memory for the next rows of the source, which are so many bytes.
    pub(crate) fn memory(&mut self, bytes: usize) -> &mut [u8] {
        let row = self.row_bytes();
        self.coming = bytes / row;
        if self.window.len() < self.held.len() * row + bytes {
            // Rows that are no longer needed make room, for as many again as stay, so that each is moved about once.
            let next =
                (self.made < self.steps.height).then(|| self.steps.needed(&self.plan, self.made));
            let first = next.flatten().map_or(self.held.end, |rows| rows.start);
            let first = first.clamp(self.held.start, self.held.end);
            let kept = (first - self.held.start) * row..self.held.len() * row;
            let size = 2 * (kept.len() + bytes);
            self.window.copy_within(kept, 0);
            self.held.start = first;
            if self.window.len() < size {
                self.window.resize(size, 0);
            }
        }
        let start = self.held.len() * row;
        &mut self.window[start..start + bytes]
    }

    /// Takes the rows that memory was asked for, and makes what rows of the result can be made.
    ///
    /// # Errors
    /// Those of views and layouts, which rows of the plan's source do not meet.
    pub(crate) fn take(&mut self) -> Result<()> {
        self.held.end += std::mem::take(&mut self.coming);
        if !self.steps.is_ready(&self.plan, self.made, self.held.end) {
            return Ok(());
        }
        let started = Instant::now();
        let [height, width, channels] = *self.plan.source.layout.shape() else { return Ok(()) };
        let bytes = &self.window[..self.held.len() * width * channels];
        let layout = Layout::contiguous(DType::U8, &[self.held.len(), width, channels])?;
        let source = View::new(bytes, layout)?;
        let stage = Stage::new(&self.plan.passes, self.device.level);
        let at_hand = Rows::part(&self.held, height);
        let row_bytes = stage.row_bytes();
        let mut pixels = self.memory.view_mut()?;
        let out = pixels.as_bytes_mut().expect("memory is lent as one run of bytes");
        loop {
            let end = self.steps.block(self.made).end;
            let block = &mut out[self.made * row_bytes..end * row_bytes];
            let level = self.device.level;
            stage.run_band(&source, at_hand, self.made, block, &mut self.scratch, level);
            self.made = end;
            if !self.steps.is_ready(&self.plan, self.made, self.held.end) {
                break;
            }
        }
        self.busy += started.elapsed();
        Ok(())
    }

    /// Returns how long rows of the result were being made.
    pub(crate) fn busy(&self) -> Duration {
        self.busy
    }

    /// Returns the result, once all rows of the source came.
    ///
    /// # Errors
    /// [`Error::Shape`] where there are rows that did not come.
    pub(crate) fn finish(self) -> Result<Image> {
        if self.made < self.steps.height {
            let expected = format!("{} rows", self.plan.source.height());
            return Err(Error::shape("source rows", expected, format!("{}", self.held.end)));
        }
        let buffer = self.memory.with_layout(self.plan.output.layout.clone())?;
        let ImageInfo { format, orientation, profile, .. } = self.plan.output;
        self.device.give_back(self.scratch);
        Ok(Image::new(buffer, format)?.with_orientation(orientation).with_profile(profile))
    }

    fn row_bytes(&self) -> usize {
        self.plan.source.layout.shape()[1..].iter().product::<usize>().max(1)
    }
}

#[cfg(test)]
mod tests {
    use crate::image::{Image, PixelFormat};
    use crate::view::Buffer;
    use crate::{Device, Pipeline};

    #[test]
    fn rows_that_come_make_what_the_whole_makes_however_many_come_at_a_time() {
        let (height, width) = (131, 40);
        let sample = |at: usize| (at * 37 % 251 + at / 900 % 5).to_le_bytes()[0];
        let samples: Vec<u8> = (0..height * width * 3).map(sample).collect();
        let buffer = Buffer::from_vec(samples.clone(), &[height, width, 3]).expect("a picture");
        let image = Image::new(buffer, PixelFormat::RGB).expect("a picture");
        let device = Device::cpu_with_threads(1);
        for text in [
            "resize 20x50 fit=fill",
            "resize 90x300 fit=fill filter=bicubic enlarge=true",
            "resize 40x9 fit=fill filter=nearest",
            "resize 30x1 fit=fill light=srgb",
            "blur 2",
            "contrast 1.3 | resize 50% | saturation 1.2",
            "median 2",
            "erode 3",
            "invert",
            "resize 20x40 fit=fill | flip horizontal",
            "resize 20x40 fit=fill | rotate 90",
        ] {
            let pipeline: Pipeline = text.parse().expect(text);
            let want = pipeline.run(&device, &image).expect(text);
            for step in [1, 7, 16, 131] {
                let flow = pipeline.flow(&device, image.info()).expect(text);
                let mut flow = flow.unwrap_or_else(|| panic!("{text} does not flow"));
                for rows in samples.chunks(step * width * 3) {
                    flow.memory(rows.len()).copy_from_slice(rows);
                    flow.take().expect(text);
                }
                let got = flow.finish().expect(text);
                assert_eq!(got.info(), want.info(), "{text}");
                let [got, want] =
                    [&got, &want].map(|image| image.view().to_vec::<u8>().expect("codes"));
                assert!(got == want, "{text}, {step} rows at a time");
            }
        }
    }

    #[test]
    fn what_needs_the_whole_does_not_flow_and_too_few_rows_are_no_picture() {
        let buffer = Buffer::zeroed(crate::DType::U8, &[64, 8, 3]).expect("a picture");
        let image = Image::new(buffer, PixelFormat::RGB).expect("a picture");
        let one = Device::cpu_with_threads(1);
        let flow = |text: &str, device: &Device| {
            let pipeline: Pipeline = text.parse().expect(text);
            pipeline.flow(device, image.info()).expect(text)
        };
        for text in [
            "rotate 90 | blur 2",
            "normalize",
            "crop 4x4",
            "rotate 10",
            "flip vertical",
            "blur 2 edge=wrap",
        ] {
            assert!(flow(text, &one).is_none(), "{text}");
        }
        assert!(flow("blur 2", &Device::cpu_with_threads(2)).is_none(), "threads have work");
        let mut few = flow("blur 2", &one).expect("a flow");
        few.memory(8 * 3 * 10).fill(1);
        few.take().expect("ten rows");
        let error = few.finish().expect_err("rows are missing").to_string();
        assert!(error.contains("64 rows") && error.contains("10"), "{error}");
    }
}
