//! Ops that look at the picture before they know what to do.
//!
//! Such an op chooses once, on the host, from pixels as they are when they reach it; what it chose is
//! then lowered as any op is, and fuses with its neighbours. This module reads pixels and changes none.

use std::fmt;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::image::{Alpha, Image, ImageInfo, Transfer};
use crate::op::Op;
use crate::op::declare::{Declared, Spec};
use crate::op::pass::Lowered;

/// The part of an op that looks.
pub trait Looks {
    /// Chooses what to do to a picture, from its pixels.
    ///
    /// # Errors
    /// Those of the op, where no choice fits the picture.
    fn choose(&self, image: &Image) -> Result<Choice>;
}

/// What an op chose to do: how it lowers, now that it has seen the picture.
#[derive(Clone)]
pub struct Choice(Arc<Lower>);

type Lower = dyn Fn(&ImageInfo) -> Result<Lowered> + Send + Sync;

impl Choice {
    /// Wraps what is to be done.
    pub fn new(lower: impl Fn(&ImageInfo) -> Result<Lowered> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lower))
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Choice")
    }
}

/// An op that has looked: it is described as before, and lowers as it chose.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The op that looked.
    pub op: Box<dyn Op>,
    /// What it chose.
    pub choice: Choice,
}

impl Declared for Chosen {
    fn spec(&self) -> &'static Spec {
        self.op.spec()
    }

    fn boxed(&self) -> Box<dyn Op> {
        Box::new(self.clone())
    }

    fn param(&self, index: usize) -> String {
        self.op.param(index)
    }

    fn set_param(&mut self, index: usize, text: &str) -> Result<()> {
        self.op.set_param(index, text)
    }

    fn check_params(&self) -> Result<()> {
        self.op.check_params()
    }
}

impl Op for Chosen {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        (self.choice.0)(input)
    }
}

/// Returns the error of an op that is to be lowered and has not looked yet.
///
/// # Errors
/// Always.
pub fn not_yet(spec: &Spec) -> Result<Lowered> {
    Err(Error::Unsupported {
        what: format!(
            "{}: planning without a picture, for it looks at the pixels first",
            spec.name
        ),
        instead: "run the pipeline, or plan what `Pipeline::settle` makes of it for a picture"
            .to_owned(),
    })
}

/// Goes through a picture's rows as numbers, codes of 8 and 16 bits as parts of 1: colour sRGB-encoded and
/// straight, whatever is stored.
///
/// # Errors
/// None that an image can meet.
pub fn for_each_row(image: &Image, mut each: impl FnMut(usize, &[f32])) -> Result<()> {
    let (view, format) = (image.view(), image.format());
    let channels = format.channels();
    let mut numbers: Vec<f32> = Vec::new();
    for y in 0..image.height() {
        let row = view.index(0, isize::try_from(y).unwrap_or(isize::MAX))?;
        numbers.clear();
        match *row.dtype() {
            DType::U8 => numbers.extend(row.to_vec::<u8>()?.iter().map(|v| f32::from(*v) / 255.0)),
            DType::U16 => {
                numbers.extend(row.to_vec::<u16>()?.iter().map(|v| f32::from(*v) / 65_535.0));
            }
            DType::F16 => numbers.extend(row.to_vec::<half::f16>()?.iter().map(|v| v.to_f32())),
            _ => numbers = row.to_vec::<f32>()?,
        }
        let colors = channels - usize::from(format.has_alpha());
        for pixel in numbers.chunks_exact_mut(channels) {
            let (color, alpha) = pixel.split_at_mut(colors);
            for sample in color {
                if format.alpha == Alpha::Premultiplied {
                    *sample = if alpha[0] > 0.0 { *sample / alpha[0] } else { 0.0 };
                }
                if format.transfer == Transfer::Linear {
                    *sample = srgb_from_light(*sample);
                }
            }
        }
        each(y, &numbers);
    }
    Ok(())
}

/// IEC 61966-2-1, mirrored below zero.
fn srgb_from_light(light: f32) -> f32 {
    let size = light.abs();
    let upper = 1.055 * size.powf(1.0 / 2.4) - 0.055;
    (if size <= 0.003_130_8 { size * 12.92 } else { upper }).copysign(light)
}
