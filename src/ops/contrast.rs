//! Contrast: distance from middle grey.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{Params, PointTwin, params, point_twin};
use crate::op::Op;

op! {
    /// Moves each pixel away from middle grey, or towards it.
    ///
    /// `v' = (v - m) * factor + m`, where `m` is 0.5 in sRGB-encoded numbers and the light of that
    /// grey, 0.214, with `light=linear`. A tone curve is a matter of how a picture looks, so encoded
    /// numbers are the default; so does the CSS filter of this name.
    pub struct Contrast: "contrast", Point {
        /// What the distance is multiplied by: 0 leaves plain grey, 1 changes nothing.
        factor: f32 = 1.0, in 0.0..=100.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct ContrastParams {
        /// What the distance from the pivot is multiplied by.
        factor: f32,
        /// Middle grey.
        pivot: f32,
    }
}

static TWIN: PointTwin = point_twin!(contrast, ContrastParams, "contrast.wgsl");

fn contrast([r, g, b, a]: [f32; 4], params: &ContrastParams) -> [f32; 4] {
    let away = |v: f32| (v - params.pivot) * params.factor + params.pivot;
    [away(r), away(g), away(b), a]
}

/// The light of an encoded 0.5: `((0.5 + 0.055) / 1.055) ^ 2.4`.
const MIDDLE_LIGHT: f32 = 0.214_041_14;

impl Op for Contrast {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let pivot = match self.light {
            Light::Srgb => 0.5,
            Light::Linear => MIDDLE_LIGHT,
        };
        Ok(Lowered::Point(Point {
            twin: &TWIN,
            params: Params::new(&ContrastParams { factor: self.factor, pivot }),
            space: Space::straight(self.light),
            color: None,
            alpha: None,
        }))
    }
}
