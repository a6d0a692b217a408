//! The factors that coefficients are divided by at a quality.

/// The factors of luminance at quality 50, row by row (ITU-T T.81, table K.1).
const LUMINANCE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// The factors of chroma at quality 50, row by row (T.81, table K.2).
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, //
    18, 21, 26, 66, 99, 99, 99, 99, //
    24, 26, 56, 99, 99, 99, 99, 99, //
    47, 66, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// Returns the factors of luminance and of chroma at a quality of 1 to 100, by libjpeg's scale (`jcparam`).
pub(super) fn factors(quality: u8) -> [[u8; 64]; 2] {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let scaled = |factor: u8| {
        let factor = (u32::from(factor) * percent + 50) / 100;
        u8::try_from(factor.clamp(1, 255)).unwrap_or(u8::MAX)
    };
    [LUMINANCE.map(scaled), CHROMA.map(scaled)]
}
