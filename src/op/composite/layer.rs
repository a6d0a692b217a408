//! The layer as a table: how a pixel of it is written, and read on the CPU.

use std::sync::Arc;

use super::CompositeParams;
use crate::op::param::Light;
use crate::op::picture::{Pixels, Samples};
use crate::simd::{self, Level};

/// What the words of a table are. The twins know the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerForm {
    /// Red, green, blue and alpha of 8 bits in a word, red lowest.
    Codes = 0,
    /// The same, behind the value of each of the 256 codes of a colour.
    LightCodes = 1,
    /// Red, green, blue and alpha, a float each.
    Numbers = 2,
    /// Coverage of four pixels in a word.
    CoverageCodes = 3,
    /// Coverage, a float each.
    CoverageNumbers = 4,
}

/// Words before the pixels of `LightCodes`.
const CURVE: usize = 256;

/// A picture, or coverage of one colour, as the twins read it.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) form: LayerForm,
    pub(crate) words: Arc<[u32]>,
    /// The colour of coverage; alpha multiplies it.
    pub(crate) color: [f32; 4],
}

impl LayerForm {
    pub(super) fn from_number(number: u32) -> Self {
        let all = [
            Self::Codes,
            Self::LightCodes,
            Self::Numbers,
            Self::CoverageCodes,
            Self::CoverageNumbers,
        ];
        all[number as usize]
    }

    /// Returns the form of the table of coverage.
    pub(crate) fn of_coverage(samples: &Samples) -> Self {
        match samples {
            Samples::Codes(_) => Self::CoverageCodes,
            Samples::Numbers(_) => Self::CoverageNumbers,
        }
    }

    /// Returns the form of a picture's table.
    pub(crate) fn of_picture(pixels: &Pixels, light: Light) -> Self {
        match (&pixels.samples, light) {
            (Samples::Codes(_), Light::Srgb) => Self::Codes,
            (Samples::Codes(_), Light::Linear) => Self::LightCodes,
            (Samples::Numbers(_), _) => Self::Numbers,
        }
    }
}

/// Writes a picture's table.
pub(crate) fn picture_words(pixels: &Pixels, light: Light) -> Arc<[u32]> {
    let channels = pixels.channels;
    // Grey is three equal channels, and what has no alpha is opaque.
    fn four<T: Copy>(pixel: &[T], opaque: T) -> [T; 4] {
        match *pixel {
            [v] => [v, v, v, opaque],
            [v, a] => [v, v, v, a],
            [r, g, b] => [r, g, b, opaque],
            _ => [pixel[0], pixel[1], pixel[2], pixel[3]],
        }
    }
    match &pixels.samples {
        Samples::Codes(codes) => {
            let curve = (light == Light::Linear).then(simd::decode_table);
            let curve =
                curve.into_iter().flat_map(simd::Values::as_array).map(|value| value.to_bits());
            let pixels = codes.chunks_exact(channels);
            curve.chain(pixels.map(|pixel| u32::from_le_bytes(four(pixel, 255)))).collect()
        }
        Samples::Numbers(numbers) => {
            let mut words = Vec::with_capacity(numbers.len() / channels * 4);
            for pixel in numbers.chunks_exact(channels) {
                let mut pixel = four(pixel, 1.0);
                if light == Light::Linear {
                    simd::srgb_decode(Level::BASELINE, &mut pixel[..3]);
                }
                words.extend(pixel.map(f32::to_bits));
            }
            words.into()
        }
    }
}

/// Reads pixels of the table from number `first` on, straight.
pub(super) fn read(
    tables: &[u32],
    form: LayerForm,
    params: &CompositeParams,
    first: usize,
    planes: &mut [&mut [f32]; 4],
    level: Level,
) {
    let count = planes[0].len();
    match form {
        LayerForm::Codes => {
            simd::planes_from_words(
                level,
                &tables[first..first + count],
                planes.each_mut().map(|p| &mut **p),
            );
        }
        LayerForm::LightCodes => {
            let (curve, words) = tables.split_at(CURVE);
            for (x, word) in words[first..first + count].iter().enumerate() {
                let codes = word.to_le_bytes();
                for (plane, code) in planes.iter_mut().zip(codes).take(3) {
                    plane[x] = f32::from_bits(curve[usize::from(code)]);
                }
                planes[3][x] = f32::from(codes[3]) / 255.0;
            }
        }
        LayerForm::Numbers => {
            let (words, _) = tables[4 * first..4 * (first + count)].as_chunks::<4>();
            for (x, pixel) in words.iter().enumerate() {
                planes
                    .iter_mut()
                    .zip(pixel)
                    .for_each(|(plane, bits)| plane[x] = f32::from_bits(*bits));
            }
        }
        LayerForm::CoverageCodes | LayerForm::CoverageNumbers => {
            for (plane, value) in planes.iter_mut().zip(params.color).take(3) {
                plane.fill(value);
            }
            let alpha = params.color[3];
            if form == LayerForm::CoverageCodes {
                let codes: &[u8] = bytemuck::cast_slice(tables);
                let codes = codes[first..first + count].iter();
                planes[3]
                    .iter_mut()
                    .zip(codes)
                    .for_each(|(a, c)| *a = f32::from(*c) / 255.0 * alpha);
            } else {
                let words = tables[first..first + count].iter();
                planes[3].iter_mut().zip(words).for_each(|(a, w)| *a = f32::from_bits(*w) * alpha);
            }
        }
    }
}

/// Writes the table of coverage: one sample a pixel.
pub(crate) fn coverage_words(samples: &Samples) -> Arc<[u32]> {
    match samples {
        Samples::Numbers(numbers) => numbers.iter().map(|number| number.to_bits()).collect(),
        Samples::Codes(codes) => {
            let words = codes.chunks(4).map(|codes| {
                let mut word = [0; 4];
                word[..codes.len()].copy_from_slice(codes);
                u32::from_ne_bytes(word)
            });
            words.collect()
        }
    }
}
