//! From stored numbers to the numbers an op computes in, and back.
//!
//! These twins belong to no op: planning puts them where the numbers at hand are not those that the
//! next step wants. sRGB curve: IEC 61966-2-1. Premultiplying: Porter and Duff, 1984.

use crate::image::PixelFormat;
use crate::image::{Alpha, Transfer};
use crate::op::param::Light;
use crate::op::pass::{Channels, Space, Step};
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::simd;

params! {
    /// What the conversions read.
    pub struct SpaceParams {
        /// Alpha below this is taken for none: it would be stored as 0.
        least_alpha: f32,
    }
}

const WGSL: &str = include_str!("../../shaders/lib/space.wgsl");

static SRGB_DECODE: PointTwin = PointTwin {
    name: "srgb_decode",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: true,
    row: |row, _| row.map_color(simd::srgb_decode),
};

static SRGB_ENCODE: PointTwin = PointTwin {
    name: "srgb_encode",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: true,
    row: |row, _| row.map_color(simd::srgb_encode),
};

static PREMULTIPLY: PointTwin = PointTwin {
    name: "premultiply",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: false,
    row: |row, _| row.map(|[r, g, b, a]| [r * a, g * a, b * a, a]),
};

static UNPREMULTIPLY: PointTwin = PointTwin {
    name: "unpremultiply",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: false,
    row: |row, params| {
        let SpaceParams { least_alpha } = params.read();
        row.map(|[r, g, b, a]| {
            // Divided by alpha as it is: a filter that overshoots does so in colour and alpha alike.
            let scale = if a < least_alpha { 0.0 } else { 1.0 / a };
            [r * scale, g * scale, b * scale, a.clamp(0.0, 1.0)]
        });
    },
};

static SWAP_RED_BLUE: PointTwin = PointTwin {
    name: "swap_red_blue",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: false,
    row: |row, _| row.map(|[r, g, b, a]| [b, g, r, a]),
};

static OPAQUE: PointTwin = PointTwin {
    name: "opaque",
    wgsl: WGSL,
    params: SpaceParams::LAYOUT,
    by_channel: false,
    row: |row, _| row.map(|[r, g, b, _]| [r, g, b, 1.0]),
};

/// Every twin that planning may put between ops.
pub static TWINS: [&PointTwin; 6] =
    [&SRGB_DECODE, &SRGB_ENCODE, &PREMULTIPLY, &UNPREMULTIPLY, &SWAP_RED_BLUE, &OPAQUE];

/// Returns the step between pixels that start with red and pixels that start with blue.
#[must_use]
pub fn swap_red_blue(channels: Channels) -> Step {
    plain(&SWAP_RED_BLUE, channels)
}

/// Returns the step that makes every pixel opaque.
#[must_use]
pub fn opaque(channels: Channels) -> Step {
    plain(&OPAQUE, channels)
}

/// A step of a twin that reads no parameter.
fn plain(twin: &'static PointTwin, output: Channels) -> Step {
    Step { twin, params: Params::new(&SpaceParams { least_alpha: 0.0 }), affine: None, output }
}

/// The numbers that pixels of a format are stored in.
#[must_use]
pub fn stored(format: PixelFormat) -> Space {
    Space {
        light: match format.transfer {
            Transfer::Srgb => Light::Srgb,
            Transfer::Linear => Light::Linear,
        },
        premultiplied: format.alpha == Alpha::Premultiplied,
    }
}

/// Returns the steps from the numbers at hand to those that are wanted, the fewest there are.
///
/// `least_alpha` is half the smallest alpha that the result can store.
#[must_use]
pub fn convert(from: Space, to: Space, channels: Channels, least_alpha: f32) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut push = |twin| {
        let params = Params::new(&SpaceParams { least_alpha });
        steps.push(Step { twin, params, affine: None, output: channels });
    };
    let relight = from.light != to.light;
    let from_premultiplied = from.premultiplied && channels.alpha;
    let to_premultiplied = to.premultiplied && channels.alpha;
    if from_premultiplied && (relight || !to_premultiplied) {
        push(&UNPREMULTIPLY);
    }
    if relight {
        push(match to.light {
            Light::Linear => &SRGB_DECODE,
            Light::Srgb => &SRGB_ENCODE,
        });
    }
    if to_premultiplied && (relight || !from_premultiplied) {
        push(&PREMULTIPLY);
    }
    steps
}

/// Returns whether a step turns sRGB-encoded numbers into light: a device may read such numbers
/// from a table as it loads them.
#[must_use]
pub fn is_srgb_decode(step: &Step) -> bool {
    std::ptr::eq(step.twin, &raw const SRGB_DECODE)
}

#[cfg(test)]
mod tests {
    use super::{Space, convert};
    use crate::image::PixelFormat;
    use crate::op::param::Light;
    use crate::op::pass::Channels;

    #[test]
    fn conversions_take_the_fewest_steps() {
        let linear = Light::Linear;
        let srgb = Light::Srgb;
        for (format, from, to, want) in [
            (PixelFormat::RGB, Space::straight(srgb), Space::premultiplied(srgb), ""),
            (PixelFormat::RGB, Space::straight(srgb), Space::premultiplied(linear), "srgb_decode"),
            (PixelFormat::RGBA, Space::straight(srgb), Space::straight(srgb), ""),
            (
                PixelFormat::RGBA,
                Space::straight(srgb),
                Space::premultiplied(linear),
                "srgb_decode premultiply",
            ),
            (
                PixelFormat::RGBA,
                Space::premultiplied(linear),
                Space::premultiplied(srgb),
                "unpremultiply srgb_encode premultiply",
            ),
            (
                PixelFormat::GRAY_ALPHA,
                Space::premultiplied(linear),
                Space::straight(linear),
                "unpremultiply",
            ),
        ] {
            let steps = convert(from, to, Channels::from(format), 0.001);
            let names: Vec<_> = steps.iter().map(|step| step.twin.name).collect();
            assert_eq!(names.join(" "), want, "{format:?} {from:?} {to:?}");
        }
    }
}
