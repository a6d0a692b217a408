//! From the numbers of one ICC profile to those of another.
//!
//! The crate `moxcms` reads profiles and evaluates them; here what they say becomes curves, a matrix or a
//! table, which ops run on whatever device there is. No pixel is touched here. Conversions are relative
//! colorimetric (ICC.1:2022, F.3), or what the tables of a profile say for its own intent.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics, TransformOptions, XyY,
};

use crate::error::{Error, Result};
use crate::image::{Color, Profile};

/// What numbers stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side<'a> {
    /// A profile of the program's, by its name.
    Named(&'a str),
    /// A profile that came from elsewhere.
    Icc(&'a Profile),
}

/// How numbers get from one profile to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Conversion {
    /// They are the same, as far as 8 bits can tell.
    Same,
    /// Curves, a matrix between light, and curves.
    Matrix(Shaper),
    /// A cube of colours, so many on a side, red running fastest.
    Table(Vec<[f32; 3]>),
}

/// A conversion by curves and a matrix. Curves are sampled evenly over 0..=1: one for all channels, or one for
/// each; none where they change nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shaper {
    /// From stored numbers to what sRGB stores for the same light.
    pub(crate) from: Vec<Vec<f32>>,
    /// From light to light.
    pub(crate) matrix: [[f64; 3]; 3],
    /// From what sRGB stores for some light to the numbers that are stored.
    pub(crate) to: Vec<Vec<f32>>,
}

/// Steps of a curve from stored numbers: between its points it is straight by less than 1e-6.
const FROM_STEPS: u16 = 4096;

/// Steps of a curve to stored numbers. Those without a straight part near black, as Adobe RGB's, are endlessly
/// steep there, and the first step is off by up to 6e-4.
const TO_STEPS: u16 = u16::MAX;

/// Points on a side of the cube that stands for a profile with tables.
const CUBE_SIDE: u16 = 33;

/// Numbers that are nearer than this are the same: a quarter of a code of 8 bits.
const SAME: f64 = 0.001;

/// Returns the profile of a name for pictures in `color`; none for sRGB, whose numbers need none.
///
/// # Errors
/// None: the profiles are part of the program.
pub(crate) fn named(name: &str, color: Color) -> Result<Option<Profile>> {
    if name == "srgb" {
        return Ok(None);
    }
    encoded(&read(Side::Named(name), color)?).map(Some)
}

/// The crate's profile, with white where its standard has it: the crate's own is that of a temperature.
fn built_in(name: &str) -> Option<ColorProfile> {
    let (mut profile, primaries, white) = match name {
        "srgb" => (ColorProfile::new_srgb(), ColorPrimaries::BT_709, D65),
        "display-p3" => (ColorProfile::new_display_p3(), ColorPrimaries::SMPTE_432, D65),
        "adobe-rgb" => (ColorProfile::new_adobe_rgb(), ColorPrimaries::ADOBE_RGB, D65),
        "prophoto" => (ColorProfile::new_pro_photo_rgb(), ColorPrimaries::PRO_PHOTO_RGB, D50),
        "rec2020" => (ColorProfile::new_bt2020(), ColorPrimaries::BT_2020, D65),
        _ => return None,
    };
    profile.update_rgb_colorimetry(white, primaries);
    Some(profile)
}

/// CIE standard illuminant D65, as the standards of displays round it.
const D65: XyY = XyY { x: 0.3127, y: 0.3290, yb: 1.0 };

/// The illuminant of ICC profiles: 0.9642, 1, 0.8249 (ICC.1:2022, 6.3.4.3).
const D50: XyY = XyY { x: 0.9642 / 2.7891, y: 1.0 / 2.7891, yb: 1.0 };

/// Returns the profile of the code points of ITU-T H.273, as PNG carries them (cICP). None where they stand for
/// sRGB, are reserved, or have a curve that reaches beyond the white of a page (PQ and HLG): those numbers are
/// left as they are.
#[must_use]
pub(crate) fn from_code_points(primaries: u8, transfer: u8) -> Option<Profile> {
    use TransferCharacteristics as Curve;

    let transfer_characteristics = Curve::try_from(transfer).ok()?;
    if matches!(transfer_characteristics, Curve::Smpte2084 | Curve::Hlg | Curve::Smpte428) {
        return None;
    }
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    let profile = encoded(&profile).ok()?;
    match conversion(Side::Icc(&profile), Side::Named("srgb"), Color::Rgb) {
        Ok(Conversion::Same) | Err(_) => None,
        Ok(_) => Some(profile),
    }
}

fn encoded(profile: &ColorProfile) -> Result<Profile> {
    let bytes = profile.encode().map_err(damaged)?;
    Ok(Profile::from_icc(&bytes))
}

/// Returns how numbers of a picture in `color` get from one profile to another.
///
/// A profile of another kind of colour than the picture's says nothing of its numbers: they are sRGB then.
///
/// # Errors
/// [`Error::Decode`] for bytes that are no profile, or one without what a conversion needs.
pub(crate) fn conversion(from: Side<'_>, to: Side<'_>, color: Color) -> Result<Conversion> {
    let (mut from, to) = (read(from, color)?, read(to, color)?);
    let space = match color {
        Color::Gray => DataColorSpace::Gray,
        Color::Rgb => DataColorSpace::Rgb,
    };
    if from.color_space != space {
        from = read(Side::Named("srgb"), color)?;
    }
    if to.color_space != space {
        return Err(damaged("the one to convert to is for another kind of colour"));
    }
    match (curves(&from), curves(&to)) {
        (Some(first), Some(last)) => shaper(&from, &to, &first, &last),
        _ if color == Color::Gray => Err(damaged("a profile of grey without a curve")),
        _ => table(&from, &to),
    }
}

/// Reads a profile, or makes one for a picture in `color`.
fn read(side: Side<'_>, color: Color) -> Result<ColorProfile> {
    let rgb = match side {
        Side::Icc(profile) => {
            let read = ColorProfile::new_from_slice(profile.bytes());
            return read.map_err(damaged);
        }
        Side::Named(name) => {
            built_in(name).ok_or_else(|| damaged(format!("nobody knows {name}")))?
        }
    };
    if color == Color::Rgb {
        return Ok(rgb);
    }
    let mut gray = ColorProfile::new_gray_with_gamma(1.0);
    gray.gray_trc = rgb.red_trc;
    Ok(gray)
}

fn damaged(problem: impl std::fmt::Display) -> Error {
    let problem =
        format!("{problem}; without the op `profile` (--keep icc) numbers stay as they are");
    Error::Decode { format: "ICC profile", problem }
}

/// Returns the curves of a profile that they, and a matrix, say all of: one of grey, three of colour.
fn curves(profile: &ColorProfile) -> Option<Vec<ToneReprCurve>> {
    if profile.color_space == DataColorSpace::Gray {
        return Some(vec![profile.gray_trc.clone()?]);
    }
    let has_tables =
        profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_some();
    if has_tables || !profile.is_matrix_shaper() {
        return None;
    }
    [&profile.red_trc, &profile.green_trc, &profile.blue_trc]
        .map(Clone::clone)
        .into_iter()
        .collect()
}

fn shaper(
    from: &ColorProfile,
    to: &ColorProfile,
    first: &[ToneReprCurve],
    last: &[ToneReprCurve],
) -> Result<Conversion> {
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let matrix = if first.len() == 1 { identity } else { from.transform_matrix(to).v };
    if !matrix.iter().flatten().all(|number| number.is_finite() && number.abs() < 1e3) {
        return Err(damaged("colorants that are no primaries of light"));
    }
    let (first, last) = (evaluators(first, true)?, evaluators(last, false)?);
    let mut numbers = matrix.iter().flatten().zip(identity.iter().flatten());
    let all_the_same = |curve: &Evaluator, back: &Evaluator| {
        is_straight(&|stored| evaluated(back, evaluated(curve, stored)))
    };
    if numbers.all(|(number, same)| (number - same).abs() < SAME)
        && first.iter().zip(last.iter().cycle()).all(|(curve, back)| all_the_same(curve, back))
        && last.iter().zip(first.iter().cycle()).all(|(back, curve)| all_the_same(curve, back))
    {
        return Ok(Conversion::Same);
    }
    let from = sampled(&first, FROM_STEPS, |curve, stored| srgb_encode(evaluated(curve, stored)));
    let to = sampled(&last, TO_STEPS, |curve, encoded| evaluated(curve, srgb_decode(encoded)));
    Ok(Conversion::Matrix(Shaper { from, matrix, to }))
}

type Evaluator = Box<dyn moxcms::ToneCurveEvaluator + Send + Sync>;

/// Returns what evaluates curves, to light or from it: one where all are the same.
fn evaluators(curves: &[ToneReprCurve], to_light: bool) -> Result<Vec<Evaluator>> {
    let same = curves.windows(2).all(|pair| pair[0] == pair[1]);
    let curves = if same { &curves[..1] } else { curves };
    let evaluators = curves.iter().map(|curve| match to_light {
        true => curve.make_linear_evaluator(),
        false => curve.make_gamma_evaluator(),
    });
    let evaluators = evaluators.collect::<Result<Vec<_>, _>>();
    evaluators.map_err(|_| damaged("a curve that cannot be evaluated"))
}

/// Evaluates a curve, which is from 0..=1 to 0..=1. The crate's powers are none at 0, and a curve of a damaged
/// profile is no number at all: 0 then.
#[expect(clippy::cast_possible_truncation, reason = "the crate evaluates in f32")]
fn evaluated(curve: &Evaluator, at: f64) -> f64 {
    let number = f64::from(curve.evaluate_value(at as f32));
    if number.is_finite() { number.clamp(0.0, 1.0) } else { 0.0 }
}

/// Tells whether numbers stay what they are, as far as 8 bits can tell.
fn is_straight(curve: &dyn Fn(f64) -> f64) -> bool {
    (0..=255).map(|code| f64::from(code) / 255.0).all(|at| (curve(at) - at).abs() < SAME)
}

/// Samples curves; none where all are straight.
fn sampled(curves: &[Evaluator], steps: u16, at: impl Fn(&Evaluator, f64) -> f64) -> Vec<Vec<f32>> {
    if curves.iter().all(|curve| is_straight(&|place| at(curve, place))) {
        return Vec::new();
    }
    let places = (0..=steps).map(|point| f64::from(point) / f64::from(steps));
    #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
    let points = |curve| places.clone().map(|place| at(curve, place) as f32).collect();
    curves.iter().map(points).collect()
}

/// The curve of sRGB, from light in 0..=1 to numbers.
fn srgb_encode(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The curve of sRGB, from numbers in 0..=1 to light.
fn srgb_decode(number: f64) -> f64 {
    if number <= 0.040_45 { number / 12.92 } else { ((number + 0.055) / 1.055).powf(2.4) }
}

fn table(from: &ColorProfile, to: &ColorProfile) -> Result<Conversion> {
    let options =
        TransformOptions { rendering_intent: from.rendering_intent, ..Default::default() };
    let transform = from.create_transform_f32(Layout::Rgb, to, Layout::Rgb, options);
    let transform = transform.map_err(damaged)?;
    let places = || (0..CUBE_SIDE).map(|at| f32::from(at) / f32::from(CUBE_SIDE - 1));
    let mut source = Vec::new();
    for blue in places() {
        for green in places() {
            source.extend(places().flat_map(|red| [red, green, blue]));
        }
    }
    let mut converted = vec![0.0; source.len()];
    transform.transform(&source, &mut converted).map_err(damaged)?;
    if converted.iter().any(|number| !number.is_finite()) {
        return Err(damaged("a table whose colours are no numbers"));
    }
    Ok(Conversion::Table(converted.as_chunks().0.to_vec()))
}

#[cfg(test)]
mod tests;
