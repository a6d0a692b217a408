//! The samples of an image in the order that files want them: upright, packed, whole.
//!
//! It is not an op: the one computation here is laying a picture over a background for a format
//! without alpha, and rounding 16 bits to 8 for a format that holds 8.

use std::borrow::Cow;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, Profile, Transfer};
use crate::view::{Buffer, View};

/// Packed samples, row by row, in native byte order.
#[derive(Debug)]
pub(super) struct Pixels<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: usize,
    /// The bytes of a sample: 1, 2, or 4 for a float.
    pub(super) depth: usize,
    pub(super) alpha: Alpha,
    pub(super) transfer: Transfer,
    pub(super) profile: Option<Profile>,
}

impl<'a> Pixels<'a> {
    /// Gathers an upright image through whatever strides it has.
    ///
    /// Bytes that lie packed already are borrowed.
    pub(super) fn gather(format: &'static str, image: &'a Image, view: &View<'a>) -> Result<Self> {
        if ![DType::U8, DType::U16].contains(view.dtype()) {
            let hint = "cannot be written; convert the image to u8 or u16 first";
            let problem = format!("samples of type {} {hint}", view.dtype());
            return Err(Error::Encode { format, problem });
        }
        Self::gather_any(format, image, view)
    }

    /// Gathers an upright image as [`gather`](Self::gather) does, floats too: f16 as f32.
    pub(super) fn gather_any(
        format: &'static str,
        image: &'a Image,
        view: &View<'a>,
    ) -> Result<Self> {
        let problem = |problem: String| Error::Encode { format, problem };
        let &[height, width, channels] = view.shape() else {
            return Err(problem(format!("an image has three axes, not {:?}", view.shape())));
        };
        if height == 0 || width == 0 {
            return Err(problem(format!("a picture of {width}x{height} pixels cannot be written")));
        }
        let depth = match view.dtype() {
            dtype if *dtype == DType::U8 => 1,
            dtype if *dtype == DType::U16 => 2,
            _ => 4,
        };
        let bytes = match view.as_bytes() {
            _ if *view.dtype() == DType::F16 => {
                let mut wide = Buffer::zeroed(DType::F32, view.shape())?;
                view.convert_to(&mut wide.view_mut()?)?;
                Cow::Owned(wide.view().to_bytes()?)
            }
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(view.to_bytes()?),
        };
        let (alpha, transfer) = (image.format().alpha, image.format().transfer);
        // One for another kind of colour would make the file a wrong one.
        let fits = |profile: &Profile| profile.color() == Some(image.format().color);
        let profile = image.info().profile.clone().filter(fits);
        Ok(Self { bytes, width, height, channels, depth, alpha, transfer, profile })
    }

    /// Repeats grey, so that pixels have so many channels: 3, or 4 with alpha.
    #[cfg(feature = "formats")]
    pub(super) fn widen(&mut self, channels: usize) {
        let (from, depth) = (self.channels, self.depth);
        if from == channels || from > 2 {
            return;
        }
        let mut wide = Vec::with_capacity(self.bytes.len() / from * channels);
        for pixel in self.bytes.chunks_exact(from * depth) {
            let (gray, alpha) = pixel.split_at(depth);
            (0..3).for_each(|_| wide.extend_from_slice(gray));
            wide.extend_from_slice(alpha);
        }
        self.bytes = Cow::Owned(wide);
        self.channels = channels;
        // It is for grey.
        self.profile = None;
    }

    /// Lays the picture over a colour and drops its alpha; a picture without alpha stays as it is.
    ///
    /// The mixture is taken of the numbers as they are stored, as browsers do. A grey picture
    /// becomes RGB only where the background is no grey.
    pub(super) fn flatten(&mut self, background: [u8; 3]) {
        let premultiplied = match self.alpha {
            Alpha::None => return,
            Alpha::Straight => false,
            Alpha::Premultiplied => true,
        };
        let colors = self.channels - 1;
        let [r, g, b] = background;
        let out = if colors == 1 && r == g && g == b { 1 } else { 3 };
        let source: [usize; 3] = if colors == 1 { [0, 0, 0] } else { [0, 1, 2] };
        let samples = self.width * self.height * out;
        let mut flat = Vec::with_capacity(samples * self.depth);
        if self.depth == 1 {
            for pixel in self.bytes.chunks_exact(self.channels) {
                let alpha = u32::from(pixel[colors]);
                for (at, below) in source.into_iter().zip(background).take(out) {
                    let color = u32::from(pixel[at]);
                    let mixed = over(color, alpha, u32::from(below), 0xff, premultiplied);
                    flat.push(u8::try_from(mixed).unwrap_or(u8::MAX));
                }
            }
        } else {
            let sample = |pixel: &[u8], at: usize| {
                u32::from(u16::from_ne_bytes([pixel[2 * at], pixel[2 * at + 1]]))
            };
            for pixel in self.bytes.chunks_exact(2 * self.channels) {
                let alpha = sample(pixel, colors);
                for (at, below) in source.into_iter().zip(background).take(out) {
                    let below = u32::from(below) * 257;
                    let mixed = over(sample(pixel, at), alpha, below, 0xffff, premultiplied);
                    flat.extend(u16::try_from(mixed).unwrap_or(u16::MAX).to_ne_bytes());
                }
            }
        }
        self.bytes = Cow::Owned(flat);
        self.channels = out;
        self.alpha = Alpha::None;
    }

    /// Rounds 16-bit samples to 8 bits.
    pub(super) fn narrow(&mut self) {
        if self.depth == 2 {
            let narrow = |two: &[u8]| {
                let sample = u32::from(u16::from_ne_bytes([two[0], two[1]]));
                // 65535 is 255 times 257, so that this is exact rounding to the nearest.
                u8::try_from((sample + 128) / 257).unwrap_or(u8::MAX)
            };
            self.bytes = Cow::Owned(self.bytes.chunks_exact(2).map(narrow).collect());
            self.depth = 1;
        }
    }

    /// Turns 16-bit samples to the byte order of PNG.
    pub(super) fn make_big_endian(&mut self) {
        if self.depth == 2 && cfg!(target_endian = "little") {
            self.bytes.to_mut().chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
    }
}

/// Mixes one sample over another, rounded to nearest; `one` is the number of full coverage.
fn over(color: u32, alpha: u32, below: u32, one: u32, premultiplied: bool) -> u32 {
    let (color, alpha, below, one) =
        (u64::from(color), u64::from(alpha), u64::from(below), u64::from(one));
    let color = if premultiplied { color * one } else { color * alpha };
    let mixed = (color + below * (one - alpha) + one / 2) / one;
    u32::try_from(mixed.min(one)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::over;

    #[test]
    fn a_sample_over_another_is_their_rounded_mean_by_coverage() {
        for one in [0xff_u32, 0xffff] {
            for color in [0, 1, one / 3, one] {
                for alpha in [0, 1, one / 2, one] {
                    for below in [0, one / 2, one] {
                        let (c, a, b) = (f64::from(color), f64::from(alpha), f64::from(below));
                        let share = a / f64::from(one);
                        let straight = (c * share + b * (1.0 - share)).round();
                        let got = f64::from(over(color, alpha, below, one, false));
                        assert!((got - straight).abs() < 0.5, "{color} {alpha} {below} of {one}");
                    }
                }
            }
        }
        assert_eq!(over(128, 128, 255, 255, true), 255);
        assert_eq!(over(255, 128, 255, 255, true), 255, "a premultiplied sample over its alpha");
    }
}
