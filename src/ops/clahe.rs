//! CLAHE: contrast evened out from place to place.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::{Image, ImageInfo};
use crate::op::Op;
use crate::op::affine::LUMINANCE;
use crate::op::declare::op;
use crate::op::look::{self, Choice, Looks};
use crate::op::param::Light;
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

op! {
    /// Evens out contrast from place to place, within a limit.
    ///
    /// Looks at the picture first. Each tile has a curve that equalises its own tones; counts above `clip`
    /// times their mean are spread over all tones before, so that flat areas stay flat; between the middles
    /// of tiles curves blend (contrast limited adaptive histogram equalisation: Zuiderveld, in
    /// "Graphics Gems IV", 1994). On the luminance of encoded numbers, in 256 parts: what it gains or loses
    /// all channels do. Numbers beyond 0..1 keep their distance from it.
    pub struct Clahe: "clahe", Pass {
        /// The highest count of a tone, in multiples of the mean: higher means more contrast.
        clip: f32 = 2.0, in 1.0..=100.0 "";
        /// How many tiles there are each way.
        tiles: u32 = 8, in 1.0..=16.0 "";
    }
}

params! {
    /// What the twin reads beside its tables: two tiles and the share of the second for each column, then
    /// for each row, then the curves.
    pub struct ClaheParams {
        /// The share of each channel in the luminance.
        weights: [f32; 4],
        /// Tiles in a row.
        across: i32,
        /// Where rows begin in the tables.
        rows: i32,
        /// Where curves begin.
        curves: i32,
        /// Fills the block to a multiple of its alignment, as WGSL does.
        padding: i32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "clahe",
    wgsl: include_str!("../../shaders/clahe.wgsl"),
    params: ClaheParams::LAYOUT,
    rows: clahe,
};

/// Tones that are told apart.
const TONES: usize = 256;

/// Words for each column and row in the tables.
const ENTRY: usize = 3;

fn clahe(cx: &mut PassContext<'_>) {
    let params: ClaheParams = cx.pass.params.read();
    let width = cx.block.width();
    cx.copy_same_rows(width);
    let index = |number: i32| usize::try_from(number).unwrap_or(0);
    let tables = &cx.pass.tables;
    let entry = |at: usize| {
        let [first, second, share] =
            *tables[at..].first_chunk::<ENTRY>().expect("an entry for each");
        ([first as usize, second as usize], f32::from_bits(share))
    };
    let curves: &[f32] = bytemuck::cast_slice(&tables[index(params.curves)..]);
    let colors = if cx.block.channels().slots().len() < 3 { 1 } else { 3 };
    for row in 0..cx.block.rows() {
        let (tile_rows, down) = entry(index(params.rows) + (cx.first + row) * ENTRY);
        let [r, g, b, _] = cx.block.row_mut(row, 0..width, cx.level).slots;
        for x in 0..width {
            let (tile_columns, across) = entry(x * ENTRY);
            let luminance = if colors == 3 {
                let [red, green, blue, _] = params.weights;
                r[x] * red + g[x] * green + b[x] * blue
            } else {
                r[x]
            };
            let inside = luminance.clamp(0.0, 1.0);
            let at = inside * (TONES - 1) as f32;
            let before = whole(at).min(TONES - 2);
            let part = at - before as f32;
            let curve = |y: usize, x: usize| {
                let start =
                    (tile_rows[y] * index(params.across) + tile_columns[x]) * TONES + before;
                let [low, high] = *curves[start..].first_chunk().expect("a curve for each tile");
                low + (high - low) * part
            };
            let [above, below] = [0, 1].map(|y| {
                let (left, right) = (curve(y, 0), curve(y, 1));
                left + (right - left) * across
            });
            let gained = above + (below - above) * down - inside;
            r[x] += gained;
            if colors == 3 {
                g[x] += gained;
                b[x] += gained;
            }
        }
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(number: f32) -> usize {
    number as u32 as usize
}

impl Op for Clahe {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        look::not_yet(Self::SPEC)
    }

    fn looks(&self) -> Option<&dyn Looks> {
        Some(self)
    }
}

impl Looks for Clahe {
    fn choose(&self, image: &Image) -> Result<Choice> {
        let (w, h) = (image.width(), image.height());
        let [across, down] = [w, h].map(|side| side.clamp(1, self.tiles.max(1) as usize));
        let format = image.format();
        let (channels, alpha) = (format.channels(), format.has_alpha());
        let colors = channels - usize::from(alpha);
        let mut counts = vec![[0_u32; TONES]; across * down];
        #[expect(clippy::cast_possible_truncation, reason = "shares are about 1")]
        let weights = LUMINANCE.map(|weight| weight as f32);
        look::for_each_row(image, |y, row| {
            for (x, pixel) in row.chunks_exact(channels).enumerate() {
                let luminance = match pixel[..colors] {
                    [r, g, b] => r * weights[0] + g * weights[1] + b * weights[2],
                    _ => pixel[0],
                };
                if luminance.is_finite() && (!alpha || pixel[colors] > 0.0) {
                    let tone = whole(luminance.clamp(0.0, 1.0) * (TONES - 1) as f32 + 0.5);
                    counts[y * down / h * across + x * across / w][tone] += 1;
                }
            }
        })?;
        let mut tables: Vec<u32> = Vec::with_capacity((w + h) * ENTRY + counts.len() * TONES);
        push_places(&mut tables, w, across);
        push_places(&mut tables, h, down);
        for counts in &counts {
            tables.extend(curve(counts, f64::from(self.clip)).map(f32::to_bits));
        }
        let word = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let params = ClaheParams {
            weights: [weights[0], weights[1], weights[2], 0.0],
            across: word(across),
            rows: word(w * ENTRY),
            curves: word((w + h) * ENTRY),
            padding: 0,
        };
        let tables: Arc<[u32]> = tables.into();
        Ok(Choice::new(move |input| {
            let size = [input.height(), input.width()];
            if size != [h, w] {
                let [expected, got] = [[h, w], size].map(|[h, w]| format!("{w}x{h} pixels"));
                return Err(Error::shape("clahe: the picture it chose for", expected, got));
            }
            let pass = Pass {
                twin: &TWIN,
                params: Params::new(&params),
                tables: tables.clone(),
                size,
                reads: Reads::SameRow,
                loops: 0,
                space: Space::straight(Light::Srgb),
            };
            Ok(Lowered::Passes(if size.contains(&0) { Vec::new() } else { vec![pass] }))
        }))
    }
}

/// Adds for each place of a side the tiles whose middles it lies between, and the share of the second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held within the tiles"
)]
fn push_places(tables: &mut Vec<u32>, side: usize, tiles: usize) {
    for at in 0..side {
        let last = (tiles - 1) as f64;
        let place = ((at as f64 + 0.5) * tiles as f64 / side as f64 - 0.5).clamp(0.0, last);
        let first = place.floor();
        let second = (first + 1.0).min(last);
        tables.extend([first as u32, second as u32, ((place - first) as f32).to_bits()]);
    }
}

/// Returns the curve of a tile: the share of its samples up to each tone, once no tone has too many.
fn curve(counts: &[u32; TONES], clip: f64) -> [f32; TONES] {
    let total: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    let most = clip * total / TONES as f64;
    let over: f64 = counts.iter().map(|count| (f64::from(*count) - most).max(0.0)).sum();
    let mut sum = 0.0;
    std::array::from_fn(|tone| {
        sum += f64::from(counts[tone]).min(most) + over / TONES as f64;
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let share = if total > 0.0 { sum / total } else { tone as f64 / (TONES - 1) as f64 } as f32;
        share
    })
}
