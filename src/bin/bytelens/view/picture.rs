//! A view as a small picture of half blocks: two pixels a character.

use std::fmt::Write;

use bytelens::{DType, Value, View};

/// The colours that a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    /// All of 24 bits.
    Full,
    /// 256: a cube of 6 levels a channel, and 24 greys.
    Indexed,
}

impl Palette {
    /// What the terminal says of itself in `COLORTERM`.
    pub(super) fn of_terminal() -> Self {
        match std::env::var("COLORTERM").as_deref() {
            Ok("truecolor" | "24bit") => Self::Full,
            _ => Self::Indexed,
        }
    }

    /// The colour as it stands behind `38;` and `48;` (ECMA-48, ISO 8613-6).
    fn colour(self, [r, g, b]: [u8; 3]) -> String {
        if self == Self::Full {
            return format!("2;{r};{g};{b}");
        }
        if r == g && g == b && (4..=246).contains(&r) {
            // The greys are 8, 18, … 238.
            return format!("5;{}", 232 + (u32::from(r).saturating_sub(3) / 10).min(23));
        }
        // The levels are 0, 95, 135, … 255: the nearest of each.
        let level = |code: u8| match code {
            0..48 => 0,
            48..115 => 1,
            _ => (u32::from(code) - 35) / 40,
        };
        format!("5;{}", 16 + 36 * level(r) + 6 * level(g) + level(b))
    }
}

/// The most characters of a picture along each side; each is two pixels high.
const COLUMNS: usize = 64;
const LINES: usize = 24;

/// A small picture of numbers on two axes, or of one to four channels on a third, in half blocks;
/// nothing where the view is none.
pub(super) fn picture(view: &View<'_>, palette: Palette) -> Option<String> {
    let (height, width, channels) = match *view.shape() {
        [height, width] => (height, width, None),
        [height, width, channels @ 1..=4] => (height, width, Some(channels)),
        _ => return None,
    };
    if height < 2 || width < 2 {
        return None;
    }
    let scale = width.div_ceil(COLUMNS).max(height.div_ceil(2 * LINES)).max(1);
    let number = |y: usize, x: usize, channel: usize| {
        let index = [y * scale, x * scale, channel];
        let index = if channels.is_some() { &index[..] } else { &index[..2] };
        match view.value(index).ok()? {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            Value::Bool(value) => Some(f64::from(u8::from(value))),
            _ => None,
        }
    };
    let (rows, columns) = (height.div_ceil(scale), width.div_ceil(scale));
    // Grey has one number for all three.
    let of_channel = |i: usize| if channels.is_some_and(|n| n >= 3) { i } else { 0 };
    let mut numbers = Vec::with_capacity(rows * columns * 3);
    for y in 0..rows {
        for x in 0..columns {
            for i in 0..3 {
                numbers.push(number(y, x, of_channel(i))?);
            }
        }
    }
    // Bytes are colours; of all else the least is black and the greatest white.
    let finite = numbers.iter().copied().filter(|number| number.is_finite());
    let (low, high) = match *view.dtype() == DType::U8 {
        true => (0.0, 255.0),
        false => finite.fold((f64::MAX, f64::MIN), |(a, b), n| (a.min(n), b.max(n))),
    };
    let range = if high > low { high - low } else { 1.0 };
    // What is no number becomes 0 when it is cast.
    #[allow(clippy::cast_possible_truncation, reason = "clamped to the codes of a byte")]
    let code = |number: f64| ((number - low) / range * 255.0).clamp(0.0, 255.0).round() as u8;
    let colour = |y: usize, x: usize| {
        let at = (y * columns + x) * 3;
        let rgb = numbers.get(at..at + 3)?;
        Some(palette.colour([code(rgb[0]), code(rgb[1]), code(rgb[2])]))
    };
    let mut text = String::new();
    for y in (0..rows).step_by(2) {
        text += "  ";
        for x in 0..columns {
            let upper = colour(y, x)?;
            let lower = colour(y + 1, x).map(|rgb| format!("\x1b[48;{rgb}m")).unwrap_or_default();
            let _ = write!(text, "\x1b[38;{upper}m{lower}▀");
        }
        text += "\x1b[0m\n";
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Palette, picture};
    use bytelens::View;

    #[test]
    fn a_picture_has_two_pixels_a_character() {
        let view = View::from_slice(&[0_u8, 255, 128, 64], &[2, 2]).expect("4 bytes");
        let text = picture(&view, Palette::Full).expect("a picture");
        assert_eq!(text.matches('▀').count(), 2);
        assert!(text.contains("\x1b[38;2;0;0;0m\x1b[48;2;128;128;128m▀"), "{text:?}");
        let odd = [0.0_f32, f32::NAN, 1.0, 3.0, -1.0, f32::INFINITY];
        let odd = View::from_slice(&odd, &[3, 2]).expect("6 floats");
        assert!(picture(&odd, Palette::Full).expect("a picture").ends_with("\x1b[0m\n"));
        for shape in [&[4][..], &[1, 4], &[1, 2, 2, 1]] {
            assert!(
                picture(&View::from_slice(&[1_u8; 4], shape).expect("4"), Palette::Full).is_none()
            );
        }
    }

    #[test]
    fn a_terminal_of_256_colours_gets_the_nearest() {
        let rows = [
            ([0, 0, 0], "5;16"),
            ([255, 255, 255], "5;231"),
            ([128, 128, 128], "5;244"),
            ([8, 8, 8], "5;232"),
            ([246, 246, 246], "5;255"),
            ([255, 0, 0], "5;196"),
            ([95, 135, 215], "5;68"),
        ];
        for (rgb, expected) in rows {
            assert_eq!(Palette::Indexed.colour(rgb), expected, "{rgb:?}");
        }
        assert_eq!(Palette::Full.colour([1, 2, 3]), "2;1;2;3");
    }
}
