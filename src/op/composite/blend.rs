//! The operators and blend modes, each with its shares and its function.
//!
//! With `αs` and `Cs` of the layer, `αb` and `Cb` of the picture:
//!
//! ```text
//! αo = αs Fa + αb Fb,   αo co = αs Fa C + αb Fb Cb
//! C  = Cs                             for an operator of Porter and Duff
//!      (1 - αb) Cs + αb B(Cb, Cs)     for a blend mode, with the shares of over
//! ```

use super::CompositeParams;
use super::rows::rows;
use crate::op::param::choice;
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, PassTwin};

choice! {
    /// How a layer is laid over a picture.
    pub enum Blend {
        /// The layer over the picture.
        Over = "over",
        /// Nothing of either.
        Clear = "clear",
        /// The layer alone.
        Src = "src",
        /// The picture alone.
        Dst = "dst",
        /// The picture over the layer.
        DstOver = "dst-over",
        /// The layer where the picture is.
        In = "in",
        /// The picture where the layer is.
        DstIn = "dst-in",
        /// The layer where the picture is not.
        Out = "out",
        /// The picture where the layer is not.
        DstOut = "dst-out",
        /// The layer where both are, the picture around it.
        Atop = "atop",
        /// The picture where both are, the layer around it.
        DstAtop = "dst-atop",
        /// Each where the other is not.
        Xor = "xor",
        /// The sum of both (lighter).
        Plus = "plus",
        /// The product: never lighter than either.
        Multiply = "multiply",
        /// The product of what both lack: never darker than either.
        Screen = "screen",
        /// Multiply or screen, as the picture is dark or light.
        Overlay = "overlay",
        /// The darker of both, for each channel.
        Darken = "darken",
        /// The lighter of both, for each channel.
        Lighten = "lighten",
        /// The picture made lighter by the layer; 1 at most.
        ColorDodge = "color-dodge",
        /// The picture made darker by the layer; 1 at most.
        ColorBurn = "color-burn",
        /// Multiply or screen, as the layer is dark or light.
        HardLight = "hard-light",
        /// Darker or lighter, as the layer is dark or light: a gentler hard-light.
        SoftLight = "soft-light",
        /// The distance of both.
        Difference = "difference",
        /// As difference, with less contrast.
        Exclusion = "exclusion",
        /// The layer's hue with the picture's saturation and luminosity.
        Hue = "hue",
        /// The layer's saturation with the picture's hue and luminosity.
        Saturation = "saturation",
        /// The layer's hue and saturation with the picture's luminosity.
        Color = "color",
        /// The layer's luminosity with the picture's hue and saturation.
        Luminosity = "luminosity",
    }
}

/// What a mode runs and with which shares.
pub(super) struct Mode {
    pub(super) twin: &'static PassTwin,
    pub(super) factors: [f32; 4],
}

/// The shares of `over`: all of the layer, and of the picture what that leaves.
const OVER: [f32; 4] = [1.0, 0.0, 1.0, -1.0];

/// Makes the twins: the name in WGSL, and what becomes of a channel, or of a colour.
macro_rules! twins {
    ($($twin:ident = $name:literal, $change:expr;)+) => {
        $(static $twin: PassTwin = PassTwin {
            name: $name,
            wgsl: include_str!("../../../shaders/lib/composite.wgsl"),
            params: CompositeParams::LAYOUT,
            rows: |cx: &mut PassContext<'_>| rows(cx, $change),
        };)+
    };
}

twins! {
    COMPOSITE = "composite", |_, [r, g, b, _]| [r, g, b];
    MULTIPLY = "blend_multiply", |b, s| each(b, s, |b, s| b * s);
    SCREEN = "blend_screen", |b, s| each(b, s, screen);
    OVERLAY = "blend_overlay", |b, s| each(b, s, |b, s| hard_light(s, b));
    DARKEN = "blend_darken", |b, s| each(b, s, f32::min);
    LIGHTEN = "blend_lighten", |b, s| each(b, s, f32::max);
    COLOR_DODGE = "blend_color_dodge", |b, s| each(b, s, color_dodge);
    COLOR_BURN = "blend_color_burn", |b, s| each(b, s, color_burn);
    HARD_LIGHT = "blend_hard_light", |b, s| each(b, s, hard_light);
    SOFT_LIGHT = "blend_soft_light", |b, s| each(b, s, soft_light);
    DIFFERENCE = "blend_difference", |b, s| each(b, s, |b, s| (b - s).abs());
    EXCLUSION = "blend_exclusion", |b, s| each(b, s, |b, s| b + s - 2.0 * b * s);
    HUE = "blend_hue", |b, s| {
        all(b, s, |b, s| with_luminosity(with_saturation(s, saturation(b)), luminosity(b)))
    };
    SATURATION = "blend_saturation", |b, s| {
        all(b, s, |b, s| with_luminosity(with_saturation(b, saturation(s)), luminosity(b)))
    };
    COLOR = "blend_color", |b, s| all(b, s, |b, s| with_luminosity(s, luminosity(b)));
    LUMINOSITY = "blend_luminosity", |b, s| all(b, s, |b, s| with_luminosity(b, luminosity(s)));
}

impl Blend {
    pub(super) fn mode(self) -> Mode {
        let plain = |factors| Mode { twin: &COMPOSITE, factors };
        let blended = |twin| Mode { twin, factors: OVER };
        match self {
            Self::Over => plain(OVER),
            Self::Clear => plain([0.0, 0.0, 0.0, 0.0]),
            Self::Src => plain([1.0, 0.0, 0.0, 0.0]),
            Self::Dst => plain([0.0, 0.0, 1.0, 0.0]),
            Self::DstOver => plain([1.0, -1.0, 1.0, 0.0]),
            Self::In => plain([0.0, 1.0, 0.0, 0.0]),
            Self::DstIn => plain([0.0, 0.0, 0.0, 1.0]),
            Self::Out => plain([1.0, -1.0, 0.0, 0.0]),
            Self::DstOut => plain([0.0, 0.0, 1.0, -1.0]),
            Self::Atop => plain([0.0, 1.0, 1.0, -1.0]),
            Self::DstAtop => plain([1.0, -1.0, 0.0, 1.0]),
            Self::Xor => plain([1.0, -1.0, 1.0, -1.0]),
            Self::Plus => plain([1.0, 0.0, 1.0, 0.0]),
            Self::Multiply => blended(&MULTIPLY),
            Self::Screen => blended(&SCREEN),
            Self::Overlay => blended(&OVERLAY),
            Self::Darken => blended(&DARKEN),
            Self::Lighten => blended(&LIGHTEN),
            Self::ColorDodge => blended(&COLOR_DODGE),
            Self::ColorBurn => blended(&COLOR_BURN),
            Self::HardLight => blended(&HARD_LIGHT),
            Self::SoftLight => blended(&SOFT_LIGHT),
            Self::Difference => blended(&DIFFERENCE),
            Self::Exclusion => blended(&EXCLUSION),
            Self::Hue => blended(&HUE),
            Self::Saturation => blended(&SATURATION),
            Self::Color => blended(&COLOR),
            Self::Luminosity => blended(&LUMINOSITY),
        }
    }

    /// Returns whether the picture stays as it is where the layer has nothing.
    #[must_use]
    pub fn keeps_what_is_not_covered(self) -> bool {
        self.mode().factors[2] == 1.0
    }

    /// Returns whether an opaque picture is opaque afterwards, whatever the layer: with `αb` = 1,
    /// `αs (x + y) + z + w αs` is 1 or more for every `αs`.
    #[must_use]
    pub fn leaves_opaque(self) -> bool {
        let [x, y, z, w] = self.mode().factors;
        z == 1.0 && x + y + w >= 0.0
    }
}

/// Blends each channel by itself, as much as the picture covers.
#[inline(always)]
fn each(base: [f32; 4], layer: [f32; 4], blend: impl Fn(f32, f32) -> f32) -> [f32; 3] {
    [0, 1, 2].map(|c| layer[c] + base[3] * (blend(base[c], layer[c]) - layer[c]))
}

/// Blends all channels together, as much as the picture covers.
#[inline(always)]
fn all(
    base: [f32; 4],
    layer: [f32; 4],
    blend: impl Fn([f32; 3], [f32; 3]) -> [f32; 3],
) -> [f32; 3] {
    let [[b, c, d, _], [s, t, u, _]] = [base, layer];
    let blended = blend([b, c, d], [s, t, u]);
    [0, 1, 2].map(|c| layer[c] + base[3] * (blended[c] - layer[c]))
}

#[inline(always)]
fn screen(base: f32, layer: f32) -> f32 {
    base + layer - base * layer
}

#[inline(always)]
fn hard_light(base: f32, layer: f32) -> f32 {
    let twice = 2.0 * layer;
    if layer <= 0.5 { base * twice } else { screen(base, twice - 1.0) }
}

#[inline(always)]
fn color_dodge(base: f32, layer: f32) -> f32 {
    let left = 1.0 - layer;
    let lit = if left > 0.0 { (base / left).min(1.0) } else { 1.0 };
    if base > 0.0 { lit } else { 0.0 }
}

#[inline(always)]
fn color_burn(base: f32, layer: f32) -> f32 {
    let burnt = if layer > 0.0 { 1.0 - ((1.0 - base) / layer).min(1.0) } else { 0.0 };
    if base < 1.0 { burnt } else { 1.0 }
}

#[inline(always)]
fn soft_light(base: f32, layer: f32) -> f32 {
    let low = ((16.0 * base - 12.0) * base + 4.0) * base;
    let high = base.max(0.0).sqrt();
    let lit = if base <= 0.25 { low } else { high };
    let by = 2.0 * layer - 1.0;
    if layer <= 0.5 { base + by * base * (1.0 - base) } else { base + by * (lit - base) }
}

#[inline(always)]
fn luminosity([r, g, b]: [f32; 3]) -> f32 {
    0.3 * r + 0.59 * g + 0.11 * b
}

#[inline(always)]
fn saturation([r, g, b]: [f32; 3]) -> f32 {
    r.max(g).max(b) - r.min(g).min(b)
}

/// `SetLum` and `ClipColor`. What is grey to rounding has nothing to clip.
#[inline(always)]
fn with_luminosity(color: [f32; 3], to: f32) -> [f32; 3] {
    let by = to - luminosity(color);
    let [r, g, b] = color.map(|c| c + by);
    let (below, above) = (to - r.min(g).min(b), r.max(g).max(b) - to);
    let low = if to - below < 0.0 && below > 1e-5 { to / below } else { 1.0 };
    let high = if to + above > 1.0 && above > 1e-5 { (1.0 - to) / above } else { 1.0 };
    [r, g, b].map(|c| to + (c - to) * low * high)
}

/// `SetSat`: the channels from their least to their most, drawn out to 0 to `to`.
#[inline(always)]
fn with_saturation(color: [f32; 3], to: f32) -> [f32; 3] {
    let [r, g, b] = color;
    let (least, range) = (r.min(g).min(b), saturation(color));
    let scale = if range > 1e-6 { to / range } else { 0.0 };
    color.map(|c| (c - least) * scale)
}
