//! Stored samples to planes of f32 and back: de-interleaving, scaling, rounding, saturating.
//!
//! Integers stand for 0..=1. Storing rounds half to even and saturates; what is no number becomes 0.

use super::sample::{Code8, Code16, Half, STEP, Sample, Single};
use super::values::Values;
use super::{Level, dispatch, run, run_mut};

#[cfg(target_arch = "x86_64")]
mod avx512;

/// A row of interleaved samples as stored, in native byte order and with no demand on alignment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// 8-bit codes, with the value of each code for the channels that have a table.
    U8(&'a [u8], [Option<&'a Values>; 4]),
    /// 16-bit codes, with the value of each code for the channels that have a table.
    U16(&'a [u8], [Option<&'a [f32]>; 4]),
    /// Half-precision numbers.
    F16(&'a [u8]),
    /// Single-precision numbers.
    F32(&'a [u8]),
}

/// A row of interleaved samples to be stored.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    /// 8-bit codes of 0..=1.
    U8(&'a mut [u8]),
    /// 16-bit codes of 0..=1.
    U16(&'a mut [u8]),
    /// Half-precision numbers; what is too large becomes the largest.
    F16(&'a mut [u8]),
    /// Single-precision numbers.
    F32(&'a mut [u8]),
}

/// Reads a row of interleaved pixels into as many planes as a pixel has samples, 1 to 4.
pub(crate) fn load_pixels(level: Level, source: Source<'_>, planes: &mut [&mut [f32]]) {
    match (level.0, source) {
        #[cfg(target_arch = "x86_64")]
        (super::Set::Avx512, Source::U8(bytes, tables)) => {
            let tables = tables.map(|table| table.unwrap_or(Values::of_units()));
            // SAFETY: the set is made by `Level::all` alone, after the CPU said that it has all that
            // `load_codes` is built for.
            unsafe { avx512::load_codes(bytes, tables, planes) }
        }
        _ => load_plainly(level, source, planes),
    }
}

dispatch! {
    /// As [`load_pixels`].
    fn load_plainly(source: Source<'_>, planes: &mut [&mut [f32]]) {
        match source {
            Source::U8(bytes, tables) => {
                let tables = tables.map(|table| Some(&table?.as_array()[..]));
                load::<FMA, Code8>(bytes, tables, planes);
            }
            Source::U16(bytes, tables) => load::<FMA, Code16>(bytes, tables, planes),
            Source::F16(bytes) => load::<FMA, Half>(bytes, [None; 4], planes),
            Source::F32(bytes) => load::<FMA, Single>(bytes, [None; 4], planes),
        }
    }
}

dispatch! {
    /// Writes as many planes as a pixel has samples, 1 to 4, as a row of interleaved pixels.
    pub(crate) fn store_pixels(planes: &[&[f32]], target: Target<'_>) {
        match target {
            Target::U8(bytes) => store::<Code8>(planes, bytes),
            Target::U16(bytes) => store::<Code16>(planes, bytes),
            Target::F16(bytes) => store::<Half>(planes, bytes),
            Target::F32(bytes) => store::<Single>(planes, bytes),
        }
    }
}

#[inline(always)]
fn load<const FMA: bool, S: Sample>(
    bytes: &[u8],
    tables: [Option<&[f32]>; 4],
    planes: &mut [&mut [f32]],
) {
    let samples: &[S] = bytemuck::cast_slice(bytes);
    match planes {
        [a] => load_planes::<FMA, S, 1>(samples, tables, [a]),
        [a, b] => load_planes::<FMA, S, 2>(samples, tables, [a, b]),
        [a, b, c] => load_planes::<FMA, S, 3>(samples, tables, [a, b, c]),
        [a, b, c, d] => load_planes::<FMA, S, 4>(samples, tables, [a, b, c, d]),
        _ => {}
    }
}

#[inline(always)]
fn load_planes<const FMA: bool, S: Sample, const C: usize>(
    samples: &[S],
    tables: [Option<&[f32]>; 4],
    planes: [&mut [f32]; C],
) {
    let (pixels, _) = samples.as_chunks::<C>();
    let (steps, rest) = pixels.as_chunks::<STEP>();
    let mut at = 0;
    for step in steps {
        let samples = channels_from_pixels(step);
        for c in 0..C {
            let values = S::values::<FMA>(&samples[c], tables[c]);
            *run_mut(planes[c], at) = values;
        }
        at += STEP;
    }
    if !rest.is_empty() {
        // The last pixels are filled up to a step.
        let mut step = [[S::zeroed(); C]; STEP];
        step[..rest.len()].copy_from_slice(rest);
        let samples = channels_from_pixels(&step);
        for c in 0..C {
            let values = S::values::<FMA>(&samples[c], tables[c]);
            planes[c][at..at + rest.len()].copy_from_slice(&values[..rest.len()]);
        }
    }
}

#[inline(always)]
fn channels_from_pixels<S: Sample, const C: usize>(pixels: &[[S; C]; STEP]) -> [[S; STEP]; C] {
    let mut channels = [[S::zeroed(); STEP]; C];
    for x in 0..STEP {
        for c in 0..C {
            channels[c][x] = pixels[x][c];
        }
    }
    channels
}

#[inline(always)]
fn store<S: Sample>(planes: &[&[f32]], bytes: &mut [u8]) {
    let samples: &mut [S] = bytemuck::cast_slice_mut(bytes);
    match *planes {
        [a] => store_planes::<S, 1>([a], samples),
        [a, b] => store_planes::<S, 2>([a, b], samples),
        [a, b, c] => store_planes::<S, 3>([a, b, c], samples),
        [a, b, c, d] => store_planes::<S, 4>([a, b, c, d], samples),
        _ => {}
    }
}

#[inline(always)]
fn store_planes<S: Sample, const C: usize>(planes: [&[f32]; C], samples: &mut [S]) {
    let (pixels, _) = samples.as_chunks_mut::<C>();
    let (steps, rest) = pixels.as_chunks_mut::<STEP>();
    let mut at = 0;
    for step in steps {
        let mut values = [[0.0; STEP]; C];
        for c in 0..C {
            values[c] = *run(planes[c], at);
        }
        *step = pixels_from_values(&values);
        at += STEP;
    }
    if !rest.is_empty() {
        let mut values = [[0.0; STEP]; C];
        for c in 0..C {
            values[c][..rest.len()].copy_from_slice(&planes[c][at..at + rest.len()]);
        }
        rest.copy_from_slice(&pixels_from_values(&values)[..rest.len()]);
    }
}

#[inline(always)]
fn pixels_from_values<S: Sample, const C: usize>(values: &[[f32; STEP]; C]) -> [[S; C]; STEP] {
    let mut channels = [[S::zeroed(); STEP]; C];
    for c in 0..C {
        for x in 0..STEP {
            channels[c][x] = S::nearest(values[c][x]);
        }
    }
    let mut pixels = [[S::zeroed(); C]; STEP];
    for x in 0..STEP {
        for c in 0..C {
            pixels[x][c] = channels[c][x];
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::{Source, Target, load_pixels, store_pixels};
    use crate::simd::Level;

    #[test]
    fn every_code_comes_back_from_its_value_at_every_number_of_channels() {
        for level in Level::all() {
            for channels in 1..=4 {
                let codes: Vec<u8> = (0..=255).flat_map(|code| vec![code; channels]).collect();
                let wide: Vec<u8> = (0..=65_535u16)
                    .flat_map(|code| [code.to_ne_bytes()].repeat(channels))
                    .flatten()
                    .collect();
                let mut planes = vec![vec![0.0f32; 256]; channels];
                let mut views: Vec<&mut [f32]> = planes.iter_mut().map(|p| &mut p[..]).collect();
                load_pixels(level, Source::U8(&codes, [None; 4]), &mut views);
                for (code, value) in planes[channels - 1].iter().enumerate() {
                    assert_eq!(*value, code as f32 / 255.0, "{level}");
                }
                let mut back = vec![0; codes.len()];
                let views: Vec<&[f32]> = planes.iter().map(|p| &p[..]).collect();
                store_pixels(level, &views, Target::U8(&mut back));
                assert_eq!(back, codes, "{level} u8 of {channels}");

                let mut planes = vec![vec![0.0f32; 65_536]; channels];
                let mut views: Vec<&mut [f32]> = planes.iter_mut().map(|p| &mut p[..]).collect();
                load_pixels(level, Source::U16(&wide, [None; 4]), &mut views);
                for (code, value) in planes[channels - 1].iter().enumerate() {
                    assert_eq!(*value, code as f32 / 65_535.0, "{level}");
                }
                let mut back = vec![0; wide.len()];
                let views: Vec<&[f32]> = planes.iter().map(|p| &p[..]).collect();
                store_pixels(level, &views, Target::U16(&mut back));
                assert_eq!(back, wide, "{level} u16 of {channels}");
            }
        }
    }

    #[test]
    fn storing_saturates_rounds_half_to_even_and_takes_no_number_for_zero() {
        let values = [-1.0, f32::NAN, 0.5 / 255.0, 1.5 / 255.0, 2.5 / 255.0, 7.0, f32::INFINITY];
        for level in Level::all() {
            let mut codes = [9; 7];
            store_pixels(level, &[&values], Target::U8(&mut codes));
            assert_eq!(codes, [0, 0, 0, 2, 2, 255, 255], "{level}");
        }
    }

    #[test]
    fn floats_go_through_unchanged_and_halves_are_bounded() {
        let values: Vec<f32> = (0..200).map(|k| k as f32 * 0.25 - 10.0).collect();
        for level in Level::all() {
            let mut bytes = vec![0; 800];
            store_pixels(level, &[&values[..100], &values[100..]], Target::F32(&mut bytes));
            let mut planes = [vec![0.0; 100], vec![0.0; 100]];
            let [a, b] = &mut planes;
            load_pixels(level, Source::F32(&bytes), &mut [a, b]);
            assert_eq!(planes.concat(), values, "{level} f32");

            let mut bytes = vec![0; 400];
            store_pixels(level, &[&values[..100], &values[100..]], Target::F16(&mut bytes));
            let [a, b] = &mut planes;
            load_pixels(level, Source::F16(&bytes), &mut [a, b]);
            assert_eq!(planes.concat(), values, "{level} f16");
            store_pixels(level, &[&[1e9]], Target::F16(&mut bytes[..2]));
            assert_eq!(half::f16::from_ne_bytes([bytes[0], bytes[1]]), half::f16::MAX);
        }
    }
}
