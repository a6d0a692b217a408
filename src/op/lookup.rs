//! A table for each colour channel, numbers between its entries in proportion: the pass that ops share
//! whose curve has no formula.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::param::Light;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

/// A curve as a table: its first entry stands for `low`, its last for `high`. Beyond them it stays level.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The number that the first entry is for.
    pub low: f64,
    /// The number that the last entry is for; above `low`.
    pub high: f64,
    /// Two entries or more.
    pub entries: Vec<f32>,
}

params! {
    /// What the twin reads beside its tables: the entries of each channel, one after the other.
    pub struct LookupParams {
        /// The number of the first entry, for red or grey, green and blue.
        low: [f32; 4],
        /// What the distance from it is multiplied by.
        scale: [f32; 4],
        /// The number of the last entry.
        last: [f32; 4],
        /// Where entries begin.
        starts: [f32; 4],
    }
}

static TWIN: PassTwin = PassTwin {
    name: "lookup",
    wgsl: include_str!("../../shaders/lib/lookup.wgsl"),
    params: LookupParams::LAYOUT,
    rows: lookup,
};

/// Returns the pass that runs each channel through its curve, or all through the one that is given; a
/// channel without one stays as it is.
///
/// # Errors
/// None: it is lowered like any other.
pub fn lower(curves: &[Option<Curve>], input: &ImageInfo, light: Light) -> Result<Lowered> {
    let [h, w] = [input.height(), input.width()];
    if h == 0 || w == 0 || curves.iter().all(Option::is_none) {
        return Ok(Lowered::Passes(Vec::new()));
    }
    let mut params =
        LookupParams { low: [0.0; 4], scale: [0.0; 4], last: [0.0; 4], starts: [0.0; 4] };
    let mut tables: Vec<u32> = Vec::new();
    for channel in 0..3 {
        let at = channel.min(curves.len() - 1);
        // A scale of nothing stands for no curve.
        let Some(curve) = &curves[at] else { continue };
        let last = (curve.entries.len() - 1) as f64;
        let numbers = [curve.low, last / (curve.high - curve.low), last];
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let [low, scale, last] = numbers.map(|number| number as f32);
        (params.low[channel], params.scale[channel], params.last[channel]) = (low, scale, last);
        if at == channel {
            params.starts[channel] = tables.len() as f32;
            tables.extend(curve.entries.iter().map(|entry| entry.to_bits()));
        } else {
            params.starts[channel] = params.starts[at];
        }
    }
    Ok(Lowered::Passes(vec![Pass {
        twin: &TWIN,
        params: Params::new(&params),
        tables: tables.into(),
        size: [h, w],
        reads: Reads::SameRow,
        loops: 0,
        space: Space::straight(light),
    }]))
}

fn lookup(cx: &mut PassContext<'_>) {
    let params: LookupParams = cx.pass.params.read();
    cx.copy_same_rows(cx.block.width());
    let tables: &[f32] = bytemuck::cast_slice(&cx.pass.tables);
    for row in 0..cx.block.rows() {
        for slot in cx.block.channels().slots().iter().filter(|slot| **slot < 3) {
            let [low, scale, last] =
                [params.low, params.scale, params.last].map(|numbers| numbers[*slot]);
            if scale == 0.0 {
                continue;
            }
            let entries = &tables[whole(params.starts[*slot])..][..=whole(last)];
            for sample in cx.block.plane_mut(row, *slot) {
                let at = ((*sample - low) * scale).max(0.0).min(last);
                let before = whole(at.min(last - 1.0));
                let [a, b] = *entries[before..].first_chunk().expect("not the last entry");
                *sample = a + (b - a) * (at - before as f32);
            }
        }
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(number: f32) -> usize {
    number as u32 as usize
}
