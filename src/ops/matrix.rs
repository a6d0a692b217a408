//! Matrix: each channel a mix of all three.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::affine::Affine;
use crate::op::declare::op;
use crate::op::param::{Light, ParamKind, ParamValue, Range};
use crate::op::pass::Lowered;

/// Three rows of three weights and an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColorMatrix {
    /// The weights of red, green and blue and the offset, for red, green and blue.
    pub rows: [[f32; 4]; 3],
}

impl ColorMatrix {
    /// Changes nothing.
    pub const IDENTITY: Self =
        Self { rows: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]] };

    /// The brown of old photographs: W3C, "Filter Effects Module Level 1", 13.1.
    pub const SEPIA: Self = Self {
        rows: [[0.393, 0.769, 0.189, 0.0], [0.349, 0.686, 0.168, 0.0], [0.272, 0.534, 0.131, 0.0]],
    };

    const NAMES: [(&'static str, Self); 2] = [("identity", Self::IDENTITY), ("sepia", Self::SEPIA)];
}

impl ParamValue for ColorMatrix {
    const KIND: ParamKind = ParamKind::Text(
        "identity, sepia, or three rows of three weights and perhaps an offset like \
         1,0,0/0,1,0/0,0,1 or 1,0,0,0.1/0,1,0,0/0,0,1,0",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        ["0.2,0.7,0.1/-0.5,1.2,0.3/0,0.25,0.75", "1,0,0,-0.1/0,0.9,0,0.05/0,0,1,0", "sepia"]
            .map(str::to_owned)
            .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, matrix)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Some(*matrix);
        }
        let row = |text: &str| {
            let numbers: Vec<f32> = text.split(',').map(f32::parse).collect::<Option<_>>()?;
            match numbers[..] {
                [r, g, b] => Some([r, g, b, 0.0]),
                [r, g, b, offset] => Some([r, g, b, offset]),
                _ => None,
            }
        };
        let rows: Vec<[f32; 4]> = text.split('/').map(row).collect::<Option<_>>()?;
        Some(Self { rows: rows.try_into().ok()? })
    }

    fn print(&self) -> String {
        if let Some((name, _)) = Self::NAMES.iter().find(|(_, matrix)| matrix == self) {
            return (*name).to_owned();
        }
        let used = if self.rows.iter().all(|row| row[3] == 0.0) { 3 } else { 4 };
        let row = |row: [f32; 4]| row[..used].iter().map(f32::print).collect::<Vec<_>>().join(",");
        self.rows.map(row).join("/")
    }
}

op! {
    /// Makes each channel a mix of red, green and blue.
    ///
    /// `v' = m v + offset`, as the colour matrices of CSS and SVG on sRGB-encoded numbers. `amount` runs
    /// from the picture as it is to all of that: `matrix sepia amount=0.6`.
    pub struct Matrix: "matrix", Point {
        /// The matrix.
        matrix: ColorMatrix = ColorMatrix::IDENTITY;
        /// How much of it: 0 changes nothing, 1 is all.
        amount: f32 = 1.0, in 0.0..=1.0 "";
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

impl Op for Matrix {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let amount = f64::from(self.amount);
        let rows = std::array::from_fn(|y| {
            std::array::from_fn(|x| {
                let number = |m: &ColorMatrix| f64::from(m.rows[y][x]);
                let (from, to) = (number(&ColorMatrix::IDENTITY), number(&self.matrix));
                from + (to - from) * amount
            })
        });
        Ok(Affine { rows }.lower(input, self.light))
    }
}
