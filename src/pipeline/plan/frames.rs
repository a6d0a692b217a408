//! Plans that end where a renderer wants them to: in a frame of its own.
//!
//! The frame decides what the last pass stores: element type, curve, alpha, the order of samples.
//! Where view ops come last, one more pass puts the pixels where those ops see them.

use super::Planner;
use crate::device::gpu::FrameInfo;
use crate::error::{Error, Result};
use crate::image::{Alpha, Color, ImageInfo, PixelFormat};
use crate::limits::Limits;
use crate::op::Op;
use crate::op::pass::{Arrangement, Channels, Plan, Plane};
use crate::op::space;

/// What a pass is called that only puts pixels elsewhere.
const COPY: &str = "copy";

/// Plans a chain of ops from one frame to another.
pub(in crate::pipeline) fn plan_frames(
    ops: &[Box<dyn Op>],
    [input, output]: [&FrameInfo; 2],
    arrangement: Arrangement,
    limits: &Limits,
) -> Result<Plan> {
    let mut planner = Planner::new(input.info(), arrangement);
    if input.is_blue_first() {
        planner.pending.push(space::swap_red_blue(planner.channels));
    }
    planner.add_all(ops, limits)?;
    check_fits(&planner.info, output.info())?;
    planner.finish_in(output)
}

impl Planner {
    /// Ends in a frame: the last pass writes its pixels where and how it wants them.
    fn finish_in(mut self, output: &FrameInfo) -> Result<Plan> {
        let wanted = output.info();
        let has_alpha = self.info.format.has_alpha();
        let alpha = if has_alpha { wanted.format.alpha } else { Alpha::None };
        let color = self.info.format.color;
        // Half of the smallest alpha counts in the numbers that will be stored.
        self.stored = wanted.clone();
        self.open &= self.views.is_empty();
        self.convert(space::stored(PixelFormat { color, alpha, ..wanted.format }))?;
        if self.passes.is_empty() || !self.open {
            self.pass(COPY, None)?;
        }
        let channels = Channels::from(wanted.format);
        if let Some(last) = self.passes.last_mut() {
            if !has_alpha && (wanted.format.has_alpha() || output.has_spare_alpha()) {
                last.store.push(space::opaque(channels));
            }
            if output.is_blue_first() {
                last.store.push(space::swap_red_blue(channels));
            }
            last.dst = Plane { layout: wanted.layout.clone(), channels };
        }
        Ok(Plan { source: self.source, passes: self.passes, output: wanted.clone() })
    }
}

/// Refuses a frame that has no place for a result.
fn check_fits(result: &ImageInfo, wanted: &ImageInfo) -> Result<()> {
    let size = |info: &ImageInfo| format!("{}x{} pixels", info.width(), info.height());
    if size(result) != size(wanted) {
        return Err(Error::shape("the output", size(result), size(wanted)));
    }
    let refuse = |what: &str, instead: &str| {
        let (what, instead) = (what.to_owned(), instead.to_owned());
        Err(Error::Unsupported { what, instead })
    };
    if result.format.color == Color::Rgb && wanted.format.color == Color::Gray {
        return refuse("a result in colour in an output of grey", "add `grayscale`");
    }
    if result.format.has_alpha() && !wanted.format.has_alpha() {
        let instead = "add `channels rgb`, or describe the input with Alpha::None";
        return refuse("a result with alpha in an output without", instead);
    }
    Ok(())
}
