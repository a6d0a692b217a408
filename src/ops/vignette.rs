//! Vignette: dark corners, or light ones.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

op! {
    /// Darkens the picture towards its corners.
    ///
    /// `v' = v (1 - amount s(t))` with `t` running from 0 at `start` to 1 in the corners, as distance from
    /// the middle goes, and `s(t) = t² (3 - 2t)`, the `smoothstep` of the OpenGL shading language. A
    /// negative amount lightens, and so takes a lens's own vignette away.
    pub struct Vignette: "vignette", Pass {
        /// How much of the light is gone in the corners.
        amount: f32 = 0.5, in -1.0..=1.0 "";
        /// Where it begins: 0 is the middle, 1 the corners.
        start: f32 = 0.25, in 0.0..=0.99 "";
        /// In which numbers.
        light: Light = Light::Linear;
    }
}

params! {
    /// What the twin reads beside its tables: the square of the distance from the middle for each column,
    /// then for each row, half the diagonal being 1.
    pub struct VignetteParams {
        /// How much is gone in the corners.
        amount: f32,
        /// Where it begins.
        start: f32,
        /// What distances beyond that are multiplied by.
        scale: f32,
        /// The width of the picture.
        width: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "vignette",
    wgsl: include_str!("../../shaders/vignette.wgsl"),
    params: VignetteParams::LAYOUT,
    rows: vignette,
};

fn vignette(cx: &mut PassContext<'_>) {
    let VignetteParams { amount, start, scale, .. } = cx.pass.params.read();
    cx.copy_same_rows(cx.block.width());
    let squares: &[f32] = bytemuck::cast_slice(&cx.pass.tables);
    let (columns, rows) = squares.split_at(cx.block.width());
    for row in 0..cx.block.rows() {
        let down = rows[cx.first + row];
        let factors = columns.iter().map(|across| {
            let t = (((across + down).sqrt() - start) * scale).clamp(0.0, 1.0);
            1.0 - amount * t * t * (3.0 - 2.0 * t)
        });
        cx.scratch.resize(cx.block.width());
        cx.scratch.iter_mut().zip(factors).for_each(|(kept, factor)| *kept = factor);
        for slot in cx.block.channels().slots().iter().filter(|slot| **slot < 3) {
            let samples = cx.block.plane_mut(row, *slot).iter_mut();
            samples.zip(cx.scratch.iter()).for_each(|(sample, factor)| *sample *= factor);
        }
    }
}

impl Op for Vignette {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        if self.amount == 0.0 || h == 0 || w == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let diagonal = (w as f64).hypot(h as f64) / 2.0;
        let squares = |side: usize| {
            (0..side).map(move |at| ((at as f64 + 0.5 - side as f64 / 2.0) / diagonal).powi(2))
        };
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let tables = squares(w).chain(squares(h)).map(|square| (square as f32).to_bits()).collect();
        let params = VignetteParams {
            amount: self.amount,
            start: self.start,
            scale: 1.0 / (1.0 - self.start),
            width: i32::try_from(w).unwrap_or(i32::MAX),
        };
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&params),
            tables,
            size: [h, w],
            reads: Reads::SameRow,
            loops: 0,
            space: Space::straight(self.light),
        }]))
    }
}
