//! Temperature: the colour of the light in which a picture was taken.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::{Affine, Matrix3, apply, inverse, product};
use crate::op::declare::op;
use crate::op::param::Light;
use crate::op::pass::Lowered;

op! {
    /// Sets the white balance.
    ///
    /// Adapts the picture from a light of this temperature and tint to one of 6500 K, as raw
    /// converters do: a higher temperature makes the picture warmer, a lower one cooler. Whites lie on
    /// the Planckian locus (Kim et al., US patent 7024034, 2006), tint beside it at right angles in CIE
    /// 1960 UCS; the adaptation is Bradford's (Lam, 1985), in linear light.
    pub struct Temperature: "temperature", Point {
        /// The temperature of the light that the picture was taken in; 6500 changes nothing.
        kelvin: f32 = 6500.0, in 2000.0..=25000.0 "K";
        /// Green to balance, in 1/2000 of CIE 1960 UCS: above 0 the picture turns to magenta.
        tint: f32 = 0.0, in -100.0..=100.0 "";
    }
}

/// The temperature at which nothing changes.
const NEUTRAL_KELVIN: f64 = 6500.0;

/// How far a tint of 1 lies from the locus, in CIE 1960 UCS.
const TINT: f64 = 1.0 / 2000.0;

/// IEC 61966-2-1, from linear sRGB to CIE XYZ.
const XYZ_FROM_RGB: Matrix3 = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];

/// Lam, "Metamerism and Colour Constancy", 1985.
const BRADFORD: Matrix3 =
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];

impl Op for Temperature {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let from = apply(&BRADFORD, white(f64::from(self.kelvin), f64::from(self.tint)));
        let to = apply(&BRADFORD, white(NEUTRAL_KELVIN, 0.0));
        let gain = std::array::from_fn(|y| {
            std::array::from_fn(|x| if x == y { to[y] / from[y] } else { 0.0 })
        });
        let adapt = product(&inverse(&BRADFORD), &product(&gain, &BRADFORD));
        let matrix = product(&inverse(&XYZ_FROM_RGB), &product(&adapt, &XYZ_FROM_RGB));
        Ok(Affine::matrix(matrix).lower(input, Light::Linear))
    }
}

/// Returns the XYZ of a white of luminance 1.
fn white(kelvin: f64, tint: f64) -> [f64; 3] {
    let [u, v] = locus(kelvin);
    let ([u_low, v_low], [u_high, v_high]) = (locus(kelvin - 1.0), locus(kelvin + 1.0));
    // Along the locus u falls as the temperature rises; across it, green is where v is greater.
    let (du, dv) = (u_low - u_high, v_low - v_high);
    let step = tint * TINT / du.hypot(dv);
    let (u, v) = (u - dv * step, v + du * step);
    let scale = 1.0 / (2.0 * u - 8.0 * v + 4.0);
    let (x, y) = (3.0 * u * scale, 2.0 * v * scale);
    [x / y, 1.0, (1.0 - x - y) / y]
}

/// Returns where the Planckian locus is in CIE 1960 UCS: cubics for x and y, 1667 K to 25000 K.
fn locus(kelvin: f64) -> [f64; 2] {
    let t = 1e3 / kelvin;
    let x = if kelvin < 4000.0 {
        ((-0.266_123_9 * t - 0.234_358_9) * t + 0.877_695_6) * t + 0.179_910
    } else {
        ((-3.025_846_9 * t + 2.107_037_9) * t + 0.222_634_7) * t + 0.240_390
    };
    let y = if kelvin < 2222.0 {
        ((-1.106_381_4 * x - 1.348_110_20) * x + 2.185_558_32) * x - 0.202_196_83
    } else if kelvin < 4000.0 {
        ((-0.954_947_6 * x - 1.374_185_93) * x + 2.091_370_15) * x - 0.167_488_67
    } else {
        ((3.081_758_0 * x - 5.873_386_70) * x + 3.751_129_97) * x - 0.370_014_83
    };
    let scale = 1.0 / (-2.0 * x + 12.0 * y + 3.0);
    [4.0 * x * scale, 6.0 * y * scale]
}
