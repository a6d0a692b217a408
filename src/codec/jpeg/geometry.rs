//! How large everything is at a scale.
//!
//! The rules are libjpeg's (`jdmaster`): each component is transformed at a size of its own, so that
//! chroma that is stored at half the resolution comes out at full resolution where luminance is halved.

#![expect(clippy::cast_possible_truncation, reason = "places and rows are below 64")]

use super::frame::Frame;
use super::structure::Structure;

/// A part of the full size that a picture can be decoded at, for much less than the full work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// All pixels.
    #[default]
    Full,
    /// Half the width and half the height.
    Half,
    /// A quarter of each.
    Quarter,
    /// An eighth of each: the mean of each block.
    Eighth,
}

impl Scale {
    /// All scales, the largest first.
    pub const ALL: [Self; 4] = [Self::Full, Self::Half, Self::Quarter, Self::Eighth];

    /// Returns the samples on a side of an 8x8 block at this scale.
    pub(super) fn block_side(self) -> usize {
        match self {
            Self::Full => 8,
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }

    /// Returns the length that a side has at this scale: no pixel is lost, so that it is rounded up.
    #[must_use]
    pub fn of(self, side: usize) -> usize {
        (side.saturating_mul(self.block_side())).div_ceil(8)
    }

    /// Returns the smallest scale at which both sides are still at least `factor` times the wanted ones.
    pub(super) fn reaching(size: (usize, usize), wanted: (usize, usize), factor: usize) -> Self {
        let reaches = |scale: &Self| {
            scale.of(size.0) >= wanted.0.saturating_mul(factor)
                && scale.of(size.1) >= wanted.1.saturating_mul(factor)
        };
        Self::ALL.into_iter().rev().find(reaches).unwrap_or_default()
    }
}

/// The order of coefficients in the stream: where the k-th is, row by row (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A component at a scale.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    /// The samples on a side of a block: 8, 4, 2 or 1.
    pub(super) side: usize,
    /// The blocks of a unit, across and down.
    pub(super) h: usize,
    pub(super) v: usize,
    /// The samples of the component that are of the picture; those beyond fill up blocks.
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) places: Places,
}

/// All components at a scale.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    /// The decoded picture.
    pub(super) width: usize,
    pub(super) height: usize,
    /// The columns and rows of units.
    pub(super) units: (usize, usize),
    /// The pixels of a unit, across and down.
    pub(super) unit_pixels: (usize, usize),
    pub(super) planes: Vec<Plane>,
}

impl Geometry {
    /// Works out all sizes.
    pub(super) fn new(structure: &Structure<'_>, scale: Scale) -> Self {
        Self::of_frame(&structure.frame, |number| structure.factors(number), scale)
    }

    /// Works out all sizes of a frame whose components have these factors, in zigzag order.
    pub(super) fn of_frame(
        frame: &Frame,
        factors: impl Fn(usize) -> [u16; 64],
        scale: Scale,
    ) -> Self {
        let (h_max, v_max) = frame.max_sampling();
        let smallest = scale.block_side();
        let plane = |number: usize| {
            let component = &frame.components[number];
            let side = block_side(frame, number, smallest);
            Plane {
                side,
                h: component.h,
                v: component.v,
                width: (frame.width * component.h * side).div_ceil(h_max * 8),
                height: (frame.height * component.v * side).div_ceil(v_max * 8),
                places: Places::new(&factors(number), side),
            }
        };
        Self {
            width: scale.of(frame.width),
            height: scale.of(frame.height),
            units: frame.units(),
            unit_pixels: (h_max * smallest, v_max * smallest),
            planes: (0..frame.components.len()).map(plane).collect(),
        }
    }
}

/// Returns the samples on a side of a component's blocks: as many as spare it being upsampled later.
fn block_side(frame: &Frame, component: usize, smallest: usize) -> usize {
    let (h_max, v_max) = frame.max_sampling();
    let one = &frame.components[component];
    let mut side = smallest;
    while side < 8
        && (h_max * smallest).is_multiple_of(one.h * side * 2)
        && (v_max * smallest).is_multiple_of(one.v * side * 2)
    {
        side *= 2;
    }
    side
}

/// Where coefficients go as they come from the stream, and what they are multiplied by.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// For each place in zigzag order, and as many beyond as a damaged run may name.
    of: [Place; 128],
    /// The last place in zigzag order that is wanted.
    pub(super) last: usize,
}

/// The place of one coefficient: the index in its block, the bit of its row, and its factor.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place(u32);

impl Place {
    #[inline(always)]
    pub(super) fn index(self) -> usize {
        (self.0 & 63) as usize
    }

    /// The bits of rows, of several places that were joined by "or".
    #[inline(always)]
    pub(super) fn marks(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    #[inline(always)]
    pub(super) fn factor(self) -> i16 {
        (self.0 >> 16) as i16
    }

    #[inline(always)]
    pub(super) fn joined(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Places {
    /// Makes the places for blocks of `side` samples. A coefficient that is not wanted goes where the
    /// first one is written after all others.
    pub(super) fn new(factors: &[u16; 64], side: usize) -> Self {
        let mut of = [Place::default(); 128];
        let mut last = 0;
        for (k, place) in ZIGZAG.iter().enumerate() {
            let (row, column) = (usize::from(place / 8), usize::from(place % 8));
            if row < side && column < side {
                let index = (row * side + column) as u32;
                of[k] = Place(index | 0x100 << row | u32::from(factors[k]) << 16);
                last = k;
            }
        }
        Self { of, last }
    }

    /// Returns the place of the k-th coefficient.
    #[inline(always)]
    pub(super) fn at(&self, k: usize) -> Place {
        self.of[k & 127]
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, ZIGZAG};

    #[test]
    fn the_scale_is_the_smallest_that_is_large_enough() {
        let rows = [
            ((6000, 4000), (512, 512), Scale::Half),
            ((6000, 4000), (512, 340), Scale::Quarter),
            ((6000, 4000), (300, 200), Scale::Eighth),
            ((6000, 4000), (375, 250), Scale::Eighth),
            ((6000, 4000), (376, 250), Scale::Quarter),
            ((1000, 1000), (501, 1), Scale::Full),
            ((9, 9), (1, 1), Scale::Eighth),
            ((8, 8), (1, 1), Scale::Quarter),
            ((8, 8), (0, 0), Scale::Eighth),
            ((8, 8), (usize::MAX, 1), Scale::Full),
        ];
        for (size, wanted, scale) in rows {
            assert_eq!(Scale::reaching(size, wanted, 2), scale, "{size:?} to {wanted:?}");
        }
    }

    #[test]
    fn zigzag_names_each_place_once_and_walks_along_diagonals() {
        let mut seen = [false; 64];
        for pair in ZIGZAG.windows(2) {
            let diagonal = |place: u8| place / 8 + place % 8;
            assert!(diagonal(pair[1]) - diagonal(pair[0]) <= 1, "{pair:?}");
        }
        ZIGZAG.iter().for_each(|place| seen[usize::from(*place)] = true);
        assert!(seen.iter().all(|one| *one));
    }
}
