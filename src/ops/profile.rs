//! Profile: the picture's numbers in another ICC profile.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;

choice! {
    /// A profile that has a name.
    pub enum Named {
        /// IEC 61966-2-1: what every other op takes numbers for.
        Srgb = "srgb",
        /// Apple's display: the primaries of DCI-P3, the white and the curve of sRGB.
        DisplayP3 = "display-p3",
        /// Adobe RGB (1998).
        AdobeRgb = "adobe-rgb",
        /// ROMM RGB (ISO 22028-2), known as ProPhoto RGB.
        ProPhoto = "prophoto",
        /// ITU-R BT.2020.
        Rec2020 = "rec2020",
    }
}

choice! {
    /// Which profile the numbers are of.
    pub enum From {
        /// The one that came with the picture; sRGB, where none did.
        Own = "own",
        /// sRGB, whatever came with the picture.
        Srgb = "srgb",
        /// Display P3.
        DisplayP3 = "display-p3",
        /// Adobe RGB (1998).
        AdobeRgb = "adobe-rgb",
        /// ProPhoto RGB.
        ProPhoto = "prophoto",
        /// ITU-R BT.2020.
        Rec2020 = "rec2020",
    }
}

op! {
    /// Converts the picture's numbers to those of another ICC profile.
    ///
    /// From the profile that came with the picture, or that `from` names, to sRGB, which all other ops take
    /// numbers for, or to another for a file that is to carry it. The command does the first to every picture
    /// before the first op, unless it is told `--keep icc`. By curves and a matrix in linear light,
    /// relative colorimetric (ICC.1:2022, F.3); a profile with tables by a cube of 33 points a side, and by its
    /// own intent. Numbers beyond 0..1 are kept by the matrix, and cut off by curves other than sRGB's and by
    /// tables. A profile of another kind of colour than the picture's says nothing of its numbers, which are sRGB then.
    pub struct Profile: "profile", Pass {
        /// The profile that the numbers are to be of.
        to: Named = Named::Srgb;
        /// The profile that they are of.
        from: From = From::Own;
    }
}

#[cfg(feature = "icc")]
impl Op for Profile {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        use crate::icc;
        use crate::image::Color;
        use crate::op::affine::Affine;
        use crate::op::lookup::{self, Curve};
        use crate::op::param::{Light, ParamValue};
        use crate::ops::lut::{Lut, Table};

        let (from, to, color) = (self.from.print(), self.to.print(), input.format.color);
        let from = match (self.from, &input.profile) {
            (From::Own, Some(profile)) => icc::Side::Icc(profile),
            (From::Own, None) => icc::Side::Named("srgb"),
            _ => icc::Side::Named(&from),
        };
        let curves = |curves: Vec<Vec<f32>>| {
            if curves.is_empty() {
                return Ok(Lowered::Passes(Vec::new()));
            }
            let curve = |entries| Some(Curve { low: 0.0, high: 1.0, entries });
            let curves: Vec<_> = curves.into_iter().map(curve).collect();
            lookup::lower(&curves, input, Light::Srgb)
        };
        let steps = match icc::conversion(from, icc::Side::Named(&to), color)? {
            icc::Conversion::Same => Vec::new(),
            icc::Conversion::Matrix(shaper) => {
                let mut steps = vec![curves(shaper.from)?];
                if color == Color::Rgb {
                    steps.push(Affine::matrix(shaper.matrix).lower(input, Light::Linear));
                }
                steps.push(curves(shaper.to)?);
                steps
            }
            icc::Conversion::Table(points) => {
                let table = Table::cube(&points, [0.0; 3], [1.0; 3])?;
                vec![Lut { table, ..Lut::default() }.lower(input)?]
            }
        };
        Ok(Lowered::Converted { steps, profile: icc::named(&to, color)? })
    }
}

#[cfg(not(feature = "icc"))]
impl Op for Profile {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let is_own = matches!(self.from, From::Own | From::Srgb) && input.profile.is_none();
        if is_own && matches!(self.to, Named::Srgb) {
            return Ok(Lowered::Passes(Vec::new()));
        }
        Err(crate::error::Error::Unsupported {
            what: "profile: reading ICC profiles".to_owned(),
            instead: "build bytelens with the feature `icc`".to_owned(),
        })
    }
}
