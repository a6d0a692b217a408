//! A layer over a picture: the pass that `overlay`, `mask` and `text` share.
//!
//! Operators are those of Porter and Duff, "Compositing Digital Images", 1984, and the blend modes those of
//! W3C, "Compositing and Blending Level 1". A layer is a table in memory: pixels of four codes a word, of
//! four floats, or coverage of one colour. Where it lies, how often, and how large is settled on the host.
//! Each row is made of its own row, so that the pass rides along with its neighbours.

mod blend;
mod layer;
mod place;
mod rows;

pub use blend::Blend;
pub(crate) use layer::{Layer, LayerForm, coverage_words, picture_words};
pub use place::Shift;
pub(crate) use place::{Place, start};

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::twin::{Params, params};

params! {
    /// What the twins read beside the layer.
    pub struct CompositeParams {
        /// The shares of the layer, `x + y αb`, and of the picture, `z + w αs`.
        factors: [f32; 4],
        /// The colour of a layer that is coverage alone, straight.
        color: [f32; 4],
        /// Where the layer starts.
        left: i32,
        /// Where the layer starts.
        top: i32,
        /// The size of the layer.
        width: i32,
        /// The size of the layer.
        height: i32,
        /// How far it is to the next copy of the layer; 0 where it stands once.
        step_x: i32,
        /// How far it is to the next copy of the layer; 0 where it stands once.
        step_y: i32,
        /// What pixels are: see `LayerForm`.
        form: u32,
        /// What alpha of the layer is multiplied by.
        opacity: f32,
        /// Whether a pixel stays what it is where the layer has nothing.
        keeps: u32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: [u32; 3],
    }
}

/// A layer in its place, and how it is laid over a picture.
#[derive(Debug)]
pub(crate) struct Composite {
    pub(crate) layer: Layer,
    pub(crate) place: Place,
    pub(crate) blend: Blend,
    pub(crate) opacity: f32,
    pub(crate) light: Light,
}

impl Composite {
    /// Returns the pass over a picture.
    pub(crate) fn lower(self, input: &ImageInfo) -> Result<Lowered> {
        let Self { layer, place, blend, opacity, light } = self;
        let mode = blend.mode();
        let params = CompositeParams {
            factors: mode.factors,
            color: layer.color,
            left: place.left,
            top: place.top,
            width: place.width,
            height: place.height,
            step_x: place.step[0],
            step_y: place.step[1],
            form: layer.form as u32,
            opacity,
            keeps: u32::from(blend.keeps_what_is_not_covered()),
            padding: [0; 3],
        };
        let passes = vec![Pass {
            twin: mode.twin,
            params: Params::new(&params),
            tables: layer.words,
            size: [input.height(), input.width()],
            reads: Reads::SameRow,
            loops: 0,
            space: Space::straight(light),
        }];
        Ok(if blend.leaves_opaque() { Lowered::Passes(passes) } else { Lowered::WithAlpha(passes) })
    }
}
