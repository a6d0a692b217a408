//! What an op lowers to, and the plan that a device runs.
//!
//! Everything here is plain data made on the host: sizes, parameters, tables, and which twin runs.
//! Nothing here runs anything, and nothing knows which device will.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Color, ImageInfo, PixelFormat, Profile};
use crate::layout::Layout;
use crate::op::affine::Affine;
use crate::op::param::Light;
use crate::op::separable;
use crate::op::twin::{ParamBlock, Params, PassTwin, PointTwin};

/// What an op becomes for an image of a certain shape and format.
#[derive(Debug)]
pub enum Lowered {
    /// A view op: the image, described anew over the same bytes.
    View(ImageInfo),
    /// A point op.
    Point(Point),
    /// A pass op: its passes in order; none where nothing is to be done.
    Passes(Vec<Pass>),
    /// Numbers that stand for something else afterwards.
    Converted {
        /// What is done, in order: point ops and passes.
        steps: Vec<Lowered>,
        /// What the numbers stand for then; `None` for sRGB.
        profile: Option<Profile>,
    },
    /// The passes of an op that leaves alpha: a picture without any is opaque before the first.
    WithAlpha(Vec<Pass>),
}

/// In which numbers a step computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// sRGB-encoded or proportional to light.
    pub light: Light,
    /// Whether colour is multiplied by alpha.
    pub premultiplied: bool,
}

impl Space {
    /// For ops on one pixel: straight alpha.
    #[must_use]
    pub const fn straight(light: Light) -> Self {
        Self { light, premultiplied: false }
    }

    /// For ops that mix pixels: premultiplied alpha, so that transparent colour has no weight.
    #[must_use]
    pub const fn premultiplied(light: Light) -> Self {
        Self { light, premultiplied: true }
    }
}

/// A change to each pixel by itself.
#[derive(Clone, Debug)]
pub struct Point {
    /// What runs.
    pub twin: &'static PointTwin,
    /// What it reads.
    pub params: Params,
    /// What it does, where that is a matrix and an offset on colour.
    pub affine: Option<Affine>,
    /// The numbers it wants.
    pub space: Space,
    /// The colour channels it leaves: the same as came, or others.
    pub color: Option<Color>,
    /// Whether it leaves alpha: the same as came, or as said.
    pub alpha: Option<bool>,
}

impl Point {
    /// A change that leaves the channels that came.
    #[must_use]
    pub fn new<P: ParamBlock>(twin: &'static PointTwin, params: &P, space: Space) -> Self {
        Self { twin, params: Params::new(params), affine: None, space, color: None, alpha: None }
    }
}

impl From<Point> for Lowered {
    fn from(point: Point) -> Self {
        Self::Point(point)
    }
}

/// Which source rows a row of output needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The row of the same number alone.
    SameRow,
    /// The rows that the tables name, laid out as `op::separable` has them: at most so many for one row of
    /// output.
    Rows(usize),
    /// The row of the same number and so many on both sides. Beyond the first and the last there are none,
    /// or, where it wraps, the last and the first again.
    Around {
        /// How many rows on each side.
        reach: usize,
        /// Whether what is above the first row is the last.
        wraps: bool,
    },
    /// Any pixels, which only the twin knows: it asks for each part by itself.
    Anywhere,
}

/// One run of a twin over an image.
#[derive(Clone, Debug)]
pub struct Pass {
    /// What runs.
    pub twin: &'static PassTwin,
    /// What it reads.
    pub params: Params,
    /// Larger read-only arrays, as words; floats by their bits.
    pub tables: Arc<[u32]>,
    /// Rows and columns of the output.
    pub size: [usize; 2],
    /// Which source rows it needs.
    pub reads: Reads,
    /// The most loop iterations that the WGSL twin makes for one pixel; those that it writes out count.
    pub loops: u32,
    /// The numbers it wants.
    pub space: Space,
}

impl Pass {
    /// Returns which source rows some rows of output need. Those beyond the source's edges are to be
    /// counted modulo its height. Nothing where only the twin knows.
    #[must_use]
    pub fn rows_read(&self, rows: Range<usize>) -> Option<Range<i64>> {
        let signed = |row: usize| i64::try_from(row).unwrap_or(i64::MAX);
        match self.reads {
            Reads::SameRow => Some(signed(rows.start)..signed(rows.end)),
            Reads::Rows(_) => Some(separable::rows_read(self, rows)),
            Reads::Around { reach, wraps } => {
                let reach = signed(reach);
                let (start, end) =
                    (signed(rows.start) - reach, signed(rows.end).saturating_add(reach));
                // What an edge puts in place of a row beyond it is as near to the edge as that is.
                Some(if wraps { start..end } else { start.max(0)..end.min(signed(self.size[0])) })
            }
            Reads::Anywhere => None,
        }
    }
}

/// A point twin in its place in a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// What runs.
    pub twin: &'static PointTwin,
    /// What it reads.
    pub params: Params,
    /// What it does, where that is a matrix and an offset on colour.
    pub affine: Option<Affine>,
    /// The channels that it leaves.
    pub output: Channels,
}

/// The channels of a working pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// One colour channel or three.
    pub color: Color,
    /// Whether alpha follows.
    pub alpha: bool,
}

impl Channels {
    /// Returns their number, 1 to 4.
    #[must_use]
    pub fn count(self) -> usize {
        self.slots().len()
    }

    /// Returns which of the four slots (red or grey, green, blue, alpha) are used, in stored order.
    #[must_use]
    pub fn slots(self) -> &'static [usize] {
        match (self.color, self.alpha) {
            (Color::Gray, false) => &[0],
            (Color::Gray, true) => &[0, 3],
            (Color::Rgb, false) => &[0, 1, 2],
            (Color::Rgb, true) => &[0, 1, 2, 3],
        }
    }
}

impl From<PixelFormat> for Channels {
    fn from(format: PixelFormat) -> Self {
        Self { color: format.color, alpha: format.has_alpha() }
    }
}

/// Pixels in memory, as one end of a pass sees them: `[height, width, channels]` and their meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Shape, strides and element type.
    pub layout: Layout,
    /// What is stored for each pixel.
    pub channels: Channels,
}

impl Plane {
    /// Returns the number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.layout.shape()[0]
    }

    /// Returns the number of pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layout.shape()[1]
    }
}

/// A pass with what rides on it: load, change, compute, change, store.
#[derive(Clone, Debug)]
pub struct PlannedPass {
    /// The op that the pass belongs to, for messages; `point ops` where it is a run of those.
    pub op: &'static str,
    /// Where pixels come from: the plan's source, or the destination of the pass before, seen
    /// through the view ops between them.
    pub src: Plane,
    /// Point twins that run on each pixel as it is loaded.
    pub load: Vec<Step>,
    /// The pass itself, or none where a run of point ops is all.
    pub pass: Option<Pass>,
    /// Point twins that run on each pixel before it is stored.
    pub store: Vec<Step>,
    /// Where pixels go: memory of its own, from offset 0.
    pub dst: Plane,
}

impl PlannedPass {
    /// Returns the channels that the pass twin works on.
    #[must_use]
    pub fn loaded(&self) -> Channels {
        self.load.last().map_or(self.src.channels, |step| step.output)
    }

    /// Returns whether this pass can go along with the one before, row by row: it reads its own row
    /// alone, and reads it as it was left.
    #[must_use]
    pub fn rides_on(&self, before: &Self) -> bool {
        let own_row = self.pass.as_ref().is_none_or(|pass| pass.reads == Reads::SameRow);
        own_row && self.src == before.dst
    }

    /// Returns the bytes read and written, each sample counted once.
    #[must_use]
    pub fn bytes_moved(&self) -> (usize, usize) {
        (self.src.layout.nbytes(), self.dst.layout.nbytes())
    }
}

/// What a device is given to run: passes in order, from one image to another.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The source, after the view ops that come before the first pass.
    pub source: ImageInfo,
    /// The passes. None where view ops are all.
    pub passes: Vec<PlannedPass>,
    /// The result: its layout looks into the last pass's destination, or into the source's memory
    /// where there is no pass.
    pub output: ImageInfo,
}

/// How a device wants pixels to lie between passes and at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// Between passes each row is a run of f32 for each channel; at the end pixels are packed.
    PlanarRows,
    /// Between passes pixels are four f32; at the end rows are padded to a multiple of 4 pixels,
    /// so that no two of a shader's invocations share a word.
    PaddedPixels,
}

impl Arrangement {
    /// Returns the layout of pixels that a later pass will read.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) or [`Error::Shape`](crate::Error::Shape) where the size
    /// is not addressable.
    pub fn between(self, height: usize, width: usize, channels: Channels) -> Result<Layout> {
        let count = channels.count();
        match self {
            Self::PlanarRows => {
                Layout::contiguous(DType::F32, &[height, count, width])?.permute(&[0, 2, 1])
            }
            Self::PaddedPixels => {
                Layout::contiguous(DType::F32, &[height, width, 4])?.slice(2, ..count)
            }
        }
    }

    /// Returns the layout of the result's pixels.
    ///
    /// # Errors
    /// As [`Arrangement::between`].
    pub fn last(
        self,
        height: usize,
        width: usize,
        channels: Channels,
        dtype: &DType,
    ) -> Result<Layout> {
        let count = channels.count();
        match self {
            Self::PlanarRows => Layout::contiguous(dtype.clone(), &[height, width, count]),
            Self::PaddedPixels => {
                let padded = width.next_multiple_of(4);
                Layout::contiguous(dtype.clone(), &[height, padded, count])?.slice(1, ..width)
            }
        }
    }
}

impl fmt::Display for PlannedPass {
    /// Writes the names of what runs, in order: `srgb_decode > resize_rows > srgb_encode`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.load.iter().map(|step| step.twin.name);
        let names = names.chain(self.pass.iter().map(|pass| pass.twin.name));
        let names: Vec<_> = names.chain(self.store.iter().map(|step| step.twin.name)).collect();
        f.write_str(&if names.is_empty() { "copy".to_owned() } else { names.join(" > ") })
    }
}
