//! The cases of the contracts: pipelines made from an op's declaration, and images of every layout.

use std::fmt;

use crate::dtype::DType;
use crate::error::Result;
use crate::image::{Image, Orientation, PixelFormat};
use crate::layout::Slice;
use crate::op::declare::Spec;
use crate::pipeline::quotes;
use crate::view::Buffer;

/// An image to run a pipeline on, with a name for messages.
#[derive(Debug)]
pub struct Case {
    /// How its pixels lie.
    pub layout: &'static str,
    /// The image.
    pub image: Image,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.image.view();
        write!(f, "{} {} {:?}", self.layout, view.dtype(), view.shape())
    }
}

/// Makes the pipelines that show an op: its first parameter at its first sample, then every sample
/// of every parameter, then the op behind and before others, through layouts made between passes.
#[must_use]
pub fn pipelines(spec: &Spec) -> Vec<String> {
    let first = spec.params.first().map(|param| {
        let value = (param.samples)(param.range.as_ref()).into_iter().next().unwrap_or_default();
        format!("{}={}", param.name, quotes::quoted(&value, true))
    });
    let base = format!("{} {}", spec.name, first.clone().unwrap_or_default()).trim().to_owned();
    let mut texts = vec![base.clone()];
    for (at, param) in spec.params.iter().enumerate() {
        for value in (param.samples)(param.range.as_ref()) {
            let start = if at == 0 { spec.name } else { &base };
            texts.push(format!("{start} {}={}", param.name, quotes::quoted(&value, true)));
        }
    }
    for around in [
        "blur 0.6 | OP",
        "blur 0.6 | rotate 90 | crop 80% southeast | OP",
        "blur 0.6 | flip | OP | flip vertical | invert",
        "invert | OP | brightness 0.5",
        "channels rgb | OP | channels g",
    ] {
        texts.push(around.replace("OP", &base));
    }
    texts
}

static DTYPES: [DType; 4] = [DType::U8, DType::U16, DType::F16, DType::F32];

/// Returns whether a pipeline, the `number`th of an op, is worth running on an image.
///
/// Ops in company need a shader for every format, which is what takes the time. So each company sees
/// four of the sixteen formats, every element type and every number of channels once, and
/// another four than the one before it. An op by itself sees all.
#[must_use]
pub fn is_worth_it(text: &str, number: usize, image: &Image) -> bool {
    let view = image.view();
    let dtype = DTYPES.iter().position(|dtype| dtype == view.dtype()).unwrap_or_default();
    !text.contains('|') || (dtype + view.shape()[2] + number).is_multiple_of(DTYPES.len())
}

/// Makes images of 1 to 4 channels of every element type: of every layout, or one each.
#[must_use]
pub fn images(every_layout: bool) -> Vec<Case> {
    let layouts = if every_layout { LAYOUTS } else { &LAYOUTS[..1] };
    let formats = DTYPES.iter().flat_map(|dtype| (1..=4).map(move |channels| (dtype, channels)));
    formats
        .flat_map(|(dtype, channels)| {
            layouts.iter().map(move |(layout, make)| {
                let image = make(dtype, channels).expect("these shapes are small and fit");
                Case { layout, image }
            })
        })
        .collect()
}

type Make = fn(&DType, usize) -> Result<Image>;

/// How pixels can lie, each with a way to make such an image.
const LAYOUTS: &[(&str, Make)] = &[
    ("contiguous", |dtype, c| seen(dtype, [13, 17, c], |b| Ok(b.layout().clone()))),
    ("rows padded", |dtype, c| seen(dtype, [9, 19, c], |b| b.layout().slice(1, ..14))),
    ("offset", |dtype, c| seen(dtype, [9, 11, c], |b| b.layout().slice(0, 3..))),
    ("cropped", |dtype, c| {
        seen(dtype, [15, 13, c], |b| b.layout().slice(0, 2..12)?.slice(1, 5..12))
    }),
    ("every second pixel", |dtype, c| {
        seen(dtype, [8, 21, c], |b| b.layout().slice(1, Slice::from(..).by(2)))
    }),
    ("flipped", |dtype, c| seen(dtype, [7, 9, c], |b| b.layout().flip(0)?.flip(1))),
    ("permuted", |dtype, c| seen(dtype, [21, 6, c], |b| b.layout().swap_axes(0, 1))),
    ("planar", |dtype, c| seen(dtype, [c, 8, 10], |b| b.layout().permute(&[1, 2, 0]))),
    ("broadcast rows", |dtype, c| {
        seen(dtype, [1, 12, c], |b| b.layout().broadcast_to(&[6, 12, c]))
    }),
    ("broadcast pixels", |dtype, c| {
        seen(dtype, [1, 1, c], |b| b.layout().broadcast_to(&[5, 7, c]))
    }),
    ("one pixel", |dtype, c| seen(dtype, [1, 1, c], |b| Ok(b.layout().clone()))),
    ("one row", |dtype, c| seen(dtype, [1, 23, c], |b| Ok(b.layout().clone()))),
    ("one column", |dtype, c| seen(dtype, [23, 1, c], |b| Ok(b.layout().clone()))),
    ("no row", |dtype, c| seen(dtype, [0, 5, c], |b| Ok(b.layout().clone()))),
    ("no column", |dtype, c| seen(dtype, [4, 0, c], |b| Ok(b.layout().clone()))),
    ("needs turning", |dtype, c| {
        let image = seen(dtype, [6, 9, c], |b| Ok(b.layout().clone()))?;
        Ok(image.with_orientation(Orientation::NeedsRotate90))
    }),
];

/// Makes an image of a shape in memory, seen through the layout that `view` makes of it.
fn seen(
    dtype: &DType,
    shape: [usize; 3],
    view: impl Fn(&Buffer) -> Result<crate::layout::Layout>,
) -> Result<Image> {
    let count = shape.iter().product();
    let values = Values(0x9e37_79b9);
    let buffer = match *dtype {
        DType::U8 => Buffer::from_vec(values.map(code_8).take(count).collect(), &shape)?,
        DType::U16 => Buffer::from_vec(values.map(code_16).take(count).collect(), &shape)?,
        DType::F16 => {
            Buffer::from_vec(values.map(half::f16::from_f32).take(count).collect(), &shape)?
        }
        _ => Buffer::from_vec(values.take(count).collect(), &shape)?,
    };
    let layout = view(&buffer)?;
    let format = PixelFormat::from_channels(layout.shape()[2])?;
    Image::new(buffer.with_layout(layout)?, format)
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn code_8(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn code_16(value: f32) -> u16 {
    (value * 65_535.0).round() as u16
}

/// Numbers that look like samples and come in the same order every time: most inside 0..1, some at
/// its ends, some a little outside, none so near to 0 that dividing by it as alpha is all rounding.
struct Values(u32);

impl Iterator for Values {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        // Marsaglia, "Xorshift RNGs", 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        let unit = (self.0 >> 8) as f32 / (1 << 24) as f32;
        Some(match self.0 % 16 {
            0 => 0.0,
            1 => 1.0,
            2 => 1.0 + unit / 4.0,
            _ => 0.1 + 0.9 * unit,
        })
    }
}
