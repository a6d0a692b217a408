//! A colour as a parameter.

use super::{Light, ParamKind, ParamValue, Range, samples};
use crate::op::pass::Space;
use crate::simd::srgb_to_light;

/// A colour to fill with, in straight sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Red, green, blue and alpha, 0 to 255.
    pub rgba: [u8; 4],
}

impl Fill {
    /// Opaque black.
    pub const BLACK: Self = Self { rgba: [0, 0, 0, 255] };

    /// Opaque white.
    pub const WHITE: Self = Self { rgba: [255, 255, 255, 255] };

    /// Nothing.
    pub const TRANSPARENT: Self = Self { rgba: [0; 4] };

    const NAMES: [(&'static str, [u8; 4]); 3] =
        [("black", [0, 0, 0, 255]), ("white", [255, 255, 255, 255]), ("transparent", [0, 0, 0, 0])];

    /// Returns the colour in the numbers that an op computes in.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "working numbers are f32")]
    pub fn working(self, space: Space) -> [f32; 4] {
        let [.., alpha] = self.rgba.map(|code| f64::from(code) / 255.0);
        let mut working = self.rgba.map(|code| {
            let value = f64::from(code) / 255.0;
            let value = if space.light == Light::Linear { srgb_to_light(value) } else { value };
            (if space.premultiplied { value * alpha } else { value }) as f32
        });
        working[3] = alpha as f32;
        working
    }
}

impl ParamValue for Fill {
    const KIND: ParamKind =
        ParamKind::Text("black, white, transparent, or hex digits like #f80, #ff8800 or #ff880080");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["#ff880080", "white", "transparent"])
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, rgba)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Some(Self { rgba: *rgba });
        }
        let digits = text.strip_prefix('#')?.chars().map(|digit| digit.to_digit(16));
        let digits: Vec<u8> =
            digits.map(|digit| u8::try_from(digit?).ok()).collect::<Option<_>>()?;
        let rgba = match digits[..] {
            [r, g, b] => [r * 17, g * 17, b * 17, 255],
            [r, s, g, h, b, c] => [r * 16 + s, g * 16 + h, b * 16 + c, 255],
            [r, s, g, h, b, c, a, d] => [r * 16 + s, g * 16 + h, b * 16 + c, a * 16 + d],
            _ => return None,
        };
        Some(Self { rgba })
    }

    fn print(&self) -> String {
        if let Some((name, _)) = Self::NAMES.iter().find(|(_, rgba)| *rgba == self.rgba) {
            return (*name).to_owned();
        }
        let [r, g, b, a] = self.rgba;
        if a == 255 {
            format!("#{r:02x}{g:02x}{b:02x}")
        } else {
            format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
        }
    }
}
