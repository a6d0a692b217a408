//! The text form of a picture: format, size and samples.

use super::{Picture, Pixels, Samples, bytes_from_text, text_from_bytes};
use crate::op::param::{ParamKind, ParamValue, Range};

/// What pixels of 1 to 4 channels are called.
const NAMES: [&str; 4] = ["gray", "grayalpha", "rgb", "rgba"];

impl ParamValue for Picture {
    const KIND: ParamKind = ParamKind::Text(
        "none, or gray, grayalpha, rgb or rgba with 8 bits or 32 (little-endian floats), the size and the \
         samples in base64url, sRGB-encoded, alpha straight, like rgba8:1x1:_4AAgA, or @FILE in \
         `bytelens batch`",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        // Colours of no pattern, alpha from nothing to all.
        let code = |at: usize| u8::try_from((at * at * 37 + at * 91) % 256).unwrap_or(0);
        let codes = |count: usize| (0..count).map(code);
        let picture = |width, height, channels: usize, samples| {
            Self::from_pixels(Pixels { width, height, channels, samples }).print()
        };
        let clear = |(at, code): (usize, u8)| match at % 28 {
            3 => 0,
            7 => 255,
            _ => code,
        };
        let rgba = codes(4 * 3 * 4).enumerate().map(clear).collect();
        let numbers = codes(3 * 4 * 4).map(|code| f32::from(code) / 200.0 - 0.05);
        let alpha = |(at, number): (usize, f32)| {
            if at % 4 == 3 { number.clamp(0.0, 1.0) } else { number }
        };
        vec![
            picture(4, 3, 4, Samples::Codes(rgba)),
            picture(30, 3, 3, Samples::Codes(codes(30 * 3 * 3).collect())),
            picture(3, 4, 4, Samples::Numbers(numbers.enumerate().map(alpha).collect())),
            picture(2, 40, 2, Samples::Codes(codes(2 * 40 * 2).collect())),
            picture(5, 2, 1, Samples::Numbers(codes(10).map(|c| f32::from(c) / 255.0).collect())),
            "none".to_owned(),
        ]
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::none());
        }
        let mut parts = text.split(':');
        let (name, size, samples) = (parts.next()?, parts.next()?, parts.next()?);
        let (width, height) = size.split_once('x')?;
        let side = |text: &str| u32::parse(text).map(|side| side as usize);
        let (width, height) = (side(width)?, side(height)?);
        let bytes = bytes_from_text(samples).filter(|_| parts.next().is_none())?;
        let (name, samples) = match (name.strip_suffix("32"), name.strip_suffix('8')) {
            (Some(name), _) => {
                let (words, []) = bytes.as_chunks::<4>() else { return None };
                let numbers = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
                (name, Samples::Numbers(numbers))
            }
            (None, Some(name)) => (name, Samples::Codes(bytes)),
            _ => return None,
        };
        let channels = NAMES.iter().position(|known| *known == name)? + 1;
        let count = match &samples {
            Samples::Codes(codes) => codes.len(),
            Samples::Numbers(numbers) => numbers.len(),
        };
        let want = width.checked_mul(height)?.checked_mul(channels)?;
        (count == want).then(|| Self::from_pixels(Pixels { width, height, channels, samples }))
    }

    fn print(&self) -> String {
        let Some(Pixels { width, height, channels, samples }) = self.pixels.as_deref() else {
            return "none".to_owned();
        };
        let (bits, samples) = match samples {
            Samples::Codes(codes) => (8, text_from_bytes(codes)),
            Samples::Numbers(numbers) => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
                (32, text_from_bytes(&bytes))
            }
        };
        format!("{}{bits}:{width}x{height}:{samples}", NAMES[channels - 1])
    }
}

#[cfg(test)]
mod tests {
    use crate::op::param::ParamValue;
    use crate::op::picture::Picture;

    #[test]
    fn text_that_is_no_picture_is_refused() {
        assert!(Picture::parse("rgba8:1x1:_4AAgA").is_some());
        for text in [
            "",
            "rgba8",
            "rgba8:1x1",
            "rgba8:1x1:_4AAg",
            "rgba8:1x2:_4AAgA",
            "rgb8:1x1:_4AAgA",
            "rgba8:1x1:_4AAgA:",
            "rgba9:1x1:_4AAgA",
            "cmyk8:1x1:_4AAgA",
            "gray32:1x1:_4AAg",
            "rgba8:4294967295x4294967295:_4AAgA",
            "rgba8:-1x1:_4AAgA",
        ] {
            assert_eq!(Picture::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_come_back_to_the_bit_and_a_picture_without_pixels_is_one() {
        for text in ["gray32:2x1:AADAfwAAgIA", "rgb8:0x3:", "none"] {
            assert_eq!(Picture::parse(text).expect(text).print(), text);
        }
    }
}
