//! Extend: a border around the picture.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Fill, ParamKind, ParamValue, Range};
use crate::op::pass::Lowered;
use crate::op::taps::Taps;
use crate::op::{separable, space};

/// How many pixels are added on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins {
    /// Above.
    pub top: u32,
    /// On the right.
    pub right: u32,
    /// Below.
    pub bottom: u32,
    /// On the left.
    pub left: u32,
}

impl Margins {
    /// The same on all sides.
    #[must_use]
    pub const fn all(pixels: u32) -> Self {
        Self { top: pixels, right: pixels, bottom: pixels, left: pixels }
    }

    /// The most pixels on a side: what a picture may have at most.
    const MOST: u32 = 65_535;
}

impl ParamValue for Margins {
    const KIND: ParamKind = ParamKind::Text(
        "1, 2 or 4 whole numbers up to 65535 like 8 or 8,16 or 8,16,8,16: all sides; top and bottom, \
         right and left; top, right, bottom, left",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["2,1,0,5", "3", "30,1", "0"].map(str::to_owned).to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let side = |text: &str| u32::parse(text).filter(|pixels| *pixels <= Self::MOST);
        let sides: Vec<u32> = text.split(',').map(side).collect::<Option<_>>()?;
        match sides[..] {
            [all] => Some(Self::all(all)),
            [y, x] => Some(Self { top: y, right: x, bottom: y, left: x }),
            [top, right, bottom, left] => Some(Self { top, right, bottom, left }),
            _ => None,
        }
    }

    fn print(&self) -> String {
        let Self { top, right, bottom, left } = self;
        if (top, right) != (bottom, left) {
            format!("{top},{right},{bottom},{left}")
        } else if top == right {
            top.to_string()
        } else {
            format!("{top},{right}")
        }
    }
}

op! {
    /// Adds a border to the picture.
    ///
    /// Pixels are copied as they are stored. With an edge other than `constant` the picture itself goes
    /// on into the border, as `numpy.pad` has it, however wide the border is.
    pub struct Extend: "extend", Pass {
        /// How many pixels are added on each side.
        by: Margins = Margins::all(0);
        /// What the border is made of.
        edge: Edge = Edge::Constant;
        /// The colour of a `constant` border; without alpha in the picture, its alpha is not used.
        background: Fill = Fill::BLACK;
    }
}

impl Op for Extend {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (w, h) = (input.width(), input.height());
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let axis = |length: usize, before: u32, after: u32| {
            let outputs = length + before as usize + after as usize;
            let mut taps = Taps::new(length, outputs);
            for at in (-i64::from(before)..).take(outputs) {
                taps.push(at, &[1.0], 1.0, self.edge);
            }
            taps
        };
        // Nothing is mixed, so pixels need not be turned into light and back.
        let space = space::stored(input.format);
        let passes = separable::passes(
            "extend",
            [h, w],
            &axis(h, self.by.top, self.by.bottom),
            &axis(w, self.by.left, self.by.right),
            self.background.working(space),
            space,
        )?;
        Ok(Lowered::Passes(passes))
    }
}
