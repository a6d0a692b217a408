//! Sobel: where a picture changes, and how much.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};
use crate::op::window;
use crate::simd;

op! {
    /// Shows edges: the length of the slope at each pixel.
    ///
    /// `v' = sqrt(x² + y²) * scale`, where `x` and `y` are the slopes by Sobel's weights 1 2 1, divided by
    /// 4 (Duda and Hart, "Pattern Classification and Scene Analysis", 1973, 7.3). At the default scale the
    /// longest slope there can be, on a diagonal, stays below 1.07, and a straight edge from black to white
    /// is 0.71, as `skimage.filters.sobel` has it. Each channel by itself; alpha stays.
    pub struct Sobel: "sobel", Pass {
        /// What the length is multiplied by.
        scale: f32 = std::f32::consts::FRAC_1_SQRT_2, in 0.0..=100.0 "";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct SobelParams {
        /// What the length of the sums is multiplied by.
        scale: f32,
        /// The height of the picture.
        height: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "sobel",
    wgsl: concat!(
        include_str!("../../shaders/sobel.wgsl"),
        include_str!("../../shaders/lib/window.wgsl")
    ),
    params: SobelParams::LAYOUT,
    rows: sobel,
};

fn sobel(cx: &mut PassContext<'_>) {
    let SobelParams { scale, .. } = cx.pass.params.read();
    let alpha = cx.block.channels().alpha;
    let slots = cx.block.channels().count();
    let mut done = 0;
    let rows = cx.block.rows();
    window::for_each_row(cx, [1; 2], |level, window, out| {
        let [above, own, below] = window else { return };
        // Channels come one after the other, alpha last.
        if alpha && done / rows == slots - 1 {
            out.copy_from_slice(&own[1..=out.len()]);
        } else {
            simd::sobel_windows(level, out, [above, own, below], scale);
        }
        done += 1;
    });
}

impl Op for Sobel {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.height(), input.width()];
        if size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let height = i32::try_from(size[0]).unwrap_or(i32::MAX);
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&SobelParams { scale: self.scale / 4.0, height }),
            tables: window::table("sobel", size, [1; 2], self.edge)?.into(),
            size,
            reads: window::reads(1, self.edge),
            loops: 9,
            space: Space::straight(self.light),
        }]))
    }
}
