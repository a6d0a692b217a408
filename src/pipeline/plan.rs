//! Planning: ops become layouts, steps and passes.
//!
//! View ops change the layout that the next pass reads through. Point ops become steps: on the store
//! of the pass before them where there is one, else on the load of the pass after them; a run of them
//! with no pass at all is one pass. Conversions between stored and working numbers are steps like
//! any other, put in only where the numbers at hand are not those that the next step wants.

#[cfg(feature = "gpu")]
mod frames;

#[cfg(feature = "gpu")]
pub(super) use frames::plan_frames;

use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Alpha, ImageInfo, PixelFormat};
use crate::layout::Layout;
use crate::limits::Limits;
use crate::op::pass::{
    Arrangement, Channels, Lowered, Pass, Plan, Plane, PlannedPass, Point, Space, Step,
};
use crate::op::{Op, affine, space};

/// Plans a chain of ops for an image.
pub(super) fn plan(
    ops: &[Box<dyn Op>],
    source: &ImageInfo,
    arrangement: Arrangement,
    limits: &Limits,
) -> Result<Plan> {
    let mut planner = Planner::new(source, arrangement);
    planner.cast = ops.iter().rev().find_map(|op| Some((op.spec().name, op.stores()?)));
    planner.add_all(ops, limits)?;
    planner.finish()
}

struct Planner {
    arrangement: Arrangement,
    /// The image as it came, for the element type and format of the result.
    stored: ImageInfo,
    /// The element type of the result where an op decides, and that op.
    cast: Option<(&'static str, DType)>,
    /// What the next op sees. Its channel axis is that of the memory it looks into; channels that
    /// steps on their way there will leave are in `format`.
    info: ImageInfo,
    /// The source after the view ops before the first pass.
    source: ImageInfo,
    /// The channels in the memory that `info` looks into.
    channels: Channels,
    /// The numbers at hand, after all steps so far.
    space: Space,
    passes: Vec<PlannedPass>,
    /// View ops since the last pass, to be done again should its destination change.
    views: Vec<Box<dyn Op>>,
    /// Whether steps may still go to the store of the last pass.
    open: bool,
    /// Steps for the load of the next pass.
    pending: Vec<Step>,
}

impl Planner {
    fn new(source: &ImageInfo, arrangement: Arrangement) -> Self {
        Self {
            arrangement,
            stored: source.clone(),
            cast: None,
            info: source.clone(),
            source: source.clone(),
            channels: source.format.into(),
            space: space::stored(source.format),
            passes: Vec::new(),
            views: Vec::new(),
            open: false,
            pending: Vec::new(),
        }
    }

    fn add_all(&mut self, ops: &[Box<dyn Op>], limits: &Limits) -> Result<()> {
        for op in ops {
            op.check_params()?;
            self.add(op.as_ref())?;
            let (width, height) = (self.info.width() as u64, self.info.height() as u64);
            limits.check_size(op.spec().name, width, height)?;
        }
        Ok(())
    }

    fn add(&mut self, op: &dyn Op) -> Result<()> {
        let lowered = op.lower(&self.info)?;
        self.take(op, lowered)
    }

    fn take(&mut self, op: &dyn Op, lowered: Lowered) -> Result<()> {
        match lowered {
            Lowered::View(info) if self.moves_pixels(&info) => self.view(op, info),
            Lowered::View(_) => self.pick_channels(op),
            Lowered::Point(point) => self.point(point),
            Lowered::Passes(passes) => self.passes(op, passes),
            Lowered::WithAlpha(passes) => {
                let channels = Channels::from(self.info.format);
                if !channels.alpha && !passes.is_empty() {
                    self.step(space::opaque(Channels { alpha: true, ..channels }))?;
                }
                self.passes(op, passes)
            }
            Lowered::Converted { steps, profile } => {
                steps.into_iter().try_for_each(|step| self.take(op, step))?;
                self.info.profile = profile;
                Ok(())
            }
        }
    }

    fn passes(&mut self, op: &dyn Op, passes: Vec<Pass>) -> Result<()> {
        for pass in passes {
            self.convert(pass.space)?;
            self.pass(op.spec().name, Some(pass))?;
        }
        Ok(())
    }

    /// Returns whether a view op moves pixels and leaves them what they are.
    fn moves_pixels(&self, info: &ImageInfo) -> bool {
        let channel_axis = |layout: &Layout| (layout.shape()[2], layout.strides()[2]);
        info.format == self.info.format
            && channel_axis(&info.layout) == channel_axis(&self.info.layout)
    }

    /// Takes up a view op that moves pixels and leaves them what they are.
    fn view(&mut self, op: &dyn Op, info: ImageInfo) -> Result<()> {
        self.info = info;
        if self.passes.is_empty() {
            self.source = self.info.clone();
        } else {
            self.views.push(op.boxed());
        }
        Ok(())
    }

    /// Takes up a view op that picks channels: it wants pixels as they are stored, all steps done.
    fn pick_channels(&mut self, op: &dyn Op) -> Result<()> {
        self.convert(space::stored(self.info.format))?;
        if !self.pending.is_empty() {
            self.pass(POINT_OPS, None)?;
        }
        if let Lowered::View(info) = op.lower(&self.info)? {
            self.channels = info.format.into();
            self.open = false;
            self.view(op, info)?;
        }
        Ok(())
    }

    fn point(&mut self, point: Point) -> Result<()> {
        self.convert(point.space)?;
        let mut output = Channels::from(self.info.format);
        output.color = point.color.unwrap_or(output.color);
        output.alpha = point.alpha.unwrap_or(output.alpha);
        let Point { twin, params, affine, .. } = point;
        self.step(Step { twin, params, affine, output })
    }

    /// Puts in the steps from the numbers at hand to those that are wanted.
    fn convert(&mut self, to: Space) -> Result<()> {
        let channels = Channels::from(self.info.format);
        let least_alpha = match *self.dtype() {
            DType::U8 => 0.5 / 255.0,
            DType::U16 => 0.5 / 65_535.0,
            _ => 1e-6,
        };
        for step in space::convert(self.space, to, channels, least_alpha) {
            self.step(step)?;
        }
        self.space = to;
        Ok(())
    }

    /// Returns the element type of the result.
    fn dtype(&self) -> &DType {
        self.cast.as_ref().map_or(self.stored.layout.dtype(), |(_, dtype)| dtype)
    }

    fn step(&mut self, step: Step) -> Result<()> {
        self.leave(step.output);
        if !self.open {
            push(&mut self.pending, step);
            return Ok(());
        }
        if let Some(last) = self.passes.last_mut() {
            let output = step.output;
            push(&mut last.store, step);
            if output != last.dst.channels {
                let (height, width) = (last.dst.height(), last.dst.width());
                let layout = self.arrangement.between(height, width, output)?;
                self.redirect(Plane { layout, channels: output })?;
            }
        }
        Ok(())
    }

    /// Says in the format which channels the steps so far leave.
    fn leave(&mut self, channels: Channels) {
        self.info.format.color = channels.color;
        if self.info.format.has_alpha() != channels.alpha {
            self.info.format.alpha = if channels.alpha { Alpha::Straight } else { Alpha::None };
        }
    }

    /// Adds a pass that reads through what `info` describes.
    fn pass(&mut self, op: &'static str, pass: Option<Pass>) -> Result<()> {
        let src = Plane { layout: self.info.layout.clone(), channels: self.channels };
        let load = std::mem::take(&mut self.pending);
        let channels = load.last().map_or(src.channels, |step| step.output);
        let size = [src.height(), src.width()];
        let [height, width] = pass.as_ref().map_or(size, |pass| pass.size);
        let layout = self.arrangement.between(height, width, channels)?;
        let dst = Plane { layout: layout.clone(), channels };
        self.passes.push(PlannedPass { op, src, load, pass, store: Vec::new(), dst });
        self.views.clear();
        self.open = true;
        self.channels = channels;
        self.info.layout = layout;
        Ok(())
    }

    /// Gives the last pass another destination, and looks at it through the view ops since.
    fn redirect(&mut self, dst: Plane) -> Result<()> {
        self.info.layout = dst.layout.clone();
        self.leave(dst.channels);
        self.channels = dst.channels;
        if let Some(last) = self.passes.last_mut() {
            last.dst = dst;
        }
        for op in &self.views {
            if let Lowered::View(info) = op.lower(&self.info)? {
                self.info = info;
                self.channels = self.info.format.into();
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Plan> {
        let format = PixelFormat { transfer: self.stored.format.transfer, ..self.info.format };
        self.convert(space::stored(format))?;
        if !self.pending.is_empty() {
            self.pass(POINT_OPS, None)?;
        }
        match &self.cast {
            Some((op, dtype)) if self.passes.is_empty() && dtype != self.stored.layout.dtype() => {
                self.pass(op, None)?;
            }
            _ => {}
        }
        if let Some(last) = self.passes.last() {
            let (height, width, channels) =
                (last.dst.height(), last.dst.width(), last.dst.channels);
            let dtype = self.dtype();
            let layout = self.arrangement.last(height, width, channels, dtype)?;
            self.redirect(Plane { layout, channels })?;
        }
        Ok(Plan { source: self.source, passes: self.passes, output: self.info })
    }
}

/// Adds a step; one that can be done along with the step before it is.
fn push(steps: &mut Vec<Step>, step: Step) {
    match steps.last_mut().and_then(|last| Some((affine::merged(last, &step)?, last))) {
        Some((both, last)) => *last = both,
        None => steps.push(step),
    }
}

/// What a pass is called that is a run of point ops.
const POINT_OPS: &str = "point ops";
