//! Standardize: the numbers that a model was trained on.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::{ParamKind, ParamValue, Range};
use crate::op::pass::Lowered;
use crate::op::space;

/// A mean and a standard deviation for each channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// What is taken off red, green and blue.
    pub mean: [f32; 3],
    /// What the rest is divided by; above zero.
    pub deviation: [f32; 3],
}

impl Statistics {
    /// Changes nothing.
    pub const NONE: Self = Self { mean: [0.0; 3], deviation: [1.0; 3] };

    /// Those of ImageNet, by which torchvision's classifiers are trained.
    pub const IMAGENET: Self =
        Self { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

    /// Those of CLIP, by OpenAI.
    pub const CLIP: Self = Self {
        mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
        deviation: [0.268_629_54, 0.261_302_6, 0.275_777_1],
    };

    const NAMES: [(&'static str, Self); 3] =
        [("none", Self::NONE), ("imagenet", Self::IMAGENET), ("clip", Self::CLIP)];
}

impl ParamValue for Statistics {
    const KIND: ParamKind = ParamKind::Text(
        "none, imagenet, clip, or mean/deviation, one number for all channels or three, like 0.5/0.25 or \
         0.4,0.4,0.5/0.2,0.2,0.3",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["imagenet", "0.5/0.25", "0.1,-0.2,0.3/1,2,0.5", "clip", "none"].map(str::to_owned).to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, statistics)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Some(*statistics);
        }
        let three = |text: &str| {
            let numbers: Vec<f32> = text.split(',').map(f32::parse).collect::<Option<_>>()?;
            match numbers[..] {
                [all] => Some([all; 3]),
                [red, green, blue] => Some([red, green, blue]),
                _ => None,
            }
        };
        let (mean, deviation) = text.split_once('/')?;
        let statistics = Self { mean: three(mean)?, deviation: three(deviation)? };
        let fits = statistics.deviation.iter().all(|deviation| *deviation >= f32::MIN_POSITIVE);
        fits.then_some(statistics)
    }

    fn print(&self) -> String {
        if let Some((name, _)) = Self::NAMES.iter().find(|(_, statistics)| statistics == self) {
            return (*name).to_owned();
        }
        let three = |[red, green, blue]: [f32; 3]| {
            let numbers =
                if red == green && red == blue { vec![red] } else { vec![red, green, blue] };
            numbers.iter().map(f32::print).collect::<Vec<_>>().join(",")
        };
        format!("{}/{}", three(self.mean), three(self.deviation))
    }
}

op! {
    /// Takes a mean off each channel and divides by a standard deviation, as models want it.
    ///
    /// `v' = (v - mean) / deviation`, on numbers of 0..1 as they are stored, which in an ordinary picture are
    /// sRGB-encoded. `imagenet` and `clip` are the numbers that torchvision and OpenAI publish with their
    /// models. Half of the result is below 0: only floats keep it, pictures of 8 and 16 bits are cut off at 0
    /// and 1, so that `cast f32` or `cast f16` goes with it. A grey picture becomes one of three channels
    /// where those differ. Alpha stays.
    pub struct Standardize: "standardize", Point {
        /// The mean and the standard deviation.
        statistics: Statistics = Statistics::NONE;
    }
}

impl Op for Standardize {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        if self.statistics == Statistics::NONE {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let Statistics { mean, deviation } = self.statistics;
        let rows = std::array::from_fn(|channel| {
            let scale = 1.0 / f64::from(deviation[channel]);
            let mut row = [0.0; 4];
            (row[channel], row[3]) = (scale, -f64::from(mean[channel]) * scale);
            row
        });
        Ok(Affine { rows }.lower(input, space::stored(input.format).light))
    }
}
