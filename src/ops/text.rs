//! Text: words on the picture.

#[cfg(feature = "text")]
mod draw;
mod font;
#[cfg(feature = "text")]
mod lay_out;

pub use font::Font;

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::composite::Shift;
use crate::op::declare::op;
use crate::op::param::{Extent, Fill, Gravity, Light, choice};
use crate::op::pass::Lowered;

choice! {
    /// How lines of text lie beside each other.
    pub enum Align {
        /// Where the writing begins: on the left, or on the right where it runs that way.
        Start = "start",
        /// On the left.
        Left = "left",
        /// In the middle.
        Center = "center",
        /// On the right.
        Right = "right",
        /// As wide as the widest, the last line of a paragraph but.
        Justified = "justified",
    }
}

op! {
    /// Writes text on the picture.
    ///
    /// Text is shaped as its script and its font have it (ligatures, kerning, marks), in both directions of
    /// writing (Unicode Standard Annex 9), and broken into lines where Unicode Standard Annex 14 lets it, between
    /// signs where a word is too long. It is drawn by the outlines of its font, without hinting, as coverage that
    /// is then laid `over` the picture as `overlay` does it. What the font has no sign for is its empty box.
    ///
    /// Text with spaces is put in quotes: `text "Hello world" size=5%`, with `\n` for the end of a line.
    /// `bytelens batch` reads `font=@FILE`, TrueType or OpenType. Of no text, and of a picture too small to
    /// show any, nothing is drawn. Built without the feature `text` this is an error.
    pub struct Text: "text", Pass {
        /// The text.
        text: String = String::new();
        /// What it is drawn with.
        font: Font = Font::OPEN_SANS;
        /// How large it is: the height of a line without spacing, per cent being those of the picture's height.
        size: Extent = Extent::Percent(5.0);
        /// The colour of the text.
        color: Fill = Fill::WHITE;
        /// Where the block of lines lies.
        gravity: Gravity = Gravity::CENTER;
        /// How far it is moved from there, away from the edge that gravity is nearest to.
        offset: Shift = Shift::NONE;
        /// What its alpha is multiplied by.
        opacity: f32 = 1.0, in 0.0..=1.0 "";
        /// How wide lines may be, per cent being those of the picture's width.
        width: Extent = Extent::Percent(100.0);
        /// How lines lie in the block.
        align: Align = Align::Start;
        /// From line to line, in sizes.
        line_spacing: f32 = 1.2, in 0.1..=10.0 "";
        /// The colour behind the block.
        background: Fill = Fill::TRANSPARENT;
        /// How wide the line around each sign is, in per cent of the size; half of it is outside.
        stroke: f32 = 0.0, in 0.0..=100.0 "%";
        /// The colour of that line, which lies under the text.
        stroke_color: Fill = Fill::BLACK;
        /// In which numbers colours are mixed.
        light: Light = Light::Srgb;
    }
}

impl Op for Text {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let size = [input.width(), input.height()];
        if self.text.trim().is_empty() || self.opacity == 0.0 || size.contains(&0) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        #[cfg(feature = "text")]
        return draw::lower(self, input);
        #[cfg(not(feature = "text"))]
        Err(crate::error::Error::Unsupported {
            what: "text: drawing, in a build without it".to_owned(),
            instead: "build bytelens with the feature `text`".to_owned(),
        })
    }
}
