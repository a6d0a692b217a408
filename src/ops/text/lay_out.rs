//! Text to outlines: shaping, lines, and where each sign stands.

use std::sync::Arc;

use cosmic_text::{
    Attrs, Buffer, CacheKeyFlags, Family, FontSystem, Metrics, Shaping, SwashCache, Wrap, fontdb,
};
use zeno::{Command, Vector};

use super::{Align, Text};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// The font that comes along: its licence is beside it.
static OPEN_SANS: &[u8] = include_bytes!("../../../assets/fonts/OpenSans-Regular.ttf");

/// A block of lines.
pub(super) struct Block {
    /// Width and height, in pixels.
    pub(super) size: [f32; 2],
    /// The size of the font, in pixels.
    pub(super) font_size: f32,
    /// The outlines of all signs, from the block's upper left, y downwards.
    pub(super) outlines: Vec<Command>,
}

/// Lays text out for a picture of a size.
pub(super) fn lay_out(op: &Text, outer: [usize; 2]) -> Result<Block> {
    let font_size = op.size.of(outer[1]);
    Limits::default().check_size("text: the size", font_size as u64, 1)?;
    let mut fonts = fonts(op)?;
    let attrs = attrs(&fonts)?;
    let attrs = attrs.as_attrs();
    let font_size = font_size as f32;
    let mut buffer = Buffer::new_empty(Metrics::new(font_size, font_size * op.line_spacing));
    buffer.set_wrap(Wrap::WordOrGlyph);
    buffer.set_size(Some(op.width.of(outer[0]) as f32), None);
    buffer.set_text(&op.text, &attrs, Shaping::Advanced, None);
    buffer.shape_until_scroll(&mut fonts, false);
    let measured = |buffer: &Buffer| {
        buffer.layout_runs().fold((0, [0.0_f32; 2]), |(lines, [w, h]), run| {
            (lines + 1, [w.max(run.line_w), h.max(run.line_top + run.line_height)])
        })
    };
    // Lines are as wide as the widest; where the text runs from the right they start there.
    let (lines, size) = measured(&buffer);
    let align = match op.align {
        Align::Start => None,
        Align::Left => Some(cosmic_text::Align::Left),
        Align::Center => Some(cosmic_text::Align::Center),
        Align::Right => Some(cosmic_text::Align::Right),
        Align::Justified => Some(cosmic_text::Align::Justified),
    };
    // Should rounding break a line that was none before, a little more keeps it whole.
    for more in [0.0, 0.01, 1.0] {
        buffer.set_size(Some(size[0] + more), None);
        buffer.set_text(&op.text, &attrs, Shaping::Advanced, align);
        buffer.shape_until_scroll(&mut fonts, false);
        if measured(&buffer).0 == lines {
            break;
        }
    }
    Ok(Block { size, font_size, outlines: outlines(&buffer, &mut fonts) })
}

/// Makes a collection of the one font.
fn fonts(op: &Text) -> Result<FontSystem> {
    let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = match op.font.bytes() {
        None => Arc::new(OPEN_SANS),
        Some(bytes) => Arc::new(bytes.to_vec()),
    };
    let mut database = fontdb::Database::new();
    database.load_font_source(fontdb::Source::Binary(bytes));
    // The language decides which fonts are looked for next; there are none.
    Ok(FontSystem::new_with_locale_and_db("en".to_owned(), database))
}

/// Names the font, and sees that it can be read.
fn attrs(fonts: &FontSystem) -> Result<cosmic_text::AttrsOwned> {
    let damaged = || Error::Decode {
        format: "font",
        problem: "it is damaged, or neither TrueType nor OpenType; give another file by font=@FILE"
            .to_owned(),
    };
    let face = fonts.db().faces().next().ok_or_else(damaged)?;
    let (name, _) = face.families.first().ok_or_else(damaged)?;
    let attrs = Attrs::new().family(Family::Name(name)).style(face.style).stretch(face.stretch);
    let attrs = attrs.weight(face.weight).cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
    Ok(cosmic_text::AttrsOwned::new(&attrs))
}

/// Returns the outlines of all signs in their places.
fn outlines(buffer: &Buffer, fonts: &mut FontSystem) -> Vec<Command> {
    let mut cache = SwashCache::new();
    let mut outlines = Vec::new();
    for run in buffer.layout_runs() {
        for glyph in run.glyphs {
            let x = glyph.x + glyph.font_size * glyph.x_offset;
            let y = run.line_y + glyph.y - glyph.font_size * glyph.y_offset;
            let at = |point: &Vector| Vector::new(x + point.x, y - point.y);
            let key = glyph.physical((0.0, 0.0), 1.0).cache_key;
            let commands = cache.get_outline_commands(fonts, key).unwrap_or_default();
            outlines.extend(commands.iter().map(|command| match command {
                Command::MoveTo(to) => Command::MoveTo(at(to)),
                Command::LineTo(to) => Command::LineTo(at(to)),
                Command::QuadTo(by, to) => Command::QuadTo(at(by), at(to)),
                Command::CurveTo(a, b, to) => Command::CurveTo(at(a), at(b), at(to)),
                Command::Close => Command::Close,
            }));
        }
    }
    outlines
}
