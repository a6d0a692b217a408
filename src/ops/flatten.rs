//! Flatten: a picture with alpha on a ground of one colour.

use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Fill, Light};
use crate::op::pass::{Lowered, Point, Space};
use crate::op::twin::{PointTwin, params, point_twin};

op! {
    /// Lays the picture on a colour, and drops alpha.
    ///
    /// `v' = v * a + background * (1 - a)`: "over" of Porter and Duff, "Compositing Digital Images",
    /// 1984, in linear light. The background's own alpha is not used. A picture without alpha stays as
    /// it is; a grey one becomes coloured where the background is.
    pub struct Flatten: "flatten", Point {
        /// What shows where the picture does not.
        background: Fill = Fill::BLACK;
        /// In which numbers both are mixed.
        light: Light = Light::Linear;
    }
}

params! {
    /// What the twin reads.
    pub struct FlattenParams {
        /// What shows where the picture does not; the fourth is unused.
        background: [f32; 4],
    }
}

static TWIN: PointTwin = point_twin!(flatten, FlattenParams, "flatten.wgsl");

fn flatten([r, g, b, a]: [f32; 4], params: &FlattenParams) -> [f32; 4] {
    let [red, green, blue, _] = params.background;
    let rest = 1.0 - a;
    [r + red * rest, g + green * rest, b + blue * rest, 1.0]
}

impl Op for Flatten {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if !input.format.has_alpha() {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let [red, green, blue, _] = self.background.rgba;
        let colors = red != green || red != blue;
        let params =
            FlattenParams { background: self.background.working(Space::straight(self.light)) };
        let point = Point::new(&TWIN, &params, Space::premultiplied(self.light));
        Ok(Point { color: colors.then_some(Color::Rgb), alpha: Some(false), ..point }.into())
    }
}
