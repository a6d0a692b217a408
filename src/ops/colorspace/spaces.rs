//! What a colour space is, in numbers: a mix, a curve and a mix, from stored numbers to light.
//!
//! Light is that of linear sRGB. All is worked out in f64, once for each picture.

use super::Space;
use crate::op::affine::{Matrix3, apply, inverse, product};
use crate::ops::grayscale::Luma;
use crate::ops::hue::{CONES_FROM_RGB, LAB_FROM_ROOTS};

/// Three rows of weights and an offset.
pub(super) type Mix = [[f64; 4]; 3];

/// The way from stored numbers to light.
#[derive(Debug)]
pub(super) struct Way {
    /// From stored numbers to those that the curve is for.
    pub(super) encoded: Mix,
    /// The curve.
    pub(super) curve: Curve,
    /// From what the curve makes of them to linear sRGB.
    pub(super) light: Matrix3,
}

/// A curve between encoded numbers and light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// None: numbers are light.
    None,
    /// IEC 61966-2-1.
    Srgb,
    /// ITU-R BT.2020-2, table 4.
    Rec2020,
    /// Cube roots of OKLab.
    Cube,
    /// CIE 15: cube roots, and a straight line in the dark.
    Lab,
}

/// BT.2020-2, with the digits that make both parts meet in value and slope.
const REC2020_ALPHA: f64 = 1.099_296_826_809_442_4;
const REC2020_BETA: f64 = 0.018_053_968_510_807;

impl Curve {
    /// Returns the curve to light: cut, slope, exponent and foot; scale and offset before and after the power.
    /// Below the cut it is a line, which goes through the origin and is mirrored there, or has a foot.
    pub(super) fn decode(self) -> [[f64; 4]; 2] {
        match self {
            Self::None => [[0.0; 4], PLAIN],
            Self::Srgb => {
                [[0.040_45, 1.0 / 12.92, 2.4, 0.0], [1.0 / 1.055, 0.055 / 1.055, 1.0, 0.0]]
            }
            Self::Rec2020 => [
                [4.5 * REC2020_BETA, 1.0 / 4.5, 1.0 / 0.45, 0.0],
                [1.0 / REC2020_ALPHA, 1.0 - 1.0 / REC2020_ALPHA, 1.0, 0.0],
            ],
            Self::Cube => [[0.0, 0.0, 3.0, 0.0], PLAIN],
            Self::Lab => [[DELTA, LAB_SLOPE, 3.0, -LAB_SLOPE * LAB_FOOT], PLAIN],
        }
    }

    /// Returns the curve from light, in the same form.
    pub(super) fn encode(self) -> [[f64; 4]; 2] {
        match self {
            Self::None => self.decode(),
            Self::Srgb => [[0.003_130_8, 12.92, 1.0 / 2.4, 0.0], [1.0, 0.0, 1.055, -0.055]],
            Self::Rec2020 => {
                [[REC2020_BETA, 4.5, 0.45, 0.0], [1.0, 0.0, REC2020_ALPHA, 1.0 - REC2020_ALPHA]]
            }
            Self::Cube => [[0.0, 0.0, 1.0 / 3.0, 0.0], PLAIN],
            Self::Lab => [[DELTA.powi(3), 1.0 / LAB_SLOPE, 1.0 / 3.0, LAB_FOOT], PLAIN],
        }
    }
}

/// A power of the number itself.
const PLAIN: [f64; 4] = [1.0, 0.0, 1.0, 0.0];

/// Where the cube root of CIE 15 becomes a line, and that line, as it is decoded.
const DELTA: f64 = 6.0 / 29.0;
const LAB_SLOPE: f64 = 3.0 * DELTA * DELTA;
const LAB_FOOT: f64 = 4.0 / 29.0;

/// The neutral point of a difference: the middle code of 8 bits.
const MIDDLE: f64 = 128.0 / 255.0;

const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Returns the way of a space; `Auto` is none, and taken for sRGB.
pub(super) fn way(space: Space, weights: Luma) -> Way {
    let plain = mixed(&IDENTITY, [0.0; 3]);
    let (encoded, curve, light) = match space {
        Space::Srgb | Space::Hsv | Space::Auto => (plain, Curve::Srgb, IDENTITY),
        Space::Linear => (plain, Curve::None, IDENTITY),
        Space::DisplayP3 => (plain, Curve::Srgb, srgb_from(&P3)),
        Space::Rec2020 => (plain, Curve::Rec2020, srgb_from(&REC2020)),
        Space::Ycbcr => (inverse_mix(&ycbcr(weights, None)), Curve::Srgb, IDENTITY),
        Space::YcbcrLimited => {
            (inverse_mix(&ycbcr(weights, Some([16.0, 219.0, 224.0]))), Curve::Srgb, IDENTITY)
        }
        Space::Lab => (inverse_mix(&lab()), Curve::Lab, inverse(&relative_xyz(&SRGB))),
        Space::Oklab => {
            let numbers = mixed(&LAB_FROM_ROOTS, [0.0, MIDDLE, MIDDLE]);
            (inverse_mix(&numbers), Curve::Cube, inverse(&CONES_FROM_RGB))
        }
    };
    Way { encoded, curve, light }
}

/// From cube roots of X, Y and Z, relative to white, to numbers.
fn lab() -> Mix {
    [
        [0.0, 1.16, 0.0, -0.16],
        [500.0 / 255.0, -500.0 / 255.0, 0.0, MIDDLE],
        [0.0, 200.0 / 255.0, -200.0 / 255.0, MIDDLE],
    ]
}

/// ITU-R BT.601 and BT.709: from encoded red, green and blue to numbers. `limited` is the foot and the
/// range of luma and the range of a difference, of 255.
fn ycbcr(weights: Luma, limited: Option<[f64; 3]>) -> Mix {
    let luma = weights.weights();
    let [red, _, blue] = luma;
    let [foot, range, chroma] = limited.unwrap_or([0.0, 255.0, 255.0]).map(|code| code / 255.0);
    // A difference from luma, scaled to -1/2..1/2.
    let less_luma = |channel: usize, weight: f64| {
        let own = |at: usize| f64::from(u8::from(at == channel));
        std::array::from_fn(|at| chroma * (own(at) - luma[at]) / (2.0 * (1.0 - weight)))
    };
    let rows = [luma.map(|weight| range * weight), less_luma(2, blue), less_luma(0, red)];
    mixed(&rows, [foot, MIDDLE, MIDDLE])
}

/// Where red, green and blue stand in the diagram of CIE 1931.
type Primaries = [[f64; 2]; 3];

const SRGB: Primaries = [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]];
const P3: Primaries = [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]];
const REC2020: Primaries = [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]];
const D65: [f64; 2] = [0.3127, 0.3290];

fn srgb_from(primaries: &Primaries) -> Matrix3 {
    product(&inverse(&relative_xyz(&SRGB)), &relative_xyz(primaries))
}

/// From light of primaries to X, Y and Z, each relative to D65: white is 1, 1, 1.
fn relative_xyz(primaries: &Primaries) -> Matrix3 {
    let xyz = |[x, y]: [f64; 2]| [x / y, 1.0, (1.0 - x - y) / y];
    let (white, columns) = (xyz(D65), primaries.map(xyz));
    let unscaled: Matrix3 =
        std::array::from_fn(|row| std::array::from_fn(|of| columns[of][row] / white[row]));
    let scales = apply(&inverse(&unscaled), [1.0; 3]);
    unscaled.map(|row| std::array::from_fn(|of| row[of] * scales[of]))
}

fn mixed(matrix: &Matrix3, offsets: [f64; 3]) -> Mix {
    std::array::from_fn(|row| {
        let [r, g, b] = matrix[row];
        [r, g, b, offsets[row]]
    })
}

/// Returns the mix that undoes one.
pub(super) fn inverse_mix(mix: &Mix) -> Mix {
    let back = inverse(&mix.map(|[r, g, b, _]| [r, g, b]));
    let offsets = apply(&back, mix.map(|[.., offset]| -offset));
    mixed(&back, offsets)
}

#[cfg(test)]
mod tests {
    use super::{Curve, IDENTITY, P3, REC2020, Space, relative_xyz, srgb_from, way};
    use crate::op::affine::{apply, inverse};
    use crate::ops::grayscale::Luma;

    #[test]
    fn white_is_white_of_all_primaries() {
        for primaries in [P3, REC2020] {
            for number in apply(&srgb_from(&primaries), [1.0; 3]) {
                assert!((number - 1.0).abs() < 1e-14, "{number}");
            }
        }
    }

    #[test]
    fn luminance_of_srgb_is_that_of_bt_709() {
        // D65 of four digits gives four digits.
        for (got, want) in relative_xyz(&super::SRGB)[1].iter().zip([0.2126, 0.7152, 0.0722]) {
            assert!((got - want).abs() < 1e-4, "{got}");
        }
        let p3 = inverse(&srgb_from(&P3));
        assert!((p3[0][0] - 0.822_461_969).abs() < 1e-8, "CSS Color 4 says so: {p3:?}");
        assert_ne!(way(Space::DisplayP3, Luma::Rec709).light, IDENTITY);
    }

    #[test]
    fn both_parts_of_each_curve_meet() {
        for curve in [Curve::Srgb, Curve::Rec2020, Curve::Lab] {
            for [[cut, slope, exponent, foot], [scale, offset, scale_after, offset_after]] in
                [curve.decode(), curve.encode()]
            {
                let upper =
                    |x: f64| scale_after * (scale * x + offset).powf(exponent) + offset_after;
                let apart = upper(cut) - (slope * cut + foot);
                assert!(apart.abs() < 1e-7, "{curve:?} {apart}");
                let rise = (upper(cut + 1e-6) - upper(cut)) / 1e-6;
                // That of sRGB has a kink.
                let within = if curve == Curve::Srgb { 0.05 } else { 1e-3 };
                assert!((rise / slope - 1.0).abs() < within, "{curve:?} {rise} {slope}");
            }
        }
    }
}
