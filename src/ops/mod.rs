//! The operations, one file each, and their registry.
//!
//! A new op is `src/ops/NAME.rs`, `shaders/NAME.wgsl` where it has twins of its own, and its entry
//! in the list below. The command, its help, the tables in the docs, the contract tests and
//! `bytelens check` walk this list. Ops start no thread, take no device's memory and never ask which
//! device they run on.

use crate::op::Op;
use crate::op::declare::Spec;

/// An entry of the registry: how an op describes itself and how one is made.
#[derive(Debug)]
pub struct Entry {
    /// The op's description.
    pub spec: &'static Spec,
    /// Makes the op with every parameter at its default.
    pub make: fn() -> Box<dyn Op>,
}

/// Lists the ops: `ops! { module::Type, … }`.
macro_rules! ops {
    ($($module:ident::$op:ident,)+) => {
        $(pub mod $module;)+

        /// Every op, in the order in which they are shown.
        pub static REGISTRY: &[Entry] = &[
            $(Entry { spec: $module::$op::SPEC, make: || Box::new($module::$op::default()) },)+
        ];
    };
}

ops! {
    crop::Crop,
    trim::Trim,
    flip::Flip,
    transpose::Transpose,
    orient::Orient,
    channels::Channels,
    exposure::Exposure,
    brightness::Brightness,
    contrast::Contrast,
    gamma::Gamma,
    levels::Levels,
    curve::Curve,
    normalize::Normalize,
    equalize::Equalize,
    temperature::Temperature,
    saturation::Saturation,
    vibrance::Vibrance,
    hue::Hue,
    matrix::Matrix,
    colorspace::Colorspace,
    lut::Lut,
    profile::Profile,
    grayscale::Grayscale,
    duotone::Duotone,
    tint::Tint,
    invert::Invert,
    posterize::Posterize,
    threshold::Threshold,
    otsu::Otsu,
    opacity::Opacity,
    flatten::Flatten,
    resize::Resize,
    rotate::Rotate,
    extend::Extend,
    affine::Affine,
    perspective::Perspective,
    blur::Blur,
    box_blur::BoxBlur,
    sharpen::Sharpen,
    convolve::Convolve,
    sobel::Sobel,
    median::Median,
    bilateral::Bilateral,
    denoise::Denoise,
    clahe::Clahe,
    erode::Erode,
    dilate::Dilate,
    open::Open,
    close::Close,
    vignette::Vignette,
    noise::Noise,
    overlay::Overlay,
    mask::Mask,
    text::Text,
    standardize::Standardize,
    cast::Cast,
}
