//! A picture as a parameter: what `overlay` lays over and what `mask` cuts by.
//!
//! Pixels are kept straight and sRGB-encoded, as codes of 8 bits where they came as such and as f32 else, so
//! that the text form holds all of them. What a pass reads is made by [`crate::op::composite`]. This module
//! reads no files.

mod base64;
mod scale;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Alpha, Image, Transfer};
use crate::op::affine::LUMINANCE;
use crate::op::look;
use crate::simd;

pub(crate) use base64::{bytes_from_text, text_from_bytes};
pub(crate) use scale::Part;

/// A picture that an op reads beside the one it changes, or none.
///
/// Its text form is all of its pixels: `none`, or the format, the size and the samples in base64, like
/// `rgba8:1x1:_4AAgA`.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    pixels: Option<Arc<Pixels>>,
    kept: Kept,
}

/// Pixels in rows without gaps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1 to 4: grey, grey and alpha, RGB, RGBA.
    pub(crate) channels: usize,
    pub(crate) samples: Samples,
}

/// Samples, sRGB-encoded and straight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Samples {
    /// Codes of 8 bits.
    Codes(Vec<u8>),
    /// Numbers, 0..=1 and beyond.
    Numbers(Vec<f32>),
}

impl Picture {
    /// Takes the pixels of an image, as it should be seen.
    ///
    /// # Errors
    /// As those of reading a view: none that an image can meet but memory.
    pub fn new(image: &Image) -> Result<Self> {
        let image = image.upright()?;
        let (view, format) = (image.view(), image.format());
        let as_stored = format.transfer == Transfer::Srgb && format.alpha != Alpha::Premultiplied;
        let samples = if as_stored && *view.dtype() == DType::U8 {
            Samples::Codes(view.to_vec::<u8>()?)
        } else {
            let mut numbers = Vec::with_capacity(view.len());
            look::for_each_row(&image, |_, row| numbers.extend_from_slice(row))?;
            Samples::Numbers(numbers)
        };
        let (width, height, channels) = (image.width(), image.height(), format.channels());
        Ok(Self::from_pixels(Pixels { width, height, channels, samples }))
    }

    /// No picture.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns width and height; none where there is no picture.
    #[must_use]
    pub fn size(&self) -> Option<(usize, usize)> {
        self.pixels().map(|pixels| (pixels.width, pixels.height))
    }

    pub(crate) fn from_pixels(pixels: Pixels) -> Self {
        Self { pixels: Some(Arc::new(pixels)), kept: Kept::default() }
    }

    /// Returns the pixels, where there are any.
    pub(crate) fn pixels(&self) -> Option<&Pixels> {
        self.pixels.as_deref().filter(|pixels| pixels.width > 0 && pixels.height > 0)
    }

    /// Returns what `make` made of the picture last time it was asked for the same thing, or makes it.
    ///
    /// A chain that runs over many pictures of one size works its tables out once.
    pub(crate) fn kept(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Arc<[u32]>>,
    ) -> Result<Arc<[u32]>> {
        let lock = || self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = lock().as_ref().filter(|(known, _)| known == key) {
            return Ok(table.clone());
        }
        let table = make()?;
        *lock() = Some((key.to_owned(), table.clone()));
        Ok(table)
    }
}

/// The table that was made last, and what it was made for.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Option<Made>>>);

type Made = (String, Arc<[u32]>);

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        self.pixels == other.pixels
    }
}

impl Pixels {
    /// Returns the samples as numbers, codes as parts of 1.
    pub(crate) fn numbers(&self) -> Vec<f32> {
        match &self.samples {
            Samples::Codes(codes) => codes.iter().map(|code| f32::from(*code) / 255.0).collect(),
            Samples::Numbers(numbers) => numbers.clone(),
        }
    }

    /// Returns whether alpha follows colour.
    pub(crate) fn has_alpha(&self) -> bool {
        self.channels.is_multiple_of(2)
    }

    /// Returns the picture in grey: its luminance in light, encoded again.
    pub(crate) fn gray(&self) -> Self {
        if self.channels < 3 {
            return self.clone();
        }
        let mut numbers = self.numbers();
        self.each_color(&mut numbers, simd::srgb_decode);
        #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
        let shares = LUMINANCE.map(|share| share as f32);
        let luminance = |color: &[f32]| color.iter().zip(shares).map(|(v, share)| v * share).sum();
        let channels = self.channels - 2;
        let mut grays = Vec::with_capacity(self.width * self.height * channels);
        for pixel in numbers.chunks_exact(self.channels) {
            grays.push(luminance(&pixel[..3]));
            grays.extend(&pixel[3..]);
        }
        let gray = Self { channels, samples: Samples::Numbers(Vec::new()), ..*self };
        gray.each_color(&mut grays, simd::srgb_encode);
        Self { samples: self.like(grays), ..gray }
    }

    /// Stores numbers as this picture's samples are.
    fn like(&self, numbers: Vec<f32>) -> Samples {
        match self.samples {
            Samples::Codes(_) => Samples::Codes(numbers.into_iter().map(code).collect()),
            Samples::Numbers(_) => Samples::Numbers(numbers),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn code(number: f32) -> u8 {
    (number * 255.0).round_ties_even() as u8
}
