//! Blur: a Gaussian of any width.

use crate::dtype::DType;
use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Edge, Light};
use crate::op::pass::{Lowered, Pass, Space};
use crate::op::separable;
use crate::op::taps::Taps;

op! {
    /// Blurs with a Gaussian.
    ///
    /// Computed in linear light with premultiplied alpha. The default edge keeps the mean of the
    /// picture. From 12 px on the blur runs at a lower resolution, between a cubic B-spline down and
    /// one up, whose widths are taken off its own: within 1e-5 of the Gaussian, at a cost that does
    /// not grow with sigma.
    pub struct Blur: "blur", Pass {
        /// The standard deviation.
        sigma: f32 = 1.0, in 0.0..=1000.0 "px";
        /// How pixels beyond the edge are made up.
        edge: Edge = Edge::Symmetric;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

/// From this sigma on, in px, the blur runs at a lower resolution.
const COARSE_SIGMA: f64 = 12.0;

impl Op for Blur {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        let sigma = f64::from(self.sigma);
        if sigma == 0.0 || h == 0 || w == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let dtype = input.layout.dtype();
        let axis = |length| {
            if sigma < COARSE_SIGMA {
                vec![fine(length, sigma, dtype, self.edge)]
            } else {
                coarse(length, sigma, reach(dtype), self.edge)
            }
        };
        let mut passes: Vec<Pass> = Vec::new();
        let mut size = [h, w];
        for (rows, columns) in axis(h).iter().zip(&axis(w)) {
            let space = Space::premultiplied(self.light);
            passes.extend(separable::passes("blur", size, rows, columns, [0.0; 4], space)?);
            size = passes.last().map_or(size, |pass| pass.size);
        }
        Ok(Lowered::Passes(passes))
    }
}

/// How many sigmas a Gaussian reaches: what is cut off the tails stays under half a step of the stored
/// numbers.
fn reach(dtype: &DType) -> f64 {
    if *dtype == DType::U8 { 4.0 } else { 5.0 }
}

/// A Gaussian sampled at whole distances, its sum one.
fn gaussian(sigma: f64, reach: f64) -> Vec<f64> {
    let radius = round_up(reach * sigma);
    let weight = |at: i64| (-0.5 * (at as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-radius..=radius).map(weight).sum();
    (-radius..=radius).map(|at| weight(at) / sum).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "sigma is at most 1000")]
fn round_up(length: f64) -> i64 {
    length.ceil() as i64
}

/// The blur at full resolution, of pictures that are stored as `dtype`.
pub(super) fn fine(length: usize, sigma: f64, dtype: &DType, edge: Edge) -> Taps {
    let weights = gaussian(sigma, reach(dtype));
    let radius = radius_of(&weights);
    let mut taps = Taps::new(length, length);
    for at in 0..signed(length) {
        taps.push(at - radius, &weights, 1.0, edge);
    }
    taps
}

/// The blur at a lower resolution: down, blur, up.
///
/// A cubic B-spline over samples `step` apart adds `step² / 3` to the variance, exactly and at every
/// phase (Unser, "Splines: A Perfect Fit", 1999), so two of them leave `sigma² - 2 step² / 3` to the
/// Gaussian between. With `step <= sigma / 6` what the splines differ from a Gaussian is below 1e-5.
fn coarse(length: usize, sigma: f64, reach: f64, edge: Edge) -> Vec<Taps> {
    let step = round_up((sigma / 6.0).floor()).max(2);
    let spacing = step as f64;
    let inner = (sigma * sigma - 2.0 * spacing * spacing / 3.0).sqrt() / spacing;
    let weights = gaussian(inner, reach);
    let radius = radius_of(&weights);

    // Coarse sample k stands at k * step. Those from -1 to `last` are read by the way up; the way
    // down makes `radius` more on both sides, out of pixels made up beyond the edge.
    let last = (signed(length) - 1).div_euclid(step) + 2;
    let outputs = usize::try_from(last + 2).unwrap_or(usize::MAX);
    let inputs = outputs + 2 * (weights.len() / 2);

    let mut down = Taps::new(length, inputs);
    let spline: Vec<f64> =
        (1 - 2 * step..2 * step).map(|at| cubic_spline(at as f64 / spacing) / spacing).collect();
    for k in -1 - radius..=last + radius {
        down.push(k * step + 1 - 2 * step, &spline, 1.0, edge);
    }
    let mut blur = Taps::new(inputs, outputs);
    for k in 0..signed(outputs) {
        blur.push(k, &weights, 1.0, Edge::Constant);
    }
    let mut up = Taps::new(outputs, length);
    for at in 0..signed(length) {
        let below = at.div_euclid(step);
        let phase = at.rem_euclid(step) as f64 / spacing;
        let weights = [1.0 + phase, phase, 1.0 - phase, 2.0 - phase].map(cubic_spline);
        up.push(below, &weights, 1.0, Edge::Constant);
    }
    vec![down, blur, up]
}

/// The centred cubic B-spline.
fn cubic_spline(at: f64) -> f64 {
    let at = at.abs();
    if at < 1.0 {
        2.0 / 3.0 - at * at + at * at * at / 2.0
    } else if at < 2.0 {
        (2.0 - at).powi(3) / 6.0
    } else {
        0.0
    }
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn radius_of(weights: &[f64]) -> i64 {
    signed(weights.len() / 2)
}
