//! Colorspace: the same colours in other numbers.

mod hsv;
mod spaces;

use crate::error::Result;
use crate::image::{Color, ImageInfo, Transfer};
use crate::op::Op;
use crate::op::affine::{Matrix3, inverse, product};
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::{Lowered, Point, Space as Numbers};
use crate::op::rows::PixelRow;
use crate::op::space;
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::ops::grayscale::Luma;
use crate::simd;

choice! {
    /// How three numbers stand for a colour.
    pub enum Space {
        /// CIE L*a*b* of CIE 15, white D65: L* / 100, (a* + 128) / 255, (b* + 128) / 255.
        Lab = "lab",
        /// OKLab (Ottosson, 2020): L, a + 128 / 255, b + 128 / 255.
        Oklab = "oklab",
        /// Hue / 360°, saturation and value of sRGB-encoded numbers (Smith, 1978).
        Hsv = "hsv",
        /// Y′, Cb + 128 / 255, Cr + 128 / 255 of sRGB-encoded numbers, full range as in JPEG.
        Ycbcr = "ycbcr",
        /// The same in the range of video: Y′ from 16 to 235 of 255, Cb and Cr from 16 to 240.
        YcbcrLimited = "ycbcr-limited",
        /// sRGB of IEC 61966-2-1, encoded.
        Srgb = "srgb",
        /// Light of the primaries of sRGB.
        Linear = "linear",
        /// Display P3, encoded with the curve of sRGB, as in CSS Color 4.
        DisplayP3 = "display-p3",
        /// ITU-R BT.2020-2, encoded with its own camera curve (table 4, not the 2.4 of BT.1886).
        Rec2020 = "rec2020",
        /// What the picture's format says: sRGB-encoded, or light.
        Auto = "auto",
    }
}

op! {
    /// Converts colours to the numbers of another colour space.
    ///
    /// `colorspace lab` makes Lab of a photograph, `colorspace srgb from=lab` a photograph of Lab. Numbers
    /// are laid out so that sRGB lies in 0..1 and what has no colour at 128 / 255, as in the 8-bit Lab of
    /// OpenCV and in JPEG. Pictures of 8 and 16 bits keep every colour of sRGB, rounded (in full-range Y′CbCr
    /// purest blue and red are half a code of 8 bits too much, as in JPEG). Codes of 16 bits come back
    /// within 30 of 65535; 8 bits of Lab and OKLab are coarse for dark channels of strong colours, which
    /// come back within 24 of 255. Float pictures keep whatever lies beyond, out of gamut or above white, and
    /// there and back is the same picture, but for hue and saturation of a colour whose greatest channel is 0.
    /// Out of gamut, where a cone answers to next to nothing, the cube roots of OKLab are so steep that rounding
    /// of what comes before shows: a device may be 1e-4 from another there.
    ///
    /// Numbers are taken and left as they are stored, straight of alpha, and the picture is marked as before:
    /// what follows takes them for what the format says, so that in Lab `blur` wants `light=srgb`. Grey
    /// pictures stay grey between spaces of red, green and blue, and get three channels elsewhere.
    ///
    /// Primaries and white: IEC 61966-2-1, SMPTE EG 432-1 for P3, ITU-R BT.2020-2; D65 is x = 0.3127,
    /// y = 0.3290 throughout, for Lab too, so that grey has no colour in it (CSS has Lab with D50). Curves
    /// go on above 1 and are mirrored below 0; that of Lab goes on as its straight line.
    pub struct Colorspace: "colorspace", Point {
        /// The space to convert to.
        to: Space = Space::Auto;
        /// The space that the numbers are in.
        from: Space = Space::Auto;
        /// The weights of luma in Y′CbCr: rec709, of HDTV, or rec601, of JPEG, Pillow and OpenCV.
        weights: Luma = Luma::Rec709;
    }
}

/// A number for every weight and, the last, an offset.
type Rows = [[f32; 4]; 3];

params! {
    /// What the twin reads, in the order in which it is used.
    pub struct ColorspaceParams {
        /// From numbers to encoded numbers.
        before: Rows,
        /// From encoded numbers to light.
        light: Rows,
        /// From encoded numbers on.
        after: Rows,
        /// Cut, slope, exponent and foot of the curve; exponent 0 stands for no curve.
        decode: [f32; 4],
        /// Scale and offset before and after the power.
        decode_scales: [f32; 4],
        /// The same on the way back.
        encode: [f32; 4],
        /// The same on the way back.
        encode_scales: [f32; 4],
        /// 1 where numbers come as hue, saturation and value; 1 where they go so; twice nothing.
        hue: [u32; 4],
    }
}

static TWIN: PointTwin = PointTwin {
    name: "colorspace",
    wgsl: include_str!("../../shaders/colorspace.wgsl"),
    params: ColorspaceParams::LAYOUT,
    by_channel: false,
    row: colorspace,
};

fn colorspace(row: &mut PixelRow<'_>, params: &Params) {
    let params: ColorspaceParams = params.read();
    if row.channels.color != row.output.color {
        // One channel becomes three that are equal.
        row.map(|pixel| pixel);
        row.channels.color = row.output.color;
    }
    if params.hue[0] == 1 {
        row.map(hsv::rgb_from_hsv);
    }
    mix(row, params.before);
    bend(row, params.decode, params.decode_scales);
    mix(row, params.light);
    bend(row, params.encode, params.encode_scales);
    mix(row, params.after);
    if params.hue[1] == 1 {
        row.map(hsv::hsv_from_rgb);
    }
}

fn mix(row: &mut PixelRow<'_>, rows: Rows) {
    if rows != NOTHING {
        let sum = |w: [f32; 4], [r, g, b]: [f32; 3]| w[0] * r + w[1] * g + w[2] * b + w[3];
        row.map(|[r, g, b, a]| {
            let [r, g, b] = rows.map(|weights| sum(weights, [r, g, b]));
            [r, g, b, a]
        });
    }
}

fn bend(row: &mut PixelRow<'_>, curve: [f32; 4], scales: [f32; 4]) {
    if curve[2] != 0.0 {
        row.map_color(|level, plane| simd::bend(level, plane, &simd::Bend::new(curve, scales)));
    }
}

/// The mix that changes nothing.
const NOTHING: Rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

impl Op for Colorspace {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let own = match input.format.transfer {
            Transfer::Srgb => Space::Srgb,
            Transfer::Linear => Space::Linear,
        };
        let [from, to] = [self.from, self.to].map(|one| if one == Space::Auto { own } else { one });
        if from == to {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let [from_way, to_way] = [from, to].map(|space| spaces::way(space, self.weights));
        let mut params = ColorspaceParams {
            before: from_way.encoded.map(single),
            light: with_offsets(&product(&inverse(&to_way.light), &from_way.light)),
            after: spaces::inverse_mix(&to_way.encoded).map(single),
            decode: [0.0; 4],
            decode_scales: [0.0; 4],
            encode: [0.0; 4],
            encode_scales: [0.0; 4],
            hue: [u32::from(from == Space::Hsv), u32::from(to == Space::Hsv), 0, 0],
        };
        if from_way.curve == to_way.curve && from_way.light == to_way.light {
            params.light = NOTHING;
        } else {
            [params.decode, params.decode_scales] = from_way.curve.decode().map(single);
            [params.encode, params.encode_scales] = to_way.curve.encode().map(single);
        }
        let grey = input.format.color == Color::Gray && from.is_rgb() && to.is_rgb();
        let point =
            Point::new(&TWIN, &params, Numbers::straight(space::stored(input.format).light));
        Ok(Point { color: (!grey).then_some(Color::Rgb), ..point }.into())
    }
}

impl Space {
    /// Whether three equal numbers are a grey.
    fn is_rgb(self) -> bool {
        matches!(self, Self::Srgb | Self::Linear | Self::DisplayP3 | Self::Rec2020)
    }
}

fn with_offsets(matrix: &Matrix3) -> Rows {
    matrix.map(|[r, g, b]| single([r, g, b, 0.0]))
}

#[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
fn single(numbers: [f64; 4]) -> [f32; 4] {
    numbers.map(|number| number as f32)
}
