//! Outlines to a layer: coverage of one colour, or pixels where there is more than one.

use std::sync::Arc;

use zeno::{Command, Fill as FillRule, Join, Mask, Stroke, Vector};

use super::Text;
use super::lay_out::{Block, lay_out};
use crate::error::Result;
use crate::image::{Color, ImageInfo};
use crate::op::composite::{self, Blend, Composite, Layer, LayerForm, Place};
use crate::op::param::{Fill, Light};
use crate::op::pass::{Lowered, Space};
use crate::op::picture::{Pixels, Samples};

/// The part of a picture that a block of text can reach.
struct Window {
    /// Its left and top in the picture.
    start: [usize; 2],
    size: [usize; 2],
    /// Where the block starts in it.
    block: [f32; 2],
}

pub(super) fn lower(op: &Text, input: &ImageInfo) -> Result<Lowered> {
    let outer = [input.width(), input.height()];
    let block = lay_out(op, outer)?;
    let Some(window) = window(op, &block, outer) else {
        return Ok(Lowered::Passes(Vec::new()));
    };
    let gray = input.format.color == Color::Gray;
    let outlines: Vec<_> = block.outlines.iter().map(|c| moved(*c, window.block)).collect();
    let fill = coverage(&outlines, window.size, FillRule::NonZero);
    let is_plain = op.stroke == 0.0 && op.background.rgba[3] == 0;
    let layer = if is_plain {
        let color = color_of(op.color, gray, op.light);
        let words = composite::coverage_words(&Samples::Codes(fill));
        Layer { form: LayerForm::CoverageCodes, words, color }
    } else {
        layer_of(&painted(op, &block, &window, &outlines, &fill), gray, op.light)
    };
    let word = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let [[left, top], [width, height]] = [window.start, window.size].map(|pair| pair.map(word));
    let place = Place { left, top, width, height, step: [0; 2] };
    let (opacity, light) = (op.opacity, op.light);
    Composite { layer, place, blend: Blend::Over, opacity, light }.lower(input)
}

/// Returns the part of the picture that the block reaches; none where it is outside.
fn window(op: &Text, block: &Block, outer: [usize; 2]) -> Option<Window> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths are positive"
    )]
    let inner = block.size.map(|side| side.ceil() as usize);
    let starts = [
        composite::start(op.gravity.x, op.offset.x, outer[0], inner[0]),
        composite::start(op.gravity.y, op.offset.y, outer[1], inner[1]),
    ];
    // Slanted signs, swashes and strokes reach beyond their lines, and the ink says how far.
    let reach = block.font_size * op.stroke / 200.0 * 4.0 + 1.0;
    let (mut low, mut high) = ([0.0_f32; 2], block.size);
    for point in block.outlines.iter().flat_map(points) {
        for (axis, at) in [point.x, point.y].into_iter().enumerate() {
            low[axis] = low[axis].min(at - reach);
            high[axis] = high[axis].max(at + reach);
        }
    }
    let side = |axis: usize| {
        let edge = |at: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is clamped"
            )]
            let inside = at.clamp(0.0, outer[axis] as f64) as usize;
            inside
        };
        let start = starts[axis] as f64;
        let from = edge((start + f64::from(low[axis])).floor());
        let to = edge((start + f64::from(high[axis])).ceil());
        #[expect(clippy::cast_possible_truncation, reason = "positions are f32 for the rasteriser")]
        let block = (start - from as f64) as f32;
        (from < to).then_some((from, to - from, block))
    };
    let ((left, width, x), (top, height, y)) = (side(0)?, side(1)?);
    Some(Window { start: [left, top], size: [width, height], block: [x, y] })
}

fn points(command: &Command) -> impl Iterator<Item = Vector> {
    let points = match *command {
        Command::MoveTo(to) | Command::LineTo(to) => [Some(to), None, None],
        Command::QuadTo(by, to) => [Some(by), Some(to), None],
        Command::CurveTo(a, b, to) => [Some(a), Some(b), Some(to)],
        Command::Close => [None; 3],
    };
    points.into_iter().flatten()
}

fn moved(command: Command, by: [f32; 2]) -> Command {
    let at = |point: Vector| Vector::new(point.x + by[0], point.y + by[1]);
    match command {
        Command::MoveTo(to) => Command::MoveTo(at(to)),
        Command::LineTo(to) => Command::LineTo(at(to)),
        Command::QuadTo(c, to) => Command::QuadTo(at(c), at(to)),
        Command::CurveTo(a, b, to) => Command::CurveTo(at(a), at(b), at(to)),
        Command::Close => Command::Close,
    }
}

/// Returns how much of each pixel outlines cover, filled or drawn.
fn coverage<'a>(
    outlines: &[Command],
    size: [usize; 2],
    style: impl Into<zeno::Style<'a>>,
) -> Vec<u8> {
    let [width, height] = size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut codes = vec![0; size[0] * size[1]];
    Mask::new(outlines).style(style).size(width, height).render_into(&mut codes, None);
    codes
}

/// Returns pixels of background, stroke and text over each other, straight.
fn painted(op: &Text, block: &Block, window: &Window, outlines: &[Command], fill: &[u8]) -> Pixels {
    let [width, height] = window.size;
    let stroke = if op.stroke > 0.0 {
        let mut stroke = Stroke::new(block.font_size * op.stroke / 100.0);
        stroke.join(Join::Round);
        coverage(outlines, window.size, stroke)
    } else {
        vec![0; width * height]
    };
    let behind = |at: usize| {
        let (x, y) = (
            (at % width) as f32 + 0.5 - window.block[0],
            (at / width) as f32 + 0.5 - window.block[1],
        );
        let is_inside = x > 0.0 && y > 0.0 && x < block.size[0].ceil() && y < block.size[1].ceil();
        u8::from(is_inside) * 255
    };
    let mut codes = Vec::with_capacity(width * height * 4);
    for at in 0..width * height {
        let mut pixel = [0.0; 4];
        for (color, share) in
            [(op.background, behind(at)), (op.stroke_color, stroke[at]), (op.color, fill[at])]
        {
            pixel = over(
                pixel,
                color.rgba.map(|code| f32::from(code) / 255.0),
                f32::from(share) / 255.0,
            );
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        codes.extend(pixel.map(|number| (number * 255.0).round_ties_even() as u8));
    }
    Pixels { width, height, channels: 4, samples: Samples::Codes(codes) }
}

/// A colour over a pixel, both straight.
fn over(under: [f32; 4], color: [f32; 4], share: f32) -> [f32; 4] {
    let own = color[3] * share;
    let rest = under[3] * (1.0 - own);
    let alpha = own + rest;
    if alpha <= 0.0 {
        return [0.0; 4];
    }
    let [r, g, b] = [0, 1, 2].map(|c| (own * color[c] + rest * under[c]) / alpha);
    [r, g, b, alpha]
}

fn layer_of(pixels: &Pixels, gray: bool, light: Light) -> Layer {
    let pixels = if gray { &pixels.gray() } else { pixels };
    let words: Arc<[u32]> = composite::picture_words(pixels, light);
    Layer { form: LayerForm::of_picture(pixels, light), words, color: [0.0; 4] }
}

/// Returns a colour in working numbers; in grey by its luminance.
fn color_of(color: Fill, gray: bool, light: Light) -> [f32; 4] {
    let [r, g, b, a] = color.working(Space::straight(light));
    if !gray {
        return [r, g, b, a];
    }
    let one =
        Pixels { width: 1, height: 1, channels: 4, samples: Samples::Codes(color.rgba.to_vec()) };
    let code = match one.gray().samples {
        Samples::Codes(codes) => codes[0],
        Samples::Numbers(_) => 0,
    };
    Fill { rgba: [code, code, code, color.rgba[3]] }.working(Space::straight(light))
}
